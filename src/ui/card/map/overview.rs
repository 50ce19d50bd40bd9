//! A card of many blocks as one picture, a texel a block: the cells are too small for words and outlines.

use crate::model::card::map::{BlockMap, CellKind};
use crate::ui::card::facts::owner_of;
use crate::ui::tokens::Tokens;
use crate::workbench::view::CardView;
use egui::{Color32, ColorImage};

/// Paints every block of `map`. Neighbouring services differ a little, so that each is seen.
pub fn image(t: &Tokens, card: &CardView, map: &BlockMap, columns: usize) -> ColorImage {
    let rows = map.cells.len().div_ceil(columns);
    let mut image = ColorImage::filled([columns, rows], Color32::TRANSPARENT);
    let mut service = None;
    let mut other = false;
    for (at, (cell, texel)) in map.cells.iter().zip(&mut image.pixels).enumerate() {
        let owner = owner_of(card, cell.system);
        let colour = match cell.kind {
            CellKind::User { service: this, .. } => {
                if service != Some(this) {
                    service = Some(this);
                    other = !other;
                }
                t.tint(owner, if other { 0.50 } else { 0.36 })
            }
            CellKind::System(_) => t.tint(owner, 0.80),
            // A dot now and then, as the sea has one for each block where there is room.
            CellKind::Free
                if (at / columns).is_multiple_of(4) && (at % columns).is_multiple_of(4) =>
            {
                t.line2
            }
            CellKind::Free if cell.system == 0 => t.sea,
            CellKind::Free => t.sea_tint(owner),
            CellKind::Unknown => t.unknown_wash,
        };
        let hatched = cell.pending && (at / columns + at % columns).is_multiple_of(2);
        *texel = if hatched { t.ground } else { colour };
    }
    image
}
