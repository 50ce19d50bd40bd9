//! A card that answers what a reader asks to list it, made from an observation. It shows the servers to be
//! right without the chip.

use cardwright::device::udp::Present;
use cardwright::model::card::observation::{FoundNode, Observation};
use cardwright::model::card::{Idm, NodeCode, SystemCode};

/// Answers Polling, Request Service, Search Service Code and Request System Code.
pub struct FakeCard {
    card: Observation,
    system: usize,
    /// How often the field went off.
    pub field_off: usize,
}

impl FakeCard {
    /// The card of that observation. Systems without an IDm get the one of system 0 with their number.
    pub fn new(mut card: Observation) -> FakeCard {
        let (idm, pmm) = (card.systems[0].idm, card.systems[0].pmm);
        for (system, number) in card.systems.iter_mut().zip(0..) {
            system.idm = system.idm.or(idm.map(|idm: Idm| idm.of_system(number)));
            system.pmm = system.pmm.or(pmm);
        }
        FakeCard {
            card,
            system: 0,
            field_off: 0,
        }
    }

    pub fn observation(&self) -> &Observation {
        &self.card
    }

    fn poll(&mut self, body: &[u8]) -> Option<Vec<u8>> {
        let [high, low, request, _slots] = *body else {
            return None;
        };
        let polled = SystemCode(u16::from_be_bytes([high, low]));
        self.system = self
            .card
            .systems
            .iter()
            .position(|system| system.code.matches(polled))?;
        let system = &self.card.systems[self.system];
        let mut answer = [system.idm?.0, system.pmm?.0].concat();
        if request == 1 {
            answer.extend(system.code.0.to_be_bytes());
        }
        Some(answer)
    }

    fn ask(&self, command: u8, body: &[u8]) -> Option<Vec<u8>> {
        let system = &self.card.systems[self.system];
        match command {
            0x02 => {
                let (count, codes) = body.split_first()?;
                let codes = codes
                    .chunks_exact(2)
                    .map(|c| NodeCode(u16::from_le_bytes([c[0], c[1]])));
                let version = |code| system.key_versions.get(&code).copied().unwrap_or(0xFFFF);
                Some(
                    [*count]
                        .into_iter()
                        .chain(codes.flat_map(|c| version(c).to_le_bytes()))
                        .collect(),
                )
            }
            0x0A => {
                let index = usize::from(u16::from_le_bytes(body.try_into().ok()?));
                Some(match system.nodes().nth(index) {
                    None => vec![0xFF, 0xFF],
                    Some(FoundNode::Service(code)) => code.value().to_le_bytes().to_vec(),
                    Some(FoundNode::Foreign(code)) => code.0.to_le_bytes().to_vec(),
                    Some(FoundNode::Area { code, end }) => {
                        [code.0.to_le_bytes(), end?.0.to_le_bytes()].concat()
                    }
                })
            }
            0x0C => {
                let codes = self
                    .card
                    .systems
                    .iter()
                    .flat_map(|system| system.code.0.to_be_bytes());
                Some(
                    [self.card.systems.len() as u8]
                        .into_iter()
                        .chain(codes)
                        .collect(),
                )
            }
            _ => None,
        }
    }
}

impl Present for FakeCard {
    fn answer(&mut self, frame: &[u8]) -> Option<Vec<u8>> {
        let (command, body) = frame.get(1..)?.split_first()?;
        let answer = if *command == 0x00 {
            self.poll(body)?
        } else {
            let (idm, body) = body.split_at_checked(8)?;
            let mine = self.card.systems[self.system].idm?.0;
            if idm != mine {
                return None;
            }
            [idm, &self.ask(*command, body)?].concat()
        };
        let length = u8::try_from(answer.len() + 2).ok()?;
        Some([&[length, command + 1][..], &answer].concat())
    }

    fn field_off(&mut self) {
        self.field_off += 1;
    }
}
