//! Other programs' dumps, and the forms in which a card is written out.

mod decode;
mod drawn;
pub mod export;
mod flipper;
mod flipper_kinds;
pub mod flipper_writer;
mod keys;
pub mod lite;
mod observation;
mod programs;
mod proxmark3;
mod render;

use cardwright::model::card::observation::Observation;

/// A card of two systems, six areas and ten services in data format version 2.
pub const V2: &str = include_str!("../data/flipper-v2.nfc");
/// The same card in version 4.
pub const V4: &str = include_str!("../data/flipper-v4.nfc");

/// A card of two systems as a proxmark3 dump.
pub const PM3: &str = include_str!("../data/proxmark3.json");
/// A list with keys of that card's nodes, and others.
pub const KEYS: &str = include_str!("../data/keys.jsonl");

pub fn read(dump: &str) -> Observation {
    cardwright::model::dump::flipper::parse(dump.as_bytes()).expect("a good dump")
}
