//! The rows of the tree, with all their words made: one for each node, in the order of the card.

use crate::model::card::known::service_name;
use crate::model::card::tree::{AreaNode, KeyFacts, ServiceNode, SystemTree, TreeNode};
use crate::model::card::{NodeCode, ServiceAccess, ServiceCode, ServiceKind};
use crate::model::reader::scan::Came;
use crate::ui::card::addresses::Addresses;
use crate::ui::card::facts::{NodeBlocks, NodeRef, owner_name, owner_of};
use crate::ui::{icons, numbers};
use crate::words;
use crate::workbench::view::{CardView, View};

/// A cell of the tree's columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fact {
    Known(String),
    /// Does not apply here.
    None,
    Unknown,
}

/// One visible node, with all its words made.
#[derive(Clone, Debug)]
pub(super) struct TreeRow {
    pub(super) node: NodeRef,
    pub(super) depth: usize,
    /// `None` for a node that holds nothing.
    pub(super) unfolded: Option<bool>,
    pub(super) icon: &'static str,
    pub(super) owner: Option<(usize, char)>,
    pub(super) code: String,
    pub(super) name: String,
    /// Icon and word of how it is used.
    pub(super) access: Option<(&'static str, &'static str, bool)>,
    pub(super) version: Fact,
    pub(super) kcv: Fact,
    /// Used and, where there is a whole, the whole.
    pub(super) blocks: Fact,
    pub(super) of: String,
    /// Shares its blocks with a service above it.
    pub(super) shared: bool,
    /// Its definition, and the user blocks that it shares with none above it.
    pub(super) own: NodeBlocks,
    pub(super) pending: bool,
    /// What a scan made of its keys.
    pub(super) opening: Option<Opening>,
    /// What the filter looks in, in lower case, and what a screen reader says.
    pub(super) spoken: String,
}

/// What a scan with keys made of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opening {
    /// A key opened it.
    Opened,
    /// A key was tried and not taken.
    Refused,
    /// It needs a key, and none opened it.
    Closed,
}

impl Opening {
    fn words(self) -> &'static str {
        words::text(match self {
            Opening::Opened => "card.scan.node_opened",
            Opening::Refused => "card.scan.node_refused",
            Opening::Closed => "card.scan.node_closed",
        })
    }
}

/// What a scan made of a node; `None` where none was made, or the node needs no key.
fn opening(card: &CardView, node: NodeRef) -> Option<Opening> {
    let scan = card.scan.as_ref()?;
    let (system, code) = match node {
        NodeRef::System(system) => (system, NodeCode::SYSTEM),
        NodeRef::Area(system, code) => (system, code),
        NodeRef::Service(system, code) if code.needs_authentication() => (system, code.node()),
        _ => return None,
    };
    let tried = scan.of_node(system, code);
    Some(if tried.iter().any(|key| key.came == Came::Opened) {
        Opening::Opened
    } else if tried.iter().any(|key| key.came == Came::Refused) {
        Opening::Refused
    } else {
        Opening::Closed
    })
}

/// Keeps the rows that are found and those that hold them, all unfolded.
pub(super) fn with_ancestors(all: Vec<TreeRow>, found: impl Fn(&TreeRow) -> bool) -> Vec<TreeRow> {
    let mut kept: Vec<TreeRow> = Vec::new();
    let mut path: Vec<TreeRow> = Vec::new();
    for mut row in all {
        row.unfolded = row.unfolded.map(|_| true);
        path.truncate(row.depth);
        if found(&row) {
            kept.append(
                &mut path
                    .iter()
                    .filter(|r| !kept.iter().any(|k| k.node == r.node))
                    .cloned()
                    .collect(),
            );
            kept.push(row.clone());
        }
        path.push(row);
    }
    kept
}

pub(super) fn flatten(view: &View, card: &CardView, addresses: Addresses) -> Vec<TreeRow> {
    let mut rows = Vec::new();
    for system in &card.tree.systems {
        rows.push(system_row(view, card, system));
        push_nodes(&mut rows, system);
        if !system.system_blocks.is_empty() {
            push_system_blocks(&mut rows, system, addresses);
        }
    }
    for row in &mut rows {
        let mut spoken = format!("{} {}", row.code, row.name);
        if let Some((_, word, _)) = row.access {
            spoken.push_str(", ");
            spoken.push_str(word);
        }
        for fact in [&row.version, &row.kcv] {
            if let Fact::Known(text) = fact {
                spoken.push(' ');
                spoken.push_str(text);
            }
        }
        if let Some(opening) = opening(card, row.node) {
            spoken.push_str(", ");
            spoken.push_str(opening.words());
            if let Some((_, _, locked)) = &mut row.access {
                *locked = opening != Opening::Opened;
            }
            row.opening = Some(opening);
        }
        if row.pending {
            spoken.push_str(", ");
            spoken.push_str(words::text("card.not_yet_written"));
        }
        row.spoken = spoken.trim().to_owned();
    }
    rows
}

