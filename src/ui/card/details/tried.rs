//! Which keys a scan tried on a node, and what came of each.

use super::picked::Picked;
use crate::model::card::NodeCode;
use crate::model::reader::scan::{Came, TriedKey};
use crate::ui::icons;
use crate::ui::numbers;
use crate::ui::theme::{self, Type};
use crate::ui::tokens::{GAP_2, Tokens};
use crate::ui::widgets::{self, Align};
use crate::words;
use egui::{Align2, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

/// Height of a key's two lines, in points.
const ROW: f32 = 40.0;

impl Picked<'_> {
    /// The keys that were tried on a node; nothing where the card was not scanned.
    pub(super) fn tried(&self, ui: &mut Ui, system: u8, node: NodeCode) {
        let Some(scan) = &self.card.scan else { return };
        let tried = scan.of_node(system, node);
        ui.add_space(GAP_2);
        let count = numbers::grouped(tried.len() as u64);
        widgets::section_header(ui, words::text("card.scan.tried"), &count);
        if tried.is_empty() {
            let t = Tokens::of(ui.ctx());
            let text = words::text("card.scan.none_tried");
            ui.label(Type::Small.paragraph(text, t.t3));
        }
        for key in tried {
            key_row(ui, key);
        }
    }
}

/// What came of a key, in words.
pub fn came_words(came: Came) -> String {
    match came {
        Came::Opened => words::text("card.scan.opened").to_owned(),
        Came::Refused => words::text("card.scan.refused").to_owned(),
        Came::OtherVersion(told) => {
            let told = numbers::version(told);
            words::format("card.scan.other_version", &[("told", &told)])
        }
        Came::NoWayIn => words::text("card.scan.no_way_in").to_owned(),
    }
}

fn key_row(ui: &mut Ui, key: &TriedKey) {
    let t = Tokens::of(ui.ctx());
    let (icon, colour) = match key.came {
        Came::Opened => (icons::CHECK_CIRCLE, t.ok),
        Came::Refused => (icons::X_CIRCLE, t.danger),
        Came::OtherVersion(_) | Came::NoWayIn => (icons::QUESTION, t.unknown),
    };
    let (kcv, came) = (key.kcv.to_string(), came_words(key.came));
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    let spoken = format!("{}, KCV {kcv}, {came}", key.name);
    response.widget_info(|| WidgetInfo::labeled(Role::ListItem, true, &spoken));
    let p = ui.painter();
    let (first, second) = rect.split_top_bottom_at_fraction(0.5);
    let at = pos2(rect.left() + 8.0, first.center().y);
    p.text(
        at,
        Align2::CENTER_CENTER,
        icon,
        theme::icon_fill(14.0),
        colour,
    );
    let after = |line: Rect| Rect::from_min_max(pos2(rect.left() + 22.0, line.top()), line.max);
    let drawn = widgets::elided(p, after(first), Align::Right, &kcv, Type::CodeMedium, t.t1);
    let name = Rect::from_min_max(after(first).min, pos2(drawn.left() - GAP_2, first.bottom()));
    let fits = |text: &str| widgets::width_of(p, text, Type::CodeSmall) <= name.width();
    let text = widgets::without_middle(&key.name, fits);
    widgets::elided(p, name, Align::Left, &text, Type::CodeSmall, t.t1);
    widgets::elided(p, after(second), Align::Left, &came, Type::Small, t.t2);
    response.on_hover_text(spoken);
}
