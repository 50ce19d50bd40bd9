//! First issuance: straight through, step by step, killed after every step, with every frame and every answer lost
//! once, with a cut at every block write; and the cards that it refuses, which stay as they are byte for byte.

use crate::support::{
    ALL, Issuance, blank_memory, card_of, demo_card, key_name, off_by_one_bit, times,
};
use cardwright::device::emulated::EmulatedCard;
use cardwright::device::memory::{Memory, PowerCut, Torn};
use cardwright::device::system::{SystemClock, SystemRng};
use cardwright::model::card::profile::Profile;
use cardwright::model::card::{Block, Idm, NodeCode, ServiceCode, SystemCode};
use cardwright::model::chip::{Chip, factory_image, put_transport_aes_key};
use cardwright::model::cipher::DesKey;
use cardwright::model::command::Frame;
use cardwright::model::demo::Demo;
use cardwright::model::flow::issue::{PlannedArea, PlannedService, table};
use cardwright::model::flow::log::LogEntry;
use cardwright::model::flow::{FlowError, Halt};
use cardwright::model::message::Part;
use cardwright::model::party::{KeyNode, KeyRing};
use cardwright::model::port::{CardLink, LinkError, SamError, Touch};
use cardwright::model::reader::CardError;
use std::collections::BTreeSet;

/// The steps that may write.
const WRITING: [&str; 6] = ["IS05", "IS06", "IS07", "IS08", "IS09", "IS10"];

pub fn steps() -> usize {
    table().steps().count()
}

pub fn small() -> Demo {
    Demo::small(SystemCode(0x8092), None)
}

fn blank(demo: &Demo) -> EmulatedCard {
    card_of(blank_memory(demo.idm, &demo.division_key))
}

/// What that demo's card holds when nothing disturbs its issuance.
fn issued_data(demo: Demo) -> Vec<Block> {
    let mut card = blank(&demo);
    Issuance::of(demo).run(&mut card, ALL).expect("issued");
    card.memory().data().to_vec()
}

#[test]
fn every_step_is_told_and_visited_in_order() {
    let table = table();
    let mut ids = BTreeSet::new();
    for step in table.steps() {
        assert!(ids.insert(step.id.clone()), "{} stands twice", step.id);
        assert!(!step.title.is_empty() && step.why.len() > 40, "{}", step.id);
        assert!(step.title.split(' ').count() <= 5, "{}", step.title);
    }
    let demo = Demo::new();
    let mut card = blank(&demo);
    let mut issuance = Issuance::of(Demo::new());
    assert_eq!(issuance.run(&mut card, ALL), Ok(demo.idm));
    let visited: Vec<_> = issuance.recording.steps.iter().map(|r| &r.step).collect();
    assert_eq!(visited, table.steps().map(|s| &s.id).collect::<Vec<_>>());
    let intents = issuance.log.0.iter().filter_map(|entry| match entry {
        LogEntry::Intent { step, .. } => Some(step.0.as_str()),
        _ => None,
    });
    assert_eq!(intents.collect::<Vec<_>>(), WRITING);
    // Every block was written in a step that may write.
    for (_, event) in card.journal().events() {
        let step = card
            .journal()
            .cause(event)
            .and_then(|cause| cause.step.as_ref())
            .expect("in a step");
        assert!(WRITING.contains(&step.0.as_str()), "{step}");
    }
    assert!(card.memory().data() == demo_card().memory().data());
}

#[test]
fn what_passes_is_protected_by_keys() {
    let demo = Demo::new();
    let mut card = blank(&demo);
    let mut issuance = Issuance::of(demo);
    issuance.run(&mut card, ALL).expect("issued");
    for step in ["IS03", "IS04", "IS05", "IS06", "IS07", "IS08", "IS09"] {
        let sent: Vec<&Part> = issuance
            .messages
            .iter()
            .filter(|message| message.step.0 == step)
            .flat_map(|message| &message.parts)
            .collect();
        assert!(!sent.is_empty(), "{step}");
        for part in sent {
            match part {
                Part::Authentication { frames, .. } => assert_eq!(frames.len(), 4, "{step}"),
                Part::Secure { .. } => {}
                other => panic!("{step}: {other:?}"),
            }
        }
    }
}

#[test]
fn step_by_step_comes_to_the_same() {
    let mut card = blank(&small());
    let mut issuance = Issuance::of(small());
    for done in 1..=steps() {
        let result = issuance.run(&mut card, 1);
        assert_eq!(issuance.recording.steps.len(), done, "{result:?}");
    }
    assert!(card.memory().data() == issued_data(small()));
}

