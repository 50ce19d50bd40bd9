//! The crate's client on our card of the AES generation. Its emulated card has no AES, so there is no way back.

use super::link::OurCard;
use super::{Check, refused, said, same};
use cardwright::device::emulated::EmulatedCard;
use cardwright::device::memory::Memory;
use cardwright::device::system::{SystemClock, SystemRng};
use cardwright::model::card::profile::Profile;
use cardwright::model::card::{NodeCode, SystemCode};
use cardwright::model::chip::{factory_image, put_transport_aes_key};
use cardwright::model::demo::Demo;
use cardwright::model::flow::Stage;
use cardwright::model::flow::issue::{self, IssuingDesk};
use cardwright::model::flow::log::{MemoryLog, Recording};
use cardwright::model::party::KeyNode;
use felica::felica_standard::{RequestServiceV2KeyVersion, generate_group_key_v2_aes128};
use felica::{BlockListElement, FelicaStandard, ServiceCode};

pub const CHECKS: &[(&str, Check)] = &[
    ("request service v2 of a card with AES keys", versions),
    ("AES authentication, and what it refuses", authentication),
    ("AES read and write", read_write),
    ("AES read of fourteen blocks", long_read),
];

const SYSTEM: u16 = 0x0003;
/// What the demo's small card has: an area, a pass of two blocks with and without a key, a ring of three.
const AREA: u16 = 0x1000;
const PASS: u16 = 0x1008;
const PASS_FREE: u16 = 0x100B;
const LOG: u16 = 0x108C;
const NODES: [u16; 4] = [AREA, PASS, LOG, PASS_FREE];

fn demo() -> Demo {
    Demo::small(SystemCode(SYSTEM), None)
}

/// The demo's small card with DES and AES keys, issued by us: how AES keys come onto a card is not public.
fn card() -> Result<OurCard, String> {
    let (demo, profile) = (demo(), Profile::named("aes-4k").ok_or("no profile aes-4k")?);
    let mut blank = factory_image(&profile, demo.idm, &demo.division_key, &demo.transport_key);
    put_transport_aes_key(&mut blank, &demo.aes_transport_key);
    let memory = Memory::new(blank, &profile);
    let mut card = EmulatedCard::new(profile, memory).map_err(said("power"))?;
    let table = issue::table();
    let (mut recording, mut log) = (Recording::default(), MemoryLog::default());
    let mut clock = SystemClock;
    let mut stage = Stage::new(&table, &mut recording, &mut log, &mut clock, usize::MAX);
    let mut desk = IssuingDesk::new(demo.issuer.ring.clone(), demo.plan.clone(), demo.idm);
    let mut cast = issue::Cast {
        desk: &mut desk,
        card: &mut card,
        rng: &mut SystemRng,
    };
    issue::issue(&mut stage, &mut cast).map_err(|halt| format!("issuing: {halt:?}"))?;
    Ok(OurCard(card))
}

fn key(node: u16) -> Result<[u8; 16], String> {
    let demo = demo();
    let node = KeyNode::Node(NodeCode(node));
    let found = demo.issuer.ring.newest_aes(SystemCode(SYSTEM), node);
    Ok(*found.ok_or("the demo lacks an AES key")?.1.expose())
}

/// A session for these nodes; the last one of [`NODES`] has no part in the key.
fn open<'a>(card: &'a mut OurCard, nodes: &[u16]) -> Result<FelicaStandard<'a, OurCard>, String> {
    let keyed = nodes.iter().filter(|node| **node != PASS_FREE);
    let keys = keyed
        .map(|node| key(*node))
        .collect::<Result<Vec<_>, _>>()?;
    let group = generate_group_key_v2_aes128(&keys);
    let mut client = card.client(SYSTEM)?;
    let ids = client.mutual_authentication_v2(0, nodes, &group, &[0; 16]);
    let ids = ids.map_err(said("authentication"))?;
    let plan = demo().plan;
    same(
        "IDs",
        (ids.issue_id, ids.issue_parameter),
        (plan.idi.0, plan.pmi.0),
    )?;
    Ok(client)
}

fn versions() -> Result<(), String> {
    let mut card = card()?;
    let mut client = card.client(SYSTEM)?;
    let nodes = [AREA, PASS, 0x1FC8].map(ServiceCode::new);
    let told = client
        .request_service_v2(&nodes)
        .map_err(said("versions"))?;
    let known = |told: &RequestServiceV2KeyVersion| matches!(told, RequestServiceV2KeyVersion::Dual { aes, des } if *aes != 0xFFFF && *des != 0xFFFF);
    same("both versions", told[..2].iter().all(known), true)?;
    same(
        "no such node",
        told[2],
        RequestServiceV2KeyVersion::dual(0xFFFF, 0xFFFF),
    )
}

fn authentication() -> Result<(), String> {
    let mut card = card()?;
    open(&mut card, &NODES)?;
    open(&mut card, &[0xFFFF, PASS])?;
    let mut wrong = key(PASS)?;
    wrong[0] ^= 2;
    let group = generate_group_key_v2_aes128(&[wrong]);
    let mut client = card.client(SYSTEM)?;
    let opened = client.mutual_authentication_v2(0, &[PASS], &group, &[0; 16]);
    same("a wrong key opens", opened.is_ok(), false)
}

fn read_write() -> Result<(), String> {
    let mut card = card()?;
    let mut client = open(&mut card, &NODES)?;
    let list = [(0, 1), (1, 1)].map(|(block, node)| BlockListElement::new(block, node, 0));
    let data = [[1; 16], [2; 16]];
    client
        .write_v2(&list, data.as_flattened())
        .map_err(said("writing"))?;
    let read = client.read_v2(&list).map_err(said("reading"))?;
    same("read back", read, data.to_vec())?;
    let shared = [BlockListElement::new(1, 3, 0)];
    let read = client
        .read_v2(&shared)
        .map_err(said("reading without a key"))?;
    same("through the other service", read, vec![[2; 16]])?;
    let newest = [BlockListElement::new(0, 2, 0)];
    client
        .write_v2(&newest, &[3; 16])
        .map_err(said("pushing"))?;
    let read = client.read_v2(&newest).map_err(said("reading the ring"))?;
    same("the newest", read, vec![[3; 16]])?;
    let past = [BlockListElement::new(2, 1, 0)];
    refused("a block past the end", client.read_v2(&past), (1, 0xA8))?;
    let area = [BlockListElement::new(0, 0, 0)];
    refused("an area has no blocks", client.read_v2(&area), (1, 0xA4))
}

fn long_read() -> Result<(), String> {
    let mut card = card()?;
    let mut client = open(&mut card, &NODES)?;
    let list: Vec<_> = (0..14)
        .map(|n| BlockListElement::new(n % 2, 1, 0))
        .collect();
    let read = client.read_v2(&list).map_err(said("reading fourteen"))?;
    same("blocks", read.len(), 14)
}
