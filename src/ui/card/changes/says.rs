//! A change in words: what it is of, and what was and is.

use crate::model::card::difference::{
    ChangedNode, Difference, Field, FieldChange, KeyValue, Nth, Records, Sign, Value,
};
use crate::model::card::{ServiceCode, ServiceKind};
use crate::model::hex;
use crate::ui::card::addresses::Addresses;
use crate::ui::card::tree::kind_words;
use crate::ui::numbers;
use crate::words;

/// The character that stands for a sign, so that colour does not stand alone.
pub fn sign_mark(sign: Sign) -> &'static str {
    match sign {
        Sign::Added => "+",
        Sign::Changed => "~",
        Sign::Removed => "−",
    }
}

/// The word for a sign.
pub fn sign_word(sign: Sign) -> &'static str {
    words::text(match sign {
        Sign::Added => "changes.added",
        Sign::Changed => "changes.changed",
        Sign::Removed => "changes.removed",
    })
}

/// The code of the node that a change is of, or the address of its block.
pub fn code(difference: &Difference, change: &FieldChange, addresses: Addresses) -> String {
    match change.node {
        ChangedNode::System => system_code(difference, change.system),
        ChangedNode::Area(code) => code.to_string(),
        ChangedNode::Service(code) => code.to_string(),
        ChangedNode::Block => change
            .block()
            .map_or_else(String::new, |block| addresses.label(block)),
    }
}

/// The code of a compared system: on B, or on A if it is not there any more.
pub fn system_code(difference: &Difference, system: usize) -> String {
    let system = difference.systems.get(system);
    let code = system.and_then(|system| system.code.b.or(system.code.a));
    code.map_or_else(String::new, |code| code.to_string())
}

/// Which field, in words: `Purse value, block 1 of 4`.
pub fn field(change: &FieldChange) -> String {
    let sign = change.sign();
    let whole = |added, removed| match sign {
        Sign::Removed => words::text(removed),
        _ => words::text(added),
    };
    match change.field {
        Field::System => whole("changes.system_added", "changes.system_removed").into(),
        Field::Area => whole("changes.area_added", "changes.area_removed").into(),
        Field::Service => whole("changes.service_added", "changes.service_removed").into(),
        Field::Division(number) => {
            words::format("changes.division", &[("number", &format!("{number:X}"))])
        }
        Field::Data(nth) => of_block("changes.data", nth),
        Field::PurseValue(nth) => of_block("changes.purse", nth),
        Field::Cashback(nth) => of_block("changes.cashback", nth),
        Field::UserData(nth) => of_block("changes.user_data", nth),
        Field::ExecutionId(nth) => of_block("changes.execution_id", nth),
        other => named(other).into(),
    }
}

/// Fields that are called the same wherever they stand.
fn named(field: Field) -> &'static str {
    words::text(match field {
        Field::SystemCode => "changes.system_code",
        Field::Idm => return "IDm",
        Field::Pmm => return "PMm",
        Field::Idi => return "IDi",
        Field::Pmi => return "PMi",
        Field::Window => "changes.window",
        Field::Space => "changes.space",
        Field::DivisionKey => "changes.division_key",
        Field::End => "changes.end",
        Field::Allotted => "changes.allotted",
        Field::Blocks => "changes.blocks",
        Field::FirstBlock => "changes.first_block",
        Field::Definition => "changes.definition",
        Field::Key => "changes.key",
        Field::AesKey => "changes.aes_key",
        Field::AesBlocks => "changes.aes_blocks",
        Field::Records(_) => "changes.records",
        _ => "changes.block",
    })
}

fn of_block(key: &'static str, nth: Nth) -> String {
    let what = words::text(key);
    if nth.of <= 1 {
        return what.to_string();
    }
    words::format(
        "changes.of_block",
        &[
            ("what", &what),
            ("index", &numbers::grouped(u32::from(nth.index) + 1)),
            ("blocks", &numbers::grouped(nth.of)),
        ],
    )
}

