//! What writes do to rings and purses: cases one by one, and any sequence of writes against a plain model.

use crate::support::{demo_card, free_card};
use cardwright::device::emulated::EmulatedCard;
use cardwright::device::memory::Memory;
use cardwright::model::card::profile::Profile;
use cardwright::model::card::{Block, NodeCode};
use cardwright::model::command::{AccessMode, BlockElement, Request, Response, Sf2, Status};
use cardwright::model::demo::Demo;
use cardwright::model::port::CardLink;
use proptest::prelude::*;

const RING: u16 = 0x200D;
const DIRECT: u16 = 0x2051;
const CASHBACK: u16 = 0x2053;
const DECREMENT: u16 = 0x2055;
const RANDOM: u16 = 0x2089;

/// One block of a write: service, block number, access mode, data.
type Piece = (u16, u16, AccessMode, [u8; 16]);

fn ask(card: &mut EmulatedCard, request: &Request) -> Response {
    let frame = request.encode().expect("fits a frame");
    let answer = card.transceive(&frame).expect("there").expect("no silence");
    Response::decode(request.code(), &answer).expect("an answer to it")
}

fn write(card: &mut EmulatedCard, pieces: &[Piece]) -> Status {
    let mut services: Vec<u16> = pieces.iter().map(|piece| piece.0).collect();
    services.sort_unstable();
    services.dedup();
    let element = |piece: &Piece| BlockElement {
        service: services.iter().position(|s| *s == piece.0).expect("listed") as u8,
        access: piece.2,
        number: piece.1,
    };
    let request = Request::WritePlain {
        idm: Demo::new().idm,
        blocks: pieces.iter().map(element).collect(),
        data: pieces.iter().map(|piece| Block(piece.3)).collect(),
        services: services.iter().map(|code| NodeCode(*code)).collect(),
    };
    match ask(card, &request) {
        Response::WritePlain { status, .. } => status,
        other => panic!("{other:?}"),
    }
}

fn read(card: &mut EmulatedCard, service: u16, blocks: u16) -> Vec<[u8; 16]> {
    let request = Request::ReadPlain {
        idm: Demo::new().idm,
        services: vec![NodeCode(service)],
        blocks: (0..blocks).map(|n| BlockElement::normal(0, n)).collect(),
    };
    match ask(card, &request) {
        Response::ReadPlain { status, data, .. } => {
            assert_eq!(status, Status::OK);
            data.iter().map(|block| block.0).collect()
        }
        other => panic!("{other:?}"),
    }
}

fn push(fill: u8) -> Piece {
    (RING, 0, AccessMode::NORMAL, [fill; 16])
}

fn purse_block(purse: u32, cashback: u32, user: u8, id: u8) -> [u8; 16] {
    let mut block = [user; 16];
    block[..4].copy_from_slice(&purse.to_le_bytes());
    block[4..8].copy_from_slice(&cashback.to_le_bytes());
    block[12..].fill(id);
    block
}

fn direct(purse: u32, cashback: u32, user: u8, id: u8) -> Piece {
    let block = purse_block(purse, cashback, user, id);
    (DIRECT, 0, AccessMode::NORMAL, block)
}

/// What stands between amount and execution ID is not looked at.
fn take(service: u16, amount: u32, id: u8) -> Piece {
    let block = purse_block(amount, 0xDEAD, 0x77, id);
    (service, 0, AccessMode::NORMAL, block)
}

fn give_back(amount: u32, id: u8) -> Piece {
    let block = purse_block(amount, 0xDEAD, 0x77, id);
    (CASHBACK, 0, AccessMode::CASHBACK, block)
}

fn first(fills: &[u8]) -> Vec<[u8; 16]> {
    fills.iter().map(|fill| [*fill; 16]).collect()
}

