//! How long a card may take for its answer, which its PMm says.
//!
//! Six bytes of the PMm time six groups of commands: `302 µs × ((B+1)·n + (A+1)) × 4^E`, with A in bits 0 to 2, B
//! in bits 3 to 5 and E in bits 6 and 7. What n counts is seen in the frame, or bounded where it is enciphered.

use super::{Frame, code};
use crate::model::card::Pmm;
use std::time::Duration;

/// The unit of all card times: 4096 periods of the carrier.
const UNIT: Duration = Duration::from_nanos(302_065);
/// Most blocks that a frame holds, for commands that do not show how many they name.
const MOST_BLOCKS: usize = 15;
/// Most areas and services of one authentication; Authentication2 does not show how many Authentication1 named.
const MOST_NODES: usize = 32;

/// The longest that a card of that PMm may take for its answer to `frame`; the way there and back is not counted.
///
/// Polling is timed by its slots: the first opens after 8 units, each is 4 long. A command of which the public
/// documents do not say the group is timed like the issuance commands, whose group is the slowest (our decision).
pub fn response_time(pmm: Pmm, frame: &Frame) -> Duration {
    // Behind the code stands the IDm, then what the command has.
    let body = frame.body();
    let count = |at: usize| usize::from(body.get(at).copied().unwrap_or(0));
    let (group, n) = match frame.code() {
        code::POLLING => return UNIT * (8 + 4 * (polling_slots(body) + 1)),
        code::REQUEST_SERVICE | code::REQUEST_BLOCK_INFORMATION | code::REQUEST_SERVICE_V2 => {
            (2, count(8))
        }
        code::REQUEST_RESPONSE
        | code::SEARCH_SERVICE_CODE
        | code::REQUEST_SYSTEM_CODE
        | code::GET_SYSTEM_STATUS
        | code::REQUEST_SPECIFICATION_VERSION
        | code::RESET_MODE => (3, 0),
        code::AUTHENTICATION1 => {
            let areas = count(8);
            (4, areas + count(9 + 2 * areas))
        }
        // The two of AES are not counted either.
        code::AUTHENTICATION2 | code::AUTHENTICATION1_V2 | code::AUTHENTICATION2_V2 => {
            (4, MOST_NODES)
        }
        code::READ_PLAIN => (5, count(9 + 2 * count(8))),
        code::WRITE_PLAIN => (6, count(9 + 2 * count(8))),
        code::READ | code::READ_V2 => (5, MOST_BLOCKS),
        code::WRITE | code::WRITE_V2 => (6, MOST_BLOCKS),
        _ => (7, 1),
    };
    of_group(pmm.0[group], n)
}

/// The time of one byte of the PMm for `n` things.
fn of_group(byte: u8, n: usize) -> Duration {
    let (a, b, e) = (byte & 0b111, (byte >> 3) & 0b111, byte >> 6);
    // At most (8 · 255 + 8) · 64, of 302 µs each.
    let units = ((u32::from(b) + 1) * n as u32 + u32::from(a) + 1) << (2 * e);
    UNIT * units
}

/// Time slots after the first, by the last byte of a Polling.
fn polling_slots(body: &[u8]) -> u32 {
    u32::from(body.get(3).copied().unwrap_or(0).min(15))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::card::{Idm, NodeCode, SystemCode};
    use crate::model::command::{BlockElement, PollingRequest, Request, SecureFrame, TimeSlots};

    /// Each byte another: A, B and E of a group cannot be taken for those of the next.
    const PMM: Pmm = Pmm([0x01, 0x20, 0x09, 0x02, 0x4B, 0x12, 0xD4, 0xFF]);
    const IDM: Idm = Idm([1, 2, 3, 4, 5, 6, 7, 8]);

    fn units(request: Request) -> u32 {
        let time = response_time(PMM, &request.encode().expect("it fits"));
        assert_eq!(time.as_nanos() % UNIT.as_nanos(), 0);
        (time.as_nanos() / UNIT.as_nanos()) as u32
    }

    #[test]
    fn each_command_is_timed_by_its_group_and_its_count() {
        let nodes = vec![NodeCode(0x1009), NodeCode(0x100B), NodeCode(0)];
        // 09h: A 1, B 1, E 0.
        assert_eq!(
            units(Request::RequestService {
                idm: IDM,
                nodes: nodes.clone()
            }),
            2 * 3 + 2
        );
        // 02h: A 2.
        assert_eq!(units(Request::RequestResponse { idm: IDM }), 3);
        assert_eq!(
            units(Request::SearchServiceCode {
                idm: IDM,
                index: 999
            }),
            3
        );
        // 4Bh: A 3, B 1, E 1.
        let first = Request::Authentication1 {
            idm: IDM,
            areas: vec![NodeCode(0), NodeCode(0x1000)],
            services: nodes.clone(),
            c1a: [9; 8],
        };
        assert_eq!(units(first), (2 * 5 + 4) * 4);
        let second = Request::Authentication2 {
            idm: IDM,
            c2b: [9; 8],
        };
        assert_eq!(units(second), (2 * 32 + 4) * 4);
        // 12h: A 2, B 2, E 0.
        let blocks: Vec<_> = (0..4).map(|n| BlockElement::normal(0, n)).collect();
        let read = Request::ReadPlain {
            idm: IDM,
            services: nodes[..2].to_vec(),
            blocks: blocks.clone(),
        };
        assert_eq!(units(read), 3 * 4 + 3);
        // D4h: A 4, B 2, E 3.
        let write = Request::WritePlain {
            idm: IDM,
            services: nodes[..1].to_vec(),
            blocks: blocks[..2].to_vec(),
            data: vec![crate::model::card::Block::ZERO; 2],
        };
        assert_eq!(units(write), (3 * 2 + 5) * 64);
    }

    #[test]
    fn what_is_enciphered_gets_the_most_it_can_be() {
        let secure = |code| {
            let frame = SecureFrame::new(code, vec![0; 32]).expect("a body");
            units(Request::Secure(frame))
        };
        assert_eq!(secure(code::READ), 3 * 15 + 3);
        assert_eq!(secure(code::WRITE), (3 * 15 + 5) * 64);
        // FFh: A 7, B 7, E 3.
        assert_eq!(secure(code::REGISTER_AREA), (8 + 8) * 64);
    }

    #[test]
    fn polling_is_timed_by_its_slots() {
        let poll = |time_slots| {
            units(Request::Polling {
                system_code: SystemCode::ANY,
                request: PollingRequest::None,
                time_slots,
            })
        };
        assert_eq!(poll(TimeSlots::One), 12);
        assert_eq!(poll(TimeSlots::Sixteen), 72);
    }

    #[test]
    fn a_frame_that_is_cut_short_is_timed_too() {
        for command in 0..=0xFF {
            let frame = Frame::build(command, &[]).expect("short");
            assert!(response_time(Pmm([0xFF; 8]), &frame) < Duration::from_secs(10));
        }
    }
}
