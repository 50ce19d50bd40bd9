//! What an amount was between A and B, as a line of steps.

use super::Shown;
use crate::ui::numbers;
use crate::ui::theme::Type;
use crate::ui::tokens::{GAP_2, STROKE, STROKE_SELECTION};
use crate::ui::widgets;
use crate::words;
use egui::{Align2, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};

/// Height of the picture in points.
const HEIGHT: f32 = 72.0;

impl Shown<'_> {
    /// Draws the line, where there are at least two amounts.
    pub(super) fn over_time(&self, ui: &mut Ui) {
        let amounts = &self.story.amounts;
        let (Some(last), true) = (amounts.last(), amounts.len() > 1) else {
            return;
        };
        let most = amounts.iter().max().copied().unwrap_or(0);
        let least = amounts.iter().min().copied().unwrap_or(0);
        let t = self.t;
        ui.add_space(GAP_2);
        widgets::section_header(ui, words::text("changes.over_time"), "A…B");
        let (rect, response) =
            ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
        let (most_words, least_words) = (numbers::grouped(most), numbers::grouped(least));
        let spoken = words::format(
            "changes.over_time_name",
            &[
                ("least", &least_words),
                ("most", &most_words),
                ("last", &numbers::grouped(*last)),
            ],
        );
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &spoken));
        let p = ui.painter();
        let plot = rect.shrink2(vec2(4.0, 16.0));
        let span = f64::from((most - least).max(1));
        let y = |amount: u32| {
            let share = f64::from(amount - least) / span;
            plot.bottom() - plot.height() * share as f32
        };
        let step = plot.width() / amounts.len() as f32;
        let mut line = Vec::with_capacity(amounts.len() * 2);
        for (at, amount) in amounts.iter().enumerate() {
            let x = plot.left() + step * at as f32;
            line.push(pos2(x, y(*amount)));
            line.push(pos2(x + step, y(*amount)));
        }
        for amount in [most, least] {
            p.hline(plot.x_range(), y(amount), Stroke::new(STROKE, t.line));
        }
        p.add(Shape::line(line, Stroke::new(STROKE_SELECTION, t.t2)));
        p.circle_filled(pos2(plot.right(), y(*last)), 3.5, t.accent);
        let ends = [
            (rect.right_top(), Align2::RIGHT_TOP, &most_words),
            (rect.right_bottom(), Align2::RIGHT_BOTTOM, &least_words),
        ];
        for (at, anchor, amount) in ends {
            widgets::paint_text(p, at, anchor, amount, Type::CodeSmall, t.t3);
        }
    }
}