#[test]
fn a_ring_keeps_its_newest_blocks() {
    let mut card = free_card();
    assert_eq!(read(&mut card, RING, 5), first(&[0xFF; 5]), "erased");
    assert_eq!(write(&mut card, &[push(1)]), Status::OK);
    assert_eq!(
        read(&mut card, RING, 5),
        first(&[1, 0xFF, 0xFF, 0xFF, 0xFF])
    );
    // The first of one write is the newest.
    assert_eq!(write(&mut card, &[push(3), push(2)]), Status::OK);
    let held = first(&[3, 2, 1, 0xFF, 0xFF]);
    assert_eq!(read(&mut card, RING, 5), held);
    // The same again, whole or its newest alone, changes nothing.
    assert_eq!(write(&mut card, &[push(3), push(2)]), Status::OK);
    assert_eq!(write(&mut card, &[push(3)]), Status::OK);
    assert_eq!(read(&mut card, RING, 5), held);
    // What falls off is gone; the read-only service reads the same ring.
    let all: Vec<Piece> = [9, 8, 7, 6].map(push).to_vec();
    assert_eq!(write(&mut card, &all), Status::OK);
    assert_eq!(read(&mut card, 0x200F, 5), first(&[9, 8, 7, 6, 3]));
    // It stays so without power.
    card.field_off();
    assert_eq!(read(&mut card, RING, 5), first(&[9, 8, 7, 6, 3]));
}

#[test]
fn a_ring_refuses_what_does_not_fit() {
    let mut card = free_card();
    let before = card.memory().clone();
    let six: Vec<Piece> = (1..=6).map(push).collect();
    let refused = [
        (six, Status::at(6, Sf2::CyclicOverflow)),
        (
            vec![push(1), (RING, 1, AccessMode::NORMAL, [2; 16])],
            Status::at(2, Sf2::BlockNumber),
        ),
        (
            vec![(0x200F, 0, AccessMode::NORMAL, [2; 16])],
            Status::at(1, Sf2::Access),
        ),
        (
            vec![(RING, 0, AccessMode::CASHBACK, [2; 16])],
            Status::at(1, Sf2::AccessMode),
        ),
        // More than the log makes one.
        (
            vec![(0x20CD, 0, AccessMode::NORMAL, [2; 16])],
            Status::whole(Sf2::BlockCount),
        ),
    ];
    for (pieces, status) in refused {
        assert_eq!(write(&mut card, &pieces), status);
        assert!(*card.memory() == before);
    }
}

#[test]
fn a_purse_is_taken_from_and_given_back() {
    let mut card = free_card();
    let held = |card: &mut EmulatedCard| read(card, 0x2057, 1)[0];
    assert_eq!(write(&mut card, &[direct(1000, 0, 5, 1)]), Status::OK);
    assert_eq!(write(&mut card, &[take(DECREMENT, 300, 2)]), Status::OK);
    assert_eq!(held(&mut card), purse_block(700, 300, 5, 2));
    // The same execution ID: done already, whatever is asked.
    assert_eq!(write(&mut card, &[take(CASHBACK, 5000, 2)]), Status::OK);
    assert_eq!(write(&mut card, &[give_back(5000, 2)]), Status::OK);
    assert_eq!(held(&mut card), purse_block(700, 300, 5, 2));
    // Part of the cashback back; the rest of it is forfeited.
    assert_eq!(
        write(&mut card, &[give_back(301, 3)]),
        Status::at(1, Sf2::CashbackTooLarge)
    );
    assert_eq!(write(&mut card, &[give_back(200, 3)]), Status::OK);
    assert_eq!(held(&mut card), purse_block(900, 0, 5, 3));
    assert_eq!(
        write(&mut card, &[take(DECREMENT, 901, 4)]),
        Status::at(1, Sf2::PurseRange)
    );
    assert_eq!(write(&mut card, &[take(CASHBACK, 900, 4)]), Status::OK);
    assert_eq!(held(&mut card), purse_block(0, 900, 5, 4));
    // Direct access does not look at the execution ID.
    assert_eq!(write(&mut card, &[direct(u32::MAX, 10, 6, 4)]), Status::OK);
    assert_eq!(
        write(&mut card, &[give_back(1, 5)]),
        Status::at(1, Sf2::PurseRange)
    );
    assert_eq!(held(&mut card), purse_block(u32::MAX, 10, 6, 4));
}