#[test]
fn killed_after_any_step_it_goes_on_and_ends_issued() {
    let expected = issued_data(small());
    for kill_after in 0..=steps() {
        let mut card = blank(&small());
        let mut issuance = Issuance::of(small());
        let first = issuance.run(&mut card, kill_after);
        assert_eq!(first.is_ok(), kill_after == steps());
        // The program is gone and so is the card's power; or only the program, and the card lies there still.
        for powerless in [true, false] {
            let mut lying = card_of(card.memory().clone());
            let card: &mut EmulatedCard = if powerless { &mut lying } else { &mut card };
            let mut resumed = issuance.resumed(small());
            let mut result = resumed.run(card, ALL);
            if result.is_err() && !powerless {
                // A session that the key holder lost with the program is opened anew.
                result = resumed.run(card, ALL);
            }
            assert_eq!(result, Ok(small().idm), "after {kill_after}");
            assert!(card.memory().data() == expected, "after {kill_after}");
        }
    }
}

#[test]
fn killed_after_every_step_it_still_ends_issued() {
    let mut memory = blank(&small()).memory().clone();
    let mut issuance = Issuance::of(small());
    for done in 1..=steps() {
        let mut card = card_of(memory);
        let result = issuance.run(&mut card, 1);
        assert_eq!(issuance.recording.steps.len(), done, "{result:?}");
        memory = card.memory().clone();
        issuance = issuance.resumed(small());
    }
    assert!(memory.data() == issued_data(small()));
}

#[test]
fn before_the_commit_nothing_is_written() {
    for done in 0..=4 {
        let mut card = blank(&small());
        let before = card.memory().clone();
        let mut issuance = Issuance::of(small());
        assert_eq!(issuance.run(&mut card, done), Err(Halt::Paused));
        assert!(*card.memory() == before, "{done} steps");
    }
}

/// Steps that were taken back on a card that stays issued are found to be true.
#[test]
fn back_on_a_card_that_stays_issued() {
    let expected = issued_data(small());
    for back_to in 1..steps() {
        let mut card = blank(&small());
        let mut issuance = Issuance::of(small());
        issuance.run(&mut card, ALL).expect("issued");
        issuance.rewind(back_to);
        card.field_off();
        let before = card.memory().clone();
        let again = issuance.run(&mut card, ALL);
        if back_to == 1 {
            // Nothing says any more that this flow has issued the card.
            let error = FlowError::Personalized(SystemCode(0x8092));
            let Err(Halt::Refused { error: said, .. }) = again else {
                panic!("{again:?}");
            };
            assert_eq!(said, error);
        } else {
            assert_eq!(again, Ok(small().idm), "back to {back_to}");
        }
        assert!(*card.memory() == before && before.data() == expected);
    }
}

/// What goes wrong with one frame.
#[derive(Clone, Copy, Debug)]
enum Wrong {
    /// The card leaves before it.
    NotDelivered,
    /// The card leaves before its answer is heard.
    AnswerLost,
    /// A bit of the answer's end is turned.
    AnswerTurned,
    /// The answer is cut off.
    AnswerCut,
    /// The reader cannot send it.
    NotSent,
}

/// A link on which something goes wrong once.
struct Faulty<'a> {
    card: &'a mut EmulatedCard,
    /// Frames that pass before it.
    after: usize,
    wrong: Wrong,
    struck: bool,
}

impl CardLink for Faulty<'_> {
    fn transceive(&mut self, frame: &Frame) -> Result<Option<Frame>, LinkError> {
        if self.struck || self.after > 0 {
            self.after = self.after.saturating_sub(1);
            return self.card.transceive(frame);
        }
        self.struck = true;
        let answer = match self.wrong {
            Wrong::NotSent => return Err(LinkError::CannotSend(frame.code())),
            Wrong::NotDelivered => None,
            _ => self.card.transceive(frame)?,
        };
        let body = answer.as_ref().map(|answer| answer.body().to_vec());
        let body = match (body, self.wrong) {
            (Some(mut body), Wrong::AnswerTurned) => {
                *body.last_mut().expect("a body") ^= 1;
                body
            }
            (Some(mut body), Wrong::AnswerCut) => {
                body.pop();
                body
            }
            _ => {
                self.card.field_off();
                return Err(LinkError::CardGone);
            }
        };
        Ok(Some(
            Frame::build(frame.code() + 1, &body).expect("it fits"),
        ))
    }
    fn field_off(&mut self) {
        self.card.field_off();
    }
    fn touch(&self) -> Touch {
        self.card.touch()
    }
}

