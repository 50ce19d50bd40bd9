//! The crate's client on our card in sessions of DES.

use super::issued::{
    self, AREA, AREA_KEY, FREE, IDI, KEYED, KEYED_RING, PMI, ROOT_KEY, SERVICE_KEY, SYSTEM,
    SYSTEM_KEY,
};
use super::{Check, refused, said, same};
use felica::BlockListElement;

pub const CHECKS: &[(&str, Check)] = &[
    ("DES authentication, and what it refuses", authentication),
    ("an area list with the system in it", system_in_area_list),
    (
        "an area list with a service in it is refused",
        service_in_area_list,
    ),
    ("DES read and write", read_write),
    ("DES read of fourteen blocks", long_read),
    ("a ring in a session", ring),
];

/// The keyed services of the issued card, then one without a key.
const SERVICES: [(u16, Option<[u8; 8]>); 3] = [
    (KEYED, Some(SERVICE_KEY)),
    (KEYED_RING, Some(SERVICE_KEY)),
    (FREE, None),
];

fn authentication() -> Result<(), String> {
    let mut card = issued::card()?;
    let areas = [(0, ROOT_KEY), (AREA, AREA_KEY)];
    let mut client = card.client(SYSTEM)?;
    let ids = issued::open(&mut client, SYSTEM_KEY, &areas, &SERVICES)?;
    same("IDs", (ids.issue_id, ids.issue_parameter), (IDI, PMI))?;
    same("mode", client.request_response().map_err(said("mode"))?, 2)?;
    let mut wrong = SERVICE_KEY;
    wrong[0] ^= 2;
    let mut client = card.client(SYSTEM)?;
    let opened = issued::open(&mut client, SYSTEM_KEY, &areas, &[(KEYED, Some(wrong))]);
    same("a wrong key opens", opened.is_ok(), false)?;
    let mut client = card.client(SYSTEM)?;
    let opened = issued::open(&mut client, SYSTEM_KEY, &areas, &[(FREE, None)]);
    same("no keyed node opens", opened.is_ok(), false)?;
    let mut client = card.client(SYSTEM)?;
    let free_first = [(FREE, None), (KEYED, Some(SERVICE_KEY))];
    let opened = issued::open(&mut client, SYSTEM_KEY, &areas, &free_first);
    same(
        "a service without a key in front opens",
        opened.is_ok(),
        false,
    )
}

fn system_in_area_list() -> Result<(), String> {
    let mut card = issued::card()?;
    let areas = [(AREA, AREA_KEY), (0xFFFF, SYSTEM_KEY)];
    let mut client = card.client(SYSTEM)?;
    issued::open(&mut client, SYSTEM_KEY, &areas, &SERVICES).map(|_| ())
}

fn service_in_area_list() -> Result<(), String> {
    let mut card = issued::card()?;
    let areas = [(AREA, AREA_KEY), (KEYED, SERVICE_KEY)];
    let mut client = card.client(SYSTEM)?;
    let opened = issued::open(&mut client, SYSTEM_KEY, &areas, &SERVICES);
    same("opens", opened.is_ok(), false)
}

fn read_write() -> Result<(), String> {
    let mut card = issued::card()?;
    let mut client = card.client(SYSTEM)?;
    issued::open(&mut client, SYSTEM_KEY, &[(AREA, AREA_KEY)], &SERVICES)?;
    let all =
        [(3, 0), (0, 0), (2, 2)].map(|(block, service)| BlockListElement::new(block, service, 0));
    let data = [[1; 16], [2; 16], [3; 16]];
    client
        .write(&all, data.as_flattened())
        .map_err(said("writing"))?;
    let read = client.read(&all).map_err(said("reading"))?;
    same("read back", read, data.to_vec())?;
    let list = [
        BlockListElement::new(0, 0, 0),
        BlockListElement::new(8, 0, 0),
    ];
    refused("a block past the end", client.read(&list), (2, 0xA8))?;
    let list = [BlockListElement::new(0, 5, 0)];
    refused("a service past the list", client.read(&list), (1, 0xA3))?;
    // Refusals leave the session as it was.
    let read = client.read(&all[..1]).map_err(said("reading on"))?;
    same("the session goes on", read, vec![[1; 16]])
}

fn long_read() -> Result<(), String> {
    let mut card = issued::card()?;
    let mut client = card.client(SYSTEM)?;
    issued::open(&mut client, SYSTEM_KEY, &[(AREA, AREA_KEY)], &SERVICES)?;
    let list: Vec<_> = (0..12)
        .map(|n| BlockListElement::new(n % 8, 0, 0))
        .collect();
    let data: Vec<[u8; 16]> = (0..12).map(|n| [n % 8; 16]).collect();
    client
        .write(&list, data.as_flattened())
        .map_err(said("writing twelve"))?;
    let list: Vec<_> = (0..14)
        .map(|n| BlockListElement::new(n % 8, 0, 0))
        .collect();
    let read = client.read(&list).map_err(said("reading fourteen"))?;
    same("read", read, (0..14).map(|n| [n % 8; 16]).collect())
}

fn ring() -> Result<(), String> {
    let mut card = issued::card()?;
    let mut client = card.client(SYSTEM)?;
    issued::open(&mut client, SYSTEM_KEY, &[(AREA, AREA_KEY)], &SERVICES)?;
    let newest = [BlockListElement::new(0, 1, 0)];
    for n in 1..=5 {
        client.write(&newest, &[n; 16]).map_err(said("writing"))?;
    }
    let list = [0, 1, 2, 3].map(|block| BlockListElement::new(block, 1, 0));
    let read = client.read(&list).map_err(said("reading"))?;
    same(
        "newest first",
        read,
        vec![[5; 16], [4; 16], [3; 16], [2; 16]],
    )
}
