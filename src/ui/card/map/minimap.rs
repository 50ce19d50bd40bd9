//! The whole card in small, while a part of it fills the map: says where that part is, and takes one elsewhere.

use super::zoom::{Sizes, Zoom};
use crate::ui::tokens::{GAP_2, RADIUS_CELL, STROKE, STROKE_SELECTION, Tokens};
use crate::ui::widgets;
use crate::words;
use egui::{
    CornerRadius, Pos2, Rect, Role, Sense, Stroke, StrokeKind, TextureId, Ui, Vec2, WidgetInfo,
    pos2, vec2,
};

/// Width of the small map, and the heights that it keeps to, in points.
const WIDTH: f32 = 128.0;
const HEIGHTS: (f32, f32) = (40.0, 112.0);

/// Where the small map is: in the lower right corner of `window`, or in the left one where `clear` is hidden by it.
fn place(window: Rect, cells: Vec2, clear: Option<Rect>) -> Rect {
    let height = (WIDTH * cells.y / cells.x.max(1.0)).clamp(HEIGHTS.0, HEIGHTS.1);
    let size = vec2(WIDTH, height);
    let right = Rect::from_min_size(window.max - size - Vec2::splat(GAP_2), size);
    if clear.is_some_and(|clear| clear.intersects(right.expand(GAP_2))) {
        let left = pos2(window.left() + GAP_2, right.top());
        return Rect::from_min_size(left, size);
    }
    right
}

/// Draws the small map and moves the window to where it is clicked or dragged. `picture` has a texel a block,
/// `cells` is its size; `seen` are the addresses in sight, in words.
pub fn show(
    ui: &Ui,
    zoom: &mut Zoom,
    sizes: &Sizes,
    (picture, cells): (TextureId, Vec2),
    clear: Option<Rect>,
    seen: &str,
) {
    let t = Tokens::of(ui.ctx());
    let place = place(sizes.window(), cells, clear);
    let room = sizes.window().size() - place.size() * 2.0;
    if room.min_elem() < 0.0 {
        // It would hide too much of what it helps to find.
        return;
    }
    let id = ui.scope_id().with("small map");
    let response = ui.interact(place, id, Sense::click_and_drag());
    let name = words::format("card.minimap", &[("seen", &seen)]);
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
    if let Some(at) = response.interact_pointer_pos() {
        let part = (at - place.min) / place.size();
        zoom.centre_on(sizes, part.to_pos2());
    }
    let p = ui.painter();
    let corner = CornerRadius::same(RADIUS_CELL);
    let frame = place.expand(3.0);
    p.rect_filled(frame, corner, t.raised);
    let border = Stroke::new(STROKE, t.line2);
    p.rect_stroke(frame, corner, border, StrokeKind::Inside);
    let whole = Rect::from_min_max(Pos2::ZERO, pos2(1.0, 1.0));
    // White leaves the picture's own colours as they are.
    p.image(picture, place, whole, egui::Color32::WHITE);
    let part = zoom.part(sizes);
    let at = |part: Pos2| place.min + part.to_vec2() * place.size();
    let seen = Rect::from_min_max(at(part.min), at(part.max));
    // However near the map is, its frame is seen.
    let seen = Rect::from_center_size(seen.center(), seen.size().max(Vec2::splat(6.0)));
    let outline = Stroke::new(STROKE_SELECTION, t.marker);
    p.rect_stroke(seen.intersect(place), corner, outline, StrokeKind::Middle);
    widgets::focus_ring(p, t, &response, frame, RADIUS_CELL);
    response.on_hover_text(name);
}
