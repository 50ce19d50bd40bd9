//! The palette: find a node, open a recent file or run an action by typing part of its name.

use super::action::Action;
use super::card::facts::NodeRef;
use super::card::tree::kind_words;
use super::theme::{self, Type};
use super::tokens::{GAP_2, GAP_3, GAP_4, RADIUS_PALETTE, STROKE, Tokens};
use super::widgets::{self, Align, Row};
use super::{icons, numbers};
use crate::model::card::known::service_name;
use crate::words;
use crate::workbench::view::View;
use egui::{
    Align2, Area, Context, CornerRadius, Frame, Id, Key, Margin, Modal, Modifiers, Order, Rect,
    Role, ScrollArea, Sense, Stroke, TextEdit, Ui, pos2, vec2,
};
use std::path::PathBuf;

/// What the palette was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    Run(Action),
    /// A recent file.
    Open(PathBuf),
    GoTo(NodeRef),
}

impl Asked {
    /// Under which heading it stands, a key of the string table.
    fn group(&self) -> &'static str {
        match self {
            Asked::Run(_) => "shell.find_actions",
            Asked::Open(_) => "shell.find_recent",
            Asked::GoTo(_) => "shell.find_nodes",
        }
    }
}

/// The palette's state; it is open while this exists.
#[derive(Default)]
pub struct Palette {
    text: String,
    /// Which of the found entries is next.
    chosen: usize,
}

struct Entry {
    asked: Asked,
    icon: &'static str,
    code: String,
    name: String,
    aside: String,
    keys: String,
    refused: Option<&'static str>,
}

const WIDTH: f32 = 640.0;
const ROW: f32 = 32.0;

impl Palette {
    /// Draws the palette over the window. Gives what was asked for, and whether it stays open.
    pub fn show(&mut self, ctx: &Context, view: &View) -> (Option<Asked>, bool) {
        let t = Tokens::of(ctx);
        let frame = Frame::new()
            .fill(t.raised)
            .stroke(Stroke::new(STROKE, t.line2))
            .corner_radius(CornerRadius::same(RADIUS_PALETTE))
            .shadow(t.shadow())
            .inner_margin(Margin::ZERO);
        let area = Area::new(Id::unique(("palette area", view.window)))
            .order(Order::Foreground)
            .anchor(Align2::CENTER_TOP, vec2(0.0, 56.0));
        let modal = Modal::new(Id::unique(("palette", view.window)))
            .frame(frame)
            .backdrop_color(t.scrim())
            .area(area);
        let shown = modal.show(ctx, |ui| {
            ui.set_width(WIDTH.min(ctx.content_rect().width() - 32.0));
            ui.spacing_mut().item_spacing.y = 0.0;
            let typed_into = self.field(ui, t);
            // After the field, so that Enter runs what was found by all that was typed.
            let found = entries(view, &self.text);
            self.chosen = self.chosen.min(found.len().saturating_sub(1));
            let asked = self.list(ui, t, &found, typed_into);
            footer(ui, t);
            asked
        });
        let stays = shown.inner.is_none() && !shown.should_close();
        (shown.inner, stays)
    }

