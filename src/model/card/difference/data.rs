//! What stands in the user blocks of services: block by block, a purse field by field, a ring by its records.

use super::change::{ChangedNode, Field, Nth, Place, Records, Sides, Value};
use super::comparison::{Comparison, Spot, bytes};
use super::side::{Contents, Node, user_run};
use crate::model::card::image::Run;
use crate::model::card::purse::{CASHBACK_AT, EXECUTION_ID_AT, PURSE_AT, USER_DATA_AT};
use crate::model::card::tree::ServiceNode;
use crate::model::card::{BLOCK_BYTES, Block, ServiceCode, ServiceKind};
use std::ops::Range;

/// Bytes of each field of a purse.
const PURSE_FIELD_BYTES: usize = 4;

/// The user blocks of one service number, on both sides.
struct Shared<'a> {
    code: ServiceCode,
    contents: Sides<Contents<'a>>,
    runs: Sides<Option<Run>>,
    /// Blocks that both sides have, or may have.
    common: u16,
    /// Blocks on the side that has more.
    of: u16,
}

/// Compares what stands in the blocks that the services of `group` share: those of one number on either side, in order
/// of code.
pub(super) fn compare<'a>(comparison: &mut Comparison<'a, '_>, group: &[Sides<Option<Node<'a>>>]) {
    let Some(shared) = Shared::of(comparison, group) else {
        return;
    };
    if shared.is_same() {
        return;
    }
    if shared.code.kind() == ServiceKind::Cyclic {
        return shared.ring(comparison);
    }
    for index in 0..shared.common {
        let blocks = shared.at(index);
        if comparison.differ(&blocks)
            && let (Some(a), Some(b)) = (blocks.a, blocks.b)
        {
            match shared.code.kind() {
                ServiceKind::Purse => shared.purse(comparison, index, Sides { a, b }),
                _ => shared.block(comparison, index, Sides { a, b }),
            }
        }
    }
}

