//! Drawing one row of the tree, and the heads of its columns.

use super::rows::{Fact, Opening, TreeRow};
use crate::ui::icons;
use crate::ui::theme::{self, Type};
use crate::ui::tokens::{GAP, GAP_2, GAP_3, STROKE, STROKE_COAST, Tokens};
use crate::ui::widgets::{self, Align};
use crate::words;
use egui::{
    Align2, Color32, CornerRadius, Id, Painter, Rect, Response, Role, Sense, Stroke, Ui,
    WidgetInfo, pos2, vec2,
};

/// Height of a row in points.
pub const ROW: f32 = 24.0;

/// Narrowest row in which access is said in words, in points.
const WITH_WORDS: f32 = 396.0;

/// Places of the columns within a row.
struct Columns {
    access: f32,
    /// Whether access is said in words as well.
    words: bool,
    /// How far each level stands in.
    level: f32,
    key: f32,
    right: f32,
}

impl Columns {
    fn of(rect: Rect) -> Columns {
        let right = rect.right() - GAP_3;
        // In a narrow panel the names of nodes matter more than a word that an icon says too, and than air.
        let words = rect.width() >= WITH_WORDS;
        let (access, level, key) = match words {
            true => (66.0, 12.0, right - 134.0),
            false => (19.0, 10.0, right - 126.0),
        };
        Columns {
            access: key - access,
            words,
            level,
            key,
            right,
        }
    }
}

pub(super) fn column_heads(ui: &mut Ui, t: &Tokens) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    let columns = Columns::of(rect);
    let p = ui.painter();
    let mid = rect.center().y;
    let head = |x: f32, anchor: Align2, text: &str| {
        widgets::paint_text(p, pos2(x, mid), anchor, text, Type::Caption, t.t3);
    };
    head(
        rect.left() + GAP_3,
        Align2::LEFT_CENTER,
        words::text("card.column.node"),
    );
    if columns.words {
        let access = words::text("card.column.access");
        head(columns.access, Align2::LEFT_CENTER, access);
    }
    head(
        columns.key,
        Align2::LEFT_CENTER,
        words::text("card.column.key"),
    );
    head(
        columns.right,
        Align2::RIGHT_CENTER,
        words::text("card.column.blocks"),
    );
    p.hline(
        rect.x_range(),
        rect.bottom() - STROKE / 2.0,
        Stroke::new(STROKE, t.line),
    );
}

/// How a row stands to what is picked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Marked {
    No,
    /// Picked bytes reach into its blocks.
    Touched,
    Picked,
}

/// Draws one row; says what happened to it and whether the pointer is on its caret.
pub(super) fn tree_row(
    ui: &mut Ui,
    t: &Tokens,
    tree: Id,
    row: &TreeRow,
    marked: Marked,
    glow: Option<f32>,
) -> (Response, bool) {
    let selected = marked != Marked::No;
    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), ROW));
    // The tree has the keyboard; a row only takes the pointer.
    let response = ui.interact(rect, tree.with(row.node), Sense::CLICK);
    response.widget_info(|| WidgetInfo::selected(Role::TreeItem, true, selected, &row.spoken));
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_level(row.depth + 1);
        if let Some(unfolded) = row.unfolded {
            node.set_expanded(unfolded);
        }
    });
    let p = ui.painter();
    if selected {
        p.rect_filled(rect, CornerRadius::ZERO, t.sel);
        if marked == Marked::Picked {
            let bar = Rect::from_min_size(rect.min, vec2(STROKE_COAST, ROW));
            p.rect_filled(bar, CornerRadius::ZERO, t.accent);
        }
    } else if response.hovered() {
        p.rect_filled(rect, CornerRadius::ZERO, t.hover);
    }
    if let Some(strength) = glow {
        p.rect_filled(rect, CornerRadius::ZERO, t.glow(strength));
    }
    let columns = Columns::of(rect);
    let caret_end = node_cell(p, t, rect, row, &columns);
    other_cells(p, t, rect, row, &columns);
    let on_caret = row.unfolded.is_some()
        && response
            .interact_pointer_pos()
            .is_some_and(|pos| pos.x < caret_end);
    (response, on_caret)
}

