//! `readers`: which readers are plugged in, how frames are carried through each, and what lies on them.

use super::outcome::{Done, Exit, Failure, print};
use crate::model::apdu::Family;
use crate::model::card::kind::ChipKind;
use crate::model::hex;
use crate::words::{format, text};
use crate::workbench::headless::{Identity, ListedReader, PcscError, readers};
use clap::Args;
use serde_json::{Value, json};

/// What `readers` is given.
#[derive(Args)]
pub struct ReadersArguments {
    #[arg(long, help = text("cli.help.readers_json"))]
    json: bool,
    #[arg(long, value_name = "NAME", value_parser = family, help = text("cli.help.family"))]
    family: Option<Family>,
}

/// The family of that name, for arguments.
pub fn family(name: &str) -> Result<Family, String> {
    Family::named(name).ok_or_else(|| {
        let names: Vec<&str> = Family::ALL.iter().map(|family| family.name()).collect();
        format("cli.usage.family", &[("names", &names.join(", "))])
    })
}

/// Lists the readers that are plugged in, with the cards on them.
pub fn run(arguments: &ReadersArguments) -> Result<Done, Failure> {
    let listed = match readers(arguments.family) {
        Ok(listed) => listed,
        Err(PcscError::NoReader) => Vec::new(),
        Err(PcscError::NotBuilt) => {
            return Err(Failure::refused(
                "cli.readers.not_built.what",
                "cli.readers.not_built.next",
            ));
        }
        Err(PcscError::NoService) => {
            return Err(Failure::refused(
                "cli.readers.no_service.what",
                "cli.readers.no_service.next",
            ));
        }
        Err(PcscError::Other(error)) => {
            return Err(Failure {
                exit: Exit::Refused,
                what: format("cli.readers.other.what", &[("why", &error)]),
                next: text("cli.readers.other.next").to_string(),
            });
        }
    };
    if arguments.json {
        let readers: Vec<_> = listed.iter().map(listed_json).collect();
        let out = json!({ "schema": "cardwright.readers/1", "readers": readers });
        return print(&format!("{out:#}\n"));
    }
    if listed.is_empty() {
        return print(&format!("{}\n", text("cli.readers.none")));
    }
    print(&listed.iter().map(lines).collect::<String>())
}

/// What a card's kind is called: of its chip, or that it is of another sort.
fn kind(card: &Identity) -> Option<&'static str> {
    let polled = card.polled?;
    ChipKind::of(polled.pmm).map(|kind| kind.name())
}

/// One line for the reader, and one for the card on it.
fn lines(reader: &ListedReader) -> String {
    let limited = if reader.family.is_whole() {
        String::new()
    } else {
        format!(" ({})", text("cli.readers.limited"))
    };
    let on = text(match reader.card {
        None => "cli.readers.empty",
        Some(_) => "cli.readers.card",
    });
    let family = reader.family.name();
    let mut out = format!("{}  {family}{limited}  {on}\n", reader.name);
    match &reader.card {
        None => {}
        Some(Ok(card)) => {
            let mut parts = match card.polled {
                Some(polled) => vec![format!("IDm {}", polled.idm), format!("PMm {}", polled.pmm)],
                None => vec![format!(
                    "{} {}",
                    text("cli.readers.number"),
                    hex::grouped(&card.id)
                )],
            };
            parts.extend(kind(card).map(str::to_string));
            if let Some(systems) = &card.systems {
                let codes: Vec<String> = systems.iter().map(|code| code.to_string()).collect();
                parts.push(format!(
                    "{} {}",
                    text("cli.readers.systems"),
                    codes.join(" ")
                ));
            }
            out += &format!("  {}\n", parts.join("  "));
        }
        Some(Err(words)) => {
            let arguments = [("what", &words.what as _), ("details", &words.details as _)];
            let what = format("cli.details", &arguments);
            out += &format!("  {what} {}\n", words.next);
        }
    }
    out
}

/// A reader as JSON; what is not known is null.
fn listed_json(reader: &ListedReader) -> Value {
    let card = reader.card.as_ref().and_then(|card| card.as_ref().ok());
    let polled = card.and_then(|card| card.polled);
    let systems = card.and_then(|card| card.systems.as_ref());
    let error = reader.card.as_ref().and_then(|card| card.as_ref().err());
    json!({
        "name": reader.name,
        "family": reader.family.name(),
        "by_name": Family::of(&reader.name) == reader.family,
        "every_command": reader.family.is_whole(),
        "card_present": reader.card.is_some(),
        "id": card.map(|card| hex::plain(&card.id)),
        "pmm": polled.map(|polled| hex::plain(&polled.pmm.0)),
        "kind": card.and_then(kind),
        "systems": systems.map(|codes| codes.iter().map(ToString::to_string).collect::<Vec<_>>()),
        "error": error.map(|words| &words.what),
    })
}
