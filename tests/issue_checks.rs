//! What an issuance checks before it looks at the card, and what it looks at once more at the end.

use crate::issue_flow::{blank_of, on_chip, small, steps};
use crate::support::{ALL, Issuance, blank_memory, card_of};
use cardwright::device::emulated::EmulatedCard;
use cardwright::model::card::profile::Profile;
use cardwright::model::card::{NodeCode, SystemCode};
use cardwright::model::cipher::AesKey;
use cardwright::model::command::Frame;
use cardwright::model::demo::Demo;
use cardwright::model::flow::issue::PlannedService;
use cardwright::model::flow::{FlowError, Halt};
use cardwright::model::party::{KeyNode, KeyRing};
use cardwright::model::port::{CardLink, LinkError, Touch};
use std::collections::BTreeSet;

/// A reader without a card, on which nothing is looked for.
struct Nobody;

impl CardLink for Nobody {
    fn transceive(&mut self, _: &Frame) -> Result<Option<Frame>, LinkError> {
        panic!("the card is looked at")
    }
    fn field_off(&mut self) {}
    fn touch(&self) -> Touch {
        Touch(1)
    }
}

/// Each key that the order needs is missed before the card is looked at.
#[test]
fn no_card_is_looked_at_without_all_keys() {
    let whole = small();
    let (own, any) = (whole.plan.system, SystemCode::ANY);
    let mut needed = BTreeSet::from([
        (any, NodeCode::SYSTEM),
        (any, NodeCode::AREA_0),
        (own, NodeCode::SYSTEM),
        (own, NodeCode::AREA_0),
    ]);
    for area in &whole.plan.areas {
        needed.insert((own, area.code));
        let keyed = area.services.iter();
        let keyed = keyed.filter(|service| service.code.needs_authentication());
        needed.extend(keyed.map(|service| (own, service.code.node())));
    }
    for (system, node) in needed {
        let mut demo = small();
        let others = demo.issuer.ring.iter();
        let others =
            others.filter(|(name, _)| (name.system, name.node) != (system, KeyNode::Node(node)));
        demo.issuer.ring = KeyRing::new(others.map(|(name, key)| (name.clone(), key.clone())));
        let refused = Issuance::of(demo).run(&mut Nobody, ALL);
        let Err(Halt::Refused { step, error }) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(step.0, "IS01");
        assert_eq!(error, FlowError::NoKey(format!("{system}/{node}")));
    }
}

/// An area may be as small as what stands in it.
#[test]
fn a_plan_that_just_fits_is_issued() {
    let exact = |blocks| {
        let mut demo = small();
        demo.plan.areas[0].blocks = blocks;
        demo
    };
    // Four definitions, two blocks of one number and three of the other.
    let mut card = card_of(blank_memory(small().idm, &small().division_key));
    assert!(Issuance::of(exact(9)).run(&mut card, ALL).is_ok());
    let crowded = Issuance::of(exact(8)).run(&mut Nobody, 1);
    let (area, step) = (NodeCode(0x1000), "IS01");
    assert!(
        matches!(&crowded, Err(Halt::Refused { step: at, error: FlowError::Crowded(node) })
            if at.0 == step && *node == area),
        "{crowded:?}"
    );
}

/// A log belongs to the AES keys of its order as well.
#[test]
fn a_log_of_other_aes_keys_is_refused() {
    let mut issuance = Issuance::of(small());
    let mut card = card_of(blank_memory(small().idm, &small().division_key));
    assert_eq!(issuance.run(&mut card, 1), Err(Halt::Paused));
    let with = |system| {
        let mut demo = small();
        let (name, _) = demo.issuer.ring.iter_aes().next().expect("one");
        let mut name = name.clone();
        (name.0.system, name.0.version) = (system, 77);
        demo.issuer.ring.insert_aes(name, AesKey::new([7; 16]));
        issuance.resumed(demo).run(&mut Nobody, 0)
    };
    // Keys of another system are none of this order.
    assert_eq!(with(SystemCode(0x1234)), Err(Halt::Paused));
    let refused = with(small().plan.system);
    assert!(
        matches!(&refused, Err(Halt::Refused { error: FlowError::BadLog(step), .. }) if step.0 == "IS01"),
        "{refused:?}"
    );
}

/// A card that was exchanged for one that is less far, and the reader does not notice.
struct Exchanged {
    card: EmulatedCard,
    touch: Touch,
}

impl CardLink for Exchanged {
    fn transceive(&mut self, frame: &Frame) -> Result<Option<Frame>, LinkError> {
        self.card.transceive(frame)
    }
    fn field_off(&mut self) {
        self.card.field_off();
    }
    fn touch(&self) -> Touch {
        self.touch
    }
}

/// The last step asks the card for everything once more.
#[test]
fn what_the_card_does_not_hold_at_the_end_is_seen() {
    let profile = Profile::named("aes-4k").expect("a profile");
    let mut card = on_chip(&profile, blank_of(&profile, &small()));
    let mut issuance = Issuance::of(small());
    let mut at = vec![card.memory().clone()];
    while issuance.recording.steps.len() < steps() - 1 {
        assert_eq!(issuance.run(&mut card, 1), Err(Halt::Paused));
        at.push(card.memory().clone());
    }
    let touch = card.touch();
    let whole = at.pop().expect("the last");
    // From the identity on: before it, the card does not answer for the system.
    let identity = at.iter().position(|memory| *memory != at[0]);
    let mut seen_at_the_end = 0;
    for memory in &at[identity.expect("it is written")..] {
        let card = on_chip(&profile, memory.clone());
        let mut less = Exchanged { card, touch };
        let mut resumed = issuance.resumed(small());
        let refused = resumed.run(&mut less, ALL);
        let Err(Halt::Refused { step, error }) = refused else {
            panic!("{refused:?}");
        };
        // A step that was done in another touch is asked for by itself.
        match error {
            FlowError::ReadBack if step.0 == "IS11" => seen_at_the_end += 1,
            error => assert_eq!(error, FlowError::Gone(step)),
        }
    }
    assert!(seen_at_the_end > 0);
    let card = on_chip(&profile, whole);
    let mut same = Exchanged { card, touch };
    assert!(issuance.resumed(small()).run(&mut same, ALL).is_ok());
}

#[test]
fn the_first_data_is_what_the_plan_says() {
    let service = PlannedService {
        data: ["DEMO CARD", "0x00FF10", "Longer than sixteen bytes", ""]
            .map(String::from)
            .to_vec(),
        ..Demo::new().plan.areas[0].services[0].clone()
    };
    let expected: [&[u8; 16]; 4] = [
        b"DEMO CARD\0\0\0\0\0\0\0",
        b"\x00\xFF\x10\0\0\0\0\0\0\0\0\0\0\0\0\0",
        b"Longer than sixt",
        &[0; 16],
    ];
    let blocks = service.first_blocks();
    assert!(blocks.iter().map(|block| &block.0).eq(expected));
}
