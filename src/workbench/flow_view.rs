//! The picture of a flow.

use super::flow_run::FlowRun;
use super::view::{
    DivisionPlanView, FieldValue, FieldView, FlowView, KeyKnownView, LaneView, LayerView,
    LearnedView, MessageView, OwnerView, StepState,
};
use crate::device::emulated::EmulatedCard;
use crate::model::card::NodeCode;
use crate::model::card::image::OWN_BLOCKS;
use crate::model::chip::place_division;
use crate::model::cipher::{DesKey, issuer_package_key};
use crate::model::demo::Demo;
use crate::model::flow::at::Lane;
use crate::model::flow::divide::{CARD, ISSUER, OPERATOR, TERMINAL};
use crate::model::flow::secrets::{UNNAMED_KEY, forbidden};
use crate::model::flow::table::{LaneId, LaneKind, Step, StepId, TableLane};
use crate::model::message::layers::{Field, Layer, layers};
use crate::model::message::{Message, Part};
use crate::model::party::knowledge::{Forbidden, Knowledge, World};
use crate::model::party::{KeyNode, KeyRing};
use crate::words;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The step at which the card unwraps the packages.
const UNWRAPPED: &str = "ST64";

impl FlowRun {
    /// The flow on that card.
    pub fn view(&self, card: &EmulatedCard, demo: &Demo, owners: &[OwnerView]) -> FlowView {
        let done = self.recording.steps.len();
        let over = self.is_over();
        let is_stuck = |step: &Step| self.stuck.as_ref().is_some_and(|(id, _)| *id == step.id.0);
        // A step that was done before the card lost its power may be the one that does not go on.
        let stuck_at = self.table.steps().position(is_stuck);
        let at = stuck_at.map_or(done, |stuck_at| stuck_at.min(done));
        let next = (!over && at < self.table.steps().count()).then_some(at);
        let steps = self.table.steps().enumerate().map(|(index, step)| {
            let stuck = self.stuck.as_ref().filter(|(id, _)| *id == step.id.0);
            match stuck {
                Some((_, true)) => StepState::Unknown,
                Some((_, false)) => StepState::Refused,
                None if index < done => StepState::Done,
                None if Some(index) == next && self.stuck.is_none() => StepState::Next,
                None => StepState::Idle,
            }
        });
        let keys = every_key(demo);
        FlowView {
            table: Arc::clone(&self.table),
            steps: steps.collect(),
            next,
            ended: self.end.clone(),
            messages: self.messages(&keys, demo),
            lanes: self.lane_views(card, owners),
            plan: plan(card, demo),
            learned: self.learned(demo),
            keys: self.keys(demo),
            can_step_back: self.can_step_back(),
            committed: self.is_committed(),
        }
    }

    fn is_done(&self, step: &str) -> bool {
        self.recording
            .steps
            .iter()
            .any(|record| record.step.0 == step)
    }

    /// Messages, and what parties did alone, in the order of the steps.
    fn messages(&self, keys: &[DesKey], demo: &Demo) -> Vec<MessageView> {
        let mut views = Vec::new();
        for record in &self.recording.steps {
            let Some(step) = self.table.step(&record.step) else {
                continue;
            };
            let mut sent = self
                .messages
                .iter()
                .filter(|message| message.step == step.id)
                .peekable();
            if sent.peek().is_none() {
                views.push(MessageView {
                    step: step.id.clone(),
                    from: step.lane,
                    to: step.lane,
                    both_ways: false,
                    label: step.title.clone(),
                    layers: Vec::new(),
                    bytes: 0,
                });
            }
            for message in sent {
                let is_frame =
                    |part: &Part| matches!(part, Part::Authentication { .. } | Part::Secure { .. });
                let dialogue = message.parts.iter().any(is_frame);
                let envelopes = message.parts.iter().filter(|part| !is_frame(part));
                let peeled = envelopes.flat_map(|part| layers(part, keys));
                views.push(MessageView {
                    step: message.step.clone(),
                    from: message.from,
                    to: message.to,
                    both_ways: dialogue,
                    label: if dialogue {
                        step.title.clone()
                    } else {
                        message.label()
                    },
                    layers: peeled.map(|layer| self.layer(layer, demo)).collect(),
                    bytes: message.bytes(),
                });
            }
        }
        views
    }

