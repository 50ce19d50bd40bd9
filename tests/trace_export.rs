//! Exports of a trace: what is in them, and above all what is not.

use crate::aes;
use crate::key_search::runs::{keys_of, search};
use crate::key_search::search::Search;
use crate::support::SeededRng;
use crate::trace::traced_flows;
use cardwright::model::card::{Block, NodeCode};
use cardwright::model::cipher::AesKeyPackage;
use cardwright::model::command::{BlockElement, SecureRequest};
use cardwright::model::demo::Demo;
use cardwright::model::reader::Reader;
use cardwright::model::trace::export::{Export, SCHEMA, json, one, shared_hex, text};
use cardwright::model::trace::{Exchange, FieldName, Trace};
use cardwright::workbench::trace_words::TableWords;
use serde_json::Value;

/// Both forms, with IDs as they are and masked, and every exchange as it is copied.
pub fn every_export(trace: &Trace) -> Vec<String> {
    let mut out = Vec::new();
    for mask_ids in [false, true] {
        let export = Export::new("Emulated card", trace.iter().collect(), mask_ids);
        out.push(json(&export).collect());
        out.push(text(&export, &TableWords).collect());
    }
    let copied = trace.iter().map(|exchange| {
        let parts = exchange.parts();
        let parts: Vec<_> = parts.iter().map(shared_hex).collect();
        format!("{}{}", one(exchange, false, &TableWords), parts.join("\n"))
    });
    out.push(copied.collect());
    out
}

/// A trace of everything that is enciphered or sealed: issuing, a division, and a session of AES that registers a key.
fn everything() -> Vec<Trace> {
    let mut card = aes::aes_card();
    card.record(Trace::default());
    let mut sam = aes::owner_sam();
    let mut reader = Reader::new(&mut card);
    let target = aes::target(Demo::new().idm, &[aes::AREA, aes::PASS]);
    let genuine = reader.authenticate_v2(&mut sam, &target, &mut SeededRng(1));
    genuine.expect("genuine");
    let write = SecureRequest::Write {
        blocks: vec![BlockElement::normal(1, 0)],
        data: vec![Block(*b"not secret at al")],
    };
    reader.secure(&mut sam, &write).expect("written");
    let package = AesKeyPackage {
        node: NodeCode(aes::PASS),
        key_version: 2,
        key: aes::key_of(aes::AREA),
    };
    let package = package.seal(&aes::key_of(aes::AREA), Some(&aes::key_of(aes::PASS)));
    let node = NodeCode(aes::PASS);
    let register = SecureRequest::RegisterAesKey { node, package };
    reader.secure(&mut sam, &register).expect("prepared");
    [&card, &traced_flows()]
        .map(|card| card.trace().expect("noted").clone())
        .to_vec()
}

#[test]
fn no_export_holds_a_key() {
    let mut keys = keys_of(&Demo::new());
    keys.extend(keys_of(&aes::demo()));
    let search = search(&keys);
    for trace in everything() {
        for export in every_export(&trace) {
            assert_eq!(search.find(export.as_bytes()), []);
            assert!(export.len() > 500);
        }
        assert_eq!(search.find(format!("{trace:?}").as_bytes()), []);
    }
}

/// The runs of bytes of an exchange that nobody may get: with them, keys could be searched for.
fn withheld(exchange: &Exchange) -> Vec<Vec<u8>> {
    let parts = exchange.parts();
    let fields = parts.iter().flat_map(|part| {
        let sealed = part
            .fields
            .iter()
            .filter(|field| !field.name.may_be_shared() && field.name != FieldName::Padding);
        sealed.map(|field| part.bytes[field.at.clone()].to_vec())
    });
    fields.collect()
}

#[test]
fn no_export_holds_anything_that_a_key_can_be_tried_on() {
    for trace in everything() {
        let runs: Vec<_> = trace.iter().flat_map(withheld).collect();
        assert!(runs.len() >= 5);
        // The search looks for whole windows of eight.
        let runs = runs.iter().filter(|run| run.len() >= 8);
        let runs: Vec<_> = runs.map(|run| &run[..run.len() / 8 * 8]).collect();
        let search = Search::new(runs.iter().map(|run| ("withheld", *run)));
        for export in every_export(&trace) {
            assert_eq!(search.find(export.as_bytes()), []);
        }
    }
}

/// Every ID that an exchange shows.
fn ids(trace: &Trace) -> Vec<(FieldName, Vec<u8>)> {
    let exchanges: Vec<_> = trace.iter().collect();
    let mut found = Vec::new();
    for exchange in exchanges {
        for part in exchange.parts() {
            for field in part.fields.iter().filter(|field| field.name.is_id()) {
                found.push((field.name, part.bytes[field.at.clone()].to_vec()));
            }
        }
    }
    found
}

