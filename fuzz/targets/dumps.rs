//! Dumps in JSON of whatever program: any text. What is read is shown, and put on a card, which a reader must then be
//! able to list.
#![no_main]

use cardwright::model::dump::{self, Opened};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(Opened::Observation(seen)) = dump::open(bytes) {
        cardwright_fuzz::show(&seen);
    }
});
