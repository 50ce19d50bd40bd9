//! Why a workspace's folder cannot be used.

use crate::device::key_store::KeyStoreError;
use crate::device::registry::RegistryError;
use std::io;
use thiserror::Error;

/// Why a folder was not opened.
#[derive(Debug, Error)]
pub enum WorkspaceError {
    #[error("another program has the workspace open")]
    InUse,
    #[error("the folder is no workspace, and there are files in it")]
    Foreign,
    #[error("workspace.ron cannot be read: {0}")]
    Settings(String),
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Registry(#[from] RegistryError),
    #[error(transparent)]
    Keys(#[from] KeyStoreError),
    #[error("the key store holds demo keys, and the workspace is no demo workspace")]
    DemoKeys,
    #[error("an older version left a flow there that did not end, in divide.log")]
    OldLog,
}
