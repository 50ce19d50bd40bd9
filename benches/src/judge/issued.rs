//! A blank card of ours, issued from the first command to the last by the crate's client.

use super::link::OurCard;
use super::{Check, refused, said, same};
use cardwright::device::emulated::EmulatedCard;
use cardwright::device::memory::Memory;
use cardwright::model::card::Idm;
use cardwright::model::card::profile::Profile;
use cardwright::model::chip::factory_image;
use cardwright::model::cipher::DesKey;
use felica::felica_standard::{ChangeKeyParameters, generate_service_keys_des};
use felica::{FelicaStandard, ServiceCode};

pub const IDM: [u8; 8] = [0x01, 0x12, 0x0A, 0x1B, 0x2C, 0x3D, 0x4E, 0x60];
pub const SYSTEM: u16 = 0x0003;
pub const IDI: [u8; 8] = [0xA1; 8];
pub const PMI: [u8; 8] = [0xB2; 8];
pub const AREA: u16 = 0x1000;
pub const AREA_END: u16 = 0x17FF;
/// What the area may spend.
pub const AREA_BLOCKS: u16 = 60;
pub const SYSTEM_KEY: [u8; 8] = *b"DEMOSYST";
pub const ROOT_KEY: [u8; 8] = *b"DEMOROOT";
pub const AREA_KEY: [u8; 8] = *b"DEMOAREA";
pub const SERVICE_KEY: [u8; 8] = *b"DEMOSERV";
const TRANSPORT: [u8; 8] = *b"DEMOTRAN";
/// On a card that nobody has issued yet.
const ANY_SYSTEM: u16 = 0xFFFF;
const ROOT: u16 = 0x0000;
const SYSTEM_NODE: u16 = 0xFFFF;

/// Random access behind a key, and over the same blocks for reading without one.
pub const KEYED: u16 = 0x1008;
pub const KEYED_READ: u16 = 0x100B;
/// Random access without a key.
pub const FREE: u16 = 0x1049;
/// A ring without a key, and one behind a key.
pub const RING: u16 = 0x108D;
pub const KEYED_RING: u16 = 0x110C;
/// One purse and four ways to it without a key: direct, with cashback, decrement, for reading.
pub const PURSE: u16 = 0x10D1;
pub const PURSE_CASHBACK: u16 = 0x10D3;
pub const PURSE_DECREMENT: u16 = 0x10D5;
pub const PURSE_READ: u16 = 0x10D7;

/// Services in the order of registration, with their blocks.
pub const SERVICES: [(u16, u16); 9] = [
    (KEYED, 8),
    (KEYED_READ, 8),
    (FREE, 8),
    (RING, 3),
    (KEYED_RING, 4),
    (PURSE, 2),
    (PURSE_CASHBACK, 2),
    (PURSE_DECREMENT, 2),
    (PURSE_READ, 2),
];

pub const CHECKS: &[(&str, Check)] = &[
    ("issuing a blank card", || card().map(|_| ())),
    ("issuing it twice is refused", twice),
    (
        "issue package under area 0's key where the system's differs",
        other_transport,
    ),
    ("registering what is there already is refused", again),
    ("changing the key of one node", one_key),
    ("changing several keys at once, the system's too", keys),
    ("a wrong old key is refused", wrong_old_key),
];

/// A blank card of the demo profile, under one transport key.
pub fn blank() -> Result<OurCard, String> {
    let profile = Profile::demo();
    let (division, transport) = (DesKey::new(*b"DEMODIVI"), DesKey::new(TRANSPORT));
    let memory = factory_image(&profile, Idm(IDM), &division, &transport);
    let card = EmulatedCard::new(profile.clone(), Memory::new(memory, &profile));
    card.map(OurCard).map_err(said("power"))
}

/// Authenticates for areas and services, each with its key; a service without authentication has none.
pub fn open(
    client: &mut FelicaStandard<OurCard>,
    system_key: [u8; 8],
    areas: &[(u16, [u8; 8])],
    services: &[(u16, Option<[u8; 8]>)],
) -> Result<felica::MutualAuthenticationResult, String> {
    let area_keys: Vec<_> = areas.iter().map(|(_, key)| *key).collect();
    let service_keys: Vec<_> = services.iter().filter_map(|(_, key)| *key).collect();
    let (group, user) = generate_service_keys_des(&system_key, &area_keys, &service_keys);
    let areas: Vec<_> = areas.iter().map(|(code, _)| *code).collect();
    let services: Vec<_> = services
        .iter()
        .map(|(code, _)| ServiceCode::new(*code))
        .collect();
    let opened = client.mutual_authentication(&areas, &services, &group, &user);
    opened.map_err(said("authentication"))
}

