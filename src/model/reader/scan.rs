//! Looking at a card with every key that is at hand, and saying which key opened what.
//!
//! [`scan`] sees what [`observe`](super::observe()) sees, asks how many blocks each service has and which AES keys there
//! are, and then tries the keys of a ring ([`keys`] says in which order). Nothing is written to the card. It can be
//! stopped between any two commands ([`Reader::stoppable`]), and what was learned until then stays, marked as partial;
//! so it does when the card leaves. An answer that is lost or garbled is asked for again.
//!
//! A result names keys and has their check values; it never holds a key.

mod keys;

use super::observe::{all_nodes, find, free_services, read_service, systems};
use super::{BlockAccess, CardError, NO_SUCH_NODE, Reader};
use crate::model::card::encryption::Encryption;
use crate::model::card::observation::{Fact, FoundNode, Observation, ObservedSystem};
use crate::model::card::tree::AesKeyFacts;
use crate::model::card::{Idm, KeyVersion, NodeCode, ServiceCode, SystemCode};
use crate::model::cipher::Kcv;
use crate::model::command::{MAX_NODES, NodeVersions};
use crate::model::party::KeyRing;
use crate::model::port::{LinkError, Rng, SamError};
use std::collections::BTreeMap;

/// How often a thing is asked for before it counts as not told.
const TRIES: usize = 3;
/// How often a key is tried before it counts as refused.
const WRONG_TRIES: usize = 2;

/// What a scan came to.
#[derive(Clone, Debug)]
pub struct Scan {
    /// What the card told.
    pub seen: Observation,
    /// What came of the keys for each node, by the number of its system. A node for which there was no key is not
    /// here.
    pub keys: BTreeMap<(u8, NodeCode), Vec<TriedKey>>,
    /// Whether that is all that could be learned.
    pub end: ScanEnd,
}

/// How a scan ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScanEnd {
    /// All was asked.
    Whole,
    /// It was stopped; what was learned is partial.
    Stopped,
    /// The card or the reader did not go on; what was learned is partial.
    Broken(CardError),
}

/// A key by its name, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TriedKey {
    /// `owner/system/node/algorithm@version`.
    pub name: String,
    /// Check value: of a DES key zeros enciphered, of an AES key their CMAC.
    pub kcv: Kcv,
    pub came: Came,
}

/// What came of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came {
    /// The card was authenticated with it.
    Opened,
    /// The card did not take it. Where no key of the system and no key of an area was taken, it is not known which of
    /// the two is wrong, and both are called refused.
    Refused,
    /// It was not tried: the card tells this version of its key, and the key is of another.
    OtherVersion(KeyVersion),
    /// It was not tried: without a key of the system and one of an area nobody comes to the node's own.
    NoWayIn,
}

/// How far a scan has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Systems, areas and services that were found.
    pub systems: usize,
    pub areas: usize,
    pub services: usize,
    /// Blocks that were read.
    pub blocks: usize,
    /// Blocks that are to be read; `None` while that is not known.
    pub expected: Option<usize>,
    /// Keys that were tried.
    pub keys: usize,
}

/// Scans a card with the keys of a ring. `tell` is told how far it has come, after each command or so.
pub fn scan(
    reader: &mut Reader,
    ring: &KeyRing,
    rng: &mut dyn Rng,
    tell: &mut dyn FnMut(&Progress),
) -> Scan {
    let mut scanner = Scanner {
        reader,
        ring,
        rng,
        tell,
        idms: Vec::new(),
        seen: Observation::default(),
        keys: BTreeMap::new(),
        progress: Progress::default(),
    };
    let end = match scanner.run() {
        Ok(()) => ScanEnd::Whole,
        Err(CardError::Stopped(_)) => ScanEnd::Stopped,
        Err(error) => ScanEnd::Broken(error),
    };
    Scan {
        seen: scanner.seen,
        keys: scanner.keys,
        end,
    }
}

impl Scan {
    /// What is known of the keys of a node.
    pub fn of_node(&self, system: u8, node: NodeCode) -> &[TriedKey] {
        let tried = self.keys.get(&(system, node));
        tried.map_or(&[], Vec::as_slice)
    }

    /// Whether a key opened that node.
    pub fn is_open(&self, system: u8, node: NodeCode) -> bool {
        let tried = self.of_node(system, node);
        tried.iter().any(|key| key.came == Came::Opened)
    }

