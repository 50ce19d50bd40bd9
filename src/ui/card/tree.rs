//! The tree of nodes: systems, their areas, the services under them, and the system blocks.
//!
//! The visible nodes are flattened into rows when the card, the filter or what is unfolded changes; a frame
//! draws only the rows on screen. The tree has the keyboard as a whole and moves the selection.

use super::facts::{Addresses, NodeRef, Selection, owner_of};
use crate::model::card::tree::{AreaNode, KeyFacts, ServiceNode, SystemTree};
use crate::model::card::{ServiceAccess, ServiceKind};
use crate::ui::theme::{self, Type};
use crate::ui::tokens::{GAP_2, GAP_3, STROKE, STROKE_COAST, Tokens};
use crate::ui::widgets::{self, Align};
use crate::ui::{icons, numbers};
use crate::words;
use crate::workbench::view::{CardView, View};
use egui::{
    Align2, CornerRadius, EventFilter, Id, Key, Painter, Rect, Response, Role, ScrollArea, Sense,
    Stroke, TextEdit, Ui, WidgetInfo, pos2, vec2,
};
use std::collections::HashSet;

/// Height of a row in points.
pub const ROW: f32 = 24.0;

/// A cell of the tree's columns.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Fact {
    Known(String),
    /// Does not apply here.
    None,
    Unknown,
}

/// One visible node, with all its words made.
#[derive(Clone, Debug)]
struct TreeRow {
    node: NodeRef,
    depth: usize,
    /// `None` for a node that holds nothing.
    unfolded: Option<bool>,
    icon: &'static str,
    owner: Option<(usize, char)>,
    code: String,
    name: String,
    /// Icon and word of how it is used.
    access: Option<(&'static str, &'static str, bool)>,
    version: Fact,
    kcv: Fact,
    /// Used and, where there is a whole, the whole.
    blocks: Fact,
    of: String,
    /// Shares its blocks with a service above it.
    shared: bool,
    pending: bool,
    /// What the filter looks in, in lower case, and what a screen reader says.
    spoken: String,
}

/// What the tree keeps between frames.
#[derive(Default)]
pub struct TreeState {
    rows: Vec<TreeRow>,
    folded: HashSet<NodeRef>,
    filter: String,
    /// A row to bring into sight in the next frame.
    reveal: Option<NodeRef>,
}

impl TreeState {
    /// Makes the rows anew: the card, the filter or the folds changed.
    pub fn rebuild(&mut self, view: &View, card: &CardView, addresses: Addresses) {
        self.rows.clear();
        let all = flatten(view, card, addresses);
        let wanted = self.filter.trim().to_lowercase();
        if !wanted.is_empty() {
            let found = |row: &TreeRow| row.spoken.to_lowercase().contains(&wanted);
            self.rows = with_ancestors(all, found);
            return;
        }
        let mut hidden_below = usize::MAX;
        for mut row in all {
            if row.depth > hidden_below {
                continue;
            }
            hidden_below = usize::MAX;
            if row.unfolded.is_some() {
                let folded = self.folded.contains(&row.node);
                row.unfolded = Some(!folded);
                if folded {
                    hidden_below = row.depth;
                }
            }
            self.rows.push(row);
        }
    }

    /// Folds every system-blocks group: what a card opens with.
    pub fn fold_groups(&mut self, card: &CardView) {
        for system in &card.tree.systems {
            self.folded.insert(NodeRef::SystemBlocks(system.number));
        }
    }

    /// Folds everything, or nothing.
    pub fn fold_all(&mut self, card: &CardView, fold: bool) {
        self.folded.clear();
        if fold {
            for system in &card.tree.systems {
                self.folded.insert(NodeRef::System(system.number));
                self.folded.insert(NodeRef::SystemBlocks(system.number));
                for area in &system.areas {
                    self.folded.insert(NodeRef::Area(system.number, area.code));
                }
            }
        }
    }

