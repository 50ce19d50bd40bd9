//! Key lists: JSON lines, one key a line. No dump holds a key, so this is where the keys of a card that was made
//! from one come from.
//!
//! ```text
//! {"system_code":"0003","node":"1008","algo":"DES","version":1,"idm":"0112…","key":"…"}
//! ```
//!
//! A list is a secret file. What is wrong with one is told by line and field alone: no error holds a byte of it.
//! `docs/formats.md` fixes the fields.

use super::decode::{NotText, decode_secret};
use super::limit::MAX_FILE_BYTES;
use crate::model::card::image::{StoredAesKey, StoredKey};
use crate::model::card::materialise::NodeKeys;
use crate::model::card::tree::{KeyFacts, SystemTree, Tree};
use crate::model::card::{Idm, KeyVersion, NodeCode, SystemCode};
use crate::model::cipher::{AesKey, DES_BYTES, DesKey};
use serde::Deserialize;
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// Bytes in an AES key.
const AES_BYTES: usize = 16;
/// Longest line that is read, in bytes. A key's line has about 120.
const MAX_LINE: usize = 4096;
/// As an answer to Request Service this means that there is no such node.
const NO_SUCH_NODE: KeyVersion = 0xFFFF;

/// Why a key list cannot be read. Lines count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyListError {
    #[error("the list has more than {MAX_FILE_BYTES} bytes")]
    TooLarge,
    #[error("the list holds no key")]
    Empty,
    #[error("line {line}: expected {wanted}")]
    Line { line: usize, wanted: &'static str },
    #[error("line {line}: that key was given before, in line {first}")]
    Twice { line: usize, first: usize },
}

/// Why a list's keys are not those of a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyMismatch {
    #[error(
        "the dump tells key version {told} of node {node} of system {system}; the list has other versions only"
    )]
    Version {
        system: SystemCode,
        node: NodeCode,
        told: KeyVersion,
    },
}

/// A key list.
#[derive(Clone, Debug)]
pub struct KeyList {
    keys: BTreeMap<Name, Listed>,
}

/// What a key is for. Orders by node, then by version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Name {
    system: SystemCode,
    node: NodeCode,
    algorithm: Algorithm,
    version: KeyVersion,
    /// The card that the key is for, by the IDm of its system 0; `None` for every card.
    idm: Option<Idm>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Algorithm {
    Des,
    Aes,
}

#[derive(Clone, Debug)]
struct Listed {
    line: usize,
    key: ListedKey,
}

/// A key of a list.
#[derive(Clone, Debug)]
pub enum ListedKey {
    Des(DesKey),
    Aes(AesKey),
}

/// The keys of a list that are those of one card, and what else can be said of it.
#[derive(Clone, Debug, Default)]
pub struct CardKeys {
    /// The keys, by node.
    pub keys: NodeKeys,
    /// Keys of the list that the card did not take: of other nodes, other cards or older versions.
    pub unused: usize,
    /// AES keys of the card's nodes that were left out, because its chip is of the DES generation.
    pub aes: usize,
    /// Nodes of the card that need a key and have none.
    pub missing: usize,
}

impl CardKeys {
    /// What a chip of the DES generation takes of them.
    pub fn without_aes(mut self) -> CardKeys {
        let aes = std::mem::take(&mut self.keys.aes);
        let alone = aes.keys().filter(|node| !self.keys.des.contains_key(node));
        self.missing += alone.count();
        self.aes += aes.len();
        self
    }
}

/// A line as it stands in the file. Strings are borrowed, so that no copy of a key is left behind.
#[derive(Deserialize)]
struct Line<'a> {
    system_code: &'a str,
    node: &'a str,
    algo: &'a str,
    #[serde(borrow)]
    version: Version<'a>,
    #[serde(default)]
    idm: Option<&'a str>,
    key: &'a str,
}

/// A version as a number, or as four hexadecimal digits like a code.
#[derive(Deserialize)]
#[serde(untagged)]
enum Version<'a> {
    Number(u16),
    Digits(&'a str),
}

