//! A message peeled layer by layer: each seal a box around what it closes, with who can open it, and the
//! fields inside as far as they may be shown.

use super::ink;
use super::scene::Scene;
use crate::ui::icons;
use crate::ui::numbers;
use crate::ui::theme::{self, Type};
use crate::ui::tokens::{GAP, GAP_2, GAP_3, RADIUS_BOX, RADIUS_CONTROL, STROKE, STROKE_SELECTION};
use crate::ui::widgets::{self, Align, Tone};
use crate::words;
use crate::workbench::view::{FieldValue, FieldView, LayerView, MessageView, StepState};
use egui::{
    Align2, CornerRadius, Frame, Layout, Margin, Rect, Role, ScrollArea, Sense, Stroke, StrokeKind,
    Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

const FIELD_HEIGHT: f32 = 48.0;
/// Below this width a layer's own fields stand over what is nested in it, not beside it.
const SIDE_BY_SIDE: f32 = 560.0;
/// Width of the fields that stand beside a nested layer.
const OWN_FIELDS: f32 = 196.0;

/// Draws the panel; `controls` stand at the right of its header.
pub fn show(ui: &mut Ui, scene: &Scene<'_>, controls: impl FnOnce(&mut Ui)) {
    let t = scene.t;
    let edge = ui.max_rect();
    ui.painter().hline(
        edge.x_range(),
        edge.top() + STROKE / 2.0,
        Stroke::new(STROKE, t.line),
    );
    let shown = shown(scene);
    ui.spacing_mut().item_spacing.y = 0.0;
    widgets::panel_header(
        ui,
        36.0,
        words::text("wizard.envelope"),
        &title(scene, shown.as_ref()),
        controls,
    );
    ScrollArea::vertical()
        .id_salt("envelope")
        .auto_shrink(false)
        .show(ui, |ui| {
            Frame::new()
                .inner_margin(Margin::same(GAP_3 as i8))
                .show(ui, |ui| {
                    ui.spacing_mut().item_spacing = vec2(GAP_2, GAP_2);
                    match shown {
                        Some(Shown::Message(message)) => body(ui, scene, message),
                        Some(Shown::Nothing(step)) => nothing(ui, scene, step),
                        None => quiet(ui, scene, words::text("wizard.no_envelope_yet")),
                    }
                });
        });
}

/// What the panel is about.
enum Shown<'a> {
    Message(&'a MessageView),
    /// A step that was picked and has no message.
    Nothing(usize),
}

/// The picked step's message; with nothing picked, the newest envelope, rather one with something to read in it
/// than a frame of a session.
fn shown<'a>(scene: &Scene<'a>) -> Option<Shown<'a>> {
    let Some(step) = scene.selected else {
        let sealed = |layer: &LayerView| layer.sealed_with.is_some();
        let readable = |layer: &LayerView| sealed(layer) && !layer.fields.is_empty();
        let newest = |of: &dyn Fn(&LayerView) -> bool| {
            let messages = &scene.flow.messages;
            messages
                .iter()
                .rfind(|message| message.layers.iter().any(of))
        };
        let newest = newest(&readable).or_else(|| newest(&sealed));
        return newest.map(Shown::Message);
    };
    let richest = scene
        .messages(step)
        .max_by_key(|message| message.layers.len());
    Some(richest.map_or(Shown::Nothing(step), Shown::Message))
}

/// `ST63 Division terminal to Card, 96 bytes`.
fn title(scene: &Scene<'_>, shown: Option<&Shown<'_>>) -> String {
    match shown {
        None => String::new(),
        Some(Shown::Nothing(step)) => scene.steps[*step].id.to_string(),
        Some(Shown::Message(message)) if message.from == message.to => words::format(
            "wizard.envelope_alone",
            &[("step", &message.step), ("who", &scene.role(message.from))],
        ),
        Some(Shown::Message(message)) => words::format(
            "wizard.envelope_of",
            &[
                ("step", &message.step),
                ("from", &scene.role(message.from)),
                ("to", &scene.role(message.to)),
                ("label", &message.label),
                ("n", &numbers::grouped(message.bytes as u64)),
            ],
        ),
    }
}

