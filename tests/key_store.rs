//! The key store: what is put in comes out, and whatever was changed in its file is refused.

use crate::support::{SeededRng, times};
use cardwright::device::key_store::format::{self, Entry, Lock, MAGIC};
use cardwright::device::key_store::{Algorithm, KeyStore, KeyStoreError, StoredKey, StoredName};
use cardwright::device::seal::{Cost, FileKey, Passphrase};
use cardwright::model::card::{NodeCode, SystemCode};
use cardwright::model::cipher::{AesKey, DesKey};
use cardwright::model::hex;
use cardwright::model::party::{KeyName, KeyNode, KeyRing};
use cardwright::model::port::Rng;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A cost that tests can bear some thousand times.
const CHEAP: Cost = Cost {
    memory_kib: 8,
    passes: 1,
};

fn passphrase(text: &str) -> Passphrase {
    Passphrase::new(text.into())
}

fn name(owner: &str, node: KeyNode, version: u16) -> KeyName {
    KeyName {
        owner: owner.into(),
        system: SystemCode(0x0003),
        node,
        version,
    }
}

fn stored(key: &KeyName) -> StoredName {
    of(key, Algorithm::Des)
}

fn of(key: &KeyName, algorithm: Algorithm) -> StoredName {
    let key = key.clone();
    StoredName { key, algorithm }
}

fn demo_key(last: u8) -> StoredKey {
    StoredKey::Des(DesKey::new([
        b'D', b'E', b'M', b'O', b'K', b'E', b'Y', last,
    ]))
}

fn keys() -> Vec<(KeyName, StoredKey)> {
    let node = |code| KeyNode::Node(NodeCode(code));
    vec![
        (name("issuer:aoba", node(0x1008), 1), demo_key(b'A')),
        (name("issuer:aoba", node(0x1008), 2), demo_key(b'B')),
        (name("issuer:aoba", KeyNode::Division, 1), demo_key(b'C')),
        (
            name("issuer:aoba", node(0x1008), 1),
            StoredKey::Aes(AesKey::new(*b"DEMOAESKEYOFTEST")),
        ),
        (
            name("issuer:aoba", KeyNode::Individual, 1),
            StoredKey::Aes(AesKey::new(*b"DEMOAESKEYOFCARD")),
        ),
        (name("operator:common", node(0xFFFF), 1), demo_key(b'D')),
    ]
}

fn place(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("keys.store")
}

/// A store with a passphrase and all keys.
fn filled(path: &Path) -> KeyStore {
    let mut store = KeyStore::create(path, &passphrase("open"), CHEAP).expect("made");
    assert_eq!(store.add_all(keys()).expect("added"), keys().len());
    store
}

fn same(store: &KeyStore) {
    assert_eq!(store.names().count(), keys().len());
    for (key, secret) in keys() {
        assert!(
            store.get(&of(&key, secret.algorithm())).expect("there") == secret,
            "{key}"
        );
    }
}

#[test]
fn what_is_put_in_comes_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = place(&folder);
    same(&filled(&path));
    let mut store = KeyStore::open(&path, Some(&passphrase("open"))).expect("opened");
    assert!(!store.is_demo());
    same(&store);
    let shown: Vec<String> = store.names().map(ToString::to_string).collect();
    let expected = [
        "issuer:aoba/0003/1008/des@1",
        "issuer:aoba/0003/1008/aes@1",
        "issuer:aoba/0003/1008/des@2",
        "issuer:aoba/0003/K_D/des@1",
        "issuer:aoba/0003/individual/aes@1",
        "operator:common/0003/FFFF/des@1",
    ];
    assert_eq!(shown, expected);
    // The same key again is no change; another one of its name is refused, and with it all that came along.
    let (first, secret) = keys().remove(0);
    let before = std::fs::read(&path).expect("bytes");
    store.add(first.clone(), &secret).expect("there already");
    let fresh = (name("x:y", KeyNode::Division, 9), demo_key(b'Z'));
    let other = store.add_all([fresh, (first.clone(), demo_key(b'X'))]);
    assert!(matches!(other, Err(KeyStoreError::Taken(name)) if name == stored(&first)));
    assert!(std::fs::read(&path).expect("bytes") == before);
    same(&store);
    store.remove(&stored(&first)).expect("removed");
    let again = store.remove(&stored(&first));
    assert!(matches!(again, Err(KeyStoreError::NoKey(_))));
    let store = KeyStore::open(&path, Some(&passphrase("open"))).expect("opened");
    assert_eq!(store.names().count(), keys().len() - 1);
    assert!(matches!(
        store.get(&stored(&first)),
        Err(KeyStoreError::NoKey(_))
    ));
}

