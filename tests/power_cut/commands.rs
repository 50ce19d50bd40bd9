//! Every command that changes a card, ready to be sent.

use crate::cards::{
    CASHBACK, DECREMENT, DIRECT, IDM, IDS, Piece, RANDOM, RING, SYSTEM, blank, issued, key, list,
    normal, plain, plain_write, purse,
};
use crate::support::{SeededRng, ring_of};
use cardwright::device::emulated::EmulatedCard;
use cardwright::model::card::profile::Profile;
use cardwright::model::card::{Block, NodeCode, ServiceCode, SystemCode};
use cardwright::model::cipher::{
    AreaPackage, Inf1, IssueIdPackage, Pf, Pj, ServicePackage, issuer_package_key,
    key_change_package,
};
use cardwright::model::command::{AccessMode, BlockElement, Request, SecureRequest, SeparatePhase};
use cardwright::model::party::{KeyRing, KeySam, Policy};
use cardwright::model::port::{AuthTarget, CardLink};
use cardwright::model::reader::{CardError, Reader};

/// The system that is divided off.
const LENT: SystemCode = SystemCode(0xFE42);

/// What is sent last, and may write.
#[derive(Clone)]
pub enum Act {
    Plain(Request),
    Secure(SecureRequest),
}

/// A command that changes a card.
pub struct Command {
    pub name: String,
    pub act: Act,
    /// It writes user blocks, which a profile may not promise to keep whole.
    pub data: bool,
    /// Where the session is opened, if the act is sent in one.
    target: Option<(AuthTarget, KeyRing)>,
    /// What is sent in the session before.
    first: Vec<SecureRequest>,
    /// Nodes whose keys are other ones afterwards, with their system.
    pub changed: Vec<u16>,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Issued,
    Blank,
    Division,
}

/// The demo's keys, with the second version of those nodes.
fn ring(changed: &[u16]) -> KeyRing {
    let nodes = [0xFFFF, 0, 0x1000, RANDOM, RING, DIRECT, CASHBACK, DECREMENT];
    let version = |node: &u16| if changed.contains(node) { 2 } else { 1 };
    let keys: Vec<_> = nodes
        .iter()
        .map(|node| (SYSTEM.0, *node, key(*node, version(node))))
        .collect();
    ring_of(&keys)
}

fn target(areas: &[u16], services: &[u16]) -> AuthTarget {
    let codes = |codes: &[u16]| codes.iter().map(|code| NodeCode(*code)).collect();
    AuthTarget {
        idm: IDM,
        system: SYSTEM,
        areas: codes(areas),
        services: codes(services),
    }
}

impl Command {
    /// The card on which it is tried.
    pub fn card(&self, profile: &Profile) -> EmulatedCard {
        match self.kind {
            Kind::Blank => blank(profile),
            Kind::Issued | Kind::Division => issued(profile),
        }
    }

    /// Brings the card to where the act is sent: opens its session and sends what comes before.
    pub fn ready(&self, card: &mut EmulatedCard) -> KeySam {
        card.field_off();
        if self.kind == Kind::Division {
            separate(card);
        }
        let (target, ring) = match &self.target {
            Some((target, ring)) => (Some(target), ring.clone()),
            None => (None, KeyRing::default()),
        };
        let mut sam = KeySam::new(ring, Policy::Owner);
        let mut reader = Reader::new(card);
        if let Some(target) = target {
            let opened = reader.authenticate(&mut sam, target, &mut SeededRng(2));
            opened.expect("genuine");
        }
        for request in &self.first {
            reader.secure(&mut sam, request).expect("prepared");
        }
        sam
    }

    /// The act's command code.
    pub fn code(&self) -> u8 {
        match &self.act {
            Act::Plain(request) => request.code(),
            Act::Secure(request) => request.code(),
        }
    }

    /// Sends the act.
    pub fn send(&self, card: &mut EmulatedCard, sam: &mut KeySam) -> Result<(), CardError> {
        match &self.act {
            Act::Plain(request) => plain(card, request).map(|_| ()),
            Act::Secure(request) => Reader::new(card).secure(sam, request).map(|_| ()),
        }
    }