    /// Unfolds what holds `node`, and brings it into sight.
    pub fn reveal(&mut self, card: &CardView, node: NodeRef) {
        self.reveal = Some(node);
        let number = node.system();
        self.folded.remove(&NodeRef::System(number));
        if matches!(node, NodeRef::SystemBlock(..)) {
            self.folded.remove(&NodeRef::SystemBlocks(number));
        }
        let Some(system) = super::facts::system(&card.tree, number) else {
            return;
        };
        let mut area = match node {
            NodeRef::Area(_, code) => system
                .areas
                .iter()
                .find(|area| area.code == code)
                .and_then(|area| area.parent),
            NodeRef::Service(_, code) => system
                .services
                .iter()
                .find(|service| service.code == code)
                .map(|s| s.area),
            _ => None,
        };
        while let Some(holder) = area.and_then(|index| system.areas.get(index)) {
            self.folded.remove(&NodeRef::Area(number, holder.code));
            area = holder.parent;
        }
    }

    fn position(&self, node: Option<NodeRef>) -> Option<usize> {
        let node = node?;
        self.rows.iter().position(|row| row.node == node)
    }
}

/// Keeps the rows that are found and those that hold them, all unfolded.
fn with_ancestors(all: Vec<TreeRow>, found: impl Fn(&TreeRow) -> bool) -> Vec<TreeRow> {
    let mut kept: Vec<TreeRow> = Vec::new();
    let mut path: Vec<TreeRow> = Vec::new();
    for mut row in all {
        row.unfolded = row.unfolded.map(|_| true);
        path.truncate(row.depth);
        if found(&row) {
            kept.append(
                &mut path
                    .iter()
                    .filter(|r| !kept.iter().any(|k| k.node == r.node))
                    .cloned()
                    .collect(),
            );
            kept.push(row.clone());
        }
        path.push(row);
    }
    kept
}

fn flatten(view: &View, card: &CardView, addresses: Addresses) -> Vec<TreeRow> {
    let mut rows = Vec::new();
    for system in &card.tree.systems {
        rows.push(system_row(view, card, system));
        let roots = system
            .areas
            .iter()
            .enumerate()
            .filter(|(_, area)| area.parent.is_none());
        for (index, _) in roots {
            push_area(&mut rows, system, index, 1);
        }
        if !system.system_blocks.is_empty() {
            push_system_blocks(&mut rows, system, addresses);
        }
    }
    for row in &mut rows {
        let mut spoken = format!("{} {}", row.code, row.name);
        if let Some((_, word, _)) = row.access {
            spoken.push_str(", ");
            spoken.push_str(word);
        }
        for fact in [&row.version, &row.kcv] {
            if let Fact::Known(text) = fact {
                spoken.push(' ');
                spoken.push_str(text);
            }
        }
        if row.pending {
            spoken.push_str(", ");
            spoken.push_str(words::text("card.not_yet_written"));
        }
        row.spoken = spoken.trim().to_owned();
    }
    rows
}

fn key_facts(key: &KeyFacts) -> (Fact, Fact) {
    let version = key
        .version
        .map_or(Fact::Unknown, |v| Fact::Known(numbers::version(v)));
    let kcv = key
        .kcv
        .map_or(Fact::Unknown, |kcv| Fact::Known(kcv.to_string()));
    (version, kcv)
}

fn system_row(view: &View, card: &CardView, system: &SystemTree) -> TreeRow {
    let owner = owner_of(card, system.number);
    let (version, kcv) = key_facts(&system.key);
    let known = view.owners.get(owner);
    let blocks = system
        .blocks
        .map(|b| (b.user + b.system, b.user + b.system + b.free));
    TreeRow {
        node: NodeRef::System(system.number),
        depth: 0,
        unfolded: Some(true),
        icon: "",
        owner: Some((owner, known.map_or('?', |o| o.letter))),
        code: system.code.to_string(),
        name: known.map_or_else(String::new, |o| o.name.clone()),
        access: None,
        version,
        kcv,
        blocks: blocks.map_or(Fact::Unknown, |(used, _)| {
            Fact::Known(numbers::grouped(used))
        }),
        of: blocks.map_or_else(String::new, |(_, all)| {
            format!("/{}", numbers::grouped(all))
        }),
        shared: false,
        pending: system.pending,
        spoken: String::new(),
    }
}

