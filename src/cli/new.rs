//! `card new`: a demo card of any profile, issued by commands and written to a file of its own.

use super::{Done, Exit, Failure, NewArguments, print};
use crate::model::card::profile::Profile;
use crate::model::card::{Idm, SystemCode};
use crate::model::demo::Demo;
use crate::model::hex;
use crate::words::{format, text};
use crate::workbench::headless::{new_card, save};

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
    if file.exists() {
        return Err(Failure::exists(file));
    }
    let demo = Demo::small(arguments.system, arguments.idm);
    let title = arguments.profile.title.clone();
    let card =
        new_card(&demo, arguments.profile).map_err(|error| Failure::flow(Exit::Refused, &error))?;
    save(file, &card, None).map_err(|trouble| Failure::file(file, &trouble))?;
    let said = format("cli.new.written", &[("title", &title), ("file", &name)]);
    print(&format!("{said}\n"))
}
