//! The crate's client on our card, without a key: what a card tells, plain reads and writes.

use super::issued::{
    self, AREA, AREA_BLOCKS, AREA_END, FREE, IDM, KEYED, PURSE, PURSE_CASHBACK, PURSE_DECREMENT,
    PURSE_READ, RING, SERVICES, SYSTEM,
};
use super::link::OurCard;
use super::{Check, refused, said, same};
use cardwright::model::card::profile::Profile;
use felica::felica_standard::OptionVersion;
use felica::{BlockListElement, FelicaStandard, SearchServiceCodeResult, ServiceCode};

pub const CHECKS: &[(&str, Check)] = &[
    ("polling", polling),
    ("request service", request_service),
    (
        "request service v2 of a card without AES keys: the crate knows no such card",
        service_v2,
    ),
    ("search service code", search),
    ("request system code", system_code),
    ("block information", block_information),
    ("system status, specification version, reset mode", status),
    ("plain read and write of random access", random),
    ("plain read and write of a ring", ring),
    (
        "a purse: direct access, decrement, cashback, execution ID",
        purse,
    ),
    ("plain access that is refused", refusals),
];

type Client<'a> = FelicaStandard<'a, OurCard>;

fn polling() -> Result<(), String> {
    let mut card = issued::card()?;
    // The card was issued in a session; the field goes off.
    card.client(SYSTEM)?;
    let pmm = Profile::demo().pmm.0;
    for (asked, request, optional) in [
        (SYSTEM, 0, vec![]),
        (0xFFFF, 1, vec![0, 3]),
        (0x00FF, 1, vec![0, 3]),
        (0xFF03, 2, vec![0, 0x83]),
    ] {
        let polled = FelicaStandard::polling(&mut card, "424F", asked, request, 0x0F);
        let polled = polled.map_err(said("polling"))?.1;
        same("IDm", polled.idm, IDM.to_vec())?;
        same("PMm", polled.pmm, pmm.to_vec())?;
        same("what was asked for", polled.optional, optional)?;
    }
    let another = FelicaStandard::polling(&mut card, "424F", 0x1203, 0, 0);
    same("another system answers", another.is_ok(), false)
}

fn request_service() -> Result<(), String> {
    let mut card = issued::card()?;
    let mut client = card.client(SYSTEM)?;
    let nodes = [0xFFFF, 0, AREA, KEYED, FREE, 0x1FC9].map(ServiceCode::new);
    let told = client.request_service(&nodes).map_err(said("versions"))?;
    same("versions", told, vec![1, 1, 1, 1, 1, 0xFFFF])?;
    same("mode", client.request_response().map_err(said("mode"))?, 0)
}

/// The crate takes identifiers 41, 43 and 4F, which all name an AES key; other software knows 2F, of DES alone.
fn service_v2() -> Result<(), String> {
    let mut card = issued::card()?;
    let mut client = card.client(SYSTEM)?;
    let told = client.request_service_v2(&[ServiceCode::new(KEYED)]);
    same("2F is taken", told.is_ok(), false)
}

/// Every node in order of code, areas before what they hold.
fn search() -> Result<(), String> {
    let mut card = issued::card()?;
    let mut client = card.client(SYSTEM)?;
    let area = |area_code, end_service_code| SearchServiceCodeResult::Area {
        area_code,
        end_service_code,
    };
    let mut codes = SERVICES.map(|(code, _)| code);
    codes.sort();
    let services = codes.map(|code| SearchServiceCodeResult::Service(ServiceCode::new(code)));
    let nodes = [area(0, 0xFFFE), area(AREA, AREA_END)]
        .into_iter()
        .chain(services);
    let expected: Vec<_> = nodes.map(Some).chain([None]).collect();
    let found: Result<Vec<_>, _> = (0..expected.len() as u16)
        .map(|index| client.search_service_code(index))
        .collect();
    same("nodes", found.map_err(said("search"))?, expected)
}

