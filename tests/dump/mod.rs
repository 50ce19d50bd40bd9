//! Other programs' dumps, and the forms in which a card is written out.

mod flipper;
mod observation;
mod render;

use cardwright::model::card::observation::Observation;

/// A card of two systems, six areas and ten services in data format version 2.
pub const V2: &str = include_str!("../data/flipper-v2.nfc");
/// The same card in version 4.
pub const V4: &str = include_str!("../data/flipper-v4.nfc");

pub fn read(dump: &str) -> Observation {
    cardwright::model::dump::flipper::parse(dump.as_bytes()).expect("a good dump")
}
