//! The AES generation from the reader's side: opening a session with AES keys. Inside it everything goes through the
//! same calls as with DES; the key holder gives the frames their form.

use super::{CardError, Reader};
use crate::model::card::{Idi, Idm, KeyVersion, NodeCode, Pmi};
use crate::model::command::{NodeVersions, Request, Response, code};
use crate::model::port::{AesTarget, Rng, Sam};

impl Reader<'_> {
    /// Authentication1 v2 and Authentication2 v2, between the card and a key holder.
    pub fn authenticate_v2(
        &mut self,
        sam: &mut dyn Sam,
        target: &AesTarget,
        rng: &mut dyn Rng,
    ) -> Result<(Idi, Pmi), CardError> {
        let first = sam.authentication1_v2(target, rng)?;
        let answer = self.exchange(&first)?;
        let second = sam.authentication2(&answer)?;
        let closing = self.exchange(&second)?;
        Ok(sam.authenticated(&closing)?)
    }

    /// The version of each node's AES key, `None` where it has none, by Request Service v2.
    pub fn aes_key_versions(
        &mut self,
        idm: Idm,
        nodes: &[NodeCode],
    ) -> Result<Vec<Option<KeyVersion>>, CardError> {
        let request = Request::RequestServiceV2 {
            idm,
            nodes: nodes.to_vec(),
        };
        let versions = match self.ask(&request)? {
            Response::RequestServiceV2 {
                versions: Some(versions),
                ..
            } if versions.first.len() == nodes.len() => versions,
            _ => return Err(CardError::Answer(code::REQUEST_SERVICE_V2)),
        };
        // A card without AES keys tells DES versions alone.
        let has_aes = versions.encryption != NodeVersions::DES;
        let told = versions.first.into_iter();
        Ok(told
            .map(|version| Some(version).filter(|version| has_aes && *version != 0xFFFF))
            .collect())
    }
}
