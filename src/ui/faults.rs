//! Faults by hand: what goes wrong on purpose with the emulated card, so that a person sees what the flow does.
//!
//! A small box over any place, which stays until it is closed: the fault is set here, and met by what is done
//! elsewhere.

use super::action::Action;
use super::action_list::action_row;
use super::icons;
use super::theme::Type;
use super::tokens::{GAP, GAP_2, GAP_3, RADIUS_BOX, STROKE, Tokens};
use super::widgets::{self, Button, Size, Tone};
use crate::words;
use crate::workbench::Command;
use crate::workbench::command::{Fault, LinkFault, PowerCut, Torn};
use crate::workbench::view::{FaultsView, View};
use egui::{
    Align2, Area, Context, CornerRadius, DragValue, Frame, Id, Key, Label, Margin, Order, Popup,
    Stroke, Ui, vec2,
};

/// Block writes that a power cut can be set ahead.
const MOST_WRITES: usize = 9_999;
const WIDTH: f32 = 336.0;

/// What the box keeps; it is open while this exists.
pub struct FaultsBox {
    /// Counted from 1, as people count.
    write: usize,
    leaves: Torn,
    /// It was just opened: its first field takes the keys.
    opened: bool,
    /// Escape is its own: in the last frame nothing else had the keys.
    escapes: bool,
}

impl Default for FaultsBox {
    fn default() -> FaultsBox {
        FaultsBox {
            write: 1,
            leaves: Torn::Old,
            opened: true,
            escapes: true,
        }
    }
}

/// Accidents of the next frame, as they are offered.
const ACCIDENTS: [(LinkFault, &str); 7] = [
    (LinkFault::Undelivered, "shell.fault.undelivered"),
    (LinkFault::Unheard, "shell.fault.unheard"),
    (LinkFault::AnswerLost, "shell.fault.answer_lost"),
    (LinkFault::Late, "shell.fault.late"),
    (LinkFault::Repeated, "shell.fault.repeated"),
    (LinkFault::Truncated(4), "shell.fault.truncated"),
    (LinkFault::Flipped(72), "shell.fault.flipped"),
];

impl FaultsBox {
    /// Draws the box: at first at the right, under the bar; it can be dragged away from what it hides. Gives whether it
    /// stays open.
    pub fn show(
        &mut self,
        ctx: &Context,
        view: &View,
        asked: &mut Vec<Action>,
        commands: &mut Vec<Command>,
    ) -> bool {
        let t = Tokens::of(ctx);
        let frame = Frame::new()
            .fill(t.raised)
            .stroke(Stroke::new(STROKE, t.line2))
            .corner_radius(CornerRadius::same(RADIUS_BOX))
            .shadow(t.shadow())
            .inner_margin(Margin::ZERO);
        let mut stays = true;
        let shown = Area::new(Id::unique("faults by hand"))
            .order(Order::Foreground)
            .pivot(Align2::RIGHT_TOP)
            .default_pos(ctx.content_rect().right_top() + vec2(-16.0, 56.0))
            .show(ctx, |ui| {
                frame.show(ui, |ui| {
                    ui.set_width(WIDTH);
                    ui.spacing_mut().item_spacing.y = 0.0;
                    let title = words::text("shell.fault.title");
                    widgets::panel_header(ui, 36.0, title, "", |ui| {
                        let close = words::text("shell.fault.close");
                        stays = !widgets::icon_button(ui, icons::CLOSE, close).clicked();
                    });
                    let margin = Margin::symmetric(GAP_3 as i8, GAP_2 as i8);
                    Frame::new().inner_margin(margin).show(ui, |ui| {
                        let faults = view.card.as_ref().map(|card| card.faults);
                        ahead(ui, faults.unwrap_or_default(), commands);
                        self.power(ui, commands);
                        accidents(ui, commands);
                    });
                    for action in [Action::TakeCardAway, Action::PullCard] {
                        if action_row(ui, action, view) {
                            asked.push(action);
                        }
                    }
                    ui.add_space(GAP);
                });
            });
        let escaped = self.escapes && ctx.input(|input| input.key_pressed(Key::Escape));
        let focused = ctx.memory(|memory| memory.focused());
        let layer = shown.response.layer_id;
        self.escapes = !Popup::is_any_open(ctx)
            && focused.is_none_or(|id| ctx.read_response(id).is_some_and(|r| r.layer_id == layer));
        stays && !escaped
    }