impl KeyList {
    /// Reads a list. Empty lines are passed over.
    pub fn parse(bytes: &[u8]) -> Result<KeyList, KeyListError> {
        if bytes.len() > MAX_FILE_BYTES {
            return Err(KeyListError::TooLarge);
        }
        let text = decode_secret(bytes).map_err(|NotText { line }| KeyListError::Line {
            line,
            wanted: "UTF-8 text",
        })?;
        let mut keys: BTreeMap<Name, Listed> = BTreeMap::new();
        for (line, text) in (1..).zip(text.split('\n')) {
            let text = text.trim_ascii();
            if text.is_empty() {
                continue;
            }
            let read = parse_line(text).map_err(|wanted| KeyListError::Line { line, wanted })?;
            let (name, key) = read;
            if let Some(Listed { line: first, .. }) = keys.get(&name) {
                return Err(KeyListError::Twice {
                    line,
                    first: *first,
                });
            }
            keys.insert(name, Listed { line, key });
        }
        if keys.is_empty() {
            return Err(KeyListError::Empty);
        }
        Ok(KeyList { keys })
    }

    /// Every key: system, node, version, the card that it is for alone, and the key.
    pub fn keys(
        &self,
    ) -> impl Iterator<Item = (SystemCode, NodeCode, KeyVersion, Option<Idm>, &ListedKey)> {
        self.keys
            .iter()
            .map(|(name, listed)| (name.system, name.node, name.version, name.idm, &listed.key))
    }

    /// How many keys the list has.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether it has none; `parse` gives no such list.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The keys of this card: for each of its nodes the key of the version that the card tells, or else of the newest
    /// in the list. A key for this card alone goes before one for every card.
    ///
    /// Where the card tells no version of an AES key, the one that it tells is the DES key's. Of a node of which the
    /// list has AES keys alone, it may be one of those, and that one is taken; otherwise of the AES keys the newest.
    pub fn for_card(&self, card: &Tree) -> Result<CardKeys, KeyMismatch> {
        let idm = card.systems.iter().find_map(|system| system.idm);
        let idm = idm.map(|idm| idm.of_system(0));
        let mut taken = CardKeys::default();
        for system in &card.systems {
            for (node, facts) in nodes(system) {
                let listed = self.of_node(system.code, node, idm);
                let at = (system.number, node);
                let (des, aes) = fitting(facts, &listed).map_err(|told| KeyMismatch::Version {
                    system: system.code,
                    node,
                    told,
                })?;
                let aes = aes.filter(|_| needs_key(node));
                let none = des.is_none() && aes.is_none();
                taken.missing += usize::from(none && needs_key(node));
                taken.keys.des.extend(des.map(|key| (at, key)));
                taken.keys.aes.extend(aes.map(|key| (at, key)));
            }
        }
        // Two systems of one code take the same key of the list.
        let used = taken.keys.des.len() + taken.keys.aes.len();
        taken.unused = self.keys.len().saturating_sub(used);
        Ok(taken)
    }

    /// The keys of a node that are for every card or for this one, oldest first; of one version that for this card
    /// stands last.
    fn of_node(
        &self,
        system: SystemCode,
        node: NodeCode,
        idm: Option<Idm>,
    ) -> Vec<(&Name, &ListedKey)> {
        let first = Name {
            system,
            node,
            algorithm: Algorithm::Des,
            version: 0,
            idm: None,
        };
        let from = self.keys.range(first..);
        from.take_while(|(name, _)| (name.system, name.node) == (system, node))
            .filter(|(name, _)| name.idm.is_none() || name.idm == idm)
            .map(|(name, listed)| (name, &listed.key))
            .collect()
    }
}

/// Which of a node's keys in a list it takes, or the version that is told and that the list does not have.
fn fitting(
    facts: KeyFacts,
    listed: &[(&Name, &ListedKey)],
) -> Result<(Option<StoredKey>, Option<StoredAesKey>), KeyVersion> {
    let Some(told) = facts.aes else {
        let des = newest_des(listed, facts.version);
        if let Some(told) = facts.version.filter(|_| des.is_none() && has_des(listed)) {
            return Err(told);
        }
        let alone = facts.version.filter(|_| des.is_none());
        let aes = newest_aes(listed, alone).or_else(|| newest_aes(listed, None));
        return Ok((des, aes));
    };
    let aes = newest_aes(listed, Some(told.version));
    if aes.is_none() && newest_aes(listed, None).is_some() {
        return Err(told.version);
    }
    // A DES key in the list is not of a node that has none.
    let des = newest_des(listed, facts.des_version()).filter(|_| !told.alone);
    match facts.des_version() {
        Some(told) if des.is_none() && has_des(listed) => Err(told),
        _ => Ok((des, aes)),
    }
}

