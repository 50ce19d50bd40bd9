//! What the bytes of a block mean: every field of every kind of block, read and typed.

use cardwright::model::card::definition;
use cardwright::model::card::fields::{Field, FieldKind, FieldName, FieldValue, fields_of};
use cardwright::model::card::image::{LentRun, Run};
use cardwright::model::card::map::CellKind;
use cardwright::model::card::tree::SystemBlockKind;
use cardwright::model::card::{Block, Idi, Idm, NodeCode, Pmi, Pmm, ServiceCode, SystemCode};
use cardwright::model::cipher::{AesKey, DesKey};
use cardwright::model::inspect::ParseError;

const KEY: [u8; 8] = *b"DEMOFARE";

fn service(code: u16) -> ServiceCode {
    ServiceCode::new(code).expect("a service code")
}

fn purse_cell() -> CellKind {
    CellKind::User {
        service: service(0x1050),
        index: 0,
        blocks: 4,
    }
}

/// A block of every kind that has fields.
fn blocks() -> Vec<(CellKind, Block)> {
    let key = DesKey::new(KEY);
    let node = NodeCode(0x1008);
    let halves = definition::aes_key(node, 7, &AesKey::new(*b"DEMOZONEPASSKEYS"));
    let lent = LentRun {
        system: 1,
        run: Run {
            first: 0x74,
            blocks: 96,
        },
    };
    let mut purse = Block::ZERO;
    purse
        .put(0, &1200u32.to_le_bytes())
        .put(12, &[0, 0, 0, 0x1C]);
    let system = |kind, block| (CellKind::System(kind), block);
    vec![
        system(
            SystemBlockKind::ManufactureId,
            definition::manufacture(Idm([1; 8]), Pmm([2; 8])),
        ),
        system(
            SystemBlockKind::IssuanceId,
            definition::issuance(Idi([3; 8]), Pmi([4; 8])),
        ),
        system(
            SystemBlockKind::System,
            definition::system(SystemCode(0xFE42), 2, &key, 65_536),
        ),
        system(
            SystemBlockKind::DivisionKey,
            definition::division_key(1, &key),
        ),
        system(
            SystemBlockKind::Division { system: 1 },
            definition::division(lent),
        ),
        system(
            SystemBlockKind::Area(NodeCode(0x1000)),
            definition::area(NodeCode(0x1000), NodeCode(0x10FF), 32, 1, &key),
        ),
        system(
            SystemBlockKind::Service(service(0x1050)),
            definition::service(service(0x1050), 0x6C, 4, 1, &key),
        ),
        system(SystemBlockKind::AesKey { node, half: 0 }, halves[0]),
        system(SystemBlockKind::AesKey { node, half: 1 }, halves[1]),
        system(SystemBlockKind::Other, Block([0x23; 16])),
        (purse_cell(), purse),
    ]
}

fn named(kind: CellKind, name: FieldName) -> Field {
    let found = fields_of(kind).iter().find(|field| field.name == name);
    found
        .cloned()
        .unwrap_or_else(|| panic!("{kind:?} has no {name:?}"))
}

#[test]
fn fields_cover_a_block_without_gaps() {
    for (kind, _) in blocks() {
        let mut end = 0;
        for field in fields_of(kind) {
            assert_eq!(field.bytes.start, end, "{kind:?} {field:?}");
            assert!(field.bytes.end > end, "{kind:?} {field:?}");
            end = field.bytes.end;
        }
        assert_eq!(end, 16, "{kind:?}");
    }
    for kind in [
        CellKind::Free,
        CellKind::Unknown,
        CellKind::User {
            service: service(0x1008),
            index: 0,
            blocks: 4,
        },
    ] {
        assert!(fields_of(kind).is_empty(), "{kind:?}");
    }
}

#[test]
fn a_key_is_secret_wherever_it_stands_and_its_value_is_not_shown() {
    let half = *b"DEMOZONE";
    for (kind, block) in blocks() {
        for field in fields_of(kind) {
            let bytes = &block.0[field.range()];
            let holds_key = bytes == KEY || bytes == half || bytes == *b"PASSKEYS";
            let unknown = kind == CellKind::System(SystemBlockKind::Other);
            assert_eq!(
                field.is_secret(),
                holds_key || unknown,
                "{kind:?} {field:?}"
            );
            if field.is_secret() {
                assert_eq!(field.value(&block), FieldValue::Key);
            }
        }
    }
}