    /// The services that need a key and that no key opened, with the number of their system, in order.
    pub fn closed(&self) -> impl Iterator<Item = (u8, ServiceCode)> {
        let numbered = self.seen.systems.iter().zip(0..=15);
        let services = numbered.flat_map(|(system, number)| {
            let services = system.nodes().filter_map(|node| node.code().service());
            services.map(move |service| (number, service))
        });
        services.filter(|(number, service)| {
            service.needs_authentication() && !self.is_open(*number, service.node())
        })
    }
}

impl CardError {
    /// Whether the same, asked again, may be answered.
    fn may_pass(&self) -> bool {
        match self {
            CardError::Silent(_)
            | CardError::Answer(_)
            | CardError::Link(LinkError::CardGone | LinkError::Reader(_))
            | CardError::Sam(SamError::BadAnswer | SamError::NoSession) => true,
            CardError::Status { .. }
            | CardError::Unsendable(_)
            | CardError::NotNamed(_)
            | CardError::TwiceInOne(_)
            | CardError::Stopped(_)
            | CardError::ReadBack
            | CardError::Link(LinkError::CannotSend(_))
            | CardError::Sam(SamError::NotGenuine | SamError::NoKey(_) | SamError::Policy) => false,
        }
    }
}

/// A scan under way.
struct Scanner<'s, 'r> {
    reader: &'s mut Reader<'r>,
    ring: &'s KeyRing,
    rng: &'s mut dyn Rng,
    tell: &'s mut dyn FnMut(&Progress),
    /// IDm of each system that was found.
    idms: Vec<Idm>,
    seen: Observation,
    keys: BTreeMap<(u8, NodeCode), Vec<TriedKey>>,
    progress: Progress,
}

impl Scanner<'_, '_> {
    fn run(&mut self) -> Result<(), CardError> {
        let systems = self.again(|scanner| systems(scanner.reader))?;
        for (code, idm) in systems {
            self.again(|scanner| scanner.find_system(code, idm))?;
            self.idms.push(idm);
            let at = self.idms.len() - 1;
            self.ask_counts(at)?;
            self.ask_aes(at)?;
        }
        self.expect();
        for at in 0..self.idms.len() {
            for service in free_services(&self.seen.systems[at]) {
                self.again(|scanner| scanner.read_free(at, service))?;
            }
        }
        for at in 0..self.idms.len() {
            self.open_system(at)?;
        }
        Ok(())
    }

    /// Does a thing that asks and changes nothing, and does it again where the answer was lost. A card that seems not to
    /// be genuine is asked once more only: as a rule it is the key that is wrong.
    fn again<T>(
        &mut self,
        thing: impl Fn(&mut Self) -> Result<T, CardError>,
    ) -> Result<T, CardError> {
        let (mut lost, mut wrong) = (1, 1);
        loop {
            let left = match thing(self) {
                Err(CardError::Sam(SamError::NotGenuine)) if wrong < WRONG_TRIES => &mut wrong,
                Err(error) if error.may_pass() && lost < TRIES => &mut lost,
                told => return told,
            };
            *left += 1;
        }
    }

    fn told(&mut self) {
        (self.tell)(&self.progress);
    }

    /// Finds a system anew.
    fn find_system(&mut self, code: SystemCode, idm: Idm) -> Result<(), CardError> {
        let number = self.idms.len();
        self.seen.systems.truncate(number);
        self.seen.systems.push(ObservedSystem::new(code));
        let counted = |systems: &[ObservedSystem]| {
            let nodes = systems.iter().flat_map(ObservedSystem::nodes);
            nodes.fold((0, 0), |(areas, services), node| match node {
                FoundNode::Area { .. } => (areas + 1, services),
                FoundNode::Service(_) => (areas, services + 1),
                FoundNode::Foreign(_) => (areas, services),
            })
        };
        (self.progress.areas, self.progress.services) = counted(&self.seen.systems[..number]);
        self.progress.systems = number + 1;
        let (progress, tell) = (&mut self.progress, &mut *self.tell);
        find(
            self.reader,
            &mut self.seen.systems[number],
            idm,
            &mut |node| {
                match node {
                    FoundNode::Area { .. } => progress.areas += 1,
                    FoundNode::Service(_) => progress.services += 1,
                    FoundNode::Foreign(_) => {}
                }
                tell(progress);
            },
        )
    }