fn push_area(rows: &mut Vec<TreeRow>, system: &SystemTree, index: usize, depth: usize) {
    let area: &AreaNode = &system.areas[index];
    let (version, kcv) = key_facts(&area.key);
    let end = area
        .end
        .map_or_else(|| "····".to_owned(), |end| end.to_string());
    rows.push(TreeRow {
        node: NodeRef::Area(system.number, area.code),
        depth,
        unfolded: Some(true),
        icon: icons::FOLDER,
        owner: None,
        code: format!("{}–{end}", area.code),
        name: if area.parent.is_none() {
            words::text("card.root").to_owned()
        } else {
            String::new()
        },
        access: None,
        version,
        kcv,
        blocks: area
            .used
            .map_or(Fact::Unknown, |used| Fact::Known(numbers::grouped(used))),
        of: area
            .allotted
            .map_or_else(String::new, |all| format!("/{}", numbers::grouped(all))),
        shared: false,
        pending: system.pending,
        spoken: String::new(),
    });
    // Nodes stand in order of code, services and sub-areas mixed, as the card keeps them.
    let mut below: Vec<(u16, Option<usize>, Option<&ServiceNode>)> = Vec::new();
    for (at, sub) in system
        .areas
        .iter()
        .enumerate()
        .filter(|(_, sub)| sub.parent == Some(index))
    {
        below.push((sub.code.0, Some(at), None));
    }
    for service in system
        .services
        .iter()
        .filter(|service| service.area == index)
    {
        below.push((service.code.value(), None, Some(service)));
    }
    below.sort_by_key(|(code, ..)| *code);
    let mut number = None;
    for (_, sub, service) in below {
        if let Some(sub) = sub {
            push_area(rows, system, sub, depth + 1);
        }
        if let Some(service) = service {
            let shared = number == Some(service.code.number());
            number = Some(service.code.number());
            rows.push(service_row(system, service, depth + 1, shared));
        }
    }
}

/// Icon and word of what a service's blocks are.
pub fn kind_words(kind: ServiceKind) -> (&'static str, &'static str) {
    match kind {
        ServiceKind::Random => (icons::SQUARES_FOUR, words::text("card.kind.random")),
        ServiceKind::Cyclic => (icons::ARROWS_CLOCKWISE, words::text("card.kind.cyclic")),
        ServiceKind::Purse => (icons::WALLET, words::text("card.kind.purse")),
    }
}

fn access_word(service: &ServiceNode) -> &'static str {
    words::text(match (service.code.kind(), service.code.access()) {
        (ServiceKind::Purse, ServiceAccess::ReadWrite) => "card.access.direct",
        (_, ServiceAccess::ReadWrite) => "card.access.write",
        (_, ServiceAccess::ReadOnly) => "card.access.read",
        (_, ServiceAccess::CashbackDecrement) => "card.access.cashback",
        (_, ServiceAccess::Decrement) => "card.access.decrement",
    })
}

fn service_row(system: &SystemTree, service: &ServiceNode, depth: usize, shared: bool) -> TreeRow {
    let (icon, kind) = kind_words(service.code.kind());
    let locked = service.code.needs_authentication();
    let (version, kcv) = if locked {
        key_facts(&service.key)
    } else {
        // Nobody authenticates with the key of a service that is free to use.
        (Fact::None, Fact::None)
    };
    TreeRow {
        node: NodeRef::Service(system.number, service.code),
        depth,
        unfolded: None,
        icon,
        owner: None,
        code: service.code.to_string(),
        name: kind.to_owned(),
        access: Some((
            if locked { icons::KEY } else { icons::LOCK_OPEN },
            access_word(service),
            locked,
        )),
        version,
        kcv,
        blocks: service.blocks.map_or(Fact::Unknown, |blocks| {
            Fact::Known(numbers::grouped(blocks))
        }),
        of: String::new(),
        shared,
        pending: system.pending,
        spoken: String::new(),
    }
}

