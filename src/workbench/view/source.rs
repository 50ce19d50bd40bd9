//! Where the card that is shown came from, and what is asked of a person before a sealed file can be one.

/// What the shown card came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CardSource {
    /// The built-in emulated card, with its profile's name.
    Emulated { profile: String },
    /// A dump or card file that was opened, with its file name.
    File { name: String },
    /// A sealed card file that was opened with its passphrase to be looked at, with its file name.
    Sealed { name: String },
    /// A card on a reader.
    Reader { name: String },
}

/// The question for a passphrase. The passphrase itself is never in a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassphraseView {
    /// Another one for every question; what answers it names it.
    pub number: u64,
    /// Name of the file.
    pub file: String,
    pub state: PassphraseState,
}

/// How far the question has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PassphraseState {
    Asked,
    /// One is being tried, which takes about a second.
    Trying,
    /// The last one did not open the file.
    Wrong,
}
