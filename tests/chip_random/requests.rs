//! Random frames of every kind: plain noise, noise behind a right code and IDm, commands of right form, and what is sent
//! inside a session, from random bytes to packages that are truly sealed.

use crate::cards::{IDM, SYSTEM, key};
use crate::support::SeededRng;
use cardwright::model::card::image::CardImage;
use cardwright::model::card::{Block, Idi, Idm, NodeCode, Pmi, ServiceCode, SystemCode};
use cardwright::model::cipher::{
    AreaPackage, DesKey, Inf1, IssueIdPackage, Pf, Pj, ServicePackage, issuer_package_key,
    key_change_package,
};
use cardwright::model::command::{
    AccessMode, BlockElement, Frame, PollingRequest, Request, SecureRequest, SeparatePhase,
    TimeSlots,
};
use cardwright::model::port::Rng;

/// Attributes of nodes, areas first.
const ATTRIBUTES: [u16; 18] = [
    0x00, 0x01, 0x08, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x0E, 0x0F, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15,
    0x16, 0x17,
];

/// Every command code that is known, answered or not.
const CODES: [u8; 28] = [
    0x00, 0x02, 0x04, 0x06, 0x08, 0x0A, 0x0C, 0x0E, 0x10, 0x12, 0x14, 0x16, 0x32, 0x38, 0x3C, 0x3E,
    0x40, 0x42, 0x44, 0x46, 0x80, 0x82, 0x84, 0x86, 0x88, 0x8A, 0x8C, 0x8E,
];

pub fn one_of<T: Copy>(rng: &mut SeededRng, from: &[T]) -> T {
    from[rng.below(from.len())]
}

/// The key of a node: of a system that was divided off, system and area 0 have their own.
pub fn key_of(system: u8, node: NodeCode) -> DesKey {
    let own = system > 0 && (node == NodeCode::SYSTEM || node == NodeCode::AREA_0);
    key(node.0, if own { 3 } else { 1 })
}

/// Code of a system that is divided off, of which there are a few.
pub fn lent_code(rng: &mut SeededRng) -> SystemCode {
    SystemCode(0xFE00 + rng.below(4) as u16)
}

/// A node that the system has, or one that it may have.
pub fn some_node(rng: &mut SeededRng, image: &CardImage, system: u8) -> NodeCode {
    let Some(system) = image.system(system).filter(|_| rng.below(4) > 0) else {
        return NodeCode((rng.below(64) as u16) << 8 | one_of(rng, &ATTRIBUTES));
    };
    let (areas, services) = (system.areas.len(), system.services.len());
    match rng.below(areas + services + 1) {
        0 => NodeCode::SYSTEM,
        n if n <= areas => system.areas[n - 1].code,
        n => system.services[n - 1 - areas].code.node(),
    }
}

fn some_nodes(rng: &mut SeededRng, image: &CardImage, most: usize) -> Vec<NodeCode> {
    let count = rng.below(most + 1);
    (0..count).map(|_| some_node(rng, image, 0)).collect()
}

/// Services for a plain write: mostly some that are there and need no key.
fn free_services(rng: &mut SeededRng, image: &CardImage) -> Vec<NodeCode> {
    let services = image.systems.first().map(|system| &system.services);
    let free: Vec<NodeCode> = services
        .into_iter()
        .flatten()
        .filter(|service| !service.code.needs_authentication())
        .map(|service| service.code.node())
        .collect();
    if free.is_empty() || rng.below(4) == 0 {
        return some_nodes(rng, image, 4);
    }
    (0..3).map(|_| one_of(rng, &free)).collect()
}

fn elements(rng: &mut SeededRng, most: usize) -> Vec<BlockElement> {
    let element = |rng: &mut SeededRng| {
        let odd = rng.below(8) == 0;
        let access = if odd { rng.below(8) as u8 } else { 0 };
        BlockElement {
            service: rng.below(if odd { 16 } else { 3 }) as u8,
            access: AccessMode::from_bits(access).expect("three bits"),
            number: if odd {
                rng.next() as u16
            } else {
                rng.below(4) as u16
            },
        }
    };
    let most = if rng.below(4) == 0 { most } else { 3 };
    let count = rng.below(most + 1);
    (0..count).map(|_| element(rng)).collect()
}

/// Blocks to write: small amounts and few execution IDs, so that purses pay.
fn blocks(rng: &mut SeededRng, count: usize) -> Vec<Block> {
    let block = |rng: &mut SeededRng| {
        let mut block = Block([rng.below(4) as u8; 16]);
        block.put(0, &(rng.below(300) as u32).to_le_bytes());
        block
    };
    (0..count).map(|_| block(rng)).collect()
}

fn bytes<const N: usize>(rng: &mut SeededRng) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill(&mut bytes);
    bytes
}

