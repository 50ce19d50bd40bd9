//! The division of the demo card: straight through, step by step, interrupted everywhere, taken back.

use crate::support::{ALL, Division, SeededRng, demo_card, divided_data};
use cardwright::device::emulated::{EmulatedCard, LinkFault};
use cardwright::model::card::image::CardImage;
use cardwright::model::card::{Block, NodeCode, ServiceCode, SystemCode};
use cardwright::model::cipher::{DesKey, ServicePackage};
use cardwright::model::command::{
    BlockElement, Frame, Request, Response, SecureRequest, SecureResponse, Status, code,
};
use cardwright::model::demo::OPERATOR_SYSTEM;
use cardwright::model::flow::Halt;
use cardwright::model::flow::divide::table;
use cardwright::model::flow::error::FlowError;
use cardwright::model::flow::log::{Intents, LogEntry, LogError, MemoryLog};
use cardwright::model::flow::table::StepId;
use cardwright::model::party::{KeyName, KeyNode, KeySam, Policy};
use cardwright::model::port::{AuthTarget, CardLink, LinkError, Touch};
use cardwright::model::reader::{CardError, Reader};

const SYSTEM_F: SystemCode = SystemCode(0xFE42);

fn steps() -> usize {
    table().steps().count()
}

fn position(id: &str) -> usize {
    let table = table();
    table
        .steps()
        .position(|step| step.id.0 == id)
        .expect("a step")
}

fn image(card: &EmulatedCard) -> CardImage {
    card.image().expect("a card's memory")
}

/// User, system and free blocks of every system, added up.
fn counted(image: &CardImage) -> u32 {
    let systems = image.systems.iter();
    systems
        .map(|s| s.user_blocks() + s.system_blocks.len() as u32 + s.free_blocks())
        .sum()
}

fn new_system_authenticates(card: &mut EmulatedCard, division: &Division) -> bool {
    let mut sam = KeySam::new(division.demo.operator.ring.clone(), Policy::Owner);
    let target = AuthTarget {
        idm: division.demo.idm.of_system(1),
        system: SYSTEM_F,
        areas: vec![NodeCode::AREA_0],
        services: vec![NodeCode::AREA_0],
    };
    card.field_off();
    let ids = Reader::new(card).authenticate(&mut sam, &target, &mut SeededRng(3));
    ids == Ok((division.demo.plan.idi, division.demo.plan.pmi))
}

#[test]
fn the_demo_card_is_issued_by_commands() {
    let card = demo_card();
    let image = image(&card);
    assert_eq!(image.systems.len(), 1);
    let system = &image.systems[0];
    assert_eq!((system.areas.len(), system.services.len()), (4, 15));
    assert_eq!(system.code, SystemCode(0x0003));
    assert_eq!((system.user_blocks(), system.system_blocks.len()), (55, 23));
    assert_eq!((system.free_blocks(), counted(&image)), (178, 256));
}

#[test]
fn the_demo_card_holds_its_keys_and_its_first_data() {
    let demo = cardwright::model::demo::Demo::new();
    let mut card = demo_card();
    let system = image(&card).systems[0].clone();
    for (name, key) in demo
        .issuer
        .ring
        .iter()
        .filter(|(name, _)| name.system == system.code)
    {
        let cardwright::model::party::KeyNode::Node(node) = name.node else {
            panic!("{name}");
        };
        let stored = system.node_key(node).expect("the node is on the card");
        assert!(
            stored.key == *key && stored.version == name.version,
            "{name}"
        );
    }
    assert!(system.division_key.expect("K_D").key == demo.division_key);
    let pass = SecureRequest::Read {
        blocks: vec![BlockElement::normal(0, 1)],
    };
    let target = AuthTarget {
        idm: demo.idm,
        system: system.code,
        areas: vec![NodeCode::AREA_0, NodeCode(0x1000)],
        services: vec![NodeCode(0x1008)],
    };
    let mut sam = KeySam::new(demo.issuer.ring, Policy::Owner);
    let mut reader = Reader::new(&mut card);
    reader
        .authenticate(&mut sam, &target, &mut SeededRng(5))
        .expect("genuine");
    let answer = reader.secure(&mut sam, &pass).expect("read");
    let cardwright::model::command::SecureResponse::Read { data, .. } = answer else {
        panic!("{answer:?}");
    };
    assert_eq!(&data[0].0, b"MINATO-SHIOMI\0\0\0");
}

