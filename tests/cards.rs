//! A card of each profile that has one of everything, and what a reader without a key does with it.

use crate::support::{FixedClock, SeededRng};
use cardwright::device::emulated::EmulatedCard;
use cardwright::device::memory::Memory;
use cardwright::model::card::profile::Profile;
use cardwright::model::card::{
    Block, Idi, Idm, NodeCode, Pmi, ServiceCode, SystemCode, definition,
};
use cardwright::model::chip::factory_image;
use cardwright::model::cipher::DesKey;
use cardwright::model::command::{AccessMode, BlockElement, Request, Response, Status};
use cardwright::model::port::CardLink;
use cardwright::model::reader::CardError;

pub const IDM: Idm = Idm([0x01, 0x12, 0x0A, 0x1B, 0x2C, 0x3D, 0x4E, 0x5F]);
pub const SYSTEM: SystemCode = SystemCode(0x0003);
/// IDi and PMi of an issued card.
pub const IDS: (Idi, Pmi) = (Idi([1; 8]), Pmi([2; 8]));

/// Keyed services; each with bit 0 set is the same service without a key.
pub const RANDOM: u16 = 0x1008;
pub const RING: u16 = 0x104C;
pub const DIRECT: u16 = 0x1090;
pub const CASHBACK: u16 = 0x1092;
pub const DECREMENT: u16 = 0x1094;
const READ_ONLY: u16 = 0x1097;
/// User blocks: 6 of random access, then a ring of 4, then a purse.
pub const USER_BLOCKS: usize = 11;

/// The key of a node in a version: letters that differ where DES looks.
pub fn key(node: u16, version: u8) -> DesKey {
    let letter = |shift: u16| b'A' + 2 * (node >> shift & 0xF) as u8;
    let last = b'A' + 2 * version;
    DesKey::new([
        b'D',
        b'E',
        b'M',
        last,
        letter(12),
        letter(8),
        letter(4),
        letter(0),
    ])
}

fn card(profile: &Profile, data: Vec<Block>) -> EmulatedCard {
    let (rng, clock) = (Box::new(SeededRng(7)), Box::new(FixedClock(1_000)));
    let memory = Memory::new(data, profile);
    EmulatedCard::with_sources(profile.clone(), memory, rng, clock).expect("a card")
}

/// A card fresh from the maker, its transport key that of FFFF in version 0.
pub fn blank(profile: &Profile) -> EmulatedCard {
    let image = factory_image(profile, IDM, &key(0x20, 1), &key(0xFFFF, 0));
    card(profile, image)
}

/// A card with areas 0 and 1000, one number each of random, cyclic and purse services, and something in them.
pub fn issued(profile: &Profile) -> EmulatedCard {
    let mut data = vec![Block::ERASED; profile.blocks as usize];
    let allotted = (profile.blocks - 5).min(0xFFFF) as u16;
    let last = data.len() - 1;
    let services = [
        (RANDOM, 0, 6),
        (RANDOM + 1, 0, 6),
        (RING, 6, 4),
        (RING + 1, 6, 4),
        (DIRECT, 10, 1),
        (DIRECT + 1, 10, 1),
        (CASHBACK, 10, 1),
        (CASHBACK + 1, 10, 1),
        (DECREMENT, 10, 1),
        (DECREMENT + 1, 10, 1),
        (READ_ONLY, 10, 1),
    ];
    let area = |code, end, allotted| {
        definition::area(NodeCode(code), NodeCode(end), allotted, 1, &key(code, 1))
    };
    let service = |(code, first, blocks): (u16, u16, u16)| {
        let service = ServiceCode::new(code).expect("a service");
        definition::service(service, first, blocks, 1, &key(code, 1))
    };
    let mut system = vec![
        definition::manufacture(IDM, profile.pmm),
        definition::issuance(IDS.0, IDS.1),
        definition::system(SYSTEM, 1, &key(0xFFFF, 1), profile.blocks),
        definition::division_key(1, &key(0x20, 1)),
        area(0x0000, 0xFFFE, allotted),
        area(0x1000, 0x17FF, 30),
    ];
    system.extend(services.map(service));
    for (index, block) in system.into_iter().enumerate() {
        data[last - index] = block;
    }
    for (index, block) in data[..10].iter_mut().enumerate() {
        *block = Block([index as u8; 16]);
    }
    data[10] = purse(1_000, 5, 1);
    card(profile, data)
}

