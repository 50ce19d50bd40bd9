//! What was measured: the table on the terminal, and the file for machines.

use serde::Serialize;
use std::path::Path;
use std::{fs, io};

/// One figure and its peer's, in one unit. A unit that ends in `/s` is better higher, any other lower.
#[derive(Serialize)]
pub struct Figure {
    pub name: &'static str,
    pub value: f64,
    pub unit: &'static str,
    /// What stands beside it.
    pub peer: &'static str,
    pub peer_value: f64,
}

impl Figure {
    /// How many times as good as the peer.
    fn times_better(&self) -> f64 {
        match self.unit.ends_with("/s") {
            true => self.value / self.peer_value,
            false => self.peer_value / self.value,
        }
    }
}

/// Prints the table and writes `target/bench.json`.
pub fn publish(figures: &[Figure]) -> io::Result<()> {
    println!(
        "{:<40} {:>14} {:>14} {:<11} {:>7}  peer",
        "", "Cardwright", "peer", "unit", "times"
    );
    for figure in figures {
        println!(
            "{:<40} {:>14.1} {:>14.1} {:<11} {:>7.2}  {}",
            figure.name,
            figure.value,
            figure.peer_value,
            figure.unit,
            figure.times_better(),
            figure.peer
        );
    }
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target");
    fs::create_dir_all(&target)?;
    let json = serde_json::to_string_pretty(figures)?;
    fs::write(target.join("bench.json"), json + "\n")
}
