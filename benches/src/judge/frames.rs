//! The same frames to both emulated cards, answers compared byte for byte: what a card answers or is silent to, and
//! which status flags it gives.

use super::issued::{
    self, AREA, FREE, IDM, KEYED, PURSE, PURSE_CASHBACK, PURSE_DECREMENT, PURSE_READ, RING,
};
use super::{Check, peers_card};
use cardwright::device::udp::Present;

pub const CHECKS: &[(&str, Check)] = &[
    ("plain frames, byte for byte", || compare(&agreed())),
    ("plain frames on which the crate is known to differ", || {
        differ(&known())
    }),
];

/// Frames with a name, sent in this order.
type Frames = Vec<(&'static str, Vec<u8>)>;

fn command(code: u8, body: &[u8]) -> Vec<u8> {
    let mut frame = vec![0, code];
    frame.extend(IDM);
    frame.extend(body);
    frame[0] = frame.len() as u8;
    frame
}

/// Read (06) or Write (08) Without Encryption: services, elements as they stand, data.
fn access(code: u8, services: &[u16], elements: &[&[u8]], data: &[[u8; 16]]) -> Vec<u8> {
    let mut body = vec![services.len() as u8];
    body.extend(services.iter().flat_map(|service| service.to_le_bytes()));
    body.push(elements.len() as u8);
    body.extend(elements.concat());
    body.extend(data.as_flattened());
    command(code, &body)
}

/// A purse's data: amount or purse, cashback, what its owner keeps, execution ID.
fn purse(amount: u32, cashback: u32, execution: u32) -> [u8; 16] {
    let mut block = [0; 16];
    block[..4].copy_from_slice(&amount.to_le_bytes());
    block[4..8].copy_from_slice(&cashback.to_le_bytes());
    block[12..].copy_from_slice(&execution.to_le_bytes());
    block
}

const FIRST: &[u8] = &[0x80, 0];
const CASHBACK: &[u8] = &[0x90, 0];

fn agreed() -> Frames {
    let mut frames = asking();
    frames.extend(reading());
    frames.extend(writing());
    frames.extend(paying());
    frames
}

fn asking() -> Frames {
    vec![
        ("poll", vec![6, 0, 0xFF, 0xFF, 1, 0]),
        ("poll the upper byte", vec![6, 0, 0x00, 0xFF, 1, 0x0F]),
        ("poll another", vec![6, 0, 0x12, 0x34, 0, 0]),
        ("poll for what is not defined", vec![6, 0, 0xFF, 0xFF, 3, 0]),
        (
            "poll in slots that are not defined",
            vec![6, 0, 0xFF, 0xFF, 0, 2],
        ),
        ("mode", command(0x04, &[])),
        ("mode of another card", vec![10, 4, 9, 9, 9, 9, 9, 9, 9, 9]),
        ("mode with a byte left over", command(0x04, &[0])),
        ("systems", command(0x0C, &[])),
        ("node 0", command(0x0A, &[0, 0])),
        ("node 1", command(0x0A, &[1, 0])),
        ("node 2", command(0x0A, &[2, 0])),
        ("past the last node", command(0x0A, &[0xFF, 0])),
        ("no such node", command(0x02, &[1, 0xC9, 0x1F])),
        ("versions of no node", command(0x02, &[0])),
        ("reset", command(0x3E, &[0, 0])),
        ("an unknown command", command(0x70, &[])),
        ("a length that is not the frame's", vec![11, 4, 1, 2, 3]),
        (
            "authentication for nothing",
            command(0x10, &[0, 0, 1, 2, 3, 4, 5, 6, 7, 8]),
        ),
        ("authentication 2 at once", command(0x12, &[0; 8])),
        (
            "read in no session",
            vec![
                26, 0x14, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8,
            ],
        ),
    ]
}

fn reading() -> Frames {
    vec![
        ("read", access(6, &[FREE], &[FIRST, &[0x80, 7]], &[])),
        (
            "read by a long element",
            access(6, &[FREE], &[&[0, 7, 0]], &[]),
        ),
        (
            "read two services",
            access(6, &[FREE, RING], &[&[0x81, 2], FIRST], &[]),
        ),
        ("read what needs a key", access(6, &[KEYED], &[FIRST], &[])),
        (
            "read past the end",
            access(6, &[FREE], &[FIRST, &[0x80, 8]], &[]),
        ),
        (
            "read far past the end",
            access(6, &[FREE], &[&[0, 0, 1]], &[]),
        ),
        (
            "read with an index past the list",
            access(6, &[FREE], &[&[0x81, 0]], &[]),
        ),
        ("read with a mode", access(6, &[FREE], &[CASHBACK], &[])),
        (
            "read what is not there",
            access(6, &[0x1FC9], &[FIRST], &[]),
        ),
        ("read an area", access(6, &[AREA], &[FIRST], &[])),
        ("read the system", access(6, &[0xFFFF], &[FIRST], &[])),
    ]
}

fn writing() -> Frames {
    let read = |service| access(6, &[service], &[FIRST, &[0x80, 1]], &[]);
    let write = |service, element, data| access(8, &[service], &[element], &[data]);
    vec![
        ("write", write(FREE, FIRST, [1; 16])),
        ("write what needs a key", write(KEYED, FIRST, [1; 16])),
        (
            "write what is for reading",
            write(PURSE_READ, FIRST, [1; 16]),
        ),
        ("write past the end", write(FREE, &[0x80, 8], [1; 16])),
        (
            "a key change without a session",
            write(FREE, &[0xC0, 0], [1; 16]),
        ),
        ("push", write(RING, FIRST, [1; 16])),
        (
            "push two",
            access(8, &[RING], &[FIRST, FIRST], &[[3; 16], [2; 16]]),
        ),
        ("the ring", read(RING)),
        ("push the same", write(RING, FIRST, [3; 16])),
        ("the ring again", read(RING)),
    ]
}

fn paying() -> Frames {
    let read = |service| access(6, &[service], &[FIRST, &[0x80, 1]], &[]);
    let write = |service, element, data| access(8, &[service], &[element], &[data]);
    vec![
        ("set the purse", write(PURSE, FIRST, purse(1000, 5, 1))),
        ("take", write(PURSE_DECREMENT, FIRST, purse(300, 0, 2))),
        (
            "take again",
            write(PURSE_DECREMENT, FIRST, purse(300, 0, 2)),
        ),
        ("the purse", read(PURSE_READ)),
        (
            "take too much",
            write(PURSE_DECREMENT, FIRST, purse(701, 0, 3)),
        ),
        (
            "give back too much",
            write(PURSE_CASHBACK, CASHBACK, purse(301, 0, 3)),
        ),
        (
            "give back",
            write(PURSE_CASHBACK, CASHBACK, purse(200, 0, 3)),
        ),
        ("the purse after it", read(PURSE_READ)),
        (
            "give back nothing",
            write(PURSE_CASHBACK, CASHBACK, purse(0, 0, 4)),
        ),
        ("the purse at last", read(PURSE_READ)),
        (
            "take twice in one command",
            access(
                8,
                &[PURSE_DECREMENT],
                &[FIRST, FIRST],
                &[purse(10, 0, 5), purse(20, 0, 6)],
            ),
        ),
        ("the purse after both", read(PURSE_READ)),
        (
            "give back to a full purse",
            write(PURSE_CASHBACK, &[0x90, 1], purse(1, 0, 7)),
        ),
        (
            "one refused of two",
            access(
                8,
                &[FREE, PURSE_DECREMENT],
                &[FIRST, &[0x81, 0]],
                &[[4; 16], purse(9999, 0, 8)],
            ),
        ),
        ("refuses both", read(FREE)),
    ]
}

/// Where the crate's card answers otherwise. The reasons are in `docs/protocol.md`.
fn known() -> Frames {
    let write = |service, element, data| access(8, &[service], &[element], &[data]);
    vec![
        (
            "blocks of a node that is not there",
            command(0x0E, &[1, 0xC9, 0x1F]),
        ),
        ("blocks of the area", command(0x0E, &[1, 0x00, 0x10])),
        ("read nothing", access(6, &[FREE], &[], &[])),
        ("read of no service", access(6, &[], &[FIRST], &[])),
        ("read too much", access(6, &[FREE], &[FIRST; 16], &[])),
        ("push at 1", write(RING, &[0x80, 1], [9; 16])),
        (
            "push too many",
            access(8, &[RING], &[FIRST; 4], &[[9; 16]; 4]),
        ),
        (
            "raise the purse by direct access",
            write(PURSE, FIRST, purse(u32::MAX, 0, 0)),
        ),
        (
            "cashback where there is none",
            write(PURSE_DECREMENT, CASHBACK, purse(1, 0, 9)),
        ),
        (
            "the second service of a list needs a key",
            access(6, &[FREE, KEYED], &[FIRST, FIRST, &[0x81, 0]], &[]),
        ),
        (
            "a service of a list that no block names needs a key",
            access(6, &[FREE, KEYED], &[FIRST], &[]),
        ),
        ("system status", command(0x38, &[0, 0])),
        ("specification version", command(0x3C, &[0, 0])),
        ("request service v2", command(0x32, &[1, 0x00, 0x10])),
    ]
}

/// A pair of answers, silence being one: ours, the crate's.
type Answers = (Option<Vec<u8>>, Option<Vec<u8>>);

/// Both answers to each frame, on fresh cards with the same blocks.
fn answers(frames: &Frames) -> Result<Vec<Answers>, String> {
    let content = [
        purse(i32::MAX as u32, i32::MAX as u32, 0),
        purse(u32::MAX, 9, 1),
    ];
    let (mut ours, mut peers) = (issued::card()?, peers_card::card_with(content)?);
    Present::field_off(&mut ours.0);
    ours.0
        .answer(&access(8, &[PURSE], &[FIRST, &[0x80, 1]], &content));
    for block in 0..8 {
        let frame = access(8, &[FREE], &[&[0x80, block]], &[[0; 16]]);
        ours.0.answer(&frame);
    }
    for n in [1, 2, 3] {
        let frame = access(8, &[RING], &[FIRST], &[[n; 16]]);
        ours.0.answer(&frame);
        peers.0.handle_frame(&frame);
    }
    let both = |(_, frame): &(_, Vec<u8>)| (ours.0.answer(frame), peers.0.handle_frame(frame));
    Ok(frames.iter().map(both).collect())
}

fn compare(frames: &Frames) -> Result<(), String> {
    let mut against = Vec::new();
    for ((name, _), (ours, peers)) in frames.iter().zip(answers(frames)?) {
        if ours != peers {
            against.push(format!(
                "{name}: ours {ours:02X?}, the crate's {peers:02X?}"
            ));
        }
    }
    if against.is_empty() {
        return Ok(());
    }
    Err(against.join("\n    "))
}

/// A known difference that is gone must be told, for then a sentence in the documents is wrong.
fn differ(frames: &Frames) -> Result<(), String> {
    let mut gone = Vec::new();
    for ((name, _), (ours, peers)) in frames.iter().zip(answers(frames)?) {
        if ours == peers {
            gone.push(*name);
        }
    }
    if gone.is_empty() {
        return Ok(());
    }
    Err(format!("no longer on: {}", gone.join(", ")))
}
