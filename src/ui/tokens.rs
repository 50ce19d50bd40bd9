//! Every colour and measure of the interface, for both themes. Nothing else in the program names a colour.
//!
//! Surfaces are neutral and the accent only ever means *selected, focused, next*. Every other saturated
//! colour says who owns something; an owner that is not selected is dimmed to a tint, made here too.

use egui::{Color32, Context, Shadow, Theme};

/// Space between things that belong together, in points; all measures are multiples of 4.
pub const GAP: f32 = 4.0;
/// Space between controls.
pub const GAP_2: f32 = 8.0;
/// Inner margin of a panel.
pub const GAP_3: f32 = 12.0;
/// Space between paragraphs and sections.
pub const GAP_4: f32 = 16.0;
/// Space around a place's own content.
pub const GAP_6: f32 = 24.0;

/// Corner radius of a map cell.
pub const RADIUS_CELL: u8 = 2;
/// Corner radius of a tag.
pub const RADIUS_TAG: u8 = 3;
/// Corner radius of a control.
pub const RADIUS_CONTROL: u8 = 4;
/// Corner radius of a box.
pub const RADIUS_BOX: u8 = 6;
/// Corner radius of the palette and of a station.
pub const RADIUS_PALETTE: u8 = 8;

/// Width of rules and borders.
pub const STROKE: f32 = 1.0;
/// Width of the outline of a selection.
pub const STROKE_SELECTION: f32 = 1.5;
/// Width of the outline of a division, and of the selection bar at a row's left.
pub const STROKE_COAST: f32 = 2.0;

/// Hues of a block's fields, one after the other: indices of [`Tokens::owners`]. Neighbours are far apart.
pub const FIELD_HUES: [usize; 5] = [6, 4, 7, 5, 3];

/// An owner's colour: a fill, and the ink that is read on it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Owner {
    pub fill: Color32,
    pub ink: Color32,
}

/// The colours of one theme.
#[derive(Clone, Debug, PartialEq)]
pub struct Tokens {
    pub dark: bool,
    /// Map, hex, canvas, tables, text fields.
    pub ground: Color32,
    /// Top bar, rail, status bar, group headings.
    pub chrome: Color32,
    /// Side panels, panel headers, time line.
    pub panel: Color32,
    /// Buttons, chips, boxes, palette, toasts.
    pub raised: Color32,
    /// Hovered row, neutral tag.
    pub hover: Color32,
    /// Pressed, segment that is on, empty track. Never under [`Tokens::t3`].
    pub press: Color32,
    /// Selected row.
    pub sel: Color32,
    /// Free blocks.
    pub sea: Color32,
    /// Rules inside a panel.
    pub line: Color32,
    /// Borders of controls and boxes.
    pub line2: Color32,
    /// Ticks, dashed outlines, idle step circles; never text.
    pub line3: Color32,
    /// Text.
    pub t1: Color32,
    /// Second text.
    pub t2: Color32,
    /// Labels and addresses; not on owner tints.
    pub t3: Color32,
    /// Primary fill, selection bar, focus, playhead.
    pub accent: Color32,
    /// Text on accent.
    pub accent_ink: Color32,
    /// Links and accent words.
    pub accent_text: Color32,
    /// Next-step band, info tag.
    pub accent_wash: Color32,
    /// Done, verified.
    pub ok: Color32,
    /// Ground of an ok tag.
    pub ok_wash: Color32,
    /// Attention, DEMO.
    pub warn: Color32,
    /// Ground of a warning.
    pub warn_wash: Color32,
    /// Refused, problem.
    pub danger: Color32,
    /// Ground of a problem.
    pub danger_wash: Color32,
    /// State not known: a state of its own, not an error.
    pub unknown: Color32,
    /// Ground of an unknown state.
    pub unknown_wash: Color32,
    /// Difference, with the sign +.
    pub added: Color32,
    /// Difference, with the sign ~.
    pub changed: Color32,
    /// Difference, with the sign −.
    pub removed: Color32,
    /// Difference: unchanged.
    pub same: Color32,
    /// Difference: unchanged, every other service.
    pub same_alt: Color32,
    /// DEMO stripes.
    pub ribbon_a: Color32,
    /// Between the DEMO stripes.
    pub ribbon_b: Color32,
    /// Outline of the selection on the map and in bytes.
    pub marker: Color32,
    /// Owners in the order in which their colours are given out; see [`Tokens::owner`].
    pub owners: [Owner; 8],
    /// Classes that are no owners: kinds of blocks, and keys; see [`Tokens::class_tint`].
    pub classes: [Owner; 6],
    /// How often a block was written, from seldom to often: one hue, and each step much lighter or darker than the
    /// one before.
    pub heat: [Owner; 5],
}