/// Every node of a system that has a key, with what is told of it. Area 0 is on every card, shown or not.
fn nodes(system: &SystemTree) -> BTreeMap<NodeCode, KeyFacts> {
    let areas = system.areas.iter().map(|area| (area.code, area.key));
    let services = system.services.iter();
    let services = services.map(|service| (service.code.node(), service.key));
    let own = [
        (NodeCode::SYSTEM, system.key),
        (NodeCode::AREA_0, KeyFacts::default()),
    ];
    own.into_iter().chain(areas).chain(services).collect()
}

fn needs_key(node: NodeCode) -> bool {
    node.service()
        .is_none_or(|service| service.needs_authentication())
}

fn has_des(listed: &[(&Name, &ListedKey)]) -> bool {
    let mut names = listed.iter().map(|(name, _)| name);
    names.any(|name| name.algorithm == Algorithm::Des)
}

fn newest_des(listed: &[(&Name, &ListedKey)], told: Option<KeyVersion>) -> Option<StoredKey> {
    listed.iter().rev().find_map(|(name, key)| match key {
        ListedKey::Des(key) if told.is_none_or(|told| told == name.version) => Some(StoredKey {
            version: name.version,
            key: key.clone(),
        }),
        _ => None,
    })
}

fn newest_aes(listed: &[(&Name, &ListedKey)], told: Option<KeyVersion>) -> Option<StoredAesKey> {
    listed.iter().rev().find_map(|(name, key)| match key {
        ListedKey::Aes(key) if told.is_none_or(|told| told == name.version) => Some(StoredAesKey {
            version: name.version,
            key: key.clone(),
        }),
        _ => None,
    })
}

/// A line's key, or what was expected in its place.
fn parse_line(text: &str) -> Result<(Name, ListedKey), &'static str> {
    if text.len() > MAX_LINE {
        return Err("a line of at most 4,096 bytes");
    }
    // What serde says may hold a part of the line, and so of a key.
    let line: Line = serde_json::from_str(text).map_err(|_| {
        "one JSON object with system_code, node, algo, version and key, and no other kind of value in them"
    })?;
    let code = |digits: &str| hex_exactly(digits).map(|code| u16::from_be_bytes(*code));
    let system = code(line.system_code).ok_or("four hexadecimal digits in system_code")?;
    let node = code(line.node).map(NodeCode);
    let node = node
        .filter(|node| *node == NodeCode::SYSTEM || node.is_area() || node.service().is_some())
        .ok_or("the code of an area or a service, or FFFF, in node")?;
    let version = match line.version {
        Version::Number(number) => Some(number),
        Version::Digits(digits) => code(digits),
    };
    let version = version
        .filter(|version| *version != NO_SUCH_NODE)
        .ok_or("a version from 0 to 65534, or its four hexadecimal digits")?;
    let idm = match line.idm {
        Some(digits) => Some(hex_exactly(digits).ok_or("sixteen hexadecimal digits in idm")?),
        None => None,
    };
    let (algorithm, key) = if line.algo.eq_ignore_ascii_case("DES") {
        let bytes =
            hex_exactly::<DES_BYTES>(line.key).ok_or("sixteen hexadecimal digits in key")?;
        (Algorithm::Des, ListedKey::Des(DesKey::new(*bytes)))
    } else if line.algo.eq_ignore_ascii_case("AES") {
        let bytes =
            hex_exactly::<AES_BYTES>(line.key).ok_or("thirty-two hexadecimal digits in key")?;
        (Algorithm::Aes, ListedKey::Aes(AesKey::new(*bytes)))
    } else {
        return Err("DES or AES in algo");
    };
    let name = Name {
        system: SystemCode(system),
        node,
        algorithm,
        version,
        idm: idm.map(|idm| Idm(*idm).of_system(0)),
    };
    Ok((name, key))
}

/// Exactly `N` bytes in hexadecimal digits without gaps, leaving no copy behind.
fn hex_exactly<const N: usize>(digits: &str) -> Option<Zeroizing<[u8; N]>> {
    let mut bytes = Zeroizing::new([0; N]);
    if digits.len() != 2 * N {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
        let digit = |at: usize| (pair[at] as char).to_digit(16);
        *byte = (digit(0)? << 4 | digit(1)?) as u8;
    }
    Some(bytes)
}
