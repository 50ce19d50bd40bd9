//! Frames against the chip: raw ones, ones whose length and IDm are put right, sessions with any payload, packages that
//! are truly sealed, loss of power between and within.
#![no_main]

use arbitrary::Arbitrary;
use cardwright::device::memory::{Memory, PowerCut, Torn};
use cardwright::model::card::profile::Profile;
use cardwright::model::card::{NodeCode, ServiceCode, SystemCode};
use cardwright::model::chip::Chip;
use cardwright::model::cipher::{
    AreaPackage, Direction, Inf1, MutualAuth, Pf, Pj, ServicePackage, Session, group_key,
    issuer_package_key, key_change_package, user_key,
};
use cardwright::model::command::{Frame, Request, Response, SecureFrame, code};
use cardwright_fuzz::{IDM, Steps, card, check, key};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
enum Op {
    /// A frame of any code and body.
    Raw(u8, Vec<u8>),
    /// A frame that names one of the card's systems.
    Addressed {
        code: u8,
        system: u8,
        tail: Vec<u8>,
    },
    /// An authentication for these nodes, as far as they are.
    Open {
        system: u8,
        areas: Vec<u16>,
        services: Vec<u16>,
    },
    /// Any payload in the session that is open.
    Say {
        code: u8,
        payload: Vec<u8>,
    },
    Area {
        code: u16,
        end: u16,
        blocks: u8,
    },
    Service {
        code: u16,
        blocks: u16,
    },
    Key {
        index: u8,
        version: u16,
    },
    Lend {
        code: u16,
        blocks: u16,
    },
    Phase(u8),
    Commit,
    Off,
    /// The power goes at a write to come.
    Cut {
        at_write: u8,
        leaves: u8,
    },
}

struct Run {
    profile: Profile,
    memory: Memory,
    chip: Chip,
    session: Option<Session>,
    rng: Steps,
}

impl Run {
    fn send(&mut self, frame: &Frame) -> Option<Frame> {
        let answer = self.chip.answer(&mut self.memory, &mut self.rng, frame);
        let Ok(answer) = answer else {
            self.off();
            return None;
        };
        check(&self.chip, &self.memory);
        if let Some(answer) = &answer {
            assert!(answer.as_bytes().len() <= 255 && answer.code() == frame.code() + 1);
        }
        answer
    }

    /// The power goes and comes, perhaps twice.
    fn off(&mut self) {
        self.session = None;
        let chip = Chip::power_on(self.profile.clone(), &mut self.memory);
        let chip = chip.or_else(|_| Chip::power_on(self.profile.clone(), &mut self.memory));
        self.chip = chip.expect("the memory is a card's");
        check(&self.chip, &self.memory);
    }

    fn open(&mut self, system: u8, areas: &[u16], services: &[u16]) -> Option<()> {
        let codes = |codes: &[u16]| -> Vec<NodeCode> {
            codes.iter().take(8).map(|code| NodeCode(*code)).collect()
        };
        let (idm, areas, services) = (IDM.of_system(system % 16), codes(areas), codes(services));
        let own = key();
        let keyed = services.iter().filter(|node| {
            let service = node.service();
            service.is_none_or(|service| service.needs_authentication())
        });
        let group = group_key(&own, &vec![&own; areas.len()]);
        let user = user_key(&group, &vec![&own; keyed.count()]);
        let auth = MutualAuth::new(&group, &user, idm);
        let r1 = [5; 8];
        let first = Request::Authentication1 {
            idm,
            areas,
            services,
            c1a: auth.c1a(&r1),
        };
        let answer = self.send(&first.encode().ok()?)?;
        let Response::Authentication1 { c1b, c2a, .. } =
            Response::decode(code::AUTHENTICATION1, &answer)?
        else {
            return None;
        };
        assert_eq!(auth.open_c1b(&c1b), r1);
        let r2 = auth.open_c2a(&c2a);
        let c2b = auth.c2b(&r2);
        let answer = self.send(&Request::Authentication2 { idm, c2b }.encode().ok()?)?;
        let mut session = Session::new(&r1, r2);
        hear(&mut session, &answer);
        self.session = Some(session);
        Some(())
    }

