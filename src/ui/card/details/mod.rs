//! The details of what is picked: whose it is, what guards it, where its blocks are, and what wrote them.

mod parts;
mod picked;
mod tried;

pub use picked::Asked;

use super::facts::{
    Facts, NodeRef, Selection, blocks_of, overlapping, owner_name, owner_of, system,
};
use super::tree::{access_words, kind_words, system_code};
use crate::model::card::NodeCode;
use crate::model::card::known::service_name;
use crate::model::card::map::CellKind;
use crate::model::card::tree::{AreaNode, ServiceNode, SystemBlockKind, SystemTree};
use crate::ui::theme::Type;
use crate::ui::tokens::{GAP, GAP_2, GAP_3, Tokens};
use crate::ui::widgets::{self, Align, Tone};
use crate::ui::{icons, numbers};
use crate::words;
use crate::workbench::view::{CardSource, CardView, View};
use egui::{
    Align2, Frame, Label, Margin, Rect, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2,
};
use parts::key_box;
use picked::Picked;
use std::cell::Cell;

/// Draws the details.
pub fn show(
    ui: &mut Ui,
    view: &View,
    card: &CardView,
    facts: &Facts,
    selection: Selection,
) -> Option<Asked> {
    let asked = Cell::new(None);
    let picked = Picked {
        asked: &asked,
        view,
        card,
        addresses: facts.addresses,
        selection,
    };
    ScrollArea::vertical()
        .id_salt("details")
        .auto_shrink(false)
        .show(ui, |ui| {
            let margin = Margin::symmetric(GAP_3 as i8, GAP_3 as i8);
            Frame::new().inner_margin(margin).show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                match selection.node {
                    Some(NodeRef::Service(number, code)) => {
                        let Some(system) = system(&card.tree, number) else {
                            return;
                        };
                        if let Some(service) = system.services.iter().find(|s| s.code == code) {
                            picked.service(ui, system, service);
                        }
                    }
                    Some(NodeRef::Area(number, code)) => {
                        let Some(system) = system(&card.tree, number) else {
                            return;
                        };
                        if let Some(area) = system.areas.iter().find(|a| a.code == code) {
                            picked.area(ui, system, area);
                        }
                    }
                    Some(NodeRef::System(number) | NodeRef::SystemBlocks(number)) => {
                        if let Some(system) = system(&card.tree, number) {
                            picked.system(ui, system);
                        }
                    }
                    Some(NodeRef::Adrift(number)) => {
                        let line = words::text("card.details.adrift");
                        picked.title(ui, Some(number), "", words::text("card.adrift"), line);
                    }
                    Some(NodeRef::Foreign(number, node)) => {
                        let (code, name) = (node.to_string(), words::text("card.foreign"));
                        let line = words::text("card.details.foreign");
                        picked.title(ui, Some(number), &code, name, line);
                        picked.foreign(ui, number, node);
                    }
                    Some(NodeRef::SystemBlock(number, physical)) => {
                        picked.system_block(ui, number, physical);
                    }
                    None => match selection.block {
                        Some(block) => picked.loose_block(ui, block),
                        None => picked.card(ui),
                    },
                }
            });
        });
    asked.take()
}

