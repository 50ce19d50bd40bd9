//! The whole matrix: every command that writes, on every profile, cut at every write in every torn way, and again while
//! that is settled; and the same commands with everything that can go wrong on the way to the card and back.

use super::commands::{Command, commands};
use crate::cards::{IDM, USER_BLOCKS, finish, shown};
use crate::cuts::{Cases, Cut, Every, Trial, cut_everywhere, data};
use crate::sound::is_sound;
use crate::support::times;
use cardwright::device::emulated::{EmulatedCard, LinkFault};
use cardwright::device::memory::Changes;
use cardwright::model::card::profile::Profile;
use cardwright::model::card::{Block, SystemCode};
use cardwright::model::port::{CardLink, LinkError, Nvm, NvmAddress};
use cardwright::model::reader::{CardError, Reader};

/// The card's memory and its user blocks, as they are before a command and as it leaves them.
struct Ends {
    after: Changes,
    /// The blocks that the command writes, highest first: address, before, after.
    written: Vec<(NvmAddress, Block, Block)>,
    shown_before: Vec<Block>,
    shown_after: Vec<Block>,
}

fn user_blocks(card: &EmulatedCard) -> Vec<Block> {
    card.memory().data()[..USER_BLOCKS].to_vec()
}

/// What the command does when nothing disturbs it.
fn ends(card: &mut EmulatedCard, command: &Command) -> Ends {
    card.mark();
    let shown_before = user_blocks(card);
    let mut sam = command.ready(card);
    command.send(card, &mut sam).expect("undisturbed");
    let after = data(&card.memory().changes());
    let shown_after = user_blocks(card);
    card.back_to_mark(&Changes::new());
    let written = after.iter().rev();
    let written = written.map(|(at, after)| (*at, card.memory().read_block(*at), *after));
    Ends {
        written: written.collect(),
        after,
        shown_before,
        shown_after,
    }
}

/// Gives the card its power back, and lets it finish what its log holds.
fn settle_by_power(card: &mut EmulatedCard) -> bool {
    card.field_off();
    Reader::new(card).poll(SystemCode::ANY).is_ok()
}

/// The reader's way on a chip that may leave a part of a command: it reads back what it was to write, knows done and
/// not done when it sees them, and finishes anything else.
fn settle_by_reading(card: &mut EmulatedCard, ends: &Ends) -> Result<(), CardError> {
    card.field_off();
    let now = shown(card)?;
    if now == ends.shown_before || now == ends.shown_after {
        return Ok(());
    }
    finish(card, &now, &ends.shown_after)?;
    assert!(shown(card)? == ends.shown_after, "finished");
    Ok(())
}

/// Whether it was heard to the end; the card's leaving is all that may go wrong.
fn heard(result: Result<(), CardError>) -> bool {
    match result {
        Ok(()) => true,
        Err(CardError::Link(LinkError::CardGone)) => false,
        Err(other) => panic!("{other}"),
    }
}

/// What a cut may leave where nothing is promised: the highest blocks written, one torn, the others untouched.
fn is_a_known_part(torn: &Changes, ends: &Ends) {
    let now = |at: &NvmAddress, before: &Block| torn.get(at).copied().unwrap_or(*before);
    let done = ends.written.iter();
    let done = done
        .take_while(|(at, before, after)| now(at, before) == *after)
        .count();
    let mut rest = ends.written[done..].iter();
    if let Some((at, before, after)) = rest.next() {
        let mut mixed = *before;
        mixed.put(0, &after.0[..8]);
        let now = now(at, before);
        assert!(
            now == *before || now == mixed || now.is_erased(),
            "one torn"
        );
    }
    assert!(rest.all(|(at, before, _)| now(at, before) == *before));
    let beside = torn.keys().all(|at| ends.after.contains_key(at));
    assert!(beside, "nothing else is touched, and no log");
}

