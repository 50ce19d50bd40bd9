//! What fields, readings and refusals are called, and how a field's value is written.

use super::rows::Place;
use crate::model::card::fields::{Field, FieldKind, FieldName, FieldValue, fields_of};
use crate::model::card::image::StoredKey;
use crate::model::card::{BLOCK_BYTES, Block};
use crate::model::hex;
use crate::model::inspect::{Epoch, Integer, Order, ParseError, Reading};
use crate::ui::card::facts::ByteSpan;
use crate::ui::numbers;
use crate::words;
use crate::workbench::view::{ByteView, CardView};
use std::ops::Range;

/// A row of bytes as they may be shown.
pub type ByteRow = [ByteView; BLOCK_BYTES];

/// What can be said of some bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    Value(String),
    /// Bytes of a key are among them.
    Secret,
    /// Nobody knows all of them.
    Unknown,
}

impl Said {
    /// As it is drawn and spoken.
    pub fn text(&self) -> &str {
        match self {
            Said::Value(text) => text,
            Said::Secret => "••••",
            Said::Unknown => words::text("shell.not_known"),
        }
    }
}

/// The bytes of a span as offsets into the first block.
pub fn range(span: ByteSpan) -> Range<usize> {
    usize::from(span.first)..span.last as usize + 1
}

/// All sixteen bytes.
pub const WHOLE: ByteSpan = ByteSpan { first: 0, last: 15 };

/// The bytes, if all are known and none is a key's.
pub fn known(bytes: &[ByteView]) -> Result<Vec<u8>, Said> {
    if bytes.contains(&ByteView::Secret) {
        return Err(Said::Secret);
    }
    let known = |byte: &ByteView| match byte {
        ByteView::Known(value) => Ok(*value),
        _ => Err(Said::Unknown),
    };
    bytes.iter().map(known).collect()
}

/// A field's value in words.
pub fn value(field: &Field, row: &ByteRow) -> Said {
    let bytes = match known(row.get(field.range()).unwrap_or(&[])) {
        Ok(bytes) => bytes,
        Err(said) => return said,
    };
    // Bytes that are not shown do not count: a block of which a byte is hidden is not erased.
    let block = Block(row.map(|byte| match byte {
        ByteView::Known(value) => value,
        ByteView::Secret | ByteView::Unknown => 0,
    }));
    Said::Value(match field.value(&block) {
        FieldValue::Erased => words::text("bytes.erased").to_owned(),
        FieldValue::Bytes(bytes) => hex::grouped(&bytes),
        FieldValue::Code(code) => format!("{code:04X}"),
        FieldValue::Address(address) => numbers::address(u32::from(address)),
        FieldValue::Number(number) => numbers::grouped(number),
        FieldValue::Version(StoredKey::NO_VERSION) => words::text("bytes.no_version").to_owned(),
        FieldValue::Version(version) => numbers::version(version),
        FieldValue::Key => hex::grouped(&bytes),
    })
}

/// The fields of a block, and the one that is exactly the span, if one is.
pub fn field_of(card: &CardView, place: Place, span: ByteSpan) -> Option<&'static Field> {
    let fields = fields_of(place.kind(card)).iter();
    let mut fields = fields.filter(|field| field.range() == range(span));
    fields.next()
}

/// The field that holds a byte of a block.
pub fn field_at(card: &CardView, place: Place, byte: u8) -> Option<&'static Field> {
    let mut fields = fields_of(place.kind(card)).iter();
    fields.find(|field| field.bytes.contains(&byte))
}

/// A field as a span of bytes.
pub fn span_of(field: &Field) -> ByteSpan {
    ByteSpan {
        first: field.bytes.start,
        // No field is empty.
        last: field.bytes.end.saturating_sub(1).into(),
    }
}

/// What a field is called.
pub fn field_name(name: FieldName) -> &'static str {
    words::text(match name {
        FieldName::Idm => "bytes.field.idm",
        FieldName::Pmm => "bytes.field.pmm",
        FieldName::Idi => "bytes.field.idi",
        FieldName::Pmi => "bytes.field.pmi",
        FieldName::SystemCode => "bytes.field.system_code",
        FieldName::KeyVersion => "bytes.field.key_version",
        FieldName::Key => "bytes.field.key",
        FieldName::KeyHalf => "bytes.field.key_half",
        FieldName::Window => "bytes.field.window",
        FieldName::AreaCode => "bytes.field.area_code",
        FieldName::EndCode => "bytes.field.end_code",
        FieldName::Allotted => "bytes.field.allotted",
        FieldName::ServiceCode => "bytes.field.service_code",
        FieldName::FirstBlock => "bytes.field.first_block",
        FieldName::Blocks => "bytes.field.blocks",
        FieldName::RecordCode => "bytes.field.record_code",
        FieldName::LentFirst => "bytes.field.lent_first",
        FieldName::LentBlocks => "bytes.field.lent_blocks",
        FieldName::KeyNode => "bytes.field.key_node",
        FieldName::Reserved => "bytes.field.reserved",
        FieldName::Unknown => "bytes.field.unknown",
        FieldName::PurseValue => "bytes.field.purse",
        FieldName::Cashback => "bytes.field.cashback",
        FieldName::UserData => "bytes.field.user_data",
        FieldName::ExecutionId => "bytes.field.execution_id",
    })
}

