//! The Desk place: today's work. While a flow runs the wizard stands here; otherwise the card on the reader
//! and what can be done with it.

use super::action::Action;
use super::action_list::{ONE_CARD, action_row};
use super::card::{facts, source_words};
use super::reader_menu::NoCard;
use super::theme::{self, Type};
use super::tokens::{GAP_2, GAP_3, GAP_4, GAP_6, RADIUS_PALETTE, STROKE, Tokens};
use super::widgets::{self, Button, Size, filled_panel};
use super::{icons, numbers};
use crate::model::card::tree::SystemTree;
use crate::words;
use crate::workbench::command::Command;
use crate::workbench::view::{CardSource, CardView, View};
use egui::{
    Align2, CentralPanel, CornerRadius, Frame, Label, Margin, Panel, Rect, Role, ScrollArea, Sense,
    Stroke, Ui, pos2, vec2,
};

/// Draws the place.
pub fn show(ui: &mut Ui, view: &View, asked: &mut Vec<Action>, commands: &mut Vec<Command>) {
    if let Some(flow) = &view.flow {
        super::wizard::show(ui, view, flow, &mut |command| commands.push(command));
        return;
    }
    let t = Tokens::of(ui.ctx());
    Panel::left("desk list")
        .exact_size(304.0)
        .frame(filled_panel(t.panel))
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            widgets::panel_header(ui, 36.0, words::text("desk.one_card"), "", |_| ());
            for action in ONE_CARD.into_iter().filter(|it| it.is_of_window(view)) {
                if action_row(ui, action, view) {
                    asked.push(action);
                }
            }
        });
    CentralPanel::no_frame()
        .frame(filled_panel(t.ground))
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            let bar = Rect::from_min_size(ui.max_rect().min, vec2(ui.available_width(), 36.0));
            ui.painter().rect_filled(bar, CornerRadius::ZERO, t.panel);
            widgets::panel_header(ui, 36.0, words::text("desk.title"), "", |_| ());
            ScrollArea::vertical()
                .id_salt("desk")
                .auto_shrink(false)
                .show(ui, |ui| {
                    Frame::new()
                        .inner_margin(Margin::same(GAP_6 as i8))
                        .show(ui, |ui| {
                            ui.set_max_width(760.0);
                            station(ui, t, view, asked);
                        });
                });
        });
}

/// The card on the reader and the one thing to do with it.
fn station(ui: &mut Ui, t: &Tokens, view: &View, asked: &mut Vec<Action>) {
    let frame = Frame::new()
        .fill(t.panel)
        .stroke(Stroke::new(STROKE, t.line2))
        .corner_radius(CornerRadius::same(RADIUS_PALETTE))
        .inner_margin(Margin::same(GAP_6 as i8));
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = GAP_2;
        let reader = view
            .readers
            .get(view.reader)
            .map_or("", |reader| reader.name.as_str());
        let (icon, place) = match view.card.as_deref().map(|card| &card.source) {
            Some(CardSource::File { name } | CardSource::Sealed { name }) => {
                (icons::FILE, name.as_str())
            }
            _ => (icons::READER, reader),
        };
        widgets::tag(ui, widgets::Tone::Info, icon, place);
        ui.add_space(GAP_2);
        match view.card.as_deref() {
            Some(card) => card_station(ui, t, view, card, asked),
            None => no_card(ui, t, view, asked),
        }
    });
}

/// What to do where no card is shown.
fn no_card(ui: &mut Ui, t: &Tokens, view: &View, asked: &mut Vec<Action>) {
    let said = NoCard::of(view, "desk.no_card", "desk.no_card_how");
    ui.label(Type::Station.text(said.what, t.t1));
    ui.add(Label::new(Type::Body.text(said.how, t.t2)).wrap());
    ui.add_space(GAP_2);
    ui.horizontal(|ui| {
        for action in said.actions {
            let keys = action.keys();
            let button = if *action == Action::NewCard {
                Button::primary(action.name())
            } else {
                Button::secondary(action.name())
            };
            let button = button.key(&keys).size(Size::Station);
            if ui.add(button.refused(action.refused(view))).clicked() {
                asked.push(*action);
            }
        }
    });
}

