//! Who knows what, worked out.
//!
//! A party knows the keys it holds and the messages it sent, received or carried. From these it derives what can
//! be derived (degenerate keys, K_J, session keys) and opens what these open, until nothing new appears. The
//! work is done on the real bytes with the real ciphers: a package counts as open when its seal proves right.
//!
//! [`World::violations`] holds the result against what nobody may come to know, and against what nobody but
//! its maker may be able to make. Taking one seal away must make a violation appear; otherwise that seal would
//! protect nothing.

use super::ring::KeyRing;
use crate::model::card::Idm;
use crate::model::cipher::{DesKey, GroupKey, MutualAuth, UserKey, group_key, user_key};
use crate::model::command::{Frame, Request, Response, code};
use crate::model::flow::table::LaneId;
use crate::model::hex;
use crate::model::message::{Content, Message, Part, SealKind};
use std::collections::{BTreeMap, BTreeSet};

/// A seal that keeps something from somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seal {
    /// That of a kind of package.
    Package(&'static SealKind),
    /// The session between a SAM and the card.
    Session,
}

impl Seal {
    /// Whether it is the outermost of a part.
    fn seals(self, part: &Part) -> bool {
        match (part, self) {
            (Part::Sealed { kind, .. }, Seal::Package(seal)) => *kind == seal,
            (Part::Authentication { .. }, Seal::Session) => true,
            _ => false,
        }
    }

    /// Its name for people: `Pf`.
    fn name(self) -> &'static str {
        match self {
            Seal::Package(kind) => kind.name,
            Seal::Session => "Session",
        }
    }
}

/// How somebody came to know a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    Held,
    /// It lay open in a message.
    InTheClear,
    /// Out of a package.
    From(&'static SealKind),
    /// It is the key of a session.
    Session,
}

/// A key that somebody came to know, and how.
#[derive(Clone, Debug)]
pub struct Known {
    pub key: DesKey,
    pub how: How,
}

/// What one party knows.
#[derive(Clone, Debug, Default)]
pub struct Knowledge {
    keys: Vec<Known>,
    /// Packages that it could make so that the card would take them.
    can_make: Vec<Seal>,
}

impl Knowledge {
    /// Whether the key, parity bits aside, is known or can be derived.
    pub fn knows(&self, key: &DesKey) -> bool {
        self.candidates()
            .iter()
            .any(|known| known.without_parity() == key.without_parity())
    }

    /// Whether it could make such a package.
    pub fn can_make(&self, seal: Seal) -> bool {
        self.can_make.contains(&seal)
    }

    /// Every key known outright.
    pub fn keys(&self) -> &[Known] {
        &self.keys
    }

    /// Whether it can open a part's outermost seal. What is not sealed is open.
    pub fn can_open(&self, part: &Part) -> bool {
        let keys = self.candidates();
        match part {
            Part::Clear { .. } => true,
            Part::Sealed { kind, package } => {
                keys.iter().any(|key| (kind.open)(key, package).is_some())
            }
            Part::Authentication { idm, frames, .. } => session_key(&keys, *idm, frames).is_some(),
            Part::Secure { .. } => self.keys.iter().any(|known| known.how == How::Session),
        }
    }

    /// Known keys and, as one key can be enciphered under another, what follows from each pair of them: K_J
    /// and degenerate group keys alike.
    fn candidates(&self) -> Keychain {
        let known: Vec<DesKey> = self.keys.iter().map(|known| known.key.clone()).collect();
        let pairs = known
            .iter()
            .flat_map(|first| known.iter().map(move |second| (first, second)));
        let derived = pairs
            .map(|(first, second)| group_key(first, &[second]).0)
            .collect();
        Keychain { known, derived }
    }

    fn learn(&mut self, key: DesKey, how: How) -> bool {
        let new = !self
            .keys
            .iter()
            .any(|known| known.key.without_parity() == key.without_parity());
        if new {
            self.keys.push(Known { key, how });
        }
        new
    }

    /// Opens what can be opened, as if the seal `without` lay open to `everything`; whether anything new was learnt.
    fn open(&mut self, part: &Part, without: Option<Seal>, everything: &Keychain) -> bool {
        let own;
        let keys = match without.is_some_and(|seal| seal.seals(part)) {
            true => everything,
            false => {
                own = self.candidates();
                &own
            }
        };
        match part {
            Part::Clear { .. } | Part::Secure { .. } => false,
            Part::Sealed { kind, package } => {
                let opened = keys.iter().find_map(|key| (kind.open)(key, package));
                let Some(inside) = opened else { return false };
                let mut grew = self.come_to_make(Seal::Package(kind));
                for (_, content) in inside.fields {
                    if let Content::Key(key) = content {
                        grew |= self.learn(key, How::From(kind));
                    }
                }
                let inner = inside.inner.iter();
                inner.fold(grew, |grew, part| {
                    self.open(part, without, everything) | grew
                })
            }
            Part::Authentication { idm, frames, .. } => session_key(keys, *idm, frames)
                .is_some_and(|key| {
                    let made = self.come_to_make(Seal::Session);
                    self.learn(key, How::Session) || made
                }),
        }
    }

    /// Notes what it can make; whether that is new.
    fn come_to_make(&mut self, seal: Seal) -> bool {
        let new = !self.can_make.contains(&seal);
        if new {
            self.can_make.push(seal);
        }
        new
    }
}

/// Keys to try: those known, and what follows from pairs of them.
#[derive(Clone)]
struct Keychain {
    known: Vec<DesKey>,
    derived: Vec<DesKey>,
}

