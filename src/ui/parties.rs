//! The Parties place: who is who, and what each came to hold while the flow ran.
//!
//! The matrix is read from what the flow recorded: what a party learned it holds; a sealed layer it can open
//! or not, as worked out from its keys; what passed through its hands sealed it only carries.

use super::action::Action;
use super::theme::Type;
use super::tokens::{GAP_3, GAP_4, RADIUS_TAG, STROKE, Tokens};
use super::widgets::{self, Align, Button, filled_panel};
use crate::model::cipher::Kcv;
use crate::model::flow::table::LaneId;
use crate::words;
use crate::workbench::view::{FieldValue, FlowView, LayerView, View};
use egui::{
    CentralPanel, CornerRadius, Panel, Rect, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui, Vec2,
    WidgetInfo, pos2, vec2,
};

/// What a party has of one thing, from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Has {
    Not,
    CarriesSealed,
    CanOpen,
    Holds,
}

/// One thing that may be known, and what each lane has of it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    name: String,
    aside: String,
    /// Check value, for what is a key.
    kcv: Option<Kcv>,
    has: Vec<Has>,
}

/// Draws the place.
pub fn show(ui: &mut Ui, view: &View, asked: &mut Vec<Action>) {
    let t = Tokens::of(ui.ctx());
    Panel::left("parties list")
        .exact_size(304.0)
        .frame(filled_panel(t.panel))
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            let count = view.owners.len().to_string();
            widgets::panel_header(ui, 36.0, words::text("desk.parties"), &count, |_| ());
            for (owner, known) in view.owners.iter().enumerate() {
                let roles = roles_of(view, owner);
                party_row(ui, t, owner, known.letter, &known.name, &roles);
            }
        });
    CentralPanel::no_frame()
        .frame(filled_panel(t.ground))
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            let bar = Rect::from_min_size(ui.max_rect().min, vec2(ui.available_width(), 36.0));
            ui.painter().rect_filled(bar, CornerRadius::ZERO, t.panel);
            let flow = view.flow.as_deref();
            let lines = flow.map(lines).unwrap_or_default();
            widgets::panel_header(ui, 36.0, words::text("desk.who_knows"), "", |ui| {
                if !lines.is_empty() {
                    legend(ui, t);
                }
            });
            match flow {
                Some(flow) if !lines.is_empty() => matrix(ui, t, view, flow, &lines),
                _ => {
                    ui.add_space((ui.available_height() / 2.0 - 90.0).max(GAP_3));
                    let (title, text) = (
                        words::text("desk.nothing_passed"),
                        words::text("desk.nothing_passed_how"),
                    );
                    widgets::empty_state(ui, title, text, |ui| {
                        if ui.add(Button::secondary(Action::GoDesk.name())).clicked() {
                            asked.push(Action::GoDesk);
                        }
                    });
                }
            }
        });
}

/// What an owner is in the flow, or which systems of the card are its own.
fn roles_of(view: &View, owner: usize) -> String {
    let role = view
        .flow
        .iter()
        .flat_map(|flow| &flow.lanes)
        .find(|lane| lane.owner == Some(owner));
    if let Some(lane) = role {
        return lane.lane.role.clone();
    }
    let Some(card) = &view.card else {
        return String::new();
    };
    let systems = card.tree.systems.iter();
    let own = systems.filter(|s| card.system_owners.get(usize::from(s.number)) == Some(&owner));
    let codes: Vec<String> = own.map(|system| system.code.to_string()).collect();
    if codes.is_empty() {
        return String::new();
    }
    words::format("desk.owns_system", &[("codes", &codes.join(", "))])
}

