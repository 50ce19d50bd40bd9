//! What each form loses: what is read back from a file is the card, less what is listed as lost.

use crate::dump::{KEYS, PM3, V2, V4, read};
use crate::key_search::search::Search;
use crate::support::{divided_data, times};
use cardwright::device::files::convert;
use cardwright::model::card::image::CardImage;
use cardwright::model::card::observation::{FoundNode, Observation, ObservedSystem};
use cardwright::model::card::projection::Projection;
use cardwright::model::card::tree::Tree;
use cardwright::model::card::{Block, Idm, NodeCode, Pmm, ServiceCode, SystemCode};
use cardwright::model::dump::export::{Format, Loss, Lost, carried};
use cardwright::model::dump::keys::KeyList;
use cardwright::model::dump::{self, Opened, flipper, proxmark3};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn loss(losses: &[Loss], what: Lost) -> usize {
    let found = losses.iter().find(|loss| loss.what == what);
    found.map_or(0, |loss| loss.count)
}

/// Writes a tree in a form and reads it again as whatever it is; `None` where the form cannot be written.
fn through(tree: &Tree, format: Format) -> Option<Tree> {
    let text = match format {
        Format::Proxmark3 => proxmark3::write(tree).to_string(),
        Format::Flipper => flipper::write(tree).ok()?,
        Format::Card | Format::Text | Format::Tree => panic!("not read as a dump"),
    };
    let Opened::Observation(seen) = dump::open(text.as_bytes()).expect("what was written");
    Some(seen.tree())
}

/// The demo card after its division, whole.
fn whole() -> Tree {
    let memory = divided_data();
    let image = CardImage::decode(&memory).expect("a card");
    let projection = Projection {
        written: &image,
        prepared: &image,
        memory: &memory,
        pending: &BTreeSet::new(),
    };
    projection.tree()
}

#[test]
fn a_whole_card_comes_back_less_what_is_listed() {
    for format in [Format::Proxmark3, Format::Flipper] {
        let (kept, losses) = carried(whole(), format);
        assert_eq!(through(&kept, format).as_ref(), Some(&kept), "{format:?}");
        // Writing more than the form holds changes nothing: what it cannot carry does not get in.
        assert_eq!(
            through(&whole(), format).as_ref(),
            Some(&kept),
            "{format:?}"
        );
        assert_eq!(loss(&losses, Lost::DivisionKeys), 1);
        assert_eq!(loss(&losses, Lost::IssuanceIds), 2);
        assert_eq!(
            (loss(&losses, Lost::Places), loss(&losses, Lost::Sizes)),
            (2, 2)
        );
        assert_eq!(loss(&losses, Lost::BlockCounts), 15);
        assert_eq!(loss(&losses, Lost::Allotments), 5);
        assert!(loss(&losses, Lost::Keys) >= 2 + 5);
        let flipper = format == Format::Flipper;
        assert_eq!(loss(&losses, Lost::EndCodes), if flipper { 5 } else { 0 });
        assert_eq!(
            loss(&losses, Lost::KeyVersions),
            if flipper { 2 + 5 + 15 } else { 0 }
        );
        assert_eq!(loss(&losses, Lost::FurtherIds), if flipper { 2 } else { 0 });
        assert_eq!(loss(&losses, Lost::PrivateBlocks) > 0, flipper);
        assert_eq!(loss(&losses, Lost::Blocks), 0);
    }
    let (kept, losses) = carried(whole(), Format::Card);
    assert!(losses.is_empty() && kept == whole());
    let (kept, losses) = carried(whole(), Format::Text);
    assert!(loss(&losses, Lost::Blocks) > 0 && loss(&losses, Lost::Keys) > 0);
    assert!(kept.systems.iter().all(|system| system.blocks.is_some()));
}

#[test]
fn a_dump_in_its_own_form_loses_nothing() {
    let (kept, losses) = carried(read(V2).tree(), Format::Flipper);
    assert!(losses.is_empty(), "{losses:?}");
    assert_eq!(through(&kept, Format::Flipper), Some(read(V2).tree()));
    let pm3 = proxmark3::parse(PM3.as_bytes()).expect("a dump").tree();
    let (kept, losses) = carried(pm3.clone(), Format::Proxmark3);
    assert!(losses.is_empty(), "{losses:?}");
    assert_eq!(through(&kept, Format::Proxmark3), Some(pm3));
    let (_, losses) = carried(read(V4).tree(), Format::Flipper);
    let lost: Vec<_> = losses.iter().map(|loss| (loss.what, loss.count)).collect();
    assert_eq!(
        lost,
        [
            (Lost::KeyVersions, 1 + 4 + 8 + 2),
            (Lost::EndCodes, 5 + 1),
            // 1000, 1400, 3001 and 1808.
            (Lost::Nesting, 4)
        ]
    );
}

/// The lines that a Flipper reads, one for one; the comments and the words beside an attribute are its own.
#[test]
fn a_flipper_dump_has_the_lines_of_a_flippers() {
    let said = |text: &str| -> Vec<String> {
        let lines = text.lines().map(str::trim_end);
        // The drawn tree is decoration.
        let lines =
            lines.filter(|line| !line.is_empty() && !line.starts_with(['#', '|', '+', '-']));
        lines.map(str::to_string).collect()
    };
    let ours = said(&flipper::write(&read(V2).tree()).expect("an identity"));
    for (ours, theirs) in ours.iter().zip(said(V2)) {
        assert_eq!(*ours, theirs);
    }
    assert_eq!(ours.len(), said(V2).len());
}

