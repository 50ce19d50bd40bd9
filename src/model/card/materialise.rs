//! A dump becomes a card again: an [`Observation`] is laid out as memory that a chip can be given.
//!
//! A dump does not tell everything that memory must hold. `docs/dump-fill.md` fixes what stands in for each
//! fact that is not known; a mask keeps which bytes were told. `plan` works out every fact, `layout` puts
//! them into blocks, further systems being carved out of system 0 exactly as a chip carves a division. What
//! comes out is read back, and `check` holds it against the dump: where the two differ, the dump describes no
//! card, and that is an error.

mod check;
mod error;
mod layout;
mod plan;

pub use error::MaterialiseError;
pub use layout::KnownBytes;
pub use plan::NodeKeys;

use super::block::Block;
use super::ids::{Idm, Pmm};
use super::image::MAX_SYSTEMS;
use super::observation::Observation;
use super::profile::Profile;
use super::tree::SystemTree;
use check::check;
use layout::Layout;
use plan::Plan;
use std::collections::BTreeMap;

/// Name of the profile of a card that was made from a dump.
pub const PROFILE_NAME: &str = "from-dump";
/// Sizes that are tried, in blocks; the smallest that fits is taken.
const SIZES: [u32; 11] = [
    64, 128, 256, 512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536,
];

/// A card made from a dump.
#[derive(Clone, Debug)]
pub struct Materialised {
    /// The chip that it was laid out for.
    pub profile: Profile,
    /// Card memory, by physical address.
    pub blocks: Vec<Block>,
    /// What of it the dump and the keys told; as long as `blocks`.
    pub known: Vec<KnownBytes>,
}

/// Makes memory of what a dump tells, of the smallest size that holds it, with the limits of the common 4 KB chip.
pub fn materialise(observation: &Observation) -> Result<Materialised, MaterialiseError> {
    let limits = Profile::demo();
    let pmm = told_pmm(observation).unwrap_or(limits.pmm);
    let chips = SIZES.map(|blocks| Profile {
        name: PROFILE_NAME.into(),
        title: "Made from a dump".into(),
        blocks,
        pmm,
        aes: tells_aes(observation),
        ..limits.clone()
    });
    materialise_on(observation, &NodeKeys::default(), &chips)
}

/// Makes memory of what a dump and a list of keys tell, for the first of these chips that it fits.
pub fn materialise_on(
    observation: &Observation,
    keys: &NodeKeys,
    chips: &[Profile],
) -> Result<Materialised, MaterialiseError> {
    let count = observation.systems.len();
    if count > MAX_SYSTEMS {
        return Err(MaterialiseError::Systems(count));
    }
    let told = observation.tree().systems;
    if told.iter().any(SystemTree::is_lite) {
        return Err(MaterialiseError::Lite);
    }
    let des_alone = NodeKeys {
        des: keys.des.clone(),
        aes: BTreeMap::new(),
    };
    let with_aes = keys.clone().with_told_aes(&told);
    for chip in chips {
        let pmm = told_pmm(observation).unwrap_or(chip.pmm);
        let plans = plans(&told, pmm, if chip.aes { &with_aes } else { &des_alone })?;
        let needed: u32 = plans.iter().map(|plan| plan.window() + 1).sum();
        if needed > chip.blocks {
            continue;
        }
        let Some((layout, image)) = Layout::fit(&plans, chip.blocks)? else {
            continue;
        };
        check(&told, &image, &layout.blocks)?;
        return Ok(Materialised {
            profile: chip.clone(),
            blocks: layout.blocks,
            known: layout.known,
        });
    }
    Err(match chips {
        [only] => MaterialiseError::NoRoom {
            profile: only.name.clone(),
            blocks: only.blocks,
        },
        _ => MaterialiseError::TooLarge,
    })
}

/// The built-in chips, in the order in which they are tried for a dump: those of the AES generation first, if it tells
/// of AES keys or has some; then those with the dump's IC code, of the same kind the smaller first.
pub fn chips_for(observation: &Observation, keys: &NodeKeys) -> Vec<Profile> {
    let wants_aes = !keys.aes.is_empty() || tells_aes(observation);
    let ic_code = |pmm: Pmm| pmm.0[1];
    let told = told_pmm(observation).map(ic_code);
    let mut chips = Profile::built_in();
    chips.sort_by_key(|chip| {
        (
            wants_aes && !chip.aes,
            Some(ic_code(chip.pmm)) != told,
            chip.blocks,
        )
    });
    chips
}

/// Whether the dump tells versions of AES keys.
fn tells_aes(observation: &Observation) -> bool {
    let mut systems = observation.systems.iter();
    systems.any(|system| !system.aes_keys.is_empty())
}

fn told_pmm(observation: &Observation) -> Option<Pmm> {
    observation.systems.iter().find_map(|system| system.pmm)
}

fn plans(told: &[SystemTree], pmm: Pmm, keys: &NodeKeys) -> Result<Vec<Plan>, MaterialiseError> {
    let idm = told.iter().find_map(|system| system.idm);
    let idm = idm.unwrap_or(Idm([0; 8]));
    let plans = told.iter().map(|system| Plan::new(system, idm, pmm, keys));
    plans.collect()
}
