//! Writing a proxmark3 dump.

use crate::model::card::tree::{KeyFacts, SystemTree, Tree, TreeNode};
use crate::model::card::{KeyVersion, NodeCode};
use crate::model::dump::json::data;
use crate::model::hex;
use serde_json::{Value, json};

/// The card in proxmark3's layout. What that cannot hold is left out; [`export`](crate::model::dump::export) lists it.
///
/// The system is a node of its own where a version of its keys is known. An IDm or PMm that is not known is `null`,
/// which `hf felica sim` refuses. The fields that are always `null` here are of mobile phones.
pub fn write(tree: &Tree) -> Value {
    let systems = tree.systems.iter().filter(|system| !system.pending);
    json!({
        "specification_version": null,
        "product_information": null,
        "container_issue_information": null,
        "systems": systems.map(system).collect::<Vec<_>>(),
    })
}

fn system(system: &SystemTree) -> Value {
    // As a search finds them.
    let by_code = system.by_code();
    let nodes = by_code.iter().map(|tree_node| {
        let key = tree_node.key();
        let code = wire(tree_node.code().0);
        match tree_node {
            TreeNode::Area(_, area) => {
                let end = area.end.map(|end| wire(end.0)).unwrap_or_default();
                node("area", code + &end, key, json!({}))
            }
            TreeNode::Service(service) => node("service", code, key, data(service)),
            // The form has three kinds, and `hf felica sim` takes no other.
            TreeNode::Foreign(_) => node("service", code, key, json!({})),
        }
    });
    let own = (system.key.version.is_some() || system.key.aes.is_some())
        .then(|| node("system", wire(NodeCode::SYSTEM.0), system.key, json!({})));
    json!({
        "code": system.code.to_string(),
        "idm": system.idm.map(|idm| hex::plain(&idm.0)),
        "pmm": system.pmm.map(|pmm| hex::plain(&pmm.0)),
        "encryption_identifier": system.encryption.map(|told| told.to_string()),
        "nodes": nodes.chain(own).collect::<Vec<_>>(),
    })
}

fn node(kind: &str, code: String, key: KeyFacts, data: Value) -> Value {
    json!({
        "type": kind,
        "code": code,
        "des_key_version": version(key.des_version()),
        "aes_key_version": version(key.aes.map(|aes| aes.version)),
        "data": data,
    })
}

fn version(version: Option<KeyVersion>) -> Option<String> {
    version.map(wire)
}

/// Hexadecimal, low byte first.
fn wire(number: u16) -> String {
    hex::plain(&number.to_le_bytes())
}
