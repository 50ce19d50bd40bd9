//! The colours of the map's classes, in one theme.

use super::colouring::{Class, Entry};
use super::guard::Guard;
use crate::model::card::difference::BlockChange;
use crate::ui::tokens::{Owner, Tokens};
use egui::Color32;

/// How a block of a class is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    pub fill: Color32,
    /// Outline of a system block.
    pub line: Color32,
    /// Words on `fill`.
    pub ink: Color32,
    /// The class's colour at full strength: in the legend, at the edge of a service, and where it is selected.
    pub full: Color32,
    /// Words on `full`.
    pub full_ink: Color32,
}

/// How a user block of that class is drawn, or with `system` a system block. Neighbouring services alternate by
/// `other` where colours are no owners'.
pub fn look(t: &Tokens, entry: &Entry, system: bool, other: bool) -> Look {
    match (entry.class, entry.colour) {
        (Class::Owner(owner), _) => owners(t, owner, system),
        (Class::Kind(_) | Class::Guard(_), Some(colour)) => {
            let Owner { fill: full, ink } = t.classes[colour % t.classes.len()];
            let fill = t.class_tint(colour, other);
            Look {
                fill,
                line: fill.lerp_to_gamma(full, 0.55),
                ink: t.t1,
                full,
                full_ink: ink,
            }
        }
        (Class::Heat(_), Some(step)) => {
            let Owner { fill, ink } = t.heat[step % t.heat.len()];
            solid(fill, ink)
        }
        (Class::Change(BlockChange::Added), _) => solid(t.added, t.difference_ink()),
        (Class::Change(BlockChange::Changed), _) => solid(t.changed, t.difference_ink()),
        (Class::Change(BlockChange::Removed), _) => solid(t.removed, t.difference_ink()),
        (Class::Guard(Guard::NotKnown) | Class::Unknown, _) => Look {
            fill: t.unknown_wash,
            line: t.unknown,
            ink: t.t1,
            full: t.unknown_wash,
            full_ink: t.t1,
        },
        (Class::Free, _) => solid(t.sea, t.t2),
        (Class::Heat(_) | Class::Change(_) | Class::Guard(_) | Class::Kind(_), _) => {
            let fill = if other { t.same_alt } else { t.same };
            Look {
                fill,
                line: t.line3,
                ink: t.t1,
                full: t.same_alt,
                full_ink: t.t1,
            }
        }
    }
}

fn owners(t: &Tokens, owner: usize, system: bool) -> Look {
    let Owner { fill: full, ink } = t.owner(owner);
    Look {
        fill: if system {
            t.system_tint(owner)
        } else {
            t.user_tint(owner)
        },
        line: t.system_line(owner),
        ink: t.t1,
        full,
        full_ink: ink,
    }
}

/// The same colour selected or not; the selection's outline tells.
fn solid(fill: Color32, ink: Color32) -> Look {
    Look {
        fill,
        line: fill,
        ink,
        full: fill,
        full_ink: ink,
    }
}

/// Colour of a block in the overview, where cells are too small for outlines: system blocks are stronger, and
/// neighbouring services alternate by `other`.
pub fn texel(t: &Tokens, entry: &Entry, system: bool, other: bool) -> Color32 {
    match entry.class {
        Class::Owner(owner) if system => t.tint(owner, 0.80),
        Class::Owner(owner) => t.tint(owner, if other { 0.50 } else { 0.36 }),
        _ => look(t, entry, system, other).fill,
    }
}
