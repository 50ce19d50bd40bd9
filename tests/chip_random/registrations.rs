//! Random sequences of registrations and divisions: no block is lost, none has two uses.

use crate::sound::is_sound;
use crate::support::{SeededRng, ring_of};
use cardwright::device::emulated::EmulatedCard;
use cardwright::device::memory::Memory;
use cardwright::model::card::profile::Profile;
use cardwright::model::card::{Block, Idi, NodeCode, Pmi, ServiceCode, SystemCode, definition};
use cardwright::model::cipher::{
    AreaPackage, DesKey, Inf1, Pf, Pj, ServicePackage, issuer_package_key,
};
use cardwright::model::command::{SecureRequest, SeparatePhase, Sf2, Status, code};
use cardwright::model::demo::Demo;
use cardwright::model::party::{KeySam, Policy};
use cardwright::model::port::{AuthTarget, CardLink, Nvm, NvmAddress};
use cardwright::model::reader::{CardError, Reader};
use proptest::prelude::*;

const SYSTEM: SystemCode = SystemCode(0x0003);

/// One thing that is done to a card.
#[derive(Clone, Debug)]
enum Op {
    Area {
        code: u16,
        length: u16,
        blocks: u16,
        commit: bool,
    },
    Service {
        code: u16,
        blocks: u16,
        commit: bool,
    },
    Divide {
        blocks: u16,
    },
}

fn op() -> impl Strategy<Value = Op> {
    let attribute = prop_oneof![Just(0x00_u16), Just(0x01)];
    let area = (
        0_u16..16,
        attribute,
        0_u16..3,
        0_u16..40,
        prop::bool::weighted(0.8),
    )
        .prop_map(|(number, attribute, length, blocks, commit)| Op::Area {
            code: number << 10 | attribute,
            length: (length + 1) << 9,
            blocks,
            commit,
        });
    let service = (
        0_u16..256,
        0x08_u16..0x18,
        0_u16..24,
        prop::bool::weighted(0.8),
    )
        .prop_map(|(number, attribute, blocks, commit)| Op::Service {
            code: number << 6 | attribute,
            blocks,
            commit,
        });
    let divide = (0_u16..60).prop_map(|blocks| Op::Divide { blocks });
    prop_oneof![2 => area, 5 => service, 1 => divide]
}

const SYSTEM_KEY: DesKeyBytes = *b"DEMOSYSA";
const NODE_KEY: DesKeyBytes = *b"DEMONODE";
const K_D: DesKeyBytes = *b"DEMODIVI";
const SYSTEM_KEY_F: DesKeyBytes = *b"DEMOSYSF";
const ROOT_KEY_F: DesKeyBytes = *b"DEMOLENT";
type DesKeyBytes = [u8; 8];

fn des(bytes: DesKeyBytes) -> DesKey {
    DesKey::new(bytes)
}

/// An issued card of 128 blocks without a service, all of whose nodes have one key.
fn small_card() -> EmulatedCard {
    let profile = Profile {
        blocks: 128,
        ..Profile::demo()
    };
    let idm = Demo::new().idm;
    let mut data = vec![Block::ERASED; 128];
    data[127] = definition::manufacture(idm, profile.pmm);
    data[126] = definition::issuance(Idi([1; 8]), Pmi([2; 8]));
    data[125] = definition::system(SYSTEM, 1, &des(SYSTEM_KEY), 128);
    data[124] = definition::division_key(1, &des(K_D));
    data[123] = definition::area(
        NodeCode::AREA_0,
        NodeCode::AREA_0_END,
        123,
        1,
        &des(NODE_KEY),
    );
    EmulatedCard::new(profile.clone(), Memory::new(data, &profile)).expect("a card")
}

fn session(card: &mut EmulatedCard, areas: &[NodeCode]) -> KeySam {
    let mut keys = vec![(SYSTEM.0, 0xFFFF, des(SYSTEM_KEY))];
    keys.extend(areas.iter().map(|area| (SYSTEM.0, area.0, des(NODE_KEY))));
    let mut sam = KeySam::new(ring_of(&keys), Policy::Owner);
    let target = AuthTarget {
        idm: Demo::new().idm,
        system: SYSTEM,
        areas: areas.to_vec(),
        services: areas.to_vec(),
    };
    card.field_off();
    Reader::new(card)
        .authenticate(&mut sam, &target, &mut SeededRng(1))
        .expect("genuine");
    sam
}

fn parent_of(card: &EmulatedCard, code: NodeCode) -> NodeCode {
    let image = card.image().expect("a card");
    image.systems[0]
        .area_of(code)
        .map_or(NodeCode::AREA_0, |area| area.code)
}

fn register(
    card: &mut EmulatedCard,
    code: NodeCode,
    request: SecureRequest,
    commit: bool,
) -> Result<(), CardError> {
    let parent = parent_of(card, code);
    let areas = if parent == NodeCode::AREA_0 {
        vec![parent]
    } else {
        vec![NodeCode::AREA_0, parent]
    };
    let mut sam = session(card, &areas);
    let mut reader = Reader::new(card);
    reader.secure(&mut sam, &request)?;
    if commit {
        reader.secure(&mut sam, &SecureRequest::ChangeSystemBlock)?;
    }
    card.field_off();
    Ok(())
}

