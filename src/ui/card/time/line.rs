//! The events on the way to the end of one branch, and what the time line needs of them, worked out once.
//!
//! A *place* is a moment on this way: how many of its events have happened. When the journal grows, the line takes
//! in what is new; when another branch is followed, it keeps what both have in common.

use super::flows::{InFlow, in_flow};
use crate::model::card::journal::{Event, EventId, Journal, Moment};
use crate::model::flow::table::StepId;
use crate::ui::card::facts::owner_of;
use crate::workbench::view::CardView;

/// How far one goes at a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unit {
    /// One event.
    #[default]
    Event,
    /// All events of one cause: of a step of a flow, or of commands of one kind after each other.
    Step,
    /// All events of a flow.
    Flow,
}

/// Events after each other that have one cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Place before its first event.
    pub from: u32,
    /// The step that caused it, if a flow did.
    pub step: Option<StepId>,
    cause: u16,
    /// Whether the step is one of a flow that is known.
    in_flow: bool,
}

/// Events after each other that one flow wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Places before its first event and after its last.
    pub from: u32,
    pub to: u32,
    /// The flow's title.
    pub title: &'static str,
    /// Who owns what was written: index into the view's owners.
    pub owner: usize,
    /// The owner was told from the card as it was afterwards.
    settled: bool,
    /// The newest step of it.
    step: usize,
}

/// The way to the end of a branch.
#[derive(Default)]
pub struct Line {
    ids: Vec<EventId>,
    /// Physical address that each event wrote.
    addresses: Vec<u32>,
    /// Bytes that the events up to each place changed; one more than there are events.
    changed: Vec<u32>,
    runs: Vec<Run>,
    spans: Vec<Span>,
    /// The last event: a journal that begun anew has another of that name.
    last: Option<Event>,
    version: u64,
}

impl Line {
    /// Events on it; also the last place.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether nothing was written on it.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Another number whenever something is different.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The events, by the place before them.
    pub fn ids(&self) -> &[EventId] {
        &self.ids
    }

    /// The last event.
    pub fn end(&self) -> Moment {
        self.ids.last().copied()
    }

    /// The moment of a place; beyond the end, the end.
    pub fn moment(&self, place: usize) -> Moment {
        self.ids.get(place.min(self.len()).checked_sub(1)?).copied()
    }

    /// The place of a moment of this journal; `None` for a moment that is not on the way.
    pub fn place(&self, journal: &Journal, moment: Moment) -> Option<usize> {
        let Some(id) = moment else { return Some(0) };
        let depth = journal.event(id)?.depth as usize;
        (self.ids.get(depth) == Some(&id)).then_some(depth + 1)
    }

    /// Events that wrote one of the addresses for which `wrote` holds, by the place before them, within places.
    pub fn writes(
        &self,
        within: std::ops::Range<usize>,
        wrote: impl Fn(u32) -> bool,
    ) -> impl Iterator<Item = usize> {
        let from = within.start.min(self.len());
        let to = within.end.clamp(from, self.len());
        let addresses = self.addresses[from..to].iter();
        let writes = (from..).zip(addresses);
        writes
            .filter(move |(_, address)| wrote(**address))
            .map(|(place, _)| place)
    }

    /// Bytes that the events between two places changed.
    pub fn bytes_changed(&self, from: usize, to: usize) -> u32 {
        let at = |place: usize| {
            self.changed
                .get(place.min(self.len()))
                .copied()
                .unwrap_or(0)
        };
        at(to).wrapping_sub(at(from))
    }

    /// What the flows wrote, in order.
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// Runs that begin at or after one place and before another.
    pub fn runs(&self, from: u32, to: u32) -> &[Run] {
        let first = self.runs.partition_point(|run| run.from < from);
        let end = self.runs.partition_point(|run| run.from < to).max(first);
        &self.runs[first..end]
    }

    /// The place that comes next in steps of that unit; the end where none does.
    pub fn next(&self, unit: Unit, place: usize) -> usize {
        let after = |from: u32| from as usize > place;
        let stop = match unit {
            Unit::Event => None,
            Unit::Step => {
                let at = self.runs.partition_point(|run| !after(run.from));
                self.runs.get(at).map(|run| run.from)
            }
            Unit::Flow => {
                let at = self.spans.partition_point(|span| !after(span.to));
                let span = self.spans.get(at);
                span.map(|span| if after(span.from) { span.from } else { span.to })
            }
        };
        let stop = match unit {
            Unit::Event => place + 1,
            _ => stop.map_or(self.len(), |stop| stop as usize),
        };
        stop.min(self.len())
    }

    /// The place that comes before in steps of that unit; the beginning where none does.
    pub fn previous(&self, unit: Unit, place: usize) -> usize {
        let before = |from: u32| (from as usize) < place;
        match unit {
            Unit::Event => place.saturating_sub(1),
            Unit::Step => {
                let at = self.runs.partition_point(|run| before(run.from));
                at.checked_sub(1)
                    .map_or(0, |at| self.runs[at].from as usize)
            }
            Unit::Flow => {
                let at = self.spans.partition_point(|span| before(span.from));
                let Some(span) = at.checked_sub(1).map(|at| &self.spans[at]) else {
                    return 0;
                };
                (if before(span.to) { span.to } else { span.from }) as usize
            }
        }
    }

