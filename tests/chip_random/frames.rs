//! Random frames against a card of every profile. After each: an answer of at most 255 bytes or silence, a memory that
//! decodes to what the chip takes it to be, no block lost or with two uses, a settled log, and what is prepared would be
//! a card as well.

use super::requests::{
    Purpose, Talk, in_session, key_of, nearly_right, noise, plain, separate, some_node,
};
use crate::cards::{IDM, issued};
use crate::observe::observed;
use crate::sound::{is_sound, used};
use crate::support::{SeededRng, times};
use cardwright::device::emulated::EmulatedCard;
use cardwright::device::memory::Changes;
use cardwright::model::card::NodeCode;
use cardwright::model::card::image::{CardImage, Overlay};
use cardwright::model::card::profile::Profile;
use cardwright::model::cipher::{Direction, MutualAuth, Session, group_key, user_key};
use cardwright::model::command::{Frame, Request, Response, SecureFrame, code};
use cardwright::model::port::{CardLink, NvmAddress, Rng};

/// Frames after which a card is put back to what it was.
const A_CARD: usize = 1_000;

/// What came about, so that a run that reaches nothing is seen.
#[derive(Debug, Default)]
struct Reached {
    frames: usize,
    answers: usize,
    sessions: usize,
    /// Frames that changed the memory, and those of them that were writes.
    commits: usize,
    writes: usize,
    definitions: usize,
    divisions: usize,
}

struct Fuzz {
    card: EmulatedCard,
    open: Option<(Session, Talk)>,
    rng: SeededRng,
    reached: Reached,
    /// Changes of the memory after the last frame.
    stands: Changes,
}

impl Fuzz {
    fn new(profile: &Profile, seed: u64) -> Fuzz {
        let mut card = issued(profile);
        card.mark();
        Fuzz {
            card,
            open: None,
            rng: SeededRng(seed),
            reached: Reached::default(),
            stands: Changes::new(),
        }
    }

    fn image(&self) -> CardImage {
        CardImage::decode(&self.card.memory().data()).expect("the memory stays a card's")
    }

    fn send(&mut self, frame: &Frame) -> Option<Frame> {
        self.reached.frames += 1;
        let answer = self.card.transceive(frame).expect("it has power");
        if let Some(answer) = &answer {
            self.reached.answers += 1;
            assert!(answer.as_bytes().len() <= 255 && answer.code() == frame.code() + 1);
            assert!(Frame::parse(answer.as_bytes()).is_ok());
        }
        self.check(frame.code());
        answer
    }

    /// What must be true after each frame.
    fn check(&mut self, command: u8) {
        let blocks = self.card.profile().blocks;
        let chip = self.card.chip().expect("it has power");
        if !chip.prepared().is_empty() {
            let overlay = Overlay {
                below: &self.card.memory().data(),
                writes: chip.prepared(),
            };
            is_sound(&CardImage::decode(&overlay).expect("a card to be"), blocks);
        }
        let changes = self.card.memory().changes();
        if changes == self.stands {
            return;
        }
        self.reached.commits += 1;
        let writes = [code::WRITE, code::WRITE_PLAIN].contains(&command);
        self.reached.writes += usize::from(writes);
        let image = self.image();
        assert!(*chip.image() == image, "the chip knows its memory");
        is_sound(&image, blocks);
        let used = used(&image);
        for at in changes.keys() {
            match at {
                NvmAddress::Data(at) => {
                    assert!(
                        used.iter().any(|run| run.contains(*at)),
                        "block {at} is somebody's"
                    );
                }
                NvmAddress::Log(at) => assert!(*at > 0, "the log is settled"),
            }
        }
        self.stands = changes;
    }

    /// Opens a session with some system, mostly with the one that is pending if one is, for nodes that it may have.
    fn open(&mut self, pending: bool) {
        let image = self.image();
        let systems = image.systems.len();
        let system = if pending {
            systems
        } else {
            self.rng.below(systems + 1)
        } as u8;
        let rng = &mut self.rng;
        let nodes = |rng: &mut SeededRng, of: fn(&NodeCode) -> bool, most: usize| {
            let mut found: Vec<NodeCode> = (0..rng.below(most + 1))
                .map(|_| some_node(rng, &image, system))
                .filter(of)
                .collect();
            found.dedup();
            found
        };
        let mut areas = vec![NodeCode::AREA_0];
        let mut services = vec![NodeCode::AREA_0];
        if image.system(system).is_some() {
            areas.extend(nodes(rng, |node| node.is_area(), 2));
            let keyed = nodes(rng, is_keyed, 5);
            services = if keyed.is_empty() { services } else { keyed };
            services.extend(nodes(rng, |node| !is_keyed(node), 2));
        }
        let purpose = match rng.below(2) {
            _ if image.system(system).is_none() => Purpose::Divide(0),
            0 => Purpose::Data,
            _ => Purpose::Register,
        };
        let (idm, c1a) = (IDM.of_system(system), rng.eight());
        let keys = |nodes: &[NodeCode]| -> Vec<_> {
            let keyed = nodes.iter().filter(|node| is_keyed(node));
            keyed.map(|node| key_of(system, *node)).collect()
        };
        let group = keys(&areas);
        let group = group_key(
            &key_of(system, NodeCode::SYSTEM),
            &group.iter().collect::<Vec<_>>(),
        );
        let user = keys(&services);
        let user = user_key(&group, &user.iter().collect::<Vec<_>>());
        let auth = MutualAuth::new(&group, &user, idm);
        // A random challenge is as good as one that was enciphered.
        let r1 = auth.open_c1a(&c1a);
        let first = Request::Authentication1 {
            idm,
            areas,
            services: services.clone(),
            c1a,
        };
        let talk = Talk {
            system,
            services,
            purpose,
        };
        let session = self.prove(&first, &auth, &r1);
        self.open = session.map(|session| (session, talk));
    }

