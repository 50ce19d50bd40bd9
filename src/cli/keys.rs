//! `keys`: what is in a workspace's key store, by name; keys put into it and taken out.
//!
//! No key is ever printed. Check values are printed only when asked for, as what is printed may be kept and passed on.

use super::outcome::{Done, Exit, Failure, passphrase, print, report, tell};
use crate::model::dump::keys::KeyList;
use crate::words::{format as words, text};
use crate::workbench::headless::{
    Algorithm, KeyStore, KeyStoreError, Passphrase, RegistryError, Workspace, WorkspaceError,
    of_list, read_keys,
};
use crate::workbench::{default_folder, doubt_words, workspace_words};
use clap::{Args, Subcommand};
use std::fmt::Display;
use std::path::{Path, PathBuf};

/// What is to be done with keys.
#[derive(Subcommand)]
pub enum KeysTask {
    #[command(about = text("cli.help.keys_list"))]
    List {
        #[command(flatten)]
        store: StoreArguments,
        #[arg(long, help = text("cli.help.kcv"))]
        kcv: bool,
    },
    #[command(about = text("cli.help.keys_import"))]
    Import {
        #[command(flatten)]
        store: StoreArguments,
        #[arg(value_name = "FILE", help = text("cli.help.keys_file"))]
        file: PathBuf,
        #[arg(long, value_name = "ROLE:SLUG", value_parser = owner, help = text("cli.help.owner"))]
        owner: String,
    },
    #[command(about = text("cli.help.keys_remove"))]
    Remove {
        #[command(flatten)]
        store: StoreArguments,
        #[arg(value_name = "NAME", help = text("cli.help.key_name"))]
        name: String,
    },
}

/// Which key store, and what opens it.
#[derive(Args)]
pub struct StoreArguments {
    #[arg(long, value_name = "FOLDER", help = text("cli.help.store_workspace"))]
    workspace: Option<PathBuf>,
    #[arg(long, value_name = "FILE", help = text("cli.help.store_passphrase"))]
    passphrase_file: Option<PathBuf>,
}

/// A party's name, `role:slug`.
pub fn owner(given: &str) -> Result<String, &'static str> {
    let word = |part: &str| {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        !part.is_empty() && part.len() <= 64 && part.chars().all(fits)
    };
    match given.split_once(':') {
        Some((role, slug)) if word(role) && word(slug) => Ok(given.to_string()),
        _ => Err(text("cli.usage.owner")),
    }
}

/// Does what is asked with the keys of a workspace. A folder that is none becomes one only for keys to be put into
/// it: for live keys if a passphrase is given.
pub fn run(task: &KeysTask) -> Result<Done, Failure> {
    let store = match task {
        KeysTask::List { store, .. }
        | KeysTask::Import { store, .. }
        | KeysTask::Remove { store, .. } => store,
    };
    let nowhere = || Failure::refused("cli.keys.nowhere.what", "cli.keys.nowhere.next");
    let folder = store.workspace.clone().or_else(default_folder);
    let folder = folder.ok_or_else(nowhere)?;
    let passphrase = passphrase(store.passphrase_file.as_deref())?;
    let passphrase = passphrase.as_ref();
    match task {
        KeysTask::Import { file, owner, .. } => {
            let list = read_keys(file).map_err(|trouble| Failure::file(file, &trouble))?;
            if !Workspace::is_there(&folder) {
                would_take(&folder, &list, owner, passphrase)?;
            }
            change(&folder, passphrase, |keys| import(keys, &list, owner))
        }
        _ if !Workspace::is_there(&folder) => Err(nowhere()),
        KeysTask::Remove { name, .. } => change(&folder, passphrase, |keys| remove(keys, name)),
        KeysTask::List { kcv, .. } => {
            let failed = |error| failure(&folder, &error);
            let keys = Workspace::look_at_keys(&folder, passphrase).map_err(failed)?;
            let lines = keys.map_or(Ok(String::new()), |keys| listed(&keys, *kcv));
            print(&lines.map_err(|error| failed(error.into()))?)
        }
    }
}

