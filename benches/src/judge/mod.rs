//! Other people's software as the judge: `bench judge`, and before anything is measured.
//!
//! The client of the `felica` crate issues, reads and writes our emulated cards, by DES and by AES, and our reader
//! does so with the crate's emulated card. Each check has a name and says what it expects; where we know better than
//! the crate, because the card's public protocol says so, the check expects the crate to differ and
//! `docs/protocol.md` has the reason. Frames that both emulated cards take are compared byte for byte.

mod aes;
mod frames;
mod issued;
mod link;
mod peers_card;
mod plain;
mod session;

/// A check: agreement is `Ok`, anything else says what differs.
type Check = fn() -> Result<(), String>;

/// Hears every check, tells each verdict on a line of its own, and fails with the names of those that disagree.
pub fn hear() -> Result<(), String> {
    let mut against = Vec::new();
    let all = [
        issued::CHECKS,
        plain::CHECKS,
        session::CHECKS,
        aes::CHECKS,
        peers_card::CHECKS,
        frames::CHECKS,
    ];
    for (name, check) in all.into_iter().flatten() {
        match check() {
            Ok(()) => println!("agrees    {name}"),
            Err(why) => {
                println!("DISAGREES {name}: {why}");
                against.push(*name);
            }
        }
    }
    if against.is_empty() {
        return Ok(());
    }
    Err(format!(
        "the felica crate and Cardwright disagree on: {}",
        against.join(", ")
    ))
}

/// `Ok` when both are the same, else words with both.
fn same<T: PartialEq + std::fmt::Debug>(what: &str, got: T, expected: T) -> Result<(), String> {
    if got == expected {
        return Ok(());
    }
    Err(format!("{what}: {got:02X?} instead of {expected:02X?}"))
}

/// An error in words, after what was tried.
fn said<E: std::fmt::Display>(what: &str) -> impl Fn(E) -> String + '_ {
    move |error| format!("{what}: {error}")
}

/// `Ok` when something was refused with these status flags.
fn refused<T>(
    what: &str,
    got: Result<T, felica::FelicaStandardError>,
    flags: (u8, u8),
) -> Result<(), String> {
    match got {
        Err(felica::FelicaStandardError::Status {
            status_flag1,
            status_flag2,
            ..
        }) => same(what, (status_flag1, status_flag2), flags),
        Err(other) => Err(format!("{what}: {other}")),
        Ok(_) => Err(format!("{what}: taken")),
    }
}
