//! First issuance: a card fresh from its maker becomes an issuer's, with system, areas, services and first data.
//!
//! The card comes with K_D and transport keys and has no system code. Register Issue ID gives it one, its issuance IDs
//! and the key of area 0; then the system's transport key is changed to the issuer's, areas and services follow, and
//! the first data is written; a card of the AES generation gets its AES keys last. Every step that writes asks the card first what is there already, so a card that was
//! pulled anywhere is taken up where it stands, and reads back before it calls anything done. A card that was issued
//! before, another card than the order names, one with other transport keys and one that is too small are refused
//! before anything is written.

use super::at::{At, Here, Lane};
use super::error::{FlowError, Halt};
use super::passed::Passed;
use super::stage::{Effect, Stage};
use super::table::{FlowTable, StepId};
use crate::model::card::Idm;
use on_card::Blank;

pub mod aes_keys;
mod cast;
mod desk;
mod on_card;
mod plan;

pub use cast::{CARD, Cast, ISSUER, IssuerLane};
pub use desk::IssuingDesk;
pub use plan::{IssuePlan, PlannedArea, PlannedService};

/// The flow's table of steps.
pub fn table() -> FlowTable {
    // The file is compiled in and read by a test, so reading cannot fail here.
    ron::from_str(include_str!("../../../assets/flows/issue.ron"))
        .expect("assets/flows/issue.ron is read by a test")
}

/// Issues the card on the desk. Gives the IDm of its system.
pub fn issue(stage: &mut Stage, cast: &mut Cast) -> Result<Idm, Halt> {
    // A write of which nothing is known is settled by asking, and what the card forgets is made anew.
    if stage.write_is_open() {
        cast.card.field_off();
    }
    let order = stage.at(cast, ISSUER, "IS01", |issuer| issuer.desk.order())?;
    if cast.desk.order().as_ref() != Ok(stage.only_here(&order)?) {
        let step = StepId("IS01".into());
        let error = FlowError::BadLog(step.clone());
        return Err(Halt::Refused { step, error });
    }
    let result = on_the_card(stage, cast);
    if matches!(result, Err(Halt::Refused { .. } | Halt::Unknown { .. })) {
        // What a step that went wrong left in the card's volatile memory is not to be built on.
        cast.card.field_off();
    }
    result
}

fn on_the_card(stage: &mut Stage, cast: &mut Cast) -> Result<Idm, Halt> {
    let before: Option<Blank> = stage.recorded("IS02");
    let blank = stage.on_card(
        cast,
        ISSUER,
        "IS02",
        Effect::Volatile,
        |issuer| before.map(|_| issuer.read_again()).transpose(),
        |issuer| issuer.read_blank(),
    )?;
    identity(stage, cast, &blank)?;
    write_step(
        stage,
        cast,
        "IS06",
        |i| i.has_system_key(),
        |i| i.change_system_key(),
    )?;
    write_step(
        stage,
        cast,
        "IS07",
        |i| i.has_areas(),
        |i| i.register_areas(),
    )?;
    write_step(
        stage,
        cast,
        "IS08",
        |i| i.has_services(),
        |i| i.register_services(),
    )?;
    write_step(
        stage,
        cast,
        "IS09",
        |i| i.has_first_data(),
        |i| i.write_first_data(),
    )?;
    write_step(
        stage,
        cast,
        "IS10",
        |i| i.has_aes_keys(),
        |i| i.register_aes_keys(),
    )?;
    let passed = stage.on_card(
        cast,
        ISSUER,
        "IS11",
        Effect::Volatile,
        |_| Ok(None),
        |issuer| issuer.check_everything(),
    )?;
    told(stage, "IS11", &passed)?;
    Ok(cast.desk.idm)
}

/// IS03 to IS05: the card takes its identity. Once it has it, in this touch or in an earlier one, they are true.
fn identity(stage: &mut Stage, cast: &mut Cast, blank: &AtIssuer<Blank>) -> Result<(), Halt> {
    let prepared: [(&str, Act); 2] = [
        ("IS03", |issuer| issuer.prove_transport_keys()),
        ("IS04", |issuer| issuer.prepare_identity()),
    ];
    for (id, act) in prepared {
        let before = stage.recorded(id).unwrap_or(cast.nothing());
        let act = |issuer: &mut AtDesk| match issuer.get(blank).is_issued {
            true => Ok(before),
            false => act(issuer),
        };
        let passed = stage.on_card(cast, ISSUER, id, Effect::Volatile, |_| Ok(None), act)?;
        told(stage, id, &passed)?;
    }
    write_step(
        stage,
        cast,
        "IS05",
        |i| i.has_identity(),
        |i| i.commit_identity(),
    )
}

/// A value of the issuer's.
type AtIssuer<T> = At<IssuerLane, T>;
/// What is done at the issuer's desk.
type AtDesk<'s, 'a> = Here<'s, IssuerLane, Cast<'a>>;
/// Asks the card whether a step is true.
type Ask = fn(&mut AtDesk) -> Result<bool, FlowError>;
/// Makes it true, and reads it back.
type Act = fn(&mut AtDesk) -> Result<Passed, FlowError>;

/// A step that writes.
fn write_step(
    stage: &mut Stage,
    cast: &mut Cast,
    id: &str,
    ask: Ask,
    act: Act,
) -> Result<(), Halt> {
    // What passed in an earlier touch stays told.
    let before: Passed = stage.recorded(id).unwrap_or(cast.nothing());
    let passed = stage.on_card(
        cast,
        ISSUER,
        id,
        Effect::Writes,
        |issuer| Ok(ask(issuer)?.then(|| before.clone())),
        |issuer| {
            // Asked again: a step that was taken back, or stopped half-way, may be true. Nothing is sent before.
            match ask(issuer) {
                Ok(true) => Ok(before.clone()),
                Ok(false) => act(issuer),
                Err(FlowError::Card(error)) => Err(FlowError::NotDone(error)),
                Err(error) => Err(error),
            }
        },
    )?;
    told(stage, id, &passed)
}

fn told(stage: &mut Stage, id: &str, passed: &AtIssuer<Passed>) -> Result<(), Halt> {
    let parts = stage.only_here(passed)?.protected_parts(ISSUER.id());
    if !parts.is_empty() {
        stage.show(id, ISSUER.id(), CARD, parts);
    }
    Ok(())
}
