//! Families of readers: which form a reader wants FeliCa frames in, by its name.
//!
//! No PC/SC call tells how a reader passes frames through, so its name has to. Which name means what is data,
//! `assets/readers.ron`; a person who knows better can choose another family.

use super::adapter::{Acr122, Adapter, PassThrough, Storage, Transparent};
use serde::{Deserialize, Serialize};

/// Readers that take frames in one form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Family {
    /// ACS ACR3x and ACM1252 and their kin: `FF 00 00 00 Lc frame`.
    Acs,
    /// ACS ACR122: the same APDU around a command of its PN532 chip.
    Acr122,
    /// Identiv: `FF FE 00 00 Lc frame`.
    Identiv,
    /// Sony RC-S380, whose driver passes no frame through.
    SonyS380,
    /// Sony RC-S300: a transparent session through the driver's escape.
    SonyS300,
    /// A reader that nobody knows: what all of them have.
    Basic,
}

/// A line of `assets/readers.ron`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    part: String,
    family: Family,
}

impl Family {
    /// Every family, in the order in which a person is offered them.
    pub const ALL: [Family; 6] = [
        Family::Acs,
        Family::Acr122,
        Family::Identiv,
        Family::SonyS300,
        Family::SonyS380,
        Family::Basic,
    ];

    /// The family of a reader of that name; [`Family::Basic`] where no known name fits.
    pub fn of(reader: &str) -> Family {
        let reader = reader.to_lowercase();
        let fits = |named: &Named| reader.contains(&named.part.to_lowercase());
        named()
            .iter()
            .find(|n| fits(n))
            .map_or(Family::Basic, |n| n.family)
    }

    /// `sony-s300`: what the command line, its output and the workspace call it.
    pub fn name(self) -> &'static str {
        match self {
            Family::Acs => "acs",
            Family::Acr122 => "acr122",
            Family::Identiv => "identiv",
            Family::SonyS380 => "sony-s380",
            Family::SonyS300 => "sony-s300",
            Family::Basic => "basic",
        }
    }

    /// The family of that [`name`](Family::name).
    pub fn named(name: &str) -> Option<Family> {
        Self::ALL.into_iter().find(|family| family.name() == name)
    }

    /// Whether every command reaches the card. The others read and at most write single blocks of services that
    /// need no key.
    pub fn is_whole(self) -> bool {
        !matches!(self, Family::SonyS380 | Family::Basic)
    }

    /// Whether its adapter speaks to the reader itself, and so wants no card connected.
    pub fn is_direct(self) -> bool {
        self == Family::SonyS300
    }

    /// What carries frames through a reader of this family; a new one for every connection.
    pub fn adapter(self) -> Box<dyn Adapter> {
        match self {
            Family::Acs => Box::new(PassThrough::ACS),
            Family::Identiv => Box::new(PassThrough::IDENTIV),
            Family::Acr122 => Box::new(Acr122),
            Family::SonyS300 => Box::new(Transparent::default()),
            Family::SonyS380 => Box::new(Storage { writes: true }),
            Family::Basic => Box::new(Storage { writes: false }),
        }
    }
}

/// The table, in its order.
fn named() -> Vec<Named> {
    // The file is compiled in and read by a test, so reading cannot fail here.
    ron::from_str(include_str!("../../../assets/readers.ron")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_and_has_a_line_for_every_family_but_the_last() {
        let table: Result<Vec<Named>, _> =
            ron::from_str(include_str!("../../../assets/readers.ron"));
        let table = table.expect("a table");
        for family in Family::ALL {
            let listed = table.iter().any(|named| named.family == family);
            assert_eq!(listed, family != Family::Basic, "{family:?}");
            assert_eq!(Family::named(family.name()), Some(family));
        }
        assert!(table.iter().all(|named| !named.part.is_empty()));
    }

    #[test]
    fn readers_are_known_by_their_names() {
        let names = [
            ("ACS ACR122U PICC Interface 00 00", Family::Acr122),
            ("ACS ACR1222 3S PICC Reader 00 00", Family::Acr122),
            (
                "ACS ACR1252 Dual Reader [ACR1252 Dual Reader PICC] 01 00",
                Family::Acs,
            ),
            ("ACS ACM1252U 00 00", Family::Acs),
            ("ACS ACR38U-CCID 00 00", Family::Acs),
            ("Virtual PCD 00 00", Family::Acs),
            (
                "Identiv uTrust 3700 F Contactless Reader [uTrust 3700 F] 00 00",
                Family::Identiv,
            ),
            (
                "Identive CLOUD 4700 F Dual Interface Reader 00 00",
                Family::Identiv,
            ),
            ("SONY FeliCa RC-S300/P (1234567) 00 00", Family::SonyS300),
            ("Sony FeliCa Port/PaSoRi 4.0 0", Family::SonyS300),
            ("Sony FeliCa Port/PaSoRi 3.0 0", Family::SonyS380),
            ("SONY RC-S380/P 00 00", Family::SonyS380),
            ("Yubico YubiKey OTP+FIDO+CCID 00 00", Family::Basic),
            ("", Family::Basic),
        ];
        for (name, family) in names {
            assert_eq!(Family::of(name), family, "{name}");
        }
    }
}