/// What was and what is, each where there is one; or both in one sentence.
pub enum Told {
    Sides(Option<String>, Option<String>),
    One(String),
}

/// What is told of a change.
pub fn told(change: &FieldChange, addresses: Addresses) -> Told {
    if let Field::Records(records) = change.field {
        let (key, count) = match records {
            Records::New(count) => ("changes.records_new", count),
            Records::Gone(count) => ("changes.records_gone", count),
            Records::Rewritten(count) => ("changes.records_rewritten", count),
        };
        return Told::One(words::format(key, &[("count", &numbers::grouped(count))]));
    }
    let service = match change.node {
        ChangedNode::Service(code) => Some(code),
        _ => None,
    };
    let side = |value: Option<Value>| value.map(|value| self::value(value, service, addresses));
    Told::Sides(side(change.values.a), side(change.values.b))
}

/// A value in words.
pub fn value(value: Value, service: Option<ServiceCode>, addresses: Addresses) -> String {
    match value {
        Value::System { blocks, key } => joined([count(blocks), key_words(key)]),
        Value::Area { allotted, key, .. } => {
            joined([count(allotted.map(u32::from)), key_words(key)])
        }
        Value::Service { blocks, first, .. } => {
            let kind = service.map(|code| kind_name(code.kind()).to_string());
            let from = first.map(|first| {
                words::format("changes.from", &[("address", &addresses.label(first))])
            });
            joined([kind, joined_blocks(count(blocks.map(u32::from)), from)])
        }
        Value::Key(key) => {
            let version = key.version.map(numbers::version);
            let kcv = key.kcv.map(|kcv| kcv.to_string());
            let parts: Vec<String> = [version, kcv].into_iter().flatten().collect();
            parts.join(" ")
        }
        Value::SystemCode(code) => code.to_string(),
        Value::Code(code) => code.to_string(),
        Value::Blocks(blocks) => count(Some(blocks)).unwrap_or_default(),
        Value::Space(space) => words::format(
            "changes.space_of",
            &[
                ("used", &numbers::grouped(space.user + space.system)),
                ("free", &numbers::grouped(space.free)),
            ],
        ),
        Value::Run(run) => addresses.range(run.first, run.blocks),
        Value::Address(address) => addresses.label(address),
        Value::Id(id) => hex::grouped(&id),
        Value::Amount(amount) => numbers::grouped(amount),
        Value::Four(bytes) => hex::grouped(&bytes),
        Value::Data(block) => hex::grouped(&block.0),
        Value::Erased => words::text("changes.erased").to_string(),
        Value::Hidden => words::text("changes.hidden").to_string(),
    }
}

fn kind_name(kind: ServiceKind) -> &'static str {
    kind_words(kind).1
}

fn count(blocks: Option<u32>) -> Option<String> {
    blocks.map(|blocks| words::format("card.blocks", &[("count", &numbers::grouped(blocks))]))
}

fn joined_blocks(blocks: Option<String>, from: Option<String>) -> Option<String> {
    let parts: Vec<String> = [blocks, from].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// `key v1 E61B85`, as far as it is known.
fn key_words(key: KeyValue) -> Option<String> {
    let version = numbers::version(key.version?);
    let kcv = key.kcv.map_or_else(String::new, |kcv| kcv.to_string());
    let key = words::format("changes.with_key", &[("version", &version), ("kcv", &kcv)]);
    Some(key.trim_end().to_string())
}

fn joined<const N: usize>(parts: [Option<String>; N]) -> String {
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    parts.join(", ")
}

/// One line for a screen reader.
pub fn spoken(difference: &Difference, change: &FieldChange, addresses: Addresses) -> String {
    let values = match told(change, addresses) {
        Told::One(words) => words,
        Told::Sides(Some(a), Some(b)) => words::format("changes.a_to_b", &[("a", &a), ("b", &b)]),
        Told::Sides(a, b) => a.or(b).unwrap_or_default(),
    };
    let code = code(difference, change, addresses);
    format!(
        "{} {code} {}: {values}",
        sign_word(change.sign()),
        field(change)
    )
}