#[test]
fn straight_through_makes_a_second_system() {
    let mut card = demo_card();
    let before = image(&card);
    let data_before = card.memory().data().to_vec();
    let mut division = Division::new();
    let divided = division.run(&mut card, ALL).expect("divided");
    assert_eq!((divided.system, divided.before), (SYSTEM_F, false));
    assert_eq!(divided.system, OPERATOR_SYSTEM);
    assert_eq!(divided.idm, division.demo.idm.of_system(1));

    let after = image(&card);
    assert_eq!(after.systems.len(), 2);
    let [old, new] = &after.systems[..] else {
        unreachable!()
    };
    assert_eq!((new.code, new.window.blocks), (SYSTEM_F, 96));
    assert_eq!((new.areas.len(), new.services.len()), (1, 0));
    assert_eq!(new.issuance, before.systems[0].issuance);
    assert_eq!((new.user_blocks(), new.free_blocks()), (0, 92));
    assert_eq!(
        (
            old.user_blocks(),
            old.system_blocks.len(),
            old.free_blocks()
        ),
        (55, 24, 81)
    );
    assert_eq!(counted(&after), 256);

    // The old system: its blocks and nodes are as they were, but for area 0's smaller allotment.
    let (was, is) = (&before.systems[0], old);
    assert_eq!(
        (&was.services, &was.areas[1..]),
        (&is.services, &is.areas[1..])
    );
    assert_eq!(was.areas[0].allotted - 97, is.areas[0].allotted);
    let root = was.areas[0].at as usize;
    let record = was.next_system_block().expect("free") as usize;
    let untouched =
        (0..256).filter(|at| *at != root && *at != record && !new.window.contains(*at as u32));
    for at in untouched {
        assert!(data_before[at] == card.memory().data()[at], "block {at}");
    }
    assert!(new_system_authenticates(&mut card, &division));
}

#[test]
fn the_flow_visits_its_table_in_order() {
    let mut division = Division::new();
    division.run(&mut demo_card(), ALL).expect("divided");
    let table = table();
    let ids: Vec<String> = table.steps().map(|step| step.id.0.clone()).collect();
    assert_eq!(division.done(), ids);
    for step in table.steps() {
        assert!(!step.title.is_empty() && step.why.len() > 40, "{}", step.id);
    }
}

#[test]
fn one_step_at_a_time_ends_as_straight_through() {
    let mut card = demo_card();
    let mut division = Division::new();
    for done in 0..steps() {
        if done + 1 < steps() {
            assert_eq!(division.run(&mut card, 1), Err(Halt::Paused));
        } else {
            division.run(&mut card, 1).expect("divided");
        }
        assert_eq!(division.recording.steps.len(), done + 1);
    }
    assert!(card.memory().data() == divided_data());
    let mut straight = Division::new();
    straight.run(&mut demo_card(), ALL).expect("divided");
    assert_eq!(straight.messages.len(), division.messages.len());
    let labels = |division: &Division| -> Vec<String> {
        division
            .messages
            .iter()
            .map(|m| format!("{} {}", m.step, m.label()))
            .collect()
    };
    assert_eq!(labels(&straight), labels(&division));
}

#[test]
fn killed_after_any_step_it_resumes_by_replay() {
    for kill_after in 0..steps() {
        let mut card = demo_card();
        let mut division = Division::new();
        assert_eq!(division.run(&mut card, kill_after), Err(Halt::Paused));
        let mut card = crate::support::card_of(card.memory().clone());
        let mut resumed = division.resumed();
        resumed
            .run(&mut card, ALL)
            .unwrap_or_else(|halt| panic!("after {kill_after}: {halt:?}"));
        assert!(card.memory().data() == divided_data(), "after {kill_after}");
        assert_eq!(resumed.done().len(), steps());
    }
}

#[test]
fn killed_after_every_step_it_still_ends_divided() {
    let mut memory = demo_card().memory().clone();
    let mut division = Division::new();
    for done in 1..=steps() {
        let mut card = crate::support::card_of(memory);
        let result = division.run(&mut card, 1);
        assert_eq!(division.recording.steps.len(), done, "{result:?}");
        memory = card.memory().clone();
        division = division.resumed();
    }
    assert!(memory.data() == divided_data());
}