fn key_facts(key: &KeyFacts) -> (Fact, Fact) {
    let version = key
        .version
        .map_or(Fact::Unknown, |v| Fact::Known(numbers::version(v)));
    let kcv = key
        .kcv
        .map_or(Fact::Unknown, |kcv| Fact::Known(kcv.to_string()));
    (version, kcv)
}

fn system_row(view: &View, card: &CardView, system: &SystemTree) -> TreeRow {
    let owner = owner_of(card, system.number);
    let (version, kcv) = key_facts(&system.key);
    let known = view.owners.get(owner);
    let blocks = system
        .blocks
        .map(|b| (b.user + b.system, b.user + b.system + b.free));
    TreeRow {
        node: NodeRef::System(system.number),
        depth: 0,
        unfolded: Some(true),
        icon: "",
        owner: Some((owner, known.map_or('?', |o| o.letter))),
        code: system_code(system),
        name: owner_name(&view.owners, owner).to_owned(),
        access: None,
        version,
        kcv,
        blocks: blocks.map_or(Fact::Unknown, |(used, _)| {
            Fact::Known(numbers::grouped(used))
        }),
        of: blocks.map_or_else(String::new, |(_, all)| {
            format!("/{}", numbers::grouped(all))
        }),
        shared: false,
        own: NodeBlocks::default(),
        pending: system.pending,
        opening: None,
        spoken: String::new(),
    }
}

/// A system's code, or that it is not told.
pub fn system_code(system: &SystemTree) -> String {
    let not_told = || words::text("card.code_not_told").to_owned();
    system
        .told_code()
        .map_or_else(not_told, |code| code.to_string())
}

/// Areas and services, in each area mixed in order of code, as the card keeps them; those of which it is not told where
/// they stand in a group of their own. A card without areas has no such group.
fn push_nodes(rows: &mut Vec<TreeRow>, system: &SystemTree) {
    let (mut adrift, mut said) = (false, system.is_lite());
    // The area and the number of the row before, services of one number share their blocks.
    let mut before = None;
    for (depth, node) in system.walk() {
        if depth == 0 {
            adrift = node.is_adrift();
        }
        if adrift && !said {
            said = true;
            let mut group = plain_row(
                system,
                NodeRef::Adrift(system.number),
                1,
                String::new(),
                words::text("card.adrift"),
            );
            (group.icon, group.unfolded) = (icons::STACK, Some(true));
            rows.push(group);
        }
        let depth = depth + 1 + usize::from(adrift && !system.is_lite());
        match node {
            TreeNode::Area(_, area) => rows.push(area_row(system, area, depth)),
            TreeNode::Service(service) => {
                let number = Some((service.area, service.code.number()));
                rows.push(service_row(system, service, depth, before == number));
                before = number;
            }
            TreeNode::Foreign(node) => {
                let (version, kcv) = key_facts(&node.key);
                let at = NodeRef::Foreign(system.number, node.code);
                let name = words::text("card.foreign");
                rows.push(TreeRow {
                    icon: icons::QUESTION,
                    version,
                    kcv,
                    ..plain_row(system, at, depth, node.code.to_string(), name)
                });
            }
        }
    }
}

fn area_row(system: &SystemTree, area: &AreaNode, depth: usize) -> TreeRow {
    let (version, kcv) = key_facts(&area.key);
    let end = area
        .end
        .map_or_else(|| "····".to_owned(), |end| end.to_string());
    TreeRow {
        node: NodeRef::Area(system.number, area.code),
        depth,
        unfolded: Some(true),
        icon: icons::FOLDER,
        owner: None,
        code: format!("{}–{end}", area.code),
        name: if area.is_root() {
            words::text("card.root").to_owned()
        } else {
            area.name.clone().unwrap_or_default()
        },
        access: None,
        version,
        kcv,
        blocks: area
            .used
            .map_or(Fact::Unknown, |used| Fact::Known(numbers::grouped(used))),
        of: area
            .allotted
            .map_or_else(String::new, |all| format!("/{}", numbers::grouped(all))),
        shared: false,
        own: defined_at(area.definition.map(|place| place.physical)),
        pending: system.pending,
        opening: None,
        spoken: String::new(),
    }
}

