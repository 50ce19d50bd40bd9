//! A key holder in software: a ring of keys and a policy, as it may stand in a terminal, at a centre or at an
//! operator.

use super::held_session::HeldSession;
use super::ring::{KeyNode, KeyRing};
use crate::model::card::{Idi, NodeCode, Pmi, SystemCode};
use crate::model::cipher::{
    AesMutualAuth, AesSession, DesKey, IndividualKey, MutualAuth, Session, aes_group_key,
    group_key, user_key,
};
use crate::model::command::{
    Authentication2Payload, Frame, Request, Response, SecureRequest, SecureResponse, code,
};
use crate::model::port::{AesTarget, AuthTarget, Rng, Sam, SamError};

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
        auth: Box<MutualAuth>,
        r1: [u8; 8],
    },
    /// Authentication1 v2 was made; waits for the card's answer.
    AskedV2 {
        target: AesTarget,
        auth: AesMutualAuth,
        r1: [u8; 16],
    },
    /// Authentication2, or its v2, was made; waits for the closing answer.
    Proving {
        session: HeldSession,
    },
    Open {
        session: HeldSession,
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
        let services = keys(&mut target.services.iter().copied().filter(needs_key))?;
        let group = group_key(system, &areas);
        Ok(MutualAuth::new(
            &group,
            &user_key(&group, &services),
            target.idm,
        ))
    }
}

impl KeySam {
    /// Both sides' view of an authentication with AES keys. A ring without an individual key is of cards that have
    /// none.
    fn mutual_auth_v2(&self, target: &AesTarget) -> Result<AesMutualAuth, SamError> {
        let held = |node| self.ring.newest_aes(target.system, node);
        let keyed = target.nodes.iter().filter(|node| needs_key(node));
        let key = |node: &NodeCode| match held(KeyNode::Node(*node)) {
            Some((_, key)) => Ok(key),
            None => Err(SamError::NoKey(format!("{}/{node}/aes", target.system))),
        };
        let keys = keyed.map(key).collect::<Result<Vec<_>, _>>()?;
        let individual = match held(KeyNode::Individual) {
            Some((_, key)) => IndividualKey(key.clone()),
            None => IndividualKey::none(),
        };
        let group = aes_group_key(&keys);
        Ok(AesMutualAuth::new(&group, &individual, target.idm))
    }

    /// Judges the answer to Authentication1 v2.
    fn authentication2_v2(
        &mut self,
        target: &AesTarget,
        auth: &AesMutualAuth,
        r1: &[u8; 16],
        answer: &Frame,
    ) -> Result<Frame, SamError> {
        let Some(Response::Authentication1V2 { idm, c1b, c2a, c3c }) =
            Response::decode(code::AUTHENTICATION1_V2, answer)
        else {
            return Err(SamError::BadAnswer);
        };
        if idm != target.idm || auth.open_c1b(&c1b, c3c) != *r1 {
            return Err(SamError::NotGenuine);
        }
        let r2 = auth.open_c2a(&c2a, c3c);
        let c2b = auth.c2b(&r2);
        let session = HeldSession::Aes(AesSession::new(r1, &r2, c3c));
        self.state = State::Proving { session };
        let request = Request::Authentication2V2 { idm, c2b };
        request.encode().map_err(|_| SamError::BadAnswer)
    }
}

/// Whether a node of a list has a part in the authentication.
fn needs_key(node: &NodeCode) -> bool {
    node.service()
        .is_none_or(|service| service.needs_authentication())
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
        let auth = Box::new(self.mutual_auth(target)?);
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

    fn authentication1_v2(
        &mut self,
        target: &AesTarget,
        rng: &mut dyn Rng,
    ) -> Result<Frame, SamError> {
        self.state = State::Idle;
        if !self.policy.allows_system(target.system) {
            return Err(SamError::Policy);
        }
        let auth = self.mutual_auth_v2(target)?;
        let r1 = rng.sixteen();
        let request = Request::Authentication1V2 {
            idm: target.idm,
            parameter: 0,
            nodes: target.nodes.clone(),
            c1a: auth.c1a(&r1),
        };
        let frame = request.encode().map_err(|_| SamError::BadAnswer)?;
        let target = target.clone();
        self.state = State::AskedV2 { target, auth, r1 };
        Ok(frame)
    }

    fn authentication2(&mut self, answer: &Frame) -> Result<Frame, SamError> {
        let (target, auth, r1) = match std::mem::replace(&mut self.state, State::Idle) {
            State::Asked { target, auth, r1 } => (target, auth, r1),
            State::AskedV2 { target, auth, r1 } => {
                return self.authentication2_v2(&target, &auth, &r1, answer);
            }
            _ => return Err(SamError::NoSession),
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
            session: HeldSession::Des(Session::new(&r1, r2)),
        };
        request.encode().map_err(|_| SamError::BadAnswer)
    }

    fn authenticated(&mut self, answer: &Frame) -> Result<(Idi, Pmi), SamError> {
        let State::Proving { mut session } = std::mem::replace(&mut self.state, State::Idle) else {
            return Err(SamError::NoSession);
        };
        let payload = session.unwrap_closing(answer)?;
        let ids = Authentication2Payload::decode(&payload).ok_or(SamError::BadAnswer)?;
        self.state = State::Open { session, last: 0 };
        Ok((ids.idi, ids.pmi))
    }

    fn wrap(&mut self, request: &SecureRequest) -> Result<Frame, SamError> {
        let State::Open { session, last } = &mut self.state else {
            // What the policy forbids, it forbids before it is looked at whether there is a session.
            let allowed = self.policy.allows_command(request.code());
            return Err(if allowed {
                SamError::NoSession
            } else {
                SamError::Policy
            });
        };
        let code = request.code_in(session.scheme()).ok_or(SamError::Policy)?;
        if !self.policy.allows_command(code) {
            return Err(SamError::Policy);
        }
        *last = code;
        let payload = request.encode_payload().map_err(|_| SamError::NoSession)?;
        session.wrap(code, &payload)
    }

    fn unwrap(&mut self, answer: &Frame) -> Result<SecureResponse, SamError> {
        let State::Open { session, last } = &mut self.state else {
            return Err(SamError::NoSession);
        };
        let payload = session.unwrap(*last, answer)?;
        SecureResponse::decode_payload(*last, &payload).ok_or(SamError::BadAnswer)
    }
}
