//! The AES generation. No exchange with a real card of it is published, so a second implementation judges:
//! [`slow`] is a plain transcription of the formulas, and whatever the program says must be what that says.

mod agree;
//mod chip;
//mod ends;
mod known;
//mod memory;
//mod register;
pub mod slow;
