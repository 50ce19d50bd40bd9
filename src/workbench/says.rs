//! What is said to a person when something did not work: what happened, what to do next, and the cause for those
//! who ask. Each error is put into words here and nowhere else.

use super::view::{UnsettledView, Words};
use super::workspace::WorkspaceError;
use crate::device::card_file::CardFileError;
use crate::device::files::FileTrouble;
use crate::device::key_store::KeyStoreError;
use crate::device::registry::{Registry, RegistryError};
use crate::model::card::Idm;
use crate::model::card::image::ImageError;
use crate::model::card::materialise::MaterialiseError;
use crate::model::chip::PowerOnError;
use crate::model::command::{Sf2, Status};
use crate::model::date::Date;
use crate::model::dump::OpenError;
use crate::model::dump::flipper::FlipperError;
use crate::model::dump::form::{JsonForm, NoCard};
use crate::model::flow::FlowError;
use crate::model::port::{LinkError, SamError};
use crate::model::reader::CardError;
use crate::words;
use std::io;

/// A flow's error in words.
pub fn words_of(error: &FlowError) -> Words {
    let (what, next) = match error {
        FlowError::Card(error) | FlowError::NotDone(error) | FlowError::Unsettled(error) => {
            card_words(error)
        }
        FlowError::Log(_) => ("flow.error.log.what", "flow.error.log.next"),
        FlowError::NothingLent(_) => ("flow.error.lent.what", "flow.error.lent.next"),
        FlowError::NotRegisterable(_) => ("flow.error.rpsl.what", "flow.error.rpsl.next"),
        FlowError::WrongCard { .. } => ("flow.error.other_card.what", "flow.error.other_card.next"),
        FlowError::NoKey(_) => ("flow.error.key.what", "flow.error.key.next"),
        FlowError::ReadBack => ("flow.error.read_back.what", "flow.error.read_back.next"),
        FlowError::Personalized(_) => (
            "flow.error.personalized.what",
            "flow.error.personalized.next",
        ),
        FlowError::TooSmall { .. } => ("flow.error.too_small.what", "flow.error.too_small.next"),
        FlowError::Crowded(_) => ("flow.error.crowded.what", "flow.error.crowded.next"),
        FlowError::Gone(_) => ("flow.error.not_held.what", "flow.error.not_held.next"),
        FlowError::BadLog(_) => ("flow.error.bad_log.what", "flow.error.bad_log.next"),
        FlowError::BadLetter(_) => ("flow.error.bad_letter.what", "flow.error.bad_letter.next"),
        FlowError::NotSent(_) => ("flow.error.not_sent.what", "flow.error.not_sent.next"),
    };
    said(what, next, &error.to_string())
}

/// A flow's error on that card, in words.
pub fn words_on(card: Option<Idm>, error: &FlowError) -> Words {
    let words = words_of(error);
    match (error, card) {
        (FlowError::Gone(step), Some(card)) => {
            let what = words::format(
                "flow.error.not_held.by_card",
                &[("card", &card), ("step", step)],
            );
            Words { what, ..words }
        }
        _ => words,
    }
}

/// The error of a look at a card, in words.
pub fn card_error_words(error: &CardError) -> Words {
    let (what, next) = card_words(error);
    match error {
        // That it does not work is said already.
        CardError::Link(LinkError::Reader(why)) => said(what, next, why),
        error => said(what, next, &error.to_string()),
    }
}

fn card_words(error: &CardError) -> (&'static str, &'static str) {
    match error {
        CardError::Status {
            command: 0x88,
            status,
        } => division_words(*status),
        CardError::Status { .. } => ("flow.error.status.what", "flow.error.status.next"),
        CardError::Silent(_) => ("flow.error.silent.what", "flow.error.silent.next"),
        CardError::Answer(_) => ("flow.error.answer.what", "flow.error.answer.next"),
        CardError::Unsendable(_) | CardError::NotNamed(_) | CardError::TwiceInOne(_) => {
            ("flow.error.unsendable.what", "flow.error.unsendable.next")
        }
        CardError::Stopped(_) => ("flow.error.stopped.what", "flow.error.stopped.next"),
        CardError::ReadBack => ("flow.error.read_back.what", "flow.error.read_back.next"),
        CardError::Link(LinkError::CardGone) => ("flow.error.gone.what", "flow.error.gone.next"),
        CardError::Link(LinkError::Reader(_)) => {
            ("flow.error.reader.what", "flow.error.reader.next")
        }
        CardError::Link(LinkError::CannotSend(_)) => {
            ("flow.error.cannot_send.what", "flow.error.cannot_send.next")
        }
        CardError::Sam(SamError::NotGenuine) => {
            ("flow.error.genuine.what", "flow.error.genuine.next")
        }
        CardError::Sam(SamError::NoKey(_)) => ("flow.error.key.what", "flow.error.key.next"),
        CardError::Sam(SamError::Policy) => ("flow.error.policy.what", "flow.error.policy.next"),
        CardError::Sam(SamError::NoSession | SamError::BadAnswer) => {
            ("flow.error.answer.what", "flow.error.answer.next")
        }
    }
}

