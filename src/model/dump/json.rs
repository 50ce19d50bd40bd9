//! A card as JSON: in the project's own schema, which keeps all that a [`Tree`] says of the card's contents,
//! and in proxmark3's, which loses some.

use crate::model::card::tree::{AreaNode, ServiceNode, SystemTree, Tree};
use crate::model::card::{KeyVersion, NodeCode, ServiceAccess, ServiceKind};
use crate::model::hex;
use serde_json::{Map, Value, json};

/// The name of the project's own schema.
pub const SCHEMA: &str = "cardwright.tree/1";

/// The card in the schema [`SCHEMA`]. `source` says where it comes from, for example a file's name.
///
/// Codes are four upper-case hexadecimal digits in value order, bytes upper-case hexadecimal without gaps,
/// versions and block counts numbers. What is not known is `null`; `data` holds the blocks that are known.
/// A system that is pending is not on the card and is left out.
pub fn cardwright(tree: &Tree, source: &str) -> Value {
    let systems: Vec<Value> = tree
        .systems
        .iter()
        .filter(|s| !s.pending)
        .map(system)
        .collect();
    json!({ "schema": SCHEMA, "source": source, "systems": systems })
}

fn system(system: &SystemTree) -> Value {
    let blocks = system.blocks;
    json!({
        "code": system.code.to_string(),
        "idm": system.idm.map(|idm| hex::plain(&idm.0)),
        "pmm": system.pmm.map(|pmm| hex::plain(&pmm.0)),
        "blocks": {
            "user": blocks.map(|b| b.user),
            "system": blocks.map(|b| b.system),
            "free": blocks.map(|b| b.free),
        },
        "areas": system.areas.iter().map(area).collect::<Vec<_>>(),
        "services": system.services.iter().map(service).collect::<Vec<_>>(),
    })
}

fn area(area: &AreaNode) -> Value {
    json!({
        "code": area.code.to_string(),
        "end": area.end.map(|end| end.to_string()),
        "blocks": area.allotted,
        "key_version": area.key.version,
        "kcv": area.key.kcv.map(|kcv| kcv.to_string()),
    })
}

fn service(service: &ServiceNode) -> Value {
    json!({
        "code": service.code.to_string(),
        "kind": match service.code.kind() {
            ServiceKind::Random => "random",
            ServiceKind::Cyclic => "cyclic",
            ServiceKind::Purse => "purse",
        },
        "access": match service.code.access() {
            ServiceAccess::ReadWrite => "read-write",
            ServiceAccess::ReadOnly => "read-only",
            ServiceAccess::CashbackDecrement => "cashback-decrement",
            ServiceAccess::Decrement => "decrement",
        },
        "blocks": service.blocks,
        "key_version": service.key.version,
        "kcv": service.key.kcv.map(|kcv| kcv.to_string()),
        "data": data(service),
    })
}

/// The blocks of a service that are known, by block number.
fn data(service: &ServiceNode) -> Value {
    let known = service.data.iter();
    known
        .map(|(number, block)| (format!("{number:04X}"), Value::from(hex::plain(&block.0))))
        .collect::<Map<_, _>>()
        .into()
}

/// The card in the layout that proxmark3 writes with `hf felica dump` and reads with `hf felica sim`.
///
/// There, codes of nodes and key versions stand as they pass on the wire, low byte first: service 090F is
/// `"0F09"`, and area 1000–17FF is `"0010FF17"`, or `"0010"` where the end is not known. System codes and
/// block numbers are in value order. The system is a node of its own where its key version is known.
///
/// Lost are: block counts and allotments, KCVs, the source, and a system whose IDm or PMm is not known keeps
/// them as `null`, which `hf felica sim` refuses. The fields that are always `null` here are of the AES
/// generation and of mobile phones.
pub fn proxmark3(tree: &Tree) -> Value {
    let systems: Vec<Value> = tree
        .systems
        .iter()
        .filter(|s| !s.pending)
        .map(pm3_system)
        .collect();
    json!({
        "specification_version": null,
        "product_information": null,
        "container_issue_information": null,
        "systems": systems,
    })
}

fn pm3_system(system: &SystemTree) -> Value {
    let mut nodes = Vec::new();
    if system.key.version.is_some() {
        let code = wire(NodeCode::SYSTEM.0);
        nodes.push((
            NodeCode::SYSTEM,
            pm3_node("system", code, system.key.version, json!({})),
        ));
    }
    for area in &system.areas {
        let code = wire(area.code.0) + &area.end.map(|end| wire(end.0)).unwrap_or_default();
        nodes.push((
            area.code,
            pm3_node("area", code, area.key.version, json!({})),
        ));
    }
    for service in &system.services {
        let node = pm3_node(
            "service",
            wire(service.code.value()),
            service.key.version,
            data(service),
        );
        nodes.push((service.code.node(), node));
    }
    // In order of code an area stands before what it holds, as in a search; the system stands last.
    nodes.sort_by_key(|(code, _)| *code);
    json!({
        "code": system.code.to_string(),
        "idm": system.idm.map(|idm| hex::plain(&idm.0)),
        "pmm": system.pmm.map(|pmm| hex::plain(&pmm.0)),
        "encryption_identifier": null,
        "nodes": nodes.into_iter().map(|(_, node)| node).collect::<Vec<_>>(),
    })
}

fn pm3_node(kind: &str, code: String, key_version: Option<KeyVersion>, data: Value) -> Value {
    json!({
        "type": kind,
        "code": code,
        "des_key_version": key_version.map(wire),
        "aes_key_version": null,
        "data": data,
    })
}

/// Hexadecimal, low byte first.
fn wire(number: u16) -> String {
    hex::plain(&number.to_le_bytes())
}
