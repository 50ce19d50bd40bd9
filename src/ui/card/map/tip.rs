//! A block in words, for who points at it.

use super::shown::Shown;
use crate::model::card::map::{BlockMap, CellKind};
use crate::model::card::tree::{KeyFacts, SystemBlockKind, SystemTree};
use crate::model::card::{NodeCode, ServiceCode};
use crate::ui::card::facts::{owner_name, owner_of, system};
use crate::ui::card::tree::{access_words, kind_words};
use crate::ui::numbers;
use crate::words;
use crate::workbench::view::event_words;

/// Address and node first, then a line each: what it is, whose, which key, and what wrote it last.
pub fn lines(shown: Shown<'_>, map: &BlockMap, block: u32) -> Vec<String> {
    let Some(cell) = map.cells.get(block as usize) else {
        return Vec::new();
    };
    let address = shown.facts.addresses.label(block);
    let tree = system(&shown.card.tree, cell.system);
    let mut lines = Vec::new();
    match cell.kind {
        CellKind::User {
            service,
            index,
            blocks,
        } => {
            lines.push(words::format(
                "card.tip.block",
                &[
                    ("address", &address),
                    ("node", &service),
                    ("index", &(index + 1)),
                    ("blocks", &blocks),
                ],
            ));
            lines.extend(
                tree.map(|tree| services(tree, service))
                    .into_iter()
                    .flatten(),
            );
        }
        CellKind::System(kind) => {
            lines.push(words::format(
                "card.tip.other",
                &[("address", &address), ("node", &kind.label())],
            ));
            lines.push(system_block(kind));
            lines.extend(tree.and_then(|tree| key_of(tree, kind)).and_then(key_line));
        }
        CellKind::Free => lines.push(words::format("card.tip.free", &[("address", &address)])),
        CellKind::Unknown => {
            lines.push(words::format("card.tip.unknown", &[("address", &address)]));
        }
    }
    if let (Some(tree), true) = (tree, cell.kind != CellKind::Unknown) {
        let owner = owner_name(&shown.view.owners, owner_of(shown.card, cell.system));
        lines.push(words::format(
            "card.tip.owner",
            &[("owner", &owner), ("system", &tree.code)],
        ));
    }
    if cell.pending {
        lines.push(words::text("card.not_yet_written").to_owned());
    }
    lines.extend(written(shown, block));
    lines
}

/// The services that share a user block, with their keys.
fn services(tree: &SystemTree, lowest: ServiceCode) -> Vec<String> {
    let sharing = tree
        .services
        .iter()
        .filter(|service| service.code.number() == lowest.number());
    sharing
        .map(|service| {
            let (_, kind) = kind_words(service.code.kind());
            let what = words::format(
                "card.tip.service",
                &[
                    ("code", &service.code),
                    ("kind", &kind),
                    ("access", &access_words(service.code)),
                ],
            );
            let key = if service.code.needs_authentication() {
                key_line(service.key)
            } else {
                Some(words::text("card.details.free").to_owned())
            };
            [Some(what), key]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(", ")
        })
        .collect()
}

/// Version and check value of a key: `Key v1 8CA64D`.
fn key_line(key: KeyFacts) -> Option<String> {
    let (version, kcv) = match (key.des_version(), key.aes) {
        (Some(version), _) => (version, key.kcv),
        (None, Some(aes)) => (aes.version, aes.kcv),
        (None, None) => return None,
    };
    let kcv = kcv.map_or_else(String::new, |kcv| kcv.to_string());
    let line = words::format(
        "card.tip.key",
        &[("version", &numbers::version(version)), ("kcv", &kcv)],
    );
    Some(line.trim_end().to_owned())
}

/// The key that a system block holds or belongs to.
fn key_of(tree: &SystemTree, kind: SystemBlockKind) -> Option<KeyFacts> {
    let area = |code: NodeCode| tree.areas.iter().find(|area| area.code == code);
    match kind {
        SystemBlockKind::System => Some(tree.key),
        SystemBlockKind::Area(code) => area(code).map(|area| area.key),
        SystemBlockKind::Service(code) if code.needs_authentication() => {
            tree.service(code).map(|service| service.key)
        }
        _ => None,
    }
}

fn system_block(kind: SystemBlockKind) -> String {
    let text = |key| words::text(key).to_owned();
    match kind {
        SystemBlockKind::ManufactureId => text("card.tip.manufacture"),
        SystemBlockKind::IssuanceId => text("card.tip.issuance"),
        SystemBlockKind::System => text("card.tip.system"),
        SystemBlockKind::DivisionKey => text("card.tip.division_key"),
        SystemBlockKind::Division { .. } => text("card.tip.division"),
        SystemBlockKind::Area(code) => words::format("card.tip.area", &[("code", &code)]),
        SystemBlockKind::Service(code) => words::format("card.tip.definition", &[("code", &code)]),
        SystemBlockKind::AesKey { node, half } => words::format(
            "card.details.aes_half",
            &[("half", &(half + 1)), ("node", &node)],
        ),
        SystemBlockKind::Other => text("card.tip.no_meaning"),
    }
}

/// The event that wrote the block last, and how often it was written before the moment that is shown.
fn written(shown: Shown<'_>, block: u32) -> Vec<String> {
    let Some(history) = &shown.card.history else {
        return Vec::new();
    };
    let Some((id, event)) = history.writer(block) else {
        return vec![words::text("card.tip.never").to_owned()];
    };
    let step = history
        .journal
        .cause(event)
        .and_then(|cause| cause.step.as_ref());
    let step = step.map_or_else(String::new, |step| format!(" {step}"));
    let last = words::format(
        "card.tip.written",
        &[
            ("event", &numbers::event(id.number().into())),
            ("step", &step),
            ("command", &event_words(&history.journal, event)),
            ("time", &numbers::time(event.time_ms)),
        ],
    );
    let times = words::format(
        "card.tip.writes",
        &[("count", &numbers::grouped(event.nth))],
    );
    vec![last, times]
}