    /// Asks how many blocks services have. A card that does not know the command leaves that open.
    fn ask_counts(&mut self, at: usize) -> Result<(), CardError> {
        let services: Vec<NodeCode> = all_nodes(&self.seen.systems[at])
            .into_iter()
            .filter(|node| node.service().is_some())
            .collect();
        let idm = self.idms[at];
        for nodes in services.chunks(MAX_NODES) {
            match self.again(|scanner| scanner.reader.block_counts(idm, nodes)) {
                Ok(_) => self.learn(),
                Err(CardError::Silent(_) | CardError::Link(LinkError::CannotSend(_))) => {
                    return self.is_there(idm);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Asks for the versions of AES keys. A card that does not know the command has none.
    fn ask_aes(&mut self, at: usize) -> Result<(), CardError> {
        let idm = self.idms[at];
        for nodes in all_nodes(&self.seen.systems[at]).chunks(MAX_NODES) {
            let versions = match self.again(|scanner| scanner.reader.key_versions_v2(idm, nodes)) {
                Ok(versions) => versions,
                Err(
                    CardError::Silent(_)
                    | CardError::Status { .. }
                    | CardError::Link(LinkError::CannotSend(_)),
                ) => return self.is_there(idm),
                Err(error) => return Err(error),
            };
            if versions.encryption == NodeVersions::DES {
                return Ok(());
            }
            let des = versions.second.iter().copied().map(Some);
            let des = des.chain(std::iter::repeat(None));
            for ((node, aes), des) in nodes.iter().zip(&versions.first).zip(des) {
                if *aes != NO_SUCH_NODE {
                    let known = AesKeyFacts {
                        version: *aes,
                        kcv: None,
                        alone: des.is_none_or(|des| des == NO_SUCH_NODE),
                    };
                    let system = &mut self.seen.systems[at];
                    system.encryption = Some(Encryption(versions.encryption));
                    system.aes_keys.insert(*node, known);
                }
            }
        }
        Ok(())
    }

    /// Sees that a card which was silent is there at all.
    fn is_there(&mut self, idm: Idm) -> Result<(), CardError> {
        self.again(|scanner| scanner.reader.mode(idm)).map(|_| ())
    }

    /// Works out how many blocks are to be read: of free services, and of those for which there is a key.
    fn expect(&mut self) {
        let mut expected = Some(0);
        for system in &self.seen.systems {
            for service in system.nodes().filter_map(|node| node.code().service()) {
                let reads = !service.needs_authentication() || self.has_key(system, service.node());
                if reads {
                    let blocks = system.block_counts.get(&service.node());
                    expected = expected
                        .zip(blocks)
                        .map(|(sum, blocks)| sum + usize::from(*blocks));
                }
            }
        }
        self.progress.expected = expected;
        self.told();
    }

    /// Reads a service that needs no key.
    fn read_free(&mut self, at: usize, service: ServiceCode) -> Result<(), CardError> {
        let mut plain = self.reader.plain(self.idms[at]);
        let (progress, tell) = (&mut self.progress, &mut *self.tell);
        read_into(
            &mut plain,
            &mut self.seen.systems[at],
            service,
            progress,
            tell,
        )
    }

    /// Takes in what the reader was told beside what was asked for.
    fn learn(&mut self) {
        let learned: Vec<(Idm, Fact)> = std::mem::take(&mut self.reader.learned);
        self.seen.learn(&learned);
    }
}

/// Reads a service from its beginning into what is known of its system; what was read of it before is forgotten.
fn read_into(
    access: &mut dyn BlockAccess,
    system: &mut ObservedSystem,
    service: ServiceCode,
    progress: &mut Progress,
    tell: &mut dyn FnMut(&Progress),
) -> Result<(), CardError> {
    let count = system.block_counts.get(&service.node()).copied();
    let known = system.data.entry(service).or_default();
    progress.blocks = progress.blocks.saturating_sub(known.len());
    known.clear();
    let read = read_service(access, service, count, &mut |first, blocks| {
        progress.blocks += blocks.len();
        known.extend((first..=u16::MAX).zip(blocks.iter().copied()));
        tell(progress);
    });
    if known.is_empty() {
        system.data.remove(&service);
    }
    if let Some(count) = read? {
        system.block_counts.insert(service.node(), count);
    }
    Ok(())
}
