//! What every reader of a JSON dump needs: its errors, the values that stand in all of them, and the nodes of a
//! system while they are gathered.
//!
//! A file is read as a stream, so that what is not looked for takes no memory, and each error has its line. None of
//! these dumps tells where a node stands but by codes, so their order means nothing: see [`Listing::system`].

use super::decode::{self, NotText};
use super::limit::MAX_FILE_BYTES;
use crate::model::card::observation::{FoundNode, ObservedSystem};
use crate::model::card::tree::AesKeyFacts;
use crate::model::card::{Block, Idm, KeyVersion, NodeCode};
use crate::model::hex;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error as _, MapAccess, Visitor};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::marker::PhantomData;

/// Stands for a version where a node does not exist, or not under that cipher.
const NO_SUCH_NODE: KeyVersion = 0xFFFF;
/// Most characters of a reason that are kept. It may quote the file.
const MAX_REASON: usize = 120;

/// Why a JSON dump cannot be read. Lines and columns count from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    #[error("the dump has more than {MAX_FILE_BYTES} bytes")]
    TooLarge,
    #[error(transparent)]
    NotText(#[from] NotText),
    #[error("the dump ends in line {line}, before it is complete")]
    Cut { line: usize },
    #[error("line {line}, column {column}: not JSON")]
    Garbled { line: usize, column: usize },
    #[error("line {line}, column {column}: {what}")]
    Wrong {
        line: usize,
        column: usize,
        what: String,
    },
}

/// Reads a whole file as one JSON value.
pub(super) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, JsonError> {
    if bytes.len() > MAX_FILE_BYTES {
        return Err(JsonError::TooLarge);
    }
    let text = decode::decode(bytes)?;
    serde_json::from_str(&text).map_err(|error| placed(&error))
}

fn placed(error: &serde_json::Error) -> JsonError {
    use serde_json::error::Category;
    let (line, column) = (error.line(), error.column());
    match error.classify() {
        Category::Eof => JsonError::Cut { line },
        Category::Data => {
            let said = error.to_string();
            let place = format!(" at line {line} column {column}");
            let what = said.strip_suffix(&place).unwrap_or(&said);
            let what = what.chars().filter(|c| !c.is_control()).take(MAX_REASON);
            JsonError::Wrong {
                line,
                column,
                what: what.collect(),
            }
        }
        Category::Syntax | Category::Io => JsonError::Garbled { line, column },
    }
}

/// Bytes as hexadecimal digits without gaps.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Bytes<const N: usize>(pub [u8; N]);

impl Bytes<2> {
    /// A number, low byte first.
    pub fn wire(self) -> u16 {
        u16::from_le_bytes(self.0)
    }

    /// A number, high byte first.
    pub fn value(self) -> u16 {
        u16::from_be_bytes(self.0)
    }
}

impl<'de, const N: usize> Deserialize<'de> for Bytes<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        bytes(&text)
            .map(Bytes)
            .ok_or_else(|| D::Error::custom(format_args!("expected {} hexadecimal digits", 2 * N)))
    }
}

/// Exactly `N` bytes of hexadecimal digits.
pub(super) fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    (text.len() == 2 * N)
        .then(|| hex::parse_array(text))
        .flatten()
}

/// A member's name or value as a decimal number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Decimal(pub u16);

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let number = text.parse().map(Decimal);
        number.map_err(|_| D::Error::custom("expected a number from 0 to 65535"))
    }
}

/// The members of an object in their order, none named twice, at most `MOST` of them.
pub(super) struct Members<K, V, const MOST: usize = 65_536>(pub Vec<(K, V)>);

impl<K, V, const MOST: usize> Default for Members<K, V, MOST> {
    fn default() -> Self {
        Members(Vec::new())
    }
}

