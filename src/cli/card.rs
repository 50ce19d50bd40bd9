//! `card tree`: looking at a card.

use super::outcome::{Done, Failure, passphrase, print};
use crate::model::dump::{json, proxmark3};
use crate::words::text;
use crate::workbench::export::{file_name, text_tree};
use crate::workbench::headless;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// What `card tree` is given.
#[derive(Args)]
pub struct TreeArguments {
    #[arg(value_name = "FILE", help = text("cli.help.file"))]
    file: PathBuf,
    #[arg(
        long,
        value_name = "FORM",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "own",
        hide_possible_values = true,
        help = text("cli.help.json")
    )]
    json: Option<Json>,
    #[arg(long, value_name = "FILE", help = text("cli.help.open"))]
    passphrase_file: Option<PathBuf>,
}

/// A form of JSON.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Json {
    /// The project's own schema.
    Own,
    /// proxmark3's.
    Pm3,
}

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
