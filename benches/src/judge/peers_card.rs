//! Our reader on the crate's emulated card. That card has DES alone and takes no issuance command.

use super::issued::{
    AREA, AREA_END, AREA_KEY, FREE, IDI, IDM, KEYED, KEYED_RING, PMI, PURSE, PURSE_CASHBACK,
    PURSE_DECREMENT, PURSE_READ, RING, ROOT_KEY, SERVICE_KEY, SERVICES, SYSTEM, SYSTEM_KEY,
};
use super::link::PeersCard;
use super::{Check, said, same};
use cardwright::device::system::SystemRng;
use cardwright::model::card::{Block, Idi, Idm, NodeCode, Pmi, ServiceCode, SystemCode};
use cardwright::model::cipher::DesKey;
use cardwright::model::command::{BlockElement, SearchResult, SecureRequest, SecureResponse};
use cardwright::model::party::{KeyName, KeyNode, KeyRing, KeySam, Policy};
use cardwright::model::port::{AuthTarget, CardLink};
use cardwright::model::reader::{BlockAccess, CardError, Change, Outcome, Reader, observe};
use felica::felica_standard::{
    EmulatedArea, EmulatedService, EmulatedSystem, EmulatorConfigError, FelicaStandardEmulator,
};

pub const CHECKS: &[(&str, Check)] = &[
    ("our reader polls and enumerates", enumerate),
    ("our reader observes", observed),
    ("our reader opens a session, reads and writes", read_write),
    (
        "our reader plans writes to rings and purses and reads them back",
        planned,
    ),
    ("our reader is refused, and its session goes on", refusals),
    ("our reader knows a card that is not genuine", not_genuine),
];

/// The node versions of the crate's card.
const VERSION: u16 = 7;
const PMM: [u8; 8] = [0x01, 0x20, 0x22, 0x04, 0x27, 0x67, 0x4E, 0xFF];

/// The crate's card with the nodes and keys of the issued card, and zeros in every block but the purse's.
pub fn card_with(purse: [[u8; 16]; 2]) -> Result<PeersCard, String> {
    let wrong = said::<EmulatorConfigError>("the crate's card");
    let mut area = EmulatedArea::with_key_version(AREA, AREA_END, VERSION).map_err(&wrong)?;
    area.set_key(AREA_KEY);
    let mut sorted = SERVICES;
    sorted.sort();
    for (code, blocks) in sorted {
        let code = felica::ServiceCode::new(code);
        let mut data = vec![[0; 16]; blocks.into()];
        if code.raw() == PURSE {
            data.copy_from_slice(&purse);
        }
        let mut service = EmulatedService::with_blocks(code, VERSION, data);
        service.set_key(SERVICE_KEY);
        area.add_service(service).map_err(&wrong)?;
    }
    let mut system = EmulatedSystem::new(SYSTEM, IDM, PMM).map_err(&wrong)?;
    system
        .set_system_key(SYSTEM_KEY)
        .set_system_key_version(VERSION);
    system.set_idi_pmi(IDI, PMI);
    system.root_area_mut().set_key(ROOT_KEY);
    system.add_area(area).map_err(&wrong)?;
    let mut card = FelicaStandardEmulator::new();
    card.add_system(system);
    Ok(PeersCard(card))
}

fn card() -> Result<PeersCard, String> {
    card_with([[0; 16]; 2])
}

/// A key holder of all keys of that card, the area's as given.
fn sam(area_key: [u8; 8]) -> KeySam {
    let key = |(node, bytes): (u16, [u8; 8])| {
        let name = KeyName {
            owner: "issuer:judge".into(),
            system: SystemCode(SYSTEM),
            node: KeyNode::Node(NodeCode(node)),
            version: VERSION,
        };
        (name, DesKey::new(bytes))
    };
    let keys = [
        (0xFFFF, SYSTEM_KEY),
        (0, ROOT_KEY),
        (AREA, area_key),
        (KEYED, SERVICE_KEY),
        (KEYED_RING, SERVICE_KEY),
    ];
    KeySam::new(KeyRing::new(keys.map(key)), Policy::Owner)
}

fn target() -> AuthTarget {
    AuthTarget {
        idm: Idm(IDM),
        system: SystemCode(SYSTEM),
        areas: vec![NodeCode(0), NodeCode(AREA)],
        services: [KEYED, KEYED_RING, FREE].map(NodeCode).to_vec(),
    }
}

fn enumerate() -> Result<(), String> {
    let mut card = card()?;
    let mut reader = Reader::new(&mut card);
    let polled = reader.poll(SystemCode::ANY).map_err(said("polling"))?;
    same("identity", (polled.idm.0, polled.pmm.0), (IDM, PMM))?;
    let codes = reader.system_codes(polled.idm).map_err(said("systems"))?;
    same("systems", codes, vec![SystemCode(SYSTEM)])?;
    let nodes = [0xFFFF, 0, AREA, FREE, 0x1FC9].map(NodeCode);
    let versions = reader.key_versions(polled.idm, &nodes);
    // Area 0 of the crate's card has no version of its own.
    let expected = vec![VERSION, 0, VERSION, VERSION, 0xFFFF];
    same("versions", versions.map_err(said("versions"))?, expected)?;
    let found = reader.nodes(polled.idm).map_err(said("nodes"))?;
    let mut codes = SERVICES.map(|(code, _)| code);
    codes.sort();
    let area = |code, end| SearchResult::Area {
        code: NodeCode(code),
        end: NodeCode(end),
    };
    let mut expected = vec![area(0, 0xFFFE), area(AREA, AREA_END)];
    expected.extend(
        codes
            .iter()
            .filter_map(|code| ServiceCode::new(*code))
            .map(SearchResult::Service),
    );
    same("nodes", found, expected)
}