fn quiet(ui: &mut Ui, scene: &Scene<'_>, text: &str) {
    ui.add(egui::Label::new(Type::Body.text(text, scene.t.t2)).wrap());
}

fn nothing(ui: &mut Ui, scene: &Scene<'_>, step: usize) {
    let alone = scene.steps[step].with.is_none();
    let key = match (scene.state(step), alone) {
        (_, true) => "wizard.nothing_passes",
        (StepState::Idle | StepState::Next, false) => "wizard.not_sent_yet",
        (_, false) => "wizard.nothing_kept",
    };
    quiet(ui, scene, words::text(key));
}

fn body(ui: &mut Ui, scene: &Scene<'_>, message: &MessageView) {
    if message.layers.is_empty() {
        let key = if message.from == message.to {
            "wizard.nothing_passes"
        } else {
            "wizard.in_the_clear"
        };
        quiet(ui, scene, words::text(key));
        return;
    }
    layers(ui, scene, &message.layers, 0);
    remark(ui, scene, message);
}

/// Layers of one depth with all that is nested in them: first the clear parts, on one line, then a box for
/// every seal.
fn layers(ui: &mut Ui, scene: &Scene<'_>, all: &[LayerView], depth: usize) {
    let mut clear = Vec::new();
    let mut boxes = Vec::new();
    let mut rest = all;
    while let Some((layer, inside, after)) = split(rest) {
        if layer.sealed_with.is_none() && inside.is_empty() {
            clear.extend(&layer.fields);
        } else {
            boxes.push((layer, inside));
        }
        rest = after;
    }
    if !clear.is_empty() {
        clear_line(ui, scene, &clear);
    }
    for (layer, inside) in boxes {
        layer_box(ui, scene, layer, inside, depth);
    }
}

/// `In the clear   SYSC_(i) 0003   RI_(i) none`.
fn clear_line(ui: &mut Ui, scene: &Scene<'_>, fields: &[&FieldView]) {
    let t = scene.t;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::hover());
    let values: Vec<_> = fields.iter().map(|field| shown_value(field)).collect();
    let mut runs = vec![(Type::Small, t.t3, words::text("wizard.in_clear"))];
    let mut name = words::text("wizard.in_clear").to_string();
    for (field, value) in fields.iter().zip(&values) {
        runs.extend([
            (Type::Code, t.t2, "   "),
            (Type::Code, t.t2, field.label.as_str()),
            (Type::Code, t.t2, " "),
            (Type::CodeMedium, t.t1, value.as_str()),
        ]);
        name.push_str(&format!(", {}: {value}", field.label));
    }
    let painter = ui.painter();
    ink::glyph(
        painter,
        icons::LOCK_OPEN,
        theme::icon(14.0),
        t.t3,
        rect.left_center() + vec2(8.0, 0.0),
    );
    let at = rect.left_center() + vec2(24.0, 0.0);
    ink::write(painter, &runs, rect.width() - 24.0, Align2::LEFT_CENTER, at);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &name));
    response.on_hover_text(name);
}

/// A field's value for people: of a key only that it is one, and its check value; an empty list is said to be
/// none.
fn shown_value(field: &FieldView) -> String {
    match &field.value {
        FieldValue::Plain(value) if value.is_empty() => words::text("wizard.none").into(),
        FieldValue::Plain(value) => value.clone(),
        FieldValue::Key(kcv) => words::format("wizard.key_masked", &[("kcv", kcv)]),
    }
}

/// The first layer, the layers nested in it, and those after.
fn split(layers: &[LayerView]) -> Option<(&LayerView, &[LayerView], &[LayerView])> {
    let (layer, rest) = layers.split_first()?;
    let end = rest
        .iter()
        .position(|inner| inner.depth <= layer.depth)
        .unwrap_or(rest.len());
    let (inside, after) = rest.split_at(end);
    Some((layer, inside, after))
}

