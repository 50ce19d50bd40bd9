//! `card convert`: a card or a dump in another form, and a dump with a key list as an emulated card.
//!
//! What was written stands on standard output; what the new form does not hold, on standard error.

use super::outcome::{Done, Exit, Failure, is_free, passphrase, report, tell};
use crate::model::card::profile::Profile;
use crate::model::dump::export::{Format, Loss};
use crate::words::{format, text};
use crate::workbench::export::{self, NotWritten, Written, file_name, loss_words};
use crate::workbench::headless::{self, Opened, Passphrase};
use clap::Args;
use clap::builder::{PathBufValueParser, TypedValueParser};
use std::path::PathBuf;

/// What `card convert` is given.
#[derive(Args)]
pub struct ConvertArguments {
    #[arg(value_name = "IN", help = text("cli.help.file"))]
    file: PathBuf,
    #[arg(value_name = "OUT", value_parser = PathBufValueParser::new().try_map(target), help = text("cli.help.convert_out"))]
    out: Target,
    #[arg(long, value_name = "NAME", value_parser = super::new::profile, help = text("cli.help.convert_profile"))]
    profile: Option<Profile>,
    #[arg(long, value_name = "FILE", help = text("cli.help.keys"))]
    keys: Option<PathBuf>,
    #[arg(long, value_name = "FILE", help = text("cli.help.convert_passphrase"))]
    passphrase_file: Option<PathBuf>,
}

/// Where the new file goes, and its form.
#[derive(Clone, Debug)]
pub struct Target {
    path: PathBuf,
    format: Format,
}

/// A file whose name tells its form.
pub fn target(path: PathBuf) -> Result<Target, &'static str> {
    let ending = path.extension().and_then(|ending| ending.to_str());
    let format = ending.and_then(Format::of_extension);
    let format = format.ok_or(text("cli.usage.target"))?;
    Ok(Target { path, format })
}

/// Converts. A file that is there already is left alone.
pub fn run(arguments: &ConvertArguments) -> Result<Done, Failure> {
    let (file, out) = (&arguments.file, &arguments.out);
    is_free(&out.path)?;
    let passphrase = passphrase(arguments.passphrase_file.as_deref())?;
    let opened = headless::open(file, passphrase.as_ref())
        .map_err(|trouble| Failure::file(file, &trouble))?;
    let fills = arguments.keys.is_some() || arguments.profile.is_some();
    let becomes_card = matches!(opened, Opened::Dump(_)) && out.format == Format::Card;
    if fills && !becomes_card {
        return Err(Failure::refused(
            "cli.convert.only_dump.what",
            "cli.convert.only_dump.next",
        ));
    }
    match out.format {
        Format::Card => to_card(arguments, opened, passphrase),
        _ => to_other(arguments, &opened),
    }
}

/// Writes a `.card` file: sealed if a passphrase is given, which a card with the keys of a list must have.
fn to_card(
    arguments: &ConvertArguments,
    opened: Opened,
    passphrase: Option<Passphrase>,
) -> Result<Done, Failure> {
    let (file, out) = (&arguments.file, &arguments.out.path);
    if arguments.keys.is_some() && passphrase.is_none() {
        return Err(Failure::refused(
            "cli.convert.secret.what",
            "cli.convert.secret.next",
        ));
    }
    let mut notes = Vec::new();
    let card = match opened {
        Opened::Card { card, .. } => *card,
        Opened::Dump(seen) => {
            let list = arguments.keys.as_deref().map(|keys| {
                headless::read_keys(keys).map_err(|trouble| Failure::file(keys, &trouble))
            });
            let list = list.transpose()?;
            let (card, taken) = headless::convert(&seen, list.as_ref(), arguments.profile.as_ref())
                .map_err(|trouble| Failure::file(file, &trouble))?;
            notes.push(text("cli.convert.filled").to_string());
            let counts = [
                ("cli.convert.keys_in_file", seen.keys()),
                ("cli.convert.foreign", seen.foreign()),
                ("cli.convert.unused", taken.unused),
                ("cli.convert.aes", taken.aes),
                ("cli.convert.missing", taken.missing),
            ];
            let some = counts.iter().filter(|(_, count)| *count > 0);
            notes.extend(some.map(|(words, count)| format(words, &[("count", count)])));
            card
        }
    };
    headless::save_new(out, &card, passphrase.as_ref())
        .map_err(|trouble| Failure::file(out, &trouble))?;
    tell(&notes);
    let title = &card.profile().title;
    let kind = format("cli.convert.chip", &[("title", title)]);
    report(&format!("{} {kind}", written(arguments)))
}

/// Writes what another form can hold.
fn to_other(arguments: &ConvertArguments, opened: &Opened) -> Result<Done, Failure> {
    let (file, out) = (&arguments.file, &arguments.out);
    let other = export::write(opened.tree(), out.format, &file_name(file));
    let Written { content, losses } = other.map_err(|error| {
        let what = match &error {
            NotWritten::NoIdentity(_) => "cli.convert.no_identity.what",
            NotWritten::Unreadable(_) => "cli.convert.unreadable.what",
        };
        let (file, why) = (file.display(), &error);
        Failure {
            exit: Exit::Refused,
            what: format(what, &[("file", &file), ("why", why)]),
            next: text("cli.convert.no_identity.next").to_string(),
        }
    })?;
    headless::create(&out.path, content.as_bytes())
        .map_err(|error| Failure::file(&out.path, &error.into()))?;
    if !losses.is_empty() {
        let mut lines = vec![text("cli.convert.loses").to_string()];
        lines.extend(losses.iter().map(loss_line));
        tell(&lines);
    }
    report(&written(arguments))
}

fn written(arguments: &ConvertArguments) -> String {
    format(
        "cli.convert.written",
        &[("file", &arguments.out.path.display())],
    )
}

fn loss_line(loss: &Loss) -> String {
    format!("  {}", loss_words(loss))
}