fn observed() -> Result<(), String> {
    let mut card = card()?;
    let seen = observe(&mut Reader::new(&mut card)).map_err(said("observing"))?;
    let [system] = seen.systems.as_slice() else {
        return Err(format!("{} systems", seen.systems.len()));
    };
    same("IDm", system.idm, Some(Idm(IDM)))?;
    same("nodes", system.nodes().count(), SERVICES.len() + 2)?;
    for (code, blocks) in SERVICES.into_iter().filter(|(code, _)| code % 2 == 1) {
        let service = ServiceCode::new(code).ok_or("no service's code")?;
        let read = system.data.get(&service).map(|data| data.len());
        same("blocks read", read, Some(blocks.into()))?;
        same(
            "blocks",
            system.block_counts.get(&NodeCode(code)),
            Some(&blocks),
        )?;
    }
    Ok(())
}

fn read_write() -> Result<(), String> {
    let mut card = card()?;
    let mut sam = sam(AREA_KEY);
    let mut reader = Reader::new(&mut card);
    let ids = reader.authenticate(&mut sam, &target(), &mut SystemRng);
    same(
        "IDs",
        ids.map_err(said("authentication"))?,
        (Idi(IDI), Pmi(PMI)),
    )?;
    let blocks = [(0, 3), (0, 0), (2, 1), (1, 0)]
        .map(|(service, number)| BlockElement::normal(service, number));
    let data: Vec<Block> = (1..=4).map(|n| Block([n; 16])).collect();
    let write = SecureRequest::Write {
        blocks: blocks.to_vec(),
        data: data.clone(),
    };
    reader.secure(&mut sam, &write).map_err(said("writing"))?;
    let read = SecureRequest::Read {
        blocks: blocks.to_vec(),
    };
    match reader.secure(&mut sam, &read).map_err(said("reading"))? {
        SecureResponse::Read { data: read, .. } => same("read back", read, data),
        SecureResponse::Status { .. } => Err("a read was answered like a write".into()),
    }?;
    let fourteen: Vec<_> = (0..14).map(|n| BlockElement::normal(0, n % 8)).collect();
    let read = SecureRequest::Read { blocks: fourteen };
    reader
        .secure(&mut sam, &read)
        .map_err(said("reading fourteen"))?;
    drop(reader);
    card.field_off();
    let mut reader = Reader::new(&mut card);
    let free = ServiceCode::new(FREE).ok_or("no service's code")?;
    let read = reader
        .read_plain(Idm(IDM), free, &[1])
        .map_err(said("reading plain"))?;
    same("plain", read, vec![Block([3; 16])])
}

/// What the reader's side works out before it writes is what the crate's card then holds: else it would not be done.
fn planned() -> Result<(), String> {
    let mut held = [[0; 16]; 2];
    held[0][0] = 200;
    let mut card = card_with(held)?;
    let mut reader = Reader::new(&mut card);
    let service = |code| ServiceCode::new(code).ok_or("no service's code");
    let push = |n| {
        Ok::<_, &str>(Change::Push {
            service: service(RING)?,
            block: Block([n; 16]),
        })
    };
    let take = Change::Take {
        service: service(PURSE_DECREMENT)?,
        number: 0,
        amount: 50,
        execution_id: 0x0102_0304,
    };
    let give_back = Change::GiveBack {
        service: service(PURSE_CASHBACK)?,
        number: 0,
        amount: 20,
        execution_id: 0x0102_0305,
    };
    let set = Change::Set {
        service: service(FREE)?,
        number: 7,
        block: Block([9; 16]),
    };
    for changes in [
        vec![take, push(1)?],
        vec![give_back, set],
        vec![push(3)?, push(2)?],
    ] {
        let mut plain = reader.plain(Idm(IDM));
        let plan = plain.plan(&changes).map_err(said("planning"))?;
        same("outcome", plain.write(&plan), Outcome::Done)?;
    }
    let mut block = [0; 16];
    block[0] = 170;
    block[12..].copy_from_slice(&0x0102_0305_u32.to_le_bytes());
    let read = reader.read_plain(Idm(IDM), service(PURSE_READ)?, &[0]);
    same("purse", read.map_err(said("purse"))?, vec![Block(block)])
}

fn refusals() -> Result<(), String> {
    let mut card = card()?;
    let mut sam = sam(AREA_KEY);
    let mut reader = Reader::new(&mut card);
    reader
        .authenticate(&mut sam, &target(), &mut SystemRng)
        .map_err(said("authentication"))?;
    let past = SecureRequest::Read {
        blocks: vec![BlockElement::normal(0, 8)],
    };
    match reader.secure(&mut sam, &past) {
        Err(CardError::Status { status, .. }) => {
            same("status", (status.sf1, status.sf2), (1, 0xA8))
        }
        other => Err(format!("a block past the end: {other:?}")),
    }?;
    let read = SecureRequest::Read {
        blocks: vec![BlockElement::normal(0, 0)],
    };
    reader
        .secure(&mut sam, &read)
        .map(|_| ())
        .map_err(said("reading on"))
}

fn not_genuine() -> Result<(), String> {
    let mut card = card()?;
    let mut sam = sam(*b"DEMOELSE");
    let opened = Reader::new(&mut card).authenticate(&mut sam, &target(), &mut SystemRng);
    match opened {
        Err(CardError::Sam(_)) => Ok(()),
        other => Err(format!("{other:?}")),
    }
}
