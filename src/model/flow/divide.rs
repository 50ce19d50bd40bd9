//! Dividing a card between two companies: seed 000, ST21–ST70.
//!
//! The area operator makes the package that will found its system on the card; the card issuer adds how much it
//! lends and seals both; a terminal takes them to the card. The terminal holds no key: where the card wants
//! proof, it relays to the operator's SAM. From ST66 to ST68 the card prepares everything in volatile memory,
//! and ST69 commits it at once.

use super::at::At;
use super::error::{FlowError, Halt};
use super::passed::Passed;
use super::stage::{Effect, Stage};
use super::table::{FlowTable, StepId};
use crate::model::cipher::Pj;
use crate::model::command::{SecureRequest, SeparatePhase};
use crate::model::flow::at::{Here, Lane};
use crate::model::message::Part;
use on_card::Answered;

mod cast;
mod lanes;
mod letters;
mod on_card;
mod packages;
mod parties;

pub use cast::{Cast, Divided, Terminal};
pub use lanes::{CARD, ISSUER, IssuerLane, OPERATOR, OperatorLane, TERMINAL, TerminalLane};
pub use letters::{Consent, Lent, Offer, Registerable};
pub use on_card::ReadCard;
pub use packages::{INF_1, PF, PJ};
pub use parties::{AreaUser, Issuer, Operator, OperatorDesk};

/// The flow's table of steps.
pub fn table() -> FlowTable {
    // The file is compiled in and read by a test, so reading cannot fail here.
    ron::from_str(include_str!("../../../assets/flows/divide.ron"))
        .expect("assets/flows/divide.ron is read by a test")
}

/// Divides the card at the terminal. Where that is elsewhere, the flow ends here with [`Halt::Elsewhere`].
pub fn divide(stage: &mut Stage, cast: &mut Cast) -> Result<Divided, Halt> {
    // A write of which nothing is known is settled by asking, and what the card forgets is made anew.
    if stage.write_is_open() {
        cast.field_off();
    }

    // ST1: the package is made.
    let terms = stage.at(cast, OPERATOR, "ST21", |operator| operator.terms_of_pf())?;
    let pf = stage.at(cast, OPERATOR, "ST22", |operator| {
        operator.seal_pf(operator.get(&terms))
    })?;
    let pf = stage.send(cast, "ST23", OPERATOR, ISSUER, |operator| {
        Ok(Offer(*operator.get(&pf)))
    })?;
    let blocks = stage.at(cast, ISSUER, "ST24", |issuer| Ok(issuer.blocks_lent))?;
    let pj = stage.at(cast, ISSUER, "ST25", |issuer| {
        issuer.seal_pj(&Pj {
            blocks_lent: *issuer.get(&blocks),
            pf: issuer.get(&pf).0.0,
        })
    })?;
    let consent = stage.send(cast, "ST26", ISSUER, OPERATOR, |issuer| {
        Ok(Consent {
            system: issuer.system,
            pj: *issuer.get(&pj),
            rejects: issuer.rejects.clone(),
        })
    })?;
    stage.at(cast, OPERATOR, "ST27", |_| Ok(()))?;

    // ST2: the terminal gets it.
    let lent = stage.send(cast, "ST35", OPERATOR, TERMINAL, |operator| {
        let consent = operator.get(&consent);
        Ok(Lent {
            system: consent.system,
            pj: consent.pj,
            inf_1: operator.seal_inf_1()?,
        })
    })?;
    stage.at(cast, TERMINAL, "ST36", |_| Ok(()))?;

    // ST3: the systems that may be registered on.
    let list = stage.at(cast, OPERATOR, "ST44", |operator| {
        Ok(operator.registerable(operator.get(&consent)))
    })?;
    let list = stage.send(cast, "ST46", OPERATOR, TERMINAL, |operator| {
        Ok(Registerable(operator.get(&list).clone()))
    })?;
    stage.at(cast, TERMINAL, "ST47", |_| Ok(()))?;

    let result = on_the_card(stage, cast, &lent, &list);
    if matches!(result, Err(Halt::Refused { .. } | Halt::Unknown { .. })) {
        // What a step that went wrong left in the card's volatile memory is not to be built on.
        cast.field_off();
    }
    result
}

/// A value of the terminal's.
type AtTerminal<T> = At<TerminalLane, T>;
/// What is done at the terminal.
type AtWork<'s, 'a> = Here<'s, TerminalLane, Terminal<'a>>;

