//! `card new`: a demo card of any profile, issued by commands and written to a file of its own, or blank as its maker
//! delivers it; and `card issue`, which issues such a blank.

use super::outcome::{Done, Exit, Failure, is_free, report};
use crate::model::card::profile::Profile;
use crate::model::card::{Idm, SystemCode};
use crate::model::demo::Demo;
use crate::model::flow::Halt;
use crate::model::hex;
use crate::words::{format, text};
use crate::workbench::headless::{
    CardFileError, FileTrouble, KeptCard, blank_card, issue_card, new_card, open, save_new,
};
use clap::Args;
use std::path::PathBuf;

/// What `card new` is given.
#[derive(Args)]
pub struct NewArguments {
    #[arg(value_name = "FILE", help = text("cli.help.new_file"))]
    file: PathBuf,
    #[arg(long, value_name = "NAME", value_parser = profile, help = text("cli.help.profile"))]
    profile: Profile,
    #[arg(long, value_name = "HEX", value_parser = system, default_value = "0003", help = text("cli.help.system"))]
    system: SystemCode,
    #[arg(long, value_name = "HEX", value_parser = idm, help = text("cli.help.idm"))]
    idm: Option<Idm>,
    #[arg(long, conflicts_with = "system", help = text("cli.help.blank"))]
    blank: bool,
}

/// What `card issue` is given.
#[derive(Args)]
pub struct IssueArguments {
    #[arg(value_name = "FILE", help = text("cli.help.issue_file"))]
    file: PathBuf,
    #[arg(long, value_name = "HEX", value_parser = system, default_value = "0003", help = text("cli.help.system"))]
    system: SystemCode,
    #[arg(long, value_name = "HEX", value_parser = idm, help = text("cli.help.issue_idm"))]
    idm: Option<Idm>,
}

/// The profile of that name.
pub fn profile(name: &str) -> Result<Profile, String> {
    Profile::named(name).ok_or_else(|| {
        let known: Vec<String> = Profile::built_in().into_iter().map(|p| p.name).collect();
        format("cli.usage.profile", &[("names", &known.join(", "))])
    })
}

/// A system code that a card may have: FF stands for any byte when a card is polled.
pub fn system(digits: &str) -> Result<SystemCode, &'static str> {
    hex::parse_array(digits)
        .filter(|bytes: &[u8; 2]| !bytes.contains(&0xFF))
        .map(|bytes| SystemCode(u16::from_be_bytes(bytes)))
        .ok_or(text("cli.usage.system"))
}

/// The IDm of system 0.
pub fn idm(digits: &str) -> Result<Idm, &'static str> {
    hex::parse_array(digits)
        .map(Idm)
        .filter(|idm| idm.system_number() == 0)
        .ok_or(text("cli.usage.idm"))
}

/// Issues the card and writes it. A file that is there already is left alone.
pub fn run(arguments: NewArguments) -> Result<Done, Failure> {
    let file = &arguments.file;
    let name = file.display();
    is_free(file)?;
    let demo = Demo::small(arguments.system, arguments.idm);
    let title = arguments.profile.title.clone();
    let (made, words) = match arguments.blank {
        true => (blank_card(&demo, arguments.profile), "cli.new.blank"),
        false => (new_card(&demo, arguments.profile), "cli.new.written"),
    };
    let card = made.map_err(|error| Failure::flow(Exit::Refused, &error))?;
    save_new(file, &card, None).map_err(|trouble| Failure::file(file, &trouble))?;
    report(&format(words, &[("title", &title), ("file", &name)]))
}

/// Issues the blank card in a file with the demo issuer's keys. A card that is refused stays in its file as it was,
/// and a sealed one, which is no DEMO card, is not opened.
pub fn issue(arguments: &IssueArguments) -> Result<Done, Failure> {
    let file = &arguments.file;
    let trouble = |trouble| Failure::file(file, &trouble);
    let refused = |what, next| Err(Failure::refused(what, next));
    // It is nobody else's from here on.
    let mut kept = match KeptCard::open(file, None) {
        Err(FileTrouble::Card(CardFileError::Sealed)) => {
            return refused("cli.issue.sealed.what", "cli.issue.sealed.next");
        }
        Err(FileTrouble::Card(CardFileError::NotACard)) => {
            open(file, None).map_err(trouble)?;
            return refused("cli.issue.dump.what", "cli.issue.dump.next");
        }
        kept => kept.map_err(trouble)?,
    };
    let image = kept.card().image();
    let own = image.and_then(|image| Some(image.systems.first()?.idm));
    let demo = Demo::small(arguments.system, arguments.idm.or(own));
    if let Err(halt) = issue_card(&demo, kept.card()) {
        let exit = match halt {
            Halt::Unknown { .. } => Exit::Unknown,
            _ => Exit::Refused,
        };
        if let Some(error) = halt.into_error() {
            return Err(Failure::flow(exit, &error));
        }
    }
    kept.write_anew().map_err(trouble)?;
    let system = ("system", &demo.plan.system as _);
    report(&format(
        "cli.issue.done",
        &[("file", &file.display()), system],
    ))
}