/// How a field's bytes are meant, beside its value.
pub fn kind_name(field: &Field) -> String {
    words::text(match field.kind {
        FieldKind::Number | FieldKind::Window => return reading_name(field.reading()),
        FieldKind::Bytes | FieldKind::Key => "bytes.kind.hex",
        FieldKind::Code(Order::Little) => "bytes.kind.code_le",
        FieldKind::Code(Order::Big) => "bytes.kind.code_be",
        FieldKind::Address => "bytes.kind.address",
        FieldKind::Version => "bytes.kind.version",
    })
    .to_owned()
}

/// What a reading is called: `u16 LE`.
pub fn reading_name(reading: Reading) -> String {
    let ordered = |key, order| format!("{} {}", words::text(key), order_name(order));
    match reading {
        Reading::Integer(integer) if integer.bytes() == 1 => integer_name(integer),
        Reading::Integer(integer) => {
            format!("{} {}", integer_name(integer), order_name(integer.order()))
        }
        Reading::Days(Epoch::Year1970, order) => ordered("bytes.reading.days_1970", order),
        Reading::Days(Epoch::Year2000, order) => ordered("bytes.reading.days_2000", order),
        Reading::UnixTime(order) => ordered("bytes.reading.unix", order),
        Reading::Hex => words::text("bytes.kind.hex").to_owned(),
        Reading::Bits => words::text("bytes.reading.bits").to_owned(),
        Reading::Bcd => words::text("bytes.reading.bcd").to_owned(),
        Reading::BcdDate => words::text("bytes.reading.bcd_date").to_owned(),
        Reading::ShortBcdDate => words::text("bytes.reading.short_bcd_date").to_owned(),
        Reading::PackedDate => words::text("bytes.reading.packed_date").to_owned(),
        Reading::Purse => words::text("bytes.reading.purse").to_owned(),
        Reading::Ascii => words::text("bytes.reading.ascii").to_owned(),
        Reading::ShiftJis => words::text("bytes.reading.shift_jis").to_owned(),
        Reading::Utf8 => words::text("bytes.reading.utf8").to_owned(),
    }
}

/// `u16`, whatever the order of its bytes.
pub fn integer_name(integer: Integer) -> String {
    let key = if integer.is_signed() {
        "bytes.reading.signed"
    } else {
        "bytes.reading.unsigned"
    };
    words::format(key, &[("bits", &(integer.bytes() * 8))])
}

/// `LE` or `BE`.
pub fn order_name(order: Order) -> &'static str {
    words::text(match order {
        Order::Little => "bytes.reading.little",
        Order::Big => "bytes.reading.big",
    })
}

/// Why what was typed cannot be written, and what can.
pub fn refusal(error: &ParseError) -> String {
    match error {
        ParseError::Width => words::text("bytes.refused.width").to_owned(),
        ParseError::NotANumber => words::text("bytes.refused.not_a_number").to_owned(),
        ParseError::OutOfRange { min, max } => {
            let sign = if *min < 0 { "-" } else { "" };
            let min = format!("{sign}{}", grouped(min.unsigned_abs()));
            let max = grouped(*max);
            words::format("bytes.refused.range", &[("min", &min), ("max", &max)])
        }
        ParseError::NotHex => words::text("bytes.refused.not_hex").to_owned(),
        ParseError::NotBits => words::text("bytes.refused.not_bits").to_owned(),
        ParseError::NotDigits => words::text("bytes.refused.not_digits").to_owned(),
        ParseError::Digits { expected, found } => words::format(
            "bytes.refused.digits",
            &[("expected", expected), ("found", found)],
        ),
        ParseError::NotADate => words::text("bytes.refused.not_a_date").to_owned(),
        ParseError::NotATime => words::text("bytes.refused.not_a_time").to_owned(),
        ParseError::DateRange { first, last } => words::format(
            "bytes.refused.date_range",
            &[("first", first), ("last", last)],
        ),
        ParseError::NotAPurse => words::text("bytes.refused.not_a_purse").to_owned(),
        ParseError::TooLong { needed, room } => words::format(
            "bytes.refused.too_long",
            &[("needed", needed), ("room", room)],
        ),
        ParseError::NoSuchLetter(letter) => {
            words::format("bytes.refused.letter", &[("letter", letter)])
        }
        ParseError::Escape => words::text("bytes.refused.escape").to_owned(),
        ParseError::NotText => words::text("bytes.refused.not_text").to_owned(),
    }
}

/// A limit of a reading in groups of three.
fn grouped(number: u128) -> String {
    match u64::try_from(number) {
        Ok(number) => numbers::grouped(number),
        // Thirty-nine digits are read no better in groups.
        Err(_) => number.to_string(),
    }
}
