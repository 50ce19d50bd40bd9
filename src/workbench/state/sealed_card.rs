//! The card of a sealed file, as it is looked at.

use super::owners::owners_of;
use crate::device::emulated::EmulatedCard;
use crate::device::files::card_tree;
use crate::model::card::SystemCode;
use crate::model::card::tree::Tree;
use crate::workbench::card_view::{Lookup, Picture, looked_at};
use crate::workbench::view::{CardSource, CardView, OwnerView};

/// The card of a sealed file, to be looked at.
pub(super) struct SealedCard {
    name: String,
    card: EmulatedCard,
    picture: Picture,
    /// Codes of its systems; each is an owner.
    systems: Vec<SystemCode>,
}

impl SealedCard {
    pub fn new(name: String, card: EmulatedCard) -> SealedCard {
        let image = card.image();
        let systems = image.iter().flat_map(|image| &image.systems);
        SealedCard {
            systems: systems.map(|system| system.code).collect(),
            picture: Picture::default(),
            name,
            card,
        }
    }

    /// One owner a system, as for a dump.
    pub fn owners(&self) -> Vec<OwnerView> {
        owners_of(self.systems.iter().copied())
    }

    /// All that it holds, for a file in another form.
    pub fn tree(&self) -> Tree {
        card_tree(&self.card)
    }

    /// The card, masked, and without what only a card in the emulator has.
    pub fn view(&mut self, owners: &[OwnerView], revision: u64) -> Option<CardView> {
        let systems = &self.systems;
        let lookup = Lookup {
            owners,
            owner_of: &|code| systems.iter().position(|of| *of == code).unwrap_or(0),
            name_nodes: &|_| (),
            keys_shown: false,
        };
        let view = self.picture.view(&self.card, &lookup)?;
        let name = self.name.clone();
        Some(CardView {
            revision,
            ..looked_at(view, CardSource::Sealed { name })
        })
    }
}
