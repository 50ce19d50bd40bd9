//! The AES generation from the reader's side: opening a session with AES keys. Inside it everything goes through the
//! same calls as with DES; the key holder gives the frames their form.

use super::{CardError, NO_SUCH_NODE, Reader, Session};
use crate::model::card::{Idi, Idm, KeyVersion, NodeCode, Pmi};
use crate::model::command::NodeVersions;
use crate::model::port::{AesTarget, Rng, Sam};

impl<'a> Reader<'a> {
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

    /// Authenticates for these nodes with their AES keys and opens a session with them. One that was open before ends.
    pub fn open_v2<'r>(
        &'r mut self,
        sam: &'r mut dyn Sam,
        target: &AesTarget,
        rng: &mut dyn Rng,
    ) -> Result<Session<'r, 'a>, CardError> {
        let ids = self.authenticate_v2(sam, target, rng)?;
        Ok(Session::opened(
            self,
            sam,
            target.idm,
            target.nodes.clone(),
            ids,
        ))
    }

    /// Whether the card is of the AES generation. One that does not know Request Service v2 is not.
    pub fn has_aes(&mut self, idm: Idm) -> Result<bool, CardError> {
        match self.key_versions_v2(idm, &[NodeCode::SYSTEM]) {
            Ok(versions) => Ok(versions.encryption != NodeVersions::DES),
            Err(CardError::Silent(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The version of each node's AES key, `None` where it has none.
    pub fn aes_key_versions(
        &mut self,
        idm: Idm,
        nodes: &[NodeCode],
    ) -> Result<Vec<Option<KeyVersion>>, CardError> {
        let versions = self.key_versions_v2(idm, nodes)?;
        // A card without AES keys tells DES versions alone.
        let has_aes = versions.encryption != NodeVersions::DES;
        let told = versions.first.into_iter();
        Ok(told
            .map(|version| Some(version).filter(|version| has_aes && *version != NO_SUCH_NODE))
            .collect())
    }
}