fn push_system_blocks(rows: &mut Vec<TreeRow>, system: &SystemTree, addresses: Addresses) {
    let plain = |node, depth, icon, code: String, name: &str| TreeRow {
        node,
        depth,
        unfolded: None,
        icon,
        owner: None,
        code,
        name: name.to_owned(),
        access: None,
        version: Fact::None,
        kcv: Fact::None,
        blocks: Fact::None,
        of: String::new(),
        shared: false,
        pending: system.pending,
        spoken: String::new(),
    };
    let physical = system
        .system_blocks
        .iter()
        .map(|block| block.place.physical);
    let (low, high) = (
        physical.clone().min().unwrap_or(0),
        physical.max().unwrap_or(0),
    );
    let run = format!(
        "{:04X}–{:04X}",
        addresses.counted(low),
        addresses.counted(high)
    );
    let name = words::text("card.system_blocks");
    let mut group = plain(
        NodeRef::SystemBlocks(system.number),
        1,
        icons::STACK,
        run,
        name,
    );
    group.unfolded = Some(true);
    group.blocks = Fact::Known(numbers::grouped(system.system_blocks.len() as u64));
    rows.push(group);
    for block in &system.system_blocks {
        let node = NodeRef::SystemBlock(system.number, block.place.physical);
        let address = format!("{:04X}", addresses.counted(block.place.physical));
        rows.push(plain(node, 2, "", address, &block.kind.label()));
    }
}

/// Places of the columns within a row.
struct Columns {
    access: f32,
    key: f32,
    right: f32,
}

impl Columns {
    fn of(rect: Rect) -> Columns {
        let right = rect.right() - GAP_3;
        let blocks = 56.0;
        let key = right - blocks - 78.0;
        Columns {
            access: key - 66.0,
            key,
            right,
        }
    }
}

/// Draws filter, column heads and rows. Picking a row or folding one is written to `selection` and `state`;
/// says whether the rows must be made anew.
pub fn show(
    ui: &mut Ui,
    state: &mut TreeState,
    selection: &mut Selection,
    glow: Option<(f32, NodeRef)>,
) -> bool {
    let t = Tokens::of(ui.ctx());
    let mut stale = filter_field(ui, t, &mut state.filter);
    column_heads(ui, t);
    if state.rows.is_empty() {
        ui.add_space(GAP_3);
        ui.horizontal(|ui| {
            ui.add_space(GAP_3);
            ui.label(Type::Small.text(words::text("card.filter_empty"), t.t3));
        });
        return stale;
    }
    let id = ui.scope_id().with("tree");
    let area = ui.available_rect_before_wrap();
    let whole = ui.interact(area, id, Sense::focusable_noninteractive());
    whole.widget_info(|| WidgetInfo::labeled(Role::Tree, true, words::text("card.tree")));
    if whole.has_focus() {
        let filter = EventFilter {
            vertical_arrows: true,
            horizontal_arrows: true,
            ..EventFilter::default()
        };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
        stale |= keyboard(ui, state, selection);
    }
    let reveal = state
        .reveal
        .take()
        .and_then(|node| state.position(Some(node)));
    let mut scroll = ScrollArea::vertical()
        .id_salt("tree rows")
        .auto_shrink(false);
    if let Some(at) = reveal {
        let span = (at as f32 * ROW, (at + 1) as f32 * ROW);
        scroll = widgets::scrolled_to(ui, scroll, "tree rows", span, area.height());
    }
    ui.spacing_mut().item_spacing.y = 0.0;
    let mut fold = None;
    scroll.show_rows(ui, ROW, state.rows.len(), |ui, range| {
        for at in range {
            let row = &state.rows[at];
            let strength = glow
                .filter(|(_, node)| *node == row.node)
                .map(|(strength, _)| strength);
            let (response, caret) =
                tree_row(ui, t, id, row, selection.node == Some(row.node), strength);
            if response.clicked() {
                ui.memory_mut(|memory| memory.request_focus(id));
                if caret {
                    fold = Some(row.node);
                } else {
                    let block = match row.node {
                        NodeRef::SystemBlock(_, physical) => Some(physical),
                        _ => None,
                    };
                    *selection = Selection {
                        node: Some(row.node),
                        block,
                    };
                }
            }
            if response.double_clicked() && row.unfolded.is_some() && !caret {
                fold = Some(row.node);
            }
        }
    });
    if let Some(node) = fold {
        if !state.folded.remove(&node) {
            state.folded.insert(node);
        }
        stale = true;
    }
    widgets::focus_ring(ui.painter(), t, &whole, area.shrink(1.0), 0);
    stale
}

