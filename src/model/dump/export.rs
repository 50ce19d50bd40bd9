//! What each form loses of a card that is written out in it.
//!
//! A form is described by the kinds of facts that it cannot carry. [`carried`] takes these out of a tree and counts
//! them, so that the list which a person reads and what stands in the file come from the same place: what is read
//! back from the file is the tree that `carried` gave. Only a `.card` file holds keys.

use crate::model::card::NodeCode;
use crate::model::card::nesting::Nesting;
use crate::model::card::tree::{AesKeyFacts, KeyFacts, SystemBlockKind, SystemTree, Tree};

/// A form in which a card is written to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Our own file: the whole card.
    Card,
    /// proxmark3's JSON.
    Proxmark3,
    /// Flipper Zero, data format version 2.
    Flipper,
    /// A text for people; no program reads it.
    Text,
    /// The project's own tree as JSON, for other programs; it is not read back.
    Tree,
}

/// A kind of facts that a form cannot carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lost {
    /// Systems that are prepared and not on the card yet.
    Pending,
    /// DES keys, and their check values with them.
    Keys,
    /// AES keys, and their check values with them.
    AesKeys,
    /// Versions of AES keys.
    AesKeyVersions,
    /// Which ciphers systems have.
    Encryption,
    /// Division keys K_D.
    DivisionKeys,
    /// Issuance IDs.
    IssuanceIds,
    /// Where each block stands on the chip; counted by systems.
    Places,
    /// How many user, system and free blocks there are; counted by systems.
    Sizes,
    /// Versions of keys.
    KeyVersions,
    /// End codes of areas.
    EndCodes,
    /// How many blocks areas are allotted.
    Allotments,
    /// How many blocks services have.
    BlockCounts,
    /// Contents of blocks of services that need a key.
    PrivateBlocks,
    /// Contents of blocks whose number is above FFh.
    HighBlocks,
    /// Contents of all blocks.
    Blocks,
    /// IDm and PMm of systems other than the first.
    FurtherIds,
    /// Names that people gave to nodes.
    Names,
    /// In which area nodes stand, where their codes and the end codes that are left do not tell it.
    Nesting,
    /// Nodes of a kind that is not known here.
    Foreign,
}

/// Facts of one kind that a file does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loss {
    pub what: Lost,
    /// How many there were; never 0.
    pub count: usize,
}

impl Format {
    /// The form that a file of that name ending has, `card` for example, in letters of either case.
    pub fn of_extension(extension: &str) -> Option<Format> {
        Some(match extension.to_ascii_lowercase().as_str() {
            "card" => Format::Card,
            "json" => Format::Proxmark3,
            "nfc" => Format::Flipper,
            "txt" => Format::Text,
            _ => return None,
        })
    }

    /// What the form cannot carry.
    pub fn cannot_carry(self) -> &'static [Lost] {
        use Lost::*;
        match self {
            Format::Card => &[],
            Format::Proxmark3 => &[
                Pending,
                Keys,
                AesKeys,
                DivisionKeys,
                IssuanceIds,
                Places,
                Sizes,
                Allotments,
                BlockCounts,
                Names,
                Nesting,
            ],
            Format::Flipper => &[
                Pending,
                Keys,
                AesKeys,
                AesKeyVersions,
                Encryption,
                DivisionKeys,
                IssuanceIds,
                Places,
                Sizes,
                KeyVersions,
                EndCodes,
                Allotments,
                BlockCounts,
                PrivateBlocks,
                HighBlocks,
                FurtherIds,
                Names,
                Nesting,
                Foreign,
            ],
            Format::Tree => &[
                Pending,
                Keys,
                AesKeys,
                DivisionKeys,
                IssuanceIds,
                Places,
                Names,
            ],
            Format::Text => &[
                Keys,
                AesKeys,
                DivisionKeys,
                IssuanceIds,
                Places,
                Blocks,
                Names,
            ],
        }
    }
}

/// What of a card a file of that form holds, and what it does not.
pub fn carried(mut tree: Tree, format: Format) -> (Tree, Vec<Loss>) {
    let mut losses = Vec::new();
    for &what in format.cannot_carry() {
        let count = take(what, &mut tree);
        if count > 0 {
            losses.push(Loss { what, count });
        }
    }
    (tree, losses)
}

/// Takes all facts of a kind out of a tree; gives how many there were.
fn take(what: Lost, tree: &mut Tree) -> usize {
    if what == Lost::Pending {
        let all = tree.systems.len();
        tree.systems.retain(|system| !system.pending);
        return all - tree.systems.len();
    }
    let systems = tree.systems.iter_mut();
    systems.map(|system| take_from(what, system)).sum()
}

