//! How a person left the window: kept in the workspace, so that it opens as it was closed.
//!
//! Nothing in it matters to a card; what cannot be read is forgotten.

use crate::device::disk::replace;
use crate::device::files::read_file;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

const FILE: &str = "window.ron";
/// Smallest and largest side of a window or panel that is believed, in points.
const BELIEVED: std::ops::RangeInclusive<u16> = 40..=16_384;

/// Sizes and choices of the window.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Arrangement {
    /// Width and height of the window in points.
    pub window: Option<(u16, u16)>,
    pub maximized: bool,
    /// Panels by name: width or height in points, whichever a person can change.
    pub panels: BTreeMap<String, u16>,
    /// Choices by name: the place that is shown, the theme, a colouring.
    pub choices: BTreeMap<String, String>,
}

impl Arrangement {
    /// What was kept in the workspace of that folder; the first arrangement when there is none that can be read.
    pub fn read(folder: &Path) -> Arrangement {
        let bytes = read_file(&folder.join(FILE)).unwrap_or_default();
        let read: Option<Arrangement> = ron::de::from_bytes(&bytes).ok();
        let mut read = read.unwrap_or_default();
        read.panels.retain(|_, size| BELIEVED.contains(size));
        read.window
            .take_if(|(width, height)| !BELIEVED.contains(width) || !BELIEVED.contains(height));
        read
    }

    /// Keeps it in the workspace of that folder.
    pub(super) fn write(&self, folder: &Path) -> io::Result<()> {
        let text = ron::ser::to_string_pretty(self, ron::ser::PrettyConfig::default())
            .map_err(io::Error::other)?;
        replace(&folder.join(FILE), text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_it_was_written_and_nonsense_is_forgotten() {
        let folder = tempfile::tempdir().expect("a folder");
        let empty = Arrangement::read(folder.path());
        assert_eq!(empty, Arrangement::default());
        let kept = Arrangement {
            window: Some((1280, 800)),
            maximized: true,
            panels: BTreeMap::from([("tree".into(), 412)]),
            choices: BTreeMap::from([("place".into(), "card".into())]),
        };
        kept.write(folder.path()).expect("written");
        assert_eq!(Arrangement::read(folder.path()), kept);
        let odd = "(window: Some((0, 65535)), panels: {\"tree\": 4, \"bytes\": 300})";
        std::fs::write(folder.path().join(FILE), odd).expect("written");
        let read = Arrangement::read(folder.path());
        assert_eq!(read.window, None);
        assert_eq!(read.panels, BTreeMap::from([("bytes".into(), 300)]));
        std::fs::write(folder.path().join(FILE), [0xFF; 100]).expect("written");
        assert_eq!(Arrangement::read(folder.path()), Arrangement::default());
    }
}
