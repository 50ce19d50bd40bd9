//! The chip, with the slow side as its reader: byte for byte what it answers, and where it is silent.

use super::{
    AREA, LOG, PASS, PASS_FREE, SlowReader, aes_card, card_of, demo, des_issued, key_of, send,
};
use cardwright::device::emulated::EmulatedCard;
use cardwright::device::memory::Memory;
use cardwright::model::card::profile::Profile;
use cardwright::model::cipher::AesKey;
use cardwright::model::command::code::{
    CHANGE_SYSTEM_BLOCK_V2, READ, READ_V2, REGISTER_AES_KEY, WRITE_V2,
};
use cardwright::model::port::CardLink;

const R1: [u8; 16] = *b"sixteen of them!";

fn open(card: &mut EmulatedCard, nodes: &[u16], keys: &[AesKey]) -> Option<SlowReader> {
    SlowReader::open(card, demo().idm, nodes, keys, R1)
}

fn mode(card: &mut EmulatedCard) -> u8 {
    let request = [&[10, 4][..], &demo().idm.0].concat();
    send(card, &request).expect("an answer")[10]
}

#[test]
fn a_session_reads_and_writes() {
    let mut card = aes_card();
    let mut reader = open(&mut card, &[PASS], &[key_of(PASS)]).expect("opens");
    let demo = demo();
    assert_eq!(reader.ids, [demo.plan.idi.0, demo.plan.pmi.0].concat());
    assert_eq!(mode(&mut card), 2);
    let read = reader
        .command(&mut card, READ_V2, &[1, 0x80, 0])
        .expect("read");
    assert_eq!(read, [&[0, 0, 1][..], b"DEMO CARD\0\0\0\0\0\0\0"].concat());
    let write = [&[1, 0x80, 1][..], b"written by AES 1"].concat();
    assert_eq!(
        reader.command(&mut card, WRITE_V2, &write),
        Some(vec![0, 0])
    );
    // In either form of an element, and two blocks at once.
    let read = reader
        .command(&mut card, READ_V2, &[2, 0x80, 0, 0x00, 1, 0])
        .expect("read");
    assert_eq!(read[..3], [0, 0, 2]);
    assert_eq!(&read[19..], b"written by AES 1");
    card.field_off();
    let mut reader = open(&mut card, &[PASS], &[key_of(PASS)]).expect("opens again");
    let read = reader
        .command(&mut card, READ_V2, &[1, 0x80, 1])
        .expect("read");
    assert_eq!(&read[3..], b"written by AES 1", "and it stays");
}

/// Block lists count the node list, areas in it keep their place, and services that are free to use come last.
#[test]
fn a_session_may_name_many_nodes() {
    let mut card = aes_card();
    let nodes = [0xFFFF, 0x0000, AREA, LOG, PASS, PASS_FREE];
    let keys: Vec<AesKey> = nodes[..5].iter().map(|node| key_of(*node)).collect();
    let mut reader = open(&mut card, &nodes, &keys).expect("opens");
    let push = [&[1, 0x83, 0][..], b"a ring's record "].concat();
    assert_eq!(reader.command(&mut card, WRITE_V2, &push), Some(vec![0, 0]));
    let read = reader
        .command(&mut card, READ_V2, &[3, 0x83, 0, 0x84, 0, 0x85, 0])
        .expect("read");
    assert_eq!(&read[3..19], b"a ring's record ");
    assert_eq!(
        read[19..35],
        read[35..],
        "the free service shows the keyed one's blocks"
    );
    let refused = |card: &mut EmulatedCard, reader: &mut SlowReader, payload: &[u8]| {
        reader.command(card, READ_V2, payload).expect("an answer")
    };
    assert_eq!(
        refused(&mut card, &mut reader, &[1, 0x82, 0]),
        [1, 0xA4],
        "an area has no blocks"
    );
    assert_eq!(refused(&mut card, &mut reader, &[1, 0x86, 0]), [1, 0xA3]);
    assert_eq!(refused(&mut card, &mut reader, &[1, 0x84, 9]), [1, 0xA8]);
    assert_eq!(refused(&mut card, &mut reader, &[0]), [0xFF, 0xA2]);
}

#[test]
fn keys_are_not_changed_by_a_write() {
    let mut card = aes_card();
    let before = card.memory().data().to_vec();
    let mut reader = open(&mut card, &[PASS], &[key_of(PASS)]).expect("opens");
    let change = [&[1, 0xC0, 2][..], &[7; 16]].concat();
    assert_eq!(
        reader.command(&mut card, WRITE_V2, &change),
        Some(vec![1, 0xA7])
    );
    assert_eq!(card.memory().data(), before);
}

