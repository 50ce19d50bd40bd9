//! What kind of chip a card says it is: the IC code in its PMm.

use super::ids::Pmm;

/// A kind of FeliCa chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChipKind {
    Standard,
    Mobile,
    Lite,
    LiteS,
    Link,
    Plug,
}

/// IC codes, first and last, and whose they are, as public reader software has them.
const CODES: &[(u8, u8, ChipKind)] = &[
    (0x00, 0x02, ChipKind::Standard),
    (0x06, 0x07, ChipKind::Mobile),
    (0x08, 0x09, ChipKind::Standard),
    (0x0B, 0x0D, ChipKind::Standard),
    (0x10, 0x1F, ChipKind::Mobile),
    (0x20, 0x20, ChipKind::Standard),
    (0x32, 0x32, ChipKind::Standard),
    (0x35, 0x35, ChipKind::Standard),
    (0xE0, 0xE1, ChipKind::Plug),
    (0xF0, 0xF0, ChipKind::Lite),
    (0xF1, 0xF1, ChipKind::LiteS),
    (0xF2, 0xF2, ChipKind::Link),
];

impl ChipKind {
    /// The kind that a PMm names, if its IC code is a known one.
    pub fn of(pmm: Pmm) -> Option<ChipKind> {
        let code = pmm.0[1];
        let fits = |(first, last, _): &&(u8, u8, ChipKind)| (*first..=*last).contains(&code);
        CODES.iter().find(fits).map(|(_, _, kind)| *kind)
    }

    /// Its name: the same in every language.
    pub fn name(self) -> &'static str {
        match self {
            ChipKind::Standard => "FeliCa Standard",
            ChipKind::Mobile => "Mobile FeliCa",
            ChipKind::Lite => "FeliCa Lite",
            ChipKind::LiteS => "FeliCa Lite-S",
            ChipKind::Link => "FeliCa Link",
            ChipKind::Plug => "FeliCa Plug",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::card::profile::Profile;

    #[test]
    fn every_profile_is_a_standard_card_and_the_codes_do_not_overlap() {
        for profile in Profile::built_in() {
            assert_eq!(ChipKind::of(profile.pmm), Some(ChipKind::Standard));
        }
        assert!(CODES.iter().all(|(first, last, _)| first <= last));
        assert!(CODES.windows(2).all(|pair| pair[0].1 < pair[1].0));
        assert_eq!(ChipKind::of(Pmm([0x03; 8])), None);
    }
}