    /// Becomes the way to `end`. What is the same is kept.
    pub fn follow(&mut self, journal: &Journal, end: Moment) {
        let is_same = |line: &Line| match (line.end(), &line.last) {
            (Some(id), Some(last)) => journal.event(id) == Some(last),
            _ => true,
        };
        if !is_same(self) {
            self.cut(0);
        }
        let new: Vec<(EventId, &Event)> = journal
            .path(end)
            .take_while(|(id, event)| self.ids.get(event.depth as usize) != Some(id))
            .collect();
        let keep = end.map_or(0, |_| {
            let first_new = new.last().map(|(_, event)| event.depth as usize);
            first_new.unwrap_or_else(|| self.place(journal, end).unwrap_or(0))
        });
        if keep == self.len() && new.is_empty() {
            return;
        }
        self.version += 1;
        self.cut(keep);
        if self.changed.is_empty() {
            self.changed.push(0);
        }
        for (id, event) in new.into_iter().rev() {
            self.push(journal, id, event);
        }
        self.last = self.end().and_then(|id| journal.event(id)).cloned();
    }

    /// Tells who owns what the flows wrote, from the card as it is shown at a place.
    pub fn tell_owners(&mut self, card: &CardView, place: usize) {
        /// As many events of a flow as are asked.
        const ASKED: usize = 64;
        let Some(map) = &card.map else { return };
        let Line {
            addresses,
            spans,
            version,
            ..
        } = self;
        for span in spans.iter_mut().filter(|span| !span.settled) {
            let (from, to) = (span.from as usize, span.to as usize);
            let asked = addresses
                .get(to.saturating_sub(ASKED).max(from)..to)
                .unwrap_or_default();
            let owners = asked
                .iter()
                .filter_map(|address| map.cells.get(*address as usize));
            let mut votes = std::collections::BTreeMap::<usize, usize>::new();
            owners.for_each(|cell| *votes.entry(owner_of(card, cell.system)).or_default() += 1);
            let owner = votes.into_iter().max_by_key(|(_, votes)| *votes);
            let owner = owner.map_or(0, |(owner, _)| owner);
            if owner != span.owner {
                span.owner = owner;
                *version += 1;
            }
            span.settled = place >= to;
        }
    }

    /// Leaves the first events.
    fn cut(&mut self, len: usize) {
        self.ids.truncate(len);
        self.addresses.truncate(len);
        self.changed.truncate(len + 1);
        let len = len as u32;
        self.runs.retain(|run| run.from < len);
        self.spans.retain(|span| span.from < len);
        if let Some(span) = self.spans.last_mut().filter(|span| span.to > len) {
            (span.to, span.settled) = (len, false);
            let newest = self.runs.last().and_then(|run| run.step.as_ref());
            span.step = newest.and_then(in_flow).map_or(0, |flow| flow.step);
        }
        self.last = None;
    }

    fn push(&mut self, journal: &Journal, id: EventId, event: &Event) {
        let place = self.ids.len() as u32;
        let bytes = event.before.0.iter().zip(event.after.0);
        let changed = bytes.filter(|(before, after)| **before != *after).count() as u32;
        let so_far = self.changed.last().copied().unwrap_or(0);
        self.ids.push(id);
        self.addresses.push(event.address);
        self.changed.push(so_far.wrapping_add(changed));
        if self
            .runs
            .last()
            .is_none_or(|run| run.cause != event.cause_number())
        {
            self.begin_run(journal, place, event);
        }
        let in_flow = self.runs.last().is_some_and(|run| run.in_flow);
        if let Some(span) = self.spans.last_mut().filter(|_| in_flow) {
            (span.to, span.settled) = (place + 1, false);
        }
    }

    /// An event of another cause begins a run, but for one of the same step.
    fn begin_run(&mut self, journal: &Journal, place: u32, event: &Event) {
        let step = journal.cause(event).and_then(|cause| cause.step.clone());
        let cause = event.cause_number();
        if let Some(run) = self
            .runs
            .last_mut()
            .filter(|run| step.is_some() && run.step == step)
        {
            run.cause = cause;
            return;
        }
        let flow = step.as_ref().and_then(in_flow);
        if let Some(flow) = flow {
            self.begin_step(place, flow);
        }
        self.runs.push(Run {
            from: place,
            step,
            cause,
            in_flow: flow.is_some(),
        });
    }

    /// A step goes on with the flow that wrote the event before, or begins another run of a flow.
    fn begin_step(&mut self, place: u32, flow: InFlow) {
        let goes_on = |span: &&mut Span| {
            span.to == place && span.title == flow.title && span.step < flow.step
        };
        match self.spans.last_mut().filter(goes_on) {
            Some(span) => span.step = flow.step,
            None => self.spans.push(Span {
                from: place,
                to: place,
                title: flow.title,
                owner: 0,
                settled: false,
                step: flow.step,
            }),
        }
    }
}
