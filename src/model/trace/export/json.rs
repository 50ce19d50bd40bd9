//! The schema `cardwright.trace/1`.

use super::shared::{Export, hex};
use crate::model::command::{AccessMode, Scheme, command_name};
use crate::model::trace::exchange::{Direction, Ended, Exchange, Part};
use crate::model::trace::field::{FieldValue, TraceField};
use crate::model::utc;
use serde_json::{Value, json as value};

/// The name of the schema.
pub const SCHEMA: &str = "cardwright.trace/1";

/// The file, piece by piece: a head, a line an exchange, and the end. Joined, they are one JSON object.
pub fn json<'a>(export: &'a Export<'a>) -> impl Iterator<Item = String> + use<'a> {
    let ids = if export.masks_ids() {
        "masked"
    } else {
        "clear"
    };
    let head = format!(
        "{{\"schema\":{},\"source\":{},\"ids\":{},\"exchanges\":[\n",
        value!(SCHEMA),
        value!(export.source),
        value!(ids)
    );
    let last = export.exchanges.len().saturating_sub(1);
    let lines = export.exchanges.iter().enumerate().map(move |(at, e)| {
        let end = if at == last { "\n" } else { ",\n" };
        format!("{}{end}", exchange(export, e))
    });
    std::iter::once(head)
        .chain(lines)
        .chain(std::iter::once("]}\n".to_string()))
}

fn exchange(export: &Export, exchange: &Exchange) -> Value {
    let started = exchange.started_ms;
    let time = format!("{}T{}Z", utc::date(started), utc::clock(started));
    let events = &exchange.events;
    let parts: Vec<Value> = exchange
        .parts()
        .iter()
        .map(|shown| part(export, shown))
        .collect();
    value!({
        "number": exchange.number,
        "time": time,
        "taken_us": exchange.taken_us,
        "step": exchange.step.as_ref().map(|step| &step.0),
        "events": (!events.is_empty()).then(|| [events.start + 1, events.end]),
        "command": format!("{:02X}", exchange.code()),
        "name": exchange.name(),
        "ended": ended(exchange.ended),
        "status": exchange.status().map(|s| format!("{:02X}{:02X}", s.sf1, s.sf2)),
        "cipher": exchange.session().map(|session| match session.cipher {
            Scheme::Des => "DES",
            Scheme::Aes => "AES",
        }),
        "parts": parts,
    })
}

fn ended(ended: Ended) -> &'static str {
    match ended {
        Ended::Answered => "answered",
        Ended::Silent => "silent",
        Ended::Gone => "card gone",
        Ended::ReaderFailed => "reader failed",
        Ended::NotSent => "not sent",
    }
}

fn part(export: &Export, part: &Part) -> Value {
    let fields: Vec<Value> = part
        .fields
        .iter()
        .map(|shown| field(export, part, shown))
        .collect();
    value!({
        "direction": match part.direction {
            Direction::Command => "command",
            Direction::Answer => "answer",
        },
        "opened": part.opened,
        "bytes": hex(&export.shared(part), ""),
        "fields": fields,
    })
}

fn field(export: &Export, part: &Part, field: &TraceField) -> Value {
    let mut out = value!({
        "name": field.name.id(),
        "at": field.at.start,
        "length": field.at.len(),
    });
    if let Some(said) = said(field.value) {
        out["value"] = said;
    }
    if let Some(about) = field.about {
        out["node"] = about.node.to_string().into();
        if let Some(block) = about.block {
            out["block"] = block.into();
        }
    }
    if let Some(mask) = export.mask(part, field) {
        out["mask"] = mask.into();
    }
    if !field.name.may_be_shared() {
        out["left_out"] = true.into();
    }
    out
}

fn said(said: FieldValue) -> Option<Value> {
    Some(match said {
        FieldValue::Bytes => return None,
        FieldValue::Number(number) => number.into(),
        FieldValue::Code(code) => command_name(code)?.into(),
        FieldValue::System(code) => code.to_string().into(),
        FieldValue::Node(code) => code.to_string().into(),
        FieldValue::Version(number) | FieldValue::Blocks(number) => number.into(),
        FieldValue::Element {
            service,
            access,
            number,
        } => value!({ "service": service, "access": self::access(access), "number": number }),
        FieldValue::Where(flag) | FieldValue::What(flag) => format!("{flag:02X}").into(),
        FieldValue::Mode(mode) => mode.into(),
        FieldValue::Asked(request) => (request as u8).into(),
        FieldValue::Slots(slots) => (slots as u8 + 1).into(),
        FieldValue::Phase(phase) => (phase as u8).into(),
    })
}

fn access(access: AccessMode) -> Value {
    match access {
        AccessMode::NORMAL => "normal".into(),
        AccessMode::CASHBACK => "cashback".into(),
        AccessMode::KEY_CHANGE => "key change".into(),
        other => other.bits().into(),
    }
}