    /// Draws the field; says whether what was typed came to it, which it does not before it has the keyboard.
    fn field(&mut self, ui: &mut Ui, t: &Tokens) -> bool {
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 44.0), Sense::hover());
        let at = pos2(rect.left() + 20.0, rect.center().y);
        ui.painter().text(
            at,
            Align2::CENTER_CENTER,
            icons::SEARCH,
            theme::icon(16.0),
            t.t3,
        );
        let place = Rect::from_min_max(
            pos2(rect.left() + 36.0, rect.top() + 10.0),
            rect.max - vec2(60.0, 10.0),
        );
        let edit = TextEdit::singleline(&mut self.text)
            .frame(Frame::NONE)
            .font(Type::Heading.font())
            .hint_text(Type::Body.text(words::text("shell.find_hint"), t.t3))
            .desired_width(f32::INFINITY);
        let response = ui.place(place, edit);
        ui.ctx().accesskit_node_builder(response.id, |node| {
            node.set_label(words::text("shell.find_field"))
        });
        if response.changed() {
            self.chosen = 0;
        }
        let typed_into = response.has_focus() || response.lost_focus();
        response.request_focus();
        let cap = widgets::key_cap_width(ui.painter(), "Esc");
        widgets::paint_key_cap(
            ui.painter(),
            t,
            pos2(rect.right() - 16.0 - cap, rect.center().y),
            "Esc",
            t.t2,
        );
        let stroke = Stroke::new(STROKE, t.line);
        ui.painter()
            .hline(rect.x_range(), rect.bottom() - 0.5, stroke);
        typed_into
    }

    fn list(
        &mut self,
        ui: &mut Ui,
        t: &Tokens,
        found: &[Entry],
        typed_into: bool,
    ) -> Option<Asked> {
        let pressed = |ui: &Ui, key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        let mut moved = false;
        if pressed(ui, Key::ArrowDown) {
            self.chosen = (self.chosen + 1).min(found.len().saturating_sub(1));
            moved = true;
        }
        if pressed(ui, Key::ArrowUp) {
            self.chosen = self.chosen.saturating_sub(1);
            moved = true;
        }
        let mut asked = None;
        if typed_into
            && ui.input(|input| input.key_pressed(Key::Enter))
            && let Some(entry) = found
                .get(self.chosen)
                .filter(|entry| entry.refused.is_none())
        {
            asked = Some(entry.asked.clone());
        }
        if found.is_empty() {
            let (rect, _) =
                ui.allocate_exact_size(vec2(ui.available_width(), 48.0), Sense::hover());
            let place = rect.shrink2(vec2(GAP_4, 0.0));
            let words = words::text("shell.find_nothing");
            widgets::elided(ui.painter(), place, Align::Left, words, Type::Body, t.t3);
            return None;
        }
        ScrollArea::vertical()
            .max_height(ROW * 12.0 + 28.0)
            .show(ui, |ui| {
                let mut heading = None;
                for (at, entry) in found.iter().enumerate() {
                    let group = entry.asked.group();
                    if heading != Some(group) {
                        heading = Some(group);
                        group_heading(ui, t, group);
                    }
                    if let Some(clicked) = entry_row(ui, t, entry, at, at == self.chosen, moved) {
                        asked = Some(clicked);
                    }
                }
            });
        asked
    }
}

fn group_heading(ui: &mut Ui, t: &Tokens, group: &'static str) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 28.0), Sense::hover());
    let place = rect.shrink2(vec2(GAP_3, 0.0));
    let (p, words) = (ui.painter(), words::text(group));
    widgets::elided(p, place, Align::Left, words, Type::CaptionMedium, t.t3);
}

fn entry_row(
    ui: &mut Ui,
    t: &Tokens,
    entry: &Entry,
    at: usize,
    chosen: bool,
    moved: bool,
) -> Option<Asked> {
    let spoken = format!("{} {} {}", entry.code, entry.name, entry.aside);
    let row = Row {
        id: ui.scope_id().with(("entry", at)),
        name: spoken.trim(),
        height: ROW,
        selected: chosen,
        role: Role::MenuItem,
    };
    let (rect, response) = widgets::row(ui, row);
    if chosen && moved {
        response.scroll_to_me(None);
    }
    let p = ui.painter();
    let mid = rect.center().y;
    let ink = if entry.refused.is_some() { t.t3 } else { t.t1 };
    p.text(
        pos2(rect.left() + 22.0, mid),
        Align2::CENTER_CENTER,
        entry.icon,
        theme::icon(16.0),
        t.t2,
    );
    let mut x = rect.left() + 44.0;
    let mut right = rect.right() - GAP_3;
    if !entry.keys.is_empty() {
        right -= widgets::key_cap_width(p, &entry.keys);
        widgets::paint_key_cap(p, t, pos2(right, mid), &entry.keys, t.t2);
        right -= GAP_2;
    }
    let parts = [
        (&entry.code, Type::Code, ink),
        (&entry.name, Type::Body, ink),
        (&entry.aside, Type::Small, t.t3),
    ];
    for (text, kind, colour) in parts {
        if !text.is_empty() && right - x > 16.0 {
            let place = Rect::from_min_max(pos2(x, rect.top()), pos2(right, rect.bottom()));
            x = widgets::elided(p, place, Align::Left, text, kind, colour).right() + GAP_2;
        }
    }
    (response.clicked() && entry.refused.is_none()).then(|| entry.asked.clone())
}

