//! Writing a Flipper Zero dump, data format version 2.

use super::FILETYPE;
use crate::model::card::tree::{ServiceNode, SystemTree, Tree, TreeNode};
use crate::model::card::{Block, NodeCode, ServiceAccess, ServiceCode, ServiceKind};
use std::fmt::Write;

/// A Flipper's dump is of one IDm and one PMm, and these are not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the IDm and PMm of system 0 are not known")]
pub struct NoIdentity;

/// The card as a Flipper's dump. What that cannot hold is left out; [`export`](crate::model::dump::export) lists it.
pub fn write(tree: &Tree) -> Result<String, NoIdentity> {
    let systems = tree.systems.iter().filter(|system| !system.pending);
    let systems: Vec<&SystemTree> = systems.collect();
    let first = systems.first().ok_or(NoIdentity)?;
    let (idm, pmm) = first.idm.zip(first.pmm).ok_or(NoIdentity)?;
    let (idm, pmm) = (spaced(&idm.0), spaced(&pmm.0));
    let mut out = format!(
        "Filetype: {FILETYPE}\nVersion: 4\n# The kind of card\nDevice type: FeliCa\n\
         # IDm of system 0\nUID: {idm}\n# FeliCa specific data\nData format version: 2\n\
         Manufacture id: {idm}\nManufacture parameter: {pmm}\nIC Type: FeliCa Standard\n\n\
         # Felica Standard specific data\nSystem found: {}\n\n",
        systems.len(),
    );
    for (number, system) in systems.iter().enumerate() {
        out += &format!("\nSystem {number:02X}: {}\n\n", system.code);
        write_system(&mut out, system);
    }
    Ok(out)
}

fn write_system(out: &mut String, system: &SystemTree) {
    // As a search finds them.
    let nodes = system.by_code();
    write_areas(out, &nodes);
    let services: Vec<&ServiceNode> = services(&nodes).collect();
    line(out, format_args!("\nService found: {}", services.len()));
    for (index, service) in services.iter().enumerate() {
        let (code, attribute) = (service.code, service.code.attribute());
        let words = attribute_words(code);
        line(
            out,
            format_args!(
                "Service {index:03X}: | Code {code} | Attrib. {attribute:02X} | {words} |"
            ),
        );
    }
    out.push_str("\nDirectory Tree: \n+++ ... are public services\n||| ... are private services\n");
    let mut adrift = false;
    for (depth, node) in system.walk() {
        if depth == 0 {
            adrift = node.is_adrift();
        }
        // Area 0 is around every node.
        directory_line(out, depth + usize::from(adrift), &node);
    }
    write_blocks(out, &services);
    out.push('\n');
}

/// The areas, each with the services that stand between it and the next: the first and the last of them, 0 for none.
fn write_areas(out: &mut String, nodes: &[TreeNode]) {
    let mut areas: Vec<(NodeCode, usize, usize)> = Vec::new();
    let mut services = 0;
    for node in nodes {
        match node {
            TreeNode::Area(_, area) => areas.push((area.code, services, 0)),
            TreeNode::Service(_) => {
                if let Some((.., last)) = areas.last_mut() {
                    *last = services;
                }
                services += 1;
            }
            TreeNode::Foreign(_) => {}
        }
    }
    line(out, format_args!("Area found: {}", areas.len()));
    for (index, (code, first, last)) in areas.into_iter().enumerate() {
        line(
            out,
            format_args!("Area {index:03X}: | Code {code} | Services #{first:03X}-#{last:03X} |"),
        );
    }
}

/// The blocks that are read without a key and whose number is one byte.
fn write_blocks(out: &mut String, services: &[&ServiceNode]) {
    let public = services
        .iter()
        .filter(|service| !service.code.needs_authentication());
    let blocks = public.flat_map(|service| {
        let low = service.data.range(..=0xFF);
        low.map(|(number, block)| (service.code, *number, block))
    });
    let blocks: Vec<(ServiceCode, u16, &Block)> = blocks.collect();
    line(out, format_args!("\nPublic blocks read: {}", blocks.len()));
    for (index, (code, number, block)) in blocks.into_iter().enumerate() {
        let data = spaced(&block.0);
        line(
            out,
            format_args!(
                "Block {index:04X}: | Service code {code} | Block index {number:02X} | Data: {data} |"
            ),
        );
    }
}

fn services<'a>(nodes: &[TreeNode<'a>]) -> impl Iterator<Item = &'a ServiceNode> {
    nodes.iter().filter_map(|node| match node {
        TreeNode::Service(service) => Some(*service),
        _ => None,
    })
}

/// One column for each area around the node; that of a public service is drawn with `+`.
fn directory_line(out: &mut String, depth: usize, node: &TreeNode) {
    let public = matches!(node, TreeNode::Service(service) if !service.code.needs_authentication());
    let columns = vec![if public { "+" } else { "|" }; depth].join(" ");
    match node {
        TreeNode::Area(_, area) => {
            line(
                out,
                format_args!("{columns}- AREA_{:04X}/", area.code.number()),
            );
        }
        TreeNode::Service(service) => line(out, format_args!("{columns}- serv_{}", service.code)),
        // It is not in the list of services either.
        TreeNode::Foreign(_) => {}
    }
}

/// The words beside an attribute. Version 2 calls cyclic services random; they follow it.
fn attribute_words(code: ServiceCode) -> String {
    let public = if code.needs_authentication() {
        "Private"
    } else {
        "Public "
    };
    let (kind, access) = match (code.kind(), code.access()) {
        (ServiceKind::Purse, ServiceAccess::ReadWrite) => ("Purse ", "Direct    "),
        (ServiceKind::Purse, ServiceAccess::CashbackDecrement) => ("Purse ", "Cashback  "),
        (ServiceKind::Purse, ServiceAccess::Decrement) => ("Purse ", "Decrement "),
        (ServiceKind::Purse, ServiceAccess::ReadOnly) => ("Purse ", "Read Only "),
        (_, ServiceAccess::ReadOnly) => ("Random", "Read Only "),
        _ => ("Random", "Read/Write"),
    };
    format!("{public} | {kind} | {access}")
}

fn line(out: &mut String, text: std::fmt::Arguments) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{text}");
}

fn spaced(bytes: &[u8]) -> String {
    let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(" ")
}
