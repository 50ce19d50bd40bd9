//! What the panel at the right and, in a narrow window, the centre show.

/// What the panel shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    #[default]
    Details,
    Trace,
}

/// What the centre shows in a narrow window.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub enum Centre {
    #[default]
    Map,
    /// Details or trace.
    Aside,
}