#[test]
fn a_purse_refuses_what_does_not_fit() {
    let mut card = free_card();
    let before = card.memory().clone();
    let modes = AccessMode::CASHBACK;
    let refused = [
        // An erased purse holds nothing, even for the execution ID that it seems to have.
        (take(DECREMENT, 0, 0xFF), Status::at(1, Sf2::PurseRange)),
        (give_back(0, 0xFF), Status::at(1, Sf2::CashbackTooLarge)),
        (
            (0x2057, 0, AccessMode::NORMAL, [0; 16]),
            Status::at(1, Sf2::Access),
        ),
        (
            (DECREMENT, 0, modes, [0; 16]),
            Status::at(1, Sf2::AccessMode),
        ),
        ((DIRECT, 0, modes, [0; 16]), Status::at(1, Sf2::AccessMode)),
        (
            (DIRECT, 2, AccessMode::NORMAL, [0; 16]),
            Status::at(1, Sf2::BlockNumber),
        ),
    ];
    for (piece, status) in refused {
        assert_eq!(write(&mut card, &[piece]), status);
        // A refusal refuses the whole write.
        let second = Status::at(2, status.what().expect("known"));
        assert_eq!(write(&mut card, &[push(1), piece]), second);
        assert!(*card.memory() == before);
    }
    assert_eq!(read(&mut card, DIRECT, 1), first(&[0xFF]));
    // Reading knows no cashback.
    let request = Request::ReadPlain {
        idm: Demo::new().idm,
        services: vec![NodeCode(CASHBACK)],
        blocks: vec![BlockElement {
            service: 0,
            access: modes,
            number: 0,
        }],
    };
    match ask(&mut card, &request) {
        Response::ReadPlain { status, .. } => {
            assert_eq!(status, Status::at(1, Sf2::AccessMode));
        }
        other => panic!("{other:?}"),
    }
}

/// A chip without a log has no bound: it writes block after block.
#[test]
fn a_chip_without_a_log_pushes_into_a_long_ring() {
    let profile = Profile {
        log_blocks: 0,
        ..Profile::demo()
    };
    let data = free_card().memory().data().to_vec();
    let mut card = EmulatedCard::new(profile.clone(), Memory::new(data, &profile)).expect("a card");
    for fill in 1..=61 {
        let piece = (0x20CD, 0, AccessMode::NORMAL, [fill; 16]);
        assert_eq!(write(&mut card, &[piece]), Status::OK);
    }
    assert_eq!(read(&mut card, 0x20CD, 3), first(&[61, 60, 59]));
    let request = Request::ReadPlain {
        idm: Demo::new().idm,
        services: vec![NodeCode(0x20CD)],
        blocks: vec![BlockElement::normal(0, 59)],
    };
    match ask(&mut card, &request) {
        Response::ReadPlain { data, .. } => assert!(data == [Block([2; 16])]),
        other => panic!("{other:?}"),
    }
    // The demo card's rings are within what the log takes.
    assert!(demo_card().profile().log_blocks >= 1 + 3 + 20);
}

/// The card as a plain model: what each service holds.
#[derive(Clone, PartialEq, Debug)]
struct Model {
    ring: Vec<[u8; 16]>,
    purses: Vec<[u8; 16]>,
    random: Vec<[u8; 16]>,
}

fn number(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .rev()
        .fold(0, |sum, byte| sum << 8 | u32::from(*byte))
}

