//! Key lists: any text. What is read is looked up for a card, and shows no key.
#![no_main]

use cardwright::device::emulated::EmulatedCard;
use cardwright::device::files::card_tree;
use cardwright::model::card::profile::Profile;
use cardwright::model::card::tree::Tree;
use cardwright::model::dump::keys::KeyList;
use cardwright_fuzz::card;
use libfuzzer_sys::fuzz_target;
use std::sync::OnceLock;

fn tree() -> &'static Tree {
    static TREE: OnceLock<Tree> = OnceLock::new();
    TREE.get_or_init(|| {
        let profile = Profile::named("small-1k").expect("built in");
        let memory = card(&profile);
        card_tree(&EmulatedCard::new(profile, memory).expect("a card"))
    })
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(list) = KeyList::parse(bytes) else {
        return;
    };
    assert!(!list.is_empty());
    let _ = list.for_card(tree());
});