#[test]
fn a_flipper_dump_needs_an_identity() {
    let mut tree = read(V2).tree();
    tree.systems[0].pmm = None;
    assert_eq!(flipper::write(&tree), Err(flipper::NoIdentity));
    assert_eq!(flipper::write(&Tree::default()), Err(flipper::NoIdentity));
}

/// Whether a text holds a key.
pub fn holds(text: &str, key: &[u8; 8]) -> bool {
    let search = Search::new([("key", &key[..])]);
    !search.find(text.as_bytes()).is_empty()
}

/// Every key of the list of [`KEYS`].
pub fn listed_keys() -> Vec<[u8; 8]> {
    let keys = KEYS
        .lines()
        .filter_map(|line| line.split("\"key\":\"").nth(1)?.split('"').next());
    keys.map(|key| {
        let bytes = cardwright::model::hex::parse(key).expect("digits");
        bytes[..8].try_into().expect("a key")
    })
    .collect()
}

#[test]
fn no_export_holds_a_key() {
    let seen = proxmark3::parse(PM3.as_bytes()).expect("a dump");
    let list = KeyList::parse(KEYS.as_bytes()).expect("a list");
    let (card, _) = convert(&seen, Some(&list), None).expect("a card");
    let tree = cardwright::device::files::card_tree(&card);
    let keys = listed_keys();
    assert!(
        keys.len() == 14 && holds(KEYS, &keys[3]),
        "the search finds them"
    );
    assert!(
        holds("x 43:41 52:44 41:52 31:4A", &keys[3])
            && holds("[67, 65, 82, 68, 65, 82, 49, 75]", &keys[3])
    );
    let planted = card
        .memory()
        .data()
        .iter()
        .filter(|block| keys.iter().any(|key| block.0[8..] == key[..]));
    assert!(planted.count() >= 5, "they are on the card");
    let text = format!("{:?}", (&tree, carried(tree.clone(), Format::Text)));
    let texts = [
        proxmark3::write(&tree).to_string(),
        flipper::write(&tree).expect("an identity"),
        text,
        format!("{list:?} {seen:?}"),
    ];
    for text in texts {
        assert!(keys.iter().all(|key| !holds(&text, key)), "{text}");
    }
}

/// Any system that can be seen: nodes anywhere, facts told or not.
fn any_system() -> impl Strategy<Value = ObservedSystem> {
    let node = (
        any::<u16>(),
        any::<bool>(),
        any::<Option<u16>>(),
        0_usize..5,
        0_u8..4,
    );
    let nodes = prop::collection::vec(node, 0..24);
    let ids = (
        any::<Option<[u8; 8]>>(),
        any::<Option<[u8; 8]>>(),
        any::<Option<u16>>(),
    );
    (nodes, ids, any::<bool>(), any::<bool>()).prop_map(
        |(mut nodes, (idm, pmm, version), sorted, ends)| {
            let mut system = ObservedSystem::new(SystemCode(0x9001));
            (system.idm, system.pmm) = (idm.map(Idm), pmm.map(Pmm));
            let version = version.filter(|version| *version != 0xFFFF);
            system
                .key_versions
                .extend(version.map(|version| (NodeCode::SYSTEM, version)));
            if sorted {
                nodes.sort();
            }
            let root = FoundNode::Area {
                code: NodeCode::AREA_0,
                end: ends.then_some(NodeCode::AREA_0_END),
            };
            let _ = system.found_at(0, root);
            for (code, is_area, fact, depth, blocks) in nodes {
                let code = code & 0x1FFF;
                let area = FoundNode::Area {
                    code: NodeCode(code & !0x3E),
                    end: (ends || fact.is_some()).then_some(NodeCode(code | 0xFF)),
                };
                let service = ServiceCode::new((code & !0x3F) | (0x08 + code % 0x10));
                let node = service
                    .filter(|_| !is_area)
                    .map_or(area, FoundNode::Service);
                let placed = if sorted && ends {
                    system.found(node)
                } else {
                    system.found_at(depth, node)
                };
                if placed.is_err() {
                    continue;
                }
                system.key_versions.extend(
                    fact.filter(|v| *v != 0xFFFF)
                        .map(|version| (node.code(), version)),
                );
                system
                    .block_counts
                    .extend(fact.map(|blocks| (node.code(), blocks)));
                if let FoundNode::Service(service) = node {
                    for number in 0..blocks {
                        let data = system.data.entry(service).or_default();
                        data.insert(u16::from(number) * 100, Block([number; 16]));
                    }
                }
            }
            system
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(times(128, 4096) as u32))]
    #[test]
    fn any_tree_comes_back_less_what_is_listed(systems in prop::collection::vec(any_system(), 1..4)) {
        let tree = Observation { systems }.tree();
        for format in [Format::Proxmark3, Format::Flipper] {
            let (kept, losses) = carried(tree.clone(), format);
            prop_assert_eq!(losses.is_empty(), kept == tree);
            let first = &tree.systems[0];
            match through(&tree, format) {
                Some(again) => prop_assert_eq!(again, kept),
                None => prop_assert!(format == Format::Flipper && (first.idm.is_none() || first.pmm.is_none())),
            }
        }
    }
}
