//! The traits by which the model reaches the world.
//!
//! Each is as small as its users allow. The device room implements them for real things; tests implement
//! them for things that break on purpose.

use super::card::{Block, Idi, Idm, NodeCode, Pmi};
use super::command::{Frame, SecureRequest, SecureResponse};
use super::flow::table::StepId;
use thiserror::Error;

/// An address in a chip's non-volatile memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NvmAddress {
    /// Physical block of the card's memory, from 0.
    Data(u32),
    /// Block of the redo log, from 0; outside every system's window.
    Log(u32),
}

/// The power went before, in or after a write. The chip stops where it is; it must be powered on anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the chip lost its power")]
pub struct PowerLost;

/// A chip's non-volatile memory. Every change of a card passes through [`Nvm::write_block`], and that is
/// where faults cut.
pub trait Nvm {
    /// Blocks of card memory.
    fn data_blocks(&self) -> u32;
    /// Blocks of redo log.
    fn log_blocks(&self) -> u32;
    /// What stands at an address; [`Block::ERASED`] beyond the end.
    fn read_block(&self, at: NvmAddress) -> Block;
    /// Writes one block. An address beyond the end is not written.
    fn write_block(&mut self, at: NvmAddress, block: &Block) -> Result<(), PowerLost>;
}

/// Why a frame was not answered by a card.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LinkError {
    /// The card left the field, or its answer was lost. After a writing command its state is *unknown*.
    #[error("the card left the reader")]
    CardGone,
    /// The reader itself failed. After a writing command the card's state is *unknown* too.
    #[error("the reader does not work: {0}")]
    Reader(String),
    /// This reader has no way to send the command of that code. Nothing was sent.
    #[error("this reader cannot send command {0:02X}h")]
    CannotSend(u8),
}

/// Names one stretch of time in which a card had power: it changes whenever the card lost it, so that a
/// caller can tell whether what it left in the card's volatile memory can still be there. Never reused, not
/// even after a restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Touch(pub u64);

/// A way to a card, real or emulated.
pub trait CardLink {
    /// Sends one frame. `Ok(None)` is silence: the card is there and does not answer this.
    fn transceive(&mut self, frame: &Frame) -> Result<Option<Frame>, LinkError>;
    /// Takes the power away and gives it back: mode 0, volatile memory lost.
    fn field_off(&mut self);
    /// The present stretch of power.
    fn touch(&self) -> Touch;
    /// Says which step of a flow the following frames belong to, for a link that keeps a journal.
    fn at_step(&mut self, _step: Option<&StepId>) {}
}

/// What a terminal asks a key holder to authenticate for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthTarget {
    /// IDm of the system.
    pub idm: Idm,
    pub system: super::card::SystemCode,
    /// The first is a real area.
    pub areas: Vec<NodeCode>,
    /// At least one keyed node.
    pub services: Vec<NodeCode>,
}

/// What a terminal asks a key holder to authenticate for with AES keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AesTarget {
    /// IDm of the system.
    pub idm: Idm,
    pub system: super::card::SystemCode,
    /// At least one keyed node; areas and services in one list. Block lists count these.
    pub nodes: Vec<NodeCode>,
}

/// Why a key holder did not go on.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SamError {
    #[error("the key holder has no key {0}")]
    NoKey(String),
    #[error("the key holder's policy does not allow this")]
    Policy,
    #[error("the card did not prove that it is genuine")]
    NotGenuine,
    #[error("the key holder has no session open")]
    NoSession,
    #[error("the card's answer is not what its session protects")]
    BadAnswer,
}

/// A key holder: a key ring and a policy. Frames pass through whoever stands between it and the card, keys
/// do not.
pub trait Sam {
    /// Starts a mutual authentication: the Authentication1 frame for the card.
    fn authentication1(
        &mut self,
        target: &AuthTarget,
        rng: &mut dyn Rng,
    ) -> Result<Frame, SamError>;
    /// Starts a mutual authentication with AES keys: the Authentication1 v2 frame for the card. What follows goes
    /// through the same calls as with DES keys. A holder that does not do this refuses.
    fn authentication1_v2(
        &mut self,
        _target: &AesTarget,
        _rng: &mut dyn Rng,
    ) -> Result<Frame, SamError> {
        Err(SamError::Policy)
    }
    /// Judges the card's answer to Authentication1 and gives the Authentication2 frame.
    fn authentication2(&mut self, answer: &Frame) -> Result<Frame, SamError>;
    /// Judges the answer to Authentication2. From here on a session is open.
    fn authenticated(&mut self, answer: &Frame) -> Result<(Idi, Pmi), SamError>;
    /// Wraps a command for the card, if the policy allows it.
    fn wrap(&mut self, request: &SecureRequest) -> Result<Frame, SamError>;
    /// Unwraps the card's answer to the command wrapped last.
    fn unwrap(&mut self, answer: &Frame) -> Result<SecureResponse, SamError>;
}

/// Wall-clock time.
pub trait Clock {
    /// UTC, milliseconds since 1970-01-01.
    fn now_ms(&mut self) -> u64;
}

/// Randomness fit for keys and challenges.
pub trait Rng {
    /// Fills `bytes`.
    fn fill(&mut self, bytes: &mut [u8]);

    /// Eight random bytes.
    fn eight(&mut self) -> [u8; 8] {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        bytes
    }

    /// Sixteen random bytes.
    fn sixteen(&mut self) -> [u8; 16] {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        bytes
    }
}
