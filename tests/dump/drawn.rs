//! What other programs write of a card, from what it answers to plain commands: their JSON, drawn as they draw it.

use cardwright::device::emulated::EmulatedCard;
use cardwright::model::card::NodeCode;
use cardwright::model::card::observation::{FoundNode, Observation, ObservedSystem};
use cardwright::model::hex;
use cardwright::model::reader::Reader;
use serde_json::{Map, Value, json};

fn wire(number: u16) -> String {
    hex::plain(&number.to_le_bytes())
}

fn blocks_of(system: &ObservedSystem, node: NodeCode) -> Vec<(u16, String)> {
    let data = node.service().and_then(|service| system.data.get(&service));
    let blocks = data.into_iter().flatten();
    blocks
        .map(|(number, block)| (*number, hex::plain(&block.0)))
        .collect()
}

/// The proxmark3 client asks Request Service v2, and Request Service where that tells it nothing of AES.
pub fn proxmark3(card: &mut EmulatedCard, seen: &Observation) -> Value {
    let systems = seen.systems.iter().map(|system| {
        let own = [NodeCode::SYSTEM];
        let mut reader = Reader::new(card);
        let idm = system.idm.expect("told");
        let mut identifier = Value::Null;
        let mut nodes = Vec::new();
        for code in system.nodes().map(FoundNode::code).chain(own) {
            let v2 = reader.key_versions_v2(idm, &[code]).expect("answered");
            let (des, aes) = match v2.second.first() {
                Some(des) => {
                    identifier = "AES128_DES56".into();
                    (*des, Some(v2.first[0]))
                }
                None => (
                    reader.key_versions(idm, &[code]).expect("answered")[0],
                    None,
                ),
            };
            let found = system.nodes().find(|node| node.code() == code);
            let (kind, name) = match found {
                Some(FoundNode::Area { end: Some(end), .. }) => {
                    ("area", wire(code.0) + &wire(end.0))
                }
                Some(_) => ("service", wire(code.0)),
                None => ("system", wire(code.0)),
            };
            let data = blocks_of(system, code).into_iter();
            let data: Map<_, _> = data
                .map(|(n, block)| (format!("{n:04X}"), block.into()))
                .collect();
            nodes.push(json!({
                "type": kind, "code": name, "des_key_version": wire(des),
                "aes_key_version": aes.map(wire), "data": data,
            }));
        }
        json!({
            "code": system.code.to_string(), "idm": hex::plain(&idm.0),
            "pmm": system.pmm.map(|pmm| hex::plain(&pmm.0)),
            "encryption_identifier": identifier, "nodes": nodes,
        })
    });
    let systems: Vec<Value> = systems.collect();
    json!({ "specification_version": null, "product_information": null, "container_issue_information": null, "systems": systems })
}

/// FeliCa Tool sorts nodes by number and names systems by their codes.
pub fn felicatool(seen: &Observation) -> Value {
    let systems = seen.systems.iter().map(|system| {
        let mut nodes: Vec<FoundNode> = system.nodes().collect();
        nodes.sort_by_key(|node| node.code().number());
        let nodes = nodes.into_iter().map(|node| {
            let code = node.code();
            let data = blocks_of(system, code).into_iter();
            let data: Map<_, _> = data
                .map(|(n, block)| (format!("{n:04X}"), block.to_lowercase().into()))
                .collect();
            let version = system
                .key_versions
                .get(&code)
                .map(|version| format!("{version:04X}"));
            let mut value = match node {
                FoundNode::Area { end, .. } => {
                    let name = wire(code.0) + &wire(end.expect("told").0);
                    json!({ "type": "area", "code": name.to_lowercase() })
                }
                _ => {
                    json!({ "type": "service", "code": wire(code.0).to_lowercase(), "data": data })
                }
            };
            if let Some(version) = version {
                value["des_key_version"] = version.into();
            }
            value
        });
        let idm = system.idm.map(|idm| hex::plain(&idm.0).to_lowercase());
        let value = json!({ "idm": idm, "nodes": nodes.collect::<Vec<_>>() });
        (system.code.to_string(), value)
    });
    let systems: Map<String, Value> = systems.collect();
    let pmm = seen.systems[0]
        .pmm
        .map(|pmm| hex::plain(&pmm.0).to_lowercase());
    json!({ "metadata": { "app_version": "1" }, "pmm": pmm, "commands": {}, "systems": systems })
}