#[test]
fn only_its_passphrase_opens_it_and_it_can_be_changed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = place(&folder);
    let mut store = filled(&path);
    let open = |text: &str| KeyStore::open(&path, Some(&passphrase(text)));
    assert!(matches!(open("Open"), Err(KeyStoreError::Passphrase)));
    assert!(matches!(
        KeyStore::open(&path, None),
        Err(KeyStoreError::Sealed)
    ));
    let old = std::fs::read(&path).expect("bytes");
    store
        .change_passphrase(&passphrase("new"), CHEAP)
        .expect("changed");
    same(&store);
    same(&open("new").expect("opened"));
    assert!(matches!(open("open"), Err(KeyStoreError::Passphrase)));
    // Nothing sealed before is in it still.
    let new = std::fs::read(&path).expect("bytes");
    let read = format::read(&old).expect("its form");
    let key = |lock: &Lock| match lock {
        Lock::Passphrase { salt, cost, .. } => {
            FileKey::derive(&passphrase("open"), &salt.0, *cost).expect("derived")
        }
        Lock::Demo => FileKey::demo(),
    };
    for entry in read.open(&key(&read.lock)).expect("opened").values() {
        assert!(!new.windows(entry.sealed.len()).any(|w| w == entry.sealed));
    }
    let made_again = KeyStore::create(&path, &passphrase("x"), CHEAP);
    assert!(matches!(made_again, Err(KeyStoreError::Io(_))));
    assert!(std::fs::read(&path).expect("bytes") == new);
}

#[test]
fn a_demo_store_opens_with_no_question_and_takes_demo_keys_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = place(&folder);
    same(&KeyStore::create_demo(&path, keys()).expect("made"));
    assert!(
        std::fs::read(&path).expect("bytes")[10..].starts_with(b"Demo"),
        "marked"
    );
    let mut store = KeyStore::open(&path, None).expect("opened");
    assert!(store.is_demo());
    same(&store);
    let before = std::fs::read(&path).expect("bytes");
    for key in [*b"DEMOkey1", [0x5A; 8], *b"XDEMOKEY"] {
        let live = (
            name("x:y", KeyNode::Division, 1),
            StoredKey::Des(DesKey::new(key)),
        );
        let fine = (name("x:y", KeyNode::Division, 2), demo_key(b'Z'));
        let refused = store.add_all([fine, live]);
        assert!(matches!(refused, Err(KeyStoreError::NotADemoKey(_))));
    }
    assert!(store.change_passphrase(&passphrase("x"), CHEAP).is_err());
    assert!(std::fs::read(&path).expect("bytes") == before);
    same(&store);
}

/// Reads a store's bytes with the key of that one.
fn opened(bytes: &[u8], key: &FileKey) -> Result<BTreeMap<StoredName, Entry>, KeyStoreError> {
    format::read(bytes)?.open(key)
}

/// A store's bytes, its lock, and its key.
fn parts(path: &Path, demo: bool) -> (Vec<u8>, Lock, FileKey) {
    let _ = std::fs::remove_file(path);
    match demo {
        true => drop(KeyStore::create_demo(path, keys()).expect("made")),
        false => drop(filled(path)),
    }
    let bytes = std::fs::read(path).expect("bytes");
    let lock = format::read(&bytes).expect("its form").lock;
    let key = match &lock {
        Lock::Demo => FileKey::demo(),
        Lock::Passphrase { salt, cost, .. } => {
            FileKey::derive(&passphrase("open"), &salt.0, *cost).expect("derived")
        }
    };
    (bytes, lock, key)
}