    /// Who stands on the chart: the lanes with the names of what is bound to them.
    fn lane_views(&self, card: &EmulatedCard, owners: &[OwnerView]) -> Vec<LaneView> {
        let idm = || Some(card.image()?.systems.first()?.idm.to_string());
        let view = |lane: &TableLane| {
            let owner = owner_index(lane.id);
            let name = match lane.kind {
                LaneKind::Party => owner.and_then(|at| Some(owners.get(at)?.name.clone())),
                LaneKind::Terminal => Some(words::text("flow.terminal.name").to_owned()),
                LaneKind::Card => idm(),
            };
            LaneView {
                lane: lane.clone(),
                name: name.unwrap_or_default(),
                owner,
            }
        };
        self.table.lanes.iter().map(view).collect()
    }

    fn lanes(&self) -> impl Iterator<Item = LaneId> {
        self.table.lanes.iter().map(|lane| lane.id)
    }

    /// What each party knows by the messages so far.
    fn knowledge(&self, demo: &Demo) -> &BTreeMap<LaneId, Knowledge> {
        self.known.get_or_init(|| known(&self.messages, demo))
    }

    fn layer(&self, layer: Layer, demo: &Demo) -> LayerView {
        let can = |lane: &LaneId| {
            self.knowledge(demo)
                .get(lane)
                .is_some_and(|knowledge| knowledge.can_open(&layer.part))
        };
        let (can_open, cannot_open) = self.lanes().partition(can);
        let opened = match layer.part {
            Part::Sealed { kind, .. } => kind.opened_at.filter(|step| self.is_done(step)),
            _ => None,
        };
        let fields = layer.fields.into_iter().map(|(name, field)| FieldView {
            label: field_label(name),
            value: match field {
                Field::Text(text) => FieldValue::Plain(text),
                Field::Key(kcv) => FieldValue::Key(kcv),
            },
        });
        LayerView {
            name: layer.name.to_string(),
            depth: layer.depth,
            sealed_with: layer.sealed.map(|(key, _)| key.to_string()),
            sealed_by: layer.sealed.map(|(_, by)| by),
            kcv: layer.kcv,
            owner: layer.sealed.and_then(|(_, by)| owner_index(by)),
            can_open,
            cannot_open,
            opened_at: opened.map(|step| StepId(step.into())),
            fields: fields.collect(),
            bytes: layer.part.bytes(),
        }
    }

    /// Who knows which of the keys that are forbidden to somebody.
    fn keys(&self, demo: &Demo) -> Vec<KeyKnownView> {
        let mut keys: Vec<KeyKnownView> = Vec::new();
        for (_, rule) in forbidden(&demo.issuer, &demo.operator) {
            let Forbidden::Key(name, key) = rule else {
                continue;
            };
            if name == UNNAMED_KEY || keys.iter().any(|known| known.name == name) {
                continue;
            }
            let knows = |lane: &LaneId| {
                let knowledge = self.knowledge(demo).get(lane);
                knowledge.is_some_and(|known| known.knows(&key))
            };
            let known_to = self.lanes().filter(knows).collect();
            keys.push(KeyKnownView {
                name,
                kcv: key.kcv(),
                known_to,
            });
        }
        keys
    }

    /// What the card learns when it unwraps, and that the terminal learns nothing.
    fn learned(&self, demo: &Demo) -> Vec<LearnedView> {
        if !self.is_done(UNWRAPPED) {
            return Vec::new();
        }
        let at = |who, what: &str, kcv| LearnedView {
            step: StepId(UNWRAPPED.into()),
            who,
            what: what.to_string(),
            kcv,
        };
        let kcv = |node| {
            let found = demo
                .operator
                .ring
                .newest(demo.operator.system, KeyNode::Node(node));
            found.map(|(_, key)| key.kcv())
        };
        vec![
            at(CARD, "SYS_K_F", kcv(NodeCode::SYSTEM)),
            at(CARD, "K_MU_F", kcv(NodeCode::AREA_0)),
            at(TERMINAL.id(), words::text("flow.learned.nothing"), None),
        ]
    }
}

