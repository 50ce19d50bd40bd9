//! The rows: address, owner's edge, sixteen bytes with their fields coloured in place, and the same as text. A byte
//! is found under the pointer by arithmetic.

use super::picked::At;
use super::rows::{Place, Row};
use super::shown::Shown;
use super::state::ByteState;
use super::words::{ByteRow, field_at, span_of};
use crate::model::card::fields::{Field, FieldName, fields_of};
use crate::ui::card::facts::ByteSpan;
use crate::ui::theme::Type;
use crate::ui::tokens::{
    FIELD_HUES, GAP_3, RADIUS_TAG, STROKE, STROKE_COAST, STROKE_SELECTION, Tokens,
};
use crate::ui::widgets::{self, Align};
use crate::words;
use crate::workbench::view::ByteView;
use egui::text::{LayoutJob, TextFormat};
use egui::{
    Align2, Color32, CornerRadius, Id, Rangef, Rect, Response, Role, ScrollArea, Sense, Stroke,
    StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

/// Height of a row in points.
pub const ROW: f32 = 20.0;
/// From the left edge to the first byte.
const GUTTER: f32 = 66.0;
/// Characters before the text column: three a byte, a gap after the eighth and one before the text.
const TEXT_AT: f32 = 51.0;
/// Characters of the whole row, and without the text column.
const CHARACTERS: f32 = 67.0;
const DIGITS: f32 = 49.0;

/// What was done to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// A byte was clicked, or the address.
    Click {
        place: Place,
        byte: Option<u8>,
        extend: bool,
    },
    /// Bytes were dragged over, from the first to the second.
    Drag { from: At, to: At },
}

/// Where bytes stand in a row.
#[derive(Clone, Copy)]
struct Grid {
    /// Left edge of the first byte.
    left: f32,
    /// Width of a character.
    step: f32,
    kind: Type,
    /// There is room for the text column.
    text: bool,
}

impl Grid {
    /// As big as there is room for in a row; where the text column would be cut, smaller, or without it.
    fn new(ui: &Ui, row: Rangef) -> Grid {
        let step = |kind| widgets::width_of(ui.painter(), "0", kind);
        let grid = |kind, text| Grid {
            left: row.min + GUTTER,
            step: step(kind),
            kind,
            text,
        };
        let ways = [
            (Type::Code, true),
            (Type::CodeSmall, true),
            (Type::Code, false),
        ];
        let mut grids = ways.into_iter().map(|(kind, text)| grid(kind, text));
        let fits = |grid: &Grid| grid.right() <= row.max;
        grids
            .find(fits)
            .unwrap_or_else(|| grid(Type::CodeSmall, false))
    }

    /// Where the last column ends.
    fn right(self) -> f32 {
        self.x(if self.text { CHARACTERS } else { DIGITS })
    }

    fn x(self, character: f32) -> f32 {
        self.left + character * self.step
    }

    /// The column of a byte's first digit.
    fn column(byte: u32) -> f32 {
        byte as f32 * 3.0 + if byte >= 8 { 1.0 } else { 0.0 }
    }

    /// The place of some bytes, a little wider than their digits.
    fn span(self, row: Rect, span: ByteSpan) -> Rect {
        let (from, to) = (
            Self::column(span.first.into()),
            Self::column(span.last) + 2.0,
        );
        Rect::from_x_y_ranges(self.x(from - 0.4)..=self.x(to + 0.4), row.y_range())
    }

    /// The same in the text column.
    fn text(self, row: Rect, span: ByteSpan) -> Rect {
        let (from, to) = (
            TEXT_AT + f32::from(span.first),
            TEXT_AT + span.last as f32 + 1.0,
        );
        Rect::from_x_y_ranges(self.x(from)..=self.x(to), row.y_range())
    }

    /// The byte at `x`, in whichever column it is; left of all none, between them the nearest.
    fn byte(self, x: f32) -> Option<u8> {
        let at = (x - self.left) / self.step;
        if at < -0.5 {
            return None;
        }
        let byte = if self.text && at >= TEXT_AT - 1.0 {
            at - TEXT_AT
        } else if at < 24.0 {
            (at + 0.4) / 3.0
        } else {
            (at - 0.6) / 3.0
        };
        Some(byte.clamp(0.0, 15.0) as u8)
    }
}

/// Width that all columns take, in points.
pub fn width(ui: &Ui) -> f32 {
    Grid::new(ui, Rangef::new(0.0, f32::INFINITY)).right() + GAP_3
}