fn footer(ui: &mut Ui, t: &Tokens) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 28.0), Sense::hover());
    let p = ui.painter();
    p.hline(
        rect.x_range(),
        rect.top() + 0.5,
        Stroke::new(STROKE, t.line),
    );
    let mut x = rect.left() + GAP_3;
    for (key, words) in [
        ("Up Down", words::text("shell.find_choose")),
        ("Enter", words::text("shell.find_run")),
    ] {
        widgets::paint_key_cap(p, t, pos2(x, rect.center().y), key, t.t2);
        x += widgets::key_cap_width(p, key) + 6.0;
        let at = pos2(x, rect.center().y);
        x = widgets::paint_text(p, at, Align2::LEFT_CENTER, words, Type::Caption, t.t3).right()
            + GAP_4;
    }
}

/// What is found by `text`: actions first, then nodes of the card.
fn entries(view: &View, text: &str) -> Vec<Entry> {
    let wanted = text.trim().to_lowercase();
    let fits = |parts: &[&str]| {
        let all = parts.join(" ").to_lowercase();
        wanted.split_whitespace().all(|word| all.contains(word))
    };
    let mut found: Vec<Entry> = Action::all()
        .filter(|action| *action != Action::FindOrRun && action.is_of_window(view))
        .filter(|action| fits(&[action.name()]))
        .map(|action| {
            let refused = action.refused(view);
            Entry {
                asked: Asked::Run(action),
                icon: action.icon(),
                code: String::new(),
                name: action.name().to_owned(),
                aside: refused.unwrap_or_default().to_owned(),
                keys: action.keys(),
                refused,
            }
        })
        .collect();
    let recent = view.recent.iter().map(|file| Entry {
        asked: Asked::Open(file.path.clone()),
        icon: icons::FILE,
        code: String::new(),
        name: file.name.clone(),
        aside: file.aside(),
        keys: String::new(),
        refused: None,
    });
    if Action::OpenFile.is_of_window(view) {
        found.extend(recent.filter(|entry| fits(&[&entry.name, &entry.aside])));
    }
    if !wanted.is_empty()
        && let Some(card) = &view.card
    {
        found.extend(
            nodes(view, card)
                .filter(|e| fits(&[&e.code, &e.name, &e.aside]))
                .take(MOST_NODES),
        );
    }
    found
}

/// As many nodes as are listed; typing more narrows them.
const MOST_NODES: usize = 40;

fn nodes<'a>(
    view: &'a View,
    card: &'a crate::workbench::view::CardView,
) -> impl Iterator<Item = Entry> + 'a {
    let entry = |asked, icon, code: String, name: String, aside: String| Entry {
        asked: Asked::GoTo(asked),
        icon,
        code,
        name,
        aside,
        keys: String::new(),
        refused: None,
    };
    card.tree.systems.iter().flat_map(move |system| {
        let owner = super::card::facts::owner_of(card, system.number);
        let owner = super::card::facts::owner_name(&view.owners, owner);
        let key = |key: &crate::model::card::tree::KeyFacts| {
            let version = key.version.map_or_else(String::new, numbers::version);
            let kcv = key.kcv.map_or_else(String::new, |kcv| kcv.to_string());
            format!("{} {version} {kcv}", system.code)
        };
        let this = entry(
            NodeRef::System(system.number),
            icons::CARD,
            system.code.to_string(),
            words::format("shell.find_system", &[("owner", &owner)]),
            key(&system.key),
        );
        let areas = system.areas.iter().map(move |area| {
            let end = area
                .end
                .map_or_else(|| "····".to_owned(), |end| end.to_string());
            entry(
                NodeRef::Area(system.number, area.code),
                icons::FOLDER,
                format!("{}–{end}", area.code),
                words::text("shell.find_area").to_owned(),
                key(&area.key),
            )
        });
        let services = system.services.iter().map(move |service| {
            let (icon, kind) = kind_words(service.code.kind());
            let code = service.code.to_string();
            entry(
                NodeRef::Service(system.number, service.code),
                icon,
                code,
                service_name(system.code, service)
                    .unwrap_or(kind)
                    .to_owned(),
                key(&service.key),
            )
        });
        std::iter::once(this)
            .chain(areas)
            .chain(services)
            .collect::<Vec<_>>()
    })
}
