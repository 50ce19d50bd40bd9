//! Flipper Zero dumps: what is read from good ones, and how bad ones are refused.

use super::{V2, V4, read};
use cardwright::model::card::observation::Misplaced;
use cardwright::model::card::{Idm, NodeCode, Pmm, ServiceKind};
use cardwright::model::dump::decode::NotText;
use cardwright::model::dump::flipper::{FlipperError, is_flipper, parse};
use cardwright::model::dump::{self, MAX_FILE_BYTES, OpenError, Opened, json, proxmark3};
use proptest::prelude::*;

#[test]
fn a_version_2_dump_tells_codes_some_nesting_and_public_blocks() {
    let tree = read(V2).tree();
    assert_eq!(tree.counts(), (2, 6, 10));

    let system = &tree.systems[0];
    assert_eq!((system.number, system.code.0), (0, 0x9001));
    assert_eq!(
        system.idm,
        Some(Idm([0x01, 0x12, 0xC4, 0x5A, 0x77, 0x01, 0x9E, 0x30]))
    );
    assert_eq!(
        system.pmm,
        Some(Pmm([0x03, 0x20, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]))
    );
    let areas: Vec<_> = system
        .areas
        .iter()
        .map(|area| (area.code.0, area.parent))
        .collect();
    let nested = [
        (0x0000, None),
        (0x0040, Some(0)),
        // Nothing tells where the areas before them end, whatever is drawn.
        (0x1000, None),
        (0x1400, None),
        (0x3001, None),
    ];
    assert_eq!(areas, nested);
    let services: Vec<_> = system
        .services
        .iter()
        .map(|s| (s.code.value(), s.area))
        .collect();
    let nested = [
        (0x0048, Some(1)),
        (0x004B, Some(1)),
        (0x100C, Some(2)),
        (0x100F, Some(2)),
        (0x1410, Some(3)),
        (0x1412, Some(3)),
        (0x1416, Some(3)),
        (0x1808, None),
        (0x3009, Some(4)),
    ];
    assert_eq!(services, nested);

    let read: Vec<_> = system
        .services
        .iter()
        .map(|service| service.data.len())
        .collect();
    assert_eq!(read, [0, 2, 0, 3, 0, 0, 0, 0, 1]);
    let block = system.services[3].data[&2];
    assert_eq!(block.0[..4], [0x31, 0x36, 0x3B, 0x40]);
}

#[test]
fn what_a_version_2_dump_does_not_tell_stays_unknown() {
    let tree = read(V2).tree();
    for system in &tree.systems {
        assert_eq!((system.blocks, system.key.version), (None, None));
        assert!(
            system
                .areas
                .iter()
                .all(|a| a.end.is_none() && a.key.version.is_none() && a.allotted.is_none())
        );
        assert!(
            system
                .services
                .iter()
                .all(|s| s.key.version.is_none() && s.blocks.is_none())
        );
    }
    assert_eq!((tree.systems[1].idm, tree.systems[1].pmm), (None, None));
}

#[test]
fn kind_follows_the_attribute_and_not_the_label() {
    assert!(V2.contains("| Code 100C | Attrib. 0C | Private | Random |"));
    let tree = read(V2).tree();
    let service = tree.systems[0]
        .services
        .iter()
        .find(|s| s.code.value() == 0x100C);
    assert_eq!(service.map(|s| s.code.kind()), Some(ServiceKind::Cyclic));
}

#[test]
fn a_version_4_dump_adds_end_codes_and_key_versions() {
    let tree = read(V4).tree();
    let system = &tree.systems[0];
    assert_eq!(system.key.version, Some(0x0102));
    let areas: Vec<_> = system
        .areas
        .iter()
        .map(|a| (a.end.map(|end| end.0), a.key.version))
        .collect();
    let told = [
        (Some(0xFFFE), Some(0x0101)),
        (Some(0x0FFF), Some(0x0001)),
        (Some(0x1FFF), Some(0x0003)),
        (Some(0x17FF), Some(0x0004)),
        // FFFF stands for "not told".
        (Some(0x30FF), None),
    ];
    assert_eq!(areas, told);
    let versions: Vec<_> = system.services.iter().map(|s| s.key.version).collect();
    let told: Vec<_> = (1..=8).map(Some).chain([None]).collect();
    assert_eq!(versions, told);
    assert_eq!(tree.systems[1].key.version, None);
}

