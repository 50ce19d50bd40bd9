//! Rows of readings: what a reading is called, and its value, in each order of bytes where it has two.

use super::edit::{self, Slot, What};
use super::pane::{Pane, ROW};
use super::picked::MOST_READ;
use super::words::{field_of, integer_name, order_name, reading_name};
use crate::model::card::fields::Field;
use crate::model::inspect::{Epoch, Integer, Order, Reading};
use crate::ui::theme::Type;
use crate::ui::tokens::{GAP, GAP_2, GAP_3, Tokens};
use crate::ui::widgets::{self, Align};
use egui::{Align2, Rect, Sense, Ui, pos2, vec2};

/// Rows of readings: each is one, or one in both orders.
pub type Rows = [&'static [Reading]];

/// Readings of a field, beside its own.
pub const FIRST: &Rows = &[
    &[unsigned(1, Order::Little), signed(1, Order::Little)],
    &[unsigned(2, Order::Little), unsigned(2, Order::Big)],
    &[signed(4, Order::Little), signed(4, Order::Big)],
    &[Reading::Bits],
];

/// What is wanted next, and first of bytes that are no field.
pub const NEXT: &Rows = &[
    &[Reading::Hex],
    &[unsigned(4, Order::Little), unsigned(4, Order::Big)],
    &[Reading::Ascii],
];

/// What is wanted first of bytes that run over blocks.
pub const TEXT: &Rows = &[
    &[Reading::Ascii],
    &[Reading::ShiftJis],
    &[Reading::Utf8],
    &[Reading::Bcd],
];

/// All others.
pub const MORE: &Rows = &[
    &[Reading::ShiftJis],
    &[Reading::Utf8],
    &[Reading::BcdDate],
    &[Reading::ShortBcdDate],
    &[Reading::PackedDate],
    &[Reading::UnixTime(Order::Little)],
    &[Reading::UnixTime(Order::Big)],
    &[Reading::Days(Epoch::Year1970, Order::Little)],
    &[Reading::Days(Epoch::Year1970, Order::Big)],
    &[Reading::Days(Epoch::Year2000, Order::Little)],
    &[Reading::Days(Epoch::Year2000, Order::Big)],
    &[Reading::Bcd],
    &[signed(2, Order::Little), signed(2, Order::Big)],
    &[unsigned(3, Order::Little), unsigned(3, Order::Big)],
    &[unsigned(8, Order::Little)],
    &[unsigned(8, Order::Big)],
    &[signed(8, Order::Little)],
    &[signed(8, Order::Big)],
    &[unsigned(16, Order::Little)],
    &[unsigned(16, Order::Big)],
    &[signed(16, Order::Little)],
    &[signed(16, Order::Big)],
    &[Reading::Purse],
];

const fn unsigned(bytes: u8, order: Order) -> Reading {
    Reading::Integer(Integer::unsigned(bytes, order))
}

const fn signed(bytes: u8, order: Order) -> Reading {
    Reading::Integer(Integer::signed(bytes, order))
}

/// A reading, and what it reads.
type Read = (Reading, String);

impl Pane<'_> {
    /// Rows of readings that these bytes have.
    pub fn readings(&mut self, ui: &mut Ui, rows: &Rows, bytes: &[u8]) {
        let field = field_of(self.shown.card, self.picked.place, self.picked.chosen());
        // What is read above is not read again.
        let above = field.map_or(Reading::Hex, Field::reading);
        for row in rows {
            let text = |reading: &Reading| TEXT.contains(&[*reading].as_slice());
            let first = self.picked.blocks() > 1 && rows != TEXT;
            let is_above = |reading: &Reading| *reading == above || first && text(reading);
            let others = row.iter().filter(|reading| !is_above(reading));
            let read = others.filter_map(|reading| Some((*reading, self.read(*reading, bytes)?)));
            let read: Vec<Read> = read.collect();
            if !read.is_empty() {
                self.reading_row(ui, &read);
            }
        }
    }

    /// What a reading says of these bytes. Where not all that is picked is read, a letter that is cut off at the end is
    /// left out.
    fn read(&self, reading: Reading, bytes: &[u8]) -> Option<String> {
        let cut = if self.picked.blocks() > MOST_READ {
            4
        } else {
            1
        };
        (0..cut).find_map(|less| reading.read(bytes.get(..bytes.len().checked_sub(less)?)?))
    }

    /// A reading that is too long for one line: its name, and under it its value.
    fn long_reading(&mut self, ui: &mut Ui, label: &str, (reading, text): &Read) {
        let t = Tokens::of(ui.ctx());
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
        let p = ui.painter();
        widgets::elided(p, rect, Align::Left, label, Type::Small, t.t3);
        let what = What::Reading(*reading);
        let typed = self.editing.now.as_ref();
        let typed = typed.is_some_and(|edit| edit.what == what);
        let lines = edit::lines(p, text, Type::Code, t.t2, rect.width());
        let height = if typed { ROW } else { lines.size().y + GAP };
        let size = vec2(rect.width(), height);
        let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
        let slot = Slot {
            name: &reading_name(*reading),
            text,
            kind: Type::Code,
            align: Align::Left,
            rect,
            boxed: false,
            lines: Some(size.x),
        };
        self.slot(ui, what, &slot);
        edit::refused(ui, self.editing, &[what]);
    }

    /// One row: the reading's name, and its value in each order.
    fn reading_row(&mut self, ui: &mut Ui, read: &[Read]) {
        let t = Tokens::of(ui.ctx());
        let typed = self.editing.now.as_ref().map(|editing| editing.what);
        let is_typed = |(reading, _): &&Read| typed == Some(What::Reading(*reading));
        // The one that is typed has the row for itself.
        let typed = read.iter().position(|pair| is_typed(&pair));
        let shown = typed.map_or(read, |at| &read[at..=at]);
        let label = row_name(shown);
        if let [one, other] = shown
            && !fits_a_row(ui, &label, shown)
        {
            self.reading_row(ui, std::slice::from_ref(one));
            self.reading_row(ui, std::slice::from_ref(other));
            return;
        }
        if let [one] = shown
            && !fits_a_row(ui, &label, shown)
        {
            return self.long_reading(ui, &label, one);
        }
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
        let p = ui.painter();
        let label = widgets::elided(p, rect, Align::Left, &label, Type::Small, t.t3);
        let mut right = rect.right();
        let room = right - label.right() - GAP_2;
        let kind = if values_width(ui, shown, Type::Code) <= room {
            Type::Code
        } else {
            Type::CodeSmall
        };
        for (at, (reading, text)) in shown.iter().enumerate().rev() {
            let least = label.right() + GAP_2;
            let left = match typed {
                Some(_) => least,
                None => (right - value_width(ui, text, kind)).max(least),
            };
            let slot = Slot {
                name: &reading_name(*reading),
                text,
                kind,
                align: Align::Right,
                rect: Rect::from_x_y_ranges(left..=right, rect.y_range()),
                boxed: false,
                lines: None,
            };
            self.slot(ui, What::Reading(*reading), &slot);
            if at > 0 {
                let mid = pos2(left - GAP_2, rect.center().y);
                let p = ui.painter();
                widgets::paint_text(p, mid, Align2::CENTER_CENTER, "/", Type::Code, t.t3);
            }
            right = left - 2.0 * GAP_2;
        }
        let whose: Vec<What> = shown.iter().map(|(r, _)| What::Reading(*r)).collect();
        edit::refused(ui, self.editing, &whose);
    }
}

