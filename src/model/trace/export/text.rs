//! A trace as text for people.

use super::shared::{Export, hex};
use crate::model::trace::exchange::{Direction, Ended, Exchange, Part};
use crate::model::trace::field::{FieldName, TraceField};
use crate::model::utc;

/// The words of a trace. They come from outside, so that they stand in the string table with all others.
pub trait TraceWords {
    /// The first lines: where it was noted, how many exchanges, whether IDs are masked.
    fn head(&self, source: &str, exchanges: usize, masked: bool) -> String;
    /// `Transaction number`.
    fn name(&self, name: FieldName) -> String;
    /// What a field says beside its bytes; empty when that is nothing.
    fn says(&self, field: &TraceField) -> String;
    /// Stands beside a field whose bytes are left out.
    fn left_out(&self) -> String;
    /// The command's name, or a word for a code that the protocol does not use.
    fn command(&self, exchange: &Exchange) -> String;
    /// What came of the command, status flags included.
    fn ended(&self, exchange: &Exchange) -> String;
    /// Stands for a payload.
    fn opened(&self) -> String;
}

/// Bytes in one line of hexadecimal.
const LINE: usize = 16;

/// The file, piece by piece.
pub fn text<'a>(
    export: &'a Export<'a>,
    words: &'a dyn TraceWords,
) -> impl Iterator<Item = String> + use<'a> {
    let head = words.head(export.source, export.exchanges.len(), export.masks_ids());
    let each = export.exchanges.iter();
    std::iter::once(format!("{head}\n"))
        .chain(each.map(move |shown| format!("\n{}", exchange(export, shown, words))))
}

/// One exchange, each line ended by a line feed.
pub(super) fn exchange(export: &Export, exchange: &Exchange, words: &dyn TraceWords) -> String {
    let started = exchange.started_ms;
    let mut out = format!(
        "#{}  {} {}  {}  {:02X} {}",
        exchange.number,
        utc::date(started),
        utc::clock(started),
        duration(exchange.taken_us),
        exchange.code(),
        words.command(exchange),
    );
    if let Some(step) = &exchange.step {
        out += &format!("  {}", step.0);
    }
    let events = &exchange.events;
    if !events.is_empty() {
        out += &format!("  #{}…#{}", events.start + 1, events.end);
    }
    out.push('\n');
    for part in exchange.parts() {
        out += &self::part(export, &part, words);
    }
    if exchange.ended != Ended::Answered {
        out += &format!("  < {}\n", words.ended(exchange));
    }
    out
}

/// `1.204 ms`, of microseconds.
pub fn duration(us: u32) -> String {
    format!("{}.{:03} ms", us / 1000, us % 1000)
}

fn part(export: &Export, part: &Part, words: &dyn TraceWords) -> String {
    let sign = match part.direction {
        Direction::Command => '>',
        Direction::Answer => '<',
    };
    let mut out = String::new();
    if part.opened {
        out += &format!("  {sign} {}\n", words.opened());
    }
    for (at, line) in export.shared(part).chunks(LINE).enumerate() {
        let lead = if at == 0 && !part.opened { sign } else { ' ' };
        out += &format!("  {lead} {:02X}  {}\n", at * LINE, hex(line, " "));
    }
    let names = part.fields.iter().map(|field| words.name(field.name));
    let names: Vec<String> = names.collect();
    let wide = names.iter().map(|name| name.chars().count()).max();
    let wide = wide.unwrap_or_default();
    for (field, name) in part.fields.iter().zip(names) {
        let place = format!("{:02X}+{}", field.at.start, field.at.len());
        let line = format!(
            "      {place:<7} {name:<wide$}  {}",
            said(export, part, field, words)
        );
        out += line.trim_end();
        out.push('\n');
    }
    out
}

fn said(export: &Export, part: &Part, field: &TraceField, words: &dyn TraceWords) -> String {
    if !field.name.may_be_shared() {
        return words.left_out();
    }
    if let Some(mask) = export.mask(part, field) {
        return mask;
    }
    let said = words.says(field);
    if said.is_empty() {
        let shown = export.shared(part);
        return hex(&shown[field.at.clone()], " ");
    }
    said
}
