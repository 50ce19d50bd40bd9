//! Invented moments of a division, for tests of the wizard's drawing: the card, the parties and the messages
//! as the workbench would show them once some number of steps is done.

use cardwright::model::card::code::{NodeCode, ServiceCode};
use cardwright::model::card::map::{BlockMap, Cell, CellKind, Division};
use cardwright::model::card::tree::{SystemBlockKind, SystemTree, Tree};
use cardwright::model::card::{Idm, SystemCode};
use cardwright::model::cipher::Kcv;
use cardwright::model::flow::at::Lane as _;
use cardwright::model::flow::divide::{CARD, ISSUER, OPERATOR, TERMINAL};
use cardwright::model::flow::table::{FlowTable, StepId};
use cardwright::workbench::view::*;
use std::collections::BTreeSet;
use std::sync::Arc;

const BLOCKS: u32 = 255;
const PARENT: SystemCode = SystemCode(0x0003);
const NEW: SystemCode = SystemCode(0xFE42);
const PARENT_USER: u32 = 57;
const PARENT_SYSTEM: u32 = 21;
const RUN: (u32, u32) = (0x58, 96);
const OWN: u32 = 4;

/// Where the sample flow stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Before the step of this id.
    Before(&'static str),
    Done,
    Stopped,
    Refused,
    Unknown,
}

/// The table that ships with the program.
pub fn table() -> FlowTable {
    ron::from_str(include_str!("../assets/flows/divide.ron")).expect("the flow's table is valid")
}

/// The whole view at a moment; its flow is set.
pub fn view(moment: Moment) -> View {
    let flow = flow(moment);
    View {
        workspace: WorkspaceView {
            name: "Aoba Transit pilot".into(),
            demo: true,
            keys_shown: false,
        },
        readers: vec![ReaderView {
            name: "Emulated card".into(),
            kind: ReaderKind::Emulator,
        }],
        reader: 0,
        service: ServiceState::Running,
        on_reader: None,
        scanning: None,
        keys_at_hand: None,
        recent: Arc::default(),
        passphrase: None,
        owners: vec![
            OwnerView {
                name: "Aoba Transit".into(),
                letter: 'A',
            },
            OwnerView {
                name: "Common Area Operator".into(),
                letter: 'C',
            },
        ],
        card: Some(Arc::new(card(&flow))),
        comparison: None,
        trace: Default::default(),
        flow: Some(Arc::new(flow)),
        unsettled: Vec::new(),
        refused_edit: None,
        notices: Vec::new(),
        torn: Vec::new(),
        window: None,
    }
}

fn card(flow: &FlowView) -> CardView {
    let prepared = step_done(flow, "ST63");
    let system = |number: u8, code: SystemCode, pending: bool| SystemTree {
        number,
        code,
        code_told: true,
        idm: Some(Idm([
            number << 4 | 1,
            0x12,
            0x0A,
            0x1B,
            0x2C,
            0x3D,
            0x4E,
            0x5F,
        ])),
        pmm: None,
        encryption: None,
        key: Default::default(),
        blocks: None,
        pending,
        areas: Vec::new(),
        services: Vec::new(),
        foreign: Vec::new(),
        system_blocks: Vec::new(),
    };
    let mut systems = vec![system(0, PARENT, false)];
    if prepared {
        systems.push(system(1, NEW, !flow.committed));
    }
    CardView {
        source: CardSource::Emulated {
            profile: "RC-S 4 KB".into(),
        },
        tree: Arc::new(Tree { systems }),
        map: Some(Arc::new(map(prepared, flow.committed))),
        bytes: vec![[ByteView::Known(0); 16]; BLOCKS as usize]
            .into_iter()
            .collect(),
        system_owners: if prepared { vec![0, 1] } else { vec![0] },
        idm: Some(Idm([1, 0x12, 0x0A, 0x1B, 0x2C, 0x3D, 0x4E, 0x5F])),
        faults: FaultsView::default(),
        mode: Some(0),
        last_command: None,
        changed: BTreeSet::new(),
        revision: 1,
        scan: None,
        history: None,
        chip_blocks: Some(BLOCKS),
        divide_refused_because: None,
    }
}

