//! The sealed files whose passphrases are asked for.

use crate::device::emulated::EmulatedCard;
use crate::model::card::difference::Sides;
use crate::workbench::export::file_name;
use crate::workbench::side::Side;
use crate::workbench::view::{PassphraseState, PassphraseView};
use std::collections::VecDeque;
use std::path::PathBuf;

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

pub(super) struct Question {
    pub(super) number: u64,
    pub(super) path: PathBuf,
    pub(super) wanted: Wanted,
    pub(super) state: PassphraseState,
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
    pub fn put(&mut self, number: u64) -> Option<&mut Question> {
        let first = self.waiting.front_mut();
        first.filter(|question| question.number == number)
    }

    pub fn take(&mut self, number: u64) -> Option<Question> {
        self.put(number)?;
        self.waiting.pop_front()
    }
}