/// Draws the heads and the rows on screen; says what was done to one of them.
pub fn show(ui: &mut Ui, state: &mut ByteState, shown: &Shown, list: &Response) -> Option<Done> {
    let t = Tokens::of(ui.ctx());
    column_heads(ui, t);
    ui.spacing_mut().item_spacing.y = 0.0;
    let height = ui.available_height();
    let mut scroll = ScrollArea::vertical().id_salt("bytes").auto_shrink(false);
    let picked = state.picked();
    if std::mem::take(&mut state.reveal) {
        let at = state
            .here()
            .and_then(|(place, _)| state.rows.position(place));
        let at = at.unwrap_or(0);
        scroll = widgets::scrolled_to(ui, scroll, "bytes", height_of(at), height);
        if state.definition.is_some() {
            ui.ctx().request_repaint();
        }
    } else if let Some(at) = state.definition.take() {
        // Only now does egui know how high the rows are together.
        let at = state.rows.position(Place::Block(at)).unwrap_or(0);
        scroll = widgets::scrolled_to(ui, scroll, "bytes", height_of(at), height);
    }
    let mut done = None;
    // Where the first row of all stands, in sight or not.
    let mut top = 0.0;
    let room = ui.available_rect_before_wrap();
    scroll.show_rows(ui, ROW, state.rows.len(), |ui, rows| {
        for at in rows {
            let (id, rect) = ui.allocate_space(vec2(ui.available_width(), ROW));
            top = rect.top() - at as f32 * ROW;
            let place = match state.rows.get(at) {
                Some(Row::Bytes(place)) => place,
                Some(Row::Gap(words)) => {
                    gap(ui, t, rect, words);
                    continue;
                }
                None => continue,
            };
            let Some(bytes) = place.bytes(shown.card) else {
                continue;
            };
            let lit = picked.and_then(|picked| picked.of(place));
            let line = Line {
                place,
                bytes: &bytes,
                lit: lit.is_some(),
                span: lit.flatten(),
            };
            let response = line.show(ui, t, shown, (id, rect));
            let here = state.here().is_some_and(|(here, _)| here == place);
            if here && list.has_focus() {
                let active = response.id.accesskit_id();
                ui.ctx()
                    .accesskit_node_builder(list.id, |node| node.set_active_descendant(active));
            }
            let grid = Grid::new(ui, rect.x_range());
            if response.drag_started() {
                let from = ui.input(|input| input.pointer.press_origin());
                let byte = from.and_then(|from| grid.byte(from.x));
                state.dragged = byte.map(|byte| At::new(place, byte));
            }
            done = clicked_row(ui, &response, grid, place).or(done);
        }
    });
    dragged(ui, state, room, top).or(done)
}

/// Where a row stands among all, in points.
fn height_of(at: usize) -> (f32, f32) {
    (at as f32 * ROW, (at + 1) as f32 * ROW)
}

/// A click on a row.
fn clicked_row(ui: &Ui, response: &Response, grid: Grid, place: Place) -> Option<Done> {
    let at = response
        .interact_pointer_pos()
        .filter(|_| response.clicked())?;
    Some(Done::Click {
        place,
        byte: grid.byte(at.x),
        extend: ui.input(|input| input.modifiers.shift),
    })
}

/// From where the pointer was put down to where it is now, as far as bytes follow one another. Beyond the edge of `room` the
/// listing goes on under it.
fn dragged(ui: &Ui, state: &mut ByteState, room: Rect, top: f32) -> Option<Done> {
    let (down, pointer) = ui.input(|input| {
        let pointer = &input.pointer;
        (pointer.primary_down(), pointer.latest_pos())
    });
    state.dragged = state.dragged.filter(|_| down);
    let (from, pointer) = state.dragged.zip(pointer)?;
    let rows = state.rows.neighbours(from.place)?;
    // Above all rows it is the first.
    let row = ((pointer.y - top) / ROW).floor().max(0.0) as usize;
    let byte = match row {
        row if row < rows.start || pointer.y < top => 0,
        row if row >= rows.end => 15,
        _ => Grid::new(ui, room.x_range()).byte(pointer.x).unwrap_or(0),
    };
    let row = row.clamp(rows.start, rows.end.saturating_sub(1));
    let Some(Row::Bytes(place)) = state.rows.get(row) else {
        return None;
    };
    let to = At::new(place, byte);
    let moves = state.ends != Some((from, to));
    if moves && !room.y_range().contains(pointer.y) {
        ui.ctx().request_repaint();
    }
    moves.then_some(Done::Drag { from, to })
}

