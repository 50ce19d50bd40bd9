//! The way from an exchange to what is picked on the card, and back.

use crate::model::card::NodeCode;
use crate::model::card::journal::{EventId, Journal};
use crate::model::card::map::CellKind;
use crate::model::card::{ServiceCode, ServiceKind};
use crate::model::trace::{About, Exchange, How, Touched};
use crate::ui::card::facts::{NodeRef, Selection, blocks_of, exists, node_at};
use crate::workbench::view::CardView;

/// What is picked, in the terms of exchanges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aim {
    /// One event of the journal, by number.
    Event(u32),
    /// One block, and where it is a service's: its system, the service of the lowest code and the number within it.
    Block {
        address: u32,
        user: Option<(u8, ServiceCode, u16)>,
    },
    Service(u8, ServiceCode),
    Node(u8, NodeCode),
    System(u8),
}

impl Aim {
    /// What an exchange must be about to go with this selection. `None` when nothing is picked.
    pub fn of(card: &CardView, selection: Selection) -> Option<Aim> {
        if let Some(address) = selection.block {
            let cell = card.map.as_ref()?.cells.get(address as usize)?;
            let user = match cell.kind {
                CellKind::User { service, index, .. } => Some((cell.system, service, index)),
                _ => None,
            };
            return Some(Aim::Block { address, user });
        }
        match (selection.node, selection.event) {
            (Some(NodeRef::Service(system, code)), _) => Some(Aim::Service(system, code)),
            (Some(NodeRef::Area(system, code) | NodeRef::Foreign(system, code)), _) => {
                Some(Aim::Node(system, code))
            }
            (
                Some(
                    NodeRef::System(system)
                    | NodeRef::SystemBlocks(system)
                    | NodeRef::Adrift(system),
                ),
                _,
            ) => Some(Aim::System(system)),
            (Some(NodeRef::SystemBlock(_, address)), _) => Some(Aim::Block {
                address,
                user: None,
            }),
            (None, Some(event)) => Some(Aim::Event(event.number())),
            (None, None) => None,
        }
    }

    /// Whether an exchange is about it.
    pub fn is_of(&self, exchange: &Exchange, journal: Option<&Journal>) -> bool {
        let of_system = |system: u8| exchange.system() == Some(system);
        let touches = |is: &dyn Fn(Touched) -> bool| exchange.touched().any(is);
        match *self {
            Aim::Event(number) => exchange.events.start < number && number <= exchange.events.end,
            Aim::Block { address, user } => {
                writes(exchange, journal).any(|written| written == address)
                    || user.is_some_and(|(system, service, index)| {
                        of_system(system) && touches(&|t| reaches(t, service, index))
                    })
            }
            Aim::Service(system, code) => {
                of_system(system) && touches(&|t| shares(t.about.node, code))
            }
            Aim::Node(system, code) => of_system(system) && touches(&|t| t.about.node == code),
            Aim::System(system) => of_system(system),
        }
    }
}

/// Services of one number have the same blocks.
fn shares(node: NodeCode, service: ServiceCode) -> bool {
    let other = node.service();
    other.is_some_and(|other| other.number() == service.number())
}

/// Whether a block of a service is touched. Which block a generation of a ring is changes with every write, so there
/// any of them counts.
fn reaches(touched: Touched, service: ServiceCode, index: u16) -> bool {
    let block = touched.about.block;
    shares(touched.about.node, service)
        && block.is_some_and(|block| block == index || service.kind() == ServiceKind::Cyclic)
}

/// Physical addresses that an exchange wrote.
fn writes<'a>(
    exchange: &'a Exchange,
    journal: Option<&'a Journal>,
) -> impl Iterator<Item = u32> + use<'a> {
    let numbers = exchange.events.start + 1..=exchange.events.end;
    numbers.filter_map(move |number| Some(journal?.event(EventId::new(number)?)?.address))
}

/// The node that a code names on a system of the card, and the physical place of its block, where both are known.
pub fn place(card: &CardView, system: u8, about: About) -> Option<(NodeRef, Option<u32>)> {
    let node = if about.node == NodeCode::SYSTEM {
        NodeRef::System(system)
    } else if let Some(service) = about.node.service() {
        NodeRef::Service(system, service)
    } else {
        NodeRef::Area(system, about.node)
    };
    if !exists(&card.tree, node) {
        return None;
    }
    let is_ring =
        |node| matches!(node, NodeRef::Service(_, code) if code.kind() == ServiceKind::Cyclic);
    let block = about.block.filter(|_| !is_ring(node)).and_then(|index| {
        let (first, count) = blocks_of(&card.tree, node).user?;
        (u32::from(index) < count).then_some(first + u32::from(index))
    });
    Some((node, block))
}

/// What is picked with an exchange: the newest event that it caused, else the block or node that it is about.
pub fn pick(card: Option<&CardView>, exchange: &Exchange) -> Selection {
    let Some(card) = card else {
        return Selection {
            exchange: Some(exchange.number),
            ..Selection::default()
        };
    };
    let found = exchange.touched().max_by_key(|touched| match touched.how {
        How::Written | How::KeyChanged => 2,
        How::Read => 1,
        How::Named => 0,
    });
    let found = found.and_then(|touched| place(card, touched.system?, touched.about));
    let picked = of_event(card, exchange).or_else(|| {
        let (node, block) = found?;
        let of_block = |block| Selection::block(block, Some(node));
        Some(block.map_or(Selection::node(node), of_block))
    });
    let of_system = || {
        let node = NodeRef::System(exchange.system()?);
        exists(&card.tree, node).then(|| Selection::node(node))
    };
    let mut picked = picked.or_else(of_system).unwrap_or_default();
    // The service that was named stays picked, where several share the block.
    if let (Some((node, _)), Some(block)) = (found, picked.block)
        && blocks_of(&card.tree, node).has(block)
    {
        picked.node = Some(node);
    }
    picked.exchange = Some(exchange.number);
    picked
}

/// The newest event of an exchange, and the block that it wrote.
fn of_event(card: &CardView, exchange: &Exchange) -> Option<Selection> {
    let journal = &card.history.as_ref()?.journal;
    if exchange.events.is_empty() {
        return None;
    }
    let event = EventId::new(exchange.events.end)?;
    let block = journal.event(event)?.address;
    let node = card.map.as_ref().and_then(|map| node_at(map, block));
    Some(Selection {
        event: Some(event),
        ..Selection::block(block, node)
    })
}