/// A colour from its digits.
const fn rgb(hex: u32) -> Color32 {
    Color32::from_rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

const fn owner(fill: u32, ink: u32) -> Owner {
    Owner {
        fill: rgb(fill),
        ink: rgb(ink),
    }
}

/// The dark theme.
pub static DARK: Tokens = Tokens {
    dark: true,
    ground: rgb(0x0B0E12),
    chrome: rgb(0x101317),
    panel: rgb(0x15191E),
    raised: rgb(0x1B2027),
    hover: rgb(0x222831),
    press: rgb(0x2B333D),
    sel: rgb(0x1F3048),
    sea: rgb(0x0B0E12),
    line: rgb(0x242A32),
    line2: rgb(0x343C47),
    line3: rgb(0x525D6B),
    t1: rgb(0xE7EAEE),
    t2: rgb(0xAAB3BE),
    t3: rgb(0x8E99A6),
    accent: rgb(0x5B9DFF),
    accent_ink: rgb(0x07101F),
    accent_text: rgb(0x8FBCFF),
    accent_wash: rgb(0x1A2840),
    ok: rgb(0x5CC28A),
    ok_wash: rgb(0x14291F),
    warn: rgb(0xEDB549),
    warn_wash: rgb(0x2E2512),
    danger: rgb(0xF47C74),
    danger_wash: rgb(0x341B1B),
    unknown: rgb(0xB9A9EE),
    unknown_wash: rgb(0x25203A),
    added: rgb(0x4FB3E8),
    changed: rgb(0xE8A33D),
    removed: rgb(0xD45A83),
    same: rgb(0x2B333D),
    same_alt: rgb(0x343C47),
    ribbon_a: rgb(0xEDB549),
    ribbon_b: rgb(0x3A2E12),
    marker: rgb(0xFFFFFF),
    owners: [
        owner(0x33D1C5, 0x0B0E12), // teal
        owner(0xE6D78F, 0x0B0E12), // sand
        owner(0xCC4F6E, 0x0B0E12), // rose
        owner(0x9A65BF, 0x0B0E12), // violet
        owner(0x95C07F, 0x0B0E12), // leaf
        owner(0xE2832D, 0x0B0E12), // orange
        owner(0xBDE3F0, 0x0B0E12), // ice
        owner(0x8992A5, 0x0B0E12), // slate
    ],
    classes: [
        owner(0x01D7FE, 0x0B0E12), // cyan
        owner(0xB8CA8C, 0x0B0E12), // moss
        owner(0xC79004, 0x0B0E12), // ochre
        owner(0xB94F38, 0xFFFFFF), // brick
        owner(0x7A60BF, 0xFFFFFF), // iris
        owner(0x52A1A2, 0x0B0E12), // sage
    ],
    heat: [
        owner(0x54290F, 0xFFFFFF),
        owner(0x8A481F, 0xFFFFFF),
        owner(0xC4692B, 0x0B0E12),
        owner(0xF09A3C, 0x0B0E12),
        owner(0xF7DB98, 0x0B0E12),
    ],
};

/// The light theme.
pub static LIGHT: Tokens = Tokens {
    dark: false,
    ground: rgb(0xFFFFFF),
    chrome: rgb(0xE8EBEF),
    panel: rgb(0xF5F6F8),
    raised: rgb(0xFFFFFF),
    hover: rgb(0xECEFF3),
    press: rgb(0xE0E5EB),
    sel: rgb(0xD9E6FB),
    sea: rgb(0xEDF1F5),
    line: rgb(0xDEE2E8),
    line2: rgb(0xC5CCD5),
    line3: rgb(0x8F9AA7),
    t1: rgb(0x14181D),
    t2: rgb(0x434D59),
    t3: rgb(0x5C6773),
    accent: rgb(0x1D5FD0),
    accent_ink: rgb(0xFFFFFF),
    accent_text: rgb(0x1A54B8),
    accent_wash: rgb(0xE6EFFD),
    ok: rgb(0x14744A),
    ok_wash: rgb(0xE2F3EA),
    warn: rgb(0x8A5700),
    warn_wash: rgb(0xFBF0D9),
    danger: rgb(0xB3261E),
    danger_wash: rgb(0xFBE6E4),
    unknown: rgb(0x6347AE),
    unknown_wash: rgb(0xECE7F8),
    added: rgb(0x0A6FB0),
    changed: rgb(0xB35F00),
    removed: rgb(0xB0245F),
    same: rgb(0xD3DAE1),
    same_alt: rgb(0xC4CDD7),
    ribbon_a: rgb(0xD9920A),
    ribbon_b: rgb(0xF8E7C2),
    marker: rgb(0x14181D),
    owners: [
        owner(0x16999A, 0x0B0E12), // teal
        owner(0xC9A538, 0x0B0E12), // sand
        owner(0xB21C4F, 0xFFFFFF), // rose
        owner(0x582482, 0xFFFFFF), // violet
        owner(0x5E7C17, 0xFFFFFF), // leaf
        owner(0xD77A62, 0x0B0E12), // orange
        owner(0x50BACC, 0x0B0E12), // ice
        owner(0x575F70, 0xFFFFFF), // slate
    ],
    classes: [
        owner(0x26378E, 0xFFFFFF), // navy
        owner(0x018455, 0xFFFFFF), // fern
        owner(0xC79900, 0x0B0E12), // ochre
        owner(0x7E0F03, 0xFFFFFF), // brick
        owner(0x8073D5, 0x0B0E12), // iris
        owner(0x3FBD98, 0x0B0E12), // sage
    ],
    heat: [
        owner(0xECD2A8, 0x0B0E12),
        owner(0xDDA263, 0x0B0E12),
        owner(0xC26D2A, 0x0B0E12),
        owner(0x94420F, 0xFFFFFF),
        owner(0x592211, 0xFFFFFF),
    ],
};

impl Tokens {
    /// The tokens of the theme that `ctx` draws in.
    pub fn of(ctx: &Context) -> &'static Tokens {
        Self::of_theme(ctx.theme())
    }

    /// The tokens of a theme.
    pub fn of_theme(theme: Theme) -> &'static Tokens {
        match theme {
            Theme::Dark => &DARK,
            Theme::Light => &LIGHT,
        }
    }

    /// Colour of the owner at `index`; the ninth and later use the hues again, with another letter.
    pub fn owner(&self, index: usize) -> Owner {
        self.owners[index % self.owners.len()]
    }

    /// An owner's colour dimmed on the ground, `part` of it from 0 to 1. Text on it is [`Tokens::t1`].
    pub fn tint(&self, owner: usize, part: f32) -> Color32 {
        self.ground.lerp_to_gamma(self.owner(owner).fill, part)
    }

    /// User blocks on the map.
    pub fn user_tint(&self, owner: usize) -> Color32 {
        self.tint(owner, if self.dark { 0.34 } else { 0.44 })
    }

    /// System blocks on the map.
    pub fn system_tint(&self, owner: usize) -> Color32 {
        self.tint(owner, 0.10)
    }

    /// Outline of a system block.
    pub fn system_line(&self, owner: usize) -> Color32 {
        self.tint(owner, 0.55)
    }

    /// What is related to the selection.
    pub fn related_tint(&self, owner: usize) -> Color32 {
        self.tint(owner, 0.30)
    }

    /// A field in the hex view.
    pub fn field_tint(&self, owner: usize) -> Color32 {
        self.tint(owner, 0.26)
    }

    /// A lane of the time line.
    pub fn lane_tint(&self, owner: usize) -> Color32 {
        self.tint(owner, 0.18)
    }

    /// Free blocks inside a division.
    pub fn sea_tint(&self, owner: usize) -> Color32 {
        self.sea.lerp_to_gamma(self.owner(owner).fill, 0.05)
    }

    /// A block of class `index` on the map, where neighbours alternate so that each service is seen. Text on it is
    /// [`Tokens::t1`].
    pub fn class_tint(&self, index: usize, other: bool) -> Color32 {
        let part = match (self.dark, other) {
            (true, false) => 0.50,
            (true, true) => 0.42,
            (false, false) => 0.55,
            (false, true) => 0.47,
        };
        let class = self.classes[index % self.classes.len()];
        self.ground.lerp_to_gamma(class.fill, part)
    }

    /// The ink that is read on [`Tokens::added`], [`Tokens::changed`] and [`Tokens::removed`].
    pub fn difference_ink(&self) -> Color32 {
        self.ground
    }

    /// `colour` as it is while something else is pointed out.
    pub fn dimmed(&self, colour: Color32) -> Color32 {
        self.ground.lerp_to_gamma(colour, 0.25)
    }

    /// What changed just now; `strength` goes from 1 to 0 as it fades.
    pub fn glow(&self, strength: f32) -> Color32 {
        self.ok.gamma_multiply(0.12 * strength.clamp(0.0, 1.0))
    }

    /// Over what comes after the moment that is shown, on the time line.
    pub fn later(&self) -> Color32 {
        self.panel.gamma_multiply(0.62)
    }

    /// The ring around what has the keyboard.
    pub fn focus_ring(&self) -> Color32 {
        self.accent.gamma_multiply(0.30)
    }

    /// Lighter or darker accent under the pointer.
    pub fn accent_hover(&self) -> Color32 {
        self.accent.lerp_to_gamma(self.t1, 0.12)
    }

    /// What lies under a dialog.
    pub fn scrim(&self) -> Color32 {
        self.chrome.gamma_multiply(0.55)
    }

    /// The shadow of toasts and of the palette; nothing else casts one.
    pub fn shadow(&self) -> Shadow {
        let color = if self.dark {
            Color32::from_black_alpha(153)
        } else {
            Color32::from_rgba_unmultiplied(0x20, 0x30, 0x40, 46)
        };
        Shadow {
            offset: [0, 8],
            blur: 24,
            spread: 0,
            color,
        }
    }
}

#[cfg(test)]
mod tests;
