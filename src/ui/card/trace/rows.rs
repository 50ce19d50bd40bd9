//! Which exchanges are listed, and what a row says of one.

use super::link::Aim;
use crate::model::card::journal::Journal;
use crate::model::trace::export::duration;
use crate::model::trace::{About, Exchange, FieldName, FieldValue, How, Trace};
use crate::model::utc;
use crate::workbench::trace_words::{command, ended};
use std::time::{Duration, Instant};

/// How long one frame may look for exchanges that a filter keeps.
const A_FRAME: Duration = Duration::from_millis(2);
/// How many it looks at between two looks at the clock.
const AT_ONCE: usize = 32;

/// What is looked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// In any of a row's words, whatever the case.
    pub text: String,
    /// Came to nothing.
    pub failed: bool,
    pub enciphered: bool,
    /// About what is picked.
    pub picked: bool,
}

impl Filter {
    /// Whether everything is kept.
    pub fn is_open(&self) -> bool {
        *self == Filter::default()
    }

    fn keeps(&self, exchange: &Exchange, aim: Option<&Aim>, journal: Option<&Journal>) -> bool {
        let of_aim = || aim.is_some_and(|aim| aim.is_of(exchange, journal));
        (!self.failed || exchange.has_failed())
            && (!self.enciphered || exchange.is_enciphered())
            && (!self.picked || of_aim())
            && (self.text.is_empty() || RowFacts::of(exchange).says(&self.text.to_lowercase()))
    }
}

/// The positions of the exchanges that are listed.
#[derive(Debug, Default)]
pub struct Rows {
    filter: Filter,
    aim: Option<Aim>,
    /// What was found so far; not used while the filter keeps everything.
    found: Vec<u32>,
    /// How many exchanges were looked at.
    looked: usize,
    /// How many there are.
    all: usize,
}

impl Rows {
    /// Looks on, for a frame's time. `true` when there is more to look at. What was found is kept while filter and aim
    /// stay and the trace only grows; `anew` says that it is another trace.
    pub fn look(
        &mut self,
        trace: &Trace,
        filter: &Filter,
        aim: Option<Aim>,
        journal: Option<&Journal>,
        anew: bool,
    ) -> bool {
        let aim = aim.filter(|_| filter.picked);
        if anew || self.filter != *filter || self.aim != aim {
            self.filter = filter.clone();
            self.aim = aim;
            self.found.clear();
            self.looked = 0;
        }
        self.all = trace.len();
        if self.filter.is_open() {
            return false;
        }
        let began = Instant::now();
        while let Some(exchange) = trace.get(self.looked) {
            if self.filter.keeps(exchange, self.aim.as_ref(), journal) {
                // There are never more than fit.
                self.found.push(self.looked as u32);
            }
            self.looked += 1;
            // Asking for the time costs as much as asking some exchanges.
            if self.looked.is_multiple_of(AT_ONCE) && began.elapsed() > A_FRAME {
                break;
            }
        }
        self.looked < self.all
    }

    /// How many are listed.
    pub fn len(&self) -> usize {
        match self.filter.is_open() {
            true => self.all,
            false => self.found.len(),
        }
    }

    /// The exchange of a row, by its position in the trace.
    pub fn get(&self, row: usize) -> Option<usize> {
        match self.filter.is_open() {
            true => (row < self.all).then_some(row),
            false => self.found.get(row).map(|at| *at as usize),
        }
    }

    /// The row of an exchange, or the one that it would stand before.
    pub fn row_of(&self, position: usize) -> Result<usize, usize> {
        match self.filter.is_open() {
            true if position < self.all => Ok(position),
            true => Err(self.all),
            false => self.found.binary_search(&(position as u32)),
        }
    }

    /// Whether something is left out of the list.
    pub fn is_filtered(&self) -> bool {
        !self.filter.is_open()
    }
}

