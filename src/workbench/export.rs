//! A card written in another form, and what that form does not carry, in words. Both faces use it.
use std::path::Path;

use crate::model::card::tree::Tree;
use crate::model::dump::export::{Format, Loss, Lost, carried};
use crate::model::dump::text::{self, TreeWords};
use crate::model::dump::{self, OpenError, flipper, json, proxmark3};
use crate::words::{self, format};
use crate::workbench::shown;
use thiserror::Error;

/// A card in another form.
pub struct Written {
    pub content: String,
    /// What of the card is not in it.
    pub losses: Vec<Loss>,
}

/// Why a card is not written in a form.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NotWritten {
    #[error(transparent)]
    NoIdentity(#[from] flipper::NoIdentity),
    /// What was made of it would be refused when it is read again.
    #[error("it could not be read again: {0}")]
    Unreadable(#[from] OpenError),
}

/// Writes what a form can hold of a card. `source` says where the card comes from, for example a file's name. A `.card`
/// file is not written here; asked for one, this gives the text tree.
///
/// # Errors
/// A Flipper dump needs IDm and PMm of system 0, and a dump must be one that is read again.
pub fn write(tree: Tree, format: Format, source: &str) -> Result<Written, NotWritten> {
    let (tree, losses) = carried(tree, format);
    let content = match format {
        Format::Proxmark3 => format!("{:#}\n", proxmark3::write(&tree)),
        Format::Flipper => flipper::write(&tree)?,
        Format::Tree => format!("{:#}\n", json::cardwright(&tree, source)),
        Format::Card | Format::Text => text_tree(&tree, source),
    };
    if let Format::Proxmark3 | Format::Flipper = format {
        dump::open(content.as_bytes())?;
    }
    Ok(Written { content, losses })
}

/// What a form is called.
pub fn form_words(format: Format) -> &'static str {
    words::text(match format {
        Format::Card => "kept.form.card",
        Format::Proxmark3 => "kept.form.proxmark3",
        Format::Flipper => "kept.form.flipper",
        Format::Text => "kept.form.text",
        Format::Tree => "kept.form.tree",
    })
}

/// Facts that a file does not hold, in words.
pub fn loss_words(loss: &Loss) -> String {
    let what = match loss.what {
        Lost::Pending => "cli.loss.pending",
        Lost::Keys => "cli.loss.keys",
        Lost::AesKeys => "cli.loss.aes_keys",
        Lost::AesKeyVersions => "cli.loss.aes_key_versions",
        Lost::Encryption => "cli.loss.encryption",
        Lost::DivisionKeys => "cli.loss.division_keys",
        Lost::IssuanceIds => "cli.loss.issuance_ids",
        Lost::Places => "cli.loss.places",
        Lost::Sizes => "cli.loss.sizes",
        Lost::KeyVersions => "cli.loss.key_versions",
        Lost::EndCodes => "cli.loss.end_codes",
        Lost::Allotments => "cli.loss.allotments",
        Lost::BlockCounts => "cli.loss.block_counts",
        Lost::PrivateBlocks => "cli.loss.private_blocks",
        Lost::HighBlocks => "cli.loss.high_blocks",
        Lost::Blocks => "cli.loss.blocks",
        Lost::FurtherIds => "cli.loss.further_ids",
        Lost::Names => "cli.loss.names",
        Lost::Nesting => "cli.loss.nesting",
        Lost::Foreign => "cli.loss.foreign",
    };
    format(what, &[("count", &loss.count)])
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
        ciphers: words::text("cli.tree.ciphers"),
        pending: words::text("cli.tree.pending"),
        adrift: words::text("cli.tree.adrift"),
        foreign: words::text("cli.tree.foreign"),
        unknown: words::text("cli.tree.unknown"),
    };
    text::tree(tree, &shown::line(source), &words)
}

/// The name by which an output calls a file.
pub fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}
