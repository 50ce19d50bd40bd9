//! What a passphrase is made into: the keys of an independent implementation at each cost, and in every file at the cost
//! that its header states.

use argon2::{Algorithm, Argon2, Params, Version};
use cardwright::device::card_file;
use cardwright::device::key_store::KeyStore;
use cardwright::device::key_store::format::{self, Lock};
use cardwright::device::seal::{Cost, FileKey, NONCE, Passphrase, SALT, TAG};
use cardwright::device::system::SystemRng;
use cardwright::model::card::journal::Journal;
use cardwright::model::card::profile::Profile;
use cardwright::model::hex;
use cardwright::workbench::headless::Workspace;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use std::path::Path;

const PHRASE: &str = "correct horse";

fn phrase() -> Passphrase {
    Passphrase::new(PHRASE.into())
}

fn cost(memory_kib: u32, passes: u32) -> Cost {
    Cost { memory_kib, passes }
}

/// Opens what was sealed, with a key of 32 bytes as it stands.
fn opens(key: &[u8; 32], nonce: [u8; NONCE], sealed: &[u8], associated: &[u8]) -> Option<Vec<u8>> {
    let payload = Payload {
        msg: sealed,
        aad: associated,
    };
    let cipher = XChaCha20Poly1305::new(key.into());
    cipher.decrypt(&XNonce::from(nonce), payload).ok()
}

/// Argon2id 1.3 with one lane, as the crate does it when it is asked for these very numbers.
fn derived(salt: &[u8; SALT], cost: Cost) -> [u8; 32] {
    let params = Params::new(cost.memory_kib, cost.passes, 1, Some(32)).expect("a cost");
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut key = [0; 32];
    argon2
        .hash_password_into(PHRASE.as_bytes(), salt, &mut key)
        .expect("derived");
    key
}

#[test]
fn the_keys_are_those_of_the_reference_at_each_cost() {
    assert_eq!(Cost::STANDARD, cost(65_536, 3));
    let salt = b"DEMO: sixteen by";
    // argon2 (the reference's own program) "DEMO: sixteen by" -id -t PASSES -k KIB -p 1 -l 32 -r
    for (cost, expected) in [
        (
            cost(8, 1),
            "ecc24d15c2b9cb8cc69db521abbbebe2b4c39984067d5ae2858d3b4efc2fded9",
        ),
        (
            cost(64, 5),
            "6ad6cbad5682b90b9302322b9f32266e57047758f8398b256d7eb55f6e4f55ca",
        ),
        (
            cost(1024, 2),
            "760233b3af6c9938d498e9466abf12b6dd57b1fbae1346aee9b879800f243bd6",
        ),
        (
            Cost::STANDARD,
            "b67844f35614fa113901e0e4731e2a977b07813748ae5cb7fc75afb0f6e9e311",
        ),
    ] {
        let expected: [u8; 32] = hex::parse_array(expected).expect("a key");
        let key = FileKey::derive(&phrase(), salt, cost).expect("derived");
        let sealed = key.seal(&[7; NONCE], b"text", b"before").expect("sealed");
        let opened = opens(&expected, [7; NONCE], &sealed, b"before");
        assert_eq!(opened.as_deref(), Some(&b"text"[..]), "{cost:?}");
        assert_eq!(derived(salt, cost), expected, "{cost:?}");
    }
}

/// The cost in a key store's header, and whether a key of just that cost fits its seals.
fn stated(path: &Path) -> (Cost, bool) {
    let bytes = std::fs::read(path).expect("the store");
    let Lock::Passphrase { cost, salt, check } = format::read(&bytes).expect("read").lock else {
        panic!("it has a passphrase");
    };
    let key = derived(&salt.0, cost);
    // The header's length stands behind the magic number of eight bytes; the check is behind the header.
    let head = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let (before, end) = bytes.split_at(bytes.len() - NONCE - TAG);
    let (nonce, tag) = end.split_at(NONCE);
    let fits = opens(&key, check.0, &bytes[head..head + TAG], &bytes[..head]).is_some()
        && opens(&key, nonce.try_into().expect("a nonce"), tag, before).is_some();
    (cost, fits)
}

#[test]
fn a_key_store_is_sealed_at_the_cost_that_its_header_states() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, asked) in [
        ("one", cost(8, 1)),
        ("two", cost(64, 1)),
        ("three", cost(8, 3)),
        ("four", cost(512, 2)),
    ] {
        let path = folder.path().join(name);
        let mut store = KeyStore::create(&path, &phrase(), asked).expect("made");
        assert_eq!(stated(&path), (asked, true));
        let other = cost(asked.memory_kib * 2, asked.passes + 1);
        store.change_passphrase(&phrase(), other).expect("changed");
        assert_eq!(stated(&path), (other, true));
        KeyStore::open(&path, Some(&phrase())).expect("opened");
    }
}

#[test]
fn live_keys_and_sealed_cards_are_sealed_at_the_standard_cost() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("live");
    let mut live = Workspace::open_live(place.clone()).expect("made");
    live.keys(Some(&phrase())).expect("begun");
    assert_eq!(stated(&place.join("keys.store")), (Cost::STANDARD, true));
    // A card file's header has the salt as 32 digits, and no cost: it is always the same.
    let card = crate::support::demo_card();
    let memory = card.memory();
    let (profile, journal) = (Profile::demo(), Journal::default());
    let file = card_file::write_sealed(&profile, memory, &journal, &phrase(), &mut SystemRng);
    let file = file.expect("written");
    let length = u32::from_le_bytes(file[8..12].try_into().expect("four bytes")) as usize;
    let (head, sealed) = file.split_at(12 + length);
    let header = String::from_utf8_lossy(&head[12..]).into_owned();
    let value = |name: &str| {
        let rest = header.split(&format!("{name}:\"")).nth(1);
        rest.and_then(|rest| rest.split('"').next())
            .expect(name)
            .to_string()
    };
    let salt = hex::parse_array(&value("salt")).expect("a salt");
    let nonce = hex::parse_array(&value("nonce")).expect("a nonce");
    let opened = opens(&derived(&salt, Cost::STANDARD), nonce, sealed, head);
    assert!(opened.is_some(), "{header}");
}
