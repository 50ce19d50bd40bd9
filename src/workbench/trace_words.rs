//! A trace in words: the names of fields, what they say, and what came of a command.

use crate::model::card::NodeCode;
use crate::model::command::{AccessMode, PollingRequest, SeparatePhase, Sf2, Status, command_name};
use crate::model::trace::export::TraceWords;
use crate::model::trace::{About, Ended, Exchange, FieldName, FieldValue, TraceField};
use crate::words;

/// The words of the string table.
pub struct TableWords;

impl TraceWords for TableWords {
    fn head(&self, source: &str, exchanges: usize, masked: bool) -> String {
        let ids = words::text(if masked {
            "trace.export.masked"
        } else {
            "trace.export.clear"
        });
        let count = [("source", &source as _), ("count", &exchanges as _)];
        let count = words::format("trace.export.head", &count);
        format!("{count}\n{ids}\n{}", words::text("trace.export.left_out"))
    }

    fn name(&self, name: FieldName) -> String {
        field_name(name).to_string()
    }

    fn says(&self, field: &TraceField) -> String {
        says(field)
    }

    fn left_out(&self) -> String {
        words::text("trace.left_out").to_string()
    }

    fn command(&self, exchange: &Exchange) -> String {
        command(exchange).to_string()
    }

    fn ended(&self, exchange: &Exchange) -> String {
        ended(exchange)
    }

    fn opened(&self) -> String {
        words::text("trace.opened").to_string()
    }
}

/// The command's name.
pub fn command(exchange: &Exchange) -> &'static str {
    exchange
        .name()
        .unwrap_or_else(|| words::text("trace.no_command"))
}

/// What came of a command, its status flags included.
pub fn ended(exchange: &Exchange) -> String {
    let key = match exchange.ended {
        Ended::Answered => match exchange.status() {
            Some(status) => return status_words(status),
            None => "trace.ended.answered",
        },
        Ended::Silent => "trace.ended.silent",
        Ended::Gone => "trace.ended.gone",
        Ended::ReaderFailed => "trace.ended.reader",
        Ended::NotSent => "trace.ended.not_sent",
    };
    words::text(key).to_string()
}

/// Both status flags in one phrase: `A6 no such node, at 1`.
pub fn status_words(status: Status) -> String {
    if status == Status::OK {
        return words::text("trace.status.fine").to_string();
    }
    let what = what(status.sf2);
    let at = where_words(status.sf1);
    format!("{:02X} {what}, {at}", status.sf2)
}

/// What a field says beside its bytes; empty when that is nothing.
pub fn says(field: &TraceField) -> String {
    let of = field.about.map(about).unwrap_or_default();
    match field.value {
        FieldValue::Bytes => of,
        FieldValue::Number(number) => number.to_string(),
        FieldValue::Code(code) => command_name(code).unwrap_or_default().to_string(),
        FieldValue::System(code) => code.to_string(),
        FieldValue::Node(NodeCode::SYSTEM) => {
            words::format("trace.says.system_node", &[("code", &NodeCode::SYSTEM)])
        }
        FieldValue::Node(code) => code.to_string(),
        FieldValue::Version(NO_NODE) | FieldValue::Blocks(NO_NODE) => {
            joined(&of, words::text("trace.says.none"))
        }
        FieldValue::Version(version) => joined(&of, &format!("v{version}")),
        FieldValue::Blocks(blocks) => joined(
            &of,
            &words::format("trace.says.blocks", &[("count", &blocks)]),
        ),
        FieldValue::Element {
            service,
            access,
            number,
        } => element(service, access, number, field.about),
        FieldValue::Where(flag) => where_words(flag),
        FieldValue::What(flag) => what(flag).to_string(),
        FieldValue::Mode(mode) => words::format("trace.says.mode", &[("mode", &mode)]),
        FieldValue::Asked(request) => words::text(match request {
            PollingRequest::None => "trace.says.asks_nothing",
            PollingRequest::SystemCode => "trace.says.asks_code",
            PollingRequest::Performance => "trace.says.asks_performance",
        })
        .to_string(),
        FieldValue::Slots(slots) => {
            words::format("trace.says.slots", &[("count", &(slots as u8 + 1))])
        }
        FieldValue::Phase(phase) => words::text(match phase {
            SeparatePhase::Carve => "trace.says.carve",
            SeparatePhase::SetTopAreaKey => "trace.says.area_key",
            SeparatePhase::OpenInf1 => "trace.says.inf_1",
        })
        .to_string(),
    }
}

/// Stands for a node that is not there, or for a key that it has not.
const NO_NODE: u16 = 0xFFFF;

fn joined(of: &str, said: &str) -> String {
    match of {
        "" => said.to_string(),
        of => format!("{of}  {said}"),
    }
}

fn about(about: About) -> String {
    match about.block {
        None => about.node.to_string(),
        Some(block) => words::format(
            "trace.says.block",
            &[("node", &about.node), ("block", &block)],
        ),
    }
}

