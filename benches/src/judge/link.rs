//! Ways between one's client and the other's card.

use super::said;
use cardwright::device::emulated::EmulatedCard;
use cardwright::device::udp::Present;
use cardwright::model::command::Frame;
use cardwright::model::port::{CardLink, LinkError, Touch};
use felica::felica_standard::{FelicaStandardEmulator, Type3TagPollingResult};
use felica::{DriverError, FelicaDriver, FelicaStandard, RemoteTarget};

/// Our card, as a reader of the crate's.
pub struct OurCard(pub EmulatedCard);

impl OurCard {
    /// The crate's client on the system of that code, after the card had no power.
    pub fn client(&mut self, system: u16) -> Result<FelicaStandard<'_, OurCard>, String> {
        Present::field_off(&mut self.0);
        let polled = FelicaStandard::polling(self, "212F", system, 0, 0);
        Ok(polled.map_err(said("polling"))?.0)
    }

    fn exchange(&mut self, frame: &[u8]) -> Result<Vec<u8>, DriverError> {
        let answer = self.0.answer(frame);
        answer.ok_or_else(|| DriverError::other("silent"))
    }
}

impl FelicaDriver for OurCard {
    fn detect_type_f(
        &mut self,
        _: &RemoteTarget,
        system_code: u16,
        request_code: u8,
        time_slots: u8,
    ) -> Result<Type3TagPollingResult, DriverError> {
        let [high, low] = system_code.to_be_bytes();
        let answer = self.exchange(&[6, 0, high, low, request_code, time_slots])?;
        match answer.as_slice() {
            [_, 1, identity @ ..] if identity.len() >= 16 => Ok(Type3TagPollingResult {
                idm: identity[..8].to_vec(),
                pmm: identity[8..16].to_vec(),
                optional: identity[16..].to_vec(),
            }),
            _ => Err(DriverError::other("no answer to Polling")),
        }
    }

    fn transceive(
        &mut self,
        _: &RemoteTarget,
        frame: &[u8],
        _: Option<u16>,
    ) -> Result<Vec<u8>, DriverError> {
        self.exchange(frame)
    }
}

/// The crate's card, on a reader of ours.
pub struct PeersCard(pub FelicaStandardEmulator);

impl CardLink for PeersCard {
    fn transceive(&mut self, frame: &Frame) -> Result<Option<Frame>, LinkError> {
        let answer = self.0.handle_frame(frame.as_bytes());
        let parsed = answer.map(|bytes| Frame::parse(&bytes)).transpose();
        parsed.map_err(|error| LinkError::Reader(error.to_string()))
    }

    fn field_off(&mut self) {
        self.0.power_off();
    }

    fn touch(&self) -> Touch {
        Touch(0)
    }
}
