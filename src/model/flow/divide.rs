//! Dividing a card between two companies: seed 000, ST21–ST70.
//!
//! The area operator makes the package that will found its system on the card; the card issuer adds how much it
//! lends and seals both; a terminal takes them to the card. The terminal holds no key: where the card wants
//! proof, it relays to the operator's SAM. From ST66 to ST68 the card prepares everything in volatile memory,
//! and ST69 commits it at once.

use super::error::{FlowError, Halt};
use super::stage::{Effect, HasCard, Stage};
use super::table::{Actor, FlowTable};
use crate::model::card::{Idm, KeyVersion, NodeCode, SystemCode};
use crate::model::cipher::{DesKey, Inf1, Pf, Pj, issuer_package_key};
use crate::model::command::{Frame, SecureRequest, SeparatePhase, Status, code};
use crate::model::hex::{self, HexBytes};
use crate::model::message::Part;
use crate::model::party::{KeyNode, KeyRing, KeySam, Policy};
use crate::model::port::{AuthTarget, CardLink, Rng};
use crate::model::reader::{CardError, Reader};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The flow's table of steps.
pub fn table() -> FlowTable {
    // The file is compiled in and read by a test, so reading cannot fail here.
    ron::from_str(include_str!("../../../assets/flows/divide.ron"))
        .expect("assets/flows/divide.ron is read by a test")
}

/// Card issuer: its keys, and what it lends on which conditions.
#[derive(Clone, Debug)]
pub struct Issuer {
    pub ring: KeyRing,
    /// SYSC_(i).
    pub system: SystemCode,
    /// Blocks lent, the new system's own among them.
    pub blocks_lent: u16,
    /// RI_(i): area users, by slug, that may not be on its cards.
    pub rejects: Vec<String>,
}

/// Area operator: its keys, and the key holder that its terminals relay to.
#[derive(Debug)]
pub struct Operator {
    pub ring: KeyRing,
    pub sam: KeySam,
    /// SYSC_F.
    pub system: SystemCode,
}

/// The area user in whose shop the terminal stands.
#[derive(Clone, Debug)]
pub struct AreaUser {
    /// `user:minato`.
    pub slug: String,
    /// RI_F: systems of issuers on whose cards it does not want to be.
    pub rejects: Vec<SystemCode>,
}

/// Division terminal: what it has stored. No key.
#[derive(Clone, Debug, Default)]
pub struct Terminal {
    lent: BTreeMap<SystemCode, Lent>,
    registerable: Vec<SystemCode>,
}

/// What was lent on the cards of one system.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lent {
    pub pj: HexBytes<48>,
    pub inf_1: HexBytes<24>,
}

impl std::fmt::Debug for Lent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Lent(Pj, INF_1)")
    }
}

/// Everybody in the flow.
pub struct Cast<'a> {
    pub issuer: &'a Issuer,
    pub operator: &'a mut Operator,
    pub user: &'a AreaUser,
    pub terminal: &'a mut Terminal,
    pub card: &'a mut dyn CardLink,
    pub rng: &'a mut dyn Rng,
}

/// What the terminal reads off a card first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadCard {
    pub idm: Idm,
    /// Every system of the card, from system 0 on.
    pub systems: Vec<SystemCode>,
    /// SYSC_(i): that of system 0.
    pub system: SystemCode,
}

/// The card's answer to Separate System.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Answered {
    /// Status flags, and on success the blocks that system (i) will have left.
    Status {
        sf1: u8,
        sf2: u8,
        remaining: Option<u16>,
    },
    /// The card has the operator's system from an earlier division.
    HasIt(Divided),
    /// The card took these packages in an earlier touch, and they are committed.
    Committed(Divided),
}

/// The new system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Divided {
    pub system: SystemCode,
    pub idm: Idm,
    /// It was on the card before this flow.
    pub before: bool,
}

/// Names of the keys that go into Pf, with their versions; the keys stay in the ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct PfTerms {
    system: SystemCode,
    system_key_version: KeyVersion,
    root_key_version: KeyVersion,
}

/// Frames that passed in a step on the card, in hexadecimal, for the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Passed {
    idm: Idm,
    frames: Vec<String>,
}

impl Passed {
    fn new(idm: Idm, frames: &[Frame]) -> Passed {
        Passed {
            idm,
            frames: frames
                .iter()
                .map(|frame| hex::plain(frame.as_bytes()))
                .collect(),
        }
    }

    fn bytes(&self) -> Vec<Vec<u8>> {
        self.frames
            .iter()
            .filter_map(|text| hex::parse(text))
            .collect()
    }

