//! `card tree`: looking at a card.

use super::{Done, Failure, Json, TreeArguments, passphrase, print};
use crate::model::dump::{json, proxmark3};
use crate::workbench::export::{file_name, text_tree};
use crate::workbench::headless;

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
