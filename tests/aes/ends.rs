//! Both ends: the program's reader and key holder with the program's chip, and with the slow side as the card.

use super::{LOG, PASS, SYSTEM, aes_card, demo, key_of, owner_sam, slow, target};
use crate::support::{SeededRng, key_name, ring_of};
use cardwright::device::emulated::LinkFault;
use cardwright::model::card::{Block, Idi, Idm, NodeCode, Pmi, ServiceCode, SystemCode};
use cardwright::model::cipher::AesKey;
use cardwright::model::command::{
    BlockElement, Frame, SecureRequest, SecureResponse, Status, code,
};
use cardwright::model::party::{AesKeyName, KeyNode, KeyRing, KeySam, Policy};
use cardwright::model::port::{AesTarget, CardLink, LinkError, Sam, SamError, Touch};
use cardwright::model::reader::{BlockAccess, CardError, Change, Outcome, Reader};

fn read(blocks: &[(u8, u16)]) -> SecureRequest {
    let element = |(service, number): &(u8, u16)| BlockElement::normal(*service, *number);
    SecureRequest::Read {
        blocks: blocks.iter().map(element).collect(),
    }
}

fn write(service: u8, number: u16, data: &[u8; 16]) -> SecureRequest {
    SecureRequest::Write {
        blocks: vec![BlockElement::normal(service, number)],
        data: vec![Block(*data)],
    }
}

fn data(answer: SecureResponse) -> Vec<Block> {
    match answer {
        SecureResponse::Read { data, .. } => data,
        SecureResponse::Status { .. } => panic!("an answer to a read"),
    }
}

#[test]
fn a_write_is_read_back_through_both_ends() {
    let (mut card, mut sam, idm) = (aes_card(), owner_sam(), demo().idm);
    let mut reader = Reader::new(&mut card);
    let ids = reader
        .authenticate_v2(&mut sam, &target(idm, &[PASS, LOG]), &mut SeededRng(3))
        .expect("both are genuine");
    assert_eq!(ids, (demo().plan.idi, demo().plan.pmi));
    reader
        .secure(&mut sam, &write(0, 1, b"from end to end "))
        .expect("written");
    reader
        .secure(&mut sam, &write(1, 0, b"and into a ring "))
        .expect("written");
    let answer = reader
        .secure(&mut sam, &read(&[(0, 1), (1, 0)]))
        .expect("read");
    assert_eq!(
        data(answer),
        [Block(*b"from end to end "), Block(*b"and into a ring ")]
    );
    // Every frame went under a code of the AES generation.
    let codes: Vec<u8> = reader.frames.iter().map(Frame::code).collect();
    assert_eq!(
        codes,
        [0x40, 0x41, 0x42, 0x43, 0x46, 0x47, 0x46, 0x47, 0x44, 0x45]
    );
}

#[test]
fn as_many_blocks_as_the_profile_allows() {
    let (mut card, mut sam, idm) = (aes_card(), owner_sam(), demo().idm);
    let mut reader = Reader::new(&mut card);
    reader
        .authenticate_v2(&mut sam, &target(idm, &[PASS]), &mut SeededRng(3))
        .expect("genuine");
    let most = reader.secure(&mut sam, &read(&[(0, 0); 14])).expect("read");
    assert_eq!(data(most).len(), 14);
    let more = reader
        .secure(&mut sam, &read(&[(0, 0); 15]))
        .expect_err("one too many");
    let status = Status {
        sf1: 0xFF,
        sf2: 0xA2,
    };
    assert!(matches!(more, CardError::Status { status: told, .. } if told == status));
    let many = SecureRequest::Write {
        blocks: vec![BlockElement::normal(0, 0); 12],
        data: vec![Block(*b"twelve at a time"); 12],
    };
    reader.secure(&mut sam, &many).expect("written");
}

/// An answer that was lost costs a number, and no more.
#[test]
fn a_session_survives_a_lost_answer() {
    let (mut card, mut sam, idm) = (aes_card(), owner_sam(), demo().idm);
    let mut reader = Reader::new(&mut card);
    reader
        .authenticate_v2(&mut sam, &target(idm, &[PASS]), &mut SeededRng(3))
        .expect("genuine");
    // Made and never sent, as if it had been lost on its way.
    let lost = sam.wrap(&read(&[(0, 0)])).expect("a frame");
    reader
        .secure(&mut sam, &read(&[(0, 0)]))
        .expect("the next one is taken");
    assert_eq!(
        card.transceive(&lost).expect("there"),
        None,
        "the lost one is too old by now"
    );
}