impl Keychain {
    fn iter(&self) -> impl Iterator<Item = &DesKey> {
        self.known.iter().chain(&self.derived)
    }
}

/// The session key that a listener with these keys gets out of a mutual authentication.
fn session_key(keys: &Keychain, idm: Idm, frames: &[Vec<u8>]) -> Option<DesKey> {
    let frames: Vec<Frame> = frames
        .iter()
        .filter_map(|bytes| Frame::parse(bytes).ok())
        .collect();
    let c1a = frames
        .iter()
        .find_map(|frame| match Request::decode(frame) {
            Some(Request::Authentication1 { c1a, .. }) => Some(c1a),
            _ => None,
        })?;
    let (c1b, c2a) =
        frames.iter().find_map(
            |frame| match Response::decode(code::AUTHENTICATION1, frame) {
                Some(Response::Authentication1 { c1b, c2a, .. }) => Some((c1b, c2a)),
                _ => None,
            },
        )?;
    keys.iter()
        .flat_map(|group| keys.known.iter().map(move |node| (group, node)))
        .find_map(|(group, node)| {
            let group = GroupKey(group.clone());
            let users = [user_key(&group, &[node]), UserKey(node.clone())];
            users.iter().find_map(|user| {
                let auth = MutualAuth::new(&group, user, idm);
                (auth.open_c1b(&c1b) == auth.open_c1a(&c1a)).then(|| auth.open_c2a(&c2a))
            })
        })
}

/// Everybody's keys, and every message that passed.
#[derive(Clone, Debug, Default)]
pub struct World {
    pub rings: BTreeMap<LaneId, KeyRing>,
    pub messages: Vec<Message>,
}

/// What a party may not come to know or be able to do.
#[derive(Clone, Debug)]
pub enum Forbidden {
    /// This key, by its name in the seed.
    Key(&'static str, DesKey),
    /// To make a package that the card would take.
    Make(Seal),
    /// The key of any session with the card.
    AnySession,
}

/// A party that could do what it must not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    pub who: LaneId,
    pub what: String,
}

impl World {
    /// What a party knows; as if one seal were not there, if `without` names one.
    pub fn knowledge(&self, who: LaneId, without: Option<Seal>) -> Knowledge {
        let mut knowledge = Knowledge::default();
        for (_, key) in self.rings.get(&who).into_iter().flat_map(KeyRing::iter) {
            knowledge.learn(key.clone(), How::Held);
        }
        let parts = self.parts_of(who);
        let every_key = self.every_key();
        for Known { key, .. } in &every_key {
            if parts.iter().any(|part| shows(part, key)) {
                knowledge.learn(key.clone(), How::InTheClear);
            }
        }
        let everything = Knowledge {
            keys: every_key,
            ..Knowledge::default()
        }
        .candidates();
        loop {
            let mut grew = false;
            for part in &parts {
                grew |= knowledge.open(part, without, &everything);
            }
            if !grew {
                return knowledge;
            }
        }
    }

    /// Everything that a party sent, received or carried.
    fn parts_of(&self, who: LaneId) -> Vec<&Part> {
        let concerns = |message: &&Message| message.from == who || message.to == who;
        self.messages
            .iter()
            .filter(concerns)
            .flat_map(|message| &message.parts)
            .collect()
    }

    fn every_key(&self) -> Vec<Known> {
        let keys = self.rings.values().flat_map(KeyRing::iter);
        keys.map(|(_, key)| Known {
            key: key.clone(),
            how: How::Held,
        })
        .collect()
    }

    /// Every case in which a party knows or can do what it must not.
    pub fn violations(
        &self,
        forbidden: &[(LaneId, Forbidden)],
        without: Option<Seal>,
    ) -> Vec<Violation> {
        let mut found = Vec::new();
        for who in BTreeSet::from_iter(forbidden.iter().map(|(who, _)| *who)) {
            let knowledge = self.knowledge(who, without);
            for (_, rule) in forbidden.iter().filter(|(whose, _)| *whose == who) {
                let broken = match rule {
                    Forbidden::Key(name, key) => {
                        knowledge.knows(key).then(|| format!("knows {name}"))
                    }
                    Forbidden::Make(seal) => knowledge
                        .can_make(*seal)
                        .then(|| format!("can make {}", seal.name())),
                    Forbidden::AnySession => {
                        let session = knowledge
                            .keys()
                            .iter()
                            .any(|known| known.how == How::Session);
                        session.then(|| "knows a session key".to_string())
                    }
                };
                found.extend(broken.map(|what| Violation { who, what }));
            }
        }
        found
    }
}

/// Whether a key lies in the bytes of a part as it is, parity bits aside: nobody needs a key to read it then.
fn shows(part: &Part, key: &DesKey) -> bool {
    let key = key.without_parity();
    let lies_in = |bytes: &[u8]| {
        let same = |window: &[u8]| window.iter().zip(key).all(|(byte, k)| byte & 0xFE == k);
        bytes.windows(key.len()).any(same)
    };
    match part {
        Part::Clear { value, .. } => {
            let digits = value.as_bytes().windows(2 * key.len());
            let numbers = digits.filter_map(|text| std::str::from_utf8(text).ok());
            lies_in(value.as_bytes()) || numbers.filter_map(hex::parse).any(|bytes| lies_in(&bytes))
        }
        Part::Sealed { package, .. } => lies_in(package),
        Part::Authentication { frames, .. } => frames.iter().any(|frame| lies_in(frame)),
        Part::Secure { frame, .. } => lies_in(frame),
    }
}