fn divide(card: &mut EmulatedCard, number: u8, blocks_lent: u16) -> Result<(), CardError> {
    let idm = Demo::new().idm;
    let system = SystemCode(0xFE00 | u16::from(number));
    let pf = Pf {
        system_code: system,
        system_key_version: 1,
        system_key: des(SYSTEM_KEY_F),
        root_key_version: 1,
        root_key: des(ROOT_KEY_F),
    };
    let pf = pf.seal(&des(K_D));
    let pj = Pj { blocks_lent, pf }.seal(&issuer_package_key(&des(SYSTEM_KEY), &des(NODE_KEY)));
    let inf_1 = Inf1 {
        system_code: system,
        root_key: des(ROOT_KEY_F),
    }
    .seal();
    card.field_off();
    let mut reader = Reader::new(card);
    reader.separate_system(idm, pj, inf_1)?;
    let keys = [
        (system.0, 0xFFFF, des(SYSTEM_KEY_F)),
        (system.0, 0x0000, des(ROOT_KEY_F)),
    ];
    let mut sam = KeySam::new(ring_of(&keys), Policy::Owner);
    let target = AuthTarget {
        idm: idm.of_system(number),
        system,
        areas: vec![NodeCode::AREA_0],
        services: vec![NodeCode::AREA_0],
    };
    reader.authenticate(&mut sam, &target, &mut SeededRng(1))?;
    for phase in [
        SeparatePhase::Carve,
        SeparatePhase::SetTopAreaKey,
        SeparatePhase::OpenInf1,
    ] {
        reader.secure(&mut sam, &SecureRequest::SeparateSystem(phase))?;
    }
    reader.secure(&mut sam, &SecureRequest::ChangeSystemBlock)?;
    card.field_off();
    Ok(())
}

fn apply(card: &mut EmulatedCard, op: &Op) -> Result<(), CardError> {
    match op {
        Op::Area {
            code,
            length,
            blocks,
            commit,
        } => {
            let package = AreaPackage {
                code: NodeCode(*code),
                end: NodeCode(code.saturating_add(*length)),
                blocks: *blocks,
                key_version: 1,
                key: des(NODE_KEY),
            };
            let request = SecureRequest::RegisterArea {
                code: package.code,
                package: package.seal(&des(NODE_KEY)),
            };
            register(card, package.code, request, *commit)
        }
        Op::Service {
            code,
            blocks,
            commit,
        } => {
            let package = ServicePackage {
                code: ServiceCode::new(*code).expect("a service's attribute"),
                blocks: *blocks,
                key_version: 1,
                key: des(NODE_KEY),
            };
            let request = SecureRequest::RegisterService {
                code: NodeCode(*code),
                package: package.seal(&des(NODE_KEY)),
            };
            register(card, NodeCode(*code), request, *commit)
        }
        Op::Divide { blocks } => {
            let number = card.image().expect("a card").systems.len() as u8;
            divide(card, number, *blocks)
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_of_registrations_keeps_the_blocks_apart(ops in prop::collection::vec(op(), 1..40)) {
        let mut card = small_card();
        // What every user block was last filled with, by service number.
        let mut written: Vec<(u32, Block)> = Vec::new();
        let mut fill = 0_u8;
        for op in &ops {
            let before = card.image().expect("a card");
            let data = card.memory().clone();
            let done = apply(&mut card, op);
            let committed = !matches!(op, Op::Area { commit: false, .. } | Op::Service { commit: false, .. });
            let image = card.image().expect("the memory stays a card's");
            is_sound(&image, 128);
            if done.is_err() || !committed {
                prop_assert!(*card.memory() == data, "a refusal changes nothing");
                continue;
            }
            prop_assert!(image != before);
            // Nothing that was there has moved, but for the allotment of area 0 in a division.
            for (was, is) in before.systems.iter().zip(&image.systems) {
                prop_assert!(was.services.iter().all(|service| is.services.contains(service)));
            }
            for (at, block) in &written {
                prop_assert!(card.memory().read_block(NvmAddress::Data(*at)) == *block, "block {at} kept");
            }
            // Fill the new service's blocks, as its owner would.
            if let Op::Service { code, .. } = op {
                let system = &image.systems[0];
                let service = system.service(ServiceCode::new(*code).expect("a service")).expect("registered");
                let run = system.user_run(service);
                fill = fill.wrapping_add(1);
                let mut data = card.memory().data().to_vec();
                for at in run.first..run.end() {
                    let block = Block([fill; 16]);
                    data[at as usize] = block;
                    written.retain(|(other, _)| *other != at);
                    written.push((at, block));
                }
                let profile = card.profile().clone();
                card = EmulatedCard::new(profile.clone(), Memory::new(data, &profile)).expect("still a card");
                prop_assert!(card.image().expect("a card") == image);
            }
        }
    }
}

/// A log of 64 blocks makes 56 writes one; a random service may be longer.
#[test]
fn a_ring_that_the_log_cannot_push_is_not_registered() {
    let mut card = small_card();
    let op = |code, blocks| Op::Service {
        code,
        blocks,
        commit: true,
    };
    let refused = CardError::Status {
        command: code::REGISTER_SERVICE,
        status: Status::whole(Sf2::IssuanceParameter),
    };
    assert_eq!(apply(&mut card, &op(0x100C, 57)), Err(refused));
    assert_eq!(apply(&mut card, &op(0x1008, 57)), Ok(()));
    assert_eq!(apply(&mut card, &op(0x104C, 56)), Ok(()));
}

/// The strategy does reach full cards and divided ones.
#[test]
fn a_small_card_fills_up() {
    let mut card = small_card();
    apply(&mut card, &Op::Divide { blocks: 40 }).expect("divided");
    let mut refused = 0;
    for number in 0..64 {
        let op = Op::Service {
            code: number << 6 | 0x08,
            blocks: 5,
            commit: true,
        };
        refused += usize::from(apply(&mut card, &op).is_err());
        is_sound(&card.image().expect("a card"), 128);
    }
    let system = &card.image().expect("a card").systems[0];
    assert!(
        system.services.len() >= 11 && refused > 0,
        "{} services",
        system.services.len()
    );
}
