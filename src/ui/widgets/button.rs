//! Buttons and the segmented control.

use super::paint::{focus_ring, width_of};
use super::tag::{key_cap_width, paint_key_cap};
use super::{Align, elided};
use crate::ui::theme::{self, Type};
use crate::ui::tokens::{RADIUS_CONTROL, STROKE, Tokens};
use egui::{
    Align2, Color32, CornerRadius, Painter, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui,
    Vec2, Widget, WidgetInfo, pos2, vec2,
};

/// Height of a button in points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// 24, in panel headers and chips.
    Small,
    /// 28.
    Normal,
    /// 36, the next step of a wizard.
    Wizard,
    /// 40, at a station.
    Station,
}

impl Size {
    fn height(self) -> f32 {
        match self {
            Size::Small => 24.0,
            Size::Normal => 28.0,
            Size::Wizard => 36.0,
            Size::Station => 40.0,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Primary,
    Secondary,
    Ghost,
    Danger,
}

/// A button. Its accessible name is its text; [`Button::named`] gives another.
#[must_use = "add it with ui.add"]
pub struct Button<'a> {
    text: &'a str,
    kind: Kind,
    size: Size,
    icon: Option<&'a str>,
    after: Option<&'a str>,
    key: Option<&'a str>,
    name: Option<&'a str>,
    refused: Option<&'a str>,
    min_width: f32,
    on: bool,
}

impl<'a> Button<'a> {
    fn new(kind: Kind, text: &'a str) -> Self {
        Self {
            text,
            kind,
            size: Size::Normal,
            icon: None,
            after: None,
            key: None,
            name: None,
            refused: None,
            min_width: 0.0,
            on: false,
        }
    }

    /// The one button of a view that goes on.
    pub fn primary(text: &'a str) -> Self {
        Self::new(Kind::Primary, text)
    }

    /// Any other button.
    pub fn secondary(text: &'a str) -> Self {
        Self::new(Kind::Secondary, text)
    }

    /// A button without a border, for what is rarely wanted.
    pub fn ghost(text: &'a str) -> Self {
        Self::new(Kind::Ghost, text)
    }

    /// A button that gives something up.
    pub fn danger(text: &'a str) -> Self {
        Self::new(Kind::Danger, text)
    }

    /// An icon before the text.
    pub fn icon(mut self, icon: &'a str) -> Self {
        self.icon = Some(icon);
        self
    }

    /// An icon after the text: an arrow, or the caret of a menu.
    pub fn after(mut self, icon: &'a str) -> Self {
        self.after = Some(icon);
        self
    }

    /// The key that does the same, shown as a key cap.
    pub fn key(mut self, key: &'a str) -> Self {
        self.key = Some(key);
        self
    }

    /// Another accessible name than the text.
    pub fn named(mut self, name: &'a str) -> Self {
        self.name = Some(name);
        self
    }

    pub fn size(mut self, size: Size) -> Self {
        self.size = size;
        self
    }

    /// At least this wide, in points.
    pub fn min_width(mut self, width: f32) -> Self {
        self.min_width = width;
        self
    }

    /// Disabled when there is a reason; the reason is the tooltip.
    pub fn refused(mut self, because: Option<&'a str>) -> Self {
        self.refused = because;
        self
    }

    /// Drawn as pressed: the menu it opens is open.
    pub fn on(mut self, on: bool) -> Self {
        self.on = on;
        self
    }

    /// Draws the button; `content` is the width of all its parts and `text` that of its words.
    fn paint(
        &self,
        painter: &Painter,
        t: &Tokens,
        response: &Response,
        kind: Type,
        (content, text): (f32, f32),
    ) {
        let (fill, border, ink) = self.colours(t, response);
        let rect = response.rect;
        let corner = CornerRadius::same(RADIUS_CONTROL);
        painter.rect(
            rect,
            corner,
            fill,
            Stroke::new(STROKE, border),
            StrokeKind::Inside,
        );
        let mut x = rect.center().x - content / 2.0;
        let mid = rect.center().y;
        if let Some(icon) = self.icon {
            let at = pos2(x + ICON / 2.0, mid);
            painter.text(at, Align2::CENTER_CENTER, icon, theme::icon(ICON), ink);
            x += ICON + ICON_GAP;
        }
        let place = Rect::from_min_max(pos2(x, rect.top()), pos2(x + text + 1.0, rect.bottom()));
        elided(painter, place, Align::Left, self.text, kind, ink);
        x += text;
        if let Some(icon) = self.after {
            let at = pos2(x + ICON_GAP + ICON / 2.0, mid);
            painter.text(at, Align2::CENTER_CENTER, icon, theme::icon(14.0), ink);
            x += ICON + ICON_GAP;
        }
        if let Some(key) = self.key {
            paint_key_cap(painter, t, pos2(x + 8.0, mid), key, ink);
        }
        focus_ring(painter, t, response, rect, RADIUS_CONTROL);
    }