#[test]
fn a_lost_frame_or_answer_anywhere_ends_issued_after_all() {
    let expected = issued_data(small());
    let mut cases = 0;
    for after in 0.. {
        for wrong in [Wrong::NotDelivered, Wrong::AnswerLost] {
            let mut card = blank(&small());
            let mut issuance = Issuance::of(small());
            let mut link = Faulty {
                card: &mut card,
                after,
                wrong,
                struck: false,
            };
            let first = issuance.run(&mut link, ALL);
            let case = format!("frame {after}, {wrong:?}");
            if !link.struck {
                assert_eq!(first, Ok(small().idm), "{case}");
                assert!(cases > 100, "{cases}");
                return;
            }
            cases += 1;
            match &first {
                Err(Halt::Refused { .. }) => assert_eq!(issuance.recording.open_intent, None),
                Err(Halt::Unknown { step, .. }) => {
                    assert!(WRITING.contains(&step.0.as_str()), "{case}");
                    assert_eq!(issuance.recording.open_intent.as_ref(), Some(step));
                }
                other => panic!("{case}: {other:?}"),
            }
            let mut resumed = issuance.resumed(small());
            assert_eq!(resumed.run(&mut card, ALL), Ok(small().idm), "{case}");
            assert!(card.memory().data() == expected, "{case}");
        }
    }
}

/// A plan of more areas than one commit takes, and services in two of them.
fn many_areas() -> Demo {
    let mut demo = small();
    for number in 0..7 {
        let code = 0x4000 + number * 0x100;
        let key = DesKey::new([
            b'D',
            b'E',
            b'M',
            b'O',
            b'A',
            b'R',
            b'E',
            b'A' + number as u8,
        ]);
        demo.issuer
            .ring
            .insert(key_name(demo.plan.system, code), key.clone());
        let services = match number {
            0 => Vec::new(),
            number => {
                let code = code + 8;
                demo.issuer
                    .ring
                    .insert(key_name(demo.plan.system, code), key);
                vec![PlannedService {
                    code: ServiceCode::new(code).expect("a service"),
                    name: String::new(),
                    blocks: 1,
                    data: vec![format!("Area {number}")],
                }]
            }
        };
        demo.plan.areas.push(PlannedArea {
            code: NodeCode(code),
            name: String::new(),
            end: NodeCode(code + 0xFF),
            blocks: 3,
            services,
        });
    }
    demo
}

/// A frame that cannot be sent leaves the card as it was. A step that had written before is open all the same, and one
/// that had not is refused.
#[test]
fn a_frame_that_is_not_sent_tells_whether_the_step_had_written() {
    let mut at = Vec::new();
    let mut whole = blank(&small());
    let mut straight = Issuance::of(many_areas());
    for _ in 0..=steps() {
        at.push(whole.memory().data().to_vec());
        let _ = straight.run(&mut whole, 1);
    }
    let (mut refused, mut open) = (0, 0);
    for after in 0.. {
        let mut card = blank(&small());
        let mut issuance = Issuance::of(many_areas());
        let mut link = Faulty {
            card: &mut card,
            after,
            wrong: Wrong::NotSent,
            struck: false,
        };
        let halted = issuance.run(&mut link, ALL);
        if !link.struck {
            assert_eq!(halted, Ok(small().idm));
            break;
        }
        let done = issuance.recording.steps.len();
        let as_it_was = card.memory().data() == at[done];
        let case = format!("frame {after}: {halted:?}");
        let (step, error) = match halted {
            Err(Halt::Refused { step, error }) => {
                assert!(as_it_was, "{case}");
                refused += 1;
                (step, error)
            }
            Err(Halt::Unknown { step, error }) => {
                assert!(!as_it_was, "{case}");
                open += 1;
                (step, error)
            }
            _ => panic!("{case}"),
        };
        assert_eq!(table().steps().nth(done).map(|next| &next.id), Some(&step));
        let (FlowError::Card(why) | FlowError::NotDone(why) | FlowError::Unsettled(why)) = error
        else {
            panic!("{case}");
        };
        assert!(
            matches!(why, CardError::Link(LinkError::CannotSend(_))),
            "{case}"
        );
        let mut resumed = issuance.resumed(many_areas());
        assert_eq!(resumed.run(&mut card, ALL), Ok(small().idm), "{case}");
        assert!(card.memory().data() == whole.memory().data(), "{case}");
    }
    assert!(refused > 20 && open > 20, "{refused} and {open}");
}