#[test]
fn every_flipped_bit_and_every_cut_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    for demo in [true, false] {
        let (bytes, _, key) = parts(&place(&folder), demo);
        assert_eq!(opened(&bytes, &key).expect("opened").len(), keys().len());
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut flipped = bytes.clone();
                flipped[at] ^= 1 << bit;
                // The key stays: even who knows it cannot be given another store for this one.
                let error = opened(&flipped, &key).expect_err("changed");
                let expected = match at {
                    0..7 => matches!(error, KeyStoreError::NotAStore),
                    7 => matches!(error, KeyStoreError::Newer),
                    _ => matches!(error, KeyStoreError::Damaged | KeyStoreError::Passphrase),
                };
                assert!(expected, "bit {bit} of byte {at}: {error}");
            }
        }
        for length in 0..bytes.len() {
            assert!(opened(&bytes[..length], &key).is_err(), "{length} bytes");
        }
        for more in [1, 2, 40, 100] {
            let longer = [&bytes[..], &vec![0; more]].concat();
            assert!(opened(&longer, &key).is_err(), "{more} more");
        }
    }
}

#[test]
fn a_flipped_bit_in_the_file_is_told_from_a_wrong_passphrase() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = place(&folder);
    let (bytes, _, _) = parts(&path, false);
    let last = bytes.len() - 60;
    let mut flipped = bytes.clone();
    flipped[last] ^= 1;
    std::fs::write(&path, flipped).expect("written");
    let error = KeyStore::open(&path, Some(&passphrase("open"))).expect_err("changed");
    assert!(matches!(error, KeyStoreError::Damaged));
}

/// Entries as who can write the file but not open it can arrange them.
#[test]
fn entries_that_were_moved_renamed_or_brought_from_elsewhere_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let (bytes, lock, key) = parts(&place(&folder), false);
    let entries = opened(&bytes, &key).expect("opened");
    let names: Vec<StoredName> = entries.keys().cloned().collect();
    let written = |entries: &BTreeMap<StoredName, Entry>| {
        // With the right seal over the whole, so that each entry's own seal is judged.
        let bytes = format::write(&lock, &key, entries, [1; 24]).expect("written");
        opened(&bytes, &key).map(|read| read.len())
    };
    assert_eq!(written(&entries).expect("as it was"), 6);
    let mut swapped = entries.clone();
    swapped.insert(names[0].clone(), entries[&names[1]].clone());
    swapped.insert(names[1].clone(), entries[&names[0]].clone());
    let mut renamed = entries.clone();
    let entry = renamed.remove(&names[0]).expect("there");
    renamed.insert(stored(&name("issuer:aoba", KeyNode::Division, 7)), entry);
    let other = parts(&folder.path().join("other"), false);
    let mut foreign = entries.clone();
    let theirs = opened(&other.0, &other.2).expect("opened");
    foreign.insert(names[0].clone(), theirs[&names[0]].clone());
    for (what, changed) in [
        ("swapped", swapped),
        ("renamed", renamed),
        ("foreign", foreign),
    ] {
        assert!(
            matches!(written(&changed), Err(KeyStoreError::Damaged)),
            "{what}"
        );
    }
    // Left out, moved or doubled in the file itself: the seal over the whole, and the order, tell.
    let inside_end = bytes.len() - 40;
    let mut spans = Vec::new();
    let mut at = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]])) + 16;
    while at < inside_end {
        let length = 2 + usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
        spans.push(at..at + length);
        at += length;
    }
    assert_eq!(spans.len(), 6);
    let (start, end) = (&bytes[..spans[0].start], &bytes[spans[5].end..]);
    for order in [
        &[0, 1, 2, 3, 4][..],
        &[1, 2, 3, 4, 5],
        &[],
        &[1, 0, 2, 3, 4, 5],
        &[0, 0, 1, 2, 3, 4, 5],
        &[0, 1, 2, 3, 4, 5, 5],
    ] {
        let inside: Vec<u8> = order
            .iter()
            .flat_map(|i| bytes[spans[*i].clone()].to_vec())
            .collect();
        let changed = [start, &inside, end].concat();
        assert!(
            matches!(opened(&changed, &key), Err(KeyStoreError::Damaged)),
            "{order:?}"
        );
    }
}