#[test]
fn a_wrong_list_or_key_is_silence() {
    let mut card = aes_card();
    let (pass, log) = (key_of(PASS), key_of(LOG));
    let silent = |card: &mut EmulatedCard, nodes: &[u16]| {
        let keys: Vec<AesKey> = vec![key_of(PASS); nodes.len()];
        assert!(open(card, nodes, &keys).is_none(), "{nodes:04X?}");
        assert_eq!(mode(card), 0);
    };
    silent(&mut card, &[0x1048]);
    silent(&mut card, &[PASS_FREE]);
    silent(&mut card, &[PASS_FREE, PASS]);
    silent(&mut card, &[PASS, 0x114B]);
    silent(&mut card, &[]);
    // A wrong key shows in the answer to the challenge, which is not what the reader expects; a wrong answer to the
    // card's challenge is silence, and the try is used up.
    let idm = demo().idm;
    let first = [&[29, 0x40][..], &idm.0, &[0, 1, 0x08, 0x10], &[9; 16]].concat();
    let first = [&[first.len() as u8], &first[1..]].concat();
    let answer = send(&mut card, &first).expect("any challenge is answered");
    assert_eq!(answer.len(), 46);
    assert_eq!(mode(&mut card), 1);
    let second = [&[26, 0x42][..], &idm.0, &[5; 16]].concat();
    assert_eq!(send(&mut card, &second), None);
    assert_eq!(mode(&mut card), 0);
    assert_eq!(send(&mut card, &second), None);
    // The order of the list matters.
    let keys = [pass.clone(), log.clone()];
    assert!(open(&mut card, &[PASS, LOG], &keys).is_some());
}

#[test]
fn an_operation_that_nobody_knows_is_silence() {
    let mut card = aes_card();
    let idm = demo().idm;
    let frame = |parameter: u8| {
        [
            &[30, 0x40][..],
            &idm.0,
            &[parameter, 1, 0x08, 0x10],
            &[9; 16],
        ]
        .concat()
    };
    assert!(send(&mut card, &frame(0)).is_some());
    assert_eq!(send(&mut card, &frame(1)), None);
    assert_eq!(mode(&mut card), 0, "it began anew and ended there");
}

#[test]
fn the_two_ciphers_do_not_mix() {
    let mut card = aes_card();
    let mut reader = open(&mut card, &[PASS], &[key_of(PASS)]).expect("opens");
    let des_read = [&[26, READ][..], &[3; 24]].concat();
    assert_eq!(send(&mut card, &des_read), None);
    assert_eq!(
        mode(&mut card),
        2,
        "a frame of the other cipher changes nothing"
    );
    assert!(reader.command(&mut card, READ_V2, &[1, 0x80, 0]).is_some());
    // Nothing is prepared, so there is nothing to commit; and DES registration does not exist here.
    let nothing = send(
        &mut card,
        &[&[12, CHANGE_SYSTEM_BLOCK_V2][..], &[0; 10]].concat(),
    );
    assert_eq!(nothing, None);
}

#[test]
fn read_and_write_wait_for_the_commit() {
    let mut card = aes_card();
    let mut reader = open(&mut card, &[AREA], &[key_of(AREA)]).expect("opens");
    let bad = [&[0x08, 0x10][..], &[0; 36]].concat();
    assert_eq!(
        reader.command(&mut card, REGISTER_AES_KEY, &bad),
        Some(vec![0xFF, 0xAB])
    );
    assert_eq!(mode(&mut card), 3, "even a refused one leads to mode 3");
    let commit = reader.command(&mut card, CHANGE_SYSTEM_BLOCK_V2, &[]);
    assert_eq!(commit, Some(vec![0, 0]));
    assert_eq!(mode(&mut card), 3);
}

#[test]
fn a_payload_ends_where_its_last_field_ends() {
    let mut card = aes_card();
    let mut reader = open(&mut card, &[PASS], &[key_of(PASS)]).expect("opens");
    assert_eq!(reader.command(&mut card, READ_V2, &[1, 0x80, 0, 0]), None);
    let mut reader = open(&mut card, &[PASS], &[key_of(PASS)]).expect("opens");
    assert_eq!(reader.command(&mut card, READ_V2, &[2, 0x80, 0]), None);
}

#[test]
fn a_chip_of_the_des_generation_does_not_know_it() {
    let memory = aes_card().memory().clone();
    let profile = Profile::demo();
    let mut card = card_of(
        profile.clone(),
        Memory::new(memory.data().to_vec(), &profile),
    );
    let before = mode(&mut card);
    assert!(open(&mut card, &[PASS], &[key_of(PASS)]).is_none());
    assert_eq!(mode(&mut card), before);
}

#[test]
fn versions_are_told_by_cipher() {
    let idm = demo().idm;
    let nodes = [0xFF, 0xFF, 0x00, 0x00, 0x08, 0x10, 0x0B, 0x10, 0x48, 0x10];
    let ask = |card: &mut EmulatedCard| {
        let request = [&[21, 0x32][..], &idm.0, &[5], &nodes].concat();
        send(card, &request).expect("an answer")[10..].to_vec()
    };
    let aes = [1, 0, 1, 0, 1, 0, 0xFF, 0xFF, 0xFF, 0xFF];
    let des = [2, 0, 1, 0, 1, 0, 0, 0, 0xFF, 0xFF];
    let told = ask(&mut aes_card());
    assert_eq!(told, [&[0, 0, 0x41, 5][..], &aes, &des].concat());
    // Before its AES keys were registered: the maker's of the system alone.
    let aes = [&[0, 0][..], &[0xFF; 8]].concat();
    let told = ask(&mut des_issued());
    assert_eq!(told, [&[0, 0, 0x41, 5][..], &aes, &des].concat());
}