#[test]
fn without_the_commit_nothing_is_written() {
    let before = demo_card().memory().clone();
    for done in 0..=position("ST68") + 1 {
        let mut card = demo_card();
        let mut division = Division::new();
        assert_eq!(division.run(&mut card, done), Err(Halt::Paused));
        assert!(*card.memory() == before, "{done} steps");
        card.field_off();
        assert!(
            *card.memory() == before && card.prepared().is_empty(),
            "{done} steps"
        );
    }
}

/// Every command of the division on the card, at each of its occurrences, with each fault: the flow halts, runs
/// again and ends divided.
#[test]
fn a_lost_frame_or_answer_anywhere_ends_divided_after_all() {
    let commands = [
        code::POLLING,
        code::REQUEST_SYSTEM_CODE,
        code::SEPARATE_SYSTEM,
        code::AUTHENTICATION1,
        code::AUTHENTICATION2,
        code::CHANGE_SYSTEM_BLOCK,
    ];
    let mut struck = 0;
    for before in position("ST61")..steps() {
        for command in commands {
            for fault in [LinkFault::Before, LinkFault::AnswerLost] {
                let mut card = demo_card();
                let mut division = Division::new();
                division.run(&mut card, before).expect_err("paused");
                card.disturb(command, fault);
                let first = division.run(&mut card, 1);
                let case = format!("{command:02X}h {fault:?} in step {before}");
                if matches!(first, Err(Halt::Paused) | Ok(_)) {
                    continue;
                }
                struck += 1;
                let gone = FlowError::Card(CardError::Link(LinkError::CardGone));
                match first {
                    Err(Halt::Unknown { step, error }) if before == position("ST69") => {
                        // Lost is the commit's answer, or one to the questions that read it back.
                        let expected = match command {
                            code::CHANGE_SYSTEM_BLOCK => gone,
                            _ => FlowError::Unsettled(CardError::Link(LinkError::CardGone)),
                        };
                        assert_eq!((step.0.as_str(), error), ("ST69", expected), "{case}");
                        assert!(division.recording.open_intent.is_some());
                    }
                    Err(Halt::Refused { error, .. }) if before != position("ST69") => {
                        assert_eq!(error, gone, "{case}");
                    }
                    other => panic!("{case}: {other:?}"),
                }
                let mut resumed = division.resumed();
                resumed
                    .run(&mut card, ALL)
                    .unwrap_or_else(|halt| panic!("{case}: {halt:?}"));
                assert!(card.memory().data() == divided_data(), "{case}");
                assert!(resumed.recording.open_intent.is_none(), "{case}");
            }
        }
    }
    // ST61: 2 commands, ST63: 1, ST65: 2, ST66 to ST68: 1 each, ST69: commit, system codes, Authentication1 and 2.
    assert_eq!(struck, 2 * (2 + 1 + 2 + 3 + 4));
}

#[test]
fn back_and_forward_again() {
    for back_from in 1..=steps() {
        for back_to in [0, position("ST61"), position("ST65"), back_from - 1] {
            if back_to >= back_from {
                continue;
            }
            let mut card = demo_card();
            let start = card.journal().head();
            let mut division = Division::new();
            let _ = division.run(&mut card, back_from);
            division.rewind(back_to);
            assert!(card.go_to(start));
            assert!(card.memory().data() == demo_card().memory().data());
            let case = format!("from {back_from} to {back_to}");
            // Where the commit stands in the record, the card that was put back does not hold it.
            let gone = back_to > position("ST69");
            let halted = match gone {
                true => not_held("ST69"),
                false => Halt::Paused,
            };
            assert_eq!(division.run(&mut card, 0), Err(halted), "{case}");
            let stand = if gone { position("ST69") } else { back_to };
            assert_eq!(division.recording.steps.len(), stand, "{case}");
            assert!(card.memory().data() == demo_card().memory().data());
            division
                .run(&mut card, ALL)
                .unwrap_or_else(|halt| panic!("{case}: {halt:?}"));
            assert!(card.memory().data() == divided_data(), "{case}");
        }
    }
}

/// How a run halts when the card does not hold what that step wrote.
fn not_held(step: &str) -> Halt {
    let step = StepId(step.into());
    let error = FlowError::Gone(step.clone());
    Halt::Refused { step, error }
}

