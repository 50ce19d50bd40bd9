//! Frames that passed in a step on a card, as they are recorded.

use crate::model::card::Idm;
use crate::model::command::{Frame, code};
use crate::model::flow::table::LaneId;
use crate::model::hex;
use crate::model::message::Part;
use serde::{Deserialize, Serialize};

/// Frames of one step, in hexadecimal, for the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Passed {
    pub idm: Idm,
    pub frames: Vec<String>,
}

impl Passed {
    pub(super) fn new(idm: Idm, frames: &[Frame]) -> Passed {
        let mut passed = Passed {
            idm,
            frames: Vec::new(),
        };
        passed.add(frames);
        passed
    }

    /// Frames that passed after these.
    pub(super) fn add(&mut self, frames: &[Frame]) {
        let digits = frames.iter().map(|frame| hex::plain(frame.as_bytes()));
        self.frames.extend(digits);
    }

    /// The frames' bytes, each with its length byte.
    pub(super) fn bytes(&self) -> Vec<Vec<u8>> {
        self.frames
            .iter()
            .filter_map(|text| hex::parse(text))
            .collect()
    }

    /// Every frame as a part of its own, all of them protected by a session of that party's SAM.
    pub(super) fn secure_parts(&self, sam: LaneId) -> Vec<Part> {
        self.bytes()
            .into_iter()
            .map(|frame| Part::Secure { sam, frame })
            .collect()
    }

    /// What passed that a key of that party's SAM protects: each authentication as one part, each frame of a session as another.
    pub(super) fn protected_parts(&self, sam: LaneId) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut authentication = Vec::new();
        for frame in self.bytes() {
            // An answer's code is odd, its command's is the even one before it.
            match frame.get(1).map(|code| code & !1) {
                Some(code::AUTHENTICATION1 | code::AUTHENTICATION2) => {
                    authentication.push(frame);
                    if authentication.len() == 4 {
                        parts.push(Part::Authentication {
                            idm: self.idm,
                            sam,
                            frames: std::mem::take(&mut authentication),
                        });
                    }
                }
                Some(code) if code::is_secure(code) => parts.push(Part::Secure { sam, frame }),
                _ => {}
            }
        }
        parts
    }
}