    fn prove(&mut self, first: &Request, auth: &MutualAuth, r1: &[u8; 8]) -> Option<Session> {
        let answer = self.send(&first.encode().ok()?)?;
        let Some(Response::Authentication1 { idm, c1b, c2a }) =
            Response::decode(code::AUTHENTICATION1, &answer)
        else {
            panic!("an answer of no form");
        };
        assert_eq!(auth.open_c1b(&c1b), *r1, "the card is genuine");
        let r2 = auth.open_c2a(&c2a);
        let c2b = auth.c2b(&r2);
        let second = Request::Authentication2 { idm, c2b };
        let answer = self.send(&second.encode().expect("fits"));
        let mut session = Session::new(r1, r2);
        session_opens(&mut session, &answer.expect("the reader is genuine"));
        self.reached.sessions += 1;
        Some(session)
    }

    /// A few commands in the session, if one is open.
    fn talk(&mut self) {
        for _ in 0..6 {
            let image = self.card.chip().expect("it has power").image().clone();
            let Some((session, talk)) = &mut self.open else {
                return;
            };
            let (code, payload) = in_session(&mut self.rng, &image, talk);
            let Ok(frame) = session.wrap(code, &payload) else {
                continue;
            };
            // Silence: the session is over, or the payload has no form. The reader goes on.
            let answer = self.send(&frame.frame().expect("fits"));
            if let (Some(answer), Some((session, _))) = (answer, &mut self.open) {
                session_opens(session, &answer);
            }
            let now = self.card.chip().expect("it has power").image();
            let definitions = |image: &CardImage| -> usize {
                let systems = image.systems.iter();
                systems.map(|system| system.system_blocks.len()).sum()
            };
            self.reached.definitions += definitions(now) - definitions(&image);
            self.reached.divisions += now.systems.len() - image.systems.len();
        }
    }

    fn step(&mut self) {
        let frame = match self.rng.below(16) {
            0..=2 => Some(noise(&mut self.rng)),
            3..=5 => Some(nearly_right(&mut self.rng)),
            6..=9 => {
                if self.rng.below(2) == 0 {
                    let idm = IDM;
                    let reset = Request::ResetMode { idm };
                    self.send(&reset.encode().expect("fits"));
                    self.open = None;
                }
                let image = self.card.chip().expect("it has power").image().clone();
                plain(&mut self.rng, &image)
            }
            10 => {
                let frame = separate(&mut self.rng);
                self.send(&frame);
                self.open(true);
                return self.talk();
            }
            11..=14 => {
                self.open(false);
                return self.talk();
            }
            _ => return self.talk(),
        };
        if let Some(frame) = frame {
            self.send(&frame);
        }
    }

    /// Without power it stays what it is, and a reader sees what it holds. Then another one like the first.
    fn renew(&mut self) {
        let before = (self.image(), self.card.memory().changes());
        self.card.field_off();
        assert!((self.image(), self.card.memory().changes()) == before);
        observed(&mut self.card);
        self.card.back_to_mark(&Changes::new());
        self.card.field_off();
        self.stands.clear();
        self.open = None;
    }
}

fn is_keyed(node: &NodeCode) -> bool {
    let service = node.service();
    service.is_none_or(|service| service.needs_authentication())
}

/// The answer is one of the session.
fn session_opens(session: &mut Session, answer: &Frame) {
    let frame = SecureFrame::new(answer.code(), answer.body().to_vec()).expect("a secure frame");
    let opened = session.unwrap(&frame, Direction::Response);
    opened.expect("the session protects it");
}

fn random_frames(name: &str) {
    let profile = Profile::named(name).expect("built in");
    let frames = times(100_000, 10_000_000) / Profile::built_in().len() + 1;
    let seed = name.bytes().fold(2026_u64, |seed: u64, byte| {
        seed.rotate_left(8) ^ u64::from(byte)
    });
    let mut fuzz = Fuzz::new(&profile, seed);
    let mut next = A_CARD;
    while fuzz.reached.frames < frames {
        fuzz.step();
        if fuzz.reached.frames > next {
            fuzz.renew();
            next += A_CARD;
        }
    }
    println!("{name}: {:?}", fuzz.reached);
    let (part, reached) = (frames / 1_000, fuzz.reached);
    assert!(
        reached.answers > 200 * part && reached.sessions > 20 * part,
        "{reached:?}"
    );
    assert!(
        reached.writes > 10 * part && reached.definitions > 2 * part,
        "{reached:?}"
    );
    assert!(reached.divisions > part / 10, "{reached:?}");
}

#[test]
fn std_4k() {
    random_frames("std-4k");
}

#[test]
fn small_1k() {
    random_frames("small-1k");
}

#[test]
fn transit_16k() {
    random_frames("transit-16k");
}

#[test]
fn full_1m() {
    random_frames("full-1m");
}

#[test]
fn plain_4k() {
    random_frames("plain-4k");
}

/// Profiles that have no test of their own above.
#[test]
fn every_other_profile() {
    let own = ["std-4k", "small-1k", "transit-16k", "full-1m", "plain-4k"];
    let names = Profile::built_in().into_iter().map(|profile| profile.name);
    for name in names.filter(|name| !own.contains(&name.as_str())) {
        random_frames(&name);
    }
}
