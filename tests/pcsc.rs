//! Real readers. Whether there is one depends on the machine; that asking is answered does not.

#![cfg(feature = "pcsc")]

use cardwright::device::pcsc::{PcscError, readers};

#[test]
fn the_list_of_readers_is_answered_or_refused_with_a_reason() {
    // While a test beside this one starts the service, it may answer anything.
    #[cfg(target_os = "linux")]
    let _alone = crate::pcscd::alone();
    match readers() {
        Ok(readers) => {
            assert!(!readers.is_empty());
            assert!(readers.iter().all(|reader| !reader.name.is_empty()));
        }
        Err(PcscError::NoService | PcscError::NoReader) => {}
        Err(other) => panic!("{other:?}"),
    }
}
