//! The card's command set as typed requests and responses, with exact codecs used by both sides.