#[test]
fn fields_hold_what_was_written() {
    let cases = blocks();
    let value = |at: usize, name| named(cases[at].0, name).value(&cases[at].1);
    assert_eq!(value(0, FieldName::Idm), FieldValue::Bytes(vec![1; 8]));
    assert_eq!(value(0, FieldName::Pmm), FieldValue::Bytes(vec![2; 8]));
    assert_eq!(value(1, FieldName::Idi), FieldValue::Bytes(vec![3; 8]));
    assert_eq!(value(1, FieldName::Pmi), FieldValue::Bytes(vec![4; 8]));
    assert_eq!(value(2, FieldName::SystemCode), FieldValue::Code(0xFE42));
    assert_eq!(value(2, FieldName::KeyVersion), FieldValue::Version(2));
    assert_eq!(value(2, FieldName::Window), FieldValue::Number(65_536));
    assert_eq!(value(3, FieldName::RecordCode), FieldValue::Code(0x0020));
    assert_eq!(value(4, FieldName::LentFirst), FieldValue::Address(0x74));
    assert_eq!(value(4, FieldName::LentBlocks), FieldValue::Number(96));
    assert_eq!(value(5, FieldName::AreaCode), FieldValue::Code(0x1000));
    assert_eq!(value(5, FieldName::EndCode), FieldValue::Code(0x10FF));
    assert_eq!(value(5, FieldName::Allotted), FieldValue::Number(32));
    assert_eq!(value(6, FieldName::ServiceCode), FieldValue::Code(0x1050));
    assert_eq!(value(6, FieldName::FirstBlock), FieldValue::Address(0x6C));
    assert_eq!(value(6, FieldName::Blocks), FieldValue::Number(4));
    assert_eq!(value(7, FieldName::RecordCode), FieldValue::Code(0x0022));
    assert_eq!(value(8, FieldName::RecordCode), FieldValue::Code(0x0062));
    assert_eq!(value(8, FieldName::KeyNode), FieldValue::Code(0x1008));
    assert_eq!(value(8, FieldName::KeyVersion), FieldValue::Version(7));
    assert_eq!(value(10, FieldName::PurseValue), FieldValue::Number(1200));
    assert_eq!(
        value(10, FieldName::ExecutionId),
        FieldValue::Bytes(vec![0, 0, 0, 0x1C])
    );
    let erased = named(purse_cell(), FieldName::PurseValue).value(&Block::ERASED);
    assert_eq!(erased, FieldValue::Erased);
}

/// A value as it would be typed.
fn typed(value: &FieldValue, key: &[u8]) -> String {
    let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    match value {
        FieldValue::Erased => panic!("nothing is typed for an erased block"),
        FieldValue::Bytes(bytes) => hex(bytes),
        FieldValue::Code(code) => format!("{code:04X}"),
        FieldValue::Address(address) => format!("{address:04X}h"),
        FieldValue::Number(number) => number.to_string(),
        FieldValue::Version(version) => format!("v{version}"),
        FieldValue::Key => hex(key),
    }
}

#[test]
fn every_field_can_be_typed_as_it_reads() {
    for (kind, block) in blocks() {
        for field in fields_of(kind) {
            let bytes = &block.0[field.range()];
            let text = typed(&field.value(&block), bytes);
            assert_eq!(
                field.parse(&text).as_deref(),
                Ok(bytes),
                "{kind:?} {field:?}"
            );
            assert_eq!(
                field.reading().takes(field.width()),
                Some(field.width()),
                "{field:?}: its reading is of all of it"
            );
        }
    }
}

#[test]
fn a_field_refuses_what_it_cannot_hold() {
    let (system, area) = (blocks()[2].0, blocks()[5].0);
    let parse = |kind, name, text| named(kind, name).parse(text);
    assert_eq!(
        parse(system, FieldName::Window, "65536"),
        Ok(vec![0, 0]),
        "0 stands for it"
    );
    for text in ["0", "65537", "-1"] {
        assert_eq!(
            parse(system, FieldName::Window, text),
            Err(ParseError::OutOfRange {
                min: 1,
                max: 65_536
            })
        );
    }
    assert_eq!(
        parse(area, FieldName::Allotted, "65536"),
        Err(ParseError::OutOfRange {
            min: 0,
            max: 65_535
        })
    );
    assert_eq!(
        parse(area, FieldName::AreaCode, "xyz"),
        Err(ParseError::NotHex)
    );
    assert_eq!(
        parse(area, FieldName::AreaCode, "10000"),
        Err(ParseError::Digits {
            expected: 4,
            found: 5
        })
    );
    assert!(parse(purse_cell(), FieldName::PurseValue, "1,200").is_ok());
    let kinds: Vec<FieldKind> = fields_of(area).iter().map(|f| f.kind).collect();
    assert!(kinds.contains(&FieldKind::Key));
}