/// Bytes with a right length byte and nothing else that is right.
pub fn noise(rng: &mut SeededRng) -> Frame {
    let mut body = vec![0; rng.below(254)];
    rng.fill(&mut body);
    Frame::build(rng.next() as u8, &body).expect("fits")
}

/// A frame of a known command with the card's IDm and random bytes behind it.
pub fn nearly_right(rng: &mut SeededRng) -> Frame {
    let mut body = IDM.of_system(rng.below(3) as u8).0.to_vec();
    let lengths = [0, 1, 2, 3, 4, 5, 8, 11, 13, 16, 24, 72, 100, 200];
    let mut tail = vec![0; one_of(rng, &lengths)];
    rng.fill(&mut tail);
    if let Some(first) = tail.first_mut() {
        *first = rng.below(4) as u8;
    }
    body.extend(tail);
    Frame::build(one_of(rng, &CODES), &body).expect("fits")
}

/// A plain command of right form.
pub fn plain(rng: &mut SeededRng, image: &CardImage) -> Option<Frame> {
    let idm = IDM.of_system(rng.below(image.systems.len() + 1) as u8);
    let list = elements(rng, 16);
    let request = match rng.below(15) {
        0 | 1 => Request::ReadPlain {
            idm,
            services: some_nodes(rng, image, 4),
            blocks: list,
        },
        2..=5 => Request::WritePlain {
            idm,
            services: free_services(rng, image),
            data: blocks(rng, list.len()),
            blocks: list,
        },
        6 => Request::RequestService {
            idm,
            nodes: some_nodes(rng, image, 32),
        },
        7 => Request::SearchServiceCode {
            idm,
            index: rng.below(40) as u16,
        },
        8 => Request::Authentication1 {
            idm,
            areas: some_nodes(rng, image, 3),
            services: some_nodes(rng, image, 3),
            c1a: bytes(rng),
        },
        9 => Request::RequestBlockInformation {
            idm,
            nodes: some_nodes(rng, image, 32),
        },
        10 => Request::RequestServiceV2 {
            idm,
            nodes: some_nodes(rng, image, 36),
        },
        11 => Request::ResetMode { idm },
        12 => Request::Polling {
            system_code: match rng.below(3) {
                0 => SystemCode::ANY,
                1 => SYSTEM,
                _ => lent_code(rng),
            },
            request: one_of(rng, &[PollingRequest::None, PollingRequest::SystemCode]),
            time_slots: TimeSlots::One,
        },
        13 => Request::SeparateSystem {
            idm,
            pj: bytes(rng),
            inf_1: bytes(rng),
        },
        _ => one_of_the_small(rng, idm),
    };
    request.encode().ok()
}

fn one_of_the_small(rng: &mut SeededRng, idm: Idm) -> Request {
    match rng.below(4) {
        0 => Request::RequestResponse { idm },
        1 => Request::RequestSystemCode { idm },
        2 => Request::GetSystemStatus { idm },
        _ => Request::RequestSpecificationVersion { idm },
    }
}

/// A Separate System whose packages are truly sealed, of any size.
pub fn separate(rng: &mut SeededRng) -> Frame {
    let system_code = lent_code(rng);
    let root_key = key_of(1, NodeCode::AREA_0);
    let pf = Pf {
        system_code,
        system_key_version: rng.next() as u16,
        system_key: key_of(1, NodeCode::SYSTEM),
        root_key_version: rng.next() as u16,
        root_key: root_key.clone(),
    };
    let pj = Pj {
        blocks_lent: match rng.below(8) {
            0 => rng.next() as u16,
            _ => rng.below(20) as u16,
        },
        pf: pf.seal(&key(0x20, 1)),
    };
    let issuer = issuer_package_key(&key_of(0, NodeCode::SYSTEM), &key_of(0, NodeCode::AREA_0));
    let other = rng.below(8) == 0;
    let inf_1 = Inf1 {
        system_code: if other { lent_code(rng) } else { system_code },
        root_key,
    };
    let request = Request::SeparateSystem {
        idm: IDM,
        pj: pj.seal(&issuer),
        inf_1: inf_1.seal(),
    };
    request.encode().expect("fits")
}

/// What a session was opened for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Data,
    Register,
    /// So many phases were sent.
    Divide(u8),
}

/// A session of the reader's side, as far as its commands go.
pub struct Talk {
    pub system: u8,
    pub services: Vec<NodeCode>,
    pub purpose: Purpose,
}

/// What is sent next in a session: a command code and its payload. Mostly something that serves its purpose.
pub fn in_session(rng: &mut SeededRng, image: &CardImage, talk: &mut Talk) -> (u8, Vec<u8>) {
    if rng.below(10) == 0 {
        let mut payload = vec![0; rng.below(210)];
        rng.fill(&mut payload);
        if let Some(first) = payload.first_mut() {
            *first = rng.below(4) as u8;
        }
        return (one_of(rng, &CODES), payload);
    }
    let purpose = match rng.below(20) {
        0 => Purpose::Data,
        1 => Purpose::Register,
        2 => Purpose::Divide(rng.below(5) as u8),
        _ => talk.purpose,
    };
    let request = secure(rng, image, talk, purpose);
    if let Purpose::Divide(phase) = &mut talk.purpose {
        *phase = phase.saturating_add(1);
    }
    // A request that does not fit its payload goes as none.
    let payload = request.encode_payload().unwrap_or_default();
    (request.code(), payload)
}

