//! One row of a list or tree.

use super::paint::focus_ring;
use crate::ui::tokens::{STROKE_COAST, Tokens};
use egui::{CornerRadius, Id, Rect, Response, Role, Sense, Ui, WidgetInfo, vec2};

/// What a row needs to be drawn and found.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// Stable while the list scrolls.
    pub id: Id,
    /// Accessible name.
    pub name: &'a str,
    /// In points.
    pub height: f32,
    pub selected: bool,
    /// What it is to a screen reader: a list item, a tree item, a menu item.
    pub role: Role,
}

/// Allocates a row over the whole width, draws its ground, and gives its place for the caller to draw on.
pub fn row(ui: &mut Ui, row: Row<'_>) -> (Rect, Response) {
    let t = Tokens::of(ui.ctx());
    let size = vec2(ui.available_width(), row.height);
    let (_, rect) = ui.allocate_space(size);
    let response = ui.interact(rect, row.id, Sense::click());
    response.widget_info(|| WidgetInfo::selected(row.role, true, row.selected, row.name));
    let painter = ui.painter();
    if row.selected {
        painter.rect_filled(rect, CornerRadius::ZERO, t.sel);
        let bar = Rect::from_min_size(rect.min, vec2(STROKE_COAST, rect.height()));
        painter.rect_filled(bar, CornerRadius::ZERO, t.accent);
    } else if response.hovered() {
        painter.rect_filled(rect, CornerRadius::ZERO, t.hover);
    }
    focus_ring(painter, t, &response, rect.shrink(1.0), 0);
    (rect, response)
}
