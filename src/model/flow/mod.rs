//! Flows: the procedures of the seed documents, one file each, and the stage they run on.

pub mod table;
