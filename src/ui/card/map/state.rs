//! What the map keeps between frames: mode and zoom, and what was worked out of the card until something of it changes.

use super::colouring::{Class, Colouring, Mode};
use super::overview::{self, Picture};
use super::zoom::Zoom;
use crate::model::card::difference::Difference;
use crate::model::card::journal::Moment;
use crate::model::card::map::BlockMap;
use crate::model::card::tree::Tree;
use crate::ui::action::Action;
use crate::ui::card::facts::{NodeBlocks, NodeRef, blocks_of};
use crate::ui::tokens::Tokens;
use crate::workbench::view::{CardView, View};
use egui::{ColorImage, Theme, Ui};
use std::sync::Arc;

/// A change of the zoom that was asked for, to be made where the sizes are known.
#[derive(Clone, Copy)]
pub(super) enum Ask {
    /// From 0, the whole card, to 1.
    Level(f32),
    /// Nearer by so many steps, or farther.
    Steps(f32),
}

/// What the map keeps between frames.
#[derive(Default)]
pub struct MapState {
    mode: Mode,
    /// The mode to go back to when nothing is compared any more.
    settled: Mode,
    pub(super) zoom: Zoom,
    pub(super) ask: Option<Ask>,
    /// The class that is pointed out in the legend.
    pub(super) pointed: Option<Class>,
    coloured: Option<Coloured>,
    picture: Option<(PictureKey, Picture)>,
    picked: Option<Picked>,
    /// A block to bring into sight in the next frame.
    pub(super) reveal: Option<u32>,
}

/// The classes of the blocks, and what they were worked out of: it is held, so that a pointer to it is never another's.
struct Coloured {
    mode: Mode,
    tree: Arc<Tree>,
    map: Arc<BlockMap>,
    owners: Vec<usize>,
    written_by: Option<Arc<Vec<Moment>>>,
    difference: Option<Arc<Difference>>,
    colouring: Arc<Colouring>,
}

/// What the overview's picture was made for, besides the colouring.
struct PictureKey {
    colouring: Arc<Colouring>,
    theme: Theme,
    pointed: Option<usize>,
}

/// The blocks of the node that is picked, and of which card.
struct Picked {
    tree: Arc<Tree>,
    node: Option<NodeRef>,
    blocks: Arc<NodeBlocks>,
}

impl MapState {
    /// Brings a block into sight.
    pub fn reveal(&mut self, block: u32) {
        self.reveal = Some(block);
    }

    /// Forgets what belongs to a card: another one is shown. The mode stays.
    pub fn forget(&mut self) {
        *self = MapState {
            mode: self.mode,
            settled: self.settled,
            ..MapState::default()
        };
    }

    /// By what blocks are coloured.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// By what blocks are coloured when nothing is compared.
    pub fn settled_mode(&self) -> Mode {
        self.settled
    }

    /// Colours blocks by something else. By difference works while there is a comparison.
    pub fn colour_by(&mut self, mode: Mode) {
        self.mode = mode;
        if mode != Mode::Difference {
            self.settled = mode;
        }
        self.pointed = None;
    }

    /// Goes nearer by so many steps, or farther.
    pub fn zoom_by(&mut self, steps: f32) {
        self.ask = Some(Ask::Steps(steps));
    }

    /// Shows the whole card.
    pub fn zoom_whole(&mut self) {
        self.ask = Some(Ask::Level(0.0));
    }

    /// How near the map is: from 0, the whole card, to 1.
    pub fn level(&self) -> f32 {
        self.zoom.level()
    }

    /// The overview as it is on the graphics card, a texel a block; `None` before the first.
    pub fn overview(&self) -> Option<&ColorImage> {
        self.picture.as_ref().map(|(_, picture)| picture.image())
    }

    /// The class that is pointed out in the legend, if the card has it.
    pub(super) fn pointed(&self, colouring: &Colouring) -> Option<usize> {
        self.pointed.and_then(|class| colouring.find(class))
    }

    /// The classes of the card's blocks, worked out when something that they depend on is another.
    pub(super) fn colouring(
        &mut self,
        view: &View,
        card: &CardView,
        map: &Arc<BlockMap>,
    ) -> Arc<Colouring> {
        if self.mode == Mode::Difference && Action::ColourByDifference.refused(view).is_some() {
            self.colour_by(self.settled);
        }
        if self.mode == Mode::Heat && Action::ColourByHeat.refused(view).is_some() {
            self.mode = Mode::default();
        }
        let written_by = match (self.mode, &card.history) {
            (Mode::Heat, Some(history)) => Some(history.written_by.clone()),
            _ => None,
        };
        let difference = match (self.mode, &view.comparison) {
            (Mode::Difference, Some(comparison)) => Some(comparison.difference.clone()),
            _ => None,
        };
        if let Some(known) = &self.coloured {
            let same = known.mode == self.mode
                && Arc::ptr_eq(&known.tree, &card.tree)
                && Arc::ptr_eq(&known.map, map)
                && known.owners == card.system_owners
                && same_arc(&known.written_by, &written_by)
                && same_arc(&known.difference, &difference);
            if same {
                return known.colouring.clone();
            }
        }
        let changes = difference.as_ref().map(|difference| &difference.blocks[..]);
        let colouring = Arc::new(Colouring::new(self.mode, card, map, changes));
        self.coloured = Some(Coloured {
            mode: self.mode,
            tree: card.tree.clone(),
            map: map.clone(),
            owners: card.system_owners.clone(),
            written_by,
            difference,
            colouring: colouring.clone(),
        });
        colouring
    }

    /// The overview, made anew only when the colours, the theme or what is pointed out changed.
    pub(super) fn picture(
        &mut self,
        ui: &Ui,
        map: &BlockMap,
        colouring: &Arc<Colouring>,
        columns: u32,
    ) -> egui::TextureId {
        let key = PictureKey {
            colouring: colouring.clone(),
            theme: ui.ctx().theme(),
            pointed: self.pointed(colouring),
        };
        let image = || {
            let t = Tokens::of(ui.ctx());
            overview::image(t, map, colouring, columns as usize, key.pointed)
        };
        match &mut self.picture {
            Some((known, picture)) => {
                let same = Arc::ptr_eq(&known.colouring, &key.colouring)
                    && known.theme == key.theme
                    && known.pointed == key.pointed;
                if !same {
                    picture.update(ui.ctx(), image());
                    *known = key;
                }
                picture.id()
            }
            none => {
                let picture = Picture::new(ui.ctx(), image());
                none.insert((key, picture)).1.id()
            }
        }
    }

    /// The blocks of what is picked.
    pub(super) fn blocks_of(&mut self, card: &CardView, node: Option<NodeRef>) -> Arc<NodeBlocks> {
        if let Some(known) = &self.picked
            && Arc::ptr_eq(&known.tree, &card.tree)
            && known.node == node
        {
            return known.blocks.clone();
        }
        let blocks = node.map(|node| blocks_of(&card.tree, node));
        let blocks = Arc::new(blocks.unwrap_or_default());
        self.picked = Some(Picked {
            tree: card.tree.clone(),
            node,
            blocks: blocks.clone(),
        });
        blocks
    }
}

fn same_arc<T>(a: &Option<Arc<T>>, b: &Option<Arc<T>>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => Arc::ptr_eq(a, b),
        (None, None) => true,
        _ => false,
    }
}
