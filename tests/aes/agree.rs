//! The program's ciphers and the slow ones agree, on any input, byte for byte.

use super::slow::{self, SlowSession};
use crate::support::times;
use cardwright::model::card::{Idm, NodeCode};
use cardwright::model::cipher::{
    AesKey, AesKeyPackage, AesMutualAuth, AesSession, Direction, IndividualKey, MAX_V2_PAYLOAD,
    PackageError, SessionError, aes_group_key,
};
use cardwright::model::command::{Frame, FrameError, SecureFrameV2, code};
use proptest::prelude::*;

const COMMANDS: [u8; 4] = [
    code::READ_V2,
    code::WRITE_V2,
    code::REGISTER_AES_KEY,
    code::CHANGE_SYSTEM_BLOCK_V2,
];

fn secure(frame: &[u8]) -> SecureFrameV2 {
    SecureFrameV2::new(frame[1], frame[2..].to_vec()).expect("a frame of a session")
}

fn bytes_of(frame: &SecureFrameV2) -> Vec<u8> {
    frame.frame().expect("fits").as_bytes().to_vec()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(times(60, 4_000) as u32))]

    #[test]
    fn aes_and_cmac(key: [u8; 16], block: [u8; 16], message in proptest::collection::vec(any::<u8>(), 0..80)) {
        let ours = AesKey::new(key);
        prop_assert_eq!(ours.encrypt(block).to_vec(), slow::aes(&key, &block));
        prop_assert_eq!(ours.decrypt(block).to_vec(), slow::aes_back(&key, &block));
        prop_assert_eq!(ours.cmac(&[&message]).to_vec(), slow::cmac(&key, &message));
    }

    #[test]
    fn every_value_of_an_authentication(
        keys in proptest::collection::vec(any::<[u8; 16]>(), 0..5),
        individual: [u8; 16],
        idm: [u8; 8],
        r1: [u8; 16],
        r2: [u8; 16],
        c3c: [u8; 4],
    ) {
        let ours: Vec<AesKey> = keys.iter().map(|key| AesKey::new(*key)).collect();
        let group = aes_group_key(&ours.iter().collect::<Vec<_>>());
        let slow_group = slow::group(&keys.iter().map(|key| key.to_vec()).collect::<Vec<_>>());
        prop_assert_eq!(group.0.expose().to_vec(), slow_group.clone());

        let auth = AesMutualAuth::new(&group, &IndividualKey(AesKey::new(individual)), Idm(idm));
        let (alpha, beta) = slow::alpha_beta(&slow_group, &individual, &idm);
        let beta = slow::beta_with(&beta, &c3c);
        let r2_key = AesKey::new(r2);
        prop_assert_eq!(auth.c1a(&r1).to_vec(), slow::aes(&alpha, &r1));
        prop_assert_eq!(auth.c1b(&r1, c3c).to_vec(), slow::aes(&beta, &r1));
        prop_assert_eq!(auth.c2a(&r2_key, c3c).to_vec(), slow::aes(&beta, &r2));
        prop_assert_eq!(auth.c2b(&r2_key).to_vec(), slow::aes(&alpha, &r2));
        prop_assert_eq!(auth.open_c1a(&auth.c1a(&r1)), r1);
        prop_assert_eq!(auth.open_c1b(&auth.c1b(&r1, c3c), c3c), r1);
        prop_assert_eq!(auth.open_c2a(&auth.c2a(&r2_key, c3c), c3c), r2_key.clone());
        prop_assert_eq!(auth.open_c2b(&auth.c2b(&r2_key)), r2_key);
    }

    /// Frames both ways, with payloads of every length and commands of which the answer was lost.
    #[test]
    fn every_frame_of_a_session(
        r1: [u8; 16],
        r2: [u8; 16],
        c3c: [u8; 4],
        ids: [u8; 16],
        exchanges in proptest::collection::vec(
            (0..4usize, proptest::collection::vec(any::<u8>(), 0..=MAX_V2_PAYLOAD), any::<bool>()),
            1..5,
        ),
    ) {
        let slow = SlowSession::new(&r1, &r2, &c3c);
        let ours = || AesSession::new(&r1, &AesKey::new(r2), c3c);
        let (mut reader, mut card) = (ours(), ours());
        let first = card.wrap(code::AUTHENTICATION2_V2 + 1, &ids).expect("the answer");
        prop_assert_eq!(bytes_of(&first), slow.wrap(code::AUTHENTICATION2_V2 + 1, 0, &ids));
        prop_assert_eq!(reader.unwrap(&first, Direction::Response), Ok(ids.to_vec()));
        let mut tn = 0;
        for (command, payload, lost) in exchanges {
            let command = COMMANDS[command];
            tn += 1;
            let frame = reader.wrap(command, &payload).expect("a command");
            prop_assert_eq!(bytes_of(&frame), slow.wrap(command, tn, &payload));
            prop_assert_eq!(card.unwrap(&frame, Direction::Command), Ok(payload.clone()));
            tn += 1;
            let answer = card.wrap(command + 1, &payload).expect("an answer");
            prop_assert_eq!(bytes_of(&answer), slow.wrap(command + 1, tn, &payload));
            prop_assert_eq!(slow.unwrap(&bytes_of(&answer)), Some((tn, payload.clone())));
            if !lost {
                prop_assert_eq!(reader.unwrap(&answer, Direction::Response), Ok(payload));
            }
        }
    }

    #[test]
    fn a_changed_frame_is_refused_and_changes_nothing(
        r1: [u8; 16],
        r2: [u8; 16],
        payload in proptest::collection::vec(any::<u8>(), 0..=MAX_V2_PAYLOAD),
        at: prop::sample::Index,
        bit in 0..8u8,
    ) {
        let slow = SlowSession::new(&r1, &r2, &[1, 2, 3, 4]);
        let mut card = AesSession::new(&r1, &AesKey::new(r2), [1, 2, 3, 4]);
        let whole = slow.wrap(code::WRITE_V2, 7, &payload);
        let mut changed = whole.clone();
        let place = 2 + at.index(changed.len() - 2);
        changed[place] ^= 1 << bit;
        prop_assert_eq!(card.unwrap(&secure(&changed), Direction::Command), Err(SessionError::Mac));
        prop_assert!(slow.unwrap(&changed).is_none());
        // The same bytes as another command, and cut by one byte.
        let other = [&[whole[0], code::READ_V2], &whole[2..]].concat();
        prop_assert_eq!(card.unwrap(&secure(&other), Direction::Command), Err(SessionError::Mac));
        if !payload.is_empty() {
            let cut = [&[whole[0] - 1], &whole[1..whole.len() - 1]].concat();
            prop_assert_eq!(card.unwrap(&secure(&cut), Direction::Command), Err(SessionError::Mac));
        }
        prop_assert_eq!(card.unwrap(&secure(&whole), Direction::Command), Ok(payload));
    }

    #[test]
    fn sealed_keys(
        parent: [u8; 16],
        old: Option<[u8; 16]>,
        node: u16,
        version: u16,
        key: [u8; 16],
        at in 0..36usize,
    ) {
        let package = AesKeyPackage { node: NodeCode(node), key_version: version, key: AesKey::new(key) };
        let (parent_key, old_key) = (AesKey::new(parent), old.map(AesKey::new));
        let sealed = package.seal(&parent_key, old_key.as_ref());
        let old = old.as_ref().map(|old| &old[..]);
        prop_assert_eq!(sealed.to_vec(), slow::key_package(&parent, old, node, version, &key));
        let open = |sealed| AesKeyPackage::open(&parent_key, old_key.as_ref(), sealed);
        prop_assert_eq!(open(&sealed), Ok(package));
        let mut changed = sealed;
        changed[at] ^= 0x10;
        prop_assert_eq!(open(&changed), Err(PackageError::Mac));
        // Under the parent's key alone it opens only if there was no old one.
        prop_assert_eq!(AesKeyPackage::open(&parent_key, None, &sealed).is_ok(), old.is_none());
    }
}

