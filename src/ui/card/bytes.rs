//! The bytes of what is picked, a block a row: address, sixteen bytes, and the same as text.
//!
//! A byte of a key is two dots and an unknown byte two question marks in the colour of the unknown. Rows are
//! virtual, so that a whole card may be listed.

use super::facts::{Addresses, Facts, NodeRef, Selection, blocks_of, node_at, owner_of, system};
use crate::model::card::tree::ServiceNode;
use crate::ui::numbers;
use crate::ui::theme::Type;
use crate::ui::tokens::{GAP_3, STROKE_COAST, Tokens};
use crate::ui::widgets::{self, Align};
use crate::words;
use crate::workbench::view::{ByteView, CardView};
use egui::text::{LayoutJob, TextFormat};
use egui::{Align2, CornerRadius, Id, Rect, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};

/// Height of a row in points.
const ROW: f32 = 20.0;

/// One row of the listing.
#[derive(Clone, Debug)]
enum ByteRow {
    /// A block of the chip, by physical address, with the owner of its system.
    Block { address: u32, owner: usize },
    /// A block of a service whose place on the chip is not known.
    Loose {
        number: u16,
        bytes: Box<[ByteView; 16]>,
        owner: usize,
    },
    /// Words between two blocks.
    Gap(String),
}

/// What the listing keeps between frames.
#[derive(Default)]
pub struct ByteState {
    rows: Vec<ByteRow>,
    listed: Option<Selection>,
    /// The card changed since.
    stale: bool,
    /// What the listing is of, for its header.
    pub title: String,
}

impl ByteState {
    /// The card changed: list anew, at the same place.
    pub fn forget(&mut self) {
        self.stale = true;
    }

    /// Whether the listing is of something else than `selection`, so that it starts anew.
    pub fn listed_other(&self, selection: Selection) -> bool {
        self.listed != Some(selection)
    }

    fn list(&mut self, card: &CardView, facts: &Facts, selection: Selection) {
        if self.listed == Some(selection) && !self.stale {
            return;
        }
        self.stale = false;
        self.listed = Some(selection);
        self.rows.clear();
        let addresses = facts.addresses;
        self.title = title(card, addresses, selection);
        match (selection.node, &card.map) {
            (Some(node), Some(_)) => self.list_node(card, addresses, node),
            (None, Some(map)) => {
                // Nothing is picked, or a free block: the whole chip, in order.
                for (address, cell) in map.cells.iter().enumerate() {
                    let owner = owner_of(card, cell.system);
                    self.rows.push(ByteRow::Block {
                        address: address as u32,
                        owner,
                    });
                }
            }
            (Some(NodeRef::Service(number, code)), None) => {
                let service = system(&card.tree, number)
                    .and_then(|s| s.services.iter().find(|service| service.code == code));
                if let Some(service) = service {
                    self.list_loose(service, owner_of(card, number));
                }
            }
            (None, None) => {
                for system in &card.tree.systems {
                    let known = system.services.iter().filter(|s| !s.data.is_empty());
                    for service in known {
                        let words = words::format(
                            "card.bytes.of_service",
                            &[("code", &service.code), ("system", &system.code)],
                        );
                        self.rows.push(ByteRow::Gap(words));
                        self.list_loose(service, owner_of(card, system.number));
                    }
                }
            }
            (Some(_), None) => {}
        }
    }

    /// The contents of a service whose place on the chip is not known.
    fn list_loose(&mut self, service: &ServiceNode, owner: usize) {
        let last = service.data.keys().next_back().map_or(0, |last| last + 1);
        for number in 0..service.blocks.unwrap_or(last).max(last) {
            let known = service.data.get(&number);
            let bytes = known.map_or([ByteView::Unknown; 16], |block| {
                block.0.map(ByteView::Known)
            });
            self.rows.push(ByteRow::Loose {
                number,
                bytes: Box::new(bytes),
                owner,
            });
        }
    }