fn filter_field(ui: &mut Ui, t: &Tokens, filter: &mut String) -> bool {
    let (place, _) = ui.allocate_exact_size(vec2(ui.available_width(), 40.0), Sense::hover());
    let field = Rect::from_center_size(place.center(), vec2(place.width() - 2.0 * GAP_3, 24.0));
    let inner = Rect::from_min_max(
        pos2(field.left() + 26.0, field.top() + 2.0),
        field.max - vec2(4.0, 2.0),
    );
    let corner = CornerRadius::same(crate::ui::tokens::RADIUS_CONTROL);
    ui.painter().rect(
        field,
        corner,
        t.ground,
        Stroke::new(STROKE, t.line2),
        egui::StrokeKind::Inside,
    );
    let at = pos2(field.left() + 14.0, field.center().y);
    ui.painter().text(
        at,
        Align2::CENTER_CENTER,
        icons::FILTER,
        theme::icon(14.0),
        t.t3,
    );
    let edit = TextEdit::singleline(filter)
        .frame(egui::Frame::NONE)
        .font(Type::Small.font())
        .hint_text(Type::Small.text(words::text("card.filter_hint"), t.t3))
        .desired_width(f32::INFINITY);
    let response = ui.place(inner, edit);
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_label(words::text("card.filter"));
    });
    widgets::focus_ring(
        ui.painter(),
        t,
        &response,
        field,
        crate::ui::tokens::RADIUS_CONTROL,
    );
    response.changed()
}

fn column_heads(ui: &mut Ui, t: &Tokens) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    let columns = Columns::of(rect);
    let p = ui.painter();
    let mid = rect.center().y;
    let head = |x: f32, anchor: Align2, text: &str| {
        widgets::paint_text(p, pos2(x, mid), anchor, text, Type::Caption, t.t3);
    };
    head(
        rect.left() + GAP_3,
        Align2::LEFT_CENTER,
        words::text("card.column.node"),
    );
    head(
        columns.access,
        Align2::LEFT_CENTER,
        words::text("card.column.access"),
    );
    head(
        columns.key,
        Align2::LEFT_CENTER,
        words::text("card.column.key"),
    );
    head(
        columns.right,
        Align2::RIGHT_CENTER,
        words::text("card.column.blocks"),
    );
    p.hline(
        rect.x_range(),
        rect.bottom() - STROKE / 2.0,
        Stroke::new(STROKE, t.line),
    );
}