/// A blank card that the client has issued: identity, one area, nine services, all keys changed from transport ones.
pub fn card() -> Result<OurCard, String> {
    let mut card = blank()?;
    identity(&mut card)?;
    let root = [(ROOT, ROOT_KEY)];
    let mut client = card.client(SYSTEM)?;
    let ids = open(&mut client, TRANSPORT, &root, &[(ROOT, Some(ROOT_KEY))])?;
    same("IDi", ids.issue_id, IDI)?;
    same("PMi", ids.issue_parameter, PMI)?;
    let range = (AREA, AREA_END);
    client
        .register_area(AREA, range, AREA_BLOCKS, 1, &AREA_KEY, &ROOT_KEY)
        .map_err(said("Register Area"))?;
    client
        .change_system_block()
        .map_err(said("Change System Block"))?;

    let areas = [(ROOT, ROOT_KEY), (AREA, AREA_KEY)];
    let mut client = card.client(SYSTEM)?;
    open(&mut client, TRANSPORT, &areas, &[(AREA, Some(AREA_KEY))])?;
    let (mut left, mut numbers) = (AREA_BLOCKS, Vec::new());
    for (code, blocks) in SERVICES {
        let told = client
            .register_service(code, blocks, 1, &SERVICE_KEY, &AREA_KEY)
            .map_err(|error| format!("Register Service {code:04X}: {error}"))?;
        // A service that overlaps another shares its blocks.
        left -= if numbers.contains(&(code >> 6)) {
            1
        } else {
            blocks + 1
        };
        numbers.push(code >> 6);
        same("blocks left", told, left)?;
    }
    client
        .change_system_block()
        .map_err(said("Change System Block"))?;

    let mut client = card.client(SYSTEM)?;
    open(
        &mut client,
        TRANSPORT,
        &root,
        &[(SYSTEM_NODE, Some(TRANSPORT))],
    )?;
    let key = change(SYSTEM_NODE, TRANSPORT, TRANSPORT, SYSTEM_KEY, 1);
    client
        .change_keys(&[key])
        .map_err(said("change of the system's key"))?;
    Ok(card)
}

/// Register Issue ID alone, on a blank card.
fn identity(card: &mut OurCard) -> Result<(), String> {
    let mut client = card.client(ANY_SYSTEM)?;
    open(
        &mut client,
        TRANSPORT,
        &[(ROOT, TRANSPORT)],
        &[(ROOT, Some(TRANSPORT))],
    )?;
    client
        .register_issue_id(SYSTEM, 1, &ROOT_KEY, &IDI, &PMI, &TRANSPORT)
        .map_err(said("Register Issue ID"))?;
    same("mode", client.request_response().map_err(said("mode"))?, 3)?;
    client
        .change_system_block()
        .map_err(said("Change System Block"))
}

fn change(
    node: u16,
    parent_key: [u8; 8],
    old_key: [u8; 8],
    new_key: [u8; 8],
    new_key_version: u16,
) -> ChangeKeyParameters {
    ChangeKeyParameters {
        node,
        parent_key,
        new_key,
        old_key,
        new_key_version,
    }
}

fn twice() -> Result<(), String> {
    let mut card = card()?;
    let mut client = card.client(SYSTEM)?;
    open(
        &mut client,
        SYSTEM_KEY,
        &[(ROOT, ROOT_KEY)],
        &[(ROOT, Some(ROOT_KEY))],
    )?;
    let got = client.register_issue_id(SYSTEM, 1, &ROOT_KEY, &IDI, &PMI, &ROOT_KEY);
    refused("Register Issue ID", got, (0xFF, 0xC2))
}

