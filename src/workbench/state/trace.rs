//! The trace of the card that is shown: looked at, cleared and exported.

use super::exports::{Exported, ReportExport};
use super::{Shown, State};
use crate::device::disk::replace_with;
use crate::device::emulated::EmulatedCard;
use crate::device::files::FileTrouble;
use crate::model::trace::export::{Export, json, text};
use crate::model::trace::{Exchange, Trace};
use crate::words;
use crate::workbench::command::{TraceExport, TraceForm};
use crate::workbench::says::{file_words, said};
use crate::workbench::trace_words::TableWords;
use crate::workbench::view::{Severity, Words};

impl State {
    /// What passed with the card that is shown. A copy, which is cheap.
    pub(super) fn trace(&self) -> Trace {
        match &self.shown {
            Shown::Emulated => self.emulated_trace(),
            Shown::Reader => self.readers.trace().clone(),
            Shown::Dump { .. } | Shown::Sealed(_) => Trace::default(),
        }
    }

    /// What passed with the card in the emulator.
    pub(super) fn emulated_trace(&self) -> Trace {
        let noted = self.card.as_ref().and_then(EmulatedCard::trace);
        noted.cloned().unwrap_or_default()
    }

    pub(super) fn clear_trace(&mut self) {
        match &self.shown {
            Shown::Emulated => {
                let mut trace = self.trace();
                trace.clear();
                if let Some(card) = &mut self.card {
                    card.record(trace);
                }
            }
            Shown::Reader => self.readers.clear_trace(),
            Shown::Dump { .. } | Shown::Sealed(_) => {}
        }
    }

    /// Whom to tell that an export has ended. Until there is somebody, exports are written at once.
    pub fn report_exports(&mut self, report: ReportExport) {
        self.exports.report = Some(report);
    }

    /// Writes exchanges to a file, without anything that a key could be found with.
    pub(super) fn export_trace(&mut self, asked: TraceExport) {
        let noted = (self.trace(), self.trace_source());
        self.export_noted(noted, asked, None);
    }

    /// The same with what was noted elsewhere, and where that was. How it ended is told in that window.
    pub(super) fn export_noted(
        &mut self,
        (trace, source): (Trace, String),
        asked: TraceExport,
        window: Option<u64>,
    ) {
        let exported = move || Exported {
            written: write(&trace, &source, &asked),
            path: asked.path,
            window,
        };
        let Some(report) = self.exports.report.clone() else {
            return self.exported(&exported());
        };
        let threads = &mut self.exports.threads;
        threads.retain(|thread| !thread.is_finished());
        threads.push(std::thread::spawn(move || report(exported())));
    }

    /// Tells how an export ended.
    pub fn exported(&mut self, exported: &Exported) {
        self.revision += 1;
        let name = exported.path.display().to_string();
        self.saying_in(exported.window, |state| match &exported.written {
            Ok(count) => {
                let arguments = [("file", &name as _), ("count", count as _)];
                let done = Words {
                    what: words::format("trace.exported.what", &arguments),
                    ..said("trace.exported.what", "trace.exported.next", "")
                };
                state.say(Severity::Done, done);
            }
            Err(error) => state.say(Severity::Refused, file_words(&name, error)),
        });
    }

    /// Where the exchanges were noted, for the head of an export.
    fn trace_source(&self) -> String {
        match (&self.shown, &self.card) {
            (Shown::Emulated, Some(card)) => emulator_words(card),
            (Shown::Reader, _) => self.readers.chosen().unwrap_or_default().to_string(),
            _ => String::new(),
        }
    }
}

/// The emulator, and the kind of its card.
pub(super) fn emulator_words(card: &EmulatedCard) -> String {
    format!("{} {}", words::text("flow.emulator"), card.profile().title)
}

/// Writes the file; gives how many exchanges are in it.
fn write(trace: &Trace, source: &str, asked: &TraceExport) -> Result<usize, FileTrouble> {
    let exchanges: Vec<&Exchange> = match &asked.numbers {
        None => trace.iter().collect(),
        Some(numbers) => {
            let numbered = numbers.iter().filter_map(|number| trace.numbered(*number));
            numbered.collect()
        }
    };
    let count = exchanges.len();
    let export = Export::new(source, exchanges, asked.mask_ids);
    let written = match asked.form {
        TraceForm::Text => replace_with(&asked.path, text(&export, &TableWords)),
        TraceForm::Json => replace_with(&asked.path, json(&export)),
    };
    written.map(|()| count).map_err(FileTrouble::Io)
}