    fn list_node(&mut self, card: &CardView, addresses: Addresses, node: NodeRef) {
        let owner = owner_of(card, node.system());
        let blocks = blocks_of(&card.tree, node);
        let mut push = |address| self.rows.push(ByteRow::Block { address, owner });
        if let NodeRef::SystemBlocks(number) | NodeRef::System(number) = node
            && let Some(system) = system(&card.tree, number)
        {
            let mut places: Vec<u32> = system
                .system_blocks
                .iter()
                .map(|block| block.place.physical)
                .collect();
            places.sort_unstable();
            places.into_iter().for_each(push);
            return;
        }
        let user = blocks
            .user
            .map_or(0..0, |(first, count)| first..first + count);
        user.clone().for_each(&mut push);
        let mut definitions = blocks.related.clone();
        definitions.extend(blocks.definition);
        definitions.sort_unstable();
        if let (false, Some(first)) = (user.is_empty(), definitions.first()) {
            let skipped = first.checked_sub(user.end).filter(|n| *n > 0);
            let words = skipped.map_or_else(
                || words::text("card.bytes.definitions").to_owned(),
                |n| {
                    words::format(
                        "card.bytes.skipped",
                        &[("run", &addresses.range(user.end, n))],
                    )
                },
            );
            self.rows.push(ByteRow::Gap(words));
        }
        for address in definitions {
            self.rows.push(ByteRow::Block { address, owner });
        }
    }

    fn position(&self, block: u32) -> Option<usize> {
        self.rows
            .iter()
            .position(|row| matches!(row, ByteRow::Block { address, .. } if *address == block))
    }
}

fn title(card: &CardView, addresses: Addresses, selection: Selection) -> String {
    match (selection.block, selection.node) {
        (Some(block), _) => addresses.label(block),
        (None, Some(node)) => {
            let blocks = blocks_of(&card.tree, node);
            match (blocks.user, blocks.definition) {
                (Some((first, count)), _) => addresses.range(first, count),
                (None, Some(definition)) => addresses.label(definition),
                (None, None) => String::new(),
            }
        }
        (None, None) => words::text("card.bytes.whole").to_owned(),
    }
}

/// Draws the listing; a click on a row picks its block.
pub fn show(
    ui: &mut Ui,
    state: &mut ByteState,
    card: &CardView,
    facts: &Facts,
    selection: &mut Selection,
    moved: bool,
) {
    let t = Tokens::of(ui.ctx());
    state.list(card, facts, *selection);
    if state.rows.is_empty() {
        ui.add_space(GAP_3);
        ui.horizontal(|ui| {
            ui.add_space(GAP_3);
            ui.label(Type::Small.text(words::text("card.bytes.none"), t.t3));
        });
        ui.take_available_space();
        return;
    }
    column_heads(ui, t);
    ui.spacing_mut().item_spacing.y = 0.0;
    let height = ui.available_height();
    let mut scroll = ScrollArea::vertical().id_salt("bytes").auto_shrink(false);
    if moved {
        let at = selection
            .block
            .and_then(|block| state.position(block))
            .unwrap_or(0);
        let span = (at as f32 * ROW, (at + 1) as f32 * ROW);
        scroll = widgets::scrolled_to(ui, scroll, "bytes", span, height);
    }
    let mut target = None;
    scroll.show_rows(ui, ROW, state.rows.len(), |ui, range| {
        for row in &state.rows[range] {
            let (id, rect) = ui.allocate_space(vec2(ui.available_width(), ROW));
            match row {
                ByteRow::Gap(text) => gap(ui, t, rect, text),
                ByteRow::Block { address, owner } => {
                    let Some(bytes) = card.bytes.row(*address) else {
                        continue;
                    };
                    let lit = selection.block == Some(*address);
                    let label = facts.addresses.label(*address);
                    if byte_row(ui, t, (id, rect), &label, &bytes, *owner, lit) {
                        target = Some(*address);
                    }
                }
                ByteRow::Loose {
                    number,
                    bytes,
                    owner,
                } => {
                    let label = format!("{number:04X}");
                    byte_row(ui, t, (id, rect), &label, bytes, *owner, false);
                }
            }
        }
    });
    if let Some(block) = target {
        let node = card.map.as_ref().and_then(|map| node_at(map, block));
        // A service that shares the block stays picked.
        let keep = selection
            .node
            .filter(|node| blocks_of(&card.tree, *node).has(block));
        *selection = Selection::block(block, keep.or(node));
    }
}

/// Width of one character of code.
fn advance(ui: &Ui) -> f32 {
    widgets::width_of(ui.painter(), "0", Type::Code)
}

const GUTTER: f32 = 66.0;

fn column_heads(ui: &mut Ui, t: &Tokens) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    let step = advance(ui);
    let mid = rect.center().y;
    let p = ui.painter();
    for byte in 0..16u8 {
        let column = f32::from(byte) * 3.0 + if byte >= 8 { 1.0 } else { 0.0 };
        let x = rect.left() + GUTTER + (column + 1.0) * step;
        let digit = format!("{byte:X}");
        widgets::paint_text(
            p,
            pos2(x, mid),
            Align2::CENTER_CENTER,
            &digit,
            Type::Code,
            t.t3,
        );
    }
    let x = rect.left() + GUTTER + 51.0 * step;
    let text = words::text("card.bytes.text");
    if x + 60.0 < rect.right() {
        widgets::paint_text(
            p,
            pos2(x, mid),
            Align2::LEFT_CENTER,
            text,
            Type::Caption,
            t.t3,
        );
    }
}

