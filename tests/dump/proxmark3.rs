//! proxmark3 dumps: what is read from good ones, and how bad ones are refused.

use super::{PM3, V2, V4, read};
use cardwright::model::card::observation::Observation;
use cardwright::model::card::{Idm, NodeCode, Pmm, ServiceCode};
use cardwright::model::dump::decode::NotText;
use cardwright::model::dump::json_read::JsonError;
use cardwright::model::dump::proxmark3::{parse, write};
use cardwright::model::dump::{self, MAX_FILE_BYTES, OpenError, Opened};
use proptest::prelude::*;
use serde_json::Value;
use std::collections::BTreeSet;

fn good() -> Observation {
    parse(PM3.as_bytes()).expect("a good dump")
}

#[test]
fn a_dump_tells_nesting_versions_and_blocks() {
    let tree = good().tree();
    assert_eq!(tree.counts(), (2, 4, 6));
    let system = &tree.systems[0];
    assert_eq!(system.code.0, 0x9001);
    assert_eq!(
        system.idm,
        Some(Idm([1, 0x12, 0xC4, 0x5A, 0x77, 1, 0x9E, 0x30]))
    );
    assert_eq!(
        system.pmm,
        Some(Pmm([1, 0x20, 0x22, 4, 0x27, 0x67, 0x4E, 0xFF]))
    );
    assert_eq!(system.key.version, Some(0x0102));
    let areas = system.areas.iter();
    let areas: Vec<_> = areas
        .map(|area| (area.code.0, area.end, area.parent, area.key.version))
        .collect();
    let end = |code| Some(NodeCode(code));
    let told = [
        (0x0000, end(0xFFFE), None, Some(5)),
        (0x1000, end(0x1FFF), Some(0), Some(3)),
        (0x1400, end(0x17FF), Some(1), Some(4)),
    ];
    assert_eq!(areas, told);
    let services = system.services.iter();
    let services: Vec<_> = services
        .map(|s| (s.code.value(), s.area, s.key.version, s.data.len()))
        .collect();
    let told = [
        (0x1008, Some(1), Some(2), 0),
        (0x100B, Some(1), Some(0), 3),
        (0x1410, Some(2), None, 0),
        // FFFF stands for a version that is not there.
        (0x180F, Some(1), None, 1),
        (0x2009, Some(0), Some(1), 0),
    ];
    assert_eq!(services, told);
    assert_eq!(system.services[1].data[&1].0[0], 0x10);
    assert!(system.services.iter().all(|s| s.blocks.is_none()));
    assert_eq!(tree.systems[1].key.version, None);
}