fn system_code() -> Result<(), String> {
    let mut card = issued::card()?;
    let mut client = card.client(SYSTEM)?;
    let codes = client.request_system_code().map_err(said("codes"))?;
    same("systems", codes, vec![SYSTEM])
}

fn block_information() -> Result<(), String> {
    let mut card = issued::card()?;
    let mut client = card.client(SYSTEM)?;
    let told = client.request_block_information(&[AREA, KEYED, RING, PURSE_READ]);
    same(
        "assigned",
        told.map_err(said("blocks"))?,
        vec![AREA_BLOCKS, 8, 3, 2],
    )
}

fn status() -> Result<(), String> {
    let mut card = issued::card()?;
    let mut client = card.client(SYSTEM)?;
    let status = client.get_system_status().map_err(said("system status"))?;
    same("system status", (status.flag, status.data), (0, vec![]))?;
    let version = client.request_specification_version();
    let version = version.map_err(said("specification version"))?;
    let version = version.ok_or("no specification version")?;
    same(
        "version",
        version.basic_version,
        OptionVersion::new(0, 0, 0),
    )?;
    same("options", version.option_versions, vec![])?;
    let root = [(0, issued::ROOT_KEY)];
    issued::open(
        &mut client,
        issued::SYSTEM_KEY,
        &root,
        &[(0, Some(issued::ROOT_KEY))],
    )?;
    same("mode", client.request_response().map_err(said("mode"))?, 2)?;
    client.reset_mode().map_err(said("reset mode"))?;
    same("mode", client.request_response().map_err(said("mode"))?, 0)
}

/// Blocks of the only service of a list.
fn at(numbers: &[u16]) -> Vec<BlockListElement> {
    let element = |number: &u16| BlockListElement::new(*number, 0, 0);
    numbers.iter().map(element).collect()
}

fn read(client: &mut Client, service: u16, numbers: &[u16]) -> Result<Vec<[u8; 16]>, String> {
    client
        .read_without_encryption(&[ServiceCode::new(service)], &at(numbers))
        .map_err(|error| format!("reading {service:04X}: {error}"))
}

fn write(
    client: &mut Client,
    service: u16,
    list: &[BlockListElement],
    data: &[[u8; 16]],
) -> Result<(), felica::FelicaStandardError> {
    client.write_without_encryption(&[ServiceCode::new(service)], list, data.as_flattened())
}

fn random() -> Result<(), String> {
    let mut card = issued::card()?;
    let mut client = card.client(SYSTEM)?;
    let data: Vec<[u8; 16]> = (0..8).map(|n| [n; 16]).collect();
    write(&mut client, FREE, &at(&[0, 1, 2, 3, 4, 5, 6, 7]), &data).map_err(said("writing"))?;
    same(
        "read",
        read(&mut client, FREE, &[7, 0, 3])?,
        vec![[7; 16], [0; 16], [3; 16]],
    )?;
    // Two services in one command.
    let services = [FREE, PURSE].map(ServiceCode::new);
    let list = [
        BlockListElement::new(1, 0, 0),
        BlockListElement::new(1, 1, 0),
    ];
    client
        .write_without_encryption(&services, &list, [[9; 16], [8; 16]].as_flattened())
        .map_err(said("writing two services"))?;
    let both = client.read_without_encryption(&services, &list);
    same(
        "both",
        both.map_err(said("reading two"))?,
        vec![[9; 16], [8; 16]],
    )
}