/// What was written and is not on the card is said, for as long as nobody asks for it anew, over restarts too; then it
/// is done, and with an intent of its own.
#[test]
fn a_write_that_the_card_does_not_hold_is_never_made_anew_unasked() {
    for done in [position("ST69") + 1, position("ST70") + 1] {
        let mut division = Division::new();
        let _ = division.run(&mut demo_card(), done);
        for budget in [0, 1, ALL] {
            let mut card = demo_card();
            let mut resumed = division.resumed();
            // However much may be done, what is found gone is said first.
            for budget in [budget, 0, 0] {
                assert_eq!(resumed.run(&mut card, budget), Err(not_held("ST69")));
                assert_eq!(resumed.recording.steps.len(), position("ST69"));
                resumed = resumed.resumed();
            }
            assert!(*card.memory() == *demo_card().memory());
            let intents = |division: &Division| {
                let is_intent = |entry: &&LogEntry| matches!(entry, LogEntry::Intent { .. });
                division.log.0.iter().filter(is_intent).count()
            };
            let before = intents(&resumed);
            assert_eq!(resumed.run(&mut card, 1), Err(Halt::Paused));
            assert_eq!(intents(&resumed), before + 1);
            assert!(card.memory().data() == divided_data());
            resumed.run(&mut card, ALL).expect("divided");
        }
    }
}

/// A real card cannot be put back: steps that were taken back are then found to be true.
#[test]
fn back_on_a_card_that_stays_divided() {
    for back_to in position("ST61")..steps() {
        let mut card = demo_card();
        let mut division = Division::new();
        division.run(&mut card, ALL).expect("divided");
        division.rewind(back_to);
        card.field_off();
        let _ = division.run(&mut card, 1);
        let divided = division
            .run(&mut card, ALL)
            .unwrap_or_else(|halt| panic!("to {back_to}: {halt:?}"));
        assert_eq!(divided.system, SYSTEM_F);
        assert!(card.memory().data() == divided_data(), "to {back_to}");
    }
}

#[test]
fn going_back_over_a_commit_that_was_cut_leaves_no_trace() {
    use cardwright::device::memory::{PowerCut, Torn};
    let mut card = demo_card();
    let start = card.journal().head();
    let mut division = Division::new();
    division
        .run(&mut card, position("ST69"))
        .expect_err("paused");
    // The header of the redo log is whole, and half of the blocks are written.
    card.cut_power(PowerCut {
        at_write: 12,
        leaves: Torn::Erased,
    });
    assert!(matches!(
        division.run(&mut card, 1),
        Err(Halt::Unknown { .. })
    ));
    assert!(card.go_to(start));
    card.field_off();
    assert!(card.memory().data() == demo_card().memory().data());
}

#[test]
fn the_old_systems_services_work_after_the_division() {
    let mut card = demo_card();
    Division::new().run(&mut card, ALL).expect("divided");
    card.field_off();
    let polled = Reader::new(&mut card)
        .poll(SystemCode(0x0003))
        .expect("answers");
    let request = Request::ReadPlain {
        idm: polled.idm,
        services: vec![ServiceCode::new(0x100B).expect("a service").node()],
        blocks: vec![BlockElement::normal(0, 0)],
    };
    let answer = card
        .transceive(&request.encode().expect("fits"))
        .expect("there")
        .expect("answers");
    let Some(Response::ReadPlain { data, .. }) = Response::decode(code::READ_PLAIN, &answer) else {
        panic!("no answer to a read");
    };
    assert_eq!(&data[0].0, b"AOBA PASS 2026\0\0");
}

/// What happens to an answer on its way.
#[derive(Clone, Copy, Debug)]
enum Garble {
    LastBitTurned,
    Cut,
    AnotherCommands,
}

/// A reader that garbles the first answer to one command.
struct Garbling<'a> {
    card: &'a mut EmulatedCard,
    command: u8,
    how: Garble,
    struck: bool,
}

impl CardLink for Garbling<'_> {
    fn transceive(&mut self, frame: &Frame) -> Result<Option<Frame>, LinkError> {
        let answer = self.card.transceive(frame)?;
        let Some(answer) = answer else {
            return Ok(None);
        };
        if frame.code() != self.command || self.struck {
            return Ok(Some(answer));
        }
        self.struck = true;
        let mut body = answer.body().to_vec();
        let mut code = answer.code();
        match self.how {
            Garble::LastBitTurned => *body.last_mut().expect("a body") ^= 1,
            Garble::Cut => body.truncate(body.len() - 1),
            Garble::AnotherCommands => code ^= 0x40,
        }
        Ok(Some(Frame::build(code, &body).expect("fits")))
    }

    fn field_off(&mut self) {
        self.card.field_off();
    }

    fn touch(&self) -> Touch {
        self.card.touch()
    }
}