/// An answer that is garbled may stop the flow or say what is not so; it never ends a card otherwise than issued.
#[test]
fn a_garbled_answer_anywhere_ends_issued_after_all() {
    let expected = issued_data(small());
    for after in 0.. {
        for wrong in [Wrong::AnswerTurned, Wrong::AnswerCut] {
            let mut card = blank(&small());
            let mut issuance = Issuance::of(small());
            let mut link = Faulty {
                card: &mut card,
                after,
                wrong,
                struck: false,
            };
            let first = issuance.run(&mut link, ALL);
            let case = format!("frame {after}, {wrong:?}");
            if !link.struck {
                return assert!(after > 50, "{after}");
            }
            if first.is_err() {
                let mut resumed = issuance.resumed(small());
                assert_eq!(resumed.run(&mut card, ALL), Ok(small().idm), "{case}");
            }
            assert!(card.memory().data() == expected, "{case}");
        }
    }
}

/// A blank card of a profile, as its maker delivers it.
pub fn blank_of(profile: &Profile, demo: &Demo) -> Memory {
    let mut blocks = factory_image(profile, demo.idm, &demo.division_key, &demo.transport_key);
    if profile.aes {
        put_transport_aes_key(&mut blocks, &demo.aes_transport_key);
    }
    Memory::new(blocks, profile)
}

pub fn on_chip(profile: &Profile, memory: Memory) -> EmulatedCard {
    let (rng, clock) = (Box::new(SystemRng), Box::new(SystemClock));
    EmulatedCard::with_sources(profile.clone(), memory, rng, clock).expect("a card's memory")
}

#[test]
fn a_cut_at_any_block_write_ends_issued_after_all() {
    for name in ["small-1k", "aes-4k"] {
        cut_everywhere(&Profile::named(name).expect("a profile"));
    }
}

fn cut_everywhere(profile: &Profile) {
    let memory = blank_of(profile, &small());
    let mut whole = on_chip(profile, memory.clone());
    Issuance::of(small()).run(&mut whole, ALL).expect("issued");
    let mut cases = 0;
    for at_write in 0.. {
        let mut struck = false;
        for leaves in Torn::ALL {
            let mut card = on_chip(profile, memory.clone());
            card.cut_power(PowerCut { at_write, leaves });
            let mut issuance = Issuance::of(small());
            let case = format!("write {at_write} leaves {leaves:?}");
            match issuance.run(&mut card, ALL) {
                Ok(_) => {
                    assert!(card.memory().is_cut_ahead(), "{case}");
                    continue;
                }
                Err(Halt::Unknown { step, .. }) => assert!(WRITING.contains(&step.0.as_str())),
                Err(other) => panic!("{case}: {other:?}"),
            }
            struck = true;
            cases += 1;
            let mut card = on_chip(profile, card.memory().clone());
            let mut resumed = issuance.resumed(small());
            assert_eq!(resumed.run(&mut card, ALL), Ok(small().idm), "{case}");
            assert!(card.memory().data() == whole.memory().data(), "{case}");
        }
        if !struck {
            assert!(cases > 100, "{cases}");
            return;
        }
    }
}

/// A second cut, while the card that was cut first is taken up again. Sampled but in the soak.
#[test]
fn two_cuts_end_issued_after_all() {
    let profile = Profile::named("small-1k").expect("a profile");
    let memory = blank_of(&profile, &small());
    let expected = {
        let mut whole = on_chip(&profile, memory.clone());
        Issuance::of(small()).run(&mut whole, ALL).expect("issued");
        whole.memory().data().to_vec()
    };
    let leap = if times(0, 1) == 1 { 1 } else { 7 };
    let mut cases = 0;
    for first in (0..).step_by(leap) {
        let leaves = Torn::ALL[first % 4];
        let mut card = on_chip(&profile, memory.clone());
        card.cut_power(PowerCut {
            at_write: first,
            leaves,
        });
        let mut issuance = Issuance::of(small());
        if issuance.run(&mut card, ALL).is_ok() {
            println!("two cuts of an issuance: {cases} cases");
            return assert!(cases > 10, "{cases}");
        }
        let torn = card.memory().clone();
        for second in (0..).step_by(leap) {
            let mut memory = torn.clone();
            memory.cut_at(Some(PowerCut {
                at_write: second,
                leaves: Torn::ALL[second % 4],
            }));
            let case = format!("writes {first} and {second}");
            cases += 1;
            // The power may go while the chip finishes what its log holds.
            let mut again = issuance.resumed(small());
            let torn = match Chip::power_on(profile.clone(), &mut memory) {
                Err(_) => memory,
                Ok(_) => {
                    let mut card = on_chip(&profile, memory);
                    if again.run(&mut card, ALL).is_ok() {
                        assert!(card.memory().data() == expected, "{case}");
                        break;
                    }
                    card.memory().clone()
                }
            };
            let mut card = on_chip(&profile, torn);
            let mut last = again.resumed(small());
            assert_eq!(last.run(&mut card, ALL), Ok(small().idm), "{case}");
            assert!(card.memory().data() == expected, "{case}");
        }
    }
}