fn map(prepared: bool, committed: bool) -> BlockMap {
    let service = ServiceCode::new(0x1008).expect("a random service");
    let cells = (0..BLOCKS)
        .map(|at| {
            let in_run = prepared && (RUN.0..RUN.0 + RUN.1).contains(&at);
            let kind = if in_run {
                match RUN.0 + RUN.1 - 1 - at {
                    0 => CellKind::System(SystemBlockKind::ManufactureId),
                    1 => CellKind::System(SystemBlockKind::IssuanceId),
                    2 => CellKind::System(SystemBlockKind::System),
                    3 => CellKind::System(SystemBlockKind::Area(NodeCode::AREA_0)),
                    _ => CellKind::Free,
                }
            } else if at < PARENT_USER {
                CellKind::User {
                    service,
                    index: at as u16,
                    blocks: PARENT_USER as u16,
                }
            } else if at >= BLOCKS - PARENT_SYSTEM {
                CellKind::System(SystemBlockKind::Other)
            } else {
                CellKind::Free
            };
            Cell {
                system: in_run.into(),
                logical: at as u16,
                kind,
                pending: in_run && !committed,
            }
        })
        .collect();
    let divisions = if prepared {
        vec![Division {
            system: 1,
            code: NEW,
            first: RUN.0,
            blocks: RUN.1,
            pending: !committed,
        }]
    } else {
        Vec::new()
    };
    BlockMap { cells, divisions }
}

fn step_done(flow: &FlowView, id: &str) -> bool {
    let at = flow.table.steps().position(|step| step.id.0 == id);
    at.is_some_and(|at| flow.steps[at] == StepState::Done)
}

/// The flow at a moment.
pub fn flow(moment: Moment) -> FlowView {
    let table = table();
    let index = |id: &str| {
        table
            .steps()
            .position(|step| step.id.0 == id)
            .expect("a step of the table")
    };
    let count = table.steps().count();
    let (at, ended) = match moment {
        Moment::Before(id) => (index(id), None),
        Moment::Done => (count, Some(FlowEnd::Done)),
        Moment::Stopped => (
            index("ST64"),
            Some(FlowEnd::Stopped {
                card_untouched: true,
            }),
        ),
        Moment::Refused => (index("ST62"), Some(FlowEnd::Refused(refused_words()))),
        Moment::Unknown => (index("ST69"), Some(FlowEnd::Unknown(unknown_words()))),
    };
    let mut steps: Vec<StepState> = (0..count)
        .map(|i| {
            if i < at {
                StepState::Done
            } else {
                StepState::Idle
            }
        })
        .collect();
    if let Some(here) = steps.get_mut(at) {
        match moment {
            Moment::Before(_) => *here = StepState::Next,
            Moment::Refused => *here = StepState::Refused,
            Moment::Unknown => *here = StepState::Unknown,
            Moment::Done | Moment::Stopped => {}
        }
    }
    let happened: Vec<StepId> = table
        .steps()
        .enumerate()
        .filter(|(i, _)| *i < at || matches!(steps[*i], StepState::Refused | StepState::Unknown))
        .map(|(_, step)| step.id.clone())
        .collect();
    let opened = happened.iter().any(|id| id.0 == "ST65") || at > index("ST64");
    FlowView {
        steps,
        // A flow that was refused, or whose outcome is not known, can go on.
        next: (at < count && !matches!(moment, Moment::Stopped)).then_some(at),
        messages: messages(opened)
            .into_iter()
            .filter(|m| happened.contains(&m.step))
            .collect(),
        learned: learned()
            .into_iter()
            .filter(|l| happened.contains(&l.step))
            .collect(),
        committed: at > index("ST69"),
        keys: Vec::new(),
        can_step_back: at > 0,
        lanes: lanes(),
        plan: DivisionPlanView {
            parent: PARENT,
            code: NEW,
            owner: 1,
            run: (at > index("ST61")).then_some(RUN),
            free: (at > index("ST61")).then_some((177, 80)),
            own_blocks: OWN,
            kept: (at > index("ST61")).then_some(PARENT_USER + PARENT_SYSTEM),
        },
        ended,
        table: Arc::new(table),
    }
}

