//! How addresses are written.

use crate::model::card::map::{BlockMap, CellKind};
use crate::ui::numbers;

/// How physical addresses are written. The lower part of a chip reads as it is counted; from the first system
/// block of system 0 on, addresses read as that system counts them, down from FFFFh, so that the addresses a
/// small chip lacks are skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Addresses {
    /// Blocks on the chip.
    pub blocks: u32,
    /// First physical address that is counted from the end.
    pub tear: u32,
}

/// Addresses that a system can have.
const ALL_ADDRESSES: u32 = 0x1_0000;

impl Addresses {
    /// Of the blocks of a chip.
    pub fn of(map: &BlockMap) -> Addresses {
        let blocks = map.cells.len() as u32;
        let first_system = map
            .cells
            .iter()
            .rposition(|cell| !(cell.system == 0 && matches!(cell.kind, CellKind::System(_))))
            .map_or(0, |at| at as u32 + 1);
        if first_system == blocks {
            // No system block at the end is known: nothing is counted from there.
            return Addresses {
                blocks,
                tear: blocks,
            };
        }
        // Whole rows of 16 read better, as long as nothing of the lower part is in the row.
        let row = first_system / 16 * 16;
        let row_is_clear = map.cells[row as usize..first_system as usize]
            .iter()
            .all(|cell| cell.kind == CellKind::Free);
        Addresses {
            blocks,
            tear: if row_is_clear { row } else { first_system },
        }
    }

    /// The address of physical block `physical` as it is counted.
    pub fn counted(self, physical: u32) -> u32 {
        if physical >= self.tear && self.blocks < ALL_ADDRESSES {
            ALL_ADDRESSES - (self.blocks - physical.min(self.blocks))
        } else {
            physical
        }
    }

    /// As [`Self::counted`], in words: `00A4h`.
    pub fn label(self, physical: u32) -> String {
        numbers::address(self.counted(physical))
    }

    /// A run of blocks in words: `006Ch…006Fh`.
    pub fn range(self, first: u32, blocks: u32) -> String {
        if blocks <= 1 {
            return self.label(first);
        }
        format!("{}…{}", self.label(first), self.label(first + blocks - 1))
    }

    /// The addresses that the chip lacks, first and last, if it lacks any.
    pub fn missing(self) -> Option<(u32, u32)> {
        (self.blocks < ALL_ADDRESSES && self.tear < self.blocks)
            .then(|| (self.tear, ALL_ADDRESSES - (self.blocks - self.tear) - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::card::ServiceCode;
    use crate::model::card::map::Cell;
    use crate::model::card::tree::SystemBlockKind;

    fn cell(system: u8, kind: CellKind) -> Cell {
        Cell {
            system,
            logical: 0,
            kind,
            pending: false,
        }
    }

    #[test]
    fn addresses_skip_what_the_chip_lacks() {
        let mut map = BlockMap {
            cells: vec![cell(0, CellKind::Free); 64],
            divisions: Vec::new(),
        };
        for at in 58..64 {
            map.cells[at].kind = CellKind::System(SystemBlockKind::Other);
        }
        let addresses = Addresses::of(&map);
        assert_eq!(addresses.tear, 48);
        assert_eq!(addresses.label(0), "0000h");
        assert_eq!(addresses.label(47), "002Fh");
        assert_eq!(addresses.label(48), "FFF0h");
        assert_eq!(addresses.label(63), "FFFFh");
        assert_eq!(addresses.missing(), Some((0x30, 0xFFEF)));
        // A user block in the row of the last system block keeps its own address.
        let service = ServiceCode::new(0x1008).expect("08h is a service");
        map.cells[50].kind = CellKind::User {
            service,
            index: 0,
            blocks: 1,
        };
        let addresses = Addresses::of(&map);
        assert_eq!(
            (addresses.label(50), addresses.label(58)),
            ("0032h".into(), "FFFAh".into())
        );
    }

    #[test]
    fn without_system_blocks_nothing_is_counted_from_the_end() {
        let map = BlockMap {
            cells: vec![cell(0, CellKind::Unknown); 250],
            divisions: Vec::new(),
        };
        let addresses = Addresses::of(&map);
        assert_eq!(
            (addresses.label(249), addresses.missing()),
            ("00F9h".into(), None)
        );
        assert_eq!(Addresses::of(&BlockMap::default()).missing(), None);
    }

    #[test]
    fn a_whole_chip_lacks_nothing() {
        let map = BlockMap {
            cells: vec![cell(0, CellKind::Free); 0x1_0000],
            divisions: Vec::new(),
        };
        let addresses = Addresses::of(&map);
        assert_eq!(addresses.missing(), None);
        assert_eq!(addresses.label(0xFFFF), "FFFFh");
    }
}
