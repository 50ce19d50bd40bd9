//! `card tree`: looking at a card.

use super::{Done, Failure, Json, TreeArguments, passphrase, print};
use crate::model::dump::{json, proxmark3};
use crate::workbench::export::text_tree;
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
