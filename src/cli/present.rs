//! `card present`: other people's software meets the card.

use super::outcome::{Done, Exit, Failure, passphrase, print_line, tell};
use super::signals::stop_on_signal;
use crate::words::{format, text};
use crate::workbench::file_words;
use crate::workbench::headless::{
    self, CardFileError, FileTrouble, KeptCard, KeptIn, Opened, Present, Told,
};
use clap::Args;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
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
    let stop = stop_on_signal().map_err(|error| link(arguments, &error))?;
    if !arguments.save {
        let opened = headless::open(file, passphrase.as_ref()).map_err(trouble)?;
        let mut card = opened.into_card().map_err(trouble)?;
        return present(arguments, &mut card, &stop);
    }
    let mut kept = match KeptCard::open(file, passphrase.as_ref()) {
        Err(FileTrouble::Card(CardFileError::NotACard)) => return Err(not_saved(file)),
        kept => kept.map_err(trouble)?,
    };
    if kept.card().has_lost_history() {
        let next = text("card.history_lost.next");
        tell(&[format!("{} {next}", text("card.history_lost.what"))]);
    }
    let said = file.clone();
    kept.keep(move |told| say(&said, &told)).map_err(trouble)?;
    let served = present(arguments, &mut kept, &stop);
    // What was written is kept even if the link broke.
    let kept = close(file, kept);
    served.and(kept)
}

/// Presents a card at the place that is asked for.
fn present(
    arguments: &PresentArguments,
    card: &mut dyn Present,
    stop: &AtomicBool,
) -> Result<Done, Failure> {
    let mut said = Ok(Done);
    let mut say = |words, address: SocketAddr| {
        let file = ("file", &arguments.file.display() as _);
        said = print_line(&format(words, &[file, ("address", &address)]));
    };
    let served = match &arguments.vpcd {
        None => headless::present(card, arguments.udp.pair(), stop, |address| {
            if !address.ip().to_canonical().is_loopback() {
                tell(&[format("cli.open_to_all", &[("address", &address)])]);
            }
            say("cli.presenting", address);
        }),
        Some(reader) => headless::present_vpcd(card, reader.pair(), stop, |address| {
            say("cli.presenting_vpcd", address);
        }),
    };
    served.map_err(|error| link(arguments, &error))?;
    said
}

/// Why what is no card file is not presented with `--save`.
fn not_saved(file: &Path) -> Failure {
    match headless::open(file, None) {
        Ok(Opened::Dump(_)) => Failure::refused("cli.save_dump.what", "cli.save_dump.next"),
        Ok(Opened::Card { .. }) => Failure::file(file, &FileTrouble::Changed),
        Err(trouble) => Failure::file(file, &trouble),
    }
}

/// Says on standard error what becomes of the file while the card is presented.
fn say(file: &Path, told: &Told) {
    let name = file.display();
    tell(&[match told {
        Told::Broken(trouble) => {
            let words = file_words(&name.to_string(), trouble);
            let (what, details) = (("what", &words.what as _), ("details", &words.details as _));
            format("cli.save_broken", &[what, details])
        }
        Told::Mended => format("cli.save_mended", &[("file", &name)]),
        Told::Forgotten(events) => {
            let events = ("events", events as _);
            format("cli.save_forgotten", &[("file", &name), events])
        }
        Told::Aside(aside) => {
            let aside = ("aside", &aside.display() as _);
            format("cli.save_aside", &[("file", &name), aside])
        }
    }]);
}

/// Sees that everything is in the file at the end, and says where it is.
fn close(file: &Path, kept: KeptCard) -> Result<Done, Failure> {
    let failed = |trouble: &FileTrouble, what, next: String| {
        let words = file_words(&file.display().to_string(), trouble);
        let (said, details) = (("what", &words.what as _), ("details", &words.details as _));
        Failure {
            exit: Exit::Refused,
            what: format(what, &[said, details]),
            next,
        }
    };
    match kept.close() {
        Ok(KeptIn::File(path)) => {
            // Where it went on in another file, that is the one; a link is called as the person called it.
            let is_there = std::fs::canonicalize(file).is_ok_and(|place| place == path);
            let name = if is_there { file } else { &path };
            print_line(&format("cli.saved", &[("file", &name.display())]))
        }
        Ok(KeptIn::Copy(copy, trouble)) => {
            let next = format("cli.save_copy.next", &[("copy", &copy.display())]);
            Err(failed(&trouble, "cli.save_copy.what", next))
        }
        Err(trouble) => {
            let next = match &trouble {
                // Room is not what is missing.
                FileTrouble::Card(CardFileError::LiveKey(_)) => {
                    file_words(&file.display().to_string(), &trouble).next
                }
                _ => text("cli.save_lost.next").to_string(),
            };
            Err(failed(&trouble, "cli.save_lost.what", next))
        }
    }
}

fn link(arguments: &PresentArguments, error: &io::Error) -> Failure {
    let taken = error.kind() == io::ErrorKind::ResourceBusy;
    let (place, what, next) = match &arguments.vpcd {
        None => (&arguments.udp, "cli.link.what", "cli.link.next"),
        Some(reader) if taken => (reader, "cli.vpcd_taken.what", "cli.vpcd_taken.next"),
        Some(reader) => (reader, "cli.vpcd.what", "cli.vpcd.next"),
    };
    let (host, port) = (&place.host, &place.port);
    Failure {
        exit: Exit::Refused,
        what: format(what, &[("host", host), ("port", port), ("why", error)]),
        next: text(next).to_string(),
    }
}
