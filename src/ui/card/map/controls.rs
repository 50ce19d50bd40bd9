//! What stands in the header over the map: by what blocks are coloured, and the zoom.

use super::MapState;
use super::colouring::Mode;
use super::state::Ask;
use crate::ui::action::Action;
use crate::ui::tokens::{GAP, STROKE, Tokens};
use crate::ui::widgets::{self, Button, Segment, Size};
use crate::ui::{icons, numbers};
use crate::words;
use crate::workbench::view::View;
use egui::{
    CornerRadius, EventFilter, Frame, Key, Margin, Popup, Rect, Role, Sense, Stroke, Ui, Vec2,
    WidgetInfo, pos2, vec2,
};

/// Width of the slider, in points.
const SLIDER: f32 = 72.0;
/// Room that the header's title keeps with the count of blocks, and without it.
const TITLE: f32 = 168.0;
const TITLE_ALONE: f32 = 84.0;
/// Width of a button that is an icon, and what a mode's word adds to it.
const ICON: f32 = 28.0;
const WORD: f32 = 88.0;

/// The action that chooses a mode.
fn action(mode: Mode) -> Action {
    match mode {
        Mode::Owner => Action::ColourByOwner,
        Mode::Kind => Action::ColourByKind,
        Mode::Key => Action::ColourByKey,
        Mode::Heat => Action::ColourByHeat,
        Mode::Difference => Action::ColourByDifference,
    }
}

/// The word of a mode.
fn mode_word(mode: Mode) -> &'static str {
    words::text(match mode {
        Mode::Owner => "card.mode.owner",
        Mode::Kind => "card.mode.kind",
        Mode::Key => "card.mode.key",
        Mode::Heat => "card.mode.heat",
        Mode::Difference => "card.mode.difference",
    })
}

/// What a mode shows, for its tooltip.
fn mode_means(mode: Mode) -> &'static str {
    words::text(match mode {
        Mode::Owner => "card.mode.owner_means",
        Mode::Kind => "card.mode.kind_means",
        Mode::Key => "card.mode.key_means",
        Mode::Heat => "card.mode.heat_means",
        Mode::Difference => "card.mode.difference_means",
    })
}

/// Zoom and modes, from right to left, beside a title and so many points more. What does not fit folds away: first the
/// slider, then the modes into a menu.
pub fn header(ui: &mut Ui, view: &View, state: &mut MapState, beside: f32) {
    let segments: Vec<Segment<'_, Mode>> = Mode::ALL
        .into_iter()
        .map(|mode| {
            let refused = action(mode).refused(view);
            Segment {
                label: mode_word(mode),
                value: mode,
                means: refused.unwrap_or(mode_means(mode)),
                refused: refused.is_some(),
            }
        })
        .collect();
    let modes = widgets::segments_width(ui, &segments);
    let room = ui.available_width() - TITLE - beside;
    let buttons = 3.0 * 28.0 + 3.0 * GAP;
    let slider = room > buttons + SLIDER + modes.min(120.0);
    let left = room - buttons - if slider { SLIDER + GAP } else { 0.0 };
    // In a narrow header the count of blocks gives way, then the menu's word, then the zoom, which keys do as well.
    let narrow = ui.available_width() - TITLE_ALONE - beside - ICON;
    ui.spacing_mut().item_spacing.x = GAP;
    if narrow > buttons {
        zoom_controls(ui, state, slider);
        ui.add_space(GAP);
    }
    let mut mode = state.mode();
    if left > modes {
        widgets::segmented_of(ui, &segments, &mut mode);
    } else {
        mode_menu(ui, &segments, narrow > buttons + WORD, &mut mode);
    }
    if mode != state.mode() {
        state.colour_by(mode);
    }
}

