//! The top bar: the DEMO ribbon, the workspace, the way to the palette, the reader and the theme.

use super::action::Action;
use super::icons;
use super::theme::{self, Type};
use super::tokens::{GAP, GAP_2, GAP_3, GAP_4, RADIUS_CONTROL, RADIUS_TAG, STROKE, Tokens};
use super::widgets::{self, Align, Button, Row, Size, filled_panel};
use crate::words;
use crate::workbench::command::Command;
use crate::workbench::view::{ReaderKind, ReaderView, View};
use egui::{
    Align2, ColorImage, Context, CornerRadius, Layout, Panel, Popup, PopupCloseBehavior, Rect,
    Response, Role, Sense, Shape, Stroke, StrokeKind, TextureHandle, TextureOptions, Ui, UiBuilder,
    Vec2, WidgetInfo, pos2, vec2,
};

/// The program's mark, at the size it is drawn in. `None` only if the picture in the program cannot be read,
/// which a test rules out.
pub fn logo(ctx: &Context) -> Option<TextureHandle> {
    let picture = image::load_from_memory(include_bytes!("../../assets/icon-256.png")).ok()?;
    // Drawn at 22 points; twice that keeps it sharp on dense screens.
    let small = picture
        .resize(44, 44, image::imageops::FilterType::Lanczos3)
        .to_rgba8();
    let size = [small.width() as usize, small.height() as usize];
    let image = ColorImage::from_rgba_unmultiplied(size, &small);
    Some(ctx.load_texture("logo", image, TextureOptions::LINEAR))
}

const BAR: f32 = 40.0;

const RIBBON: f32 = 4.0;

/// Draws ribbon and top bar.
pub fn show(
    ui: &mut Ui,
    view: &View,
    logo: Option<&TextureHandle>,
    asked: &mut Vec<Action>,
    commands: &mut Vec<Command>,
) {
    let t = Tokens::of(ui.ctx());
    if view.workspace.demo {
        let frame = filled_panel(t.ribbon_b);
        Panel::top("ribbon")
            .exact_size(RIBBON)
            .show_separator_line(false)
            .frame(frame)
            .show(ui, |ui| {
                ribbon(ui, t);
            });
    }
    Panel::top("top bar")
        .exact_size(BAR)
        .frame(filled_panel(t.chrome))
        .show(ui, |ui| {
            let bar = ui.available_rect_before_wrap();
            let left = workspace(ui, t, bar, view, logo);
            let right = right_side(ui, bar, view, asked, commands);
            search_field(ui, t, bar, left, right, asked);
        });
}

/// The stripes that say at a glance that nothing here is real.
fn ribbon(ui: &Ui, t: &Tokens) {
    let rect = ui.max_rect();
    let p = ui.painter_at(rect);
    let (stripe, slant) = (8.0, 4.0);
    let mut x = rect.left() - slant;
    while x < rect.right() + slant {
        let points = vec![
            pos2(x + slant, rect.top()),
            pos2(x + slant + stripe, rect.top()),
            pos2(x + stripe, rect.bottom()),
            pos2(x, rect.bottom()),
        ];
        p.add(Shape::convex_polygon(points, t.ribbon_a, Stroke::NONE));
        x += 2.0 * stripe;
    }
}

/// Mark, name of the workspace and what kind it is; gives where it ends.
fn workspace(ui: &Ui, t: &Tokens, bar: Rect, view: &View, logo: Option<&TextureHandle>) -> f32 {
    let p = ui.painter();
    let mid = bar.center().y;
    if let Some(logo) = logo {
        let place = Rect::from_center_size(pos2(bar.left() + 28.0, mid), Vec2::splat(22.0));
        let uv = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        // White leaves the picture's own colours as they are.
        p.image(logo.id(), place, uv, egui::Color32::WHITE);
    }
    let at = pos2(bar.left() + 60.0, mid);
    let name = widgets::paint_text(
        p,
        at,
        Align2::LEFT_CENTER,
        &view.workspace.name,
        Type::Panel,
        t.t1,
    );
    let response = ui.interact(name, ui.scope_id().with("workspace"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &view.workspace.name));
    if !view.workspace.demo {
        return name.right();
    }
    let word = words::text("shell.demo");
    let width = widgets::width_of(p, word, Type::CaptionMedium) + 12.0;
    let tag = Rect::from_min_size(pos2(name.right() + GAP_3, mid - 9.0), vec2(width, 18.0));
    let corner = CornerRadius::same(RADIUS_TAG);
    p.rect(
        tag,
        corner,
        t.warn_wash,
        Stroke::new(STROKE, t.warn.gamma_multiply(0.6)),
        StrokeKind::Inside,
    );
    widgets::paint_text(
        p,
        tag.center(),
        Align2::CENTER_CENTER,
        word,
        Type::CaptionMedium,
        t.warn,
    );
    let means = words::text("shell.demo_means");
    ui.interact(tag, ui.scope_id().with("demo"), Sense::hover())
        .on_hover_text(means)
        .widget_info(|| WidgetInfo::labeled(Role::Label, true, word));
    if bar.width() < 1400.0 {
        return tag.right();
    }
    let at = pos2(tag.right() + GAP_3, mid);
    widgets::paint_text(p, at, Align2::LEFT_CENTER, means, Type::Small, t.t3).right()
}

