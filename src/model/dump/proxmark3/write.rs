//! Writing a proxmark3 dump.

use crate::model::card::tree::{SystemTree, Tree, TreeNode};
use crate::model::card::{KeyVersion, NodeCode};
use crate::model::dump::json::data;
use crate::model::hex;
use serde_json::{Value, json};

/// The card in proxmark3's layout. What that cannot hold is left out; [`export`](crate::model::dump::export) lists it.
///
/// The system is a node of its own where its key version is known. An IDm or PMm that is not known is `null`,
/// which `hf felica sim` refuses. The fields that are always `null` here are of mobile phones and of the AES
/// generation: the version of an AES key stands nowhere, not under the name of a DES key's either.
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
    let walk = system.walk();
    let hinted = !ends_tell(&walk);
    let mut nodes: Vec<Value> = walk
        .iter()
        .map(|(_, tree_node)| {
            let mut node = match tree_node {
                TreeNode::Area(_, area) => {
                    let end = area.end.map(|end| wire(end.0)).unwrap_or_default();
                    node(
                        "area",
                        wire(area.code.0) + &end,
                        area.key.des_version(),
                        json!({}),
                    )
                }
                TreeNode::Service(service) => {
                    let code = wire(service.code.value());
                    node("service", code, service.key.des_version(), data(service))
                }
                TreeNode::Foreign(foreign) => {
                    let key = foreign.key.des_version();
                    node("service", wire(foreign.code.0), key, json!({}))
                }
            };
            if let (true, Some(around)) = (hinted, tree_node.parent()) {
                node["area"] = wire(system.areas[around].code.0).into();
            }
            node
        })
        .collect();
    if system.key.des_version().is_some() {
        let code = wire(NodeCode::SYSTEM.0);
        nodes.push(node("system", code, system.key.des_version(), json!({})));
    }
    json!({
        "code": system.code.to_string(),
        "idm": system.idm.map(|idm| hex::plain(&idm.0)),
        "pmm": system.pmm.map(|pmm| hex::plain(&pmm.0)),
        "encryption_identifier": null,
        "nodes": nodes,
    })
}

/// Whether the end codes alone tell in which area each node stands.
fn ends_tell(walk: &[(usize, TreeNode)]) -> bool {
    let mut open = Vec::new();
    let mut last = NodeCode::AREA_0;
    for (depth, node) in walk {
        let code = node.code();
        let ended = |end: &Option<NodeCode>| end.is_some_and(|end| end < code);
        let innermost = open.iter().rposition(|end| !ended(end));
        if innermost.map_or(0, |at| at + 1) != *depth || code < last {
            return false;
        }
        last = code;
        open.truncate(*depth);
        if let TreeNode::Area(_, area) = node {
            if area.end.is_none() && *depth > 0 {
                return false;
            }
            open.push(area.end);
        }
    }
    true
}

fn node(kind: &str, code: String, key_version: Option<KeyVersion>, data: Value) -> Value {
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
