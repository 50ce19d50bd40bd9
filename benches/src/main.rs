//! `make bench`: how fast Cardwright is, beside a peer in the same run.
//!
//! Ours and the peer take turns, so that a slow moment of the machine strikes both; what is told is the median of
//! the turns. The result is a table on the terminal and `target/bench.json`. The peer is the emulated card and the
//! client of the `felica` crate; where cards are reached through PC/SC, it is a bare card that answers everything
//! alike, which shows what the way itself costs. Each figure is measured in a module of its own.
//!
//! Before anything is measured, `judge` lets the crate's client use our cards and our reader the crate's card, and
//! fails where they disagree; the argument `judge` does this alone.

mod card_place;
mod cards;
mod decode;
mod exchange;
mod judge;
mod report;
mod turns;
mod virtual_reader;

use report::Figure;
use std::process::ExitCode;

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    // A window whose memory is measured is a process of its own.
    if let [card_place::MEMORY, what] = &wanted.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        return card_place::tell_memory(what);
    }
    match judge::hear().and_then(|()| measure(&wanted)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Measures everything, or what has one of these words in its name, and publishes the figures.
fn measure(wanted: &[String]) -> Result<(), String> {
    if wanted == [JUDGE_ALONE] {
        return Ok(());
    }
    let mut figures = Vec::new();
    for (name, measure) in MEASURES {
        if wanted.is_empty() || wanted.iter().any(|part| name.contains(part.as_str())) {
            figures.extend(measure()?);
        }
    }
    report::publish(&figures).map_err(|error| error.to_string())
}

/// The argument with which nothing is measured.
const JUDGE_ALONE: &str = "judge";

type Measure = fn() -> Result<Vec<Figure>, String>;

const MEASURES: [(&str, Measure); 6] = [
    ("plain", exchange::plain_reads),
    ("sessions", exchange::sessions),
    ("secured", exchange::secured_writes),
    ("decode", decode::full_card),
    ("vpcd", virtual_reader::commands),
    ("gui", card_place::figures),
];