#[test]
fn a_hostile_file_gets_no_memory_and_no_panic() {
    let lock = |memory_kib, passes| Lock::new([1; 16], [2; 24], Cost { memory_kib, passes });
    let key = FileKey::demo();
    for (memory, passes) in [(u32::MAX, 1), (257 * 1024, 1), (8, u32::MAX), (8, 11)] {
        let lock = lock(memory, passes);
        let bytes = format::write(&lock, &key, &BTreeMap::new(), [3; 24]).expect("written");
        assert!(matches!(
            format::read(&bytes).err(),
            Some(KeyStoreError::Damaged)
        ));
    }
    let mut rng = SeededRng(5);
    for round in 0..times(5_000, 200_000) {
        let mut bytes = vec![0; round % 400];
        rng.fill(&mut bytes);
        assert!(format::read(&bytes).is_err());
        let header = b"Demo";
        let begun = [&MAGIC[..], &4u16.to_le_bytes(), header, &bytes].concat();
        assert!(opened(&begun, &key).is_err());
    }
}

#[test]
fn no_key_is_in_the_file_or_in_what_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = place(&folder);
    let mut store = filled(&path);
    let file = std::fs::read(&path).expect("bytes");
    assert!(!file.windows(4).any(|window| window == b"DEMO"));
    let (first, _) = keys().remove(0);
    let errors = [
        store
            .add(first.clone(), &demo_key(b'X'))
            .expect_err("taken"),
        store
            .remove(&stored(&name("x:y", KeyNode::Division, 1)))
            .expect_err("none"),
    ];
    let said = format!(
        "{store:?} {errors:?} {} {:?}",
        errors[0],
        store.get(&stored(&first))
    );
    assert!(
        !said.contains("DEMO") && !said.contains(&hex::plain(b"DEMO")),
        "{said}"
    );
}

#[cfg(unix)]
#[test]
fn only_its_owner_can_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let path = place(&folder);
    filled(&path);
    let file = std::fs::metadata(&path).expect("a file");
    assert_eq!(file.permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_key_comes_into_a_ring_as_what_it_is() {
    let mut ring = KeyRing::default();
    for (name, key) in keys() {
        key.put_into(&mut ring, name);
    }
    let system = SystemCode(0x0003);
    let node = KeyNode::Node(NodeCode(0x1008));
    let des = ring.newest(system, node).expect("a DES key");
    assert_eq!((des.0.version, des.1.expose()), (2, b"DEMOKEYB"));
    let aes = ring.newest_aes(system, node).expect("an AES key");
    assert_eq!(aes.1.expose(), b"DEMOAESKEYOFTEST");
    assert_eq!((ring.iter().count(), ring.iter_aes().count()), (4, 2));
}

/// After its passphrase was changed, a store goes on with the new one.
#[test]
fn what_is_added_after_another_passphrase_is_sealed_with_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = place(&folder);
    let mut store = filled(&path);
    let changed = store.change_passphrase(&passphrase("new"), CHEAP);
    changed.expect("changed");
    let late = name("x:y", KeyNode::Division, 9);
    store.add(late.clone(), &demo_key(b'Z')).expect("added");
    let store = KeyStore::open(&path, Some(&passphrase("new"))).expect("opened");
    assert!(store.get(&stored(&late)).expect("there") == demo_key(b'Z'));
    assert_eq!(store.names().count(), keys().len() + 1);
}