/// Draws caret, mark, code and name; gives where the caret ends.
fn node_cell(p: &Painter, t: &Tokens, rect: Rect, row: &TreeRow, columns: &Columns) -> f32 {
    let mid = rect.center().y;
    let mut x = rect.left() + GAP_2 + columns.level * row.depth as f32;
    if let Some(unfolded) = row.unfolded {
        let caret = if unfolded {
            icons::CARET_DOWN
        } else {
            icons::CARET_RIGHT
        };
        p.text(
            pos2(x + 6.0, mid),
            Align2::CENTER_CENTER,
            caret,
            theme::icon(12.0),
            t.t2,
        );
    }
    x += 16.0;
    let caret_end = x;
    if let Some((owner, letter)) = row.owner {
        widgets::paint_owner_tag(p, t, pos2(x, mid - 8.0), owner, letter);
        x += 24.0;
    } else if !row.icon.is_empty() {
        p.text(
            pos2(x + 7.0, mid),
            Align2::CENTER_CENTER,
            row.icon,
            theme::icon(14.0),
            t.t2,
        );
        x += 20.0;
    }
    let end = if row.access.is_some() {
        columns.access - GAP
    } else {
        columns.key - GAP_2
    };
    let quiet = row.shared || row.icon.is_empty() && row.owner.is_none();
    let ink = if quiet { t.t3 } else { t.t1 };
    let place = Rect::from_min_max(pos2(x, rect.top()), pos2(end, rect.bottom()));
    let code = widgets::elided(p, place, Align::Left, &row.code, Type::Code, ink);
    let marked = row.pending && row.owner.is_some();
    let mark = if marked { 20.0 } else { 0.0 };
    let rest = Rect::from_min_max(
        pos2(code.right() + GAP_2, rect.top()),
        place.max - vec2(mark, 0.0),
    );
    if rest.width() > 12.0 {
        let kind = if row.owner.is_some() {
            Type::BodyMedium
        } else {
            Type::Small
        };
        let name = widgets::elided(p, rest, Align::Left, &row.name, kind, ink);
        if marked {
            let at = pos2(name.right() + 12.0, mid);
            p.text(
                at,
                Align2::CENTER_CENTER,
                icons::CLOCK,
                theme::icon(14.0),
                t.accent_text,
            );
            let place = Rect::from_min_max(
                pos2(name.right() + 24.0, rect.top()),
                pos2(end, rect.bottom()),
            );
            let words = words::text("card.not_yet_written");
            if widgets::width_of(p, words, Type::Caption) <= place.width() {
                widgets::elided(p, place, Align::Left, words, Type::Caption, t.accent_text);
            }
        }
    }
    caret_end
}

fn other_cells(p: &Painter, t: &Tokens, rect: Rect, row: &TreeRow, columns: &Columns) {
    let mid = rect.center().y;
    let left = |x: f32, text: &str, kind: Type, colour| {
        widgets::paint_text(p, pos2(x, mid), Align2::LEFT_CENTER, text, kind, colour).right()
    };
    if let Some((icon, word, locked)) = row.access {
        let colour = if locked { t.t2 } else { t.ok };
        let at = pos2(columns.access + 6.0, mid);
        p.text(at, Align2::CENTER_CENTER, icon, theme::icon(13.0), colour);
        if columns.words {
            left(columns.access + 16.0, word, Type::Caption, t.t2);
        }
    }
    let mut keys_end = columns.key;
    let quiet = if row.shared { t.t3 } else { t.t1 };
    if row.opening == Some(Opening::Refused) {
        let at = pos2(columns.key + 30.0, mid);
        p.text(
            at,
            Align2::CENTER_CENTER,
            icons::X_CIRCLE,
            theme::icon_fill(13.0),
            t.danger,
        );
    }
    if row.access.is_some() && row.kcv == Fact::None {
        left(columns.key, "–", Type::Code, t.t3);
    } else {
        let mut kcv_at = columns.key + 22.0;
        if let Some((text, colour)) = shown(t, &row.version, t.t3) {
            kcv_at = kcv_at.max(left(columns.key, text, Type::Code, colour) + 6.0);
        }
        let kcv = shown(t, &row.kcv, quiet).filter(|_| row.opening != Some(Opening::Refused));
        if let Some((text, colour)) = kcv {
            keys_end = left(kcv_at, text, Type::CodeMedium, colour);
        }
    }
    let right = |x: f32, text: &str, kind: Type, colour| {
        widgets::paint_text(p, pos2(x, mid), Align2::RIGHT_CENTER, text, kind, colour).left()
    };
    if row.shared {
        right(
            columns.right,
            words::text("card.shared"),
            Type::Caption,
            t.t3,
        );
        return;
    }
    let wanted = match &row.blocks {
        Fact::Known(used) => widgets::width_of(p, &format!("{used}{}", row.of), Type::Small),
        _ => 0.0,
    };
    // Where both have no room, what is used says more than the whole, which the details tell.
    let x = if row.of.is_empty() || keys_end + 6.0 + wanted > columns.right {
        columns.right
    } else {
        right(columns.right, &row.of, Type::Small, t.t3)
    };
    if let Some((text, colour)) = shown(t, &row.blocks, t.t1) {
        right(x, text, Type::Small, colour);
    }
}

/// How a fact is written, and in which colour; what does not apply is not written.
fn shown<'a>(t: &Tokens, fact: &'a Fact, known: Color32) -> Option<(&'a str, Color32)> {
    match fact {
        Fact::Known(text) => Some((text, known)),
        Fact::Unknown => Some(("??", t.unknown)),
        Fact::None => None,
    }
}
