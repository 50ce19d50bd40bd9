//! Why a dump makes no card.

use crate::model::card::image::{ImageError, MAX_SYSTEMS};
use crate::model::card::{NodeCode, SystemCode};
use thiserror::Error;

/// Why a dump cannot become a card.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MaterialiseError {
    #[error("the dump holds no system")]
    NoSystem,
    #[error("a FeliCa Lite or Lite-S card has no areas, and no chip here is one")]
    Lite,
    #[error("the dump holds {0} systems; a card has at most {MAX_SYSTEMS}")]
    Systems(usize),
    #[error("what the dump holds does not fit into 65,536 blocks")]
    TooLarge,
    #[error("what the dump holds does not fit into the {blocks} blocks of {profile}")]
    NoRoom { profile: String, blocks: u32 },
    #[error("the IDm of system {0} is that of another system or card")]
    Idm(u8),
    #[error("what the dump tells of {node} in system {system} cannot stand on one card")]
    Contradiction { system: SystemCode, node: NodeCode },
    #[error(transparent)]
    Image(#[from] ImageError),
}