/// What a row says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowFacts {
    /// `188`.
    pub number: String,
    /// `Write`.
    pub name: &'static str,
    /// `1050 0–3`.
    pub about: String,
    /// `Done`, `A6 no such node, position 01`.
    pub ended: String,
    /// `10:42:07.123`.
    pub time: String,
    /// `0.412 ms`.
    pub taken: String,
    /// `ST63`; empty outside a flow.
    pub step: String,
}

impl RowFacts {
    /// Reads an exchange.
    pub fn of(exchange: &Exchange) -> RowFacts {
        RowFacts {
            number: format!("#{}", crate::ui::numbers::grouped(exchange.number)),
            name: command(exchange),
            about: about(exchange),
            ended: ended(exchange),
            time: utc::clock(exchange.started_ms),
            taken: duration(exchange.taken_us),
            step: exchange
                .step
                .as_ref()
                .map_or_else(String::new, |step| step.0.clone()),
        }
    }

    /// All of it in one line, for a screen reader.
    pub fn line(&self) -> String {
        let parts = [
            &self.number,
            self.name,
            &self.about,
            &self.ended,
            &self.time,
            &self.taken,
            &self.step,
        ];
        let parts = parts.into_iter().filter(|part| !part.is_empty());
        parts.collect::<Vec<_>>().join(" ")
    }

    /// Whether one of its words holds the text, which is in lower case.
    fn says(&self, text: &str) -> bool {
        self.line().to_lowercase().contains(text)
    }
}

/// Nodes that a row names before it only counts.
const NAMED: usize = 3;

/// What an exchange is about, in as few words as a row has room for.
fn about(exchange: &Exchange) -> String {
    let blocks: Vec<About> = exchange
        .touched()
        .filter(|touched| touched.how != How::Named)
        .map(|touched| touched.about)
        .collect();
    if blocks.is_empty() {
        let nodes = exchange
            .touched()
            .map(|touched| touched.about.node.to_string());
        let nodes: Vec<String> = nodes.collect();
        return match nodes.is_empty() {
            true => system(exchange),
            false => listed(&nodes),
        };
    }
    listed(&runs(&blocks))
}

fn listed(parts: &[String]) -> String {
    let named = parts[..parts.len().min(NAMED)].join(", ");
    match parts.len().checked_sub(NAMED) {
        Some(more) if more > 0 => format!("{named} +{more}"),
        _ => named,
    }
}

/// Blocks of one node that follow each other as one: `1050 0–3`.
fn runs(blocks: &[About]) -> Vec<String> {
    let mut runs: Vec<(About, u16)> = Vec::new();
    for about in blocks {
        match runs.last_mut() {
            Some((first, last))
                if first.node == about.node && about.block == last.checked_add(1) =>
            {
                *last += 1;
            }
            _ => runs.push((*about, about.block.unwrap_or_default())),
        }
    }
    let text = |(first, last): &(About, u16)| match first.block {
        None => first.node.to_string(),
        Some(block) if block == *last => format!("{} {block}", first.node),
        Some(block) => format!("{} {block}–{last}", first.node),
    };
    runs.iter().map(text).collect()
}

/// The system that was polled for.
fn system(exchange: &Exchange) -> String {
    let parts = exchange.parts();
    let fields = parts.iter().flat_map(|part| &part.fields);
    let codes = fields.filter_map(|field| match (field.name, field.value) {
        (FieldName::SystemCode, FieldValue::System(code)) => Some(code.to_string()),
        _ => None,
    });
    listed(&codes.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::card::NodeCode;

    #[test]
    fn blocks_that_follow_each_other_are_one() {
        let about = |node, block| About {
            node: NodeCode(node),
            block,
        };
        let blocks = [
            about(0x1008, None),
            about(0x1050, Some(0)),
            about(0x1050, Some(1)),
            about(0x1050, Some(2)),
            about(0x1050, Some(7)),
            about(0x1050, Some(u16::MAX)),
            about(0x1051, Some(0)),
        ];
        assert_eq!(
            runs(&blocks),
            ["1008", "1050 0–2", "1050 7", "1050 65535", "1051 0"]
        );
        assert_eq!(listed(&runs(&blocks)), "1008, 1050 0–2, 1050 7 +2");
    }
}
