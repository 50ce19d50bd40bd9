//! Every query to the registry.

use super::schema::{cards, entries, intents, runs};
use super::{
    CardState, KnownCard, Outcome, Place, Registry, RegistryError, RunId, SeenCard, Unsettled,
};
use crate::device::system::SystemClock;
use crate::model::card::{Idi, Idm, Pmi, Pmm, SystemCode};
use crate::model::flow::log::{Ending, LogEntry};
use crate::model::flow::table::StepId;
use crate::model::port::Clock;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use std::fs::File;

/// What a query gives.
type Answer<T> = Result<T, RegistryError>;

impl Registry {
    /// Takes note of a card that was met, for the first time or again.
    pub fn see(&mut self, card: &SeenCard) -> Answer<()> {
        let now = now();
        let (profile, reader) = match &card.place {
            Place::Emulator(profile) => (Some(profile), None),
            Place::Reader(name) => (None, Some(name)),
        };
        let codes: Vec<u8> = card
            .systems
            .iter()
            .flat_map(|c| c.0.to_be_bytes())
            .collect();
        let seen = (
            cards::pmm.eq(&card.pmm.0[..]),
            cards::profile.eq(profile),
            cards::reader.eq(reader),
            cards::system_codes.eq(&codes),
            cards::last_seen_ms.eq(now),
            cards::state.eq(state_text(card.state())),
        );
        let issuance = card
            .issuance
            .map(|(idi, pmi)| (cards::idi.eq(idi.0.to_vec()), cards::pmi.eq(pmi.0.to_vec())));
        self.db.immediate_transaction(|db| {
            let first = (cards::idm.eq(&card.idm.0[..]), cards::first_seen_ms.eq(now));
            diesel::insert_into(cards::table)
                .values((first, seen))
                .on_conflict(cards::idm)
                .do_update()
                .set(seen)
                .execute(db)?;
            if let Some(issuance) = issuance {
                diesel::update(cards::table.filter(cards::idm.eq(&card.idm.0[..])))
                    .set(issuance)
                    .execute(db)?;
            }
            Ok(())
        })
    }

    /// Gives a card the name that people call it by.
    pub fn label(&mut self, card: Idm, label: &str) -> Answer<()> {
        let named = diesel::update(cards::table.filter(cards::idm.eq(&card.0[..])))
            .set(cards::label.eq(label))
            .execute(&mut self.db)?;
        match named {
            0 => Err(RegistryError::UnknownCard(card)),
            _ => Ok(()),
        }
    }

    /// Every card, in the order in which they were first seen.
    pub fn cards(&mut self) -> Answer<Vec<KnownCard>> {
        let rows: Vec<CardRow> = cards::table
            .order(cards::id)
            .select(CardRow::as_select())
            .load(&mut self.db)?;
        rows.into_iter().map(CardRow::read).collect()
    }

    /// Begins a run of a flow on a card that was seen.
    pub fn begin(&mut self, flow: &str, card: Idm) -> Answer<RunId> {
        let id: i64 = cards::table
            .filter(cards::idm.eq(&card.0[..]))
            .select(cards::id)
            .first(&mut self.db)
            .optional()?
            .ok_or(RegistryError::UnknownCard(card))?;
        let run = diesel::insert_into(runs::table)
            .values((
                runs::flow.eq(flow),
                runs::card.eq(id),
                runs::begun_ms.eq(now()),
            ))
            .returning(runs::id)
            .get_result(&mut self.db)?;
        Ok(RunId(run))
    }

    /// The newest run of a flow on that card that has not ended.
    pub fn unfinished(&mut self, flow: &str, card: Idm) -> Answer<Option<RunId>> {
        let found = runs::table
            .inner_join(cards::table)
            .filter(cards::idm.eq(&card.0[..]))
            .filter(runs::flow.eq(flow).and(runs::ending.is_null()))
            .order(runs::id.desc())
            .select(runs::id)
            .first(&mut self.db)
            .optional()?;
        Ok(found.map(RunId))
    }

    /// What stands in the log of a run.
    pub fn entries(&mut self, run: RunId) -> Answer<Vec<LogEntry>> {
        let texts: Vec<String> = entries::table
            .filter(entries::run.eq(run.0))
            .order(entries::id)
            .select(entries::entry)
            .load(&mut self.db)?;
        let read = |text: &String| serde_json::from_str(text).map_err(damaged);
        texts.iter().map(read).collect()
    }

