//! What a chip is: its size, its identity and its limits. Profiles are data, in `assets/profiles/`.

use super::ids::Pmm;
use crate::model::chip::redo;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// How a chip names the list element that it refuses, in SF1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ErrorPosition {
    /// The tenth element is 0Ah.
    Ordinal,
    /// One bit of eight: the tenth element is 02h.
    Bitmap,
}

/// A kind of chip.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// `std-4k`: what the command line and card files call it.
    pub name: String,
    /// `Standard 4 KB`: what people read.
    pub title: String,
    /// Blocks of card memory, 64 to 65,536.
    pub blocks: u32,
    /// Blocks of redo log. It makes what one command writes to system blocks whole, on every chip that has one.
    pub log_blocks: u32,
    /// Whether it makes what one command writes to user blocks whole as well.
    #[serde(default = "promised")]
    pub atomic: bool,
    pub pmm: Pmm,
    /// Whether it is of the AES generation, and takes the commands 40h to 46h.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub aes: bool,
    pub error_position: ErrorPosition,
    /// Most blocks in one Read Without Encryption.
    pub plain_read_blocks: usize,
    /// Most blocks in one Write Without Encryption.
    pub plain_write_blocks: usize,
    /// Most blocks in one Read inside a session.
    pub secure_read_blocks: usize,
    /// Most blocks in one Write inside a session.
    pub secure_write_blocks: usize,
}

/// What a profile that was kept before there was a choice says.
fn promised() -> bool {
    true
}

/// Block writes of a division, the largest of the issuance commands' effects that a chip must be able to log.
const DIVISION_WRITES: usize = 6;

/// Why a profile describes no chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ProfileError {
    #[error("a card has 64 to 65,536 blocks")]
    Blocks,
    #[error("a limit on the blocks of one command is 0 or more than a frame holds")]
    Limit,
    #[error("the largest write does not fit the redo log")]
    Log,
    #[error("a chip with AES keys must be able to write both halves of one as one")]
    AesWithoutLog,
}

const BUILT_IN: &[&str] = &[
    include_str!("../../../assets/profiles/std-4k.ron"),
    include_str!("../../../assets/profiles/small-1k.ron"),
    include_str!("../../../assets/profiles/transit-16k.ron"),
    include_str!("../../../assets/profiles/full-1m.ron"),
    include_str!("../../../assets/profiles/plain-4k.ron"),
    include_str!("../../../assets/profiles/aes-4k.ron"),
];

impl Profile {
    /// Every profile that ships.
    pub fn built_in() -> Vec<Profile> {
        // Each file is compiled in and read by a test, so reading cannot fail here.
        BUILT_IN
            .iter()
            .filter_map(|text| ron::from_str(text).ok())
            .collect()
    }

    /// The profile of that name.
    pub fn named(name: &str) -> Option<Profile> {
        Self::built_in()
            .into_iter()
            .find(|profile| profile.name == name)
    }

    /// The chip that a demo card is made of.
    pub fn demo() -> Profile {
        // Proven by the test that reads every built-in profile.
        Self::named("std-4k").expect("std-4k is compiled in")
    }

    /// Whether this can be a chip: its size, limits that one frame holds, and a redo log, if there is one, that
    /// takes its largest write and a division.
    pub fn check(&self) -> Result<(), ProfileError> {
        if !(64..=65_536).contains(&self.blocks) {
            return Err(ProfileError::Blocks);
        }
        let limits = [
            (self.plain_read_blocks, 15),
            (self.plain_write_blocks, 13),
            (self.secure_read_blocks, 14),
            (self.secure_write_blocks, 12),
        ];
        if limits
            .iter()
            .any(|(blocks, most)| !(1..=*most).contains(blocks))
        {
            return Err(ProfileError::Limit);
        }
        let largest = self
            .plain_write_blocks
            .max(self.secure_write_blocks)
            .max(DIVISION_WRITES);
        if self.log_blocks > 0 && redo::capacity(self.log_blocks) < largest {
            return Err(ProfileError::Log);
        }
        // Half of a new key and half of an old one would be a key that nobody holds.
        if self.aes && self.log_blocks == 0 {
            return Err(ProfileError::AesWithoutLog);
        }
        Ok(())
    }

    /// Whether a command's writes are all done or none of them, those to user blocks too.
    pub fn is_atomic(&self) -> bool {
        self.atomic && self.log_blocks > 0
    }
}
