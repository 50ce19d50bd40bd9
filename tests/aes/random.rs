//! Frames that nobody meant: raw ones under the codes of the AES generation, and whole ones of a session, with right
//! MACs, whose payloads are nonsense. The chip never panics, and its memory stays a card's.

use super::{AREA, LOG, PASS, SlowReader, aes_card, demo, key_of, slow};
use crate::support::{SeededRng, times};
use cardwright::device::emulated::EmulatedCard;
use cardwright::model::card::image::CardImage;
use cardwright::model::cipher::AesKey;
use cardwright::model::command::{Frame, code};
use cardwright::model::port::{CardLink, Rng};

const COMMANDS: [u8; 4] = [
    code::READ_V2,
    code::WRITE_V2,
    code::REGISTER_AES_KEY,
    code::CHANGE_SYSTEM_BLOCK_V2,
];

fn holds(card: &EmulatedCard, answer: Option<&Frame>) {
    assert!(answer.is_none_or(|answer| answer.as_bytes().len() <= 255));
    let image = CardImage::decode(&card.memory().data()).expect("a card's memory");
    assert_eq!(
        card.image().as_ref(),
        Some(&image),
        "the chip knows what it holds"
    );
    for area in &image.systems[0].areas {
        let used = image.systems[0].used_by_area();
        let index = image.systems[0]
            .areas
            .iter()
            .position(|a| a == area)
            .expect("there");
        assert!(used[index] <= u32::from(area.allotted));
    }
}

fn random(rng: &mut SeededRng, longest: usize) -> Vec<u8> {
    let mut bytes = vec![0; rng.below(longest + 1)];
    rng.fill(&mut bytes);
    bytes
}

#[test]
fn raw_frames() {
    let (mut card, mut rng, idm) = (aes_card(), SeededRng(11), demo().idm);
    for _ in 0..times(20_000, 1_000_000) {
        let command = 0x40 + 2 * rng.below(4) as u8;
        let body = match rng.below(3) {
            0 => random(&mut rng, 60),
            // A list that is right, and whatever follows.
            1 => [
                &idm.0[..],
                &[0, 1],
                &PASS.to_le_bytes(),
                &random(&mut rng, 20),
            ]
            .concat(),
            _ => [&idm.0[..], &random(&mut rng, 40)].concat(),
        };
        let frame = Frame::build(command, &body).expect("fits");
        let answer = card.transceive(&frame).expect("there");
        holds(&card, answer.as_ref());
    }
}

/// A payload that is near to a right one.
fn likely(rng: &mut SeededRng, command: u8) -> Vec<u8> {
    let count = rng.below(4) as u8;
    let elements = (0..count).flat_map(|_| {
        let access = [0x80, 0x80, 0x90, 0xC0][rng.below(4)];
        [access | rng.below(3) as u8, rng.below(3) as u8]
    });
    let mut payload: Vec<u8> = [count].into_iter().chain(elements).collect();
    match command {
        code::WRITE_V2 => payload.extend(vec![rng.below(256) as u8; 16 * usize::from(count)]),
        code::REGISTER_AES_KEY => {
            let nodes = [AREA, PASS, LOG, 0x0000, 0xFFFF, 0x1048, 0x100B];
            let node = nodes[rng.below(nodes.len())];
            let (parent, old) = (key_of(AREA), key_of(PASS));
            let old = [None, Some(&old.expose()[..])][rng.below(2)];
            let key = *key_of(PASS).expose();
            let version = [1, 2, 0xFFFF][rng.below(3)];
            payload = node.to_le_bytes().to_vec();
            payload.extend(slow::key_package(parent.expose(), old, node, version, &key));
        }
        code::CHANGE_SYSTEM_BLOCK_V2 => payload.clear(),
        _ => {}
    }
    payload
}

#[test]
fn nonsense_inside_a_session() {
    let (mut card, mut rng, idm) = (aes_card(), SeededRng(12), demo().idm);
    let nodes = [PASS, LOG, AREA];
    let keys: Vec<AesKey> = nodes.iter().map(|node| key_of(*node)).collect();
    let (mut answered, mut refused, mut silent) = (0, 0, 0);
    for round in 0..times(30, 3_000) {
        card.field_off();
        let r1 = [round as u8; 16];
        let mut reader = SlowReader::open(&mut card, idm, &nodes, &keys, r1).expect("opens");
        // Read and write for a while, then registration, in which they are silent.
        for turn in 0..16 {
            let command = COMMANDS[rng.below(if turn < 12 { 2 } else { 4 })];
            let payload = match rng.below(4) {
                0 => random(&mut rng, 243),
                _ => likely(&mut rng, command),
            };
            match reader.command(&mut card, command, &payload) {
                Some(answer) if answer[..2] == [0, 0] => answered += 1,
                Some(_) => refused += 1,
                None => silent += 1,
            }
            holds(&card, None);
        }
        holds(&card, None);
    }
    assert!(
        answered > 20 && refused > 20 && silent > 20,
        "{answered} done, {refused} refused, {silent} silent"
    );
}