/// What the sample refusal says.
pub fn refused_words() -> Words {
    Words {
        what: "This card may not be divided here.".into(),
        next: "Nothing was sent to the card. Hand it back, or ask the operator for a new list.".into(),
        details: "ST62: system code 0003 does not stand on the registerable system code list (RPSL), which names \
                  0007 and 8C01."
            .into(),
    }
}

/// What the sample unknown outcome says.
pub fn unknown_words() -> Words {
    Words {
        what: "Whether the card is divided is not known.".into(),
        next: "Touch the card again to find out.".into(),
        details: "ST69: Change System Block (8Eh) was sent at 10:44:02, no answer in 120 ms. Nothing is sent again \
                  before the card has been asked."
            .into(),
    }
}

fn lanes() -> Vec<LaneView> {
    let table = table();
    let lane = |id, name: &str, owner| LaneView {
        lane: table.lane(id).expect("a lane").clone(),
        name: name.into(),
        owner,
    };
    vec![
        lane(ISSUER.id(), "Aoba Transit", Some(0)),
        lane(OPERATOR.id(), "Common Area Operator", Some(1)),
        lane(TERMINAL.id(), "Desk 2", None),
        lane(CARD, "0112 0A1B 2C3D 4E5F", None),
    ]
}

fn learned() -> Vec<LearnedView> {
    let learned = |step: &str, who, what: &str, kcv| LearnedView {
        step: StepId(step.into()),
        who,
        what: what.into(),
        kcv,
    };
    vec![
        learned(
            "ST21",
            OPERATOR.id(),
            "SYS_K_F",
            Some(Kcv([0x3E, 0x88, 0xD0])),
        ),
        learned(
            "ST21",
            OPERATOR.id(),
            "K_MU_F",
            Some(Kcv([0xA9, 0x4C, 0x71])),
        ),
        learned("ST64", CARD, "SYS_K_F", Some(Kcv([0x3E, 0x88, 0xD0]))),
        learned("ST64", CARD, "K_MU_F", Some(Kcv([0xA9, 0x4C, 0x71]))),
    ]
}

fn messages(opened: bool) -> Vec<MessageView> {
    let message = |step: &str, from, to, label: &str, layers: Vec<LayerView>| MessageView {
        step: StepId(step.into()),
        from,
        to,
        both_ways: step == "ST65",
        label: label.into(),
        bytes: layers
            .iter()
            .filter(|layer| layer.depth == 0)
            .map(|layer| layer.bytes)
            .sum(),
        layers,
    };
    let at = opened.then(|| StepId("ST64".into()));
    let code = || clear("SYSC_(i)", "0003", 2);
    let list = |name: &str| clear(name, "0003, 8C01", 10);
    let proof = || vec![session("K_A1, K_A2", "K_A1", 66)];
    let frame = || vec![session("secure frame", "R2", 34)];
    vec![
        message(
            "ST23",
            OPERATOR.id(),
            ISSUER.id(),
            "Pf",
            vec![pf(0, at.clone())],
        ),
        message(
            "ST26",
            ISSUER.id(),
            OPERATOR.id(),
            "SYSC_(i), Pj, RI_(i)",
            vec![code(), pj(at.clone()), pf(1, at.clone()), list("RI_(i)")],
        ),
        message(
            "ST35",
            OPERATOR.id(),
            TERMINAL.id(),
            "SYSC_(i), Pj, INF_1",
            vec![code(), pj(at.clone()), pf(1, at.clone()), inf_1()],
        ),
        message(
            "ST46",
            OPERATOR.id(),
            TERMINAL.id(),
            "RPSL",
            vec![list("RPSL")],
        ),
        message("ST61", CARD, TERMINAL.id(), "SYSC_(i)", vec![code()]),
        message(
            "ST63",
            TERMINAL.id(),
            CARD,
            "Pj, INF_1",
            vec![pj(at.clone()), pf(1, at.clone()), inf_1()],
        ),
        message("ST65", OPERATOR.id(), TERMINAL.id(), "K_A1, K_A2", proof()),
        message("ST65", TERMINAL.id(), CARD, "K_A1, K_A2", proof()),
        message("ST66", TERMINAL.id(), CARD, "secure frame", frame()),
        message("ST67", TERMINAL.id(), CARD, "secure frame", frame()),
        message("ST68", TERMINAL.id(), CARD, "secure frame", frame()),
        message(
            "ST69",
            TERMINAL.id(),
            CARD,
            "SYSC_F",
            vec![clear("SYSC_F", "FE42", 2)],
        ),
    ]
}