/// An answer that cannot be read says no more than one that is lost: after the commit the outcome is unknown.
#[test]
fn a_garbled_answer_in_the_session_ends_divided_after_all() {
    let cases = [
        ("ST65", code::AUTHENTICATION1),
        ("ST65", code::AUTHENTICATION2),
        ("ST66", code::SEPARATE_SYSTEM),
        ("ST67", code::SEPARATE_SYSTEM),
        ("ST68", code::SEPARATE_SYSTEM),
        ("ST69", code::CHANGE_SYSTEM_BLOCK),
        ("ST69", code::REQUEST_SYSTEM_CODE),
        ("ST69", code::AUTHENTICATION2),
    ];
    for (step, command) in cases {
        for how in [Garble::LastBitTurned, Garble::Cut, Garble::AnotherCommands] {
            let case = format!("{step} {command:02X}h {how:?}");
            let mut card = demo_card();
            let mut division = Division::new();
            division.run(&mut card, position(step)).expect_err("paused");
            let mut link = Garbling {
                card: &mut card,
                command,
                how,
                struck: false,
            };
            match division.run(&mut link, 1) {
                Err(Halt::Unknown { step, .. }) => assert_eq!(step.0, "ST69", "{case}"),
                Err(Halt::Refused { step, .. }) => assert_ne!(step.0, "ST69", "{case}"),
                other => panic!("{case}: {other:?}"),
            }
            assert!(link.struck, "{case}");
            division
                .run(&mut card, ALL)
                .unwrap_or_else(|halt| panic!("{case}: {halt:?}"));
            assert!(card.memory().data() == divided_data(), "{case}");
        }
    }
}

/// ST71 and on are later flows, but the new system must be ready for them, and the old one go on.
#[test]
fn both_systems_register_and_keep_data_after_the_division() {
    let mut card = demo_card();
    let mut division = Division::new();
    division.run(&mut card, ALL).expect("divided");
    let before = image(&card);
    let systems = [
        (
            division.demo.idm,
            division.demo.issuer.system,
            division.demo.issuer.ring.clone(),
        ),
        (
            division.demo.idm.of_system(1),
            SYSTEM_F,
            division.demo.operator.ring.clone(),
        ),
    ];
    for (number, (idm, system, mut ring)) in systems.into_iter().enumerate() {
        let root = ring
            .newest(system, KeyNode::Node(NodeCode::AREA_0))
            .expect("a key");
        let (owner, root) = (root.0.clone(), root.1.clone());
        let fresh = DesKey::new([*b"DEMOSVCA", *b"DEMOSVCB"][number]);
        let code = ServiceCode::new(0x4008).expect("a service");
        ring.insert(
            KeyName {
                node: KeyNode::Node(code.node()),
                ..owner
            },
            fresh.clone(),
        );
        let package = ServicePackage {
            code,
            blocks: 9,
            key_version: 1,
            key: fresh,
        };
        let register = SecureRequest::RegisterService {
            code: code.node(),
            package: package.seal(&root),
        };
        let mut sam = KeySam::new(ring, Policy::Owner);
        let target = |services| AuthTarget {
            idm,
            system,
            areas: vec![NodeCode::AREA_0],
            services,
        };
        let mut rng = SeededRng(number as u64);
        card.field_off();
        let mut reader = Reader::new(&mut card);
        reader
            .authenticate(&mut sam, &target(vec![NodeCode::AREA_0]), &mut rng)
            .expect("genuine");
        reader.secure(&mut sam, &register).expect("prepared");
        reader
            .secure(&mut sam, &SecureRequest::ChangeSystemBlock)
            .expect("written");
        reader
            .authenticate(&mut sam, &target(vec![code.node()]), &mut rng)
            .expect("genuine");
        let blocks: Vec<_> = (0..9).map(|block| BlockElement::normal(0, block)).collect();
        let data = vec![Block([number as u8 + 1; 16]); 9];
        let write = SecureRequest::Write {
            blocks: blocks.clone(),
            data: data.clone(),
        };
        reader.secure(&mut sam, &write).expect("written");
        let read = reader
            .secure(&mut sam, &SecureRequest::Read { blocks })
            .expect("read");
        assert_eq!(
            read,
            SecureResponse::Read {
                status: Status::OK,
                data
            }
        );
    }
    let after = image(&card);
    assert_eq!(counted(&after), 256);
    for (was, is) in before.systems.iter().zip(&after.systems) {
        assert_eq!(is.user_blocks(), was.user_blocks() + 9);
        assert_eq!(is.free_blocks(), was.free_blocks() - 10);
        assert_eq!((is.window, &is.lent), (was.window, &was.lent));
    }
}