#[test]
fn the_holder_asks_no_card_that_it_has_no_keys_for() {
    let idm = demo().idm;
    let des_only = ring_of(&[]);
    let mut sam = KeySam::new(des_only, Policy::Owner);
    let refused = sam.authentication1_v2(&target(idm, &[PASS]), &mut SeededRng(1));
    assert_eq!(refused, Err(SamError::NoKey("0003/1008/aes".into())));
    let relay = |commands: &[u8]| Policy::Relay {
        systems: vec![SYSTEM],
        commands: commands.to_vec(),
    };
    let mut sam = KeySam::new(demo().issuer.ring, relay(&[code::READ_V2]));
    let mut card = aes_card();
    let mut reader = Reader::new(&mut card);
    reader
        .authenticate_v2(&mut sam, &target(idm, &[PASS]), &mut SeededRng(1))
        .expect("its system");
    reader
        .secure(&mut sam, &read(&[(0, 0)]))
        .expect("its command");
    let refused = reader.secure(&mut sam, &write(0, 0, b"not allowed here"));
    assert_eq!(refused, Err(CardError::Sam(SamError::Policy)));
    // What there is with DES alone cannot be asked for in this session.
    let area = SecureRequest::RegisterArea {
        code: NodeCode(0x3000),
        package: [0; 24],
    };
    let mut owner = owner_sam();
    reader
        .authenticate_v2(&mut owner, &target(idm, &[PASS]), &mut SeededRng(1))
        .expect("genuine");
    assert_eq!(
        reader.secure(&mut owner, &area),
        Err(CardError::Sam(SamError::Policy))
    );
    let other = AesTarget {
        system: SystemCode(0x8008),
        ..target(idm, &[PASS])
    };
    assert_eq!(
        sam.authentication1_v2(&other, &mut SeededRng(1)),
        Err(SamError::Policy)
    );
}

#[test]
fn the_holder_finds_a_card_out_that_has_other_keys() {
    let mut ring = KeyRing::default();
    let name = AesKeyName(key_name(SYSTEM, PASS));
    assert_eq!(name.to_string(), "issuer:test/0003/1008/aes@1");
    ring.insert_aes(name, AesKey::new(*b"another key than"));
    let mut sam = KeySam::new(ring, Policy::Owner);
    let mut card = aes_card();
    let found = Reader::new(&mut card).authenticate_v2(
        &mut sam,
        &target(demo().idm, &[PASS]),
        &mut SeededRng(1),
    );
    assert_eq!(found, Err(CardError::Sam(SamError::NotGenuine)));
}

#[test]
fn a_lost_write_is_not_said_to_be_done() {
    let (mut card, mut sam, idm) = (aes_card(), owner_sam(), demo().idm);
    card.disturb(code::WRITE_V2, LinkFault::AnswerLost);
    let mut reader = Reader::new(&mut card);
    reader
        .authenticate_v2(&mut sam, &target(idm, &[PASS]), &mut SeededRng(3))
        .expect("genuine");
    let lost = reader.secure(&mut sam, &write(0, 0, b"was it written? "));
    assert_eq!(lost, Err(CardError::Link(LinkError::CardGone)));
    reader
        .authenticate_v2(&mut sam, &target(idm, &[PASS]), &mut SeededRng(4))
        .expect("genuine");
    let answer = reader.secure(&mut sam, &read(&[(0, 0)])).expect("read");
    assert_eq!(data(answer), [Block(*b"was it written? ")], "asking tells");
}

/// The session of the reader's side is the same for both ciphers: a write is planned, sent and read back.
#[test]
fn a_session_of_the_reader_writes_and_reads_back() {
    let (mut card, mut sam, idm) = (aes_card(), owner_sam(), demo().idm);
    let mut reader = Reader::new(&mut card);
    assert_eq!(reader.has_aes(idm), Ok(true));
    let pass = ServiceCode::new(PASS).expect("a service");
    let log = ServiceCode::new(LOG).expect("a service");
    let mut rng = SeededRng(3);
    let target = target(idm, &[0x1000, LOG, PASS]);
    let mut session = reader
        .open_v2(&mut sam, &target, &mut rng)
        .expect("genuine");
    assert_eq!(session.issuance_ids(), (demo().plan.idi, demo().plan.pmi));
    let block = Block(*b"planned, sent, r");
    let set = |number, block| Change::Set {
        service: pass,
        number,
        block,
    };
    let push = Change::Push {
        service: log,
        block,
    };
    let plan = session.plan(&[set(0, block), push]).expect("a plan");
    assert_eq!(session.write(&plan), Outcome::Done);
    assert_eq!(session.read(pass, &[0]), Ok(vec![block]));
    assert_eq!(session.read(log, &[0]), Ok(vec![block]));
    let area = session.register_area(NodeCode(0x3000), [0; 24]);
    assert_eq!(
        area,
        Err(CardError::Sam(SamError::Policy)),
        "there is none with AES"
    );
    // An answer that is lost leaves the write unknown, and the card tells.
    let other = Block(*b"and then again: ");
    let plan = session.plan(&[set(1, other)]).expect("a plan");
    card.disturb(code::WRITE_V2, LinkFault::AnswerLost);
    let mut reader = Reader::new(&mut card);
    let mut session = reader
        .open_v2(&mut sam, &target, &mut rng)
        .expect("genuine");
    let lost = session.write(&plan);
    assert!(matches!(lost, Outcome::Unknown(_)), "{lost:?}");
    let mut session = reader
        .open_v2(&mut sam, &target, &mut rng)
        .expect("genuine");
    assert_eq!(session.holds(&plan), Ok(true));
}