/// Reader and theme; gives where they begin.
fn right_side(
    ui: &mut Ui,
    bar: Rect,
    view: &View,
    asked: &mut Vec<Action>,
    commands: &mut Vec<Command>,
) -> f32 {
    let inner = bar.shrink2(vec2(GAP_3, 0.0));
    let layout = Layout::right_to_left(egui::Align::Center);
    let mut side = ui.new_child(
        UiBuilder::new()
            .max_rect(inner)
            .layout(layout)
            .id_salt("right side"),
    );
    side.spacing_mut().item_spacing.x = GAP_2;
    let icon = if side.ctx().theme() == egui::Theme::Dark {
        icons::SUN
    } else {
        icons::MOON
    };
    let name = Action::SwitchTheme.name();
    let switch = Button::secondary("")
        .icon(icon)
        .size(Size::Small)
        .named(name);
    if side.add(switch).on_hover_text(name).clicked() {
        asked.push(Action::SwitchTheme);
    }
    reader_choice(&mut side, view, asked, commands);
    side.min_rect().left()
}

fn reader_words(reader: &ReaderView) -> &'static str {
    words::text(match reader.kind {
        ReaderKind::Emulator => "shell.reader.emulator",
        ReaderKind::Pcsc { card_present: true } => "shell.reader.card",
        ReaderKind::Pcsc {
            card_present: false,
        } => "shell.reader.free",
    })
}

fn reader_choice(ui: &mut Ui, view: &View, asked: &mut Vec<Action>, commands: &mut Vec<Command>) {
    let t = Tokens::of(ui.ctx());
    let reader = view.readers.get(view.reader);
    let name = reader.map_or(words::text("shell.reader.none"), |r| r.name.as_str());
    let state = reader.map_or("", reader_words);
    let response = reader_chip(ui, t, name, state, view.card.is_some());
    let frame = egui::Frame::menu(ui.style()).inner_margin(egui::Margin::same(GAP as i8));
    Popup::menu(&response)
        .frame(frame)
        .width(300.0)
        .close_behavior(PopupCloseBehavior::CloseOnClick)
        .show(|ui| {
            ui.set_width(300.0);
            ui.spacing_mut().item_spacing.y = 0.0;
            for (at, reader) in view.readers.iter().enumerate() {
                let on = at == view.reader;
                if reader_row(
                    ui,
                    t,
                    &reader.name,
                    reader_words(reader),
                    icons::READER,
                    on,
                    at,
                )
                .clicked()
                {
                    commands.push(Command::ChooseReader(at));
                }
            }
            widgets::hairline(ui);
            let name = Action::LookAgain.name();
            let keys = Action::LookAgain.keys();
            if reader_row(ui, t, name, &keys, icons::REFRESH, false, usize::MAX).clicked() {
                asked.push(Action::LookAgain);
            }
        });
}

fn reader_row(
    ui: &mut Ui,
    t: &Tokens,
    name: &str,
    aside: &str,
    icon: &str,
    on: bool,
    at: usize,
) -> Response {
    let id = ui.scope_id().with(("reader", at));
    let row = Row {
        id,
        name,
        height: 28.0,
        selected: on,
        role: Role::MenuItem,
    };
    let (rect, response) = widgets::row(ui, row);
    let p = ui.painter();
    let mid = rect.center().y;
    p.text(
        pos2(rect.left() + 18.0, mid),
        Align2::CENTER_CENTER,
        icon,
        theme::icon(14.0),
        t.t2,
    );
    let place = Rect::from_min_max(
        pos2(rect.left() + 34.0, rect.top()),
        rect.max - vec2(GAP_2, 0.0),
    );
    let drawn = widgets::elided(p, place, Align::Right, aside, Type::Caption, t.t3);
    let place = Rect::from_min_max(place.min, pos2(drawn.left() - GAP_2, rect.bottom()));
    widgets::elided(p, place, Align::Left, name, Type::Body, t.t1);
    response
}

