//! The Parties place: what each party has is read from what the flow recorded, and from nothing else.

use crate::ui_harness::open;
use crate::ui_samples::{FakeBench, Stage, card, view};
use cardwright::model::card::SystemCode;
use cardwright::model::cipher::Kcv;
use cardwright::model::flow::at::Lane as _;
use cardwright::model::flow::divide::{CARD, ISSUER, OPERATOR, TERMINAL, table};
use cardwright::model::flow::table::{FlowTable, StepId};
use cardwright::workbench::view::{
    DivisionPlanView, FieldValue, FieldView, FlowView, LaneView, LayerView, LearnedView,
    MessageView,
};
use egui::Role;
use egui_kittest::kittest::Queryable as _;
use std::sync::Arc;

fn flow() -> FlowView {
    let step = |id: &str| StepId(id.to_owned());
    let table = table();
    let lane = |id, owner| {
        let lane = table.lane(id).expect("a lane").clone();
        let name = lane.role.clone();
        LaneView { lane, name, owner }
    };
    let key = Kcv([0x3E, 0x88, 0xD0]);
    let pf = LayerView {
        name: "Pf".into(),
        depth: 0,
        sealed_with: Some("K_D".into()),
        sealed_by: Some(OPERATOR.id()),
        kcv: None,
        owner: Some(1),
        can_open: vec![OPERATOR.id(), CARD],
        cannot_open: vec![ISSUER.id(), TERMINAL.id()],
        opened_at: None,
        fields: vec![FieldView {
            label: "SYS_K_F".into(),
            value: FieldValue::Key(key),
        }],
        bytes: 40,
    };
    let clear = LayerView {
        name: "RI_(i)".into(),
        sealed_with: None,
        fields: Vec::new(),
        ..pf.clone()
    };
    let message = |id, from, to, layers| MessageView {
        step: step(id),
        from,
        to,
        both_ways: false,
        label: String::new(),
        layers,
        bytes: 40,
    };
    FlowView {
        table: Arc::new(FlowTable {
            id: "divide".into(),
            title: "Divide a card".into(),
            lanes: Vec::new(),
            phases: Vec::new(),
        }),
        steps: Vec::new(),
        next: None,
        ended: None,
        messages: vec![
            message("ST23", OPERATOR.id(), ISSUER.id(), vec![pf.clone()]),
            message("ST26", ISSUER.id(), OPERATOR.id(), vec![clear]),
        ],
        lanes: vec![
            lane(ISSUER.id(), Some(0)),
            lane(OPERATOR.id(), Some(1)),
            lane(TERMINAL.id(), None),
            lane(CARD, None),
        ],
        plan: DivisionPlanView {
            parent: SystemCode(0x0003),
            code: SystemCode(0xFE42),
            owner: 1,
            run: None,
            free: None,
            own_blocks: 4,
            kept: None,
        },
        learned: vec![
            LearnedView {
                step: step("ST64"),
                who: CARD,
                what: "SYS_K_F".into(),
                kcv: Some(key),
            },
            LearnedView {
                step: step("ST64"),
                who: TERMINAL.id(),
                what: "nothing".into(),
                kcv: None,
            },
        ],
        keys: Vec::new(),
        can_step_back: false,
        committed: false,
    }
}

#[test]
fn who_has_what_is_read_from_the_flow() {
    let mut sample = view(Some(card(256, Stage::Divided)));
    sample.flow = Some(Arc::new(flow()));
    let mut harness = open(FakeBench::of(sample));
    harness.get_by_role_and_label(Role::Tab, "Parties").click();
    harness.run();
    let lines = [
        "SYS_K_F: Card issuer carries it sealed, Area operator can open it, \
         Division terminal was not sent it, Card holds",
        "Pf: Card issuer carries it sealed, Area operator can open it, \
         Division terminal was not sent it, Card can open it",
        "RI_(i): Card issuer holds, Area operator holds, \
         Division terminal was not sent it, Card was not sent it",
    ];
    for line in lines {
        assert!(
            harness.query_by_role_and_label(Role::Row, line).is_some(),
            "{line}"
        );
    }
    assert_eq!(
        harness.query_all_by_role(Role::Row).count(),
        lines.len(),
        "and nothing else"
    );
}

#[test]
fn without_a_flow_it_says_what_to_do() {
    let mut harness = open(FakeBench::of(view(None)));
    harness.get_by_role_and_label(Role::Tab, "Parties").click();
    harness.run();
    assert!(
        harness
            .query_by_label("Nothing has passed between parties yet")
            .is_some()
    );
    assert!(
        harness
            .query_by_role_and_label(Role::Button, "Go to Desk")
            .is_some()
    );
}