/// A log that cannot be written from one entry on.
struct FullDisk {
    entries: Vec<LogEntry>,
    room: usize,
}

impl Intents for FullDisk {
    fn append(&mut self, entry: &LogEntry) -> Result<(), LogError> {
        if self.entries.len() >= self.room {
            return Err(LogError("no space left".into()));
        }
        self.entries.push(entry.clone());
        Ok(())
    }
}

#[test]
fn without_a_durable_intent_nothing_is_written() {
    let untouched = demo_card().memory().data().to_vec();
    // An entry for each step, and the intent of ST69 before its own.
    let intent = position("ST69");
    for room in 0..steps() + 1 {
        let mut card = demo_card();
        let log = FullDisk {
            entries: Vec::new(),
            room,
        };
        let mut division = Division::with_log(log, &[]);
        let halted = division.run(&mut card, ALL).expect_err("the disk is full");
        let (Halt::Refused { error, .. } | Halt::Unknown { error, .. }) = &halted else {
            panic!("{halted:?}");
        };
        assert_eq!(
            *error,
            FlowError::Log(LogError("no space left".into())),
            "{room}"
        );
        let divided = card.memory().data() == divided_data();
        assert!(divided || card.memory().data() == untouched, "{room}");
        assert_eq!(
            divided,
            room > intent,
            "{room}: written only behind its intent"
        );
        assert_eq!(
            matches!(halted, Halt::Unknown { .. }),
            room == intent + 1,
            "{room}"
        );
        let entries = division.log.entries.clone();
        let mut resumed = Division::with_log(MemoryLog(entries.clone()), &entries);
        resumed.run(&mut card, ALL).expect("divided");
        assert!(card.memory().data() == divided_data(), "{room}");
    }
}

/// A machine that loses its power, and with it the card's, may lose the last entries of a log that say that a step was
/// done, and no others.
#[test]
fn a_log_whose_last_steps_are_lost_goes_on() {
    for done in 1..=steps() {
        for lost in 1.. {
            let mut card = demo_card();
            let mut division = Division::new();
            let ended = division.run(&mut card, done);
            assert_eq!(ended.is_ok(), done == steps(), "{ended:?}");
            let mut kept = division.log.0;
            let cut = kept.len() - lost;
            if !matches!(kept[cut], LogEntry::Step { .. }) {
                break;
            }
            kept.truncate(cut);
            card.field_off();
            let mut resumed = Division::with_log(MemoryLog(kept.clone()), &kept);
            let divided = resumed.run(&mut card, ALL);
            divided.unwrap_or_else(|halt| panic!("{done} steps, {lost} lost: {halt:?}"));
            let data = card.memory().data();
            assert!(data == divided_data(), "{done} steps, {lost} lost");
            if cut == 0 {
                break;
            }
        }
    }
}

#[test]
fn a_log_that_does_not_fit_the_flow_is_refused() {
    let mut card = demo_card();
    let mut division = Division::new();
    division
        .run(&mut card, position("ST66"))
        .expect_err("paused");
    let good = division.log.0.clone();
    let swapped = {
        let mut entries = good.clone();
        entries.swap(2, 3);
        entries
    };
    let missing = {
        let mut entries = good.clone();
        entries.remove(4);
        entries
    };
    let unreadable = {
        let mut entries = good.clone();
        let LogEntry::Step { value, .. } = &mut entries[8] else {
            panic!("a step");
        };
        value.push('x');
        entries
    };
    let of_another_flow = vec![LogEntry::Step {
        step: cardwright::model::flow::table::StepId("S1".into()),
        touch: None,
        value: "null".into(),
        time_ms: 1,
    }];
    let before = card.memory().clone();
    for entries in [swapped, missing, unreadable, of_another_flow] {
        card.field_off();
        let mut resumed = Division::with_log(MemoryLog(entries.clone()), &entries);
        match resumed.run(&mut card, ALL) {
            Err(Halt::Refused {
                step,
                error: FlowError::BadLog(named),
            }) => assert_eq!(step, named),
            other => panic!("{other:?}"),
        }
        assert!(*card.memory() == before);
    }
}