#[test]
fn masked_ids_are_nowhere_and_have_one_name_each() {
    let card = traced_flows();
    let trace = card.trace().expect("noted");
    let ids = ids(trace);
    let different: std::collections::BTreeSet<_> = ids.iter().map(|(_, id)| id.clone()).collect();
    let idms: std::collections::BTreeSet<_> = ids
        .iter()
        .filter(|(name, _)| *name == FieldName::Idm)
        .map(|(_, id)| id.clone())
        .collect();
    assert_eq!(
        idms.len(),
        2,
        "the card and the system that was divided off"
    );
    let known = |id: &&Vec<u8>| id.iter().any(|byte| *byte != 0xFF);
    let search = Search::new(different.iter().filter(known).map(|id| ("an ID", &id[..])));
    let masked = Export::new("", trace.iter().collect(), true);
    let clear = Export::new("", trace.iter().collect(), false);
    let (as_text, as_json) = (text(&masked, &TableWords), json(&masked));
    let (as_text, as_json): (String, String) = (as_text.collect(), as_json.collect());
    for export in [&as_text, &as_json] {
        assert_eq!(search.find(export.as_bytes()), []);
        assert!(export.contains("IDm-1.0") && export.contains("IDm-1.1"));
        assert!(!export.contains("IDm-2"), "one card has one name");
    }
    let shown: String = json(&clear).collect();
    assert_ne!(search.find(shown.as_bytes()), [], "the control");
}

/// An ID that was read from a block, or written to one, is masked there too.
#[test]
fn an_id_among_a_blocks_bytes_is_masked_as_well() {
    use cardwright::model::command::{Request, Response, Status};
    use cardwright::model::trace::{Bytes, Ended};
    let idm = Demo::new().idm;
    let mut data = Block::ZERO;
    // As system 3 of the card has it, from the fifth byte on.
    data.put(5, &idm.of_system(3).0);
    let read = Request::ReadPlain {
        idm,
        services: vec![NodeCode(0x1009)],
        blocks: vec![BlockElement::normal(0, 0)],
    };
    let answer = Response::ReadPlain {
        idm,
        status: Status::OK,
        data: vec![data],
    };
    let (read, answer) = (read.encode().expect("fits"), answer.encode().expect("fits"));
    let bytes = Bytes {
        command: read.as_bytes(),
        answer: answer.as_bytes(),
        ..Bytes::default()
    };
    let mut trace = Trace::default();
    trace.push(Exchange::new(Ended::Answered, bytes, None));
    let export = Export::new("", trace.iter().collect(), true);
    let value: Value = serde_json::from_str(&json(&export).collect::<String>()).expect("JSON");
    let shown = value["exchanges"][0]["parts"][1]["bytes"].as_str();
    let expected = format!(
        "1D07{}000001{}{}{}",
        "--".repeat(8),
        "00".repeat(5),
        "--".repeat(8),
        "00".repeat(3)
    );
    assert_eq!(shown, Some(&expected[..]));
}

#[test]
fn the_json_form_is_the_documented_one() {
    let card = traced_flows();
    let trace = card.trace().expect("noted");
    let export = Export::new("Emulated card, std-4k", trace.iter().collect(), false);
    let value: Value = serde_json::from_str(&json(&export).collect::<String>()).expect("JSON");
    assert_eq!(value["schema"], SCHEMA);
    assert_eq!(value["source"], "Emulated card, std-4k");
    assert_eq!(value["ids"], "clear");
    let exchanges = value["exchanges"].as_array().expect("a list");
    assert_eq!(exchanges.len(), trace.len());
    for (shown, noted) in exchanges.iter().zip(trace.iter()) {
        assert_eq!(shown["number"], noted.number);
        let parts = shown["parts"].as_array().expect("a list");
        assert_eq!(parts.len(), noted.parts().len());
        for (part, noted) in parts.iter().zip(noted.parts()) {
            let bytes = part["bytes"].as_str().expect("digits");
            assert_eq!(bytes.len(), 2 * noted.bytes.len());
            for field in part["fields"].as_array().expect("a list") {
                let at = field["at"].as_u64().expect("a number") as usize;
                let length = field["length"].as_u64().expect("a number") as usize;
                let left_out = bytes[2 * at..2 * (at + length)].contains('-');
                assert_eq!(field["left_out"] == true, left_out, "{field}");
            }
        }
    }
    let divide = exchanges
        .iter()
        .find(|e| e["command"] == "88")
        .expect("there");
    assert_eq!(divide["name"], "Separate System");
    assert_eq!(divide["step"], "ST63");
    assert_eq!(divide["status"], "0000");
    assert_eq!(divide["parts"][0]["fields"][3]["name"], "pj");
    assert_eq!(divide["parts"][0]["fields"][3]["left_out"], true);
    let empty = Export::new("", Vec::new(), true);
    let value: Value = serde_json::from_str(&json(&empty).collect::<String>()).expect("JSON");
    assert_eq!(value["exchanges"], Value::Array(Vec::new()));
}

#[test]
fn the_text_form_reads_field_by_field() {
    let card = traced_flows();
    let trace = card.trace().expect("noted");
    let export = Export::new("Emulated card, std-4k", trace.iter().collect(), false);
    let text: String = text(&export, &TableWords).collect();
    let head: Vec<_> = text.lines().take(3).collect();
    assert!(
        head[0].starts_with("Trace, Emulated card, std-4k, "),
        "{head:?}"
    );
    for line in [
        "SF2, what",
        "no error",
        "Pj, sealed",
        "left out",
        "> Opened",
        "Register Service",
    ] {
        assert!(text.contains(line), "{line}");
    }
    assert!(!text.contains("Not understood"));
}