fn ring() -> Result<(), String> {
    let mut card = issued::card()?;
    let mut client = card.client(SYSTEM)?;
    for n in 1..=4 {
        write(&mut client, RING, &at(&[0]), &[[n; 16]]).map_err(said("writing"))?;
    }
    same(
        "newest first",
        read(&mut client, RING, &[0, 1, 2])?,
        vec![[4; 16], [3; 16], [2; 16]],
    )?;
    write(&mut client, RING, &at(&[0]), &[[4; 16]]).map_err(said("writing again"))?;
    same(
        "sent twice",
        read(&mut client, RING, &[0, 1])?,
        vec![[4; 16], [3; 16]],
    )?;
    write(&mut client, RING, &at(&[0, 0]), &[[6; 16], [5; 16]]).map_err(said("writing two"))?;
    same(
        "two at once",
        read(&mut client, RING, &[0, 1, 2])?,
        vec![[6; 16], [5; 16], [4; 16]],
    )?;
    let four = write(&mut client, RING, &at(&[0; 4]), &[[7; 16]; 4]);
    refused("four into three", four, (4, 0xAF))
}

fn purse_block(purse: u32, cashback: u32, execution: u32) -> [u8; 16] {
    let mut block = [0x5A; 16];
    block[..4].copy_from_slice(&purse.to_le_bytes());
    block[4..8].copy_from_slice(&cashback.to_le_bytes());
    block[12..].copy_from_slice(&execution.to_le_bytes());
    block
}

fn purse() -> Result<(), String> {
    let mut card = issued::card()?;
    let mut client = card.client(SYSTEM)?;
    let first = at(&[0]);
    let back = [BlockListElement::new(0, 0, 1)];
    let stands = |client: &mut Client, what: &str, purse, cashback, execution| {
        let read = read(client, PURSE_READ, &[0])?;
        same(what, read, vec![purse_block(purse, cashback, execution)])
    };
    let client = &mut client;
    write(client, PURSE, &first, &[purse_block(1000, 0, 1)]).map_err(said("direct"))?;
    stands(client, "direct", 1000, 0, 1)?;
    write(client, PURSE_DECREMENT, &first, &[purse_block(300, 0, 2)]).map_err(said("decrement"))?;
    stands(client, "decrement", 700, 300, 2)?;
    write(client, PURSE_DECREMENT, &first, &[purse_block(300, 0, 2)]).map_err(said("repeat"))?;
    stands(client, "the same execution", 700, 300, 2)?;
    let more = write(client, PURSE_CASHBACK, &back, &[purse_block(301, 0, 3)]);
    refused("more than the cashback", more, (1, 0x02))?;
    write(client, PURSE_CASHBACK, &back, &[purse_block(100, 0, 3)]).map_err(said("cashback"))?;
    stands(client, "cashback", 800, 0, 3)?;
    write(client, PURSE_CASHBACK, &first, &[purse_block(50, 0, 4)]).map_err(said("by cashback"))?;
    stands(client, "decrement through the cashback service", 750, 50, 4)?;
    let poor = write(client, PURSE_DECREMENT, &first, &[purse_block(751, 0, 5)]);
    refused("more than there is", poor, (1, 0x01))?;
    let other = write(client, PURSE_DECREMENT, &back, &[purse_block(1, 0, 6)]);
    let Err(other) = other else {
        return Err("cashback through a service without it was taken".into());
    };
    same(
        "cashback elsewhere is refused",
        other.to_string().is_empty(),
        false,
    )?;
    stands(client, "untouched", 750, 50, 4)
}

fn refusals() -> Result<(), String> {
    let mut card = issued::card()?;
    let mut client = card.client(SYSTEM)?;
    let code = |code| [ServiceCode::new(code)];
    let past = client.read_without_encryption(&code(FREE), &at(&[0, 8]));
    refused("a block past the end", past, (2, 0xA8))?;
    let keyed = client.read_without_encryption(&code(KEYED), &at(&[0]));
    refused("a keyed service", keyed, (1, 0xA5))?;
    let absent = client.read_without_encryption(&code(0x1FC9), &at(&[0]));
    refused("no such service", absent, (1, 0xA6))?;
    let read_only = write(&mut client, PURSE_READ, &at(&[0]), &[[0; 16]]);
    refused("a read-only service", read_only, (1, 0xA5))
}