/// What each party knows by now.
fn known(messages: &[Message], demo: &Demo) -> BTreeMap<LaneId, Knowledge> {
    // Keys of deeper areas and of services take no part in a division; the closure is the same without them.
    let first_keys = |ring: &KeyRing| {
        let first = |node| !matches!(node, KeyNode::Node(node) if node != NodeCode::SYSTEM && node != NodeCode::AREA_0);
        let kept = ring.iter().filter(|(name, _)| first(name.node));
        KeyRing::new(kept.map(|(name, key)| (name.clone(), key.clone())))
    };
    let issuer = first_keys(&demo.issuer.ring);
    let mut card = issuer.clone();
    if let Some((name, key)) = demo
        .operator
        .ring
        .newest(demo.issuer.system, KeyNode::Division)
    {
        card.insert(name.clone(), key.clone());
    }
    let rings = BTreeMap::from([
        (ISSUER.id(), issuer),
        (OPERATOR.id(), first_keys(&demo.operator.ring)),
        (TERMINAL.id(), KeyRing::default()),
        (CARD, card),
    ]);
    let world = World {
        rings,
        messages: messages.to_vec(),
    };
    [ISSUER.id(), OPERATOR.id(), TERMINAL.id(), CARD]
        .into_iter()
        .map(|lane| (lane, world.knowledge(lane, None)))
        .collect()
}

/// Every key of a DEMO workspace: the lesson shows what is inside each envelope.
fn every_key(demo: &Demo) -> Vec<DesKey> {
    let rings = [&demo.issuer.ring, &demo.operator.ring];
    let mut keys: Vec<DesKey> = rings
        .into_iter()
        .flat_map(KeyRing::iter)
        .map(|(_, key)| key.clone())
        .collect();
    let node = |node| {
        demo.issuer
            .ring
            .newest(demo.issuer.system, KeyNode::Node(node))
            .map(|(_, key)| key)
    };
    if let (Some(system), Some(root)) = (node(NodeCode::SYSTEM), node(NodeCode::AREA_0)) {
        keys.push(issuer_package_key(system, root));
    }
    keys
}

fn owner_index(lane: LaneId) -> Option<usize> {
    [ISSUER.id(), OPERATOR.id()]
        .iter()
        .position(|owner| *owner == lane)
}

/// What the division changes, from the card as it is and the blocks that are lent.
fn plan(card: &EmulatedCard, demo: &Demo) -> DivisionPlanView {
    let mut plan = DivisionPlanView {
        parent: demo.issuer.system,
        code: demo.operator.system,
        owner: 1,
        run: None,
        free: None,
        own_blocks: OWN_BLOCKS,
        kept: None,
    };
    let Some(image) = card.image() else {
        return plan;
    };
    let Some(parent) = image.systems.first() else {
        return plan;
    };
    let lent = u32::from(demo.issuer.blocks_lent);
    let made = image
        .systems
        .iter()
        .find(|system| system.code == demo.operator.system);
    let free = parent.free_blocks();
    let used = parent.user_blocks() + parent.system_blocks.len() as u32;
    if let Some(made) = made {
        plan.run = Some((made.window.first, made.window.blocks));
        plan.free = Some((free + made.window.blocks + 1, free));
        plan.kept = Some(used - 1);
    } else if let Some(run) = place_division(parent, demo.issuer.blocks_lent) {
        plan.run = Some((run.first, run.blocks));
        plan.free = Some((free, free.saturating_sub(lent + 1)));
        plan.kept = Some(used);
    }
    plan
}

/// A field's name for people, with the seed's term where it has one.
fn field_label(name: &str) -> String {
    match name {
        "blocks_lent" => words::text("flow.field.blocks_lent"),
        "SYSC_F" => words::text("flow.field.system_code"),
        "SYS_K_F" => words::text("flow.field.system_key"),
        "K_MU_F" => words::text("flow.field.root_key"),
        "versions" => words::text("flow.field.versions"),
        other => return other.to_string(),
    }
    .to_string()
}