/// The span that a click on a byte picks: its field, or the byte alone where there is none or the field is picked
/// already.
pub fn clicked(shown: &Shown, place: Place, byte: u8, now: Option<ByteSpan>) -> ByteSpan {
    let alone = ByteSpan {
        first: byte,
        last: byte.into(),
    };
    let field = field_at(shown.card, place, byte).map(span_of);
    field.filter(|span| now != Some(*span)).unwrap_or(alone)
}

fn column_heads(ui: &mut Ui, t: &Tokens) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    let grid = Grid::new(ui, rect.x_range());
    let mid = rect.center().y;
    let p = ui.painter();
    for byte in 0..16u32 {
        let x = grid.x(Grid::column(byte) + 1.0);
        let digit = format!("{byte:X}");
        let at = pos2(x, mid);
        widgets::paint_text(p, at, Align2::CENTER_CENTER, &digit, grid.kind, t.t3);
    }
    let x = grid.x(TEXT_AT);
    if grid.text {
        let text = words::text("card.bytes.text");
        let at = pos2(x, mid);
        widgets::paint_text(p, at, Align2::LEFT_CENTER, text, Type::Caption, t.t3);
    }
}

fn gap(ui: &Ui, t: &Tokens, rect: Rect, text: &str) {
    let at = pos2(rect.left() + GUTTER, rect.center().y);
    let p = ui.painter();
    let drawn = widgets::paint_text(p, at, Align2::LEFT_CENTER, text, Type::Caption, t.t3);
    let stroke = Stroke::new(STROKE, t.line);
    let left = rect.left() + GAP_3..=drawn.left() - 8.0;
    p.hline(left, rect.center().y, stroke);
    let right = drawn.right() + 8.0..=rect.right() - GAP_3;
    p.hline(right, rect.center().y, stroke);
}

/// One row of bytes.
struct Line<'a> {
    place: Place,
    bytes: &'a ByteRow,
    /// Its block is picked.
    lit: bool,
    /// Bytes of it that are picked.
    span: Option<ByteSpan>,
}

impl Line<'_> {
    fn show(&self, ui: &Ui, t: &Tokens, shown: &Shown, (id, rect): (Id, Rect)) -> Response {
        let response = ui.interact(rect, id, Sense::CLICK | Sense::DRAG);
        let label = self.place.label(shown.card, shown.facts.addresses);
        response.widget_info(|| {
            let name = format!("{label} {}", digits(self.bytes));
            WidgetInfo::selected(Role::ListItem, true, self.lit, name)
        });
        let p = ui.painter();
        let fill = |fill: Color32| p.rect_filled(rect, CornerRadius::ZERO, fill);
        if self.lit {
            fill(t.sel);
            let bar = Rect::from_min_size(rect.min, vec2(STROKE_COAST, rect.height()));
            p.rect_filled(bar, CornerRadius::ZERO, t.accent);
        } else if response.hovered() {
            fill(t.hover);
        }
        if let (Some(strength), Place::Block(address)) = (shown.glow, self.place)
            && shown.card.changed.contains(&address)
        {
            fill(t.glow(strength));
        }
        let place = Rect::from_min_max(rect.min, pos2(rect.left() + GUTTER - 14.0, rect.bottom()));
        widgets::elided(p, place, Align::Right, &label, Type::Code, t.t3);
        let edge = Rect::from_min_size(
            pos2(rect.left() + GUTTER - 9.0, rect.top() + 3.0),
            vec2(3.0, ROW - 6.0),
        );
        let owner = t.owner(self.place.owner(shown.card)).fill;
        p.rect_filled(edge, CornerRadius::same(1), owner);
        self.paint_bytes(ui, t, shown, rect);
        response
    }

    fn paint_bytes(&self, ui: &Ui, t: &Tokens, shown: &Shown, rect: Rect) {
        let p = ui.painter();
        let grid = Grid::new(ui, rect.x_range());
        let fields = fields_of(self.place.kind(shown.card));
        let tinted = |at: usize| tint_of(t, fields, at);
        for (at, field) in fields.iter().enumerate() {
            let Some((ground, edge)) = tinted(at) else {
                continue;
            };
            let place = grid.span(rect, span_of(field)).shrink2(vec2(1.0, 1.0));
            p.rect_filled(place, CornerRadius::ZERO, ground);
            if self.lit {
                let y = place.bottom() - STROKE;
                p.hline(place.x_range(), y, Stroke::new(STROKE_COAST, edge));
            }
        }
        if let Some(span) = self.span {
            let corner = CornerRadius::same(RADIUS_TAG);
            if grid.text {
                p.rect_filled(grid.text(rect, span), corner, t.press);
            }
            let place = grid.span(rect, span).shrink2(vec2(0.0, 1.0));
            if fields.is_empty() {
                p.rect_filled(place, corner, t.press);
            }
            let outline = Stroke::new(STROKE_SELECTION, t.marker);
            p.rect_stroke(place, corner, outline, StrokeKind::Inside);
        }
        let on_tint = |byte: u8| {
            let field = fields.iter().position(|field| field.bytes.contains(&byte));
            let picked = self
                .span
                .is_some_and(|s| (u32::from(s.first)..=s.last).contains(&byte.into()));
            picked || field.is_some_and(|at| tinted(at).is_some())
        };
        let galley = p.layout_job(job(t, grid, self.bytes, &on_tint));
        let at = pos2(grid.left, rect.center().y - galley.size().y / 2.0);
        p.galley(at, galley, t.t1);
    }
}

