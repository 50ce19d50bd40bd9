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
use crate::model::cipher::{
    DesKey, GroupKey, Inf1, MutualAuth, Pf, Pj, SealedPf, UserKey, group_key, user_key,
};
use crate::model::command::{Frame, Request, Response, code};
use crate::model::flow::table::Actor;
use crate::model::hex;
use crate::model::message::{Message, Part};
use std::collections::{BTreeMap, BTreeSet};

/// A seal that keeps something from somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Seal {
    /// K_D around the operator's keys.
    Pf,
    /// K_J around the division condition.
    Pj,
    /// K_MU_F around the first issuance data.
    Inf1,
    /// The session between the operator's SAM and the card.
    Session,
}

impl Seal {
    /// Every seal of a division.
    pub const ALL: [Seal; 4] = [Seal::Pf, Seal::Pj, Seal::Inf1, Seal::Session];
}

/// A key that somebody came to know, and how.
#[derive(Clone, Debug)]
pub struct Known {
    pub key: DesKey,
    /// `held`, `from Pf`, `session`.
    pub how: &'static str,
}

/// What one party knows.
#[derive(Clone, Debug, Default)]
pub struct Knowledge {
    keys: Vec<Known>,
    /// Packages that it could make so that the card would take them.
    can_make: BTreeSet<Seal>,
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
            Part::Pf(package) => keys.iter().any(|key| Pf::open(key, package).is_ok()),
            Part::Pj(package) => keys.iter().any(|key| Pj::open(key, package).is_ok()),
            Part::Inf1(package) => keys.iter().any(|key| Inf1::open(key, package).is_ok()),
            Part::Authentication { idm, frames } => session_key(&keys, *idm, frames).is_some(),
            Part::Secure { .. } => self.keys.iter().any(|known| known.how == SESSION),
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

    fn learn(&mut self, key: DesKey, how: &'static str) -> bool {
        let new = !self
            .keys
            .iter()
            .any(|known| known.key.without_parity() == key.without_parity());
        if new {
            self.keys.push(Known { key, how });
        }
        new
    }

    /// Opens what the keys open; whether anything new was learnt.
    fn open(&mut self, part: &Part, keys: &Keychain) -> bool {
        match part {
            Part::Clear { .. } | Part::Secure { .. } => false,
            Part::Pf(package) => self.open_pf(package, keys),
            Part::Pj(package) => {
                let opened = keys.iter().find_map(|key| Pj::open(key, package).ok());
                opened.is_some_and(|pj| {
                    let made = self.can_make.insert(Seal::Pj);
                    let known = self.candidates();
                    self.open_pf(&pj.pf, &known) || made
                })
            }
            Part::Inf1(package) => {
                let opened = keys.iter().find_map(|key| Inf1::open(key, package).ok());
                opened.is_some_and(|inside| {
                    let made = self.can_make.insert(Seal::Inf1);
                    self.learn(inside.root_key, "from INF_1") || made
                })
            }
            Part::Authentication { idm, frames } => {
                session_key(keys, *idm, frames).is_some_and(|key| {
                    let made = self.can_make.insert(Seal::Session);
                    self.learn(key, SESSION) || made
                })
            }
        }
    }

    fn open_pf(&mut self, package: &SealedPf, keys: &Keychain) -> bool {
        let opened = keys.iter().find_map(|key| Pf::open(key, package).ok());
        opened.is_some_and(|pf| {
            let made = self.can_make.insert(Seal::Pf);
            let system = self.learn(pf.system_key, "from Pf");
            let root = self.learn(pf.root_key, "from Pf");
            made || system || root
        })
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

const SESSION: &str = "session";

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
    pub rings: BTreeMap<Actor, KeyRing>,
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
    pub who: Actor,
    pub what: String,
}

impl World {
    /// What a party knows; as if one seal were not there, if `without` names one.
    pub fn knowledge(&self, who: Actor, without: Option<Seal>) -> Knowledge {
        let mut knowledge = Knowledge::default();
        for (_, key) in self.rings.get(&who).into_iter().flat_map(KeyRing::iter) {
            knowledge.learn(key.clone(), "held");
        }
        let parts = self.parts_of(who);
        let every_key = self.every_key();
        for Known { key, .. } in &every_key {
            if parts.iter().any(|part| shows(part, key)) {
                knowledge.learn(key.clone(), "in the clear");
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
                let lies_open = without.is_some_and(|seal| is_sealed_by(part, seal));
                let keys = if lies_open {
                    everything.clone()
                } else {
                    knowledge.candidates()
                };
                grew |= knowledge.open(part, &keys);
                if let (Part::Pj(package), Some(Seal::Pf)) = (part, without)
                    && let Some(pj) = knowledge
                        .candidates()
                        .iter()
                        .find_map(|key| Pj::open(key, package).ok())
                {
                    grew |= knowledge.open_pf(&pj.pf, &everything);
                }
            }
            if !grew {
                return knowledge;
            }
        }
    }

    /// Everything that a party sent, received or carried.
    fn parts_of(&self, who: Actor) -> Vec<&Part> {
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
            how: "held",
        })
        .collect()
    }

    /// Every case in which a party knows or can do what it must not.
    pub fn violations(
        &self,
        forbidden: &[(Actor, Forbidden)],
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
                        .then(|| format!("can make {seal:?}")),
                    Forbidden::AnySession => {
                        let session = knowledge.keys().iter().any(|known| known.how == SESSION);
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
        Part::Pf(package) => lies_in(package),
        Part::Pj(package) => lies_in(package),
        Part::Inf1(package) => lies_in(package),
        Part::Authentication { frames, .. } => frames.iter().any(|frame| lies_in(frame)),
        Part::Secure { frame } => lies_in(frame),
    }
}

fn is_sealed_by(part: &Part, seal: Seal) -> bool {
    matches!(
        (part, seal),
        (Part::Pf(_), Seal::Pf)
            | (Part::Pj(_), Seal::Pj)
            | (Part::Inf1(_), Seal::Inf1)
            | (Part::Authentication { .. }, Seal::Session)
    )
}
