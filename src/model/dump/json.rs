//! A card as JSON in the project's own schema, which keeps all that a [`Tree`] says of the card's contents.

use crate::model::card::lite;
use crate::model::card::tree::{AreaNode, KeyFacts, ServiceNode, SystemTree, Tree};
use crate::model::card::{ServiceAccess, ServiceKind};
use crate::model::hex;
use serde_json::{Map, Value, json};

/// The name of the project's own schema.
pub const SCHEMA: &str = "cardwright.tree/1";

/// The card in the schema [`SCHEMA`]. `source` says where it comes from, for example a file's name.
///
/// Codes are four upper-case hexadecimal digits in value order, bytes upper-case hexadecimal without gaps,
/// versions and block counts numbers. What is not known is `null`; `data` holds the blocks that are known.
/// A node that is known to have an AES key has `aes_key_version` and `aes_kcv` beside those of its DES key; others do
/// not have these. A system has `foreign`, the codes of its nodes that are neither areas nor services, and `adrift`,
/// those of its nodes of which it is not told in which area they stand, where there are such; other nodes stand in the
/// innermost area whose range holds them, as far as ends are known. A service of a Lite-S card has `block_names`, from
/// the number of a block in `data` to its name. A system that is pending is not on the card and is left out.
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
    let mut value = json!({
        "code": system.told_code().map(|code| code.to_string()),
        "idm": system.idm.map(|idm| hex::plain(&idm.0)),
        "pmm": system.pmm.map(|pmm| hex::plain(&pmm.0)),
        "blocks": {
            "user": blocks.map(|b| b.user),
            "system": blocks.map(|b| b.system),
            "free": blocks.map(|b| b.free),
        },
        "areas": system.areas.iter().map(area).collect::<Vec<_>>(),
        "services": system.services.iter().map(|node| service(system, node)).collect::<Vec<_>>(),
    });
    if let Some(encryption) = system.encryption {
        value["encryption_identifier"] = encryption.to_string().into();
    }
    if !system.foreign.is_empty() {
        let codes = system.foreign.iter().map(|node| node.code.to_string());
        value["foreign"] = codes.collect::<Vec<_>>().into();
    }
    let walk = system.walk();
    let adrift = walk.iter().filter(|(_, node)| node.is_adrift());
    let adrift: Vec<String> = adrift.map(|(_, node)| node.code().to_string()).collect();
    if !adrift.is_empty() && !system.is_lite() {
        value["adrift"] = adrift.into();
    }
    value
}

fn area(area: &AreaNode) -> Value {
    let value = json!({
        "code": area.code.to_string(),
        "end": area.end.map(|end| end.to_string()),
        "blocks": area.allotted,
        "key_version": area.key.version,
        "kcv": area.key.kcv.map(|kcv| kcv.to_string()),
    });
    with_aes(value, area.key)
}

/// The node with what is known of its AES key; unchanged where it is not known to have one.
fn with_aes(mut node: Value, key: KeyFacts) -> Value {
    if let Some(aes) = key.aes {
        node["aes_key_version"] = aes.version.into();
        node["aes_kcv"] = aes.kcv.map(|kcv| kcv.to_string()).into();
    }
    node
}

fn service(system: &SystemTree, service: &ServiceNode) -> Value {
    let mut value = json!({
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
    });
    let named = service.data.keys().filter_map(|number| {
        let name = lite::block_of(system, *number)?.to_string();
        Some((format!("{number:04X}"), Value::from(name)))
    });
    let named: Map<_, _> = named.collect();
    if !named.is_empty() {
        value["block_names"] = named.into();
    }
    with_aes(value, service.key)
}

/// The blocks of a service that are known, by block number.
pub(super) fn data(service: &ServiceNode) -> Value {
    let known = service.data.iter();
    known
        .map(|(number, block)| (format!("{number:04X}"), Value::from(hex::plain(&block.0))))
        .collect::<Map<_, _>>()
        .into()
}
