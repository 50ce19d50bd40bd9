//! Sealed card files: their passphrases are asked for, one file after another, and what opens is looked at.
//!
//! A sealed file may hold live keys, and the emulator of a DEMO workspace keeps its card in the plain. So its card never
//! gets there: it is shown like a dump, with its keys masked whatever the workspace shows, and forgotten when something
//! else is shown. Nothing of it is kept but the name of the file.

use super::files::file_name;
use super::{Shown, State, owners_of};
use crate::device::card_file::{self, CardFileError};
use crate::device::emulated::EmulatedCard;
use crate::device::files::{FileTrouble, card_tree, read_regular_file};
use crate::model::card::SystemCode;
use crate::model::card::difference::Sides;
use crate::model::card::tree::Tree;
use crate::workbench::card_view::{Lookup, Picture, looked_at};
use crate::workbench::command::TypedPassphrase;
use crate::workbench::compare::Side;
use crate::workbench::says::file_words;
use crate::workbench::view::{
    CardSource, CardView, OwnerView, PassphraseState, PassphraseView, Severity, View,
};
use std::collections::VecDeque;
use std::path::{Path, PathBuf};

/// The card of a sealed file, to be looked at.
pub(super) struct SealedCard {
    name: String,
    card: EmulatedCard,
    picture: Picture,
    /// Codes of its systems; each is an owner.
    systems: Vec<SystemCode>,
}

/// Cards of sealed files that were opened for a comparison, by their paths.
pub(super) type Unsealed = Vec<(PathBuf, Box<EmulatedCard>)>;

/// What a sealed file is opened for.
pub(super) enum Wanted {
    Show,
    /// As a side of this comparison, for which these were opened already.
    Compare(Sides<Side>, Unsealed),
}

/// The files whose passphrases are asked for. The first is the question that is put.
#[derive(Default)]
pub(super) struct Questions {
    waiting: VecDeque<Question>,
    /// Questions so far.
    count: u64,
}

struct Question {
    number: u64,
    path: PathBuf,
    wanted: Wanted,
    state: PassphraseState,
}

impl Questions {
    /// The question that is put, if there is one.
    pub fn view(&self) -> Option<PassphraseView> {
        self.waiting.front().map(|question| PassphraseView {
            number: question.number,
            file: file_name(&question.path),
            state: question.state,
        })
    }

    /// Asks for the passphrase of a file, after those that are waiting; once, where it is to be shown.
    pub fn ask(&mut self, path: PathBuf, wanted: Wanted) {
        let shows = |wanted: &Wanted| matches!(wanted, Wanted::Show);
        let waits = |question: &Question| question.path == path && shows(&question.wanted);
        if shows(&wanted) && self.waiting.iter().any(waits) {
            return;
        }
        self.count += 1;
        self.waiting.push_back(Question {
            number: self.count,
            path,
            wanted,
            state: PassphraseState::Asked,
        });
    }

    /// The question that is put, if it is the one of that number.
    fn put(&mut self, number: u64) -> Option<&mut Question> {
        let first = self.waiting.front_mut();
        first.filter(|question| question.number == number)
    }

    fn take(&mut self, number: u64) -> Option<Question> {
        self.put(number)?;
        self.waiting.pop_front()
    }
}

impl State {
    /// Tries a passphrase on the file of that question. A wrong one leaves the question; whatever else is wrong ends it.
    pub(super) fn try_passphrase(
        &mut self,
        number: u64,
        passphrase: &TypedPassphrase,
        publish: &dyn Fn(View),
    ) {
        let Some(question) = self.questions.put(number) else {
            return;
        };
        question.state = PassphraseState::Trying;
        let path = question.path.clone();
        publish(self.view());
        let opened = unseal(&path, passphrase);
        if let Err(FileTrouble::Card(CardFileError::Passphrase)) = &opened
            && let Some(question) = self.questions.put(number)
        {
            question.state = PassphraseState::Wrong;
            return;
        }
        let Some(question) = self.questions.take(number) else {
            return;
        };
        match opened {
            Ok(card) => self.unsealed(question, card),
            Err(error) => self.say(Severity::Refused, file_words(&file_name(&path), &error)),
        }
    }

    /// Leaves the file of that question closed. What was open stays as it was.
    pub(super) fn leave_sealed(&mut self, number: u64) {
        self.questions.take(number);
    }

    fn unsealed(&mut self, question: Question, card: EmulatedCard) {
        let Question { path, wanted, .. } = question;
        match wanted {
            Wanted::Show => {
                self.note_recent(&path);
                self.look_for_recent();
                self.close_flow();
                // A comparison would go on standing before it.
                self.comparing = None;
                let card = SealedCard::new(file_name(&path), card);
                self.shown = Shown::Sealed(Box::new(card));
            }
            Wanted::Compare(sides, mut unsealed) => {
                unsealed.push((path, Box::new(card)));
                self.compare(sides, unsealed);
            }
        }
    }
}

/// The card of a sealed file. Slow on purpose: about a second.
fn unseal(path: &Path, passphrase: &TypedPassphrase) -> Result<EmulatedCard, FileTrouble> {
    let bytes = read_regular_file(path)?;
    Ok(card_file::read(&bytes, Some(&passphrase.0))?.into_card()?)
}

impl SealedCard {
    fn new(name: String, card: EmulatedCard) -> SealedCard {
        let image = card.image();
        let systems = image.iter().flat_map(|image| &image.systems);
        SealedCard {
            systems: systems.map(|system| system.code).collect(),
            picture: Picture::default(),
            name,
            card,
        }
    }

    /// One owner a system, as for a dump.
    pub fn owners(&self) -> Vec<OwnerView> {
        owners_of(self.systems.iter().copied())
    }

    /// All that it holds, for a file in another form.
    pub fn tree(&self) -> Tree {
        card_tree(&self.card)
    }

    /// The card, masked, and without what only a card in the emulator has.
    pub fn view(&mut self, owners: &[OwnerView], revision: u64) -> Option<CardView> {
        let systems = &self.systems;
        let lookup = Lookup {
            owners,
            owner_of: &|code| systems.iter().position(|of| *of == code).unwrap_or(0),
            name_nodes: &|_| (),
            keys_shown: false,
        };
        let view = self.picture.view(&self.card, &lookup)?;
        let name = self.name.clone();
        Some(CardView {
            revision,
            ..looked_at(view, CardSource::Sealed { name })
        })
    }
}
