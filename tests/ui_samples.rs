//! Views to draw in tests, and a bench that only remembers what it was asked.
//!
//! The sample card is built the way a card is laid out: user blocks from the bottom up, system blocks from the
//! top down, a division carved out of the middle, so that counts and places agree with each other.

use cardwright::model::apdu::Family;
use cardwright::model::card::journal::{By, Cause, Journal};
use cardwright::model::card::map::{BlockMap, Cell, CellKind, Division};
use cardwright::model::card::tree::{
    AreaNode, BlockCounts, BlockPlace, KeyFacts, ServiceNode, SystemBlockKind, SystemBlockNode,
    SystemTree, Tree,
};
use cardwright::model::card::{Block, Idm, NodeCode, Pmm, ServiceCode, SystemCode};
use cardwright::model::cipher::Kcv;
use cardwright::model::flow::table::StepId;
use cardwright::ui::app::Bench;
use cardwright::workbench::command::Command;
use cardwright::workbench::view::{
    ByteView, Bytes, CardSource, CardView, FaultsView, History, LastCommand, OwnerView, ReaderKind,
    ReaderState, ReaderView, ServiceState, View, WorkspaceView,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

/// A workbench that publishes what a test puts into it and keeps what it was asked.
#[derive(Clone, Default)]
pub struct FakeBench(Arc<Mutex<Fake>>);

#[derive(Default)]
struct Fake {
    view: Option<Arc<View>>,
    asked: Vec<Command>,
}

impl FakeBench {
    pub fn of(view: View) -> FakeBench {
        let bench = FakeBench::default();
        bench.publish(view);
        bench
    }

    pub fn publish(&self, view: View) {
        self.0.lock().expect("not poisoned").view = Some(Arc::new(view));
    }

    pub fn asked(&self) -> Vec<Command> {
        self.0.lock().expect("not poisoned").asked.clone()
    }
}

impl Bench for FakeBench {
    fn send(&self, command: Command) {
        self.0.lock().expect("not poisoned").asked.push(command);
    }

    fn view(&self) -> Arc<View> {
        self.0
            .lock()
            .expect("not poisoned")
            .view
            .clone()
            .expect("a view was published")
    }
}

/// Services of one number: codes, and how many user blocks they share.
pub type Shared = (&'static [u16], u16);
/// An area: code, end code, and what stands in it.
pub type Area = (u16, u16, &'static [Shared]);

const TRANSIT: &[Area] = &[
    (0x0000, 0xFFFE, &[]),
    (
        0x0800,
        0x0FFF,
        &[(&[0x0810, 0x0812, 0x0817], 1), (&[0x090C, 0x090F], 20)],
    ),
    (
        0x1000,
        0x17FF,
        &[
            (&[0x1008, 0x100B], 6),
            (&[0x1048], 4),
            (&[0x108C, 0x108F], 14),
        ],
    ),
    (
        0x2300,
        0x23FF,
        &[(&[0x2308, 0x230B], 6), (&[0x234C, 0x234F], 14)],
    ),
];

const SHARED_AREA: &[Area] = &[
    (0x0000, 0xFFFE, &[]),
    (
        0x1000,
        0x10FF,
        &[
            (&[0x1008, 0x100B], 4),
            (&[0x1050, 0x1052, 0x1057], 4),
            (&[0x108C], 12),
        ],
    ),
    (0x3000, 0x30FF, &[(&[0x3008, 0x300B], 6), (&[0x304C], 10)]),
];

fn kcv(seed: u16) -> Kcv {
    let mixed = u32::from(seed).wrapping_mul(2_654_435_761);
    let [_, a, b, c] = mixed.to_be_bytes();
    Kcv([a, b, c])
}

fn key(seed: u16) -> KeyFacts {
    KeyFacts {
        version: Some(1),
        kcv: Some(kcv(seed)),
        aes: None,
    }
}

/// One system laid into `cells`: user blocks from `window.0` up, system blocks from `window.1` down.
pub fn lay_system(
    number: u8,
    code: u16,
    window: (u32, u32),
    areas: &[Area],
    pending: bool,
    cells: &mut [Cell],
) -> SystemTree {
    let (first, end) = window;
    let (mut next_user, mut next_system) = (first, end - 1);
    let logical_user = |physical: u32| (physical - first) as u16;
    let logical_system = |physical: u32| (0x1_0000 - (end - physical)) as u16;
    for (at, cell) in cells
        .iter_mut()
        .enumerate()
        .take(end as usize)
        .skip(first as usize)
    {
        cell.system = number;
        cell.pending = false;
        cell.logical = logical_user(at as u32);
    }
    let mut system_blocks = Vec::new();
    let mut take = |kind: SystemBlockKind, cells: &mut [Cell]| {
        let physical = next_system;
        next_system -= 1;
        let place = BlockPlace {
            logical: logical_system(physical),
            physical,
        };
        let cell = &mut cells[physical as usize];
        *cell = Cell {
            system: number,
            logical: place.logical,
            kind: CellKind::System(kind),
            pending,
        };
        system_blocks.push(SystemBlockNode { kind, place });
        place
    };
    take(SystemBlockKind::ManufactureId, cells);
    take(SystemBlockKind::IssuanceId, cells);
    take(SystemBlockKind::System, cells);
    if number == 0 {
        take(SystemBlockKind::DivisionKey, cells);
    }
    let (mut area_nodes, mut services) = (Vec::new(), Vec::new());
    for (at, (area, area_end, inside)) in areas.iter().enumerate() {
        let definition = take(SystemBlockKind::Area(NodeCode(*area)), cells);
        let used: u16 = inside.iter().map(|(_, blocks)| *blocks).sum();
        area_nodes.push(AreaNode {
            code: NodeCode(*area),
            name: None,
            end: Some(NodeCode(*area_end)),
            allotted: Some(used + 8),
            used: Some(used),
            key: key(*area ^ code),
            parent: (at > 0).then_some(0),
            definition: Some(definition),
        });
        for (codes, blocks) in *inside {
            let start = next_user;
            let lowest = ServiceCode::new(codes[0]).expect("a service code");
            for index in 0..*blocks {
                let kind = CellKind::User {
                    service: lowest,
                    index,
                    blocks: *blocks,
                };
                let logical = logical_user(next_user);
                cells[next_user as usize] = Cell {
                    system: number,
                    logical,
                    kind,
                    pending,
                };
                next_user += 1;
            }
            for code in *codes {
                let service = ServiceCode::new(*code).expect("a service code");
                let definition = take(SystemBlockKind::Service(service), cells);
                services.push(ServiceNode {
                    code: service,
                    name: None,
                    area: Some(at),
                    blocks: Some(*blocks),
                    first_user_block: Some(BlockPlace {
                        logical: logical_user(start),
                        physical: start,
                    }),
                    key: key(*code),
                    definition: Some(definition),
                    data: BTreeMap::new(),
                });
            }
        }
    }
    let system = system_blocks.len() as u32;
    let user = next_user - first;
    SystemTree {
        number,
        code: SystemCode(code),
        code_told: true,
        idm: Some(Idm([0x01, 0x12, 0x0A, 0x1B, 0x2C, 0x3D, 0x4E, 0x5F]).of_system(number)),
        pmm: Some(Pmm([0x01, 0x20, 0x22, 0x04, 0x27, 0x67, 0x4E, 0xFF])),
        encryption: None,
        key: key(code),
        blocks: Some(BlockCounts {
            user,
            system,
            free: end - first - user - system,
        }),
        pending,
        areas: area_nodes,
        services,
        foreign: Vec::new(),
        system_blocks,
    }
}

/// How far a sample card is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Undivided,
    Pending,
    Divided,
}

/// A card of `blocks` blocks at that stage.
pub fn card(blocks: u32, stage: Stage) -> CardView {
    let free = Cell {
        system: 0,
        logical: 0,
        kind: CellKind::Free,
        pending: false,
    };
    let mut cells = vec![free; blocks as usize];
    let mut parent = lay_system(0, 0x0003, (0, blocks), TRANSIT, false, &mut cells);
    let mut systems = Vec::new();
    let mut divisions = Vec::new();
    let lent = 96;
    let first = blocks * 11 / 32;
    if stage != Stage::Undivided {
        let pending = stage == Stage::Pending;
        let areas = if pending {
            &SHARED_AREA[..1]
        } else {
            SHARED_AREA
        };
        let system = lay_system(1, 0xFE42, (first, first + lent), areas, pending, &mut cells);
        divisions.push(Division {
            system: 1,
            code: system.code,
            first,
            blocks: lent,
            pending,
        });
        if let Some(counts) = &mut parent.blocks {
            counts.free -= lent;
        }
        systems.push(system);
    }
    systems.insert(0, parent);
    let map = BlockMap { cells, divisions };
    assemble(Tree { systems }, map, history(first))
}

/// The picture of an emulated card with these nodes, blocks and events.
pub fn assemble(tree: Tree, map: BlockMap, history: History) -> CardView {
    let bytes = map
        .cells
        .iter()
        .enumerate()
        .map(|(at, cell)| bytes(at, cell))
        .collect();
    CardView {
        source: CardSource::Emulated {
            profile: "RC-S 4 KB profile".into(),
        },
        idm: tree.systems[0].idm,
        tree: Arc::new(tree),
        bytes,
        system_owners: vec![0, 1],
        faults: FaultsView::default(),
        mode: Some(0),
        last_command: Some(LastCommand {
            code: 0x06,
            name: "Read Without Encryption",
            answered: true,
        }),
        changed: BTreeSet::new(),
        revision: 1,
        scan: None,
        history: Some(history),
        chip_blocks: Some(map.cells.len() as u32),
        divide_refused_because: None,
        map: Some(Arc::new(map)),
    }
}

fn bytes(at: usize, cell: &Cell) -> [ByteView; 16] {
    let mut row = [ByteView::Known(0); 16];
    match cell.kind {
        CellKind::Free => row = [ByteView::Known(0xFF); 16],
        CellKind::Unknown => row = [ByteView::Unknown; 16],
        CellKind::User { index, .. } => {
            for (byte, value) in row.iter_mut().zip(b"SAMPLE HANAKO") {
                *byte = ByteView::Known(if index % 3 == 1 {
                    *value
                } else {
                    (at as u8) ^ value
                });
            }
        }
        CellKind::System(kind) => {
            if let SystemBlockKind::Service(code) = kind {
                row[0] = ByteView::Known(code.value() as u8);
                row[1] = ByteView::Known((code.value() >> 8) as u8);
            }
            if !matches!(
                kind,
                SystemBlockKind::ManufactureId | SystemBlockKind::IssuanceId
            ) {
                row[8..].fill(ByteView::Secret);
            }
        }
    }
    row
}

/// 67 events, the last two of a flow.
fn history(first: u32) -> History {
    let mut journal = Journal::default();
    let mut write = |step: &str, command, address| {
        let cause = Cause {
            step: (!step.is_empty()).then(|| StepId(step.to_owned())),
            by: By::Command(command),
        };
        let time_ms = 1_763_635_000_000 + (journal.len() as u64 + 1) * 1_700;
        let after = Block([journal.len() as u8; 16]);
        journal.record(cause, address, Block::ERASED, after, time_ms);
    };
    write("", 0x80, 0);
    write("", 0x84, 1);
    (2..65).for_each(|_| write("", 0x08, 1));
    write("ST69", 0x8E, first + 95);
    write("ST85", 0x84, first + 4);
    History {
        shown: journal.head(),
        live: true,
        left: false,
        written_by: Arc::new(journal.written_by().to_vec()),
        journal: Arc::new(journal),
    }
}

/// The sample workspace with `card` open in it.
pub fn view(card: Option<CardView>) -> View {
    let owner = |name: &str, letter| OwnerView {
        name: name.into(),
        letter,
    };
    View {
        workspace: WorkspaceView {
            name: "Aoba Transit pilot".into(),
            demo: true,
            keys_shown: false,
        },
        readers: vec![
            ReaderView {
                name: "Emulated card".into(),
                kind: ReaderKind::Emulator,
            },
            ReaderView {
                name: "Reader of desk 2".into(),
                kind: ReaderKind::Pcsc {
                    state: ReaderState::Empty,
                    family: Family::Acs,
                    by_name: false,
                },
            },
        ],
        reader: 0,
        service: ServiceState::Running,
        on_reader: None,
        scanning: None,
        keys_at_hand: None,
        recent: Arc::default(),
        passphrase: None,
        owners: vec![
            owner("Aoba Transit", 'A'),
            owner("Common Area Operator", 'C'),
        ],
        card: card.map(Arc::new),
        comparison: None,
        trace: Default::default(),
        flow: None,
        unsettled: Vec::new(),
        refused_edit: None,
        notices: Vec::new(),
        torn: Vec::new(),
        window: None,
    }
}

/// A dump: nodes of one system, contents of two services, nothing of where they stand.
pub fn dump() -> CardView {
    let mut card = card(256, Stage::Undivided);
    let mut system = card.tree.systems[0].clone();
    system.blocks = None;
    system.system_blocks.clear();
    for area in &mut system.areas {
        (area.allotted, area.used, area.definition) = (None, None, None);
        area.key = KeyFacts::default();
    }
    for service in &mut system.services {
        (service.first_user_block, service.definition) = (None, None);
        service.key = KeyFacts {
            version: Some(1),
            ..KeyFacts::default()
        };
        if service.code.needs_authentication() {
            service.blocks = None;
        } else {
            service.data.insert(0, Block([0x5A; 16]));
        }
    }
    system.key = KeyFacts::default();
    card.tree = Arc::new(Tree {
        systems: vec![system],
    });
    card.source = CardSource::File {
        name: "見本 花子.nfc".into(),
    };
    (card.map, card.chip_blocks, card.mode, card.last_command) = (None, None, None, None);
    card.bytes = Bytes::default();
    card.history = None;
    card.divide_refused_because = Some("shell.refused.not_emulated");
    card
}