/// The chosen reader: a light, its name, what is on it.
fn reader_chip(ui: &mut Ui, t: &Tokens, name: &str, state: &str, card: bool) -> Response {
    let wide = ui.ctx().content_rect().width() >= 1100.0;
    let name_width = widgets::width_of(ui.painter(), name, Type::SmallMedium).min(220.0);
    let state_width = widgets::width_of(ui.painter(), state, Type::Small);
    let state_room = if wide && !state.is_empty() {
        state_width + GAP_2
    } else {
        0.0
    };
    let size = vec2(16.0 + 22.0 + name_width + state_room + 34.0, 24.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let spoken = format!("{}: {name}, {state}", words::text("shell.reader"));
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, spoken.trim_end_matches(", ")));
    let p = ui.painter();
    let fill = if response.hovered() {
        t.hover
    } else {
        t.raised
    };
    let corner = CornerRadius::same(RADIUS_CONTROL);
    p.rect(
        rect,
        corner,
        fill,
        Stroke::new(STROKE, t.line2),
        StrokeKind::Inside,
    );
    let mid = rect.center().y;
    let light = if card { t.ok } else { t.line3 };
    p.circle_filled(pos2(rect.left() + 12.0, mid), 4.0, light);
    let mut x = rect.left() + 22.0;
    p.text(
        pos2(x + 8.0, mid),
        Align2::CENTER_CENTER,
        icons::READER,
        theme::icon(16.0),
        t.t2,
    );
    x += 22.0;
    let place = Rect::from_min_max(
        pos2(x, rect.top()),
        pos2(x + name_width + 1.0, rect.bottom()),
    );
    widgets::elided(p, place, Align::Left, name, Type::SmallMedium, t.t1);
    if state_room > 0.0 {
        let at = pos2(x + name_width + GAP_2, mid);
        widgets::paint_text(p, at, Align2::LEFT_CENTER, state, Type::Small, t.t3);
    }
    let at = pos2(rect.right() - 14.0, mid);
    p.text(
        at,
        Align2::CENTER_CENTER,
        icons::CARET_DOWN,
        theme::icon(12.0),
        t.t2,
    );
    widgets::focus_ring(p, t, &response, rect, RADIUS_CONTROL);
    response
}

/// What looks like a search field and opens the palette.
fn search_field(ui: &Ui, t: &Tokens, bar: Rect, left: f32, right: f32, asked: &mut Vec<Action>) {
    let (from, to) = (left + GAP_4, right - GAP_4);
    let width = 400.0_f32.min(to - from);
    if width < 80.0 {
        return;
    }
    let centre = bar.center().x.clamp(from + width / 2.0, to - width / 2.0);
    let rect = Rect::from_center_size(pos2(centre, bar.center().y), vec2(width, 24.0));
    let response = ui.interact(rect, ui.scope_id().with("search"), Sense::click());
    let name = Action::FindOrRun.name();
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    let p = ui.painter();
    let fill = if response.hovered() {
        t.hover
    } else {
        t.ground
    };
    let corner = CornerRadius::same(RADIUS_CONTROL);
    p.rect(
        rect,
        corner,
        fill,
        Stroke::new(STROKE, t.line2),
        StrokeKind::Inside,
    );
    let at = pos2(rect.left() + 16.0, rect.center().y);
    p.text(
        at,
        Align2::CENTER_CENTER,
        icons::SEARCH,
        theme::icon(14.0),
        t.t3,
    );
    let keys = Action::FindOrRun.keys();
    let cap = widgets::key_cap_width(p, &keys);
    widgets::paint_key_cap(
        p,
        t,
        pos2(rect.right() - cap - 3.0, rect.center().y),
        &keys,
        t.t2,
    );
    let place = Rect::from_min_max(
        pos2(rect.left() + 30.0, rect.top()),
        pos2(rect.right() - cap - GAP_2, rect.bottom()),
    );
    widgets::elided(
        p,
        place,
        Align::Left,
        words::text("shell.find_hint"),
        Type::Small,
        t.t3,
    );
    widgets::focus_ring(p, t, &response, rect, RADIUS_CONTROL);
    if response.clicked() {
        asked.push(Action::FindOrRun);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_in_the_program_can_be_read() {
        assert!(logo(&Context::default()).is_some());
    }
}
