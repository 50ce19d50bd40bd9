//! A list of at most as many systems as a card has.

use crate::model::card::image::MAX_SYSTEMS;
use serde::de::{Deserialize, Deserializer, Error as _, SeqAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// Systems in order of their number.
pub(super) struct Systems<T>(pub Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Systems<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for List<T> {
            type Value = Systems<T>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a list of systems")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Systems<T>, A::Error> {
                let mut systems = Vec::new();
                while let Some(system) = list.next_element()? {
                    if systems.len() == MAX_SYSTEMS {
                        return Err(A::Error::custom("a card has at most 16 systems"));
                    }
                    systems.push(system);
                }
                Ok(Systems(systems))
            }
        }
        deserializer.deserialize_seq(List(PhantomData))
    }
}
