//! The wizard that stands on the desk while a flow runs.