/// The slow side as a card: one keyed service, an individual key, and bytes.
struct SlowCard {
    idm: [u8; 8],
    key: AesKey,
    individual: [u8; 16],
    blocks: Vec<[u8; 16]>,
    /// α, R1, R2 and C3C of the authentication that was begun.
    begun: Option<[Vec<u8>; 4]>,
    session: Option<slow::SlowSession>,
    last_tn: u16,
}

impl SlowCard {
    fn answer(&mut self, frame: &[u8]) -> Option<Vec<u8>> {
        match frame[1] {
            0x40 if frame[2..10] == self.idm && frame[10..14] == [0, 1, 0x08, 0x10] => {
                let group = slow::group(&[self.key.expose().to_vec()]);
                let (alpha, beta) = slow::alpha_beta(&group, &self.individual, &self.idm);
                let r1 = slow::aes_back(&alpha, &frame[14..30]);
                let (r2, c3c) = (vec![0xA7; 16], vec![0xC0, 0xC1, 0xC2, 0xC3]);
                let beta = slow::beta_with(&beta, &c3c);
                let values = [slow::aes(&beta, &r1), slow::aes(&beta, &r2), c3c.clone()].concat();
                self.begun = Some([alpha, r1, r2, c3c]);
                Some([&[46, 0x41][..], &self.idm, &values].concat())
            }
            0x42 => {
                let [alpha, r1, r2, c3c] = self.begun.take()?;
                if frame[10..] != slow::aes(&alpha, &r2) {
                    return None;
                }
                let session = slow::SlowSession::new(&r1, &r2, &c3c);
                let answer = session.wrap(0x43, 0, b"IDi-8bytPMi-8byt");
                (self.session, self.last_tn) = (Some(session), 0);
                Some(answer)
            }
            command @ (0x44 | 0x46) => {
                let session = self.session.clone()?;
                let (tn, payload) = session.unwrap(frame)?;
                assert!(tn > self.last_tn);
                self.last_tn = tn + 1;
                let answer = self.carry_out(command, &payload);
                Some(session.wrap(command + 1, tn + 1, &answer))
            }
            _ => None,
        }
    }

    /// Elements of two bytes, of the first node.
    fn carry_out(&mut self, command: u8, payload: &[u8]) -> Vec<u8> {
        let count = usize::from(payload[0]);
        let (list, data) = payload[1..].split_at(2 * count);
        let numbers = list.chunks(2).map(|element| {
            assert_eq!(element[0], 0x80);
            usize::from(element[1])
        });
        if command == 0x44 {
            let blocks = numbers.flat_map(|number| self.blocks[number]);
            return [0, 0, payload[0]].into_iter().chain(blocks).collect();
        }
        assert_eq!(data.len(), 16 * count);
        for (number, block) in numbers.zip(data.chunks(16)) {
            self.blocks[number].copy_from_slice(block);
        }
        vec![0, 0]
    }
}

impl CardLink for SlowCard {
    fn transceive(&mut self, frame: &Frame) -> Result<Option<Frame>, LinkError> {
        let answer = self.answer(frame.as_bytes());
        Ok(answer.map(|bytes| Frame::parse(&bytes).expect("a frame")))
    }
    fn field_off(&mut self) {
        (self.begun, self.session) = (None, None);
    }
    fn touch(&self) -> Touch {
        Touch(1)
    }
}

/// The reader takes the slow side for a card, one whose individual key it holds.
#[test]
fn the_slow_side_is_a_card_to_the_reader() {
    for individual in [[0; 16], *b"of this one card"] {
        let mut card = SlowCard {
            idm: [1, 2, 3, 4, 5, 6, 7, 8],
            key: key_of(PASS),
            individual,
            blocks: vec![[0x11; 16], [0x22; 16], [0x33; 16]],
            begun: None,
            session: None,
            last_tn: 0,
        };
        let mut ring = demo().issuer.ring;
        if individual != [0; 16] {
            let mut name = key_name(SYSTEM, 0);
            name.node = KeyNode::Individual;
            ring.insert_aes(AesKeyName(name), AesKey::new(individual));
        }
        let mut sam = KeySam::new(ring, Policy::Owner);
        let idm = Idm(card.idm);
        let mut reader = Reader::new(&mut card);
        let ids = reader
            .authenticate_v2(&mut sam, &target(idm, &[PASS]), &mut SeededRng(5))
            .expect("genuine");
        assert_eq!(ids, (Idi(*b"IDi-8byt"), Pmi(*b"PMi-8byt")));
        reader
            .secure(&mut sam, &write(0, 1, b"0123456789abcdef"))
            .expect("written");
        let answer = reader
            .secure(&mut sam, &read(&[(0, 0), (0, 1), (0, 2)]))
            .expect("read");
        let expected = [[0x11; 16], *b"0123456789abcdef", [0x33; 16]].map(Block);
        assert_eq!(data(answer), expected);
        // Without the individual key, the card is not the one that it says it is.
        let mut stranger = owner_sam();
        let found = reader.authenticate_v2(&mut stranger, &target(idm, &[PASS]), &mut SeededRng(5));
        assert_eq!(found.is_ok(), individual == [0; 16]);
    }
}