/// Sees that a new workspace would take the keys, before it is made: a DEMO workspace that was made for live keys would
/// never take them.
fn would_take(
    folder: &Path,
    list: &KeyList,
    owner: &str,
    passphrase: Option<&Passphrase>,
) -> Result<(), Failure> {
    Workspace::would_take(list, owner, passphrase.is_none()).map_err(|error| {
        let mut failure = failure(folder, &error);
        if let WorkspaceError::Keys(KeyStoreError::NotADemoKey(_)) = error {
            failure.next = text("cli.keys.live.next").to_string();
        }
        failure
    })
}

/// Opens the workspace, or makes it, and changes its keys.
fn change(
    folder: &Path,
    passphrase: Option<&Passphrase>,
    changed: impl FnOnce(&mut KeyStore) -> Result<String, KeyStoreError>,
) -> Result<Done, Failure> {
    let failed = |error| failure(folder, &error);
    let opened = match passphrase {
        Some(_) => Workspace::open_live(folder.to_path_buf()),
        None => Workspace::open(folder.to_path_buf()),
    };
    let mut workspace = opened.map_err(failed)?;
    if let Some(doubt) = doubt_words(&mut workspace.registry) {
        tell(&[format!("cardwright: {} {}", doubt.what, doubt.next)]);
    }
    let keys = workspace.keys(passphrase).map_err(failed)?;
    report(&changed(keys).map_err(|error| failed(error.into()))?)
}

/// The names of all keys, one a line.
fn listed(keys: &KeyStore, kcv: bool) -> Result<String, KeyStoreError> {
    let mut lines = String::new();
    for name in keys.names() {
        lines += &name.to_string();
        if kcv {
            let key = match name.algorithm {
                Algorithm::Des => "cli.keys.kcv_des",
                Algorithm::Aes => "cli.keys.kcv_aes",
            };
            lines += "  ";
            lines += &words(key, &[("kcv", &keys.get(name)?.kcv())]);
        }
        lines.push('\n');
    }
    Ok(lines)
}

/// Puts the keys of a list into the store, as that party's. One for a single card is named as that card's.
fn import(keys: &mut KeyStore, list: &KeyList, owner: &str) -> Result<String, KeyStoreError> {
    let new = keys.add_all(of_list(list, owner))?;
    let there = list.len() - new;
    Ok(words(
        "cli.keys.imported",
        &[("new", &new), ("there", &there)],
    ))
}

fn remove(keys: &mut KeyStore, name: &str) -> Result<String, KeyStoreError> {
    let found = keys.names().find(|known| known.to_string() == name);
    let found = found.cloned().ok_or(KeyStoreError::Unnamed)?;
    keys.remove(&found)?;
    Ok(words("cli.keys.removed", &[("name", &name)]))
}

fn failure(folder: &Path, error: &WorkspaceError) -> Failure {
    let damaged = matches!(
        error,
        WorkspaceError::Settings(_)
            | WorkspaceError::Keys(KeyStoreError::Damaged | KeyStoreError::NotAStore)
            | WorkspaceError::Registry(RegistryError::Damaged(_) | RegistryError::Foreign)
    );
    let said = workspace_words(&folder.display().to_string(), error);
    // Where nothing is to be added, the cause would say the same again.
    let is_said = matches!(
        error,
        WorkspaceError::Keys(
            KeyStoreError::Sealed
                | KeyStoreError::Passphrase
                | KeyStoreError::NoKey(_)
                | KeyStoreError::Unnamed
        )
    );
    let details = ("details", &said.details as &dyn Display);
    Failure {
        exit: if damaged {
            Exit::Damaged
        } else {
            Exit::Refused
        },
        what: if is_said {
            said.what
        } else {
            words("cli.details", &[("what", &said.what), details])
        },
        next: said.next,
    }
}