/// Moves the selection by the keyboard; says whether something was folded or unfolded.
fn keyboard(ui: &Ui, state: &mut TreeState, selection: &mut Selection) -> bool {
    let page = ((ui.available_height() / ROW) as usize).max(2) - 1;
    let last = state.rows.len() - 1;
    let at = state.position(selection.node);
    let pressed = |key| ui.input(|input| input.key_pressed(key));
    let target = match at {
        None if [Key::ArrowDown, Key::ArrowUp, Key::Home]
            .into_iter()
            .any(pressed) =>
        {
            Some(0)
        }
        None => None,
        Some(at) if pressed(Key::ArrowDown) => Some((at + 1).min(last)),
        Some(at) if pressed(Key::ArrowUp) => Some(at.saturating_sub(1)),
        Some(at) if pressed(Key::PageDown) => Some((at + page).min(last)),
        Some(at) if pressed(Key::PageUp) => Some(at.saturating_sub(page)),
        Some(_) if pressed(Key::Home) => Some(0),
        Some(_) if pressed(Key::End) => Some(last),
        Some(at) if pressed(Key::ArrowRight) => match state.rows[at].unfolded {
            Some(false) => {
                state.folded.remove(&state.rows[at].node);
                return true;
            }
            Some(true) => Some((at + 1).min(last)),
            None => None,
        },
        Some(at) if pressed(Key::ArrowLeft) => {
            let row = &state.rows[at];
            if row.unfolded == Some(true) && state.filter.is_empty() {
                state.folded.insert(row.node);
                return true;
            }
            state.rows[..at]
                .iter()
                .rposition(|above| above.depth < row.depth)
        }
        Some(_) => None,
    };
    if let Some(target) = target {
        let node = state.rows[target].node;
        *selection = Selection {
            node: Some(node),
            block: None,
        };
        state.reveal = Some(node);
    }
    false
}

/// Draws one row; says what happened to it and whether the pointer is on its caret.
fn tree_row(
    ui: &mut Ui,
    t: &Tokens,
    tree: Id,
    row: &TreeRow,
    selected: bool,
    glow: Option<f32>,
) -> (Response, bool) {
    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), ROW));
    // The tree has the keyboard; a row only takes the pointer.
    let response = ui.interact(rect, tree.with(row.node), Sense::CLICK);
    response.widget_info(|| WidgetInfo::selected(Role::TreeItem, true, selected, &row.spoken));
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_level(row.depth + 1);
        if let Some(unfolded) = row.unfolded {
            node.set_expanded(unfolded);
        }
    });
    let p = ui.painter();
    if selected {
        p.rect_filled(rect, CornerRadius::ZERO, t.sel);
        p.rect_filled(
            Rect::from_min_size(rect.min, vec2(STROKE_COAST, ROW)),
            CornerRadius::ZERO,
            t.accent,
        );
    } else if response.hovered() {
        p.rect_filled(rect, CornerRadius::ZERO, t.hover);
    }
    if let Some(strength) = glow {
        p.rect_filled(rect, CornerRadius::ZERO, t.glow(strength));
    }
    let columns = Columns::of(rect);
    let caret_end = node_cell(p, t, rect, row, &columns);
    other_cells(p, t, rect, row, &columns);
    let on_caret = row.unfolded.is_some()
        && response
            .interact_pointer_pos()
            .is_some_and(|pos| pos.x < caret_end);
    (response, on_caret)
}

