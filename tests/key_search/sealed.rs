//! A sealed card file in the window's workbench.

use super::runs::{Keys, Said, keys_of, planted};
use crate::cli::Folder;
use crate::workbench::after;
use cardwright::device::files::save;
use cardwright::device::seal::Passphrase;
use cardwright::model::card::difference::Sides;
use cardwright::model::card::profile::Profile;
use cardwright::model::demo::Demo;
use cardwright::model::dump::export::Format;
use cardwright::workbench::command::TypedPassphrase;
use cardwright::workbench::compare::Side;
use cardwright::workbench::headless::new_card;
use cardwright::workbench::view::PassphraseState;
use cardwright::workbench::{Command, View, Workbench};
use std::path::Path;

/// A card with keys that look live, in a sealed file: opened in the window's workbench of a DEMO workspace whose keys
/// are shown, with a wrong passphrase first, compared, and written in other forms. The passphrases are searched for too.
pub fn sealed_file() -> (Said, Keys) {
    const RIGHT: &str = "9vXq-Lr7w.Tk2m_Z";
    const WRONG: &str = "4hBn-Jc8y.Pd6s_G";
    let demo = planted(Demo::new(), 51);
    let mut keys = keys_of(&demo);
    keys.push(("the passphrase".into(), RIGHT.into()));
    keys.push(("a wrong one".into(), WRONG.into()));
    let card = new_card(&demo, Profile::demo()).expect("issued");
    let folder = Folder::new();
    let named = |name: &str| Path::new(&folder.name(name)).to_path_buf();
    let passphrase = Passphrase::new(RIGHT.into());
    let path = named("live.card");
    save(&path, &card, Some(&passphrase)).expect("sealed");
    let mut said = Said::default();
    let bench = Workbench::open(Some(named("demo")));
    let mut ask = |name: &str, command: Command, ready: &dyn Fn(&View) -> bool| {
        said.debug(name, &command);
        let view = after(&bench, command, name, ready);
        said.debug(name, &*view);
    };
    ask("keys are shown", Command::ShowKeys(true), &|view| {
        view.workspace.keys_shown
    });
    let state = |view: &View| view.passphrase.as_ref().map(|asked| asked.state);
    let try_it = |number, text: &str| {
        Command::TryPassphrase(number, TypedPassphrase(Passphrase::new(text.into())))
    };
    ask(
        "it is asked for",
        Command::OpenFile(path.clone()),
        &|view| state(view) == Some(PassphraseState::Asked),
    );
    ask("a wrong one", try_it(1, WRONG), &|view| {
        state(view) == Some(PassphraseState::Wrong)
    });
    ask("it is open", try_it(1, RIGHT), &|view| {
        state(view).is_none()
    });
    ask("a window of its own", Command::TearOff, &|view| {
        !view.torn.is_empty()
    });
    for (form, name) in [
        (Format::Text, "out.txt"),
        (Format::Proxmark3, "out.json"),
        (Format::Flipper, "out.nfc"),
        (Format::Tree, "tree.json"),
    ] {
        let out = named(name);
        ask("a form", Command::Export(form, out.clone()), &|_| {
            out.exists()
        });
    }
    let (a, b) = (Side::File(path), Side::Live);
    ask(
        "a comparison is asked for",
        Command::Compare(Sides { a, b }),
        &|view| state(view) == Some(PassphraseState::Asked),
    );
    ask("a comparison", try_it(2, RIGHT), &|view| {
        view.comparison.is_some()
    });
    drop(bench);
    said.folder(Path::new(&folder.name("")), &[]);
    (said, keys)
}