    fn say(&mut self, code: u8, payload: &[u8]) {
        let Some(mut session) = self.session.take() else {
            return;
        };
        if let Ok(frame) = session.wrap(code, payload)
            && let Ok(frame) = frame.frame()
        {
            let touch = self.send(&frame);
            if let Some(answer) = touch {
                hear(&mut session, &answer);
            }
        }
        self.session = Some(session);
    }

    fn op(&mut self, op: Op) {
        match op {
            Op::Raw(code, body) => self.frame(code, &body),
            Op::Addressed { code, system, tail } => {
                let mut body = IDM.of_system(system % 16).0.to_vec();
                body.extend(tail);
                self.frame(code, &body);
            }
            Op::Open {
                system,
                areas,
                services,
            } => {
                self.session = None;
                self.open(system, &areas, &services);
            }
            Op::Say { code, payload } => self.say(code, &payload),
            Op::Area { code, end, blocks } => {
                let package = AreaPackage {
                    code: NodeCode(code),
                    end: NodeCode(end),
                    blocks: blocks.into(),
                    key_version: 1,
                    key: key(),
                };
                let package = package.seal(&key());
                self.say(
                    code::REGISTER_AREA,
                    &[&code.to_le_bytes()[..], &package].concat(),
                );
            }
            Op::Service { code, blocks } => self.service(code, blocks),
            Op::Key { index, version } => {
                let package = key_change_package(&key(), &key(), &key(), version);
                let [low, high] = version.to_le_bytes();
                let list = [1, 0x40 | index & 0x0F, low, high];
                self.say(code::WRITE, &[&list[..], &package].concat());
            }
            Op::Lend { code, blocks } => self.lend(SystemCode(code), blocks),
            Op::Phase(phase) => self.say(code::SEPARATE_SYSTEM, &[phase]),
            Op::Commit => self.say(code::CHANGE_SYSTEM_BLOCK, &[]),
            Op::Off => self.off(),
            Op::Cut { at_write, leaves } => self.memory.cut_at(Some(PowerCut {
                at_write: at_write.into(),
                leaves: Torn::ALL[usize::from(leaves % 4)],
            })),
        }
    }

    fn frame(&mut self, code: u8, body: &[u8]) {
        if let Ok(frame) = Frame::build(code, body) {
            self.send(&frame);
        }
    }

    fn service(&mut self, code: u16, blocks: u16) {
        let Some(service) = ServiceCode::new(code) else {
            return;
        };
        let package = ServicePackage {
            code: service,
            blocks,
            key_version: 1,
            key: key(),
        };
        let package = package.seal(&key());
        self.say(
            code::REGISTER_SERVICE,
            &[&code.to_le_bytes()[..], &package].concat(),
        );
    }

    fn lend(&mut self, system_code: SystemCode, blocks_lent: u16) {
        let pf = Pf {
            system_code,
            system_key_version: 1,
            system_key: key(),
            root_key_version: 1,
            root_key: key(),
        };
        let pj = Pj {
            blocks_lent,
            pf: pf.seal(&key()),
        };
        let inf_1 = Inf1 {
            system_code,
            root_key: key(),
        };
        let request = Request::SeparateSystem {
            idm: IDM,
            pj: pj.seal(&issuer_package_key(&key(), &key())),
            inf_1: inf_1.seal(),
        };
        if let Ok(frame) = request.encode() {
            self.send(&frame);
        }
    }
}

/// The answer is one of the session.
fn hear(session: &mut Session, answer: &Frame) {
    let frame = SecureFrame::new(answer.code(), answer.body().to_vec()).expect("a secure frame");
    let opened = session.unwrap(&frame, Direction::Response);
    opened.expect("the session protects it");
}

fuzz_target!(|input: (bool, Vec<Op>)| {
    let (atomic, ops) = input;
    let Some(small) = Profile::named("small-1k") else {
        return;
    };
    let profile = Profile { atomic, ..small };
    let mut memory = card(&profile);
    let chip = Chip::power_on(profile.clone(), &mut memory).expect("a card");
    let mut run = Run {
        profile,
        memory,
        chip,
        session: None,
        rng: Steps(1),
    };
    for op in ops {
        run.op(op);
    }
});