    /// Whether the card takes the keys that the act leaves (`true`) or those that it found.
    pub fn opens(&self, card: &mut EmulatedCard, after: bool) -> bool {
        let changed = if after { &self.changed[..] } else { &[] };
        let mut sam = KeySam::new(ring(changed), Policy::Owner);
        let target = target(&[0, 0x1000], &[0xFFFF, RANDOM, RING]);
        let mut reader = Reader::new(card);
        reader
            .authenticate(&mut sam, &target, &mut SeededRng(3))
            .is_ok()
    }
}

/// Every command that writes: 08 and 16 on each kind of service, key changes, and 80, 82, 84 and 88 with their 8E.
pub fn commands() -> Vec<Command> {
    let mut commands = writes();
    commands.extend(key_changes());
    commands.extend(registrations());
    commands.push(issue_id());
    commands.push(division());
    commands
}

fn secure_write(pieces: &[Piece]) -> (Vec<u16>, SecureRequest) {
    let (services, blocks) = list(pieces);
    let data = pieces.iter().map(|piece| piece.3).collect();
    (services, SecureRequest::Write { blocks, data })
}

fn writes() -> Vec<Command> {
    let random = |blocks: u16| (0..blocks).map(|n| normal(RANDOM, n, Block([0xA0 + n as u8; 16])));
    let push = |fill: u8| normal(RING, 0, Block([fill; 16]));
    let pay = normal(DECREMENT, 0, purse(300, 0, 2));
    let back = (CASHBACK, 0, AccessMode::CASHBACK, purse(5, 0, 2));
    let cases: Vec<(&str, Vec<Piece>)> = vec![
        ("one random block", random(1).collect()),
        ("six random blocks", random(6).collect()),
        ("a push", vec![push(0xB1)]),
        ("a push of two", vec![push(0xB2), push(0xB1)]),
        ("a purse, direct", vec![normal(DIRECT, 0, purse(50, 0, 2))]),
        ("a decrement", vec![pay]),
        (
            "a decrement by cashback's service",
            vec![normal(CASHBACK, 0, pay.3)],
        ),
        ("a cashback", vec![back]),
        ("a payment and its record", vec![pay, push(0xB1)]),
        (
            "all kinds at once",
            random(2).chain([pay, push(0xB2), push(0xB1)]).collect(),
        ),
    ];
    let mut commands = Vec::new();
    for (name, pieces) in cases {
        commands.push(Command {
            name: format!("08, {name}"),
            act: Act::Plain(plain_write(&pieces)),
            data: true,
            target: None,
            first: Vec::new(),
            changed: Vec::new(),
            kind: Kind::Issued,
        });
        let (services, write) = secure_write(&pieces);
        commands.push(Command {
            data: true,
            ..in_session(&format!("16, {name}"), &[0, 0x1000], &services, vec![write])
        });
    }
    commands
}

/// A command of system 0003's issuer: the last request is the act.
fn in_session(
    name: &str,
    areas: &[u16],
    services: &[u16],
    mut requests: Vec<SecureRequest>,
) -> Command {
    let act = requests.pop().expect("an act");
    Command {
        name: name.into(),
        act: Act::Secure(act),
        data: false,
        target: Some((target(areas, services), ring(&[]))),
        first: requests,
        changed: Vec::new(),
        kind: Kind::Issued,
    }
}

fn key_changes() -> Vec<Command> {
    let cases: [&[u16]; 5] = [
        &[RANDOM],
        &[0x1000],
        &[0x0000],
        &[0xFFFF],
        &[0xFFFF, 0x0000, 0x1000, RANDOM, RING],
    ];
    let parent = |node: u16| match node {
        0xFFFF | 0x0000 => key(0xFFFF, 1),
        0x1000 => key(0x0000, 1),
        _ => key(0x1000, 1),
    };
    let change = |nodes: &[u16]| {
        let package = |node: &u16| {
            Block(key_change_package(
                &parent(*node),
                &key(*node, 1),
                &key(*node, 2),
                2,
            ))
        };
        let write = SecureRequest::Write {
            blocks: (0..nodes.len())
                .map(|index| BlockElement::key_change(index as u8, 2))
                .collect(),
            data: nodes.iter().map(package).collect(),
        };
        let name = format!("16, keys of {nodes:04X?}");
        Command {
            changed: nodes.to_vec(),
            ..in_session(&name, &[0, 0x1000], nodes, vec![write])
        }
    };
    cases.map(change).into()
}

