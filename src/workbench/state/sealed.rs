//! Sealed card files: their passphrases are asked for, one file after another, and what opens is looked at.
//!
//! A sealed file may hold live keys, and the emulator of a DEMO workspace keeps its card in the plain. So its card never
//! gets there: it is shown like a dump, with its keys masked whatever the workspace shows, and forgotten when something
//! else is shown. Nothing of it is kept but the name of the file.

use super::questions::{Question, Wanted};
use super::sealed_card::SealedCard;
use super::{Shown, State};
use crate::device::card_file::{self, CardFileError};
use crate::device::emulated::EmulatedCard;
use crate::device::files::{FileTrouble, read_regular_file};
use crate::workbench::command::TypedPassphrase;
use crate::workbench::export::file_name;
use crate::workbench::says::file_words;
use crate::workbench::view::{PassphraseState, Severity, View};
use std::path::Path;

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