/// One layer with all that is nested in it.
fn layer_box(
    ui: &mut Ui,
    scene: &Scene<'_>,
    layer: &LayerView,
    inside: &[LayerView],
    depth: usize,
) {
    let t = scene.t;
    let edge = match (layer.sealed_with.is_some(), layer.owner) {
        (true, Some(owner)) => Stroke::new(STROKE_SELECTION, t.owner(owner).fill),
        _ => Stroke::new(STROKE, t.line2),
    };
    let frame = Frame::new()
        .fill(if depth.is_multiple_of(2) {
            t.panel
        } else {
            t.raised
        })
        .stroke(edge)
        .corner_radius(CornerRadius::same(RADIUS_BOX))
        .inner_margin(Margin::same(GAP_3 as i8));
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing = vec2(GAP_2, GAP_2);
        heading(ui, scene, layer);
        openers(ui, scene, layer);
        let own: Vec<_> = layer.fields.iter().collect();
        let nested = |ui: &mut Ui| layers(ui, scene, inside, depth + 1);
        if inside.is_empty() || layer.fields.is_empty() || ui.available_width() < SIDE_BY_SIDE {
            fields(ui, scene, &own, 2, Type::CodeMedium);
            nested(ui);
        } else {
            ui.horizontal_top(|ui| {
                ui.scope(|ui| {
                    ui.set_max_width(OWN_FIELDS);
                    ui.vertical(|ui| fields(ui, scene, &own, 1, Type::Value));
                });
                ui.vertical(nested);
            });
        }
    });
}

/// Name, seal and check value at the left; at the right whether the card has opened it.
fn heading(ui: &mut Ui, scene: &Scene<'_>, layer: &LayerView) {
    let t = scene.t;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 20.0), Sense::hover());
    let layout = Layout::right_to_left(egui::Align::Center);
    let state = ui.scope_builder(
        UiBuilder::new().max_rect(rect).layout(layout),
        |ui| match &layer.opened_at {
            Some(step) => {
                let text = words::format("wizard.mac_right", &[("step", step)]);
                widgets::tag(ui, Tone::Ok, icons::CHECK, &text)
            }
            None if layer.sealed_with.is_some() => widgets::tag(
                ui,
                Tone::Neutral,
                icons::LOCK,
                words::text("wizard.still_sealed"),
            ),
            None => widgets::tag(
                ui,
                Tone::Neutral,
                icons::LOCK_OPEN,
                words::text("wizard.in_clear"),
            ),
        },
    );
    let painter = ui.painter();
    let mut x = rect.left();
    if let Some(owner) = layer.owner {
        widgets::paint_owner_tag(
            painter,
            t,
            pos2(x, rect.top() + 2.0),
            owner,
            scene.letter(owner),
        );
        x += 16.0 + GAP_2;
    }
    let (seal, key) = seal_words(scene, layer);
    let kcv = layer
        .kcv
        .map(|kcv| format!("  KCV {kcv}"))
        .unwrap_or_default();
    let bytes = words::format("wizard.layer_bytes", &[("n", &layer.bytes)]);
    let runs = [
        (Type::Panel, t.t1, layer.name.as_str()),
        (Type::Body, t.t2, "  "),
        (Type::Body, t.t2, seal.as_str()),
        (Type::Body, t.t2, " "),
        (Type::CodeMedium, t.t1, key),
        (Type::Code, t.t3, kcv.as_str()),
        (Type::Small, t.t3, "   "),
        (Type::Small, t.t3, bytes.as_str()),
    ];
    // The length is the first to go where room is short.
    let room = state.inner.rect.left() - GAP_2 - x;
    let whole = ink::line(painter, &runs, f32::INFINITY);
    let fitting = if whole.size().x <= room {
        whole
    } else {
        ink::line(painter, &runs[..6], room)
    };
    ink::put(
        painter,
        fitting,
        Align2::LEFT_CENTER,
        pos2(x, rect.center().y),
    );
    let name = format!("{} {seal} {key}{kcv}, {bytes}", layer.name);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &name));
}

/// `sealed by the card issuer with`, and the key.
fn seal_words<'a>(scene: &Scene<'_>, layer: &'a LayerView) -> (String, &'a str) {
    let key = layer.sealed_with.as_deref().unwrap_or_default();
    let words = match (&layer.sealed_with, layer.sealed_by) {
        (None, _) => words::text("wizard.not_sealed").into(),
        (Some(_), None) => words::text("wizard.sealed_with").into(),
        (Some(_), Some(who)) => {
            words::format("wizard.sealed_by_with", &[("who", &scene.role(who))])
        }
    };
    (words, key)
}

