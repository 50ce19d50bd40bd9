//! `card present`: other people's software meets the card.

use super::{Done, Exit, Failure, PresentArguments, passphrase, print};
use crate::words::{format, text};
use crate::workbench::headless::{self, Opened};
use std::io;
use std::net::SocketAddr;
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
    let mut said = Ok(Done);
    let mut say = |words, address: SocketAddr| {
        let file = ("file", &file.display() as _);
        let presenting = format(words, &[file, ("address", &address)]);
        said = print(&format!("{presenting}\n"));
    };
    let served = match &arguments.vpcd {
        None => headless::present(&mut card, arguments.udp.pair(), &stop, |address| {
            say("cli.presenting", address);
        }),
        Some(reader) => headless::present_vpcd(&mut card, reader.pair(), &stop, |address| {
            say("cli.presenting_vpcd", address);
        }),
    };

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
    let (place, what, next) = match &arguments.vpcd {
        None => (&arguments.udp, "cli.link.what", "cli.link.next"),
        Some(reader) => (reader, "cli.vpcd.what", "cli.vpcd.next"),
    };
    let (host, port) = (&place.host, &place.port);
    Failure {
        exit: Exit::Refused,
        what: format(what, &[("host", host), ("port", port), ("why", error)]),
        next: text(next).to_string(),
    }
}
