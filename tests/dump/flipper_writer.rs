//! What a Flipper Zero would write of a card, in each version of its data format: made from a card's tree, and with
//! the firmware's own way of drawing.
//!
//! The firmware lists areas and services as a search finds them. To each area it notes the services between it and
//! the next one; from these it draws its tree, opening an area in front of its first service and closing the innermost
//! one behind its last. So one that is empty, or ends behind another inside it, is not closed, and areas behind the last
//! service are not drawn at all.

use cardwright::model::card::tree::{ServiceNode, SystemTree, Tree, TreeNode};
use cardwright::model::card::{KeyVersion, ServiceAccess, ServiceKind};

/// What the firmware that writes does.
#[derive(Clone, Copy, Debug)]
pub struct Firmware {
    /// Data format version, 1 to 5.
    pub version: u32,
    pub draws: bool,
    pub names_chip: bool,
}

impl Firmware {
    /// One that writes that version in full.
    pub fn of(version: u32) -> Firmware {
        Firmware {
            version,
            draws: true,
            names_chip: version > 1,
        }
    }

    /// Whether nodes have their ends and key versions.
    fn is_derived(self) -> bool {
        self.version >= 3
    }
}

/// The file.
pub fn flipper_file(card: &Tree, firmware: Firmware) -> String {
    let first = &card.systems[0];
    let idm = spaced(&first.idm.expect("an IDm").0);
    let mut out = header(
        &idm,
        Some((firmware, &spaced(&first.pmm.expect("a PMm").0))),
    );
    if firmware.version == 1 {
        // It reads every card as a Lite-S one, and of another reads nothing.
        return out + &lite_blocks(&[]);
    }
    out += &format!(
        "\n# Felica Standard specific data\nSystem found: {}\n\n",
        card.systems.len()
    );
    for system in &card.systems {
        let key = key_version(system.key.version, firmware);
        let key = if key.is_empty() {
            key
        } else {
            format!(" |{key}")
        };
        out += &format!("\nSystem {:02X}: {}{key}\n\n", system.number, system.code);
        out += &system_lines(system, firmware);
    }
    out
}

/// The head of a file: with no more than the IDm, or with that of a FeliCa card's data.
pub fn header(idm: &str, data: Option<(Firmware, &str)>) -> String {
    let mut out = format!(
        "Filetype: Flipper NFC device\nVersion: 4\n# Device type can be ISO14443-3A, FeliCa and others\n\
         Device type: FeliCa\n# UID is common for all formats\nUID: {idm}\n"
    );
    if let Some((firmware, pmm)) = data {
        out += &format!(
            "# FeliCa specific data\nData format version: {}\nManufacture id: {idm}\nManufacture parameter: {pmm}\n",
            firmware.version
        );
        if firmware.names_chip {
            out += "IC Type: FeliCa\n";
        }
    }
    out
}

/// The 28 blocks of a Lite-S card, each behind its status flags; those that are not given were refused.
pub fn lite_blocks(read: &[[u8; 16]]) -> String {
    let mut out = format!("Blocks total: 28\nBlocks read: {}\n", read.len());
    for index in 0..28 {
        let row = match read.get(index) {
            Some(data) => [&[0, 0], &data[..]].concat(),
            None => [&[0xFF, 0xA8], &[0; 16][..]].concat(),
        };
        out += &format!("Block {index}: {}\n", spaced(&row));
    }
    out
}

fn system_lines(system: &SystemTree, firmware: Firmware) -> String {
    let nodes = system.by_code();
    let mut areas: Vec<(u16, String, usize, usize)> = Vec::new();
    let mut services: Vec<&ServiceNode> = Vec::new();
    for node in &nodes {
        match node {
            TreeNode::Area(_, area) => {
                let end = area.end.filter(|_| firmware.is_derived());
                let end = end.map(|end| format!(" End {end} |")).unwrap_or_default();
                let key = key_version(area.key.version, firmware);
                let row = format!("| Code {} |{end} Services # |{key}", area.code);
                areas.push((area.code.number(), row, services.len(), 0));
            }
            TreeNode::Service(service) => {
                if let Some((.., last)) = areas.last_mut() {
                    *last = services.len();
                }
                services.push(service);
            }
            TreeNode::Foreign(_) => {}
        }
    }
    let mut out = format!("Area found: {}\n", areas.len());
    for (index, (_, row, first, last)) in areas.iter().enumerate() {
        let row = row.replace("Services #", &format!("Services #{first:03X}-#{last:03X}"));
        out += &format!("Area {index:03X}: {row}\n");
    }
    out += &format!("\nService found: {}\n", services.len());
    for (index, service) in services.iter().enumerate() {
        let (code, words) = (service.code, words(service));
        let key = key_version(service.key.version, firmware);
        out += &format!(
            "Service {index:03X}: | Code {code} | Attrib. {:02X} | {words} |{key}\n",
            code.attribute()
        );
    }
    if firmware.draws {
        let areas: Vec<_> = areas
            .iter()
            .map(|(number, _, first, last)| (*number, *first, *last))
            .collect();
        out += &drawn(&areas, &services);
    }
    out + &blocks(&services)
}

/// The tree as the firmware draws it. Areas: number, first and last service.
fn drawn(areas: &[(u16, usize, usize)], services: &[&ServiceNode]) -> String {
    let mut out = String::from(
        "\nDirectory Tree: \n+++ ... are public services\n||| ... are private services\n",
    );
    let mut areas = areas.iter().peekable();
    let mut open: Vec<usize> = Vec::new();
    for (at, service) in services.iter().enumerate() {
        while let Some((number, _, last)) = areas.next_if(|(_, first, _)| *first == at) {
            out += &format!("{}- AREA_{number:04X}/\n", vec!["|"; open.len()].join(" "));
            open.push(*last);
        }
        let column = if service.code.needs_authentication() {
            "|"
        } else {
            "+"
        };
        let columns = vec![column; open.len()].join(" ");
        out += &format!("{columns}- serv_{}\n", service.code);
        if open.last().is_some_and(|last| at >= *last) {
            open.pop();
        }
    }
    out
}

fn blocks(services: &[&ServiceNode]) -> String {
    let public = services
        .iter()
        .filter(|service| !service.code.needs_authentication());
    let rows: Vec<String> = public
        .flat_map(|service| service.data.range(..=0xFF).map(|(number, block)| (service.code, number, block)))
        .enumerate()
        .map(|(index, (code, number, block))| {
            let data = spaced(&block.0);
            format!("Block {index:04X}: | Service code {code} | Block index {number:02X} | Data: {data} |\n")
        })
        .collect();
    format!("\nPublic blocks read: {}\n{}\n", rows.len(), rows.concat())
}

fn key_version(version: Option<KeyVersion>, firmware: Firmware) -> String {
    match firmware.is_derived() {
        true => format!(" Key version {:04X} |", version.unwrap_or(0xFFFF)),
        false => String::new(),
    }
}

fn words(service: &ServiceNode) -> &'static str {
    match (service.code.kind(), service.code.access()) {
        (ServiceKind::Purse, _) => "Private | Purse  | Direct    ",
        (_, ServiceAccess::ReadOnly) => "Public  | Random | Read Only ",
        _ => "Private | Random | Read/Write",
    }
}

fn spaced(bytes: &[u8]) -> String {
    let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(" ")
}