fn gap(ui: &Ui, t: &Tokens, rect: Rect, text: &str) {
    let at = pos2(rect.left() + GUTTER, rect.center().y);
    let drawn = widgets::paint_text(
        ui.painter(),
        at,
        Align2::LEFT_CENTER,
        text,
        Type::Caption,
        t.t3,
    );
    let stroke = egui::Stroke::new(1.0, t.line);
    ui.painter().hline(
        rect.left() + GAP_3..=drawn.left() - 8.0,
        rect.center().y,
        stroke,
    );
    ui.painter().hline(
        drawn.right() + 8.0..=rect.right() - GAP_3,
        rect.center().y,
        stroke,
    );
}

/// One row as one galley; says whether it was clicked.
fn byte_row(
    ui: &Ui,
    t: &Tokens,
    (id, rect): (Id, Rect),
    label: &str,
    bytes: &[ByteView; 16],
    owner: usize,
    lit: bool,
) -> bool {
    let response = ui.interact(rect, id, Sense::CLICK);
    response.widget_info(|| {
        WidgetInfo::selected(
            Role::ListItem,
            true,
            lit,
            format!("{label} {}", spoken(bytes)),
        )
    });
    let p = ui.painter();
    if lit {
        p.rect_filled(rect, CornerRadius::ZERO, t.sel);
        let bar = Rect::from_min_size(rect.min, vec2(STROKE_COAST, rect.height()));
        p.rect_filled(bar, CornerRadius::ZERO, t.accent);
    } else if response.hovered() {
        p.rect_filled(rect, CornerRadius::ZERO, t.hover);
    }
    let place = Rect::from_min_max(rect.min, pos2(rect.left() + GUTTER - 14.0, rect.bottom()));
    widgets::elided(p, place, Align::Right, label, Type::Code, t.t3);
    let edge = Rect::from_min_size(
        pos2(rect.left() + GUTTER - 9.0, rect.top() + 3.0),
        vec2(3.0, ROW - 6.0),
    );
    p.rect_filled(edge, CornerRadius::same(1), t.owner(owner).fill);
    let galley = p.layout_job(byte_job(t, bytes));
    let at = pos2(
        rect.left() + GUTTER,
        rect.center().y - galley.size().y / 2.0,
    );
    p.galley(at, galley, t.t1);
    response.clicked()
}

fn byte_job(t: &Tokens, bytes: &[ByteView; 16]) -> LayoutJob {
    let mut job = LayoutJob::default();
    let format = |colour| TextFormat::simple(Type::Code.font(), colour);
    for (at, byte) in bytes.iter().enumerate() {
        let (text, colour) = match byte {
            ByteView::Known(0) => ("00".to_owned(), t.t3),
            ByteView::Known(value) => (format!("{value:02X}"), t.t1),
            ByteView::Secret => ("··".to_owned(), t.t2),
            ByteView::Unknown => ("??".to_owned(), t.unknown),
        };
        job.append(&text, 0.0, format(colour));
        job.append(if at == 7 { "  " } else { " " }, 0.0, format(colour));
    }
    let text: String = bytes
        .iter()
        .map(|byte| match byte {
            ByteView::Known(value @ 0x20..=0x7E) => char::from(*value),
            _ => '·',
        })
        .collect();
    job.append("  ", 0.0, format(t.t3));
    job.append(&text, 0.0, format(t.t2));
    job
}

/// The bytes as a screen reader says them; a key's bytes stay hidden there too.
fn spoken(bytes: &[ByteView; 16]) -> String {
    bytes
        .iter()
        .map(|byte| match byte {
            ByteView::Known(value) => format!("{value:02X}"),
            ByteView::Secret => "··".to_owned(),
            ByteView::Unknown => "??".to_owned(),
        })
        .collect::<Vec<_>>()
        .join(" ")
}

/// Words for how many rows there are.
pub fn count_words(state: &ByteState) -> String {
    let blocks = state
        .rows
        .iter()
        .filter(|row| !matches!(row, ByteRow::Gap(_)))
        .count();
    words::format(
        "card.blocks",
        &[("count", &numbers::grouped(blocks as u64))],
    )
}