#[test]
fn version_3_has_no_key_version_of_the_system() {
    let version_3 = V4.replace("Data format version: 4", "Data format version: 3");
    let tree = read(&version_3).tree();
    assert_eq!(tree.systems[0].key.version, None);
    assert_eq!(tree.systems[0].areas[0].key.version, Some(0x0101));
}

#[test]
fn line_ends_of_either_kind_are_read() {
    assert_eq!(read(&V2.replace('\n', "\r\n")), read(V2));
}

#[test]
fn content_tells_what_a_file_is() {
    assert_eq!(dump::open(V2.as_bytes()), Ok(Opened::Observation(read(V2))));
    assert_eq!(dump::open(b""), Err(OpenError::Empty));
    assert_eq!(dump::open(&[0; 1 << 20]), Err(OpenError::Unknown));
    assert_eq!(dump::open(&vec![0; 100 << 20]), Err(OpenError::TooLarge));
    assert_eq!(
        dump::open(b"Filetype: Flipper SubGhz Key File\n"),
        Err(OpenError::Unknown)
    );
    assert!(is_flipper(b"Filetype: Flipper NFC device"));
}

#[test]
fn size_is_looked_at_first() {
    let mut dump = V2.as_bytes().to_vec();
    dump.resize(MAX_FILE_BYTES + 1, b'\n');
    assert_eq!(parse(&dump), Err(FlipperError::TooLarge));
    dump.pop();
    assert!(parse(&dump).is_ok());
}

#[test]
fn other_cards_are_named() {
    let other = V2.replace("Device type: FeliCa", "Device type: Mifare Classic");
    let error = FlipperError::WrongDevice {
        line: 4,
        found: "Mifare Classic".into(),
    };
    assert_eq!(parse(other.as_bytes()), Err(error));

    let newer = V2.replace("Data format version: 2", "Data format version: 5");
    let error = FlipperError::Newer { line: 8, found: 5 };
    assert_eq!(parse(newer.as_bytes()), Err(error));
}

/// The line of [`V2`] that contains `part`, counted from 1.
fn line_of(part: &str) -> usize {
    1 + V2
        .lines()
        .position(|line| line.contains(part))
        .expect("a line of the dump")
}

#[test]
fn errors_name_the_line() {
    let refused = |from: &str, to: &str| {
        assert!(V2.contains(from), "{from}");
        match parse(V2.replacen(from, to, 1).as_bytes()) {
            Err(FlipperError::Line { line, .. }) => line,
            other => panic!("{from} -> {to}: {other:?}"),
        }
    };
    for (from, to) in [
        (
            "01 12 C4 5A 77 01 9E 30\nManufacture p",
            "01 12 C4 5A 77 01 9E\nManufacture p",
        ),
        ("System found: 2", "System found: 0"),
        ("System found: 2", "System found: 17"),
        ("System 00: 9001", "System 00: 901"),
        ("System 00: 9001", "System 01: 9001"),
        ("Area 002: | Code 1000", "Area 002: | Code 1008"),
        ("Attrib. 0F", "Attrib. 0C"),
        ("Code 0048", "Code 0040"),
        ("Public blocks read: 6", "Public blocks read: six"),
        ("Service 004: | Code 1410", "Service 004: | Code 1420"),
        ("Service code 3009", "Service code 300B"),
        ("Block index 02", "Block index 01"),
        ("0F 14 19", "0F 14 G9"),
        ("0F 14 19", "0F 14"),
    ] {
        let at = line_of(from.split('\n').next().expect("a line"));
        // The identity stands twice; the second place is meant.
        let at = if from.starts_with("01 12") {
            line_of("Manufacture id")
        } else {
            at
        };
        assert_eq!(refused(from, to), at, "{from} -> {to}");
    }
}

