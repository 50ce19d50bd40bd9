//! The block of a change on both sides, byte by byte, with those marked that differ.

use super::Shown;
use crate::model::card::difference::{Field, Place, Sides, byte_changes};
use crate::model::card::map::CellKind;
use crate::model::card::{BLOCK_BYTES, Block};
use crate::ui::card::changes::list::sign_colour;
use crate::ui::theme::Type;
use crate::ui::tokens::{GAP_2, GAP_3, RADIUS_BOX, STROKE};
use crate::ui::widgets::{self, Align};
use crate::words;
use crate::workbench::view::{ByteView, CardView};
use egui::{
    Align2, CornerRadius, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

/// The bytes of a block on each side, where it is there.
type Both = Sides<Option<[ByteView; BLOCK_BYTES]>>;

impl Shown<'_> {
    /// The block on both sides, with the bytes marked that differ.
    pub(super) fn bytes(&self, ui: &mut Ui) {
        let place = |place: Place| match &self.change.bytes {
            Some(_) => place.definition.or(place.first()),
            None => place
                .definition
                .or(place.run.filter(|run| run.blocks == 1).map(|r| r.first)),
        };
        let at = self.change.place.map(place);
        let cards = self.comparison.sides.as_ref().map(|side| &side.card);
        let rows = Sides {
            a: at.a.and_then(|at| cards.a.bytes.row(at)),
            b: at.b.and_then(|at| cards.b.bytes.row(at)),
        };
        if rows.a.is_none() && rows.b.is_none() {
            return;
        }
        let kinds = Sides {
            a: kind_at(cards.a, at.a),
            b: kind_at(cards.b, at.b),
        };
        let differs = self.differing(&rows, kinds);
        widgets::section_header(ui, words::text("card.bytes"), "");
        let size = vec2(ui.available_width(), 96.0);
        let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
        let spoken = |name: &str, row: &Option<[ByteView; BLOCK_BYTES]>| {
            let row = row.map(|row| row.map(byte_text).join(" "));
            format!(
                "{name}: {}",
                row.unwrap_or_else(|| words::text("changes.not_there").into())
            )
        };
        let spoken = format!("{}; {}", spoken("A", &rows.a), spoken("B", &rows.b));
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &spoken));
        self.paint_bytes(ui, rect, &rows, &differs);
        ui.add_space(GAP_3);
    }

    /// Which bytes differ: those that are shown by themselves; of a key, which is not, as the change says.
    fn differing(&self, rows: &Both, kinds: Sides<CellKind>) -> [bool; BLOCK_BYTES] {
        let (Some(a), Some(b)) = (rows.a, rows.b) else {
            return [true; BLOCK_BYTES];
        };
        let block = |row: [ByteView; BLOCK_BYTES]| {
            Block(row.map(|byte| match byte {
                ByteView::Known(byte) => byte,
                ByteView::Secret | ByteView::Unknown => 0,
            }))
        };
        let (old, new) = (block(a), block(b));
        let shown = byte_changes(Sides { a: &old, b: &new }, kinds);
        let is_key = matches!(
            self.change.field,
            Field::Key | Field::AesKey | Field::DivisionKey | Field::Block
        );
        std::array::from_fn(|at| {
            let secret = ByteView::Secret;
            let hidden = a[at] == secret || b[at] == secret;
            let span = self.change.bytes.as_ref();
            let of_change = span.is_none_or(|span| span.contains(&(at as u8)));
            shown[at] || (hidden && is_key && of_change)
        })
    }

    fn paint_bytes(&self, ui: &Ui, rect: Rect, rows: &Both, differs: &[bool; BLOCK_BYTES]) {
        let t = self.t;
        let p = ui.painter();
        let border = Stroke::new(STROKE, t.line2);
        p.rect(
            rect,
            CornerRadius::same(RADIUS_BOX),
            t.ground,
            border,
            StrokeKind::Inside,
        );
        let pitch = ((rect.width() - 68.0) / 8.0).min(26.0);
        let mark = sign_colour(t, self.change.sign());
        for half in 0..2 {
            for (line, row) in [&rows.a, &rows.b].into_iter().enumerate() {
                let top = rect.top() + GAP_2 + 42.0 * half as f32 + 20.0 * line as f32;
                let y = top + 10.0;
                let head = match (line, half) {
                    (0, half) => format!("A +{:02X}", half * 8),
                    _ => "B".to_string(),
                };
                let at = pos2(rect.left() + GAP_3, y);
                widgets::paint_text(p, at, Align2::LEFT_CENTER, &head, Type::CodeSmall, t.t3);
                let Some(row) = row else { continue };
                for column in 0..8 {
                    let at = half * 8 + column;
                    let x = rect.left() + 60.0 + pitch * column as f32;
                    let cell = Rect::from_min_size(pos2(x, top), vec2(pitch, 20.0));
                    if differs[at] {
                        let fill = t.ground.lerp_to_gamma(mark, 0.30);
                        p.rect_filled(cell, CornerRadius::ZERO, fill);
                    }
                    let ink = if differs[at] { t.t1 } else { t.t2 };
                    let kind = if differs[at] {
                        Type::CodeMedium
                    } else {
                        Type::Code
                    };
                    let text = byte_text(row[at]);
                    widgets::elided(p, cell, Align::Centre, &text, kind, ink);
                }
            }
        }
    }
}

fn byte_text(byte: ByteView) -> String {
    match byte {
        ByteView::Known(byte) => format!("{byte:02X}"),
        ByteView::Secret => "••".to_string(),
        ByteView::Unknown => "??".to_string(),
    }
}

fn kind_at(card: &CardView, block: Option<u32>) -> CellKind {
    let cells = card.map.as_ref().map(|map| &map.cells);
    let cell = cells
        .zip(block)
        .and_then(|(cells, at)| cells.get(at as usize));
    cell.map_or(CellKind::Unknown, |cell| cell.kind)
}
