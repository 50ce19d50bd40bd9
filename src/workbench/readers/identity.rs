//! Who a card on a reader is: the first thing that it is asked.

use crate::device::readers::ReaderLink;
use crate::model::card::SystemCode;
use crate::model::port::LinkError;
use crate::model::reader::{CardError, Polled, Reader};

/// What a card on a reader told at first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// What the reader calls it: the IDm of a FeliCa card, another number of another card.
    pub id: Vec<u8>,
    /// Its answer to Polling, if it is a FeliCa card and the reader gave both IDs.
    pub polled: Option<Polled>,
    /// Its systems, where the reader can ask for them.
    pub systems: Option<Vec<SystemCode>>,
}

/// Asks a card on a reader who it is. Where it does not answer Polling, or the reader cannot send one, the reader's own
/// word for it is taken.
pub fn identify(link: &mut dyn ReaderLink) -> Result<Identity, CardError> {
    let mut reader = Reader::new(link);
    match reader.poll(SystemCode::ANY) {
        Ok(polled) => {
            let systems = match reader.system_codes(polled.idm) {
                Ok(systems) => Some(systems),
                // Chips of one system need not have the command.
                Err(CardError::Silent(_) | CardError::Link(LinkError::CannotSend(_))) => None,
                Err(error) => return Err(error),
            };
            Ok(Identity {
                id: polled.idm.0.to_vec(),
                polled: Some(polled),
                systems,
            })
        }
        Err(error @ (CardError::Silent(_) | CardError::Link(LinkError::CannotSend(_)))) => {
            match link.card_id() {
                Ok(id) => Ok(Identity {
                    id,
                    polled: None,
                    systems: None,
                }),
                Err(LinkError::CannotSend(_)) => Err(error),
                Err(error) => Err(error.into()),
            }
        }
        Err(error) => Err(error),
    }
}