impl Model {
    /// The model after a write, or position and second status flag of the refusal.
    fn after(&self, pieces: &[Piece]) -> Result<Model, (u8, u8)> {
        let mut model = self.clone();
        let mut pushed: Vec<[u8; 16]> = Vec::new();
        for (index, (service, at, access, data)) in pieces.iter().enumerate() {
            let refused = |sf2: u8| Err((index as u8 + 1, sf2));
            let at = usize::from(*at);
            match *service {
                RING if at != 0 => return refused(0xA8),
                RING if pushed.len() == 5 => return refused(0xAF),
                RING => pushed.push(*data),
                RANDOM => model.random[at] = *data,
                DIRECT => model.purses[at] = *data,
                _ => {
                    let held = &mut model.purses[at];
                    let fresh = *held == [0xFF; 16];
                    if !fresh && held[12..] == data[12..] {
                        continue;
                    }
                    let (purse, cashback) = (number(&held[..4]), number(&held[4..8]));
                    let amount = number(&data[..4]);
                    let (purse, cashback) = if *access == AccessMode::CASHBACK {
                        if fresh || amount > cashback {
                            return refused(0x02);
                        }
                        (u64::from(purse) + u64::from(amount), 0)
                    } else {
                        if fresh || amount > purse {
                            return refused(0x01);
                        }
                        (u64::from(purse - amount), amount)
                    };
                    if purse > 0xFFFF_FFFF {
                        return refused(0x01);
                    }
                    held[..4].copy_from_slice(&(purse as u32).to_le_bytes());
                    held[4..8].copy_from_slice(&cashback.to_le_bytes());
                    held[12..].copy_from_slice(&data[12..]);
                }
            }
        }
        if model.ring[..pushed.len()] != pushed[..] {
            pushed.append(&mut model.ring);
            pushed.truncate(5);
            model.ring = pushed;
        }
        Ok(model)
    }
}

fn piece() -> impl Strategy<Value = Piece> {
    let ring = (0_u8..4, prop::bool::weighted(0.03)).prop_map(|(fill, far)| {
        let (service, _, access, data) = push(fill);
        (service, u16::from(far), access, data)
    });
    let random =
        (0_u16..3, any::<u8>()).prop_map(|(at, fill)| (RANDOM, at, AccessMode::NORMAL, [fill; 16]));
    // Purses near both ends of what fits, so that they run over and under.
    let purse = prop_oneof![0_u32..50, Just(u32::MAX - 5), any::<u32>()];
    let charge = (0_u16..2, purse, 0_u32..20, any::<u8>(), 0_u8..6).prop_map(
        |(at, purse, cashback, user, id)| {
            let (service, _, access, data) = direct(purse, cashback, user, id);
            (service, at, access, data)
        },
    );
    let amount = || prop_oneof![9 => 0_u32..12, 1 => any::<u32>()];
    let how = prop_oneof![Just(0), Just(1), Just(2)];
    let spend = (0_u16..2, how, amount(), 0_u8..6).prop_map(|(at, how, amount, id)| {
        let (service, _, access, data) = match how {
            0 => take(DECREMENT, amount, id),
            1 => take(CASHBACK, amount, id),
            _ => give_back(amount, id),
        };
        (service, at, access, data)
    });
    prop_oneof![4 => ring, 1 => random, 2 => charge, 6 => spend]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_writes_do_what_the_model_does(
        writes in prop::collection::vec(prop::collection::vec(piece(), 1..8), 1..40),
        atomic in any::<bool>(),
    ) {
        // What is written does not depend on how it is kept whole.
        let profile = Profile {
            atomic,
            ..Profile::demo()
        };
        let memory = free_card().memory().clone();
        let mut card = EmulatedCard::new(profile, memory).expect("a card");
        let mut model = Model {
            ring: vec![[0xFF; 16]; 5],
            purses: vec![[0xFF; 16]; 2],
            random: vec![[0xFF; 16]; 3],
        };
        for pieces in &writes {
            let status = write(&mut card, pieces);
            match model.after(pieces) {
                Ok(next) => {
                    prop_assert_eq!(status, Status::OK);
                    model = next;
                }
                Err((sf1, sf2)) => prop_assert_eq!(status, Status { sf1, sf2 }),
            }
            prop_assert_eq!(read(&mut card, RING, 5), model.ring.clone());
            prop_assert_eq!(read(&mut card, DIRECT, 2), model.purses.clone());
            prop_assert_eq!(read(&mut card, RANDOM, 3), model.random.clone());
        }
    }
}