impl<'a> Shared<'a> {
    /// `None` when only one side has services of the number.
    fn of(
        comparison: &Comparison<'a, '_>,
        group: &[Sides<Option<Node<'a>>>],
    ) -> Option<Shared<'a>> {
        let first = |of: fn(&Sides<Option<Node<'a>>>) -> Option<Node<'a>>| {
            group.iter().filter_map(of).find_map(service)
        };
        let services = Sides {
            a: first(|pair| pair.a)?,
            b: first(|pair| pair.b)?,
        };
        let on_both = first(|pair| pair.a.and(pair.b));
        let least = services.a.code.min(services.b.code);
        let contents = Sides {
            a: comparison.sides.a.as_ref()?.contents(services.a),
            b: comparison.sides.b.as_ref()?.contents(services.b),
        };
        // Where nobody said how many there are, there are those that were read.
        let count = |service: &ServiceNode, contents: &Contents| match service.blocks {
            Some(blocks) => blocks,
            None => contents.end().min(usize::from(u16::MAX)) as u16,
        };
        let counts = Sides {
            a: count(services.a, &contents.a),
            b: count(services.b, &contents.b),
        };
        let told = services.a.blocks.is_some() && services.b.blocks.is_some();
        let of = counts.a.max(counts.b);
        Some(Shared {
            code: on_both.map_or(least, |service| service.code),
            runs: services.map(user_run),
            common: if told { counts.a.min(counts.b) } else { of },
            contents,
            of,
        })
    }

    /// Whether both sides are known to hold the same; most services of a large card do.
    fn is_same(&self) -> bool {
        let common = usize::from(self.common);
        match (&self.contents.a, &self.contents.b) {
            (Contents::Whole(a), Contents::Whole(b)) => {
                a.get(..common).is_some_and(|a| Some(a) == b.get(..common))
            }
            _ => false,
        }
    }

    fn at(&self, index: u16) -> Sides<Option<&Block>> {
        self.contents.as_ref().map(|contents| contents.get(index))
    }

    fn nth(&self, index: u16) -> Nth {
        Nth { index, of: self.of }
    }

    /// Where block `index` stands.
    fn place(&self, index: u16) -> Sides<Place> {
        self.runs.map(|run| Place {
            definition: None,
            run: run.map(|run| Run {
                first: run.first + u32::from(index),
                blocks: 1,
            }),
        })
    }

    fn spot(&self, field: Field, place: Sides<Place>, bytes: Option<Range<u8>>) -> Spot {
        Spot {
            node: ChangedNode::Service(self.code),
            field,
            place,
            bytes,
        }
    }

    /// A block without fields.
    fn block(&self, comparison: &mut Comparison, index: u16, blocks: Sides<&Block>) {
        let differs = |at: &usize| blocks.a.0[*at] != blocks.b.0[*at];
        let first = (0..BLOCK_BYTES).find(differs).unwrap_or(0);
        let last = (0..BLOCK_BYTES).rfind(differs).unwrap_or(0);
        let field = Field::Data(self.nth(index));
        let spot = self.spot(field, self.place(index), bytes(first, last - first + 1));
        comparison.push(spot, blocks.map(|block| Some(data(block))));
    }

    /// The fields of a purse. One that was never written holds no amount, and says nothing of fields that are zero.
    fn purse(&self, comparison: &mut Comparison, index: u16, blocks: Sides<&Block>) {
        let nth = self.nth(index);
        let bytes_at = |block: &Block, at: usize| {
            let mut bytes = [0; PURSE_FIELD_BYTES];
            bytes.copy_from_slice(&block.0[at..at + PURSE_FIELD_BYTES]);
            bytes
        };
        let amount = |block: &Block, at| Value::Amount(u32::from_le_bytes(bytes_at(block, at)));
        let four = |block: &Block, at| Value::Four(bytes_at(block, at));
        type Read<'r> = &'r dyn Fn(&Block, usize) -> Value;
        let fields: [(Field, usize, Read); 4] = [
            (Field::PurseValue(nth), PURSE_AT, &amount),
            (Field::Cashback(nth), CASHBACK_AT, &amount),
            (Field::UserData(nth), USER_DATA_AT, &four),
            (Field::ExecutionId(nth), EXECUTION_ID_AT, &four),
        ];
        let erased = blocks.a.is_erased() || blocks.b.is_erased();
        for (field, at, read) in fields {
            let values = blocks.map(|block| match block.is_erased() {
                true => Value::Erased,
                false => read(block, at),
            });
            let is_zero = |value| u32_zero(value) && at != PURSE_AT;
            if values.a == values.b || erased && (is_zero(values.a) || is_zero(values.b)) {
                continue;
            }
            let spot = self.spot(field, self.place(index), bytes(at, PURSE_FIELD_BYTES));
            comparison.push(spot, values.map(Some));
        }
    }

    /// All records of a ring at once: a push moves each of them.
    fn ring(&self, comparison: &mut Comparison) {
        let mut rewritten = 0_u16;
        for index in 0..self.common {
            rewritten += u16::from(comparison.differ(&self.at(index)));
        }
        let newest = self.at(0);
        if rewritten == 0 {
            return;
        }
        let records = self.pushed().unwrap_or(Records::Rewritten(rewritten));
        let place = self.runs.map(|run| Place {
            definition: None,
            run,
        });
        let spot = self.spot(Field::Records(records), place, None);
        // What is not known of a newest record is not told; the records differ all the same.
        let told = |block: Option<&Block>| Some(block.map_or(Value::Hidden, data));
        comparison.push(spot, newest.map(told));
    }

    /// How many records were pushed or are not there yet, if all are known and that explains every difference.
    fn pushed(&self) -> Option<Records> {
        if self.common != self.of {
            return None;
        }
        let all = |contents: &'_ Contents<'a>| -> Option<Vec<Block>> {
            (0..self.common)
                .map(|index| contents.get(index).copied())
                .collect()
        };
        let (a, b) = (all(&self.contents.a)?, all(&self.contents.b)?);
        let (forth, back) = (overlap(&a, &b), overlap(&b, &a));
        let moved = |kept: usize| self.common - kept.min(usize::from(self.common)) as u16;
        match forth.cmp(&back) {
            std::cmp::Ordering::Greater => Some(Records::New(moved(forth))),
            std::cmp::Ordering::Less => Some(Records::Gone(moved(back))),
            // Either, or neither.
            std::cmp::Ordering::Equal => None,
        }
    }
}

fn service<'a>(node: Node<'a>) -> Option<&'a ServiceNode> {
    match node {
        Node::Service(service) => Some(service),
        Node::Area(_) => None,
    }
}

fn u32_zero(value: Value) -> bool {
    value == Value::Amount(0) || value == Value::Four([0; PURSE_FIELD_BYTES])
}

/// A user block as a value.
pub(super) fn data(block: &Block) -> Value {
    if block.is_erased() {
        Value::Erased
    } else {
        Value::Data(*block)
    }
}

/// How many of the first blocks of `old` are the last of `new`, at most; in one pass over each (Knuth, Morris, Pratt).
fn overlap(old: &[Block], new: &[Block]) -> usize {
    // For each length of a beginning of `old`: the longest shorter beginning that it ends with.
    let mut shorter = vec![0; old.len() + 1];
    let longer = |shorter: &[usize], mut matched: usize, next: &Block| {
        loop {
            if old.get(matched) == Some(next) {
                return matched + 1;
            }
            if matched == 0 {
                return 0;
            }
            matched = shorter[matched];
        }
    };
    for length in 1..old.len() {
        shorter[length + 1] = longer(&shorter, shorter[length], &old[length]);
    }
    new.iter()
        .fold(0, |matched, next| longer(&shorter, matched, next))
}
