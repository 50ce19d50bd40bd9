//! `card present`: other people's software meets the card.

use super::outcome::{Done, Exit, Failure, passphrase, print};
use crate::words::{format, text};
use crate::workbench::headless::{self, Opened};
use clap::Args;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// What `card present` is given.
#[derive(Args)]
pub struct PresentArguments {
    #[arg(value_name = "FILE", help = text("cli.help.file"))]
    file: PathBuf,
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:54321", help = text("cli.help.udp"))]
    udp: Place,
    #[arg(
        long,
        value_name = "HOST:PORT",
        num_args = 0..=1,
        default_missing_value = "127.0.0.1:35963",
        conflicts_with = "udp",
        help = text("cli.help.vpcd")
    )]
    vpcd: Option<Place>,
    #[arg(long, help = text("cli.help.save"))]
    save: bool,
    #[arg(long, value_name = "FILE", help = text("cli.help.open"))]
    passphrase_file: Option<PathBuf>,
}

/// A host, by name or address, and a port.
#[derive(Clone, Debug)]
pub struct Place {
    host: String,
    port: u16,
}

impl Place {
    fn pair(&self) -> (&str, u16) {
        (&self.host, self.port)
    }
}

impl FromStr for Place {
    type Err = &'static str;

    fn from_str(given: &str) -> Result<Place, Self::Err> {
        let wrong = || text("cli.usage.place");
        let (host, port) = given.rsplit_once(':').ok_or_else(wrong)?;
        let port = port.parse().map_err(|_| wrong())?;
        // An IPv6 address stands in brackets, so that its last group is not taken for the port.
        let host = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .or_else(|| (!host.is_empty() && !host.contains(':')).then_some(host));
        Ok(Place {
            host: host.ok_or_else(wrong)?.to_string(),
            port,
        })
    }
}

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