/// A part that is not sealed.
fn clear(name: &str, value: &str, bytes: usize) -> LayerView {
    LayerView {
        name: name.into(),
        depth: 0,
        sealed_with: None,
        sealed_by: None,
        kcv: None,
        owner: None,
        can_open: lanes().iter().map(|view| view.lane.id).collect(),
        cannot_open: Vec::new(),
        opened_at: None,
        fields: vec![FieldView {
            label: name.into(),
            value: FieldValue::Plain(value.into()),
        }],
        bytes,
    }
}

/// What the operator's SAM and the card say to each other through the terminal.
fn session(name: &str, key: &str, bytes: usize) -> LayerView {
    LayerView {
        name: name.into(),
        depth: 0,
        sealed_with: Some(key.into()),
        sealed_by: Some(OPERATOR.id()),
        kcv: None,
        owner: Some(1),
        can_open: vec![OPERATOR.id(), CARD],
        cannot_open: vec![ISSUER.id(), TERMINAL.id()],
        opened_at: None,
        fields: Vec::new(),
        bytes,
    }
}

fn pf(depth: usize, opened_at: Option<StepId>) -> LayerView {
    LayerView {
        name: "Pf".into(),
        depth,
        sealed_with: Some("K_D".into()),
        sealed_by: Some(OPERATOR.id()),
        kcv: Some(Kcv([0xB0, 0x7C, 0x52])),
        owner: Some(1),
        can_open: vec![OPERATOR.id(), CARD],
        cannot_open: vec![ISSUER.id(), TERMINAL.id()],
        opened_at,
        fields: vec![
            FieldView {
                label: "SYSC_F, new system code".into(),
                value: FieldValue::Plain("FE42".into()),
            },
            FieldView {
                label: "SYS_K_F, its system key".into(),
                value: FieldValue::Key(Kcv([0x3E, 0x88, 0xD0])),
            },
            FieldView {
                label: "Key versions".into(),
                value: FieldValue::Plain("1, 1".into()),
            },
            FieldView {
                label: "K_MU_F, its top area key".into(),
                value: FieldValue::Key(Kcv([0xA9, 0x4C, 0x71])),
            },
        ],
        bytes: 32,
    }
}

fn pj(opened_at: Option<StepId>) -> LayerView {
    LayerView {
        name: "Pj".into(),
        depth: 0,
        sealed_with: Some("K_J".into()),
        sealed_by: Some(ISSUER.id()),
        kcv: Some(Kcv([0x51, 0x0E, 0x9A])),
        owner: Some(0),
        can_open: vec![ISSUER.id(), CARD],
        cannot_open: vec![OPERATOR.id(), TERMINAL.id()],
        opened_at,
        fields: vec![FieldView {
            label: "Blocks lent".into(),
            value: FieldValue::Plain("96".into()),
        }],
        bytes: 48,
    }
}

fn inf_1() -> LayerView {
    LayerView {
        name: "INF_1".into(),
        depth: 0,
        sealed_with: Some("K_MU_F".into()),
        sealed_by: Some(OPERATOR.id()),
        kcv: Some(Kcv([0xA9, 0x4C, 0x71])),
        owner: Some(1),
        can_open: vec![OPERATOR.id(), CARD],
        cannot_open: vec![ISSUER.id(), TERMINAL.id()],
        opened_at: None,
        fields: vec![
            FieldView {
                label: "SYSC_F, new system code".into(),
                value: FieldValue::Plain("FE42".into()),
            },
            FieldView {
                label: "K_MU_F, its top area key".into(),
                value: FieldValue::Key(Kcv([0xA9, 0x4C, 0x71])),
            },
        ],
        bytes: 24,
    }
}