fn element(service: u8, access: AccessMode, number: u16, found: Option<About>) -> String {
    let node = match found {
        Some(found) => found.node.to_string(),
        None => words::format("trace.says.service_index", &[("index", &service)]),
    };
    let arguments = [("node", &node as _), ("block", &number as _)];
    match access {
        AccessMode::NORMAL => words::format("trace.says.block", &arguments),
        AccessMode::CASHBACK => words::format("trace.says.cashback", &arguments),
        AccessMode::KEY_CHANGE => words::format("trace.says.key_change", &arguments),
        other => {
            let mode = format!("{:03b}", other.bits());
            let block = words::format("trace.says.block", &arguments);
            format!(
                "{block}, {}",
                words::format("trace.says.access", &[("mode", &mode)])
            )
        }
    }
}

fn where_words(flag: u8) -> String {
    match flag {
        0x00 => words::text("trace.where.nowhere").to_string(),
        0xFF => words::text("trace.where.whole").to_string(),
        _ => words::format("trace.where.at", &[("position", &format!("{flag:02X}"))]),
    }
}

/// The second status flag in words.
pub fn what(flag: u8) -> &'static str {
    words::text(match Sf2::from_byte(flag) {
        None => "trace.what.unknown",
        Some(Sf2::Fine) => "trace.what.fine",
        Some(Sf2::PurseRange) => "trace.what.purse_range",
        Some(Sf2::CashbackTooLarge) => "trace.what.cashback",
        Some(Sf2::PurseLimit) => "trace.what.purse_limit",
        Some(Sf2::Memory) => "trace.what.memory",
        Some(Sf2::RewriteLimit) => "trace.what.rewrite_limit",
        Some(Sf2::ServiceCount) => "trace.what.service_count",
        Some(Sf2::BlockCount) => "trace.what.block_count",
        Some(Sf2::ServiceIndex) => "trace.what.service_index",
        Some(Sf2::NodeAttribute) => "trace.what.attribute",
        Some(Sf2::Access) => "trace.what.access",
        Some(Sf2::NoSuchNode) => "trace.what.no_node",
        Some(Sf2::AccessMode) => "trace.what.access_mode",
        Some(Sf2::BlockNumber) => "trace.what.block_number",
        Some(Sf2::IssuanceWrite) => "trace.what.issuance_write",
        Some(Sf2::KeyChange) => "trace.what.key_change",
        Some(Sf2::PackageMac) => "trace.what.package_mac",
        Some(Sf2::IssuanceParameter) => "trace.what.parameter",
        Some(Sf2::ServiceExists) => "trace.what.exists",
        Some(Sf2::SystemCode) => "trace.what.system_code",
        Some(Sf2::CyclicOverflow) => "trace.what.overflow",
        Some(Sf2::PackageIdentifier) => "trace.what.identifier",
        Some(Sf2::PackageMismatch) => "trace.what.mismatch",
        Some(Sf2::IssuanceDisabled) => "trace.what.disabled",
        Some(Sf2::IssuanceAttribute) => "trace.what.new_attribute",
    })
}

/// The name of a field.
pub fn field_name(name: FieldName) -> &'static str {
    words::text(match name {
        FieldName::Length => "trace.field.length",
        FieldName::Code => "trace.field.code",
        FieldName::Idm => "trace.field.idm",
        FieldName::Pmm => "trace.field.pmm",
        FieldName::Idi => "trace.field.idi",
        FieldName::Pmi => "trace.field.pmi",
        FieldName::SystemCode => "trace.field.system_code",
        FieldName::PollingRequest => "trace.field.polling_request",
        FieldName::TimeSlots => "trace.field.time_slots",
        FieldName::Performance => "trace.field.performance",
        FieldName::Count => "trace.field.count",
        FieldName::Area => "trace.field.area",
        FieldName::Service => "trace.field.service",
        FieldName::Node => "trace.field.node",
        FieldName::AreaEnd => "trace.field.area_end",
        FieldName::Index => "trace.field.index",
        FieldName::Element => "trace.field.element",
        FieldName::Data => "trace.field.data",
        FieldName::StatusFlag1 => "trace.field.sf1",
        FieldName::StatusFlag2 => "trace.field.sf2",
        FieldName::Mode => "trace.field.mode",
        FieldName::KeyVersion => "trace.field.key_version",
        FieldName::Blocks => "trace.field.blocks",
        FieldName::Remaining => "trace.field.remaining",
        FieldName::Ciphers => "trace.field.ciphers",
        FieldName::SystemFlag => "trace.field.system_flag",
        FieldName::SystemData => "trace.field.system_data",
        FieldName::Format => "trace.field.format",
        FieldName::SpecificationVersion => "trace.field.specification",
        FieldName::Reserved => "trace.field.reserved",
        FieldName::Parameter => "trace.field.parameter",
        FieldName::TransactionNumber => "trace.field.transaction",
        FieldName::C3c => "trace.field.c3c",
        FieldName::Phase => "trace.field.phase",
        FieldName::Padding => "trace.field.padding",
        FieldName::C1a => "trace.field.c1a",
        FieldName::C1b => "trace.field.c1b",
        FieldName::C2a => "trace.field.c2a",
        FieldName::C2b => "trace.field.c2b",
        FieldName::Enciphered => "trace.field.enciphered",
        FieldName::Package => "trace.field.package",
        FieldName::KeyPackage => "trace.field.key_package",
        FieldName::Pj => "trace.field.pj",
        FieldName::Inf1 => "trace.field.inf_1",
        FieldName::Unread => "trace.field.unread",
    })
}