/// Separate System tells by SF1 which package it refuses.
fn division_words(status: Status) -> (&'static str, &'static str) {
    match (status.sf1, status.what()) {
        (1, Some(Sf2::PackageMac)) => ("flow.error.pj.what", "flow.error.pj.next"),
        (2, Some(Sf2::PackageMac)) => ("flow.error.pf.what", "flow.error.pf.next"),
        (3, Some(Sf2::PackageMac | Sf2::PackageMismatch)) => {
            ("flow.error.inf_1.what", "flow.error.inf_1.next")
        }
        (_, Some(Sf2::BlockCount)) => ("flow.error.blocks.what", "flow.error.blocks.next"),
        (_, Some(Sf2::SystemCode)) => ("flow.error.code_taken.what", "flow.error.code_taken.next"),
        (_, Some(Sf2::IssuanceDisabled)) => {
            ("flow.error.indivisible.what", "flow.error.indivisible.next")
        }
        _ => ("flow.error.status.what", "flow.error.status.next"),
    }
}

/// A file's trouble in words.
pub fn file_words(name: &str, trouble: &FileTrouble) -> Words {
    let (what, next) = match trouble {
        FileTrouble::Io(error) if error.kind() == io::ErrorKind::NotFound => {
            ("flow.file.missing.what", "flow.file.missing.next")
        }
        FileTrouble::Io(_) => ("flow.file.io.what", "flow.file.io.next"),
        FileTrouble::Folder | FileTrouble::NoFile => {
            ("flow.file.folder.what", "flow.file.folder.next")
        }
        FileTrouble::InUse { .. } => ("flow.file.in_use.what", "flow.file.in_use.next"),
        FileTrouble::Changed => ("flow.file.changed.what", "flow.file.changed.next"),
        FileTrouble::Card(CardFileError::TooLong) => {
            ("flow.file.too_long.what", "flow.file.too_long.next")
        }
        FileTrouble::Card(CardFileError::Sealed) => {
            ("flow.file.sealed.what", "flow.file.sealed.next")
        }
        FileTrouble::Card(CardFileError::Passphrase) => {
            ("flow.file.passphrase.what", "flow.file.passphrase.next")
        }
        FileTrouble::Card(CardFileError::LiveKey(_)) => {
            ("flow.file.live_key.what", "flow.file.live_key.next")
        }
        FileTrouble::Card(CardFileError::Seal) => ("flow.file.seal.what", "flow.file.seal.next"),
        FileTrouble::Dump(OpenError::Unknown | OpenError::Empty) => {
            ("flow.file.unknown.what", "flow.file.unknown.next")
        }
        FileTrouble::Dump(OpenError::NoCard(kind)) => no_card_words(*kind),
        FileTrouble::Dump(OpenError::NoSystem(_)) => {
            ("flow.file.no_system.what", "flow.file.no_system.next")
        }
        FileTrouble::Dump(OpenError::TooLarge) => ("flow.file.large.what", "flow.file.large.next"),
        FileTrouble::Dump(OpenError::Flipper(FlipperError::Newer { .. })) => {
            ("flow.file.newer.what", "flow.file.newer.next")
        }
        FileTrouble::Dump(OpenError::Flipper(FlipperError::WrongDevice { .. })) => {
            ("flow.file.other_card.what", "flow.file.other_card.next")
        }
        FileTrouble::Materialise(MaterialiseError::Lite) => {
            ("flow.file.lite.what", "flow.file.lite.next")
        }
        FileTrouble::Materialise(MaterialiseError::NoRoom { .. }) => {
            ("flow.file.no_room.what", "flow.file.no_room.next")
        }
        FileTrouble::Materialise(_) => ("flow.file.no_card.what", "flow.file.no_card.next"),
        FileTrouble::KeyList(_) => ("flow.file.keys.what", "flow.file.keys.next"),
        FileTrouble::KeyMismatch(_) => ("flow.file.mismatch.what", "flow.file.mismatch.next"),
        FileTrouble::Dump(OpenError::Json(Some(_), _)) => {
            ("flow.file.damaged_form.what", "flow.file.damaged.next")
        }
        FileTrouble::Card(_) | FileTrouble::Dump(_) | FileTrouble::Chip(_) => {
            ("flow.file.damaged.what", "flow.file.damaged.next")
        }
    };
    let cause = trouble.to_string();
    let mut words = said(what, next, &cause);
    let form = match trouble {
        FileTrouble::Dump(OpenError::Json(form, _)) => form.map(json_form_words),
        FileTrouble::Dump(OpenError::NoSystem(form)) => Some(json_form_words(*form)),
        _ => None,
    };
    let form = form.unwrap_or_default();
    let by = match trouble {
        FileTrouble::InUse { by: Some(by) } => by,
        _ => words::text("flow.file.another_program"),
    };
    words.what = words::format(what, &[("file", &name), ("form", &form), ("by", &by)]);
    if tells_cause(trouble) {
        let parts: [(&str, &dyn std::fmt::Display); 2] =
            [("what", &words.what), ("details", &cause)];
        words.what = words::format("flow.file.cause", &parts);
    }
    words
}