fn take_from(what: Lost, system: &mut SystemTree) -> usize {
    match what {
        // Taken whole, above.
        Lost::Pending => 0,
        Lost::Keys => keys(system).filter_map(|key| key.kcv.take()).count(),
        Lost::KeyVersions => keys(system).filter_map(|key| key.version.take()).count(),
        Lost::AesKeys => {
            let aes = keys(system).filter_map(|key| key.aes.as_mut());
            aes.filter_map(|aes| aes.kcv.take()).count()
        }
        Lost::AesKeyVersions => keys(system).filter_map(take_aes).count(),
        Lost::Encryption => usize::from(system.encryption.take().is_some()),
        Lost::DivisionKeys => take_blocks(system, SystemBlockKind::DivisionKey),
        Lost::IssuanceIds => take_blocks(system, SystemBlockKind::IssuanceId),
        Lost::Places => take_places(system),
        Lost::Sizes => usize::from(system.blocks.take().is_some()),
        Lost::EndCodes => counted(system.areas.iter_mut().map(|area| area.end.take())),
        Lost::Allotments => counted(system.areas.iter_mut().map(|area| area.allotted.take())),
        Lost::BlockCounts => counted(system.services.iter_mut().map(|s| s.blocks.take())),
        Lost::PrivateBlocks => {
            let services = system.services.iter_mut();
            let private = services.filter(|service| service.code.needs_authentication());
            private.map(|s| std::mem::take(&mut s.data).len()).sum()
        }
        Lost::HighBlocks => {
            let services = system.services.iter_mut();
            services.map(|s| s.data.split_off(&0x100).len()).sum()
        }
        Lost::Blocks => {
            let services = system.services.iter_mut();
            services.map(|s| std::mem::take(&mut s.data).len()).sum()
        }
        Lost::FurtherIds if system.number > 0 => {
            usize::from(system.idm.take().is_some()) + usize::from(system.pmm.take().is_some())
        }
        Lost::FurtherIds => 0,
        Lost::Nesting => take_nesting(system),
        Lost::Foreign => std::mem::take(&mut system.foreign).len(),
        Lost::Names => {
            let areas = system.areas.iter_mut().map(|area| area.name.take());
            let services = system
                .services
                .iter_mut()
                .map(|service| service.name.take());
            counted(areas.chain(services))
        }
    }
}

/// Leaves of the places of nodes what codes tell.
fn take_nesting(system: &mut SystemTree) -> usize {
    let areas = system.areas.iter().map(|area| (area.code, area.end));
    let nesting = Nesting::new(areas);
    let codes: Vec<NodeCode> = system.areas.iter().map(|area| area.code).collect();
    let told = |node| {
        let around = nesting.around(node)?;
        codes.iter().position(|code| *code == around)
    };
    let areas = system.areas.iter_mut();
    let areas = areas.map(|area| (told(area.code), &mut area.parent));
    let services = system.services.iter_mut();
    let services = services.map(|service| (told(service.code.node()), &mut service.area));
    let changed = areas.chain(services).filter_map(|(told, place)| {
        let changed = *place != told;
        *place = told;
        changed.then_some(())
    });
    changed.count()
}

fn counted<T>(facts: impl Iterator<Item = Option<T>>) -> usize {
    facts.flatten().count()
}

/// What is known of each key of a system.
fn keys(system: &mut SystemTree) -> impl Iterator<Item = &mut KeyFacts> {
    let areas = system.areas.iter_mut().map(|area| &mut area.key);
    let services = system.services.iter_mut().map(|service| &mut service.key);
    std::iter::once(&mut system.key)
        .chain(areas)
        .chain(services)
}

/// What is known of an AES key. A version that was this key's goes with it.
fn take_aes(key: &mut KeyFacts) -> Option<AesKeyFacts> {
    key.version = key.des_version();
    key.aes.take()
}

fn take_blocks(system: &mut SystemTree, kind: SystemBlockKind) -> usize {
    let all = system.system_blocks.len();
    system.system_blocks.retain(|block| block.kind != kind);
    all - system.system_blocks.len()
}

/// A system's places are known all or none: a whole image tells them, a dump does not.
fn take_places(system: &mut SystemTree) -> usize {
    let known = !system.system_blocks.is_empty();
    system.system_blocks.clear();
    for area in &mut system.areas {
        (area.used, area.definition) = (None, None);
    }
    for service in &mut system.services {
        (service.first_user_block, service.definition) = (None, None);
    }
    usize::from(known)
}
