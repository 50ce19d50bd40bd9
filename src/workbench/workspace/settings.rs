//! `workspace.ron`: what a person has set in a workspace, and which files were opened there.

use super::error::WorkspaceError;
use crate::device::disk::replace;
use crate::model::apdu::Family;
use crate::words;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The file's name. By it a folder is known as a workspace.
pub const SETTINGS: &str = "workspace.ron";

/// What the file holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The workspace's name for people.
    pub name: String,
    /// Invented cards and throw-away keys.
    pub demo: bool,
    /// Families that a person chose for readers, by their names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub reader_families: BTreeMap<String, Family>,
    /// Files that were opened, newest first; at most [`super::RECENT`].
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "paths")]
    pub recent: Vec<PathBuf>,
}

impl Settings {
    /// Those of a new demo workspace.
    pub fn demo() -> Settings {
        Settings {
            demo: true,
            ..Settings::live(words::text("flow.workspace.demo").to_string())
        }
    }

    /// Those of a new workspace of that name that is not for demos.
    pub fn live(name: String) -> Settings {
        Settings {
            name,
            demo: false,
            reader_families: BTreeMap::new(),
            recent: Vec::new(),
        }
    }

    /// Reads those of the workspace in that folder; `None` where there are none yet.
    pub fn read(folder: &Path) -> Result<Option<Settings>, WorkspaceError> {
        let bytes = match fs::read(folder.join(SETTINGS)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            bytes => bytes?,
        };
        let read = ron::de::from_bytes(&bytes);
        read.map(Some)
            .map_err(|error| WorkspaceError::Settings(error.to_string()))
    }

    /// Keeps them.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        let text = ron::to_string(self).map_err(io::Error::other)?;
        replace(&folder.join(SETTINGS), text.as_bytes())
    }
}

/// How paths are kept: as text, and those whose names are no text as the numbers that the operating system knows them by.
mod paths {
    use super::*;

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Kept {
        Text(String),
        Units(Vec<u16>),
    }

    pub fn serialize<S: Serializer>(paths: &[PathBuf], to: S) -> Result<S::Ok, S::Error> {
        let kept = paths.iter().map(|path| match path.to_str() {
            Some(text) => Kept::Text(text.to_string()),
            None => Kept::Units(units(path)),
        });
        to.collect_seq(kept)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<PathBuf>, D::Error> {
        let kept = Vec::<Kept>::deserialize(from)?;
        let paths = kept.into_iter().filter_map(|kept| match kept {
            Kept::Text(text) => Some(PathBuf::from(text)),
            // What came from another system and names nothing here is forgotten.
            Kept::Units(units) => name(units).map(PathBuf::from),
        });
        Ok(paths.collect())
    }

    #[cfg(unix)]
    fn units(path: &Path) -> Vec<u16> {
        use std::os::unix::ffi::OsStrExt;
        path.as_os_str()
            .as_bytes()
            .iter()
            .map(|byte| u16::from(*byte))
            .collect()
    }

    #[cfg(unix)]
    fn name(units: Vec<u16>) -> Option<OsString> {
        use std::os::unix::ffi::OsStringExt;
        let bytes: Result<Vec<u8>, _> = units.into_iter().map(u8::try_from).collect();
        bytes.ok().map(OsString::from_vec)
    }

    #[cfg(windows)]
    fn units(path: &Path) -> Vec<u16> {
        std::os::windows::ffi::OsStrExt::encode_wide(path.as_os_str()).collect()
    }

    #[cfg(windows)]
    fn name(units: Vec<u16>) -> Option<OsString> {
        Some(std::os::windows::ffi::OsStringExt::from_wide(&units))
    }
}