/// Whether the cause belongs into the first words: which line of a dump is damaged, what reason an operating system has.
fn tells_cause(trouble: &FileTrouble) -> bool {
    match trouble {
        FileTrouble::Dump(OpenError::Flipper(_) | OpenError::Json(..))
        | FileTrouble::Materialise(_)
        | FileTrouble::KeyList(_)
        | FileTrouble::KeyMismatch(_) => true,
        FileTrouble::Io(error) => error.kind() != io::ErrorKind::NotFound,
        _ => false,
    }
}

/// What a program is called whose JSON is read.
fn json_form_words(form: JsonForm) -> &'static str {
    words::text(match form {
        JsonForm::Proxmark3 => "flow.file.form.proxmark3",
        JsonForm::FelicaTool => "flow.file.form.felicatool",
        JsonForm::FelicaRs => "flow.file.form.felica_rs",
        JsonForm::Metrodroid => "flow.file.form.metrodroid",
        JsonForm::FelicaTools => "flow.file.form.felica_tools",
        JsonForm::FelicaEmu => "flow.file.form.felica_emu",
    })
}

/// A file that is known and holds no card.
fn no_card_words(kind: NoCard) -> (&'static str, &'static str) {
    let what = match kind {
        NoCard::OwnTree => "flow.file.own_tree.what",
        NoCard::OwnTrace => "flow.file.own_trace.what",
        NoCard::KeyList => return ("flow.file.key_list.what", "flow.file.key_list.next"),
        NoCard::FelicaToolLog => "flow.file.felicatool_log.what",
        NoCard::Proxmark3Other => "flow.file.proxmark3_other.what",
        NoCard::MetrodroidOther => "flow.file.metrodroid_other.what",
    };
    (what, "flow.file.unknown.next")
}

/// Why an edit by hand was refused: what the card would be with it, and what is safe.
pub fn edit_words(error: &PowerOnError) -> Words {
    let PowerOnError::Image(image) = error else {
        return said(
            "bytes.no_card.what",
            "bytes.no_card.next",
            &error.to_string(),
        );
    };
    let (what, next) = match image {
        ImageError::Size(_) => ("bytes.no_card.what", "bytes.no_card.next"),
        ImageError::Division(_) => ("bytes.no_card.division.what", "bytes.no_card.division.next"),
        ImageError::Service(..) => ("bytes.no_card.service.what", "bytes.no_card.service.next"),
        ImageError::Window(_) => ("bytes.no_card.window.what", "bytes.no_card.window.next"),
        ImageError::Twice(..) => ("bytes.no_card.twice.what", "bytes.no_card.twice.next"),
        ImageError::NoRoot(_) => ("bytes.no_card.root.what", "bytes.no_card.root.next"),
        ImageError::Nesting(..) => ("bytes.no_card.nesting.what", "bytes.no_card.nesting.next"),
        ImageError::Orphan(..) => ("bytes.no_card.orphan.what", "bytes.no_card.orphan.next"),
        ImageError::AesKey(..) => ("bytes.no_card.aes.what", "bytes.no_card.aes.next"),
    };
    let node = match image {
        ImageError::Service(code, _) => code.to_string(),
        ImageError::Twice(node, _)
        | ImageError::Nesting(node, _)
        | ImageError::Orphan(node, _)
        | ImageError::AesKey(node, _) => node.to_string(),
        _ => String::new(),
    };
    Words {
        what: words::format(what, &[("node", &node)]),
        ..said(what, next, &error.to_string())
    }
}

/// The registry's trouble in words, while it is open.
pub fn registry_words(error: &RegistryError) -> Words {
    said(
        "kept.registry.what",
        "kept.registry.next",
        &error.to_string(),
    )
}

