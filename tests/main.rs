//! All tests, as one binary: one link instead of many.

mod adapters;
mod aes;
mod card_file;
mod cards;
mod chip;
mod chip_random;
mod chip_write;
mod cipher_des;
mod cipher_seal;
mod cipher_session;
mod cli;
mod cli_keys;
mod command_frames;
mod command_roundtrip;
mod command_secure;
mod convert;
mod cuts;
mod divide_flow;
mod divide_refused;
mod dump;
mod fake_card;
mod house;
mod image_large;
mod issue_flow;
mod key_store;
mod knowledge;
mod materialise;
mod nfcpy;
mod observe;
mod outcome;
mod pcsc;
#[cfg(feature = "pcsc")]
mod pcsc_link;
#[cfg(all(feature = "pcsc", target_os = "linux"))]
mod pcscd;
#[cfg(all(feature = "pcsc", target_os = "linux"))]
mod pcscd_hotplug;
mod power_cut;
mod reader;
mod readers;
mod registry;
mod sound;
mod support;
mod udp;
mod ui_app;
mod ui_card;
mod ui_divide;
mod ui_harness;
mod ui_parties;
mod ui_samples;
mod ui_shots;
mod vpcd;
mod wizard_samples;
mod wizard_view;
mod workbench;
mod workbench_kept;