/// ST61 to ST64: the card is read and gets the packages.
fn on_the_card(
    stage: &mut Stage,
    cast: &mut Cast,
    lent: &AtTerminal<Lent>,
    list: &AtTerminal<Registerable>,
) -> Result<Divided, Halt> {
    let before = stage.recorded("ST61");
    let read = stage.on_card(
        cast,
        TERMINAL,
        "ST61",
        Effect::Volatile,
        |terminal| terminal.read_again(before),
        |terminal| terminal.read_card(),
    )?;
    // From here on everything is done at the terminal.
    let system = stage.only_here(&read)?.system;
    stage.show(
        "ST61",
        CARD,
        TERMINAL.id(),
        vec![letters::code_part(system)],
    );

    let lent = stage.at(cast, TERMINAL, "ST62", |terminal| {
        let (list, lent) = (terminal.get(list), terminal.get(lent));
        list.judge(system)?;
        match lent.system == system {
            true => Ok(*lent),
            false => Err(FlowError::NothingLent(system)),
        }
    })?;

    // Asked once, before anything is left in the card's volatile memory: asking would void a pending system. A card
    // that should be divided and is not is sent nothing.
    let before = stage.recorded("ST63");
    let committed = stage.counts_on("ST69");
    let answered = stage.on_card(
        cast,
        TERMINAL,
        "ST63",
        Effect::Volatile,
        |terminal| {
            let read = terminal.get(&read);
            match terminal.new_system(read)? {
                Some(divided) => Ok(Some(Answered::found(before, divided))),
                None if committed => Err(FlowError::Gone(StepId("ST69".into()))),
                None => Ok(None),
            }
        },
        |terminal| {
            let (read, lent) = (terminal.get(&read), terminal.get(&lent));
            terminal.separate_system(read, lent)
        },
    )?;
    let packages = stage.only_here(&lent)?.packages();
    stage.show("ST63", TERMINAL.id(), CARD, packages.to_vec());
    let answered = *stage.only_here(&answered)?;
    let divided = match answered {
        Answered::HasIt(divided) => return Ok(divided),
        Answered::Committed(divided) => Some(divided),
        Answered::Status { .. } => None,
    };
    stage.on_card(
        cast,
        TERMINAL,
        "ST64",
        Effect::Volatile,
        |_| Ok(divided.map(|_| ())),
        |_| answered.judge(),
    )?;
    make_the_system(stage, cast, &read, list, divided)
}

/// ST65 to ST70: the new system is authenticated, prepared, committed and judged. `divided` is there when the card
/// has done all that in an earlier touch.
fn make_the_system(
    stage: &mut Stage,
    cast: &mut Cast,
    read: &AtTerminal<ReadCard>,
    list: &AtTerminal<Registerable>,
    divided: Option<Divided>,
) -> Result<Divided, Halt> {
    let passed = in_session(stage, cast, "ST65", read, divided, |terminal| {
        let read = terminal.get(read);
        terminal.authenticate(read)
    })?;
    let part = Part::Authentication {
        idm: passed.idm,
        sam: OPERATOR.id(),
        frames: passed.bytes(),
    };
    stage.show("ST65", OPERATOR.id(), TERMINAL.id(), vec![part.clone()]);
    stage.show("ST65", TERMINAL.id(), CARD, vec![part]);
    let phases = [
        ("ST66", SeparatePhase::Carve),
        ("ST67", SeparatePhase::SetTopAreaKey),
        ("ST68", SeparatePhase::OpenInf1),
    ];
    for (id, phase) in phases {
        let passed = in_session(stage, cast, id, read, divided, |terminal| {
            let read = terminal.get(read);
            terminal.secure(read, &SecureRequest::SeparateSystem(phase))
        })?;
        stage.show(id, TERMINAL.id(), CARD, passed.secure_parts(OPERATOR.id()));
    }

    let idm = stage.only_here(read)?.idm;
    let nothing = || Passed::new(idm, &[]);
    let committed = stage.on_card(
        cast,
        TERMINAL,
        "ST69",
        Effect::Writes,
        |_| Ok(divided.map(|divided| (divided, nothing()))),
        |terminal| match divided {
            Some(divided) => Ok((divided, nothing())),
            None => {
                let read = terminal.get(read);
                terminal.commit(read)
            }
        },
    )?;
    let (committed, passed) = stage.only_here(&committed)?.clone();
    let frames = passed.secure_parts(OPERATOR.id());
    stage.show("ST69", TERMINAL.id(), CARD, frames);
    stage.at(cast, TERMINAL, "ST70", |terminal| {
        terminal.get(list).judge(terminal.get(read).system)
    })?;
    Ok(committed)
}

/// A step inside the pending system's session. Once the card is divided it counts as done.
fn in_session(
    stage: &mut Stage,
    cast: &mut Cast,
    id: &str,
    read: &AtTerminal<ReadCard>,
    divided: Option<Divided>,
    act: impl FnOnce(&mut AtWork) -> Result<Passed, FlowError>,
) -> Result<Passed, Halt> {
    let idm = stage.only_here(read)?.idm;
    let before = stage.recorded(id).unwrap_or(Passed::new(idm, &[]));
    let passed = stage.on_card(
        cast,
        TERMINAL,
        id,
        Effect::Volatile,
        |_| Ok(None),
        |terminal| match divided {
            Some(_) => Ok(before),
            None => act(terminal),
        },
    )?;
    Ok(stage.only_here(&passed)?.clone())
}
