//! The field that a list is filtered by.

use super::paint::{Align, control_box, elided, focus_ring};
use crate::ui::icons;
use crate::ui::theme::{self, Type};
use crate::ui::tokens::{GAP, GAP_2, GAP_3, RADIUS_CONTROL, Tokens};
use egui::{Align2, Frame, Rect, Response, Sense, TextEdit, Ui, pos2, vec2};

/// Height of the strip that the field stands in, and its own, in points.
const STRIP: f32 = 40.0;
const FIELD: f32 = 24.0;

/// A field over the whole width, with a funnel before what is typed and `aside` behind it.
pub struct Filter<'a> {
    /// Accessible name.
    pub name: &'a str,
    /// What stands in the empty field.
    pub hint: &'a str,
    /// How much is listed; may be empty.
    pub aside: &'a str,
}

impl Filter<'_> {
    /// Draws the field.
    pub fn show(&self, ui: &mut Ui, text: &mut String) -> Response {
        let t = Tokens::of(ui.ctx());
        let (strip, _) = ui.allocate_exact_size(vec2(ui.available_width(), STRIP), Sense::hover());
        let field =
            Rect::from_center_size(strip.center(), vec2(strip.width() - 2.0 * GAP_3, FIELD));
        let p = ui.painter();
        control_box(p, t, field, t.ground);
        let at = pos2(field.left() + 14.0, field.center().y);
        p.text(
            at,
            Align2::CENTER_CENTER,
            icons::FILTER,
            theme::icon(14.0),
            t.t3,
        );
        let end = match self.aside.is_empty() {
            true => field.right() - GAP,
            false => {
                let place = field.with_min_x(field.right() - 90.0);
                let place = place.with_max_x(field.right() - GAP_2);
                let kind = Type::CodeSmall;
                elided(p, place, Align::Right, self.aside, kind, t.t3).left() - GAP
            }
        };
        let inner = Rect::from_x_y_ranges(field.left() + 26.0..=end, field.y_range());
        let edit = TextEdit::singleline(text)
            .frame(Frame::NONE)
            .font(Type::Small.font())
            .hint_text(Type::Small.text(self.hint, t.t3))
            .desired_width(f32::INFINITY);
        let response = ui.place(inner.shrink2(vec2(0.0, 2.0)), edit);
        ui.ctx().accesskit_node_builder(response.id, |node| {
            node.set_label(self.name);
        });
        focus_ring(ui.painter(), t, &response, field, RADIUS_CONTROL);
        response
    }
}