/// A card without a free block: as many services as it takes, each of one block that is read without a key.
pub fn full(profile: &Profile) -> EmulatedCard {
    let key = DesKey::new(*b"DEMOFULL");
    let mut data = vec![Block::ERASED; profile.blocks as usize];
    let last = data.len() - 1;
    let mut system = vec![
        definition::manufacture(IDM, profile.pmm),
        definition::issuance(IDS.0, IDS.1),
        definition::system(SYSTEM, 1, &key, profile.blocks),
        definition::division_key(1, &key),
        definition::area(NodeCode::AREA_0, NodeCode(0xFFFE), last as u16 - 4, 1, &key),
    ];
    let left = data.len() - system.len();
    let services = (left / 2) as u16;
    // What is left of an odd number is the last one's.
    let odd = (left % 2) as u16;
    system.extend((0..services).map(|number| {
        let code = ServiceCode::new(number << 6 | 0x09).expect("a service");
        let blocks = if number + 1 == services { 1 + odd } else { 1 };
        definition::service(code, number, blocks, 1, &key)
    }));
    for (index, block) in system.into_iter().enumerate() {
        data[last - index] = block;
    }
    for (index, block) in data[..usize::from(services + odd)].iter_mut().enumerate() {
        *block = Block([index as u8; 16]);
    }
    card(profile, data)
}

/// A purse block of this amount, cashback and execution ID.
pub fn purse(amount: u32, cashback: u32, id: u8) -> Block {
    let mut block = Block([0x77; 16]);
    block
        .put(0, &amount.to_le_bytes())
        .put(4, &cashback.to_le_bytes())
        .put(12, &[id; 4]);
    block
}

/// One block of a write: keyed service, block number, access mode, data.
pub type Piece = (u16, u16, AccessMode, Block);

/// A piece in the normal access mode.
pub fn normal(service: u16, number: u16, data: Block) -> Piece {
    (service, number, AccessMode::NORMAL, data)
}

/// Sends a plain command; a status other than 00 00 is an error.
pub fn plain(card: &mut EmulatedCard, request: &Request) -> Result<Response, CardError> {
    let code = request.code();
    let frame = request.encode().expect("fits a frame");
    let answer = card.transceive(&frame)?.ok_or(CardError::Silent(code))?;
    let response = Response::decode(code, &answer).ok_or(CardError::Answer(code))?;
    match &response {
        Response::ReadPlain { status, idm, .. } | Response::WritePlain { status, idm } => {
            if *idm != IDM {
                return Err(CardError::Answer(code));
            }
            if *status != Status::OK {
                let (command, status) = (code, *status);
                return Err(CardError::Status { command, status });
            }
            Ok(response)
        }
        _ => Err(CardError::Answer(code)),
    }
}

/// Everything that stands in the card's user blocks, read by a reader without a key.
pub fn shown(card: &mut EmulatedCard) -> Result<Vec<Block>, CardError> {
    let element = |service, number| BlockElement::normal(service, number);
    let random = (0..6).map(|number| element(0, number));
    let ring = (0..4).map(|number| element(1, number));
    let request = Request::ReadPlain {
        idm: IDM,
        services: [RANDOM + 1, RING + 1, READ_ONLY].map(NodeCode).to_vec(),
        blocks: random.chain(ring).chain([element(2, 0)]).collect(),
    };
    match plain(card, &request)? {
        Response::ReadPlain { data, .. } if data.len() == USER_BLOCKS => Ok(data),
        _ => Err(CardError::Answer(request.code())),
    }
}

/// Makes the card's user blocks what they are to be, where they are not: purse and ring in one command, the whole ring
/// pushed anew, then the random blocks.
pub fn finish(card: &mut EmulatedCard, now: &[Block], wanted: &[Block]) -> Result<(), CardError> {
    let whole = |part: std::ops::Range<usize>| now[part.clone()] != wanted[part];
    let mut pieces = Vec::new();
    if whole(6..10) {
        pieces.extend(wanted[6..10].iter().map(|block| normal(RING, 0, *block)));
    }
    if whole(10..11) {
        pieces.push(normal(DIRECT, 0, wanted[10]));
    }
    let random = (0..6).filter(|at| now[*at] != wanted[*at]);
    let random: Vec<Piece> = random
        .map(|at| normal(RANDOM, at as u16, wanted[at]))
        .collect();
    for pieces in [pieces, random] {
        if !pieces.is_empty() {
            plain(card, &plain_write(&pieces))?;
        }
    }
    Ok(())
}

/// The services of these pieces, each once, and the block list.
pub fn list(pieces: &[Piece]) -> (Vec<u16>, Vec<BlockElement>) {
    let mut services: Vec<u16> = pieces.iter().map(|piece| piece.0).collect();
    services.dedup();
    let element = |(service, number, access, _): &Piece| BlockElement {
        service: services.iter().position(|s| s == service).expect("listed") as u8,
        access: *access,
        number: *number,
    };
    let elements = pieces.iter().map(element).collect();
    (services, elements)
}

/// The pieces as a write without a key.
pub fn plain_write(pieces: &[Piece]) -> Request {
    let (services, blocks) = list(pieces);
    Request::WritePlain {
        idm: IDM,
        services: services.iter().map(|code| NodeCode(code + 1)).collect(),
        blocks,
        data: pieces.iter().map(|piece| piece.3).collect(),
    }
}