fn secure(rng: &mut SeededRng, image: &CardImage, talk: &Talk, purpose: Purpose) -> SecureRequest {
    match purpose {
        Purpose::Data => {
            let list = elements(rng, 14);
            match rng.below(6) {
                0 => SecureRequest::Read { blocks: list },
                1 => key_change(rng, image, talk),
                _ => SecureRequest::Write {
                    data: blocks(rng, list.len()),
                    blocks: list,
                },
            }
        }
        Purpose::Register => match rng.below(9) {
            0 | 1 => area(rng, image, talk.system),
            2..=4 => service(rng, image, talk.system),
            5 => issue_id(rng, talk.system),
            _ => SecureRequest::ChangeSystemBlock,
        },
        Purpose::Divide(0) => SecureRequest::SeparateSystem(SeparatePhase::Carve),
        Purpose::Divide(1) => SecureRequest::SeparateSystem(SeparatePhase::SetTopAreaKey),
        Purpose::Divide(2) => SecureRequest::SeparateSystem(SeparatePhase::OpenInf1),
        Purpose::Divide(_) => SecureRequest::ChangeSystemBlock,
    }
}

/// The key that seals for a node: its parent's; once in a while another.
fn sealing(rng: &mut SeededRng, image: &CardImage, system: u8, node: NodeCode) -> DesKey {
    let found = image.system(system).and_then(|s| s.area_of(node));
    let parent = match node {
        NodeCode::SYSTEM | NodeCode::AREA_0 => NodeCode::SYSTEM,
        _ => found.map_or(NodeCode::AREA_0, |area| area.code),
    };
    mostly(rng, system, parent)
}

/// The key of a node, now and then another one.
fn mostly(rng: &mut SeededRng, system: u8, node: NodeCode) -> DesKey {
    let wrong = rng.below(16) == 0;
    key_of(system, if wrong { NodeCode(0x2300) } else { node })
}

/// New versions of keys that stay what they are, so that the nodes can be used on.
fn key_change(rng: &mut SeededRng, image: &CardImage, talk: &Talk) -> SecureRequest {
    let (system, services) = (talk.system, &talk.services);
    let (mut blocks, mut data) = (Vec::new(), Vec::new());
    for (index, node) in services.iter().enumerate().take(1 + rng.below(4)) {
        let version = rng.below(300) as u16;
        let (parent, own) = (sealing(rng, image, system, *node), key_of(system, *node));
        blocks.push(BlockElement::key_change(index as u8, version));
        data.push(Block(key_change_package(&parent, &own, &own, version)));
    }
    SecureRequest::Write { blocks, data }
}

fn area(rng: &mut SeededRng, image: &CardImage, system: u8) -> SecureRequest {
    let code = NodeCode((rng.below(64) as u16) << 8 | rng.below(2) as u16);
    let package = AreaPackage {
        code,
        end: NodeCode(code.0.saturating_add(one_of(rng, &[0, 0x3F, 0xFF, 0x3FF]))),
        blocks: rng.below(12) as u16,
        key_version: 1,
        key: key_of(system, code),
    };
    let package = package.seal(&sealing(rng, image, system, code));
    let other = rng.below(16) == 0;
    let code = if other {
        some_node(rng, image, system)
    } else {
        code
    };
    SecureRequest::RegisterArea { code, package }
}

fn service(rng: &mut SeededRng, image: &CardImage, system: u8) -> SecureRequest {
    let number = (rng.below(64) as u16) << 8;
    let attribute = one_of(rng, &ATTRIBUTES[2..]);
    let code = ServiceCode::new(number | attribute).expect("a service");
    let package = ServicePackage {
        code,
        blocks: match rng.below(16) {
            0 => rng.next() as u16,
            _ => rng.below(4) as u16,
        },
        key_version: 1,
        key: key_of(system, code.node()),
    };
    let package = package.seal(&sealing(rng, image, system, code.node()));
    SecureRequest::RegisterService {
        code: code.node(),
        package,
    }
}

fn issue_id(rng: &mut SeededRng, system: u8) -> SecureRequest {
    let package = IssueIdPackage {
        system_code: lent_code(rng),
        area0_key_version: 1,
        area0_key: key_of(system, NodeCode::AREA_0),
    };
    SecureRequest::RegisterIssueId {
        idi: Idi([1; 8]),
        pmi: Pmi([2; 8]),
        package: package.seal(&mostly(rng, system, NodeCode::AREA_0)),
    }
}
