//! The controls that every place is built of. Each has a name that a screen reader and a test can find, shows
//! where the keyboard is, and when it is disabled says why.

mod button;
mod chrome;
mod field;
mod paint;
mod row;
mod say;
mod scroll;
mod tabs;
mod tag;

pub use button::{Button, Segment, Size, icon_button, segmented, segmented_of, segments_width};
pub use chrome::{filled_panel, hairline, key_value, key_value_code, panel_header, section_header};
pub use field::Filter;
pub use paint::{
    Align, control_box, dashed_rect, elided, focus_ring, note_keyboard, paint_text, width_of,
    without_middle,
};
pub use row::{Row, row};
pub use say::{empty_state, notice, progress};
pub use scroll::scrolled_to;
pub use tabs::tabs;
pub use tag::{Tone, key_cap, key_cap_width, owner_tag, paint_key_cap, paint_owner_tag, tag};
