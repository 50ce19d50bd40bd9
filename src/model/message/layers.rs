//! Peels a message part layer by layer.

use super::part::{Content, Part};
use crate::model::cipher::{DesKey, Kcv};
use crate::model::flow::table::LaneId;

/// One layer of a part: what seals it, and what lies in it beside deeper layers.
#[derive(Clone, Debug)]
pub struct Layer {
    /// Its name, as the seed has it.
    pub name: &'static str,
    /// 0 is outermost.
    pub depth: usize,
    /// The layer's own bytes, for asking who can open it.
    pub part: Part,
    /// Name of the key that seals it and who sealed it; `None` for what is not sealed.
    pub sealed: Option<(&'static str, LaneId)>,
    /// Check value of that key, where it is known here.
    pub kcv: Option<Kcv>,
    /// What it says, where it can be opened here.
    pub fields: Vec<(&'static str, Field)>,
}

/// One field of an opened layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    Text(String),
    Key(Kcv),
}

impl From<Content> for Field {
    fn from(content: Content) -> Field {
        match content {
            Content::Text(text) => Field::Text(text),
            Content::Key(key) => Field::Key(key.kcv()),
        }
    }
}

/// The layers of a part, outermost first, opened as far as `keys` go.
pub fn layers(part: &Part, keys: &[DesKey]) -> Vec<Layer> {
    let mut found = Vec::new();
    peel(part, 0, keys, &mut found);
    found
}

fn peel(part: &Part, depth: usize, keys: &[DesKey], found: &mut Vec<Layer>) {
    let mut layer = Layer {
        name: part.name(),
        depth,
        part: part.clone(),
        sealed: None,
        kcv: None,
        fields: Vec::new(),
    };
    let mut inner = Vec::new();
    match part {
        Part::Clear { name, value, .. } => layer.fields = vec![(name, Field::Text(value.clone()))],
        Part::Sealed { kind, package } => {
            layer.sealed = Some((kind.key, kind.by));
            let opened = |key: &DesKey| Some(((kind.open)(key, package)?, key.kcv()));
            if let Some((inside, kcv)) = keys.iter().find_map(opened) {
                layer.kcv = Some(kcv);
                let fields = inside.fields.into_iter();
                layer.fields = fields.map(|(name, what)| (name, what.into())).collect();
                inner = inside.inner;
            }
        }
        Part::Authentication { sam, .. } => layer.sealed = Some(("K_A1", *sam)),
        Part::Secure { sam, .. } => layer.sealed = Some(("R2", *sam)),
    }
    found.push(layer);
    for part in inner {
        peel(&part, depth + 1, keys, found);
    }
}
