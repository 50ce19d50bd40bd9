//! `make bench`: how fast Cardwright is, beside a peer in the same run.
//!
//! Ours and the peer take turns, so that a slow moment of the machine strikes both; what is told is the median of
//! the turns. The result is a table on the terminal and `target/bench.json`. The peer is the emulated card and the
//! client of the `felica` crate; where cards are reached through PC/SC, it is a bare card that answers everything
//! alike, which shows what the way itself costs. Each figure is measured in a module of its own.

mod cards;
mod decode;
mod exchange;
mod report;
mod turns;
mod virtual_reader;

use report::Figure;
use std::process::ExitCode;

fn main() -> ExitCode {
    let measured = run();
    match measured.and_then(|figures| report::publish(&figures).map_err(|error| error.to_string()))
    {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Measures everything, or what has one of the program's arguments in its name.
fn run() -> Result<Vec<Figure>, String> {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let mut figures = Vec::new();
    for (name, measure) in MEASURES {
        if wanted.is_empty() || wanted.iter().any(|part| name.contains(part.as_str())) {
            figures.extend(measure()?);
        }
    }
    Ok(figures)
}

type Measure = fn() -> Result<Vec<Figure>, String>;

const MEASURES: [(&str, Measure); 5] = [
    ("plain", exchange::plain_reads),
    ("sessions", exchange::sessions),
    ("secured", exchange::secured_writes),
    ("decode", decode::full_card),
    ("vpcd", virtual_reader::commands),
];