fn cut_command(profile: &Profile, command: &Command, every: Every) -> Cases {
    let mut card = command.card(profile);
    let ends = ends(&mut card, command);
    let promised = profile.is_atomic() || !command.data;
    let judge = |card: &mut EmulatedCard, settled: &Changes, cut: Cut| {
        let is_after = *settled == ends.after;
        assert!(
            is_after || settled.is_empty(),
            "{}, {}: {cut:?} leaves neither before nor after",
            profile.name,
            command.name
        );
        is_sound(&card.image().expect("decodes"), profile.blocks);
        if !command.changed.is_empty() {
            assert!(command.opens(card, is_after), "{}: {cut:?}", command.name);
        }
        is_after
    };
    let trial = Trial {
        ready: &|card| command.ready(card),
        act: &|card, sam| heard(command.send(card, sam)),
        settle: &|card| match promised {
            true => settle_by_power(card),
            false => heard(settle_by_reading(card, &ends)),
        },
        torn: &|torn| {
            if !promised {
                is_a_known_part(torn, &ends);
            }
        },
    };
    let cases = cut_everywhere(&mut card, &trial, every, &judge);
    let writes = !ends.after.is_empty();
    assert_eq!(writes, cases.once > 0, "{}", command.name);
    assert!(
        !writes || (cases.before > 0 && cases.after > 0),
        "{}: {cases}",
        command.name
    );
    cases
}

/// The whole column of a profile.
fn cut_profile(name: &str) {
    let profile = Profile::named(name).expect("built in");
    let mut sum = Cases::default();
    for command in commands() {
        let cases = cut_command(&profile, &command, Every(times(5, 1)));
        println!("{name}: {}: {cases}", command.name);
        sum += cases;
    }
    println!("{name}: in all {sum}");
}

#[test]
fn std_4k() {
    cut_profile("std-4k");
}

#[test]
fn small_1k() {
    cut_profile("small-1k");
}

#[test]
fn transit_16k() {
    cut_profile("transit-16k");
}

#[test]
fn full_1m() {
    cut_profile("full-1m");
}

#[test]
fn plain_4k() {
    cut_profile("plain-4k");
}

/// Profiles that have no test of their own above.
#[test]
fn every_other_profile() {
    let own = ["std-4k", "small-1k", "transit-16k", "full-1m", "plain-4k"];
    let names = Profile::built_in().into_iter().map(|profile| profile.name);
    for name in names.filter(|name| !own.contains(&name.as_str())) {
        cut_profile(&name);
    }
}

/// Sends a command over a link with a fault, and says whether it was heard as done.
fn disturbed(card: &mut EmulatedCard, command: &Command, fault: LinkFault) {
    let ends = ends(card, command);
    let case = format!("{}, {fault:?}", command.name);
    let mut sam = command.ready(card);
    card.disturb(command.code(), fault);
    let result = command.send(card, &mut sam);
    let truth = data(&card.memory().changes());
    let delivered = !matches!(fault, LinkFault::Before | LinkFault::Undelivered);
    assert_eq!(
        truth == ends.after,
        delivered || ends.after.is_empty(),
        "{case}"
    );
    assert!(delivered || truth.is_empty(), "{case}");
    match fault {
        LinkFault::Repeated => assert_eq!(result, Ok(()), "{case}"),
        _ => assert!(result.is_err(), "{case}"),
    }
    // An answer that belongs to an earlier frame is never taken for another's.
    let next = Reader::new(card).poll(SystemCode::ANY);
    assert!(
        next.is_err() || next.is_ok_and(|polled| polled.idm == IDM),
        "{case}"
    );
    // The card is as good as ever once it had its power back.
    assert!(settle_by_power(card), "{case}");
    assert!(data(&card.memory().changes()) == truth, "{case}");
}

#[test]
fn a_disturbed_link_leaves_before_or_after() {
    for profile in Profile::built_in() {
        for command in commands() {
            let mut card = command.card(&profile);
            for fault in LinkFault::ALL {
                disturbed(&mut card, &command, fault);
                card.back_to_mark(&Changes::new());
            }
        }
    }
}
