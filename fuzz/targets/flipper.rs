//! Flipper dumps: any text. What is read is shown, and put on a card, which a reader must then be able to list.
#![no_main]

use cardwright::model::dump::flipper;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(seen) = flipper::parse(bytes) {
        cardwright_fuzz::show(&seen);
    }
});