    /// Writes an entry to the log of a run, and what it says of a write to the card: both or neither. That a step was
    /// done goes to the disk with what is written next, or by [`Registry::sync`].
    pub(super) fn append(&mut self, run: RunId, entry: &LogEntry) -> Answer<()> {
        const WAIT_FOR_DISK: &str = "PRAGMA synchronous = FULL";
        if matches!(entry, LogEntry::Step { .. }) {
            self.behind = true;
            self.db.batch_execute("PRAGMA synchronous = NORMAL")?;
            let written = self.write_entry(run, entry);
            let restored = self.db.batch_execute(WAIT_FOR_DISK);
            return written.and(restored.map_err(Into::into));
        }
        // Said anew, so that no intent passes for durable because what was said after a step failed.
        self.db.batch_execute(WAIT_FOR_DISK)?;
        self.write_entry(run, entry)?;
        self.behind = false;
        Ok(())
    }

    fn write_entry(&mut self, run: RunId, entry: &LogEntry) -> Answer<()> {
        let text = serde_json::to_string(entry).map_err(damaged)?;
        self.db.immediate_transaction(|db| {
            diesel::insert_into(entries::table)
                .values((entries::run.eq(run.0), entries::entry.eq(text)))
                .execute(db)?;
            match entry {
                LogEntry::Intent { step, time_ms } => {
                    nothing_unsettled(db, run)?;
                    diesel::insert_into(intents::table)
                        .values((
                            intents::run.eq(run.0),
                            intents::step.eq(&step.0),
                            intents::at_ms.eq(*time_ms as i64),
                            intents::outcome.eq(outcome_text(Outcome::Open)),
                        ))
                        .execute(db)?;
                }
                LogEntry::Step { step, .. } => settle(db, run, step, Outcome::Done)?,
                LogEntry::NotDone { step } => settle(db, run, step, Outcome::NotDone)?,
                // A write of which nothing is known is neither taken back nor left behind.
                LogEntry::Gone { .. } | LogEntry::Rewind { .. } => nothing_unsettled(db, run)?,
                LogEntry::End { how } => {
                    nothing_unsettled(db, run)?;
                    diesel::update(runs::table.filter(runs::id.eq(run.0)))
                        .set(runs::ending.eq(ending_text(*how)))
                        .execute(db)?;
                }
            }
            Ok(())
        })
    }

    /// Waits until everything that was written is on the disk. A failure is said once: what a disk did not take it
    /// does not take when it is asked again.
    pub fn sync(&mut self) -> Answer<()> {
        let behind = std::mem::take(&mut self.behind);
        if let Some(wal) = self.wal.as_ref().filter(|_| behind) {
            // Windows lets only who may write to a file wait for it.
            File::options().write(true).open(wal)?.sync_data()?;
        }
        Ok(())
    }

    /// The answer to a run's open write was lost.
    pub fn answer_lost(&mut self, run: RunId) -> Answer<()> {
        let open = intents::outcome.eq(outcome_text(Outcome::Open));
        diesel::update(intents::table.filter(intents::run.eq(run.0).and(open)))
            .set(intents::outcome.eq(outcome_text(Outcome::Unknown)))
            .execute(&mut self.db)?;
        Ok(())
    }

    /// Whoever waited for the answers of open writes is gone.
    pub(super) fn open_is_unknown(&mut self) -> Answer<()> {
        let open = intents::outcome.eq(outcome_text(Outcome::Open));
        diesel::update(intents::table.filter(open))
            .set(intents::outcome.eq(outcome_text(Outcome::Unknown)))
            .execute(&mut self.db)?;
        Ok(())
    }

    /// IDms of the cards that a flow has not ended on.
    pub fn in_flows(&mut self) -> Answer<Vec<Idm>> {
        let idms: Vec<Vec<u8>> = runs::table
            .inner_join(cards::table)
            .filter(runs::ending.is_null())
            .order(cards::id)
            .select(cards::idm)
            .distinct()
            .load(&mut self.db)?;
        idms.into_iter().map(|idm| Ok(Idm(eight(idm)?))).collect()
    }

    /// Every write of which it is not known whether it was made, oldest first.
    pub fn unsettled(&mut self) -> Answer<Vec<Unsettled>> {
        let rows: Vec<(i64, Vec<u8>, String, String, i64, String)> = intents::table
            .inner_join(runs::table.inner_join(cards::table))
            .filter(intents::settled_ms.is_null())
            .order(intents::id)
            .select((
                runs::id,
                cards::idm,
                runs::flow,
                intents::step,
                intents::at_ms,
                intents::outcome,
            ))
            .load(&mut self.db)?;
        let read = |(run, idm, flow, step, at_ms, outcome): (i64, _, _, _, i64, String)| {
            Ok(Unsettled {
                run: RunId(run),
                card: Idm(eight(idm)?),
                flow,
                step: StepId(step),
                at_ms: at_ms as u64,
                outcome: outcome_of(&outcome)?,
            })
        };
        rows.into_iter().map(read).collect()
    }

