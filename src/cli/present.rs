//! `card present`: other people's software meets the card.

use super::{Done, Exit, Failure, PresentArguments, passphrase, print};
use crate::words::{format, text};
use crate::workbench::headless::{self, Opened};
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Presents a card file or a dump until the program is told to stop.
pub fn run(arguments: &PresentArguments) -> Result<Done, Failure> {
    let file = &arguments.file;
    let trouble = |trouble| Failure::file(file, &trouble);
    let passphrase = passphrase(arguments.passphrase_file.as_deref())?;
    let opened = headless::open(file, passphrase.as_ref()).map_err(trouble)?;
    // A file is closed again as it was: what was opened without a passphrase bears the DEMO mark.
    let seal = match &opened {
        Opened::Dump(_) if arguments.save => {
            return Err(Failure::refused("cli.save_dump.what", "cli.save_dump.next"));
        }
        Opened::Card { sealed: true, .. } => passphrase,
        _ => None,
    };
    let mut card = opened.into_card().map_err(trouble)?;

    let stop = stop_on_signal().map_err(|error| link(arguments, &error))?;
    let place = (arguments.udp.host.as_str(), arguments.udp.port);
    let mut said = Ok(Done);
    let served = headless::present(&mut card, place, &stop, |address| {
        let file = ("file", &file.display() as _);
        let presenting = format("cli.presenting", &[file, ("address", &address)]);
        said = print(&format!("{presenting}\n"));
    });

    // What was written is kept even if the link broke.
    if arguments.save {
        headless::save(file, &card, seal.as_ref()).map_err(trouble)?;
        print(&format!(
            "{}\n",
            format("cli.saved", &[("file", &file.display())])
        ))?;
    }
    served.map_err(|error| link(arguments, &error))?;
    said
}

/// Set by Ctrl-C and by the signal that asks a program to end.
fn stop_on_signal() -> io::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&stop))?;
    }
    Ok(stop)
}

fn link(arguments: &PresentArguments, error: &io::Error) -> Failure {
    let place = &arguments.udp;
    Failure {
        exit: Exit::Refused,
        what: format(
            "cli.link.what",
            &[("host", &place.host), ("port", &place.port), ("why", error)],
        ),
        next: text("cli.link.next").to_string(),
    }
}