fn area(code: u16, end: u16, blocks: u16, parent: u16) -> SecureRequest {
    let code = NodeCode(code);
    let package = AreaPackage {
        code,
        end: NodeCode(end),
        blocks,
        key_version: 1,
        key: key(code.0, 1),
    };
    let package = package.seal(&key(parent, 1));
    SecureRequest::RegisterArea { code, package }
}

fn service(code: u16, blocks: u16) -> SecureRequest {
    let package = ServicePackage {
        code: ServiceCode::new(code).expect("a service"),
        blocks,
        key_version: 1,
        key: key(code, 1),
    };
    SecureRequest::RegisterService {
        code: NodeCode(code),
        package: package.seal(&key(0x1000, 1)),
    }
}

fn registrations() -> Vec<Command> {
    let commit = SecureRequest::ChangeSystemBlock;
    let areas = vec![
        area(0x3000, 0x30FF, 4, 0),
        area(0x3100, 0x31FF, 3, 0),
        commit.clone(),
    ];
    let nested = vec![area(0x1400, 0x14FF, 6, 0x1000), commit.clone()];
    let services = vec![
        service(0x1148, 2),
        service(0x114B, 2),
        service(0x118C, 2),
        commit,
    ];
    vec![
        in_session("82, two areas", &[0], &[0], areas),
        in_session("82, an area in an area", &[0, 0x1000], &[0x1000], nested),
        in_session("84, three services", &[0, 0x1000], &[0x1000], services),
        // Without 8E nothing is written.
        in_session("82 alone", &[0], &[0], vec![area(0x3000, 0x30FF, 4, 0)]),
        in_session(
            "84 alone",
            &[0, 0x1000],
            &[0x1000],
            vec![service(0x1148, 2)],
        ),
    ]
}

/// The first issuance of a blank card, with an area in the same session.
fn issue_id() -> Command {
    let transport = key(0xFFFF, 0);
    let package = IssueIdPackage {
        system_code: SYSTEM,
        area0_key_version: 1,
        area0_key: key(0, 1),
    };
    let register = SecureRequest::RegisterIssueId {
        idi: IDS.0,
        pmi: IDS.1,
        package: package.seal(&transport),
    };
    let any = SystemCode::ANY;
    let keys = [(any.0, 0xFFFF, transport.clone()), (any.0, 0, transport)];
    let target = AuthTarget {
        system: any,
        ..target(&[0], &[0])
    };
    Command {
        name: "80 and 82, first issuance".into(),
        act: Act::Secure(SecureRequest::ChangeSystemBlock),
        data: false,
        target: Some((target, ring_of(&keys))),
        first: vec![register, area(0x1000, 0x17FF, 20, 0)],
        changed: Vec::new(),
        kind: Kind::Blank,
    }
}

/// The plain command of a division of 8 blocks.
fn separate(card: &mut EmulatedCard) {
    let (system_key, root_key) = (key(0xFFFF, 3), key(0, 3));
    let pf = Pf {
        system_code: LENT,
        system_key_version: 1,
        system_key,
        root_key_version: 1,
        root_key: root_key.clone(),
    };
    let pj = Pj {
        blocks_lent: 8,
        pf: pf.seal(&key(0x20, 1)),
    };
    let pj = pj.seal(&issuer_package_key(&key(0xFFFF, 1), &key(0, 1)));
    let system_code = LENT;
    let inf_1 = Inf1 {
        system_code,
        root_key,
    };
    let taken = Reader::new(card).separate_system(IDM, pj, inf_1.seal());
    taken.expect("taken");
}

fn division() -> Command {
    let keys = [(LENT.0, 0xFFFF, key(0xFFFF, 3)), (LENT.0, 0, key(0, 3))];
    let target = AuthTarget {
        idm: IDM.of_system(1),
        system: LENT,
        ..target(&[0], &[0])
    };
    let phases = [
        SeparatePhase::Carve,
        SeparatePhase::SetTopAreaKey,
        SeparatePhase::OpenInf1,
    ];
    Command {
        name: "88, a division".into(),
        act: Act::Secure(SecureRequest::ChangeSystemBlock),
        data: false,
        target: Some((target, ring_of(&keys))),
        first: phases.map(SecureRequest::SeparateSystem).into(),
        changed: Vec::new(),
        kind: Kind::Division,
    }
}