/// The felica crate's program puts nodes into their areas and the services of a number into one group.
pub fn felica_rs(seen: &Observation) -> Value {
    fn children(system: &ObservedSystem, around: NodeCode) -> Vec<Value> {
        let mut children: Vec<Value> = Vec::new();
        for node in system.nodes() {
            if system.areas_around(node.code()).last() != Some(&around) {
                continue;
            }
            if let FoundNode::Area { code, .. } = node {
                children.push(json!({ "kind": "area", "value": area(system, code) }));
                continue;
            }
            let code = node.code();
            let service = json!({ "code_hex": format!("0x{:04X}", code.0), "number": code.number(), "key_version": version(system, code) });
            let group = children
                .iter_mut()
                .find(|child| child["value"]["number"] == code.number());
            let read: Vec<String> = blocks_of(system, code)
                .into_iter()
                .map(|(_, block)| block)
                .collect();
            match group {
                Some(group) => {
                    group["value"]["services"]
                        .as_array_mut()
                        .expect("a list")
                        .push(service);
                    if group["value"]["blocks"].is_null() && !read.is_empty() {
                        group["value"]["blocks"] = read.into();
                    }
                }
                None => children.push(json!({ "kind": "service_group", "value": {
                    "number": code.number(), "services": [service],
                    "blocks": if read.is_empty() { Value::Null } else { read.into() },
                }})),
            }
        }
        children
    }
    fn version(system: &ObservedSystem, node: NodeCode) -> Value {
        let told = system
            .key_versions
            .get(&node)
            .map(|version| format!("0x{version:04X}"));
        json!({ "aes_key_version_hex": null, "des_key_version_hex": told })
    }
    fn area(system: &ObservedSystem, code: NodeCode) -> Value {
        let found = system.nodes().find(|node| node.code() == code);
        let Some(FoundNode::Area { end: Some(end), .. }) = found else {
            panic!("an area");
        };
        json!({
            "area_code_hex": format!("0x{:04X}", code.0), "end_service_code_hex": format!("0x{:04X}", end.0),
            "key_version": version(system, code), "children": children(system, code),
        })
    }
    let systems = seen.systems.iter().map(|system| {
        json!({
            "idm": system.idm.map(|idm| hex::plain(&idm.0)), "pmm": system.pmm.map(|pmm| hex::plain(&pmm.0)),
            "system_code_hex": format!("0x{}", system.code), "system_key": version(system, NodeCode::SYSTEM),
            "system_services": [], "areas": [area(system, NodeCode::AREA_0)], "warnings": [],
        })
    });
    json!({ "data_rate": "212F", "systems": systems.collect::<Vec<_>>() })
}

/// Metrodroid passes over services that need a key.
pub fn metrodroid(seen: &Observation) -> Value {
    let systems = seen.systems.iter().map(|system| {
        let services = system.nodes().filter_map(|node| node.code().service());
        let services = services.map(|service| {
            let blocks = blocks_of(system, service.node()).into_iter();
            let blocks = blocks.map(|(_, data)| json!({ "data": data.to_lowercase() }));
            let skipped = service.needs_authentication();
            let value = json!({ "blocks": blocks.collect::<Vec<_>>(), "skipped": skipped });
            (service.value().to_string(), value)
        });
        (
            system.code.0.to_string(),
            json!({ "services": services.collect::<Map<_, _>>() }),
        )
    });
    let first = &seen.systems[0];
    json!({
        "tagId": first.idm.map(|idm| hex::plain(&idm.0).to_lowercase()),
        "scannedAt": { "timeInMillis": 0, "tz": "UTC" },
        "felica": {
            "pMm": first.pmm.map(|pmm| hex::plain(&pmm.0).to_lowercase()),
            "systems": systems.collect::<Map<_, _>>(),
        },
    })
}

/// FelicaTools write services that they could read.
pub fn felica_tools(seen: &Observation) -> Value {
    let systems = seen.systems.iter().map(|system| {
        let read = system.data.keys().map(|service| {
            let blocks = blocks_of(system, service.node()).into_iter();
            let blocks: Vec<String> = blocks.map(|(_, data)| data.to_lowercase()).collect();
            (
                format!("{:04x}", service.value()),
                json!({ "blocks": blocks }),
            )
        });
        let mut value = json!({ "IDm": system.idm.map(|idm| hex::plain(&idm.0).to_lowercase()) });
        let read: Map<String, Value> = read.collect();
        if !read.is_empty() {
            value["services"] = read.into();
        }
        (format!("{:04x}", system.code.0), value)
    });
    let pmm = seen.systems[0]
        .pmm
        .map(|pmm| hex::plain(&pmm.0).to_lowercase());
    json!({ "version": "0.5", "systems": systems.collect::<Map<_, _>>(), "PMm": pmm })
}

/// felica-emu puts the nodes of all systems into one list.
pub fn felica_emu(seen: &Observation) -> Value {
    let (mut list, mut ends, mut versions, mut memory) =
        (Vec::new(), Map::new(), Map::new(), Map::new());
    let mut details = Map::new();
    for system in &seen.systems {
        let ids = json!({ "idm": system.idm.map(|idm| hex::plain(&idm.0)), "pmm": system.pmm.map(|pmm| hex::plain(&pmm.0)) });
        details.insert(system.code.to_string(), ids);
        for node in system.nodes() {
            let code = node.code();
            let name = code.0.to_string();
            list.push(code.0);
            if let FoundNode::Area { end: Some(end), .. } = node {
                ends.insert(name.clone(), end.0.into());
            }
            if let Some(version) = system.key_versions.get(&code) {
                versions.insert(name.clone(), (*version).into());
            }
            let blocks = blocks_of(system, code).into_iter();
            let blocks: Map<_, _> = blocks
                .map(|(n, block)| (n.to_string(), block.into()))
                .collect();
            if !blocks.is_empty() {
                memory.insert(name, blocks.into());
            }
        }
    }
    list.sort_unstable();
    list.dedup();
    let first = &seen.systems[0];
    let codes: Vec<String> = seen
        .systems
        .iter()
        .map(|system| system.code.to_string())
        .collect();
    json!({
        "idm": first.idm.map(|idm| hex::plain(&idm.0)), "pmm": first.pmm.map(|pmm| hex::plain(&pmm.0)),
        "sys_code": first.code.to_string(), "mode": 0, "sys_codes": codes, "sys_details": details,
        "service_list": list, "service_attrs": {}, "area_ends": ends, "service_versions": versions,
        "memory": memory, "patches": [],
    })
}
