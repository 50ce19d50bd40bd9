//! A card as text for people: one line a node, nested by indentation.
//!
//! The words come from outside, so that they stand in the string table with all others.

use crate::model::card::tree::{AreaNode, KeyFacts, ServiceNode, SystemTree, Tree};
use crate::model::card::{ServiceAccess, ServiceKind};
use std::fmt::{Display, Write};

/// The words of the text tree.
#[derive(Clone, Copy, Debug)]
pub struct TreeWords {
    /// The line of counts: systems, areas, services.
    pub counts: fn(usize, usize, usize) -> String,
    pub system: &'static str,
    pub area: &'static str,
    pub service: &'static str,
    pub random: &'static str,
    pub cyclic: &'static str,
    pub purse: &'static str,
    pub read_write: &'static str,
    pub read_only: &'static str,
    pub cashback_decrement: &'static str,
    pub decrement: &'static str,
    pub with_key: &'static str,
    pub without_key: &'static str,
    pub blocks: &'static str,
    /// Stands behind the number of blocks whose contents are known.
    pub read: &'static str,
    pub user: &'static str,
    /// System blocks, beside user and free ones.
    pub system_blocks: &'static str,
    pub free: &'static str,
    pub key_version: &'static str,
    pub pending: &'static str,
    /// Stands for what is not known.
    pub unknown: &'static str,
}

/// The card as lines, each ended by a line feed. `source` says where it comes from.
pub fn tree(tree: &Tree, source: &str, words: &TreeWords) -> String {
    let (systems, areas, services) = tree.counts();
    let mut out = format!("{source}\n{}\n", (words.counts)(systems, areas, services));
    for system in &tree.systems {
        out.push('\n');
        line(&mut out, 0, &system_line(system, words));
        for node in in_order(system) {
            match node {
                Node::Area(at) => {
                    line(
                        &mut out,
                        1 + system.depth(at),
                        &area_line(&system.areas[at], words),
                    );
                }
                Node::Service(service) => {
                    line(
                        &mut out,
                        2 + system.depth(service.area),
                        &service_line(service, words),
                    );
                }
            }
        }
    }
    out
}

enum Node<'a> {
    Area(usize),
    Service(&'a ServiceNode),
}

/// Areas and services in order of code, which puts an area before what it holds.
fn in_order(system: &SystemTree) -> Vec<Node<'_>> {
    let areas = system
        .areas
        .iter()
        .enumerate()
        .map(|(at, area)| (area.code, Node::Area(at)));
    let services = system
        .services
        .iter()
        .map(|s| (s.code.node(), Node::Service(s)));
    let mut nodes: Vec<_> = areas.chain(services).collect();
    nodes.sort_by_key(|(code, _)| *code);
    nodes.into_iter().map(|(_, node)| node).collect()
}

fn line(out: &mut String, depth: usize, text: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{:indent$}{}", "", text.trim_end(), indent = 2 * depth);
}

fn system_line(system: &SystemTree, words: &TreeWords) -> String {
    let mut text = format!("{} {}: {}", words.system, system.number, system.code);
    if system.pending {
        text += &format!(" ({})", words.pending);
    }
    text += &format!("  IDm {}", known(system.idm, words));
    text += &format!("  PMm {}", known(system.pmm, words));
    text += &match system.blocks {
        None => format!("  {} {}", words.blocks, words.unknown),
        Some(b) => format!(
            "  {} {} {}, {} {}, {} {}",
            words.blocks, words.user, b.user, words.system_blocks, b.system, words.free, b.free
        ),
    };
    text + &key(system.key, words)
}

fn area_line(area: &AreaNode, words: &TreeWords) -> String {
    let end = known(area.end, words);
    let blocks = known(area.allotted, words);
    let key = key(area.key, words);
    format!(
        "{} {}–{end}  {} {blocks}{key}",
        words.area, area.code, words.blocks
    )
}

fn service_line(service: &ServiceNode, words: &TreeWords) -> String {
    let kind = match service.code.kind() {
        ServiceKind::Random => words.random,
        ServiceKind::Cyclic => words.cyclic,
        ServiceKind::Purse => words.purse,
    };
    let access = match service.code.access() {
        ServiceAccess::ReadWrite => words.read_write,
        ServiceAccess::ReadOnly => words.read_only,
        ServiceAccess::CashbackDecrement => words.cashback_decrement,
        ServiceAccess::Decrement => words.decrement,
    };
    let needs = if service.code.needs_authentication() {
        words.with_key
    } else {
        words.without_key
    };
    let mut text = format!(
        "{} {}  {kind}, {access}, {needs}",
        words.service, service.code
    );
    text += &format!("  {} {}", words.blocks, known(service.blocks, words));
    if !service.data.is_empty() {
        text += &format!(" ({} {})", service.data.len(), words.read);
    }
    text + &key(service.key, words)
}

fn key(key: KeyFacts, words: &TreeWords) -> String {
    let version = known(key.version, words);
    format!(
        "  {} {version}  KCV {}",
        words.key_version,
        known(key.kcv, words)
    )
}

fn known<T: Display>(fact: Option<T>, words: &TreeWords) -> String {
    fact.map_or_else(|| words.unknown.to_string(), |fact| fact.to_string())
}
