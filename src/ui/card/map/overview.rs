//! A card of many blocks as one picture, a texel a block: the cells are too small for words and outlines.
//!
//! The picture is made anew when the card or its colours changed, and of it only the rows that differ go to the
//! graphics card.

use super::colouring::{Class, Colouring};
use super::look::texel;
use crate::model::card::map::{BlockMap, CellKind};
use crate::ui::tokens::Tokens;
use egui::{Color32, ColorImage, Context, TextureHandle, TextureId, TextureOptions};

/// Paints every block of `map`. Neighbouring services differ a little, so that each is seen; what is not of the
/// class `pointed` is dimmed, if there is one.
pub fn image(
    t: &Tokens,
    map: &BlockMap,
    colouring: &Colouring,
    columns: usize,
    pointed: Option<usize>,
) -> ColorImage {
    let rows = map.cells.len().div_ceil(columns);
    let mut image = ColorImage::filled([columns, rows], Color32::TRANSPARENT);
    let entries = colouring.entries.iter().enumerate();
    // For each class: a user block, the same of the next service, a system block, a free one.
    const FREE: usize = 3;
    let colours: Vec<[Color32; 4]> = entries
        .map(|(at, entry)| {
            let used = [(false, false), (false, true), (true, false)];
            let [user, other, system] = used.map(|(system, other)| texel(t, entry, system, other));
            let free = if entry.class == Class::NEVER {
                t.sea
            } else {
                user
            };
            [user, other, system, free].map(|colour| {
                if pointed.is_some_and(|pointed| pointed != at) {
                    t.dimmed(colour)
                } else {
                    colour
                }
            })
        })
        .collect();
    let mut service = None;
    let mut other = false;
    for (at, (cell, texel)) in map.cells.iter().zip(&mut image.pixels).enumerate() {
        let shade = match cell.kind {
            CellKind::User { service: this, .. } => {
                if service != Some(this) {
                    service = Some(this);
                    other = !other;
                }
                usize::from(other)
            }
            CellKind::System(_) => 2,
            CellKind::Free | CellKind::Unknown => FREE,
        };
        let hatched = cell.pending && (at / columns + at % columns).is_multiple_of(2);
        let colour = colours.get(colouring.at(at as u32)).map(|of| of[shade]);
        *texel = match colour {
            Some(colour) if !hatched => colour,
            _ => t.ground,
        };
    }
    image
}

/// The picture on the graphics card, and what it shows.
pub struct Picture {
    texture: TextureHandle,
    image: ColorImage,
}

impl Picture {
    /// Puts a new picture there.
    pub fn new(ctx: &Context, image: ColorImage) -> Picture {
        let texture = ctx.load_texture("block map", image.clone(), TextureOptions::NEAREST);
        Picture { texture, image }
    }

    /// Shows another picture of the same card: only the rows that differ are sent.
    pub fn update(&mut self, ctx: &Context, image: ColorImage) {
        if image.size != self.image.size {
            *self = Picture::new(ctx, image);
            return;
        }
        if let Some(rows) = differing_rows(&self.image, &image) {
            let part = image.region_by_pixels([0, rows.start], [image.size[0], rows.len()]);
            let place = [0, rows.start];
            self.texture
                .set_partial(place, part, TextureOptions::NEAREST);
        }
        self.image = image;
    }

    /// For painting.
    pub fn id(&self) -> TextureId {
        self.texture.id()
    }

    /// What it shows.
    pub fn image(&self) -> &ColorImage {
        &self.image
    }
}

/// From the first row that differs to the last, if one does. Both are of one size.
fn differing_rows(before: &ColorImage, after: &ColorImage) -> Option<std::ops::Range<usize>> {
    let width = after.size[0].max(1);
    let mut differing = before
        .pixels
        .chunks(width)
        .zip(after.pixels.chunks(width))
        .enumerate()
        .filter(|(_, (a, b))| a != b)
        .map(|(row, _)| row);
    let first = differing.next()?;
    let last = differing.next_back().unwrap_or(first);
    Some(first..last + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rows_that_differ_are_sent() {
        let before = ColorImage::filled([4, 6], Color32::BLACK);
        let mut after = before.clone();
        assert_eq!(differing_rows(&before, &after), None);
        after.pixels[4 * 2 + 1] = Color32::WHITE;
        assert_eq!(differing_rows(&before, &after), Some(2..3));
        after.pixels[4 * 5] = Color32::WHITE;
        assert_eq!(differing_rows(&before, &after), Some(2..6));
    }
}
