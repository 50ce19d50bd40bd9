//! Peels messages.
