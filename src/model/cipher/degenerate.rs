//! Degenerate keys: the keys of a list of nodes, folded into two.
//!
//! Whoever holds the pair can authenticate for exactly that list and learns none of the keys that went in,
//! so it is what is handed to a partner. Order matters.

use super::DesKey;

/// The system's key and the areas' keys, folded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupKey(pub DesKey);

/// The group key and the services' keys, folded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserKey(pub DesKey);

/// G: the system's key, enciphered under each area's key in turn.
pub fn group_key(system: &DesKey, areas: &[&DesKey]) -> GroupKey {
    GroupKey(fold(system, areas))
}

/// U: the group key, enciphered in turn under the key of each node of the service list that has one.
pub fn user_key(group: &GroupKey, services: &[&DesKey]) -> UserKey {
    UserKey(fold(&group.0, services))
}

fn fold(first: &DesKey, keys: &[&DesKey]) -> DesKey {
    keys.iter().fold(first.clone(), |folded, key| {
        DesKey::new(key.encrypt(*folded.expose()))
    })
}