/// That the registry may have lost its newest entry, and the cards whose flows had not ended; `None` where it has not.
/// It is said by who opens it: from then on it is whole again.
pub fn doubt_words(registry: &mut Registry) -> Option<Words> {
    if !registry.is_in_doubt() {
        return None;
    }
    // Where they cannot be read either, that is said by whoever needs them.
    let cards = registry.in_flows().unwrap_or_default();
    let cards: Vec<String> = cards.iter().map(Idm::to_string).collect();
    let said = said("kept.doubt.what", "kept.doubt.next", "");
    Some(match cards.is_empty() {
        true => said,
        false => Words {
            next: words::format("kept.doubt.cards", &[("cards", &cards.join(", "))]),
            ..said
        },
    })
}

/// Why a workspace's folder was not opened, in words.
pub fn workspace_words(folder: &str, error: &WorkspaceError) -> Words {
    let (what, next) = match error {
        WorkspaceError::InUse => ("kept.in_use.what", "kept.in_use.next"),
        WorkspaceError::Io(_) => ("kept.closed.what", "kept.closed.next"),
        WorkspaceError::Foreign => ("kept.strange.what", "kept.strange.next"),
        WorkspaceError::Settings(_) => ("kept.settings.what", "kept.settings.next"),
        WorkspaceError::OldLog => ("kept.old_log.what", "kept.old_log.next"),
        WorkspaceError::Registry(RegistryError::Newer) => ("kept.newer.what", "kept.newer.next"),
        WorkspaceError::Registry(RegistryError::Foreign) => {
            ("kept.foreign.what", "kept.foreign.next")
        }
        WorkspaceError::Registry(RegistryError::Damaged(_)) => {
            ("kept.damaged.what", "kept.damaged.next")
        }
        WorkspaceError::Registry(_) => ("kept.closed.what", "kept.closed.next"),
        WorkspaceError::Keys(error) => keys_words(error),
        WorkspaceError::DemoKeys => ("kept.keys.of_demo.what", "kept.keys.of_demo.next"),
    };
    said(what, next, &format!("{folder}: {error}"))
}

fn keys_words(error: &KeyStoreError) -> (&'static str, &'static str) {
    match error {
        KeyStoreError::Io(_) => ("kept.keys.io.what", "kept.keys.io.next"),
        KeyStoreError::NotAStore => ("kept.keys.foreign.what", "kept.keys.foreign.next"),
        KeyStoreError::Newer => ("kept.keys.newer.what", "kept.keys.newer.next"),
        KeyStoreError::Damaged => ("kept.keys.damaged.what", "kept.keys.damaged.next"),
        KeyStoreError::Sealed => ("kept.keys.sealed.what", "kept.keys.sealed.next"),
        KeyStoreError::Passphrase => ("kept.keys.passphrase.what", "kept.keys.passphrase.next"),
        KeyStoreError::Seal | KeyStoreError::Full => ("kept.keys.seal.what", "kept.keys.seal.next"),
        KeyStoreError::NotADemoKey(_) => ("kept.keys.live.what", "kept.keys.live.next"),
        KeyStoreError::Taken(_) => ("kept.keys.taken.what", "kept.keys.taken.next"),
        KeyStoreError::NoKey(_) | KeyStoreError::Unnamed => {
            ("kept.keys.none.what", "kept.keys.none.next")
        }
    }
}

/// A write of which it is not known whether it was made, and what is safe.
pub fn unsettled_words(write: &UnsettledView) -> Words {
    let arguments: [(&str, &dyn std::fmt::Display); 4] = [
        ("card", &write.card),
        ("step", &write.step),
        ("title", &write.title),
        ("since", &utc(write.since_ms)),
    ];
    Words {
        what: words::format("kept.unsettled.what", &arguments),
        ..said("kept.unsettled.what", "kept.unsettled.next", "")
    }
}

/// `2026-11-21 14:05 UTC`, of milliseconds since 1970-01-01.
fn utc(time_ms: u64) -> String {
    let minutes = time_ms / 60_000;
    let date = i64::try_from(minutes / 1440).ok().and_then(Date::of_days);
    // No clock of ours comes near the year 10,000.
    let date = date.map(|date| date.to_string()).unwrap_or_default();
    let (hour, minute) = (minutes / 60 % 24, minutes % 60);
    format!("{date} {hour:02}:{minute:02} UTC")
}

/// Two texts of the table, and the cause.
pub fn said(what: &'static str, next: &'static str, details: &str) -> Words {
    Words {
        what: words::text(what).to_string(),
        next: words::text(next).to_string(),
        details: details.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::utc;

    #[test]
    fn times_are_said_in_utc() {
        assert_eq!(utc(1_795_269_900_000), "2026-11-21 14:05 UTC");
    }
}