fn sides() -> (AesSession, AesSession) {
    let ours = || AesSession::new(&[9; 16], &AesKey::new([7; 16]), [1, 2, 3, 4]);
    let (mut reader, mut card) = (ours(), ours());
    let first = card
        .wrap(code::AUTHENTICATION2_V2 + 1, &[0; 16])
        .expect("the answer");
    reader.unwrap(&first, Direction::Response).expect("opens");
    (reader, card)
}

#[test]
fn a_frame_is_taken_once_and_in_order() {
    let (mut reader, mut card) = sides();
    let one = reader.wrap(code::READ_V2, &[1]).expect("a command");
    let two = reader.wrap(code::READ_V2, &[2]).expect("a command");
    card.unwrap(&two, Direction::Command).expect("taken");
    // One answer's number was left out between them.
    assert_eq!(two.body()[..2], [3, 0]);
    for old in [&one, &two] {
        let tn = u16::from_le_bytes([old.body()[0], old.body()[1]]);
        let refused = card.unwrap(old, Direction::Command);
        assert_eq!(refused, Err(SessionError::TransactionNumber(tn)));
    }
    assert_eq!(
        card.unwrap(&two, Direction::Response),
        Err(SessionError::Direction)
    );
    let answer = card.wrap(code::READ_V2 + 1, &[0, 0]).expect("an answer");
    assert_eq!(reader.unwrap(&answer, Direction::Response), Ok(vec![0, 0]));
    let again = reader.unwrap(&answer, Direction::Response);
    assert_eq!(again, Err(SessionError::TransactionNumber(4)));
}

#[test]
fn the_last_number_is_not_taken_from_a_reader() {
    let slow = SlowSession::new(&[9; 16], &[7; 16], &[1, 2, 3, 4]);
    let (_, mut card) = sides();
    let last = secure(&slow.wrap(code::READ_V2, u16::MAX, &[1, 0x80, 0]));
    let refused = card.unwrap(&last, Direction::Command);
    assert_eq!(refused, Err(SessionError::TransactionNumber(u16::MAX)));
    let before = secure(&slow.wrap(code::READ_V2, u16::MAX - 1, &[1, 0x80, 0]));
    card.unwrap(&before, Direction::Command).expect("taken");
    card.wrap(code::READ_V2 + 1, &[0, 0])
        .expect("the last answer");
    let after = card.wrap(code::READ_V2 + 1, &[0, 0]);
    assert_eq!(after, Err(SessionError::Exhausted));
}

#[test]
fn a_payload_is_bounded_by_its_frame() {
    let (mut reader, _) = sides();
    let longest = reader
        .wrap(code::WRITE_V2, &[0; MAX_V2_PAYLOAD])
        .expect("fits");
    assert_eq!(bytes_of(&longest).len(), 255);
    let too_long = reader.wrap(code::WRITE_V2, &[0; MAX_V2_PAYLOAD + 1]);
    assert_eq!(too_long, Err(SessionError::Frame(FrameError::TooLong(256))));
    let wrong_code = reader.wrap(code::READ, &[0]);
    assert_eq!(
        wrong_code,
        Err(SessionError::Frame(FrameError::Code(code::READ)))
    );
    assert!(Frame::build(code::READ_V2, &[0; 254]).is_err());
}

#[test]
fn a_session_does_not_show_its_keys() {
    let (reader, _) = sides();
    assert_eq!(format!("{reader:?}"), "AesSession(next TN 1)");
}