impl<'de, K, V, const MOST: usize> Deserialize<'de> for Members<K, V, MOST>
where
    K: Deserialize<'de> + Copy + Ord,
    V: Deserialize<'de>,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each<K, V, const MOST: usize>(PhantomData<(K, V)>);
        impl<'de, K, V, const MOST: usize> Visitor<'de> for Each<K, V, MOST>
        where
            K: Deserialize<'de> + Copy + Ord,
            V: Deserialize<'de>,
        {
            type Value = Members<K, V, MOST>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut names = BTreeSet::new();
                let mut members = Vec::new();
                while let Some(name) = map.next_key::<K>()? {
                    if members.len() == MOST {
                        return Err(A::Error::custom(format_args!("more than {MOST} of them")));
                    }
                    if !names.insert(name) {
                        return Err(A::Error::custom("a name that was there before"));
                    }
                    members.push((name, map.next_value()?));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Each(PhantomData))
    }
}

/// The nodes of a system and what is told of them, in whatever order they come.
pub(super) struct Listing {
    system: ObservedSystem,
    nodes: Vec<FoundNode>,
    codes: BTreeSet<NodeCode>,
}

impl Listing {
    /// Of a system whose code may be told later.
    pub fn new() -> Listing {
        Listing {
            system: ObservedSystem::untold(),
            nodes: Vec::new(),
            codes: BTreeSet::new(),
        }
    }

    /// Takes a node in. Each stands there once.
    pub fn add(&mut self, node: FoundNode) -> Result<(), String> {
        let code = node.code();
        ObservedSystem::take_code(&mut self.codes, code)
            .map_err(|why| format!("node {code}: {why}"))?;
        self.nodes.push(node);
        Ok(())
    }

    /// The versions of a node's keys; FFFFh stands for none.
    pub fn versions(&mut self, node: NodeCode, des: Option<KeyVersion>, aes: Option<KeyVersion>) {
        let des = des.filter(|version| *version != NO_SUCH_NODE);
        let aes = aes.filter(|version| *version != NO_SUCH_NODE);
        if let Some(version) = aes {
            let alone = des.is_none();
            let facts = AesKeyFacts {
                version,
                kcv: None,
                alone,
            };
            self.system.aes_keys.insert(node, facts);
        }
        if let Some(version) = des.or(aes) {
            self.system.key_versions.insert(node, version);
        }
    }

    /// How many blocks a service has, or an area is allotted; FFFFh stands for no such node.
    pub fn blocks(&mut self, node: NodeCode, count: Option<u16>) {
        if let Some(count) = count.filter(|count| *count != NO_SUCH_NODE) {
            self.system.block_counts.insert(node, count);
        }
    }

    /// The blocks of a service that were read. Those of a node that is no known service have no place to stand.
    pub fn data(&mut self, node: NodeCode, blocks: BTreeMap<u16, Block>) {
        if let Some(service) = node.service().filter(|_| !blocks.is_empty()) {
            self.system.data.insert(service, blocks);
        }
    }

    /// The system, with each node in the area in which end codes put it, and elsewhere its place not told.
    pub fn system(self) -> Result<ObservedSystem, String> {
        let mut system = self.system;
        let listed = system.listed(self.nodes);
        listed.map_err(|(node, why)| format!("node {node}: {why}"))?;
        Ok(system)
    }
}

/// Blocks that stand in a list, numbered from 0.
pub(super) fn numbered(blocks: impl IntoIterator<Item = Bytes<16>>) -> BTreeMap<u16, Block> {
    let blocks = blocks.into_iter().map(|Bytes(block)| Block(block));
    (0..=u16::MAX).zip(blocks).collect()
}

/// A service, or a node of a kind that is not known here; `None` for an area's code.
pub(super) fn service(code: NodeCode) -> Option<FoundNode> {
    match FoundNode::of_code(code) {
        FoundNode::Area { .. } => None,
        node => Some(node),
    }
}

/// An area with its end, or a node of a kind that is not known here; an error for a service's code.
pub(super) fn area(code: NodeCode, end: Option<NodeCode>) -> Result<FoundNode, String> {
    if end.is_some_and(|end| end < code) {
        return Err(format!("area {code} ends before it begins"));
    }
    match FoundNode::of_code(code) {
        FoundNode::Area { .. } => Ok(FoundNode::Area { code, end }),
        FoundNode::Service(_) => Err(format!("{code} is not the code of an area")),
        foreign => Ok(foreign),
    }
}

/// An IDm.
pub(super) fn idm(bytes: Option<Bytes<8>>) -> Option<Idm> {
    bytes.map(|Bytes(idm)| Idm(idm))
}