/// Draws caret, mark, code and name; gives where the caret ends.
fn node_cell(p: &Painter, t: &Tokens, rect: Rect, row: &TreeRow, columns: &Columns) -> f32 {
    let mid = rect.center().y;
    let mut x = rect.left() + GAP_2 + 12.0 * row.depth as f32;
    if let Some(unfolded) = row.unfolded {
        let caret = if unfolded {
            icons::CARET_DOWN
        } else {
            icons::CARET_RIGHT
        };
        p.text(
            pos2(x + 6.0, mid),
            Align2::CENTER_CENTER,
            caret,
            theme::icon(12.0),
            t.t2,
        );
    }
    x += 16.0;
    let caret_end = x;
    if let Some((owner, letter)) = row.owner {
        widgets::paint_owner_tag(p, t, pos2(x, mid - 8.0), owner, letter);
        x += 24.0;
    } else if !row.icon.is_empty() {
        p.text(
            pos2(x + 7.0, mid),
            Align2::CENTER_CENTER,
            row.icon,
            theme::icon(14.0),
            t.t2,
        );
        x += 20.0;
    }
    let end = if row.access.is_some() {
        columns.access
    } else {
        columns.key
    } - GAP_2;
    let quiet = row.shared || row.icon.is_empty() && row.owner.is_none();
    let ink = if quiet { t.t3 } else { t.t1 };
    let place = Rect::from_min_max(pos2(x, rect.top()), pos2(end, rect.bottom()));
    let code = widgets::elided(p, place, Align::Left, &row.code, Type::Code, ink);
    let marked = row.pending && row.owner.is_some();
    let mark = if marked { 20.0 } else { 0.0 };
    let rest = Rect::from_min_max(
        pos2(code.right() + GAP_2, rect.top()),
        place.max - vec2(mark, 0.0),
    );
    if rest.width() > 12.0 {
        let kind = if row.owner.is_some() {
            Type::BodyMedium
        } else {
            Type::Small
        };
        let name = widgets::elided(p, rest, Align::Left, &row.name, kind, ink);
        if marked {
            let at = pos2(name.right() + 12.0, mid);
            p.text(
                at,
                Align2::CENTER_CENTER,
                icons::CLOCK,
                theme::icon(14.0),
                t.accent_text,
            );
            let place = Rect::from_min_max(
                pos2(name.right() + 24.0, rect.top()),
                pos2(end, rect.bottom()),
            );
            let words = words::text("card.not_yet_written");
            if widgets::width_of(p, words, Type::Caption) <= place.width() {
                widgets::elided(p, place, Align::Left, words, Type::Caption, t.accent_text);
            }
        }
    }
    caret_end
}

fn other_cells(p: &Painter, t: &Tokens, rect: Rect, row: &TreeRow, columns: &Columns) {
    let mid = rect.center().y;
    let quiet = if row.shared { t.t3 } else { t.t1 };
    if let Some((icon, word, locked)) = row.access {
        let colour = if locked { t.t2 } else { t.ok };
        p.text(
            pos2(columns.access + 6.0, mid),
            Align2::CENTER_CENTER,
            icon,
            theme::icon(13.0),
            colour,
        );
        let x = columns.access + 16.0;
        widgets::paint_text(
            p,
            pos2(x, mid),
            Align2::LEFT_CENTER,
            word,
            Type::Caption,
            t.t2,
        );
    }
    let fact = |x: f32, anchor: Align2, fact: &Fact, kind: Type, colour| match fact {
        Fact::Known(text) => Some(widgets::paint_text(
            p,
            pos2(x, mid),
            anchor,
            text,
            kind,
            colour,
        )),
        Fact::Unknown => Some(widgets::paint_text(
            p,
            pos2(x, mid),
            anchor,
            "??",
            kind,
            t.unknown,
        )),
        Fact::None => None,
    };
    if row.access.is_some() && row.kcv == Fact::None {
        widgets::paint_text(
            p,
            pos2(columns.key, mid),
            Align2::LEFT_CENTER,
            "–",
            Type::Code,
            t.t3,
        );
    } else {
        fact(
            columns.key,
            Align2::LEFT_CENTER,
            &row.version,
            Type::Code,
            t.t3,
        );
        fact(
            columns.key + 22.0,
            Align2::LEFT_CENTER,
            &row.kcv,
            Type::CodeMedium,
            quiet,
        );
    }
    if row.shared {
        let word = words::text("card.shared");
        widgets::paint_text(
            p,
            pos2(columns.right, mid),
            Align2::RIGHT_CENTER,
            word,
            Type::Caption,
            t.t3,
        );
        return;
    }
    let of = widgets::paint_text(
        p,
        pos2(columns.right, mid),
        Align2::RIGHT_CENTER,
        &row.of,
        Type::Small,
        t.t3,
    );
    let x = if row.of.is_empty() {
        columns.right
    } else {
        of.left()
    };
    fact(x, Align2::RIGHT_CENTER, &row.blocks, Type::Small, t.t1);
}
