//! Peels a message part layer by layer.

use super::Part;
use crate::model::cipher::{DesKey, Inf1, Kcv, Pf, Pj};
use crate::model::flow::table::Actor;

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
    pub sealed: Option<(&'static str, Actor)>,
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
    match part {
        Part::Clear { name, value, .. } => {
            layer.fields = vec![(name, Field::Text(value.clone()))];
            found.push(layer);
        }
        Part::Pj(package) => {
            layer.sealed = Some(("K_J", Actor::Issuer));
            let opened = first_that_opens(keys, |key| Pj::open(key, package).ok());
            let inner = opened.map(|(pj, kcv)| {
                layer.kcv = Some(kcv);
                layer.fields = vec![("blocks_lent", Field::Text(pj.blocks_lent.to_string()))];
                pj.pf
            });
            found.push(layer);
            if let Some(pf) = inner {
                peel(&Part::Pf(pf), depth + 1, keys, found);
            }
        }
        Part::Pf(package) => {
            layer.sealed = Some(("K_D", Actor::Operator));
            if let Some((pf, kcv)) = first_that_opens(keys, |key| Pf::open(key, package).ok()) {
                layer.kcv = Some(kcv);
                let versions = format!("{}, {}", pf.system_key_version, pf.root_key_version);
                layer.fields = vec![
                    ("SYSC_F", Field::Text(pf.system_code.to_string())),
                    ("SYS_K_F", Field::Key(pf.system_key.kcv())),
                    ("K_MU_F", Field::Key(pf.root_key.kcv())),
                    ("versions", Field::Text(versions)),
                ];
            }
            found.push(layer);
        }
        Part::Inf1(package) => {
            layer.sealed = Some(("K_MU_F", Actor::Operator));
            if let Some((inside, kcv)) = first_that_opens(keys, |key| Inf1::open(key, package).ok())
            {
                layer.kcv = Some(kcv);
                layer.fields = vec![
                    ("SYSC_F", Field::Text(inside.system_code.to_string())),
                    ("K_MU_F", Field::Key(inside.root_key.kcv())),
                ];
            }
            found.push(layer);
        }
        Part::Authentication { .. } => {
            layer.sealed = Some(("K_A1", Actor::Operator));
            found.push(layer);
        }
        Part::Secure { .. } => {
            layer.sealed = Some(("R2", Actor::Operator));
            found.push(layer);
        }
    }
}

fn first_that_opens<T>(keys: &[DesKey], open: impl Fn(&DesKey) -> Option<T>) -> Option<(T, Kcv)> {
    keys.iter()
        .find_map(|key| open(key).map(|inside| (inside, key.kcv())))
}
