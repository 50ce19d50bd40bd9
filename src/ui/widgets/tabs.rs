//! Tabs in the header of a panel.

use super::paint::{focus_ring, paint_text, width_of};
use crate::ui::theme::Type;
use crate::ui::tokens::{GAP, GAP_2, GAP_3, GAP_4, STROKE, STROKE_COAST, Tokens};
use egui::{Align2, CornerRadius, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

/// A row of tabs, each with a quieter number behind its word (`""` for none). Each is found by both. Says whether
/// another one was chosen.
pub fn tabs<T: Copy + PartialEq>(
    ui: &mut Ui,
    height: f32,
    tabs: &[(&str, &str, T)],
    chosen: &mut T,
) -> bool {
    let t = Tokens::of(ui.ctx());
    let (bar, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    let rule = Stroke::new(STROKE, t.line);
    let painter = ui.painter().clone();
    painter.hline(bar.x_range(), bar.bottom() - STROKE / 2.0, rule);
    let mut x = bar.left() + GAP_3;
    let mut changed = false;
    for (word, number, value) in tabs {
        let width = width_of(&painter, word, Type::Panel);
        let behind = match *number {
            "" => 0.0,
            number => GAP + GAP / 2.0 + width_of(&painter, number, Type::Small),
        };
        let size = vec2(width + behind, height);
        let rect = Rect::from_min_size(pos2(x, bar.top()), size);
        x += size.x + GAP_4;
        let id = ui.scope_id().with(("tab", word));
        let response = ui.interact(rect.expand2(vec2(GAP, 0.0)), id, Sense::click());
        if response.clicked() && *chosen != *value {
            *chosen = *value;
            changed = true;
        }
        let on = *chosen == *value;
        let name = format!("{word} {number}");
        response.widget_info(|| WidgetInfo::selected(Role::Tab, true, on, name.trim()));
        let ink = if on || response.hovered() { t.t1 } else { t.t2 };
        let kind = if on { Type::Panel } else { Type::Body };
        let drawn = paint_text(
            &painter,
            rect.left_center(),
            Align2::LEFT_CENTER,
            word,
            kind,
            ink,
        );
        let after = drawn.right_center() + vec2(GAP + GAP / 2.0, 0.0);
        paint_text(
            &painter,
            after,
            Align2::LEFT_CENTER,
            number,
            Type::Small,
            t.t3,
        );
        if on {
            let top = pos2(rect.left(), rect.bottom() - STROKE_COAST);
            let bar = Rect::from_min_max(top, rect.max);
            painter.rect_filled(bar, CornerRadius::ZERO, t.accent);
        }
        let around = rect.expand2(vec2(GAP, 0.0)).shrink2(vec2(0.0, GAP_2));
        focus_ring(&painter, t, &response, around, 0);
    }
    changed
}
