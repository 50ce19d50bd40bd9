//! `card tree`: looking at a card.

use super::{Done, Failure, Json, TreeArguments, passphrase, print};
use crate::model::card::tree::Tree;
use crate::model::dump::text::{self, TreeWords};
use crate::model::dump::{json, proxmark3};
use crate::words::{self, format};
use crate::workbench::headless;
use std::path::Path;

/// Prints the tree of a card file or a dump.
pub fn tree(arguments: &TreeArguments) -> Result<Done, Failure> {
    let file = &arguments.file;
    let passphrase = passphrase(arguments.passphrase_file.as_deref())?;
    let opened = headless::open(file, passphrase.as_ref());
    let tree = opened
        .map_err(|trouble| Failure::file(file, &trouble))?
        .tree();
    let source = file_name(file);
    let out = match arguments.json {
        None => text_tree(&tree, &source),
        Some(Json::Own) => format!("{:#}\n", json::cardwright(&tree, &source)),
        Some(Json::Pm3) => format!("{:#}\n", proxmark3::write(&tree)),
    };
    print(&out)
}

/// The name by which an output calls a file.
pub fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

/// A tree as text.
pub fn text_tree(tree: &Tree, source: &str) -> String {
    let words = TreeWords {
        counts: |systems, areas, services| {
            let counts: [(&str, &dyn std::fmt::Display); 3] = [
                ("systems", &systems),
                ("areas", &areas),
                ("services", &services),
            ];
            format("cli.tree.counts", &counts)
        },
        system: words::text("cli.tree.system"),
        system_key: words::text("cli.tree.system_key"),
        area: words::text("cli.tree.area"),
        service: words::text("cli.tree.service"),
        random: words::text("cli.tree.random"),
        cyclic: words::text("cli.tree.cyclic"),
        purse: words::text("cli.tree.purse"),
        read_write: words::text("cli.tree.read_write"),
        read_only: words::text("cli.tree.read_only"),
        cashback_decrement: words::text("cli.tree.cashback_decrement"),
        decrement: words::text("cli.tree.decrement"),
        with_key: words::text("cli.tree.with_key"),
        without_key: words::text("cli.tree.without_key"),
        blocks: words::text("cli.tree.blocks"),
        read: words::text("cli.tree.read"),
        user: words::text("cli.tree.user"),
        system_blocks: words::text("cli.tree.system_blocks"),
        free: words::text("cli.tree.free"),
        key_version: words::text("cli.tree.key_version"),
        aes_key_version: words::text("cli.tree.aes_key_version"),
        aes_kcv: words::text("cli.tree.aes_kcv"),
        pending: words::text("cli.tree.pending"),
        unknown: words::text("cli.tree.unknown"),
    };
    text::tree(tree, source, &words)
}
