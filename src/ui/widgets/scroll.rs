//! Bringing a row of a virtual list into sight.

use egui::{IdSalt, ScrollArea, Ui};

/// `area`, which `ui` shows under `salt`, moved just far enough that what stands from `top` to `bottom` of its
/// contents is within its `height`. All in points.
pub fn scrolled_to(
    ui: &Ui,
    area: ScrollArea,
    salt: &'static str,
    (top, bottom): (f32, f32),
    height: f32,
) -> ScrollArea {
    let id = ui.make_persistent_id(IdSalt::new(salt));
    let now = egui::scroll_area::State::load(ui.ctx(), id).map_or(0.0, |s| s.clamped_offset().y);
    if top < now {
        area.vertical_scroll_offset(top)
    } else if bottom > now + height {
        area.vertical_scroll_offset(bottom - height)
    } else {
        area
    }
}