/// Whether the values of a row stand beside its label.
fn fits_a_row(ui: &Ui, label: &str, read: &[Read]) -> bool {
    let label = widgets::width_of(ui.painter(), label, Type::Small) + GAP_2;
    label + values_width(ui, read, Type::CodeSmall) <= ui.available_width()
}

/// Room for the values of a row, with what parts them.
fn values_width(ui: &Ui, read: &[Read], kind: Type) -> f32 {
    let values = read.iter().map(|(_, text)| value_width(ui, text, kind));
    values.sum::<f32>() + 2.0 * GAP_2 * (read.len() as f32 - 1.0)
}

/// Room for one value of a row.
fn value_width(ui: &Ui, text: &str, kind: Type) -> f32 {
    widgets::width_of(ui.painter(), text, kind).max(GAP_3) + 2.0
}

/// What a row of readings is called: `u16 LE / BE`.
fn row_name(read: &[Read]) -> String {
    match read {
        [(Reading::Integer(first), _), (Reading::Integer(second), _)]
            if first.is_signed() != second.is_signed() =>
        {
            format!("{} / {}", integer_name(*first), integer_name(*second))
        }
        [(first, _), (Reading::Integer(second), _)] => {
            format!("{} / {}", reading_name(*first), order_name(second.order()))
        }
        [(first, _), ..] => reading_name(*first),
        [] => String::new(),
    }
}
