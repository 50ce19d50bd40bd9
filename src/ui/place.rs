//! The places of the window.

/// The four places.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    #[default]
    Desk,
    Card,
    Parties,
    Faces,
}

impl Place {
    /// In the order of the rail.
    pub const ALL: [Place; 4] = [Place::Desk, Place::Card, Place::Parties, Place::Faces];

    /// What the arrangement calls it.
    pub fn name(self) -> &'static str {
        match self {
            Place::Desk => "desk",
            Place::Card => "card",
            Place::Parties => "parties",
            Place::Faces => "faces",
        }
    }

    /// The place that the arrangement calls so.
    pub fn named(name: &str) -> Option<Place> {
        Place::ALL.into_iter().find(|place| place.name() == name)
    }
}