impl Picked<'_> {
    fn title(&self, ui: &mut Ui, number: Option<u8>, code: &str, name: &str, line: &str) {
        let t = Tokens::of(ui.ctx());
        let (rect, response) =
            ui.allocate_exact_size(vec2(ui.available_width(), 26.0), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Heading, true, format!("{code} {name}")));
        let mut x = rect.left();
        if let Some(owner) = number.map(|n| owner_of(self.card, n)) {
            let letter = self.view.owners.get(owner).map_or('?', |o| o.letter);
            widgets::paint_owner_tag(
                ui.painter(),
                t,
                pos2(x, rect.center().y - 8.0),
                owner,
                letter,
            );
            x += 24.0;
        }
        let p = ui.painter();
        if !code.is_empty() {
            let code = widgets::paint_text(
                p,
                pos2(x, rect.center().y),
                Align2::LEFT_CENTER,
                code,
                Type::Value,
                t.t1,
            );
            x = code.right() + GAP_2;
        }
        let place = Rect::from_min_max(pos2(x, rect.top()), rect.max);
        widgets::elided(p, place, Align::Left, name, Type::Heading, t.t1);
        if !line.is_empty() {
            ui.add(Label::new(Type::Small.paragraph(line, t.t2)).wrap());
        }
        ui.add_space(GAP_2);
    }

    fn owner(&self, ui: &mut Ui, number: u8) {
        if let Some(owner) = self.view.owners.get(owner_of(self.card, number)) {
            widgets::key_value(ui, words::text("card.details.owner"), &owner.name);
        }
    }

    fn pending(&self, ui: &mut Ui, system: &SystemTree) {
        if system.pending {
            widgets::tag(
                ui,
                Tone::Info,
                icons::CLOCK,
                words::text("card.not_yet_written"),
            );
            let t = Tokens::of(ui.ctx());
            ui.add_space(GAP);
            ui.add(
                Label::new(Type::Small.paragraph(words::text("card.pending_means"), t.t2)).wrap(),
            );
            ui.add_space(GAP_2);
        }
    }

    fn service(&self, ui: &mut Ui, system: &SystemTree, service: &ServiceNode) {
        let (_, kind) = kind_words(service.code.kind());
        let access = access_words(service.code);
        let area = service.area.and_then(|area| system.areas.get(area));
        let code = system_code(system);
        let line = match area {
            Some(area) => words::format(
                "card.details.service_line",
                &[
                    ("kind", &kind),
                    ("access", &access),
                    ("area", &area.code),
                    ("system", &code),
                ],
            ),
            None => words::format(
                match system.is_lite() {
                    true => "card.details.lite_service_line",
                    false => "card.details.adrift_service_line",
                },
                &[("kind", &kind), ("access", &access), ("system", &code)],
            ),
        };
        self.title(
            ui,
            Some(system.number),
            &service.code.to_string(),
            service_name(system.code, service).unwrap_or(kind),
            &line,
        );
        self.pending(ui, system);
        self.owner(ui, system.number);
        let free = !service.code.needs_authentication();
        let needs = words::text(if free {
            "card.details.free"
        } else {
            "card.details.authenticate"
        });
        widgets::key_value(ui, words::text("card.details.access"), needs);
        let blocks = blocks_of(
            &self.card.tree,
            NodeRef::Service(system.number, service.code),
        );
        let user = match (blocks.user, service.blocks) {
            (Some((first, count)), _) => Some(self.addresses.range(first, count)),
            (None, Some(count)) => Some(words::format(
                "card.blocks",
                &[("count", &numbers::grouped(count))],
            )),
            (None, None) => None,
        };
        widgets::key_value_code(ui, words::text("card.details.user_blocks"), user.as_deref());
        let definition = blocks.definition.map(|at| self.addresses.label(at));
        widgets::key_value_code(
            ui,
            words::text("card.details.definition"),
            definition.as_deref(),
        );
        let shares: Vec<String> = overlapping(system, service.code)
            .map(|s| s.code.to_string())
            .collect();
        if !shares.is_empty() {
            widgets::key_value_code(
                ui,
                words::text("card.details.overlaps"),
                Some(&shares.join(", ")),
            );
        }
        if !free {
            let name = words::format("card.details.key_of_service", &[("code", &service.code)]);
            key_box(ui, &name, &service.key);
            self.tried(ui, system.number, service.code.node());
        }
        self.definition(ui, service);
        self.events(ui);
    }

    /// What is known of a node of an unknown kind.
    fn foreign(&self, ui: &mut Ui, number: u8, code: NodeCode) {
        let foreign = system(&self.card.tree, number).map(|system| system.foreign.iter());
        let node = foreign.into_iter().flatten().find(|node| node.code == code);
        let version = node.and_then(|node| node.key.version);
        let version = version.map(numbers::version);
        let name = words::text("card.details.key_version");
        widgets::key_value_code(ui, name, version.as_deref());
    }

    /// The fields of a service's definition block, as the card keeps them.
    fn definition(&self, ui: &mut Ui, service: &ServiceNode) {
        let Some(place) = service.definition else {
            return;
        };
        ui.add_space(GAP_2);
        let at = self.addresses.label(place.physical);
        widgets::section_header(ui, words::text("card.details.definition_block"), &at);
        let hex = |value: Option<u16>| value.map(|value| format!("{value:04X}"));
        let code = service.code.to_string();
        widgets::key_value_code(ui, words::text("card.details.service_code"), Some(&code));
        let first = hex(service.first_user_block.map(|place| place.logical));
        widgets::key_value_code(
            ui,
            words::text("card.details.first_block"),
            first.as_deref(),
        );
        let blocks = hex(service.blocks);
        widgets::key_value_code(
            ui,
            words::text("card.details.block_count"),
            blocks.as_deref(),
        );
        let version = hex(service.key.version);
        widgets::key_value_code(
            ui,
            words::text("card.details.key_version"),
            version.as_deref(),
        );
        widgets::key_value_code(
            ui,
            words::text("card.details.key"),
            Some("•••• •••• •••• ••••"),
        );
    }

    fn area(&self, ui: &mut Ui, system: &SystemTree, area: &AreaNode) {
        let end = area
            .end
            .map_or_else(|| "····".to_owned(), |end| end.to_string());
        let code = format!("{}–{end}", area.code);
        let line = match area.parent.and_then(|parent| system.areas.get(parent)) {
            Some(parent) => words::format(
                "card.details.area_line",
                &[("parent", &parent.code), ("system", &system.code)],
            ),
            None => words::format(
                match area.is_root() {
                    true => "card.details.root_line",
                    false => "card.details.adrift_area_line",
                },
                &[("system", &system_code(system))],
            ),
        };
        let kind = words::text(if area.is_root() {
            "card.root"
        } else {
            "card.area"
        });
        let name = area.name.as_deref().unwrap_or(kind);
        self.title(ui, Some(system.number), &code, name, &line);
        self.pending(ui, system);
        self.owner(ui, system.number);
        let count = |n: Option<u16>| n.map(numbers::grouped);
        widgets::key_value_code(
            ui,
            words::text("card.details.allotted"),
            count(area.allotted).as_deref(),
        );
        widgets::key_value_code(
            ui,
            words::text("card.details.used"),
            count(area.used).as_deref(),
        );
        let definition = area
            .definition
            .map(|place| self.addresses.label(place.physical));
        widgets::key_value_code(
            ui,
            words::text("card.details.definition"),
            definition.as_deref(),
        );
        key_box(
            ui,
            &words::format("card.details.key_of_area", &[("code", &area.code)]),
            &area.key,
        );
        self.tried(ui, system.number, area.code);
        self.events(ui);
    }

    fn system(&self, ui: &mut Ui, system: &SystemTree) {
        let name = owner_name(&self.view.owners, owner_of(self.card, system.number));
        let number = words::format("card.details.system_line", &[("number", &system.number)]);
        self.title(ui, Some(system.number), &system_code(system), name, &number);
        self.pending(ui, system);
        let idm = system.idm.map(|idm| idm.to_string());
        let pmm = system.pmm.map(|pmm| pmm.to_string());
        widgets::key_value_code(ui, "IDm", idm.as_deref());
        widgets::key_value_code(ui, "PMm", pmm.as_deref());
        let part = |f: fn(&crate::model::card::tree::BlockCounts) -> u32| {
            system
                .blocks
                .as_ref()
                .map(|blocks| numbers::grouped(f(blocks)))
        };
        widgets::key_value_code(
            ui,
            words::text("card.details.user_blocks"),
            part(|b| b.user).as_deref(),
        );
        widgets::key_value_code(
            ui,
            words::text("card.details.system_blocks"),
            part(|b| b.system).as_deref(),
        );
        widgets::key_value_code(
            ui,
            words::text("card.details.free_blocks"),
            part(|b| b.free).as_deref(),
        );
        let areas = numbers::grouped(system.areas.len() as u64);
        let services = numbers::grouped(system.services.len() as u64);
        widgets::key_value_code(ui, words::text("card.details.areas"), Some(&areas));
        widgets::key_value_code(ui, words::text("card.details.services"), Some(&services));
        key_box(ui, words::text("card.details.key_of_system"), &system.key);
        self.tried(ui, system.number, NodeCode::SYSTEM);
        self.events(ui);
    }

    fn system_block(&self, ui: &mut Ui, number: u8, physical: u32) {
        let Some(system) = system(&self.card.tree, number) else {
            return;
        };
        let block = system
            .system_blocks
            .iter()
            .find(|b| b.place.physical == physical);
        let label = block.map_or_else(String::new, |block| block.kind.label());
        let line = words::format("card.details.block_line", &[("system", &system.code)]);
        self.title(
            ui,
            Some(number),
            &self.addresses.label(physical),
            &label,
            &line,
        );
        self.pending(ui, system);
        self.owner(ui, number);
        if let Some(SystemBlockKind::AesKey { node, half }) = block.map(|block| block.kind) {
            let half = words::format(
                "card.details.aes_half",
                &[("half", &(half + 1)), ("node", &node)],
            );
            widgets::key_value_code(ui, words::text("card.details.key"), Some(&half));
        }
        if let Some(block) = block {
            let logical = numbers::address(u32::from(block.place.logical));
            widgets::key_value_code(ui, words::text("card.details.logical"), Some(&logical));
        }
        self.events(ui);
    }

    /// A block that belongs to no node: free, or nothing is known of it.
    fn loose_block(&self, ui: &mut Ui, block: u32) {
        let cell = self
            .card
            .map
            .as_ref()
            .and_then(|map| map.cells.get(block as usize));
        let Some(cell) = cell else { return };
        let unknown = cell.kind == CellKind::Unknown;
        let name = words::text(if unknown {
            "shell.not_known"
        } else {
            "card.free_block"
        });
        let code =
            system(&self.card.tree, cell.system).map_or_else(String::new, |s| s.code.to_string());
        let line = words::format("card.details.free_line", &[("system", &code)]);
        self.title(ui, None, &self.addresses.label(block), name, &line);
        let logical = numbers::address(u32::from(cell.logical));
        widgets::key_value_code(ui, words::text("card.details.logical"), Some(&logical));
        self.events(ui);
    }

    /// Nothing is picked: the card as a whole.
    fn card(&self, ui: &mut Ui) {
        let (what, name) = source_words(&self.card.source);
        self.title(ui, None, "", &name, what);
        let idm = self.card.idm.map(|idm| idm.to_string());
        widgets::key_value_code(ui, "IDm", idm.as_deref());
        let mode = self.card.mode.map(|mode| mode.to_string());
        widgets::key_value_code(ui, words::text("card.details.mode"), mode.as_deref());
        let blocks = self.card.chip_blocks.map(numbers::grouped);
        widgets::key_value_code(
            ui,
            words::text("card.details.chip_blocks"),
            blocks.as_deref(),
        );
        let (systems, areas, services) = self.card.tree.counts();
        let line = words::format(
            "card.counts",
            &[
                ("systems", &systems),
                ("areas", &areas),
                ("services", &services),
            ],
        );
        let t = Tokens::of(ui.ctx());
        ui.add_space(GAP_2);
        ui.add(Label::new(Type::Small.paragraph(line, t.t2)).wrap());
        ui.add(Label::new(Type::Small.paragraph(words::text("card.details.pick"), t.t3)).wrap());
        if self.card.history.is_some() {
            self.events(ui);
        }
    }
}

/// What a card came from: a word for the kind, and its name.
pub fn source_words(source: &CardSource) -> (&'static str, String) {
    match source {
        CardSource::Emulated { profile } => (words::text("card.source.emulated"), profile.clone()),
        CardSource::File { name } => (words::text("card.source.file"), name.clone()),
        CardSource::Sealed { name } => (words::text("card.source.sealed"), name.clone()),
        CardSource::Reader { name } => (words::text("card.source.reader"), name.clone()),
    }
}