    fn colours(&self, t: &Tokens, response: &Response) -> (Color32, Color32, Color32) {
        if self.refused.is_some() || !response.enabled() {
            let border = if self.kind == Kind::Ghost {
                Color32::TRANSPARENT
            } else {
                t.line
            };
            return (Color32::TRANSPARENT, border, t.t3);
        }
        let pressed = response.is_pointer_button_down_on() || self.on;
        if self.kind == Kind::Primary {
            let fill = if response.hovered() {
                t.accent_hover()
            } else {
                t.accent
            };
            return (fill, fill, t.accent_ink);
        }
        let rest = if self.kind == Kind::Ghost {
            Color32::TRANSPARENT
        } else {
            t.raised
        };
        let fill = if pressed {
            t.press
        } else if response.hovered() {
            t.hover
        } else {
            rest
        };
        let border = if self.kind == Kind::Ghost {
            fill
        } else {
            t.line2
        };
        let ink = match self.kind {
            Kind::Danger => t.danger,
            Kind::Ghost => t.t2,
            _ => t.t1,
        };
        (fill, border, ink)
    }
}

const ICON: f32 = 16.0;
const ICON_GAP: f32 = 6.0;

impl Widget for Button<'_> {
    fn ui(self, ui: &mut Ui) -> Response {
        let t = Tokens::of(ui.ctx());
        let kind = match self.size {
            Size::Small => Type::SmallMedium,
            Size::Normal | Size::Wizard => Type::BodyMedium,
            Size::Station => Type::Panel,
        };
        let pad = if self.text.is_empty() {
            6.0
        } else if self.size == Size::Small {
            8.0
        } else {
            12.0
        };
        let text = width_of(ui.painter(), self.text, kind);
        let has_text = !self.text.is_empty();
        let icon = if self.icon.is_some() {
            ICON + if has_text { ICON_GAP } else { 0.0 }
        } else {
            0.0
        };
        let after = if self.after.is_some() {
            ICON + ICON_GAP
        } else {
            0.0
        };
        let key = self
            .key
            .map_or(0.0, |key| key_cap_width(ui.painter(), key) + 8.0);
        let content = icon + text + after + key;
        let size = vec2(
            (content + 2.0 * pad).max(self.min_width),
            self.size.height(),
        );
        let sense = if self.refused.is_some() {
            Sense::hover()
        } else {
            Sense::click()
        };
        let (rect, response) = ui.allocate_exact_size(size, sense);
        let enabled = ui.is_enabled() && self.refused.is_none();
        response.widget_info(|| {
            WidgetInfo::labeled(Role::Button, enabled, self.name.unwrap_or(self.text))
        });
        if ui.is_rect_visible(rect) {
            self.paint(ui.painter(), t, &response, kind, (content, text));
        }
        match self.refused {
            Some(because) => response.on_hover_text(because),
            None => response,
        }
    }
}

/// A square button that is only an icon; `name` is its accessible name and its tooltip.
pub fn icon_button(ui: &mut Ui, icon: &str, name: &str) -> Response {
    ui.add(Button::secondary("").icon(icon).named(name))
        .on_hover_text(name)
}

/// One of the choices of a segmented control.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a, T> {
    pub label: &'a str,
    pub value: T,
    /// What it means, or why it is refused: its tooltip. Empty for none.
    pub means: &'a str,
    pub refused: bool,
}

/// Width of a segmented control in points.
pub fn segments_width<T>(ui: &Ui, segments: &[Segment<'_, T>]) -> f32 {
    let widths = segments.iter().map(|segment| segment_width(ui, segment));
    widths.sum()
}

fn segment_width<T>(ui: &Ui, segment: &Segment<'_, T>) -> f32 {
    width_of(ui.painter(), segment.label, Type::SmallMedium) + 18.0
}

/// A choice of one of a few, side by side. Each segment is found by its label. Says whether it changed.
pub fn segmented<T: Copy + PartialEq>(ui: &mut Ui, choices: &[(&str, T)], chosen: &mut T) -> bool {
    let segments: Vec<_> = choices
        .iter()
        .map(|(label, value)| Segment {
            label,
            value: *value,
            means: "",
            refused: false,
        })
        .collect();
    segmented_of(ui, &segments, chosen)
}

/// As [`segmented`], where some may be refused.
pub fn segmented_of<T: Copy + PartialEq>(
    ui: &mut Ui,
    segments: &[Segment<'_, T>],
    chosen: &mut T,
) -> bool {
    let t = Tokens::of(ui.ctx());
    let size = Vec2::new(segments_width(ui, segments), 24.0);
    let (whole, _) = ui.allocate_exact_size(size, Sense::hover());
    let corner = CornerRadius::same(RADIUS_CONTROL);
    ui.painter().rect(
        whole,
        corner,
        t.ground,
        Stroke::new(STROKE, t.line2),
        StrokeKind::Inside,
    );
    let mut changed = false;
    let mut x = whole.left();
    for (at, segment) in segments.iter().enumerate() {
        let size = vec2(segment_width(ui, segment), whole.height());
        let place = Rect::from_min_size(pos2(x, whole.top()), size);
        x += size.x;
        if show_segment(ui, t, at, place, segment, *chosen == segment.value) {
            *chosen = segment.value;
            changed = true;
        }
    }
    changed
}

/// Draws one segment; says whether it is chosen now and was not.
fn show_segment<T>(
    ui: &Ui,
    t: &Tokens,
    at: usize,
    place: Rect,
    segment: &Segment<'_, T>,
    on: bool,
) -> bool {
    let label = segment.label;
    let sense = if segment.refused {
        Sense::hover()
    } else {
        Sense::click()
    };
    let id = ui.scope_id().with(("segment", label, at));
    let response = ui.interact(place, id, sense);
    let chosen = response.clicked() && !on;
    let on = on || chosen;
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, !segment.refused, on, label));
    let fill = match (on, response.hovered() && !segment.refused) {
        (true, _) => t.press,
        (false, true) => t.hover,
        (false, false) => Color32::TRANSPARENT,
    };
    let p = ui.painter();
    let corner = CornerRadius::same(RADIUS_CONTROL - 1);
    p.rect_filled(place.shrink(1.0), corner, fill);
    let ink = match (on, segment.refused) {
        (true, _) => t.t1,
        (false, true) => t.t3,
        (false, false) => t.t2,
    };
    elided(p, place, Align::Centre, label, Type::SmallMedium, ink);
    focus_ring(p, t, &response, place, RADIUS_CONTROL);
    if !segment.means.is_empty() {
        response.on_hover_text(segment.means);
    }
    chosen
}