/// A chip that does not write as one may be torn so that nobody can finish it. Nothing is called done that is not.
#[test]
fn on_a_chip_without_atomic_commands_nothing_is_called_done_that_is_not() {
    let profile = Profile::named("plain-4k").expect("a profile");
    let memory = blank_of(&profile, &small());
    let mut whole = on_chip(&profile, memory.clone());
    Issuance::of(small()).run(&mut whole, ALL).expect("issued");
    for at_write in 0.. {
        let mut struck = false;
        for leaves in Torn::ALL {
            let mut card = on_chip(&profile, memory.clone());
            card.cut_power(PowerCut { at_write, leaves });
            let mut issuance = Issuance::of(small());
            if issuance.run(&mut card, ALL).is_ok() {
                assert!(card.memory().is_cut_ahead());
                continue;
            }
            struck = true;
            let torn = card.memory().clone();
            let Ok(mut card) = EmulatedCard::new(profile.clone(), torn) else {
                continue;
            };
            if issuance.resumed(small()).run(&mut card, ALL).is_ok() {
                let case = format!("write {at_write} leaves {leaves:?}");
                assert!(card.memory().data() == whole.memory().data(), "{case}");
            }
        }
        if !struck {
            return;
        }
    }
}

/// Runs it twice, the second time as a person would try again: the same refusal, and no change.
fn is_refused(card: &mut EmulatedCard, demo: impl Fn() -> Demo, step: &str, error: FlowError) {
    let before = card.memory().clone();
    let mut issuance = Issuance::of(demo());
    for _ in 0..2 {
        let result = issuance.run(card, ALL);
        let Err(Halt::Refused {
            step: at,
            error: said,
        }) = result
        else {
            panic!("{result:?}");
        };
        assert_eq!((at.0.as_str(), &said), (step, &error));
        assert!(*card.memory() == before, "{error}");
    }
    assert!(
        !issuance
            .log
            .0
            .iter()
            .any(|entry| matches!(entry, LogEntry::Intent { .. }))
    );
}

#[test]
fn a_card_that_was_issued_is_refused() {
    let mut own = demo_card();
    let error = FlowError::Personalized(SystemCode(0x0003));
    is_refused(&mut own, Demo::new, "IS02", error.clone());
    is_refused(&mut own, small, "IS02", error);
    let mut divided = demo_card();
    crate::support::Division::new()
        .run(&mut divided, ALL)
        .expect("divided");
    let error = FlowError::Personalized(SystemCode(0x0003));
    is_refused(&mut divided, Demo::new, "IS02", error);
}

/// Half-way, somebody else's card of the same number and system is put there.
#[test]
fn a_card_that_another_issued_meanwhile_is_refused() {
    let mut card = blank(&small());
    let mut issuance = Issuance::of(small());
    assert_eq!(issuance.run(&mut card, 4), Err(Halt::Paused));
    let mut other = blank(&small());
    let mut strange = small();
    strange.issuer.ring = with_key(&strange, SystemCode(0x8092), NodeCode::AREA_0);
    Issuance::of(strange).run(&mut other, ALL).expect("issued");
    let before = other.memory().clone();
    let refused = issuance.run(&mut other, ALL);
    let Err(Halt::Refused { step, error }) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(step.0, "IS05");
    assert_eq!(
        error,
        FlowError::NotDone(CardError::Sam(SamError::NotGenuine))
    );
    assert!(*other.memory() == before);
}