/// Ground and edge of the field at that place among a block's fields; zeros that mean nothing have none.
pub fn tint_of(t: &Tokens, fields: &[Field], at: usize) -> Option<(Color32, Color32)> {
    let field = fields.get(at)?;
    if matches!(field.name, FieldName::Reserved | FieldName::Unknown) {
        return None;
    }
    let hue = FIELD_HUES[at % FIELD_HUES.len()];
    Some((t.field_tint(hue), t.owner(hue).fill))
}

/// Bytes and text as one galley, of as few parts as there are changes of colour. On a tint all text is the first
/// colour.
fn job(t: &Tokens, grid: Grid, bytes: &ByteRow, on_tint: &dyn Fn(u8) -> bool) -> LayoutJob {
    let colour = |(at, byte): (u8, &ByteView)| match byte {
        ByteView::Unknown => t.unknown,
        _ if on_tint(at) => t.t1,
        ByteView::Known(0) => t.t3,
        ByteView::Known(_) => t.t1,
        ByteView::Secret => t.t2,
    };
    let mut job = LayoutJob::default();
    let mut put = |text: &str, colour| {
        job.append(text, 0.0, TextFormat::simple(grid.kind.font(), colour));
    };
    let mut part = String::new();
    let mut now = t.t1;
    for (at, byte) in (0u8..).zip(bytes) {
        let next = colour((at, byte));
        if next != now {
            put(&part, now);
            part.clear();
            now = next;
        }
        push_digits(&mut part, *byte);
        part.push_str(if at == 7 { "  " } else { " " });
    }
    part.push_str("  ");
    put(&part, now);
    if grid.text {
        put(&letters(bytes), t.t2);
    }
    job
}

/// Bytes as digits; a key's stay hidden, for a screen reader as well.
pub fn digits(bytes: &[ByteView]) -> String {
    let mut out = String::with_capacity(bytes.len() * 3);
    for (at, byte) in bytes.iter().enumerate() {
        if at > 0 {
            out.push(' ');
        }
        push_digits(&mut out, *byte);
    }
    out
}

fn push_digits(out: &mut String, byte: ByteView) {
    match byte {
        ByteView::Known(value) => {
            for digit in [value >> 4, value & 0x0F] {
                out.push(char::from(b"0123456789ABCDEF"[usize::from(digit)]));
            }
        }
        ByteView::Secret => out.push_str("··"),
        ByteView::Unknown => out.push_str("??"),
    }
}

/// Bytes as letters of ASCII, and a dot for what is none.
pub fn letters(bytes: &[ByteView]) -> String {
    let letter = |byte: &ByteView| match byte {
        ByteView::Known(value @ 0x20..=0x7E) => char::from(*value),
        _ => '·',
    };
    bytes.iter().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_is_found_where_it_is_drawn() {
        let grid = Grid {
            left: 66.0,
            step: 7.2,
            kind: Type::Code,
            text: true,
        };
        let row = Rect::from_min_size(pos2(0.0, 0.0), vec2(600.0, ROW));
        for byte in 0..16u8 {
            let span = ByteSpan {
                first: byte,
                last: byte.into(),
            };
            for place in [grid.span(row, span), grid.text(row, span)] {
                assert_eq!(grid.byte(place.center().x), Some(byte));
                assert_eq!(grid.byte(place.left() + 1.0), Some(byte));
                assert_eq!(grid.byte(place.right() - 1.0), Some(byte));
            }
        }
        assert_eq!(grid.byte(20.0), None, "the address");
        assert_eq!(grid.byte(5_000.0), Some(15));
    }
}