/// The system's key is changed first, so that only area 0's is still the transport key.
fn other_transport() -> Result<(), String> {
    let mut card = blank()?;
    let root = [(ROOT, TRANSPORT)];
    let mut client = card.client(ANY_SYSTEM)?;
    open(
        &mut client,
        TRANSPORT,
        &root,
        &[(SYSTEM_NODE, Some(TRANSPORT))],
    )?;
    let key = change(SYSTEM_NODE, TRANSPORT, TRANSPORT, SYSTEM_KEY, 1);
    client.change_keys(&[key]).map_err(said("key change"))?;
    let mut client = card.client(ANY_SYSTEM)?;
    open(&mut client, SYSTEM_KEY, &root, &[(ROOT, Some(TRANSPORT))])?;
    let told = client.register_issue_id(SYSTEM, 1, &ROOT_KEY, &IDI, &PMI, &TRANSPORT);
    told.map(|_| ()).map_err(said("Register Issue ID"))
}

fn again() -> Result<(), String> {
    let mut card = card()?;
    let areas = [(ROOT, ROOT_KEY), (AREA, AREA_KEY)];
    let mut client = card.client(SYSTEM)?;
    open(&mut client, SYSTEM_KEY, &areas, &[(AREA, Some(AREA_KEY))])?;
    let got = client.register_service(FREE, 8, 1, &SERVICE_KEY, &AREA_KEY);
    refused("the service", got, (0xFF, 0xAD))?;
    let got = client.register_area(AREA, (AREA, AREA_END), 9, 1, &AREA_KEY, &ROOT_KEY);
    refused("the area", got, (0xFF, 0xAD))?;
    let got = client.register_service(0x1409, 1, 1, &SERVICE_KEY, &ROOT_KEY);
    refused("a package under another key", got, (0xFF, 0xAB))
}

fn one_key() -> Result<(), String> {
    let (mut card, new) = (card()?, *b"DEMOSECO");
    let mut client = card.client(SYSTEM)?;
    open(
        &mut client,
        SYSTEM_KEY,
        &[(AREA, AREA_KEY)],
        &[(KEYED, Some(SERVICE_KEY))],
    )?;
    let key = change(KEYED, AREA_KEY, SERVICE_KEY, new, 0x0102);
    client.change_keys(&[key]).map_err(said("key change"))?;
    let mut client = card.client(SYSTEM)?;
    let told = client.request_service(&[ServiceCode::new(KEYED)]);
    same("version", told.map_err(said("version"))?, vec![0x0102])?;
    open(
        &mut client,
        SYSTEM_KEY,
        &[(AREA, AREA_KEY)],
        &[(KEYED, Some(new))],
    )?;
    let mut client = card.client(SYSTEM)?;
    let old = open(
        &mut client,
        SYSTEM_KEY,
        &[(AREA, AREA_KEY)],
        &[(KEYED, Some(SERVICE_KEY))],
    );
    same("the old key opens", old.is_ok(), false)
}

fn keys() -> Result<(), String> {
    let mut card = card()?;
    let (system, area, service) = (*b"DEMOTWOS", *b"DEMOTWOA", *b"DEMOTWOV");
    let root = [(ROOT, ROOT_KEY)];
    let mut client = card.client(SYSTEM)?;
    let nodes = [
        (SYSTEM_NODE, Some(SYSTEM_KEY)),
        (AREA, Some(AREA_KEY)),
        (KEYED, Some(SERVICE_KEY)),
    ];
    open(&mut client, SYSTEM_KEY, &root, &nodes)?;
    // Each package is under the parent's key as it is before this write.
    let changes = [
        change(KEYED, AREA_KEY, SERVICE_KEY, service, 2),
        change(AREA, ROOT_KEY, AREA_KEY, area, 3),
        change(SYSTEM_NODE, SYSTEM_KEY, SYSTEM_KEY, system, 4),
    ];
    client.change_keys(&changes).map_err(said("key change"))?;
    let mut client = card.client(SYSTEM)?;
    let codes = [KEYED, AREA, SYSTEM_NODE].map(ServiceCode::new);
    let told = client.request_service(&codes).map_err(said("versions"))?;
    same("versions", told, vec![2, 3, 4])?;
    open(
        &mut client,
        system,
        &[(AREA, area)],
        &[(KEYED, Some(service))],
    )
    .map(|_| ())
}

fn wrong_old_key() -> Result<(), String> {
    let mut card = card()?;
    let mut client = card.client(SYSTEM)?;
    open(
        &mut client,
        SYSTEM_KEY,
        &[(AREA, AREA_KEY)],
        &[(KEYED, Some(SERVICE_KEY))],
    )?;
    let key = change(KEYED, AREA_KEY, AREA_KEY, *b"DEMOSECO", 2);
    refused("key change", client.change_keys(&[key]), (1, 0xAA))
}
