//! A key holder in software: a ring of keys and a policy, as it may stand in a terminal, at a centre or at an
//! operator.

use super::ring::{KeyNode, KeyRing};
use crate::model::card::{Idi, NodeCode, Pmi, SystemCode};
use crate::model::cipher::{DesKey, Direction, MutualAuth, Session, group_key, user_key};
use crate::model::command::{
    Authentication2Payload, Frame, Request, Response, SecureRequest, SecureResponse, code,
};
use crate::model::port::{AuthTarget, Rng, Sam, SamError};

/// What a key holder does for those who send it frames.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Policy {
    /// Its owner's own desk: everything that its keys allow.
    Owner,
    /// A terminal out in the field: mutual authentication for these systems, and only these command codes.
    Relay {
        systems: Vec<SystemCode>,
        commands: Vec<u8>,
    },
}

impl Policy {
    fn allows_system(&self, system: SystemCode) -> bool {
        match self {
            Policy::Owner => true,
            Policy::Relay { systems, .. } => systems.contains(&system),
        }
    }

    fn allows_command(&self, command: u8) -> bool {
        match self {
            Policy::Owner => true,
            Policy::Relay { commands, .. } => commands.contains(&command),
        }
    }
}

/// How far a mutual authentication has come.
#[derive(Debug)]
enum State {
    Idle,
    /// Authentication1 was made; waits for the card's answer.
    Asked {
        target: AuthTarget,
        auth: MutualAuth,
        r1: [u8; 8],
    },
    /// Authentication2 was made; waits for the closing answer.
    Proving {
        session: Session,
    },
    Open {
        session: Session,
        last: u8,
    },
}

/// A ring of keys with a policy.
#[derive(Debug)]
pub struct KeySam {
    ring: KeyRing,
    policy: Policy,
    state: State,
}

impl KeySam {
    /// A key holder of these keys.
    pub fn new(ring: KeyRing, policy: Policy) -> KeySam {
        KeySam {
            ring,
            policy,
            state: State::Idle,
        }
    }

    fn key(&self, system: SystemCode, node: NodeCode) -> Result<&DesKey, SamError> {
        let found = self.ring.newest(system, KeyNode::Node(node));
        found
            .map(|(_, key)| key)
            .ok_or_else(|| SamError::NoKey(format!("{system}/{node}")))
    }

    fn mutual_auth(&self, target: &AuthTarget) -> Result<MutualAuth, SamError> {
        let system = self.key(target.system, NodeCode::SYSTEM)?;
        let keys = |nodes: &mut dyn Iterator<Item = NodeCode>| {
            nodes
                .map(|node| self.key(target.system, node))
                .collect::<Result<Vec<_>, _>>()
        };
        let areas = keys(&mut target.areas.iter().copied())?;
        let keyed = |node: &NodeCode| {
            node.service()
                .is_none_or(|service| service.needs_authentication())
        };
        let services = keys(&mut target.services.iter().copied().filter(keyed))?;
        let group = group_key(system, &areas);
        Ok(MutualAuth::new(
            &group,
            &user_key(&group, &services),
            target.idm,
        ))
    }
}

impl Sam for KeySam {
    fn authentication1(
        &mut self,
        target: &AuthTarget,
        rng: &mut dyn Rng,
    ) -> Result<Frame, SamError> {
        self.state = State::Idle;
        if !self.policy.allows_system(target.system) {
            return Err(SamError::Policy);
        }
        let auth = self.mutual_auth(target)?;
        let r1 = rng.eight();
        let request = Request::Authentication1 {
            idm: target.idm,
            areas: target.areas.clone(),
            services: target.services.clone(),
            c1a: auth.c1a(&r1),
        };
        let frame = request.encode().map_err(|_| SamError::BadAnswer)?;
        self.state = State::Asked {
            target: target.clone(),
            auth,
            r1,
        };
        Ok(frame)
    }

    fn authentication2(&mut self, answer: &Frame) -> Result<Frame, SamError> {
        let State::Asked { target, auth, r1 } = std::mem::replace(&mut self.state, State::Idle)
        else {
            return Err(SamError::NoSession);
        };
        let Some(Response::Authentication1 { idm, c1b, c2a }) =
            Response::decode(code::AUTHENTICATION1, answer)
        else {
            return Err(SamError::BadAnswer);
        };
        if idm != target.idm || auth.open_c1b(&c1b) != r1 {
            return Err(SamError::NotGenuine);
        }
        let r2 = auth.open_c2a(&c2a);
        let request = Request::Authentication2 {
            idm,
            c2b: auth.c2b(&r2),
        };
        self.state = State::Proving {
            session: Session::new(&r1, r2),
        };
        request.encode().map_err(|_| SamError::BadAnswer)
    }

    fn authenticated(&mut self, answer: &Frame) -> Result<(Idi, Pmi), SamError> {
        let State::Proving { mut session } = std::mem::replace(&mut self.state, State::Idle) else {
            return Err(SamError::NoSession);
        };
        let Some(Response::Authentication2(frame)) =
            Response::decode(code::AUTHENTICATION2, answer)
        else {
            return Err(SamError::BadAnswer);
        };
        let payload = session
            .unwrap(&frame, Direction::Response)
            .map_err(|_| SamError::NotGenuine)?;
        let ids = Authentication2Payload::decode(&payload).ok_or(SamError::BadAnswer)?;
        self.state = State::Open { session, last: 0 };
        Ok((ids.idi, ids.pmi))
    }

    fn wrap(&mut self, request: &SecureRequest) -> Result<Frame, SamError> {
        if !self.policy.allows_command(request.code()) {
            return Err(SamError::Policy);
        }
        let State::Open { session, last } = &mut self.state else {
            return Err(SamError::NoSession);
        };
        *last = request.code();
        let payload = request.encode_payload().map_err(|_| SamError::NoSession)?;
        let frame = session
            .wrap(request.code(), &payload)
            .map_err(|_| SamError::NoSession)?;
        frame.frame().map_err(|_| SamError::NoSession)
    }

    fn unwrap(&mut self, answer: &Frame) -> Result<SecureResponse, SamError> {
        let State::Open { session, last } = &mut self.state else {
            return Err(SamError::NoSession);
        };
        let Some(Response::Secure(frame)) = Response::decode(*last, answer) else {
            return Err(SamError::BadAnswer);
        };
        let payload = session
            .unwrap(&frame, Direction::Response)
            .map_err(|_| SamError::BadAnswer)?;
        SecureResponse::decode_payload(*last, &payload).ok_or(SamError::BadAnswer)
    }
}