/// Who can open it and who cannot.
fn openers(ui: &mut Ui, scene: &Scene<'_>, layer: &LayerView) {
    let t = scene.t;
    let can: Vec<_> = layer
        .can_open
        .iter()
        .map(|&who| (Tone::Ok, icons::LOCK_OPEN, who))
        .collect();
    let cannot: Vec<_> = layer
        .cannot_open
        .iter()
        .map(|&who| (Tone::Neutral, icons::LOCK, who))
        .collect();
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(GAP + 2.0, GAP);
        for (key, group) in [("wizard.can_open", can), ("wizard.cannot_open", cannot)] {
            if group.is_empty() {
                continue;
            }
            ui.label(Type::Small.text(words::text(key), t.t3));
            for (tone, icon, who) in group {
                widgets::tag(ui, tone, icon, scene.role(who));
            }
            ui.add_space(GAP_2);
        }
    });
}

/// Fields as boxes, `columns` in a row.
fn fields(ui: &mut Ui, scene: &Scene<'_>, fields: &[&FieldView], columns: usize, kind: Type) {
    let columns = columns.min(fields.len()).max(1);
    let width = (ui.available_width() - GAP_2 * (columns - 1) as f32) / columns as f32;
    for row in fields.chunks(columns) {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = GAP_2;
            for field in row {
                field_box(ui, scene, field, width, kind);
            }
        });
    }
}

fn field_box(ui: &mut Ui, scene: &Scene<'_>, field: &FieldView, width: f32, kind: Type) {
    let t = scene.t;
    let (rect, response) = ui.allocate_exact_size(vec2(width, FIELD_HEIGHT), Sense::hover());
    let painter = ui.painter();
    let corner = CornerRadius::same(RADIUS_CONTROL);
    painter.rect(
        rect,
        corner,
        t.ground,
        Stroke::new(STROKE, t.line2),
        StrokeKind::Inside,
    );
    let inner = rect.shrink2(vec2(GAP_2 + 2.0, 5.0));
    let (top, bottom) = inner.split_top_bottom_at_fraction(0.42);
    widgets::elided(painter, top, Align::Left, &field.label, Type::Caption, t.t3);
    let said = shown_value(field);
    match &field.value {
        FieldValue::Plain(_) => {
            widgets::elided(painter, bottom, Align::Left, &said, kind, t.t1);
        }
        FieldValue::Key(kcv) => {
            let kcv = format!("KCV {kcv}");
            let runs = [
                (Type::CodeMedium, t.t1, "•••• ••••"),
                (Type::Code, t.t3, "  "),
                (Type::Code, t.t3, kcv.as_str()),
            ];
            let at = bottom.left_center();
            ink::write(painter, &runs, bottom.width(), Align2::LEFT_CENTER, at);
        }
    }
    let name = format!("{}: {said}", field.label);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &name));
    response.on_hover_text(name);
}

/// Which of the two between whom it passed can open no layer of it.
fn remark(ui: &mut Ui, scene: &Scene<'_>, message: &MessageView) {
    let t = scene.t;
    let sealed = || {
        message
            .layers
            .iter()
            .filter(|layer| layer.sealed_with.is_some())
    };
    let blind =
        |who| sealed().count() > 0 && sealed().all(|layer| layer.cannot_open.contains(&who));
    for who in [message.from, message.to] {
        if !blind(who) {
            continue;
        }
        let text = words::format("wizard.opens_none", &[("who", &scene.role(who))]);
        let (rect, response) =
            ui.allocate_exact_size(vec2(ui.available_width(), 20.0), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &text));
        ink::glyph(
            ui.painter(),
            icons::INFO,
            theme::icon(16.0),
            t.t3,
            rect.left_center() + vec2(8.0, 0.0),
        );
        let room = Rect::from_min_max(pos2(rect.left() + 24.0, rect.top()), rect.max);
        widgets::elided(ui.painter(), room, Align::Left, &text, Type::Small, t.t2);
    }
}