#[test]
fn a_node_that_is_listed_twice_is_refused() {
    let twice = V2.replace("Code 004B | Attrib. 0B", "Code 0048 | Attrib. 08");
    let error = FlipperError::Node {
        line: line_of("Code 004B"),
        code: NodeCode(0x0048),
        why: Misplaced::Twice,
    };
    assert_eq!(parse(twice.as_bytes()), Err(error));
}

#[test]
fn a_cut_dump_is_never_taken_for_a_whole_one() {
    // Only what stands behind the last count can be missed without harm.
    let needed = V2.trim_end().len();
    // An identity alone is a file that the Flipper writes too; what is shown of it is true.
    let alone = V2.find("\n# FeliCa specific").expect("the end of the UID")
        ..=V2.find("Data format").expect("a line");
    for end in (0..needed).filter(|end| !alone.contains(end)) {
        assert!(parse(&V2.as_bytes()[..end]).is_err(), "cut at byte {end}");
    }
    let cut = &V2[..V2.find("Block 0002").expect("a block")];
    let lines = cut.lines().count();
    let error = FlipperError::Cut {
        line: lines,
        wanted: "the next block",
    };
    assert_eq!(parse(cut.as_bytes()), Err(error));
}

#[test]
fn every_line_is_needed_but_the_drawing_and_the_name_of_the_chip() {
    let drawn = |line: &str| {
        line.starts_with(['+', '|', '-'])
            || line.starts_with("Directory Tree")
            || line.starts_with("IC Type")
    };
    for (left_out, text) in V2
        .lines()
        .enumerate()
        .filter(|(_, l)| !l.is_empty() && !l.starts_with('#'))
    {
        let rest: Vec<&str> = V2
            .lines()
            .enumerate()
            .filter(|(n, _)| *n != left_out)
            .map(|(_, line)| line)
            .collect();
        let without = parse(rest.join("\n").as_bytes());
        match drawn(text) {
            true => assert_eq!(without, Ok(read(V2)), "without {text:?}"),
            false => assert!(without.is_err(), "without {text:?}"),
        }
    }
}

#[test]
fn garbled_text_is_refused() {
    let mut dump = V2.as_bytes().to_vec();
    let at = V2.find("Service 003").expect("a service");
    dump[at] = 0xFF;
    assert_eq!(
        parse(&dump),
        Err(FlipperError::NotText(NotText {
            line: line_of("Service 003")
        }))
    );
    let more = format!("{V2}Public blocks read: 0\n");
    assert!(matches!(
        parse(more.as_bytes()),
        Err(FlipperError::Line { .. })
    ));
}

proptest! {
    #[test]
    fn no_damage_makes_it_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in any::<prop::sample::Index>(),
        newer in any::<bool>(),
    ) {
        let mut dump = if newer { V4 } else { V2 }.as_bytes().to_vec();
        for (at, byte) in changes {
            let at = at.index(dump.len());
            dump[at] = byte;
        }
        if let Ok(observation) = parse(&dump) {
            json::cardwright(&observation.tree(), "dump");
        }
        let end = cut.index(dump.len());
        let _ = parse(&dump[..end]);
    }

    #[test]
    fn no_lines_make_it_panic(lines in prop::collection::vec(0..200_usize, 0..120)) {
        let all: Vec<&str> = V4.lines().collect();
        let dump: Vec<&str> = all[..14].iter().copied().chain(lines.iter().map(|n| all[n % all.len()])).collect();
        if let Ok(observation) = parse(dump.join("\n").as_bytes()) {
            proxmark3::write(&observation.tree());
        }
    }

    #[test]
    fn noise_is_not_a_dump(noise in prop::collection::vec(any::<u8>(), 0..2000)) {
        prop_assert!(parse(&noise).is_err());
        let mut headed = b"Filetype: Flipper NFC device\n".to_vec();
        headed.extend(noise);
        prop_assert!(parse(&headed).is_err());
    }
}
