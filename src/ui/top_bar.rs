//! The top bar: the DEMO ribbon, the workspace, the way to the palette, the reader and the theme.

use super::action::Action;
use super::icons;
use super::reader_menu;
use super::theme::{self, Type};
use super::tokens::{GAP_2, GAP_3, GAP_4, RADIUS_CONTROL, RADIUS_TAG, STROKE, Tokens};
use super::widgets::{self, Align, Button, Size, filled_panel};
use crate::words;
use crate::workbench::command::Command;
use crate::workbench::view::View;
use egui::{
    Align2, ColorImage, Context, CornerRadius, Layout, Panel, Rect, Role, Sense, Shape, Stroke,
    StrokeKind, TextureHandle, TextureOptions, Ui, UiBuilder, Vec2, WidgetInfo, pos2, vec2,
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
    reader_menu::show(&mut side, view, asked, commands);
    side.min_rect().left()
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
    widgets::control_box(p, t, rect, fill);
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
