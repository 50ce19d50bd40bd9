//! The chip under anything at all: random frames, in sessions too, and random sequences of registrations and divisions.

mod frames;
mod registrations;
mod requests;
