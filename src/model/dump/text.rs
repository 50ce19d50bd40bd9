//! A card as text for people: one line a node, nested by indentation, its facts in columns.
//!
//! The words come from outside, so that they stand in the string table with all others.

use crate::model::card::lite;
use crate::model::card::tree::{AreaNode, KeyFacts, ServiceNode, SystemTree, Tree, TreeNode};
use crate::model::card::{ServiceAccess, ServiceKind};
use crate::model::hex;
use std::fmt::Display;

/// The words of the text tree.
#[derive(Clone, Copy, Debug)]
pub struct TreeWords {
    /// The line of counts: systems, areas, services.
    pub counts: fn(usize, usize, usize) -> String,
    pub system: &'static str,
    pub system_key: &'static str,
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
    pub aes_key_version: &'static str,
    pub aes_kcv: &'static str,
    /// Stands before the ciphers of a system.
    pub ciphers: &'static str,
    pub pending: &'static str,
    /// Stands over the nodes of which it is not told in which area they stand.
    pub adrift: &'static str,
    /// A node of a kind that is not known here.
    pub foreign: &'static str,
    /// Stands for what is not known.
    pub unknown: &'static str,
}

/// The card as lines, each ended by a line feed. `source` says where it comes from.
pub fn tree(tree: &Tree, source: &str, words: &TreeWords) -> String {
    let (systems, areas, services) = tree.counts();
    let mut out = format!("{source}\n{}\n", (words.counts)(systems, areas, services));
    for system in &tree.systems {
        out += &format!("\n{}\n", headline(system, words));
        out += &table(&rows(system, words));
    }
    out
}

/// What one line says; the columns of a system are aligned. The last two are for AES keys.
type Row = [String; 6];

fn rows(system: &SystemTree, words: &TreeWords) -> Vec<Row> {
    let mut rows = Vec::new();
    if system.key != KeyFacts::default() {
        rows.push(row(
            indented(0, words.system_key),
            String::new(),
            Some(system.key),
            words,
        ));
    }
    rows.extend(node_rows(system, words));
    let aes = match rows.iter().any(|row: &Row| !row[4].is_empty()) {
        true => [words.aes_key_version, words.aes_kcv],
        false => [""; 2],
    };
    let columns = ["", words.blocks, words.key_version, "KCV", aes[0], aes[1]];
    rows.insert(0, columns.map(str::to_string));
    rows
}

/// The nodes, those of which it is not told where they stand under a line that says so. The blocks of a Lite-S card
/// have names, so they are shown as well.
fn node_rows(system: &SystemTree, words: &TreeWords) -> Vec<Row> {
    let mut rows = Vec::new();
    let (mut adrift, mut said) = (false, false);
    for (depth, node) in system.walk() {
        if depth == 0 {
            adrift = node.is_adrift() && !system.is_lite();
        }
        if adrift && !said {
            let label = indented(0, words.adrift);
            rows.push(row(label, String::new(), None, words));
            said = true;
        }
        let depth = depth + usize::from(adrift);
        rows.push(match node {
            TreeNode::Area(_, area) => area_row(area, depth, words),
            TreeNode::Service(service) => service_row(service, depth, words),
            TreeNode::Foreign(node) => {
                let label = format!("{} {}", words.foreign, node.code);
                row(
                    indented(depth, &label),
                    String::new(),
                    Some(node.key),
                    words,
                )
            }
        });
        if let TreeNode::Service(service) = node {
            let blocks = service.data.iter();
            let named = blocks.filter_map(|(number, block)| {
                let name = lite::block_of(system, *number)?.to_string();
                let label = format!("{name:<9}  {}", hex::plain(&block.0));
                Some(row(indented(depth + 1, &label), String::new(), None, words))
            });
            rows.extend(named);
        }
    }
    rows
}

fn headline(system: &SystemTree, words: &TreeWords) -> String {
    let code = known(system.told_code(), words);
    let mut text = format!("{} {}: {code}", words.system, system.number);
    if system.pending {
        text += &format!(" ({})", words.pending);
    }
    text += &format!(
        "  IDm {}  PMm {}",
        known(system.idm, words),
        known(system.pmm, words)
    );
    if let Some(encryption) = system.encryption {
        text += &format!("  {} {encryption}", words.ciphers);
    }
    if let Some(b) = system.blocks {
        let (user, own, free) = (words.user, words.system_blocks, words.free);
        text += &format!(
            "  {} {user} {}, {own} {}, {free} {}",
            words.blocks, b.user, b.system, b.free
        );
    }
    text
}

fn area_row(area: &AreaNode, depth: usize, words: &TreeWords) -> Row {
    let label = format!("{} {}–{}", words.area, area.code, known(area.end, words));
    row(
        indented(depth, &label),
        known(area.allotted, words),
        Some(area.key),
        words,
    )
}

fn service_row(service: &ServiceNode, depth: usize, words: &TreeWords) -> Row {
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
    let label = format!(
        "{} {}  {kind}, {access}, {needs}",
        words.service, service.code
    );
    let mut blocks = known(service.blocks, words);
    if !service.data.is_empty() {
        blocks += &format!(" ({} {})", service.data.len(), words.read);
    }
    row(indented(depth, &label), blocks, Some(service.key), words)
}

/// A line; `key` is `None` of what has none.
fn row(label: String, blocks: String, key: Option<KeyFacts>, words: &TreeWords) -> Row {
    let Some(key) = key else {
        return [
            label,
            blocks,
            String::new(),
            String::new(),
            String::new(),
            String::new(),
        ];
    };
    let (mut des, mut aes) = (
        [known(key.version, words), known(key.kcv, words)],
        Default::default(),
    );
    if let Some(key) = key.aes {
        aes = [key.version.to_string(), known(key.kcv, words)];
        if key.alone {
            des = Default::default();
        }
    }
    let ([version, kcv], [aes_version, aes_kcv]) = (des, aes);
    [label, blocks, version, kcv, aes_version, aes_kcv]
}

fn indented(depth: usize, label: &str) -> String {
    format!("{:1$}{label}", "", 2 * (depth + 1))
}

/// The rows as lines, their columns padded to one width and two blanks apart.
fn table(rows: &[Row]) -> String {
    let width = |column: usize| {
        rows.iter()
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: [usize; 6] = std::array::from_fn(width);
    let line = |row: &Row| {
        let cells = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:width$}"));
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

fn known<T: Display>(fact: Option<T>, words: &TreeWords) -> String {
    fact.map_or_else(|| words.unknown.to_string(), |fact| fact.to_string())
}