    fn secure_parts(&self) -> Vec<Part> {
        self.bytes()
            .into_iter()
            .map(|frame| Part::Secure { frame })
            .collect()
    }
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

/// ST5, as far as ST70.
fn on_the_card(stage: &mut Stage, cast: &mut Cast) -> Result<Divided, Halt> {
    use Actor::{Card, Operator, Terminal};
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

    // Asked once, before anything is left in the card's volatile memory: asking would void a pending system.
    let before = stage.recorded("ST63");
    let answered = stage.card_step(
        "ST63",
        Effect::Volatile,
        cast,
        |cast| {
            let found = cast.new_system(&read)?;
            Ok(found.map(|divided| Answered::found(before, divided)))
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

    let passed = in_session(stage, cast, "ST65", &read, divided, |cast| {
        cast.authenticate(&read)
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
        let passed = in_session(stage, cast, id, &read, divided, |cast| {
            cast.secure(&read, &SecureRequest::SeparateSystem(phase))
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
            None => cast.commit(&read),
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

impl Cast<'_> {
    /// Reads the system codes of the card on the reader.
    fn read_card(&mut self) -> Result<ReadCard, FlowError> {
        // A card that is put on the terminal comes without a session.
        self.card.field_off();
        let mut reader = Reader::new(self.card);
        let polled = reader.poll(SystemCode::ANY)?;
        let systems = reader.system_codes(polled.idm)?;
        let system = *systems
            .first()
            .ok_or(CardError::Answer(code::REQUEST_SYSTEM_CODE))?;
        Ok(ReadCard {
            idm: polled.idm,
            systems,
            system,
        })
    }

    /// What was read before, if the same card is on the reader.
    fn read_again(&mut self, before: Option<ReadCard>) -> Result<Option<ReadCard>, FlowError> {
        let Some(before) = before else {
            return Ok(None);
        };
        let found = self.read_card()?.idm;
        if found == before.idm {
            Ok(Some(before))
        } else {
            Err(FlowError::WrongCard {
                expected: before.idm,
                found,
            })
        }
    }

    /// Hands the packages over. A card that has the operator's system already refuses them, and that is no
    /// error: it says so itself, by proving that it knows the operator's keys.
    fn separate_system(&mut self, read: &ReadCard, lent: Lent) -> Result<Answered, FlowError> {
        match Reader::new(self.card).separate_system(read.idm, lent.pj.0, lent.inf_1.0) {
            Ok(remaining) => Ok(Answered::Status {
                sf1: 0,
                sf2: 0,
                remaining: Some(remaining),
            }),
            Err(CardError::Status { status, .. }) => Ok(match self.new_system(read)? {
                Some(divided) => Answered::HasIt(divided),
                None => Answered::Status {
                    sf1: status.sf1,
                    sf2: status.sf2,
                    remaining: None,
                },
            }),
            Err(error) => Err(error.into()),
        }
    }

    /// The operator's system on the card, if it is there and proves genuine.
    fn new_system(&mut self, read: &ReadCard) -> Result<Option<Divided>, FlowError> {
        let codes = Reader::new(self.card).system_codes(read.idm)?;
        for (number, system) in codes.into_iter().enumerate().skip(1) {
            let idm = read.idm.of_system(number as u8);
            match self.authenticate_with(idm, system) {
                Ok(_) => {
                    return Ok(Some(Divided {
                        system,
                        idm,
                        before: read.systems.contains(&system),
                    }));
                }
                Err(CardError::Link(error)) => return Err(CardError::Link(error).into()),
                // Somebody else's system: the key holder has no key for it, or the card does not accept ours.
                Err(_) => continue,
            }
        }
        Ok(None)
    }

    /// Relays a mutual authentication with system key and area 0 between the card and the operator's SAM.
    fn authenticate_with(&mut self, idm: Idm, system: SystemCode) -> Result<Passed, CardError> {
        let target = AuthTarget {
            idm,
            system,
            areas: vec![NodeCode::AREA_0],
            services: vec![NodeCode::AREA_0],
        };
        let mut reader = Reader::new(self.card);
        reader.authenticate(&mut self.operator.sam, &target, self.rng)?;
        Ok(Passed::new(idm, &reader.frames))
    }

    /// Authenticates with the system that is being made: it has the next number.
    fn authenticate(&mut self, read: &ReadCard) -> Result<Passed, FlowError> {
        let idm = read.idm.of_system(read.systems.len() as u8);
        Ok(self.authenticate_with(idm, self.operator.system)?)
    }

    /// Sends what the operator's SAM wraps.
    fn secure(&mut self, read: &ReadCard, request: &SecureRequest) -> Result<Passed, FlowError> {
        let mut reader = Reader::new(self.card);
        reader.secure(&mut self.operator.sam, request)?;
        Ok(Passed::new(read.idm, &reader.frames))
    }

    /// Commits, and reads back: the card lists the new system, and it authenticates.
    fn commit(&mut self, read: &ReadCard) -> Result<(Divided, Passed), FlowError> {
        let passed = self.secure(read, &SecureRequest::ChangeSystemBlock)?;
        let divided = self.new_system(read)?.ok_or(FlowError::ReadBack)?;
        Ok((divided, passed))
    }
}

impl Answered {
    /// The operator's system was found on the card, in a later touch than that in which the card answered `before`.
    fn found(before: Option<Answered>, divided: Divided) -> Answered {
        match before {
            Some(Answered::Status { sf1: 0, sf2: 0, .. } | Answered::Committed(_)) => {
                Answered::Committed(divided)
            }
            _ => Answered::HasIt(divided),
        }
    }

    /// What the card made of the packages (ST64).
    fn judge(self) -> Result<(), FlowError> {
        match self {
            Answered::Status { sf1, sf2, .. } => {
                let status = Status { sf1, sf2 };
                let refused = CardError::Status {
                    command: code::SEPARATE_SYSTEM,
                    status,
                };
                if status.is_done() {
                    Ok(())
                } else {
                    Err(refused.into())
                }
            }
            Answered::HasIt(_) | Answered::Committed(_) => Ok(()),
        }
    }
}

impl Issuer {
    /// Seals Pj under K_J (ST25).
    fn seal_pj(&self, pj: &Pj) -> Result<HexBytes<48>, FlowError> {
        let system = key(&self.ring, self.system, KeyNode::Node(NodeCode::SYSTEM))?.1;
        let root = key(&self.ring, self.system, KeyNode::Node(NodeCode::AREA_0))?.1;
        Ok(HexBytes(pj.seal(&issuer_package_key(system, root))))
    }
}

impl Operator {
    /// An operator of these keys, whose SAM lets terminals divide cards and do nothing else.
    pub fn new(ring: KeyRing, system: SystemCode) -> Operator {
        let commands = vec![code::SEPARATE_SYSTEM, code::CHANGE_SYSTEM_BLOCK];
        let policy = Policy::Relay {
            systems: vec![system],
            commands,
        };
        Operator {
            sam: KeySam::new(ring.clone(), policy),
            ring,
            system,
        }
    }

    /// Which keys go into Pf (ST21).
    fn terms_of_pf(&self) -> Result<PfTerms, FlowError> {
        let version =
            |node| Ok::<_, FlowError>(key(&self.ring, self.system, KeyNode::Node(node))?.0);
        Ok(PfTerms {
            system: self.system,
            system_key_version: version(NodeCode::SYSTEM)?,
            root_key_version: version(NodeCode::AREA_0)?,
        })
    }

    /// Seals Pf with K_D of the cards of system (i) (ST22).
    fn seal_pf(&self, parent: SystemCode, terms: PfTerms) -> Result<HexBytes<32>, FlowError> {
        let node = |node| {
            Ok::<_, FlowError>(
                key(&self.ring, terms.system, KeyNode::Node(node))?
                    .1
                    .clone(),
            )
        };
        let pf = Pf {
            system_code: terms.system,
            system_key_version: terms.system_key_version,
            system_key: node(NodeCode::SYSTEM)?,
            root_key_version: terms.root_key_version,
            root_key: node(NodeCode::AREA_0)?,
        };
        Ok(HexBytes(
            pf.seal(key(&self.ring, parent, KeyNode::Division)?.1),
        ))
    }

    /// First issuance data (ST35).
    fn seal_inf_1(&self) -> Result<HexBytes<24>, FlowError> {
        let root_key = key(&self.ring, self.system, KeyNode::Node(NodeCode::AREA_0))?
            .1
            .clone();
        Ok(HexBytes(
            Inf1 {
                system_code: self.system,
                root_key,
            }
            .seal(),
        ))
    }
}

impl Terminal {
    /// Pj and INF_1 for cards of a system (ST62); refused before the card is touched when the system is not on
    /// the list.
    fn look_up(&self, system: SystemCode) -> Result<Lent, FlowError> {
        self.judge(system)?;
        self.lent
            .get(&system)
            .copied()
            .ok_or(FlowError::NothingLent(system))
    }

    /// Whether a system is on the registerable system code list (ST70).
    fn judge(&self, system: SystemCode) -> Result<(), FlowError> {
        if self.registerable.contains(&system) {
            Ok(())
        } else {
            Err(FlowError::NotRegisterable(system))
        }
    }
}

/// The systems on whose cards an area user may be: neither side rejects the other (ST43, ST44).
fn registerable(issuer: &Issuer, user: &AreaUser) -> Vec<SystemCode> {
    let refused = issuer.rejects.contains(&user.slug) || user.rejects.contains(&issuer.system);
    if refused {
        Vec::new()
    } else {
        vec![issuer.system]
    }
}

fn key(
    ring: &KeyRing,
    system: SystemCode,
    node: KeyNode,
) -> Result<(KeyVersion, &DesKey), FlowError> {
    let found = ring
        .newest(system, node)
        .map(|(name, key)| (name.version, key));
    found.ok_or_else(|| FlowError::NoKey(format!("{node:?} of system {system}")))
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
