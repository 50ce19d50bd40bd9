//! Runs of physical blocks: windows, what is lent of them, and where user blocks stand.

/// A run of physical blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    pub first: u32,
    pub blocks: u32,
}

impl Run {
    /// One past the last block.
    pub fn end(self) -> u32 {
        self.first + self.blocks
    }

    /// Whether the run holds that block.
    pub fn contains(self, physical: u32) -> bool {
        (self.first..self.end()).contains(&physical)
    }
}

/// A run of the window that was lent away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LentRun {
    /// Number of the system made of it.
    pub system: u8,
    pub run: Run,
}