/// The modes as a menu, where there is no room for all of them side by side.
/// `worded` says whether there is room for the word of the mode.
fn mode_menu(ui: &mut Ui, segments: &[Segment<'_, Mode>], worded: bool, mode: &mut Mode) {
    let name = words::format("card.mode.menu", &[("mode", &mode_word(*mode))]);
    let button = if worded {
        Button::secondary(mode_word(*mode)).after(icons::CARET_DOWN)
    } else {
        Button::secondary("").icon(icons::PALETTE)
    };
    let response = ui.add(button.named(&name).size(Size::Small));
    Popup::menu(&response)
        .frame(Frame::menu(ui.style()).inner_margin(Margin::same(GAP as i8)))
        .show(|ui| {
            ui.set_width(160.0);
            ui.spacing_mut().item_spacing.y = 0.0;
            for segment in segments {
                let button = Button::ghost(segment.label)
                    .min_width(160.0)
                    .on(*mode == segment.value)
                    .refused(segment.refused.then_some(segment.means));
                if ui.add(button).clicked() {
                    *mode = segment.value;
                }
            }
        });
}

/// Whole card, nearer, slider, farther: right to left.
fn zoom_controls(ui: &mut Ui, state: &mut MapState, slider: bool) {
    let level = state.level();
    let at_whole = (level <= 0.0).then(|| words::text("card.zoom.whole_shown"));
    let at_nearest = (level >= 1.0).then(|| words::text("card.zoom.nearest_shown"));
    if zoom_button(ui, Action::ZoomWhole, at_whole) {
        state.zoom_whole();
    }
    if zoom_button(ui, Action::ZoomIn, at_nearest) {
        state.zoom_by(1.0);
    }
    if slider {
        zoom_slider(ui, state, level);
    }
    if zoom_button(ui, Action::ZoomOut, at_whole) {
        state.zoom_by(-1.0);
    }
}

/// The button of an action, for the map that it stands over; says whether it was clicked.
fn zoom_button(ui: &mut Ui, action: Action, refused: Option<&str>) -> bool {
    let button = Button::ghost("")
        .icon(action.icon())
        .size(Size::Small)
        .named(action.name())
        .refused(refused);
    let response = ui.add(button);
    let clicked = response.clicked();
    if refused.is_none() {
        response.on_hover_text(action.name());
    }
    clicked
}

/// A track with a knob; the arrow keys move it by a step.
fn zoom_slider(ui: &mut Ui, state: &mut MapState, level: f32) {
    let t = Tokens::of(ui.ctx());
    let (rect, response) = ui.allocate_exact_size(vec2(SLIDER, 24.0), Sense::click_and_drag());
    let percent = f64::from((level * 100.0).round());
    let name = words::text("card.zoom.slider");
    response.widget_info(|| WidgetInfo {
        value: Some(percent),
        ..WidgetInfo::labeled(Role::Slider, true, name)
    });
    let track = rect.shrink2(vec2(6.0, 0.0));
    if let Some(at) = response.interact_pointer_pos() {
        let to = (at.x - track.left()) / track.width().max(1.0);
        state.ask = Some(Ask::Level(to));
    }
    if response.has_focus() {
        let filter = EventFilter {
            horizontal_arrows: true,
            ..EventFilter::default()
        };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
        let by = ui.input(|input| {
            let count = |key| input.num_presses(key) as f32;
            let asked = |action| input.num_accesskit_action_requests(response.id, action) as f32;
            count(Key::ArrowRight) - count(Key::ArrowLeft)
                + asked(egui::accesskit::Action::Increment)
                - asked(egui::accesskit::Action::Decrement)
        });
        if by != 0.0 {
            state.ask = Some(Ask::Steps(by));
        }
    }
    let p = ui.painter();
    let mid = rect.center().y;
    let line = Rect::from_min_max(
        pos2(track.left(), mid - 1.0),
        pos2(track.right(), mid + 1.0),
    );
    p.rect_filled(line, CornerRadius::same(1), t.line2);
    let knob = pos2(egui::lerp(track.x_range(), level), mid);
    p.circle(knob, 5.0, t.t1, Stroke::new(STROKE, t.line2));
    let around = Rect::from_center_size(knob, Vec2::splat(14.0));
    widgets::focus_ring(p, t, &response, around, 7);
    let percent = numbers::grouped(percent as u64);
    response.on_hover_text(words::format("card.zoom.at", &[("percent", &percent)]));
}