/// Icon and word of what a service's blocks are.
pub fn kind_words(kind: ServiceKind) -> (&'static str, &'static str) {
    match kind {
        ServiceKind::Random => (icons::SQUARES_FOUR, words::text("card.kind.random")),
        ServiceKind::Cyclic => (icons::ARROWS_CLOCKWISE, words::text("card.kind.cyclic")),
        ServiceKind::Purse => (icons::WALLET, words::text("card.kind.purse")),
    }
}

/// What a service lets one do, in full: `read only`.
pub fn access_words(code: ServiceCode) -> &'static str {
    words::text(match (code.kind(), code.access()) {
        (ServiceKind::Purse, ServiceAccess::ReadWrite) => "card.access.direct_long",
        (_, ServiceAccess::ReadWrite) => "card.access.write_long",
        (_, ServiceAccess::ReadOnly) => "card.access.read_long",
        (_, ServiceAccess::CashbackDecrement) => "card.access.cashback_long",
        (_, ServiceAccess::Decrement) => "card.access.decrement_long",
    })
}

fn access_word(service: &ServiceNode) -> &'static str {
    words::text(match (service.code.kind(), service.code.access()) {
        (ServiceKind::Purse, ServiceAccess::ReadWrite) => "card.access.direct",
        (_, ServiceAccess::ReadWrite) => "card.access.write",
        (_, ServiceAccess::ReadOnly) => "card.access.read",
        (_, ServiceAccess::CashbackDecrement) => "card.access.cashback",
        (_, ServiceAccess::Decrement) => "card.access.decrement",
    })
}

fn service_row(system: &SystemTree, service: &ServiceNode, depth: usize, shared: bool) -> TreeRow {
    let (icon, kind) = kind_words(service.code.kind());
    let locked = service.code.needs_authentication();
    let (version, kcv) = if locked {
        key_facts(&service.key)
    } else {
        // Nobody authenticates with the key of a service that is free to use.
        (Fact::None, Fact::None)
    };
    let first = service.first_user_block.map(|place| place.physical);
    let count = service.blocks.map(u32::from);
    TreeRow {
        node: NodeRef::Service(system.number, service.code),
        depth,
        unfolded: None,
        icon,
        owner: None,
        code: service.code.to_string(),
        name: service_name(system.code, service)
            .unwrap_or(kind)
            .to_owned(),
        access: Some((
            if locked { icons::KEY } else { icons::LOCK_OPEN },
            access_word(service),
            locked,
        )),
        version,
        kcv,
        blocks: service.blocks.map_or(Fact::Unknown, |blocks| {
            Fact::Known(numbers::grouped(blocks))
        }),
        of: String::new(),
        shared,
        own: NodeBlocks {
            user: first.zip(count).filter(|_| !shared),
            ..defined_at(service.definition.map(|place| place.physical))
        },
        pending: system.pending,
        opening: None,
        spoken: String::new(),
    }
}

/// A node with no more blocks than its definition.
fn defined_at(definition: Option<u32>) -> NodeBlocks {
    NodeBlocks {
        definition,
        ..NodeBlocks::default()
    }
}

/// A row of which nothing but its code and name is said.
fn plain_row(
    system: &SystemTree,
    node: NodeRef,
    depth: usize,
    code: String,
    name: &str,
) -> TreeRow {
    TreeRow {
        node,
        depth,
        unfolded: None,
        icon: "",
        owner: None,
        code,
        name: name.to_owned(),
        access: None,
        version: Fact::None,
        kcv: Fact::None,
        blocks: Fact::None,
        of: String::new(),
        shared: false,
        own: NodeBlocks::default(),
        pending: system.pending,
        opening: None,
        spoken: String::new(),
    }
}

fn push_system_blocks(rows: &mut Vec<TreeRow>, system: &SystemTree, addresses: Addresses) {
    let physical = system
        .system_blocks
        .iter()
        .map(|block| block.place.physical);
    let (low, high) = (
        physical.clone().min().unwrap_or(0),
        physical.max().unwrap_or(0),
    );
    let run = format!(
        "{:04X}–{:04X}",
        addresses.counted(low),
        addresses.counted(high)
    );
    let name = words::text("card.system_blocks");
    let mut group = plain_row(system, NodeRef::SystemBlocks(system.number), 1, run, name);
    (group.icon, group.unfolded) = (icons::STACK, Some(true));
    group.blocks = Fact::Known(numbers::grouped(system.system_blocks.len() as u64));
    rows.push(group);
    for block in &system.system_blocks {
        let node = NodeRef::SystemBlock(system.number, block.place.physical);
        let address = format!("{:04X}", addresses.counted(block.place.physical));
        let mut row = plain_row(system, node, 2, address, &block.kind.label());
        row.own = defined_at(Some(block.place.physical));
        rows.push(row);
    }
}
