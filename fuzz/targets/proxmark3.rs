//! Proxmark3 dumps: any text. What is read is shown, and put on a card, which a reader must then be able to list.
#![no_main]

use cardwright::model::dump::proxmark3;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(seen) = proxmark3::parse(bytes) {
        cardwright_fuzz::show(&seen);
    }
});
