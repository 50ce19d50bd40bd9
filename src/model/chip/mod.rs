//! The chip: how a card behaves.
//!
//! A chip is its non-volatile memory, which it is handed with every command, plus the volatile state in
//! [`Chip`]: which system is selected, how far a mutual authentication has come, what issuance commands have
//! prepared, and a division that was sent but not yet committed. It answers frames byte by byte as a FeliCa
//! Standard card does and knows nothing of who listens. A command that it cannot take gets no answer.
//!
//! [`plain`] holds the commands of mode 0, [`write`](mod@write) what a write does to each kind of service, [`session`] the mutual authentication and what it protects,
//! [`aes`] the same of the AES generation, [`issuance`] the registration commands, [`division`] Separate System, [`redo`] the log that makes several
//! block writes one.

mod aes;
mod division;
mod issuance;
mod mode;
mod plain;
pub mod redo;
mod session;
mod state;
mod write;

pub use division::{MIN_LENT_BLOCKS, place_division};
pub use issuance::{factory_image, put_transport_aes_key};
pub use state::{Chip, PowerOnError};

use crate::model::command::{Frame, Request, Response, Status};
use crate::model::port::{Nvm, PowerLost, Rng};

impl Chip {
    /// Takes one frame. `None` is silence. [`PowerLost`] means that the chip is dead until it is powered on
    /// anew, and that its answer, if there was one, got lost.
    pub fn answer(
        &mut self,
        nvm: &mut dyn Nvm,
        rng: &mut dyn Rng,
        frame: &Frame,
    ) -> Result<Option<Frame>, PowerLost> {
        let Some(request) = Request::decode(frame) else {
            return Ok(None);
        };
        if aes::is_of_aes(&request) && !self.profile.aes {
            return Ok(None);
        }
        if let Some(idm) = request.idm()
            && !self.select_by_idm(idm)
        {
            return Ok(None);
        }
        let response = match request {
            Request::Polling {
                system_code,
                request,
                ..
            } => self.polling(system_code, request),
            Request::RequestService { idm, nodes } => self.request_service(idm, &nodes),
            Request::RequestResponse { idm } => Some(Response::RequestResponse {
                idm,
                mode: self.mode(),
            }),
            Request::ReadPlain {
                idm,
                services,
                blocks,
            } => self.read_plain(nvm, idm, &services, &blocks),
            Request::WritePlain {
                idm,
                services,
                blocks,
                data,
            } => self.write_plain(nvm, idm, &services, &blocks, &data)?,
            Request::SearchServiceCode { idm, index } => self.search_service_code(idm, index),
            Request::RequestSystemCode { idm } => {
                let codes = self
                    .image
                    .systems
                    .iter()
                    .map(|system| system.code)
                    .collect();
                Some(Response::RequestSystemCode { idm, codes })
            }
            Request::RequestBlockInformation { idm, nodes } => {
                self.request_block_information(idm, &nodes)
            }
            Request::RequestServiceV2 { idm, nodes } => self.request_service_v2(idm, &nodes),
            Request::GetSystemStatus { idm } => self.get_system_status(idm),
            Request::RequestSpecificationVersion { idm } => self.request_specification_version(idm),
            Request::ResetMode { idm } => {
                self.reset_session();
                Some(Response::ResetMode {
                    idm,
                    status: Status::OK,
                })
            }
            Request::Authentication1 {
                idm,
                areas,
                services,
                c1a,
            } => self.authentication1(rng, idm, areas, services, c1a),
            Request::Authentication2 { c2b, .. } => self.authentication2(c2b),
            Request::SeparateSystem { idm, pj, inf_1 } => self.separate_system(idm, &pj, inf_1),
            Request::Secure(frame) => self.secure(nvm, &frame)?,
            Request::Authentication1V2 {
                idm,
                parameter,
                nodes,
                c1a,
            } => self.authentication1_v2(rng, idm, parameter, nodes, c1a),
            Request::Authentication2V2 { c2b, .. } => self.authentication2_v2(c2b),
            Request::SecureV2(frame) => self.secure_v2(nvm, &frame)?,
        };
        Ok(response.and_then(|response| response.encode().ok()))
    }
}
