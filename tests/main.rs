//! All tests, as one binary: one link instead of many.

mod cipher_des;
mod cipher_seal;
mod cipher_session;
mod command_frames;
mod command_roundtrip;
mod command_secure;
mod divide_flow;
mod divide_refused;
mod dump;
mod fake_card;
mod knowledge;
mod nfcpy;
mod pcsc;
mod power_cut;
mod support;
mod udp;
mod ui_app;
mod ui_card;
mod ui_divide;
mod ui_harness;
mod ui_parties;
mod ui_samples;
mod ui_shots;
mod wizard_samples;
mod wizard_view;
mod workbench;
