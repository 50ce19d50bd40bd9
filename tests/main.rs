//! All tests, as one binary: one link instead of many.

mod cipher_des;
mod cipher_seal;
mod cipher_session;
mod command_frames;
mod command_roundtrip;
mod command_secure;
mod dump;
mod fake_card;
mod nfcpy;
mod pcsc;
mod udp;
mod ui_app;
mod ui_card;
mod ui_harness;
mod ui_parties;
mod ui_samples;
mod ui_shots;
mod workbench;