#[test]
fn another_card_than_the_order_names_is_refused_at_every_step() {
    let other = Idm([0x01, 0x12, 0xFF, 0, 0, 0, 0, 1]);
    let elsewhere = || card_of(blank_memory(other, &small().division_key));
    let expected = small().idm;
    let error = FlowError::WrongCard {
        expected,
        found: other,
    };
    is_refused(&mut elsewhere(), small, "IS02", error.clone());
    for done in 2..steps() {
        let mut card = blank(&small());
        let mut issuance = Issuance::of(small());
        assert_eq!(issuance.run(&mut card, done), Err(Halt::Paused));
        let mut wrong = elsewhere();
        let before = wrong.memory().clone();
        let refused = issuance.run(&mut wrong, ALL);
        let Err(Halt::Refused { step, error: said }) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!((step.0.as_str(), &said), ("IS02", &error));
        assert!(*wrong.memory() == before);
        issuance.run(&mut card, ALL).expect("the right card again");
    }
}

/// The demo issuer's ring with another key in the place of one.
fn with_key(demo: &Demo, system: SystemCode, node: NodeCode) -> KeyRing {
    let mut ring = demo.issuer.ring.clone();
    let (name, key) = ring.newest(system, KeyNode::Node(node)).expect("there");
    let (name, key) = (name.clone(), off_by_one_bit(key));
    ring.insert(name, key);
    ring
}

#[test]
fn other_transport_keys_are_refused() {
    for node in [NodeCode::SYSTEM, NodeCode::AREA_0] {
        let demo = || {
            let mut demo = small();
            demo.issuer.ring = with_key(&demo, SystemCode::ANY, node);
            demo
        };
        let error = FlowError::Card(CardError::Sam(SamError::NotGenuine));
        is_refused(&mut blank(&small()), demo, "IS03", error);
    }
}

#[test]
fn a_card_that_is_too_small_is_refused() {
    let with_blocks = |blocks| {
        move || {
            let mut demo = small();
            demo.plan.areas[0].blocks = blocks;
            demo
        }
    };
    let error = FlowError::TooSmall {
        needed: 252,
        free: 251,
    };
    is_refused(&mut blank(&small()), with_blocks(251), "IS02", error);
    let demo = with_blocks(250);
    let mut card = blank(&demo());
    Issuance::of(demo())
        .run(&mut card, ALL)
        .expect("it just fits");
}

#[test]
fn a_plan_that_does_not_hold_together_is_refused_before_the_card_is_looked_at() {
    let crowded = || {
        let mut demo = small();
        demo.plan.areas[0].blocks = 8;
        demo
    };
    let error = FlowError::Crowded(NodeCode(0x1000));
    is_refused(&mut blank(&small()), crowded, "IS01", error);
    let without_key = || {
        let mut demo = small();
        let service = PlannedService {
            code: ServiceCode::new(0x4008).expect("a service"),
            name: String::new(),
            blocks: 1,
            data: Vec::new(),
        };
        demo.plan.areas.push(PlannedArea {
            code: NodeCode(0x0800),
            name: String::new(),
            end: NodeCode(0x0FFF),
            blocks: 4,
            services: vec![service],
        });
        demo
    };
    let error = FlowError::NoKey("8092/4008".into());
    is_refused(&mut blank(&small()), without_key, "IS01", error);
}

#[test]
fn a_log_of_another_order_is_refused() {
    let mut card = blank(&small());
    let mut issuance = Issuance::of(small());
    assert_eq!(issuance.run(&mut card, 5), Err(Halt::Paused));
    let before = card.memory().clone();
    let mut other = issuance.resumed(Demo::small(SystemCode(0x8092), Some(Idm([2; 8]))));
    let refused = other.run(&mut card, ALL);
    assert!(
        matches!(&refused, Err(Halt::Refused { error: FlowError::BadLog(step), .. }) if step.0 == "IS01"),
        "{refused:?}"
    );
    assert!(*card.memory() == before);
}

#[test]
fn a_card_of_every_profile_is_issued() {
    for profile in Profile::built_in() {
        let mut card = on_chip(&profile, blank_of(&profile, &small()));
        let mut issuance = Issuance::of(small());
        assert_eq!(
            issuance.run(&mut card, ALL),
            Ok(small().idm),
            "{}",
            profile.name
        );
        let image = card.image().expect("a card's memory");
        let system = &image.systems[0];
        assert_eq!((system.areas.len(), system.services.len()), (2, 4));
        let aes = system.aes_keys.len();
        assert_eq!(aes, if profile.aes { 5 } else { 0 }, "{}", profile.name);
    }
}