fn card_station(ui: &mut Ui, t: &Tokens, view: &View, card: &CardView, asked: &mut Vec<Action>) {
    let (what, name) = source_words(&card.source);
    let refused = Action::StartDivide.refused(view);
    let title = match card.source {
        _ if refused.is_none() => "desk.ready",
        CardSource::File { .. } | CardSource::Sealed { .. } => "desk.from_file",
        CardSource::Emulated { .. } | CardSource::Reader { .. } => "desk.on_reader",
    };
    ui.label(Type::Station.text(words::text(title), t.t1));
    ui.label(Type::Body.text(format!("{what}, {name}"), t.t2));
    ui.add_space(GAP_2);
    let facts = facts::Facts::of(card);
    for system in &card.tree.systems {
        system_line(ui, t, view, card, system);
    }
    if card.map.is_some() {
        ui.add_space(GAP_2);
        strip(ui, t, card, &facts);
    }
    ui.add_space(GAP_4);
    ui.label(Type::Heading.text(words::text("desk.divide"), t.t1));
    ui.add(Label::new(Type::Body.text(words::text("desk.divide_does"), t.t2)).wrap());
    if let Some(because) = refused {
        reason(ui, t, because);
    }
    ui.add_space(GAP_2);
    ui.horizontal(|ui| {
        let keys = Action::StartDivide.keys();
        let divide = Button::primary(Action::StartDivide.name())
            .icon(icons::SCISSORS)
            .key(&keys)
            .size(Size::Station)
            .refused(refused);
        if ui.add(divide).clicked() {
            asked.push(Action::StartDivide);
        }
        if refused.is_some() {
            // The way on: another card.
            let keys = Action::NewCard.keys();
            let new = Button::primary(Action::NewCard.name())
                .key(&keys)
                .size(Size::Station)
                .refused(Action::NewCard.refused(view));
            if ui.add(new).clicked() {
                asked.push(Action::NewCard);
            }
        }
        let look = Button::secondary(words::text("desk.look")).size(Size::Station);
        if ui.add(look).clicked() {
            asked.push(Action::GoCard);
        }
    });
}

/// A system by owner, code and blocks.
fn system_line(ui: &mut Ui, t: &Tokens, view: &View, card: &CardView, system: &SystemTree) {
    let owner = facts::owner_of(card, system.number);
    let Some(known) = view.owners.get(owner) else {
        return;
    };
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::hover());
    let p = ui.painter();
    let mid = rect.center().y;
    widgets::paint_owner_tag(p, t, pos2(rect.left(), mid - 8.0), owner, known.letter);
    let at = pos2(rect.left() + 28.0, mid);
    let code = widgets::paint_text(
        p,
        at,
        Align2::LEFT_CENTER,
        &system.code.to_string(),
        Type::CodeMedium,
        t.t1,
    );
    let at = pos2(code.right() + GAP_2, mid);
    let name = widgets::paint_text(
        p,
        at,
        Align2::LEFT_CENTER,
        &known.name,
        Type::BodyMedium,
        t.t1,
    );
    let blocks = system.blocks.map_or_else(
        || words::text("shell.not_known").to_owned(),
        |b| {
            words::format(
                "desk.blocks_of",
                &[
                    ("used", &numbers::grouped(b.user + b.system)),
                    ("free", &numbers::grouped(b.free)),
                ],
            )
        },
    );
    let at = pos2(name.right() + GAP_3, mid);
    let ink = if system.blocks.is_some() {
        t.t3
    } else {
        t.unknown
    };
    widgets::paint_text(p, at, Align2::LEFT_CENTER, &blocks, Type::Small, ink);
    response.widget_info(|| {
        egui::WidgetInfo::labeled(
            Role::Label,
            true,
            format!("{} {} {blocks}", system.code, known.name),
        )
    });
}

/// Why something cannot be done.
fn reason(ui: &mut Ui, t: &Tokens, because: &str) {
    ui.horizontal(|ui| {
        let (place, _) = ui.allocate_exact_size(vec2(16.0, 20.0), Sense::hover());
        ui.painter().text(
            place.center(),
            Align2::CENTER_CENTER,
            icons::INFO,
            theme::icon(16.0),
            t.warn,
        );
        ui.add(Label::new(Type::Body.text(because, t.warn)).wrap());
    });
}

/// The whole card as a strip of small blocks, 64 a row.
fn strip(ui: &mut Ui, t: &Tokens, card: &CardView, facts: &facts::Facts) {
    use crate::model::card::map::CellKind;
    let Some(map) = &card.map else { return };
    if map.cells.len() > 4096 {
        return;
    }
    let columns = 64;
    let pitch = (ui.available_width() / columns as f32)
        .floor()
        .clamp(3.0, 10.0);
    let rows = map.cells.len().div_ceil(columns);
    let size = vec2(pitch * columns as f32, pitch * rows as f32);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let words = words::format(
        "card.legend_sum",
        &[
            ("used", &numbers::grouped(facts.legend.used())),
            ("free", &numbers::grouped(facts.legend.free)),
            ("all", &numbers::grouped(map.cells.len() as u64)),
        ],
    );
    response.widget_info(|| egui::WidgetInfo::labeled(Role::Image, true, &words));
    for (at, cell) in map.cells.iter().enumerate() {
        let owner = facts::owner_of(card, cell.system);
        let colour = match cell.kind {
            CellKind::User { .. } => t.user_tint(owner),
            CellKind::System(_) => t.system_line(owner),
            CellKind::Free => t.hover,
            CellKind::Unknown => t.unknown_wash,
        };
        let min = rect.min + vec2((at % columns) as f32 * pitch, (at / columns) as f32 * pitch);
        ui.painter().rect_filled(
            Rect::from_min_size(min, vec2(pitch - 1.0, pitch - 1.0)),
            CornerRadius::ZERO,
            colour,
        );
    }
    ui.label(Type::Small.text(words, t.t3));
}