#[test]
fn the_keys_of_an_owner_are_replaced_all_or_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = place(&folder);
    let mut store = filled(&path);
    let bytes = || std::fs::read(&path).expect("bytes");
    let before = bytes();
    store.replace_owner("nobody:here", []).expect("nothing");
    assert!(bytes() == before, "and nothing is written for it");
    // One that is another owner's already, and another there.
    let (taken, _) = keys().pop().expect("a key");
    let refused = store.replace_owner("issuer:aoba", [(taken.clone(), demo_key(b'X'))]);
    assert!(matches!(refused, Err(KeyStoreError::Taken(name)) if name == stored(&taken)));
    assert!(bytes() == before);
    same(&store);
    let new = name("issuer:aoba", KeyNode::Division, 7);
    let replaced = store.replace_owner("issuer:aoba", [(new.clone(), demo_key(b'N'))]);
    replaced.expect("replaced");
    let open = || KeyStore::open(&path, Some(&passphrase("open"))).expect("opened");
    for store in [&store, &open()] {
        let names: Vec<_> = store.names().cloned().collect();
        assert_eq!(names, [stored(&new), stored(&taken)]);
    }
    store.replace_owner("issuer:aoba", []).expect("removed");
    assert_eq!(open().names().count(), 1);
}

/// A store whose folder is gone says so, and goes on as it was.
#[test]
fn what_cannot_be_written_is_not_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let inside = folder.path().join("inside");
    std::fs::create_dir(&inside).expect("made");
    let path = inside.join("keys.store");
    let mut store = filled(&path);
    let whole = std::fs::read(&path).expect("bytes");
    std::fs::remove_dir_all(&inside).expect("removed");
    let lost = |result: Result<(), KeyStoreError>| {
        assert!(matches!(result, Err(KeyStoreError::Io(_))), "{result:?}");
    };
    lost(store.add(name("x:y", KeyNode::Division, 9), &demo_key(b'Z')));
    lost(store.remove(&stored(&keys()[0].0)));
    lost(store.replace_owner("issuer:aoba", []));
    lost(store.change_passphrase(&passphrase("new"), CHEAP));
    lost(KeyStore::create(&path, &passphrase("x"), CHEAP).map(drop));
    lost(KeyStore::create_demo(&path, keys()).map(drop));
    same(&store);
    std::fs::create_dir(&inside).expect("made");
    std::fs::write(&path, whole).expect("put back");
    let late = name("x:y", KeyNode::Division, 9);
    store.add(late.clone(), &demo_key(b'Z')).expect("added");
    let again = KeyStore::open(&path, Some(&passphrase("open"))).expect("the old one");
    assert!(again.get(&stored(&late)).is_ok());
}

#[test]
fn an_empty_store_is_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = place(&folder);
    KeyStore::create(&path, &passphrase("open"), CHEAP).expect("made");
    let empty = KeyStore::open(&path, Some(&passphrase("open"))).expect("opened");
    assert_eq!(empty.names().count(), 0);
    assert!(matches!(
        KeyStore::open(&path, Some(&passphrase("other"))),
        Err(KeyStoreError::Passphrase)
    ));
}

/// The check behind the header is sealed with the nonce that the header names, so that no nonce serves twice.
#[test]
fn the_check_has_the_nonce_of_the_header() {
    let folder = tempfile::tempdir().expect("a folder");
    let (bytes, _, key) = parts(&place(&folder), false);
    let length = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let (head, rest) = bytes.split_at(10 + length);
    let text = std::str::from_utf8(&head[10..]).expect("text");
    let nonce = text.split("check:\"").nth(1).expect("a nonce");
    let nonce = hex::parse(&nonce[..48]).expect("hexadecimal");
    let nonce: [u8; 24] = nonce.try_into().expect("24 bytes");
    assert!(key.open(&nonce, &rest[..16], head).is_ok());
}

#[test]
fn a_file_may_ask_for_no_more_than_the_most() {
    let (memory_kib, passes) = (Cost::MOST.memory_kib, Cost::MOST.passes);
    assert!(Cost::MOST.is_bearable() && Cost::STANDARD.is_bearable());
    for cost in [
        Cost {
            memory_kib: memory_kib + 1,
            passes,
        },
        Cost {
            memory_kib,
            passes: passes + 1,
        },
    ] {
        assert!(!cost.is_bearable());
        assert!(FileKey::derive(&passphrase("x"), &[0; 16], cost).is_err());
    }
}