fn party_row(ui: &mut Ui, t: &Tokens, owner: usize, letter: char, name: &str, role: &str) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 52.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::ListItem, true, format!("{name} {role}")));
    let p = ui.painter();
    widgets::paint_owner_tag(
        p,
        t,
        pos2(rect.left() + GAP_3, rect.center().y - 8.0),
        owner,
        letter,
    );
    let place = Rect::from_min_max(
        pos2(rect.left() + 40.0, rect.top() + 6.0),
        pos2(rect.right() - GAP_3, rect.bottom() - 6.0),
    );
    let (upper, lower) = place.split_top_bottom_at_fraction(0.52);
    widgets::elided(p, upper, Align::Left, name, Type::BodyMedium, t.t1);
    widgets::elided(p, lower, Align::Left, role, Type::Small, t.t2);
    p.hline(
        rect.x_range(),
        rect.bottom() - 0.5,
        Stroke::new(STROKE, t.line),
    );
}

/// What is known of, and by whom.
fn lines(flow: &FlowView) -> Vec<Line> {
    let mut matrix = Matrix {
        flow,
        lines: Vec::new(),
    };
    for key in &flow.keys {
        let line = matrix.line(key.name, key.kcv.to_string(), Some(key.kcv));
        for lane in &key.known_to {
            matrix.mark(line, *lane, Has::Holds);
        }
    }
    for learned in flow.learned.iter().filter(|learned| learned.kcv.is_some()) {
        let aside = learned.kcv.map_or_else(String::new, |kcv| kcv.to_string());
        let line = matrix.line(&learned.what, aside, learned.kcv);
        matrix.mark(line, learned.who, Has::Holds);
    }
    for message in &flow.messages {
        for layer in &message.layers {
            matrix.layer([message.from, message.to], layer);
        }
    }
    matrix.lines
}

struct Matrix<'a> {
    flow: &'a FlowView,
    lines: Vec<Line>,
}

impl Matrix<'_> {
    /// Where the line of that name is; made if it is not there.
    fn line(&mut self, name: &str, aside: String, kcv: Option<Kcv>) -> usize {
        if let Some(at) = self.lines.iter().position(|line| line.name == name) {
            return at;
        }
        let has = vec![Has::Not; self.flow.lanes.len()];
        self.lines.push(Line {
            name: name.to_owned(),
            aside,
            kcv,
            has,
        });
        self.lines.len() - 1
    }

    /// Notes what `who` has of a line. The strongest wins: to hold is more than to open, to open more than to
    /// carry.
    fn mark(&mut self, line: usize, who: LaneId, has: Has) {
        let lane = self.flow.lanes.iter().position(|view| view.lane.id == who);
        if let Some(cell) = lane.and_then(|lane| self.lines[line].has.get_mut(lane)) {
            *cell = has.max(*cell);
        }
    }

    /// A layer that passed between two: a sealed one is opened by those who can, and carried by the two if
    /// they cannot; what is in the clear is held by the two. The same goes for keys inside it.
    fn layer(&mut self, hands: [LaneId; 2], layer: &LayerView) {
        let Some(key) = &layer.sealed_with else {
            let line = self.line(&layer.name, String::new(), None);
            for lane in hands {
                self.mark(line, lane, Has::Holds);
            }
            return;
        };
        let mut lines = vec![self.line(
            &layer.name,
            words::format("desk.under", &[("key", key)]),
            None,
        )];
        for field in &layer.fields {
            if let FieldValue::Key(kcv) = &field.value {
                lines.extend(self.lines.iter().position(|line| line.kcv == Some(*kcv)));
            }
        }
        for line in lines {
            for lane in &layer.can_open {
                self.mark(line, *lane, Has::CanOpen);
            }
            for lane in hands.iter().filter(|lane| layer.cannot_open.contains(lane)) {
                self.mark(line, *lane, Has::CarriesSealed);
            }
        }
    }
}

const NAMES: f32 = 240.0;
const ROW: f32 = 26.0;