    /// What came of the writes of a run, in their order.
    pub fn outcomes(&mut self, run: RunId) -> Answer<Vec<(StepId, Outcome)>> {
        let rows: Vec<(String, String)> = intents::table
            .filter(intents::run.eq(run.0))
            .order(intents::id)
            .select((intents::step, intents::outcome))
            .load(&mut self.db)?;
        let read = |(step, outcome): (String, String)| Ok((StepId(step), outcome_of(&outcome)?));
        rows.into_iter().map(read).collect()
    }

    /// Removes the log of a run that has ended. That it was, and its writes, stay known.
    pub fn forget(&mut self, run: RunId) -> Answer<()> {
        let ended = runs::table
            .filter(runs::id.eq(run.0).and(runs::ending.is_not_null()))
            .select(runs::id);
        diesel::delete(entries::table.filter(entries::run.eq_any(ended))).execute(&mut self.db)?;
        Ok(())
    }
}

/// Notes what came of the run's open write of that step, if there is one.
fn settle(db: &mut SqliteConnection, run: RunId, step: &StepId, outcome: Outcome) -> Answer<()> {
    let of_step = intents::run.eq(run.0).and(intents::step.eq(&step.0));
    diesel::update(intents::table.filter(of_step.and(intents::settled_ms.is_null())))
        .set((
            intents::outcome.eq(outcome_text(outcome)),
            intents::settled_ms.eq(now()),
        ))
        .execute(db)?;
    Ok(())
}

fn nothing_unsettled(db: &mut SqliteConnection, run: RunId) -> Answer<()> {
    let open: Option<String> = intents::table
        .filter(intents::run.eq(run.0).and(intents::settled_ms.is_null()))
        .select(intents::step)
        .first(db)
        .optional()?;
    match open {
        Some(step) => Err(RegistryError::Unsettled(StepId(step))),
        None => Ok(()),
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = cards)]
struct CardRow {
    idm: Vec<u8>,
    pmm: Vec<u8>,
    idi: Option<Vec<u8>>,
    pmi: Option<Vec<u8>>,
    profile: Option<String>,
    reader: Option<String>,
    system_codes: Vec<u8>,
    label: Option<String>,
    first_seen_ms: i64,
    last_seen_ms: i64,
    state: String,
}

impl CardRow {
    fn read(self) -> Answer<KnownCard> {
        let issuance = match (self.idi, self.pmi) {
            (Some(idi), Some(pmi)) => Some((Idi(eight(idi)?), Pmi(eight(pmi)?))),
            _ => None,
        };
        let place = match (self.profile, self.reader) {
            (Some(profile), None) => Place::Emulator(profile),
            (None, Some(reader)) => Place::Reader(reader),
            _ => return Err(damaged("a card has no place")),
        };
        let (codes, _) = self.system_codes.as_chunks::<2>();
        Ok(KnownCard {
            seen: SeenCard {
                idm: Idm(eight(self.idm)?),
                pmm: Pmm(eight(self.pmm)?),
                issuance,
                place,
                systems: codes
                    .iter()
                    .map(|c| SystemCode(u16::from_be_bytes(*c)))
                    .collect(),
            },
            label: self.label,
            first_seen_ms: self.first_seen_ms as u64,
            last_seen_ms: self.last_seen_ms as u64,
            state: match self.state.as_str() {
                "blank" => CardState::Blank,
                "issued" => CardState::Issued,
                other => return Err(damaged(format!("a card is {other:?}"))),
            },
        })
    }
}

fn state_text(state: CardState) -> &'static str {
    match state {
        CardState::Blank => "blank",
        CardState::Issued => "issued",
    }
}

fn outcome_text(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Open => "open",
        Outcome::Done => "done",
        Outcome::NotDone => "not done",
        Outcome::Unknown => "unknown",
    }
}

fn outcome_of(text: &str) -> Answer<Outcome> {
    let all = [
        Outcome::Open,
        Outcome::Done,
        Outcome::NotDone,
        Outcome::Unknown,
    ];
    let found = all
        .into_iter()
        .find(|outcome| outcome_text(*outcome) == text);
    found.ok_or_else(|| damaged(format!("the outcome of a write is {text:?}")))
}

fn ending_text(ending: Ending) -> &'static str {
    match ending {
        Ending::Done => "done",
        Ending::Stopped => "stopped",
        Ending::Refused => "refused",
    }
}

fn eight(bytes: Vec<u8>) -> Answer<[u8; 8]> {
    bytes
        .try_into()
        .map_err(|_| damaged("an identity is not of eight bytes"))
}

fn damaged(what: impl ToString) -> RegistryError {
    RegistryError::Damaged(what.to_string())
}

/// UTC, milliseconds since 1970-01-01.
fn now() -> i64 {
    SystemClock.now_ms() as i64
}
