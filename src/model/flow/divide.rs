//! Dividing a card between two companies: seed 000, ST21–ST70.
//!
//! The area operator makes the package that will found its system on the card; the card issuer adds how much it
//! lends and seals both; a terminal takes them to the card. The terminal holds no key: where the card wants
//! proof, it relays to the operator's SAM. From ST66 to ST68 the card prepares everything in volatile memory,
//! and ST69 commits it at once.

use super::error::{FlowError, Halt};
use super::passed::Passed;
use super::stage::{Effect, HasCard, Stage};
use super::table::{Actor, FlowTable, StepId};
use crate::model::card::SystemCode;
use crate::model::cipher::Pj;
use crate::model::command::{SecureRequest, SeparatePhase};
use crate::model::message::Part;
use crate::model::port::CardLink;
use on_card::Answered;
use parties::registerable;

mod cast;
mod on_card;
mod parties;

pub use cast::{Cast, Divided};
pub use on_card::ReadCard;
pub use parties::{AreaUser, Issuer, Lent, Operator, Terminal};

/// The flow's table of steps.
pub fn table() -> FlowTable {
    // The file is compiled in and read by a test, so reading cannot fail here.
    ron::from_str(include_str!("../../../assets/flows/divide.ron"))
        .expect("assets/flows/divide.ron is read by a test")
}

/// Divides the card on the link.
pub fn divide(stage: &mut Stage, cast: &mut Cast) -> Result<Divided, Halt> {
    use Actor::{Issuer, Operator, Terminal};
    // A write of which nothing is known is settled by asking, and what the card forgets is made anew.
    if stage.write_is_open() {
        cast.card.field_off();
    }

    // ST1: the package is made.
    let terms = stage.step("ST21", || cast.operator.terms_of_pf())?;
    let pf = stage.step("ST22", || cast.operator.seal_pf(cast.issuer.system, terms))?;
    stage.message("ST23", Operator, Issuer, || vec![Part::Pf(pf.0)])?;
    let blocks_lent = stage.step("ST24", || Ok(cast.issuer.blocks_lent))?;
    let pj = stage.step("ST25", || {
        cast.issuer.seal_pj(&Pj {
            blocks_lent,
            pf: pf.0,
        })
    })?;
    let of_system = code_part("SYSC_(i)", cast.issuer.system);
    let refusals = list_part("RI_(i)", &cast.issuer.rejects);
    stage.message("ST26", Issuer, Operator, || {
        vec![of_system.clone(), Part::Pj(pj.0), refusals]
    })?;
    stage.step("ST27", || Ok(()))?;

    // ST2: the terminal gets it.
    let lent = stage.step("ST35", || {
        Ok(Lent {
            pj,
            inf_1: cast.operator.seal_inf_1()?,
        })
    })?;
    stage.send(
        "ST35",
        Operator,
        Terminal,
        vec![of_system, Part::Pj(lent.pj.0), Part::Inf1(lent.inf_1.0)],
    );
    stage.step("ST36", || Ok(()))?;
    cast.terminal.lent.insert(cast.issuer.system, lent);

    // ST3: the systems that may be registered on.
    let list = stage.step("ST44", || Ok(registerable(cast.issuer, cast.user)))?;
    stage.message("ST46", Operator, Terminal, || {
        vec![list_part("RPSL", &list)]
    })?;
    stage.step("ST47", || Ok(()))?;
    cast.terminal.registerable = list;

    let result = on_the_card(stage, cast);
    if matches!(result, Err(Halt::Refused { .. } | Halt::Unknown { .. })) {
        // What a step that went wrong left in the card's volatile memory is not to be built on.
        cast.card.field_off();
    }
    result
}