    /// The power goes at a block write.
    fn power(&mut self, ui: &mut Ui, commands: &mut Vec<Command>) {
        widgets::section_header(ui, words::text("shell.fault.power"), "");
        let t = Tokens::of(ui.ctx());
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = GAP_2;
            let name = words::text("shell.fault.write");
            let label = ui.label(Type::Body.text(name, t.t2));
            let value = DragValue::new(&mut self.write)
                .range(1..=MOST_WRITES)
                .speed(0.1);
            let field = ui.add(value).labelled_by(label.id);
            if std::mem::take(&mut self.opened) {
                field.request_focus();
            }
            let word = words::text("shell.fault.cut");
            if ui.add(Button::secondary(word).size(Size::Small)).clicked() {
                commands.push(Command::Fault(Fault::Power(PowerCut {
                    at_write: self.write - 1,
                    leaves: self.leaves,
                })));
            }
        });
        ui.add_space(GAP_2);
        let choices = Torn::ALL.map(|torn| (torn_words(torn), torn));
        widgets::segmented(ui, &choices, &mut self.leaves);
        ui.add_space(GAP);
        let hint = words::text("shell.fault.power_hint");
        ui.add(Label::new(Type::Small.paragraph(hint, t.t3)).wrap());
    }
}

/// What is set, and the way to take it back.
fn ahead(ui: &mut Ui, faults: FaultsView, commands: &mut Vec<Command>) {
    let t = Tokens::of(ui.ctx());
    match words_of(faults) {
        Some(text) => {
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = GAP_2;
                widgets::tag(ui, Tone::Warn, icons::WARNING, &text);
                let word = words::text("shell.fault.clear");
                if ui.add(Button::ghost(word).size(Size::Small)).clicked() {
                    commands.push(Command::ClearFaults);
                }
            });
        }
        None => {
            let text = words::text("shell.fault.none");
            ui.add(Label::new(Type::Small.paragraph(text, t.t3)).wrap());
        }
    }
    ui.add_space(GAP);
}

fn accidents(ui: &mut Ui, commands: &mut Vec<Command>) {
    widgets::section_header(ui, words::text("shell.fault.next_frame"), "");
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(GAP_2, GAP_2);
        for (fault, name) in ACCIDENTS {
            let button = Button::secondary(words::text(name)).size(Size::Small);
            if ui.add(button).clicked() {
                commands.push(Command::Fault(Fault::Link(fault)));
            }
        }
    });
    ui.add_space(GAP_2);
}

fn torn_words(torn: Torn) -> &'static str {
    words::text(match torn {
        Torn::Old => "shell.fault.old",
        Torn::New => "shell.fault.new",
        Torn::Erased => "shell.fault.erased",
        Torn::Mixed => "shell.fault.mixed",
    })
}

/// What is to go wrong, in few words; `None` when nothing is.
pub fn words_of(faults: FaultsView) -> Option<String> {
    if faults.away {
        return Some(words::text("shell.fault.away").to_owned());
    }
    if let Some(cut) = faults.power {
        let write = cut.at_write.saturating_add(1);
        return Some(words::format(
            "shell.fault.power_ahead",
            &[("write", &write)],
        ));
    }
    let (_, name) = ACCIDENTS
        .iter()
        .find(|(fault, _)| faults.link == Some(*fault))?;
    let name = words::text(name).to_lowercase();
    Some(words::format("shell.fault.link_ahead", &[("what", &name)]))
}
