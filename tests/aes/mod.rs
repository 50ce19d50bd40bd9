//! The AES generation. No exchange with a real card of it is published, so a second implementation judges:
//! [`slow`] is a plain transcription of the formulas, and whatever the program says must be what that says.

mod agree;
mod chip;
pub mod convert;
mod ends;
mod frames;
mod known;
mod memory;
mod random;
pub mod register;
pub mod slow;
mod told;

use crate::support::{ALL, FixedClock, Issuance, SeededRng};
use cardwright::device::emulated::EmulatedCard;
use cardwright::device::memory::Memory;
use cardwright::model::card::profile::Profile;
use cardwright::model::card::{Idm, NodeCode, SystemCode};
use cardwright::model::chip::{factory_image, put_transport_aes_key};
use cardwright::model::cipher::AesKey;
use cardwright::model::command::Frame;
use cardwright::model::demo::Demo;
use cardwright::model::flow::issue::aes_keys::register_aes_keys;
use cardwright::model::party::{KeyNode, KeyRing, KeySam, Policy};
use cardwright::model::port::{AesTarget, CardLink};
use std::sync::OnceLock;

/// System of the cards below.
pub const SYSTEM: SystemCode = SystemCode(0x0003);
/// What the demo's small card has: area, keyed and free service of three blocks and of two.
pub const AREA: u16 = 0x1000;
pub const PASS: u16 = 0x1008;
pub const PASS_FREE: u16 = 0x100B;
pub const LOG: u16 = 0x108C;

pub fn demo() -> Demo {
    Demo::small(SYSTEM, None)
}

pub fn aes_profile() -> Profile {
    Profile::named("aes-4k").expect("it ships")
}

pub fn card_of(profile: Profile, memory: Memory) -> EmulatedCard {
    let (rng, clock) = (Box::new(SeededRng(7)), Box::new(FixedClock(1_000)));
    EmulatedCard::with_sources(profile, memory, rng, clock).expect("the memory is a card's")
}

/// Issued by DES commands, with the maker's AES key of the system and no other.
pub fn des_issued() -> EmulatedCard {
    static ISSUED: OnceLock<Memory> = OnceLock::new();
    let memory = ISSUED.get_or_init(|| {
        let (demo, profile) = (demo(), aes_profile());
        let mut blank = factory_image(&profile, demo.idm, &demo.division_key, &demo.transport_key);
        put_transport_aes_key(&mut blank, &demo.aes_transport_key);
        let mut card = card_of(profile.clone(), Memory::new(blank, &profile));
        let des = demo.issuer.ring.iter();
        let des: Vec<_> = des.map(|(name, key)| (name.clone(), key.clone())).collect();
        let mut demo = demo;
        demo.issuer.ring = KeyRing::new(des);
        Issuance::of(demo).run(&mut card, ALL).expect("issued");
        card.memory().clone()
    });
    card_of(aes_profile(), memory.clone())
}

/// The same with the AES keys of the demo issuer.
pub fn aes_card() -> EmulatedCard {
    static ISSUED: OnceLock<Memory> = OnceLock::new();
    let memory = ISSUED.get_or_init(|| {
        let (demo, mut card) = (demo(), des_issued());
        let (ring, plan) = (&demo.issuer.ring, &demo.plan);
        register_aes_keys(&mut card, ring, plan, demo.idm, &mut SeededRng(2)).expect("registered");
        card.memory().clone()
    });
    card_of(aes_profile(), memory.clone())
}

/// The demo issuer's AES key of a node.
pub fn key_of(node: u16) -> AesKey {
    let demo = demo();
    let found = demo
        .issuer
        .ring
        .newest_aes(SYSTEM, KeyNode::Node(NodeCode(node)));
    found.expect("the demo has it").1.clone()
}

pub fn owner_sam() -> KeySam {
    KeySam::new(demo().issuer.ring.clone(), Policy::Owner)
}

pub fn target(idm: Idm, nodes: &[u16]) -> AesTarget {
    AesTarget {
        idm,
        system: SYSTEM,
        nodes: nodes.iter().map(|node| NodeCode(*node)).collect(),
    }
}

/// A frame of these bytes, sent; the answer's bytes, or silence.
pub fn send(card: &mut dyn CardLink, bytes: &[u8]) -> Option<Vec<u8>> {
    let frame = Frame::parse(bytes).expect("a frame");
    let answer = card.transceive(&frame).expect("the card is there");
    answer.map(|answer| answer.as_bytes().to_vec())
}

/// The slow side as a reader.
pub struct SlowReader {
    session: slow::SlowSession,
    tn: u16,
    /// IDi and PMi.
    pub ids: Vec<u8>,
}

impl SlowReader {
    /// Authenticates for these nodes, with the keys of those that have one.
    pub fn open(
        card: &mut dyn CardLink,
        idm: Idm,
        nodes: &[u16],
        keys: &[AesKey],
        r1: [u8; 16],
    ) -> Option<SlowReader> {
        let keys: Vec<Vec<u8>> = keys.iter().map(|key| key.expose().to_vec()).collect();
        let (alpha, beta) = slow::alpha_beta(&slow::group(&keys), &[0; 16], &idm.0);
        let mut first = vec![0, 0x40];
        first.extend(idm.0);
        first.extend([0, nodes.len() as u8]);
        first.extend(nodes.iter().flat_map(|node| node.to_le_bytes()));
        first.extend(slow::aes(&alpha, &r1));
        first[0] = first.len() as u8;
        let answer = send(card, &first)?;
        assert_eq!(answer[..2], [46, 0x41]);
        assert_eq!(answer[2..10], idm.0);
        let c3c = &answer[42..46];
        let beta = slow::beta_with(&beta, c3c);
        assert_eq!(slow::aes(&beta, &r1), answer[10..26], "the card is genuine");
        let r2 = slow::aes_back(&beta, &answer[26..42]);

        let mut second = vec![26, 0x42];
        second.extend(idm.0);
        second.extend(slow::aes(&alpha, &r2));
        let closing = send(card, &second)?;
        assert_eq!(closing[..2], [28, 0x43]);
        let session = slow::SlowSession::new(&r1, &r2, c3c);
        let (tn, ids) = session.unwrap(&closing).expect("the card's MAC");
        assert_eq!((tn, ids.len()), (0, 16));
        Some(SlowReader { session, tn, ids })
    }

    /// The frame of the next command.
    pub fn frame(&self, code: u8, payload: &[u8]) -> Vec<u8> {
        self.session.wrap(code, self.tn + 1, payload)
    }

    /// A command in the session and its answer's payload.
    pub fn command(
        &mut self,
        card: &mut dyn CardLink,
        code: u8,
        payload: &[u8],
    ) -> Option<Vec<u8>> {
        let frame = self.frame(code, payload);
        self.tn += 1;
        let answer = send(card, &frame)?;
        assert_eq!(answer[1], code + 1);
        let (answered, payload) = self.session.unwrap(&answer).expect("the card's MAC");
        self.tn += 1;
        assert_eq!(answered, self.tn);
        Some(payload)
    }
}
