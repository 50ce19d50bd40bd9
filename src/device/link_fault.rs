//! What goes wrong between reader and card, on purpose.

use crate::model::command::Frame;

/// Something that goes wrong between reader and card, once, with the next frame of a command. Where the card stays
/// in the field and nothing is heard, the reader cannot tell it from silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkFault {
    /// The card leaves the field before the frame reaches it.
    Before,
    /// The card carries the command out and leaves before its answer is heard.
    AnswerLost,
    /// The frame does not reach the card, which stays.
    Undelivered,
    /// The card carries the command out and stays; its answer is not heard.
    Unheard,
    /// The answer comes after the reader has given up: it is heard in place of the next frame's.
    Late,
    /// The answer is heard, and once more in place of the next frame's.
    Repeated,
    /// The answer's bytes end early: that many of its body are left, under a length byte that fits them.
    Truncated(usize),
    /// That bit of the answer is turned, counted through code and body and around.
    Flipped(usize),
}

impl LinkFault {
    /// Every kind; of the damaged answers one that is short and one that has its first status bit turned.
    pub const ALL: [LinkFault; 8] = [
        LinkFault::Before,
        LinkFault::AnswerLost,
        LinkFault::Undelivered,
        LinkFault::Unheard,
        LinkFault::Late,
        LinkFault::Repeated,
        LinkFault::Truncated(4),
        LinkFault::Flipped(8 * 9),
    ];
}

/// The answer with at most that many bytes of its body.
pub(super) fn truncated(answer: &Frame, keep: usize) -> Option<Frame> {
    let body = answer.body();
    Frame::build(answer.code(), &body[..keep.min(body.len())]).ok()
}

/// The answer with one bit behind its length byte turned.
pub(super) fn flipped(answer: &Frame, bit: usize) -> Option<Frame> {
    let mut bytes = answer.as_bytes().to_vec();
    let at = bit % ((bytes.len() - 1) * 8);
    bytes[1 + at / 8] ^= 1 << (at % 8);
    Frame::parse(&bytes).ok()
}