#[test]
fn content_tells_what_it_is() {
    assert_eq!(dump::open(PM3.as_bytes()), Ok(Opened::Observation(good())));
    let spaced = format!("\n\t {PM3}\n\n");
    assert_eq!(
        dump::open(spaced.as_bytes()),
        Ok(Opened::Observation(good()))
    );
    assert_eq!(dump::open(b"{}"), Err(OpenError::Unknown));
    assert_eq!(dump::open(br#"{"cards": []}"#), Err(OpenError::Unknown));
    assert_eq!(dump::open(b"[]"), Err(OpenError::Unknown));
    let cut = dump::open(&PM3.as_bytes()[..PM3.len() / 2]);
    assert!(
        matches!(cut, Err(OpenError::Json(_, JsonError::Cut { .. }))),
        "{cut:?}"
    );
}

#[test]
fn what_was_written_is_read_again() {
    for dump in [good(), read(V4), read(V2)] {
        let written = format!("{:#}", write(&dump.tree()));
        let again = parse(written.as_bytes()).expect("what we write");
        assert_eq!(again.tree(), dump.tree());
    }
}

#[test]
fn order_and_missing_ends_make_no_dump_unreadable() {
    let lines: Vec<&str> = PM3.lines().collect();
    let at = |part: &str| lines.iter().position(|line| line.contains(part));
    let (first, last) = (at("\"0000FEFF\""), at("\"0810\""));
    let (first, last) = first.zip(last).expect("they stand there");
    assert_eq!(last - first, 2);
    // The first two areas and a service, the other way round.
    let mut turned = lines.clone();
    turned[first..=last].reverse();
    assert_eq!(
        parse(turned.join("\n").as_bytes()).expect("a dump").tree(),
        good().tree()
    );
    let endless = PM3.replace("\"0010FF1F\"", "\"0010\"");
    assert_ne!(endless, PM3);
    let tree = parse(endless.as_bytes()).expect("a dump").tree();
    let system = &tree.systems[0];
    assert_eq!(system.areas[1].end, None);
    let area = |code| {
        system
            .service(ServiceCode::new(code).expect("a code"))
            .and_then(|s| s.area)
    };
    assert_eq!(
        (area(0x1008), area(0x180F)),
        (Some(1), None),
        "180F: in 1000 or behind it"
    );
    let written = write(&tree).to_string();
    assert_eq!(parse(written.as_bytes()).expect("a dump").tree(), tree);
}

#[test]
fn a_node_of_an_unknown_kind_does_not_sink_the_dump() {
    let other = PM3.replacen("\"0810\"", "\"2010\"", 1);
    let tree = parse(other.as_bytes()).expect("a dump").tree();
    let system = &tree.systems[0];
    let foreign: Vec<_> = system
        .foreign
        .iter()
        .map(|node| (node.code.0, node.key.version))
        .collect();
    assert_eq!(foreign, [(0x1020, Some(2))]);
    assert_eq!(system.services.len(), 4, "the others are shown");
    let written = write(&tree).to_string();
    assert_eq!(parse(written.as_bytes()).expect("a dump").tree(), tree);
}

/// What `hf felica sim` makes sure of when it loads a dump.
fn is_simulated(dump: &Value) {
    for system in dump["systems"].as_array().expect("systems") {
        let mut seen = BTreeSet::new();
        for node in system["nodes"].as_array().expect("nodes") {
            let (kind, code) = (&node["type"], node["code"].as_str().expect("a code"));
            let has_version =
                !node["des_key_version"].is_null() || !node["aes_key_version"].is_null();
            let data = node["data"].as_object().expect("an object");
            match kind.as_str().expect("a kind") {
                "area" => assert!(matches!(code.len(), 4 | 8) && data.is_empty(), "{node}"),
                "service" => assert_eq!(code.len(), 4, "{node}"),
                "system" => assert!(has_version && data.is_empty(), "{node}"),
                _ => panic!("{node}"),
            }
            assert_eq!(kind == "system", &code[..4] == "FFFF", "{node}");
            assert!(seen.insert((kind.to_string(), code)), "twice: {node}");
        }
    }
}

#[test]
fn nodes_adrift_and_of_unknown_kinds_are_written_in_order_for_the_program_to_take() {
    // An area without its end, one behind it, and a node of no kind between them.
    let other = PM3
        .replacen("\"0010FF1F\"", "\"0010\"", 1)
        .replacen("\"0810\"", "\"2010\"", 1);
    for dump in [
        parse(other.as_bytes()).expect("a dump"),
        read(V2),
        read(V4),
        good(),
    ] {
        let tree = dump.tree();
        let written = write(&tree);
        is_simulated(&written);
        assert_eq!(
            parse(written.to_string().as_bytes())
                .expect("a dump")
                .tree(),
            tree
        );
        for (system, shown) in written["systems"]
            .as_array()
            .expect("systems")
            .iter()
            .zip(&tree.systems)
        {
            let nodes = system["nodes"].as_array().expect("nodes").iter();
            let codes = nodes.map(|node| {
                let code = node["code"].as_str().expect("a code");
                u16::from_str_radix(&code[..4], 16)
                    .expect("digits")
                    .swap_bytes()
            });
            let codes: Vec<u16> = codes.collect();
            assert!(codes.is_sorted(), "{codes:04X?}");
            assert!(codes.len() >= shown.areas.len() + shown.services.len() + shown.foreign.len());
        }
    }
}

#[test]
fn errors_name_the_line() {
    let line_of = |part: &str| {
        let at = PM3.lines().position(|line| line.contains(part));
        1 + at.unwrap_or_else(|| panic!("{part}"))
    };
    for (from, to, says) in [
        (
            r#""code": "9001""#,
            r#""code": "901""#,
            "expected 4 hexadecimal digits",
        ),
        (
            "0112C45A77019E30\"",
            "0112C45A77019E3\"",
            "expected 16 hexadecimal",
        ),
        ("\"0010FF1F\"", "\"0010FF0F\"", "ends before it begins"),
        ("\"0010FF1F\"", "\"0810FF1F\"", "not the code of an area"),
        ("\"0010FF1F\"", "\"0010FF\"", "eight hexadecimal digits"),
        ("\"0010FF1F\"", "\"0000FF1F\"", "found before"),
        ("\"0810\"", "\"0010\"", "not the code of a service"),
        ("\"0B10\"", "\"0810\"", "found before"),
        ("\"1014\"", "\"0814\"", ""),
        ("\"0002\": \"20", "\"0001\": \"20", "there before"),
        ("\"0002\": \"20", "\"02\": \"20", "hexadecimal digits"),
        ("2E2F\"", "2E2\"", "hexadecimal digits"),
        (
            "\"des_key_version\": \"0300\"",
            "\"des_key_version\": 3",
            "expected a string",
        ),
        (
            "\"type\": \"system\"",
            "\"type\": \"planet\"",
            "unknown variant",
        ),
        ("\"code\": \"FFFF\"", "\"code\": \"FEFF\"", "is FFFF"),
    ] {
        assert!(PM3.contains(from), "{from}");
        let read = parse(PM3.replacen(from, to, 1).as_bytes());
        if says.is_empty() {
            read.expect("another code of the same kind");
            continue;
        }
        match read.expect_err(to) {
            JsonError::Wrong { line, what, .. } => {
                assert!(what.contains(says), "{from} -> {to}: {what}");
                // The line of the node that holds it, or of the value.
                let at = line_of(from);
                assert!(
                    (at..=at + 5).contains(&line),
                    "{from} -> {to}: {line}, {at}"
                );
            }
            other => panic!("{from} -> {to}: {other:?}"),
        }
    }
}

#[test]
fn doubled_members_and_misplaced_data_are_refused() {
    let wrong = |from: &str, to: &str| {
        assert!(PM3.contains(from), "{from}");
        let read = parse(PM3.replacen(from, to, 1).as_bytes());
        assert!(
            matches!(read, Err(JsonError::Wrong { .. })),
            "{to}: {read:?}"
        );
    };
    wrong(
        "\"code\": \"9001\",",
        "\"code\": \"9001\", \"code\": \"9002\",",
    );
    // FFFF stands for a node that is not there, so nothing else has that code.
    wrong("\"type\": \"system\"", "\"type\": \"area\"");
    wrong("\"type\": \"system\"", "\"type\": \"service\"");
    let block = "{\"0000\": \"000102030405060708090A0B0C0D0E0F\"}";
    wrong(
        "\"code\": \"0010FF1F\", \"des_key_version\": \"0300\", \"aes_key_version\": null, \"data\": {}",
        &format!("\"code\": \"0010FF1F\", \"data\": {block}"),
    );
    let systems = vec!["{\"code\":\"9001\",\"nodes\":[]}"; 17].join(",");
    let many = format!("{{\"systems\":[{systems}]}}");
    assert!(matches!(
        parse(many.as_bytes()),
        Err(JsonError::Wrong { .. })
    ));
}

#[test]
fn a_cut_dump_is_never_taken_for_a_whole_one() {
    let whole = PM3.trim_end().len();
    for end in 1..whole {
        let cut = parse(&PM3.as_bytes()[..end]);
        let line = PM3[..end].matches('\n').count() + 1;
        match cut {
            Err(JsonError::Cut { line: said }) => assert!(line - said <= 1, "{end}"),
            other => panic!("cut at byte {end}: {other:?}"),
        }
    }
}

#[test]
fn giants_depths_and_noise_are_refused_at_once() {
    let mut giant = PM3.as_bytes().to_vec();
    giant.resize(MAX_FILE_BYTES + 1, b' ');
    assert_eq!(parse(&giant), Err(JsonError::TooLarge));
    giant.pop();
    assert!(parse(&giant).is_ok());
    for open in ["[", "{\"a\":", "{\"systems\":[{\"nodes\":["] {
        let deep = format!("{{\"x\":{}", open.repeat(1 << 20));
        assert!(parse(deep.as_bytes()).is_err(), "{open}");
        let deep = format!("{{\"systems\":{}", open.repeat(1 << 16));
        assert!(parse(deep.as_bytes()).is_err(), "{open}");
    }
    // What is not looked for takes no memory, however much there is.
    let zeros = format!("{{\"x\":[{}0],\"systems\":[]}}", "0,".repeat(7 << 20));
    assert_eq!(parse(zeros.as_bytes()), Ok(Observation::default()));
    let mut garbled = PM3.as_bytes().to_vec();
    let at = PM3.find("0810").expect("a service");
    garbled[at] = 0xFF;
    let line = PM3[..at].matches('\n').count() + 1;
    assert_eq!(parse(&garbled), Err(JsonError::NotText(NotText { line })));
    let long = PM3.replacen(
        "\"type\": \"system\"",
        &format!("\"type\": \"{}\"", "x".repeat(9999)),
        1,
    );
    let error = parse(long.as_bytes()).expect_err("no kind of node");
    assert!(error.to_string().len() < 400, "{error}");
}

proptest! {
    #[test]
    fn no_damage_makes_it_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut dump = PM3.as_bytes().to_vec();
        for (at, byte) in changes {
            let at = at.index(dump.len());
            dump[at] = byte;
        }
        if let Ok(seen) = parse(&dump) {
            let _ = cardwright::model::card::materialise::materialise(&seen);
        }
        let end = cut.index(dump.len());
        let _ = parse(&dump[..end]);
    }

    #[test]
    fn no_lines_make_it_panic(lines in prop::collection::vec(0..60_usize, 0..60)) {
        let all: Vec<&str> = PM3.lines().collect();
        let dump: Vec<&str> = lines.iter().map(|n| all[n % all.len()]).collect();
        let _ = parse(format!("{{{}", dump.join("\n")).as_bytes());
        let nodes = lines.iter().map(|n| all[10 + n % 3]).chain([all[10].trim_end_matches(',')]);
        let nodes: Vec<&str> = nodes.collect();
        let _ = parse(format!("{{\"systems\":[{{\"code\":\"9001\",\"nodes\":[{}]}}]}}", nodes.join("\n")).as_bytes());
    }
}