/// ST61 to ST64: the card is read and gets the packages.
fn on_the_card(stage: &mut Stage, cast: &mut Cast) -> Result<Divided, Halt> {
    use Actor::{Card, Terminal};
    let before = stage.recorded("ST61");
    let read = stage.card_step(
        "ST61",
        Effect::Volatile,
        cast,
        |cast| cast.read_again(before),
        Cast::read_card,
    )?;
    stage.send(
        "ST61",
        Card,
        Terminal,
        vec![code_part("SYSC_(i)", read.system)],
    );

    let lent = stage.step("ST62", || cast.terminal.look_up(read.system))?;

    // Asked once, before anything is left in the card's volatile memory: asking would void a pending system. A card
    // that should be divided and is not is sent nothing.
    let before = stage.recorded("ST63");
    let committed = stage.counts_on("ST69");
    let answered = stage.card_step(
        "ST63",
        Effect::Volatile,
        cast,
        |cast| match cast.new_system(&read)? {
            Some(divided) => Ok(Some(Answered::found(before, divided))),
            None if committed => Err(FlowError::Gone(StepId("ST69".into()))),
            None => Ok(None),
        },
        |cast| cast.separate_system(&read, lent),
    )?;
    stage.send(
        "ST63",
        Terminal,
        Card,
        vec![Part::Pj(lent.pj.0), Part::Inf1(lent.inf_1.0)],
    );
    let divided = match answered {
        Answered::HasIt(divided) => return Ok(divided),
        Answered::Committed(divided) => Some(divided),
        Answered::Status { .. } => None,
    };
    stage.card_step(
        "ST64",
        Effect::Volatile,
        cast,
        |_| Ok(divided.map(|_| ())),
        |_| answered.judge(),
    )?;
    make_the_system(stage, cast, &read, divided)
}

/// ST65 to ST70: the new system is authenticated, prepared, committed and judged. `divided` is there when the card
/// has done all that in an earlier touch.
fn make_the_system(
    stage: &mut Stage,
    cast: &mut Cast,
    read: &ReadCard,
    divided: Option<Divided>,
) -> Result<Divided, Halt> {
    use Actor::{Card, Operator, Terminal};
    let passed = in_session(stage, cast, "ST65", read, divided, |cast| {
        cast.authenticate(read)
    })?;
    let part = Part::Authentication {
        idm: passed.idm,
        frames: passed.bytes(),
    };
    stage.send("ST65", Operator, Terminal, vec![part.clone()]);
    stage.send("ST65", Terminal, Card, vec![part]);
    let phases = [
        ("ST66", SeparatePhase::Carve),
        ("ST67", SeparatePhase::SetTopAreaKey),
        ("ST68", SeparatePhase::OpenInf1),
    ];
    for (id, phase) in phases {
        let passed = in_session(stage, cast, id, read, divided, |cast| {
            cast.secure(read, &SecureRequest::SeparateSystem(phase))
        })?;
        stage.send(id, Terminal, Card, passed.secure_parts());
    }

    let nothing = || Passed::new(read.idm, &[]);
    let (committed, passed) = stage.card_step(
        "ST69",
        Effect::Writes,
        cast,
        |_| Ok(divided.map(|divided| (divided, nothing()))),
        |cast| match divided {
            Some(divided) => Ok((divided, nothing())),
            None => cast.commit(read),
        },
    )?;
    stage.send("ST69", Terminal, Card, passed.secure_parts());
    stage.step("ST70", || cast.terminal.judge(read.system))?;
    Ok(committed)
}

/// A step inside the pending system's session. Once the card is divided it counts as done.
fn in_session(
    stage: &mut Stage,
    cast: &mut Cast,
    id: &str,
    read: &ReadCard,
    divided: Option<Divided>,
    act: impl FnOnce(&mut Cast) -> Result<Passed, FlowError>,
) -> Result<Passed, Halt> {
    let before = stage.recorded(id).unwrap_or(Passed {
        idm: read.idm,
        frames: Vec::new(),
    });
    match divided {
        Some(_) => stage.card_step(id, Effect::Volatile, cast, |_| Ok(None), |_| Ok(before)),
        None => stage.card_step(id, Effect::Volatile, cast, |_| Ok(None), act),
    }
}

impl HasCard for Cast<'_> {
    fn card(&mut self) -> &mut dyn CardLink {
        self.card
    }
}

fn code_part(name: &'static str, system: SystemCode) -> Part {
    Part::Clear {
        name,
        value: system.to_string(),
        bytes: 2,
    }
}

fn list_part<T: ToString>(name: &'static str, entries: &[T]) -> Part {
    let value = entries
        .iter()
        .map(T::to_string)
        .collect::<Vec<_>>()
        .join(", ");
    let bytes = value.len();
    Part::Clear { name, value, bytes }
}