fn matrix(ui: &mut Ui, t: &Tokens, view: &View, flow: &FlowView, lines: &[Line]) {
    let width = ((ui.available_width() - NAMES - GAP_4) / flow.lanes.len().max(1) as f32)
        .clamp(64.0, 140.0);
    let cell = |row: Rect, lane: usize| {
        let x = row.left() + NAMES + lane as f32 * width;
        Rect::from_min_size(pos2(x, row.top()), vec2(width, row.height()))
    };
    let (heads, _) = ui.allocate_exact_size(vec2(ui.available_width(), 56.0), Sense::hover());
    for (at, lane) in flow.lanes.iter().enumerate() {
        let place = cell(heads, at).shrink2(vec2(4.0, 8.0));
        let (upper, lower) = place.split_top_bottom_at_fraction(0.5);
        if let Some(owner) = lane.owner {
            let letter = view.owners.get(owner).map_or('?', |o| o.letter);
            widgets::paint_owner_tag(
                ui.painter(),
                t,
                upper.center() - Vec2::splat(8.0),
                owner,
                letter,
            );
        }
        widgets::elided(
            ui.painter(),
            lower,
            Align::Centre,
            &lane.lane.role,
            Type::SmallMedium,
            t.t1,
        );
    }
    ScrollArea::vertical()
        .id_salt("matrix")
        .auto_shrink(false)
        .show_rows(ui, ROW, lines.len(), |ui, range| {
            for line in &lines[range] {
                let (rect, response) =
                    ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
                response.widget_info(|| WidgetInfo::labeled(Role::Row, true, spoken(flow, line)));
                let p = ui.painter();
                p.hline(
                    rect.x_range(),
                    rect.bottom() - 0.5,
                    Stroke::new(STROKE, t.line),
                );
                let names = Rect::from_min_size(
                    rect.min + vec2(GAP_3, 0.0),
                    vec2(NAMES - 2.0 * GAP_3, ROW),
                );
                let aside =
                    widgets::elided(p, names, Align::Right, &line.aside, Type::CodeSmall, t.t3);
                let place = Rect::from_min_max(names.min, pos2(aside.left() - 8.0, names.bottom()));
                widgets::elided(p, place, Align::Left, &line.name, Type::CodeMedium, t.t1);
                for (lane, has) in line.has.iter().enumerate() {
                    mark(ui, t, cell(rect, lane), *has);
                }
            }
        });
}

fn word(has: Has) -> &'static str {
    words::text(match has {
        Has::Holds => "desk.holds",
        Has::CanOpen => "desk.can_open",
        Has::CarriesSealed => "desk.carries",
        Has::Not => "desk.not",
    })
}

fn spoken(flow: &FlowView, line: &Line) -> String {
    let parts = flow
        .lanes
        .iter()
        .zip(&line.has)
        .map(|(lane, has)| format!("{} {}", lane.lane.role, word(*has)));
    format!("{}: {}", line.name, parts.collect::<Vec<_>>().join(", "))
}

fn mark(ui: &Ui, t: &Tokens, place: Rect, has: Has) {
    let p = ui.painter();
    let rect = Rect::from_center_size(place.center(), vec2(16.0, 12.0));
    let corner = CornerRadius::same(RADIUS_TAG - 1);
    match has {
        Has::Holds => {
            p.rect_filled(rect, corner, t.t1);
        }
        Has::CanOpen => {
            p.rect_stroke(rect, corner, Stroke::new(1.5, t.t1), StrokeKind::Inside);
            p.circle_filled(rect.center(), 2.0, t.t1);
        }
        Has::CarriesSealed => widgets::dashed_rect(p, rect.shrink(0.5), Stroke::new(STROKE, t.t2)),
        Has::Not => {
            widgets::elided(p, place, Align::Centre, "–", Type::Small, t.t3);
        }
    }
}

/// The four marks and their words, from the right.
fn legend(ui: &mut Ui, t: &Tokens) {
    for has in [Has::Not, Has::CarriesSealed, Has::CanOpen, Has::Holds] {
        let text = word(has);
        let width = widgets::width_of(ui.painter(), text, Type::Small);
        let (rect, _) = ui.allocate_exact_size(vec2(width + 28.0, 20.0), Sense::hover());
        mark(ui, t, Rect::from_min_size(rect.min, vec2(20.0, 20.0)), has);
        let place = Rect::from_min_max(pos2(rect.left() + 24.0, rect.top()), rect.max);
        widgets::elided(ui.painter(), place, Align::Left, text, Type::Small, t.t2);
    }
}
