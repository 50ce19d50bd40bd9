//! Fonts, type sizes and egui's own style, made from the tokens; one [`install`] for the program and its
//! tests.
//!
//! Text is drawn in one of the sizes of [`Type`], never in a size of its own. The fonts ship inside the
//! program, so that every machine shows the same letters; Japanese has a place in every family.

use super::tokens::{self, Tokens};
use egui::{
    Color32, Context, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, FontTweak,
    Margin, RichText, Stroke, Style, TextStyle, Theme, Vec2, Visuals,
};
use std::sync::Arc;

/// A size and weight of type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// One a window: "Insert next card".
    Station,
    /// Titles of states.
    Title,
    /// A wizard's title, the title of the details.
    Heading,
    /// Panel headers.
    Panel,
    /// Everything else.
    Body,
    /// Body, for emphasis.
    BodyMedium,
    /// Rows, second lines, the status bar.
    Small,
    /// Small, for emphasis.
    SmallMedium,
    /// Column heads, tags, labels on the map.
    Caption,
    /// Caption, for emphasis.
    CaptionMedium,
    /// The letter in an owner's tag.
    Letter,
    /// Bytes, codes, addresses, check values, step ids, times.
    Code,
    /// Code, for values.
    CodeMedium,
    /// Code on the map and the time line.
    CodeSmall,
    /// CodeSmall, for values.
    CodeSmallMedium,
    /// A big value.
    Value,
    /// The biggest value.
    BigValue,
}

impl Type {
    /// Every one.
    pub const ALL: [Type; 17] = [
        Type::Station,
        Type::Title,
        Type::Heading,
        Type::Panel,
        Type::Body,
        Type::BodyMedium,
        Type::Small,
        Type::SmallMedium,
        Type::Caption,
        Type::CaptionMedium,
        Type::Letter,
        Type::Code,
        Type::CodeMedium,
        Type::CodeSmall,
        Type::CodeSmallMedium,
        Type::Value,
        Type::BigValue,
    ];

    /// Family, size and line height in points.
    fn measures(self) -> (&'static str, f32, f32) {
        match self {
            Type::Station => ("ui_strong", 28.0, 36.0),
            Type::Title => ("ui_strong", 20.0, 28.0),
            Type::Heading => ("ui_strong", 16.0, 24.0),
            Type::Panel => ("ui_strong", 13.0, 20.0),
            Type::Body => ("ui", 13.0, 20.0),
            Type::BodyMedium => ("ui_medium", 13.0, 20.0),
            Type::Small => ("ui", 12.0, 16.0),
            Type::SmallMedium => ("ui_medium", 12.0, 16.0),
            Type::Caption => ("ui", 11.0, 16.0),
            Type::CaptionMedium => ("ui_medium", 11.0, 16.0),
            Type::Letter => ("ui_strong", 10.0, 12.0),
            Type::Code => ("mono", 12.0, 20.0),
            Type::CodeMedium => ("mono_medium", 12.0, 20.0),
            Type::CodeSmall => ("mono", 11.0, 16.0),
            Type::CodeSmallMedium => ("mono_medium", 11.0, 16.0),
            Type::Value => ("mono_medium", 16.0, 24.0),
            Type::BigValue => ("mono_medium", 20.0, 28.0),
        }
    }

    /// The font.
    pub fn font(self) -> FontId {
        let (family, size, _) = self.measures();
        FontId::new(size, FontFamily::Name(family.into()))
    }

    /// Line height in points.
    pub fn line(self) -> f32 {
        self.measures().2
    }

    /// `text` in this type and colour.
    pub fn text(self, text: impl Into<String>, colour: Color32) -> RichText {
        RichText::new(text)
            .font(self.font())
            .line_height(Some(self.line()))
            .color(colour)
    }

    /// As [`Type::text`], with the wider lines of a paragraph.
    pub fn paragraph(self, text: impl Into<String>, colour: Color32) -> RichText {
        let line = if self == Type::Small {
            18.0
        } else {
            self.line()
        };
        self.text(text, colour).line_height(Some(line))
    }
}

/// An icon at `size` points in the family of text.
pub fn icon(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name("ui".into()))
}

/// A filled icon at `size` points; only for states.
pub fn icon_fill(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name("icon_fill".into()))
}

/// Sets fonts and both themes. Called once, before the first frame.
pub fn install(ctx: &Context) {
    ctx.set_fonts(fonts());
    for theme in [Theme::Dark, Theme::Light] {
        ctx.set_style_of(theme, style(theme));
    }
}

/// How far down the Japanese faces go, in parts of the type size. egui centres a fallback face's line on the
/// first face's: (1.060 − 0.440 against 1.025 − 0.275), which lifts its baseline by 0.065.
const JAPANESE_DOWN: f32 = 0.065;

fn fonts() -> FontDefinitions {
    macro_rules! file {
        ($name:literal) => {
            include_bytes!(concat!("../../assets/fonts/", $name)).as_slice()
        };
    }
    let faces: [(&str, &'static [u8], f32); 9] = [
        ("sans", file!("IBMPlexSans-Regular.ttf"), 0.0),
        ("sans-medium", file!("IBMPlexSans-Medium.ttf"), 0.0),
        ("sans-strong", file!("IBMPlexSans-SemiBold.ttf"), 0.0),
        ("mono", file!("IBMPlexMono-Regular.ttf"), 0.0),
        ("mono-medium", file!("IBMPlexMono-Medium.ttf"), 0.0),
        ("jp", file!("IBMPlexSansJP-Regular.ttf"), JAPANESE_DOWN),
        (
            "jp-strong",
            file!("IBMPlexSansJP-SemiBold.ttf"),
            JAPANESE_DOWN,
        ),
        ("icons", file!("Phosphor.ttf"), 0.0),
        ("icons-fill", file!("Phosphor-Fill.ttf"), 0.0),
    ];
    let mut fonts = FontDefinitions::empty();
    for (name, bytes, down) in faces {
        let tweak = FontTweak {
            y_offset_factor: down,
            ..FontTweak::default()
        };
        fonts.font_data.insert(
            name.into(),
            Arc::new(FontData::from_static(bytes).tweak(tweak)),
        );
    }
    let families: [(FontFamily, &[&str]); 8] = [
        (FontFamily::Proportional, &["sans", "jp", "icons"]),
        (FontFamily::Monospace, &["mono", "jp", "icons"]),
        (FontFamily::Name("ui".into()), &["sans", "jp", "icons"]),
        (
            FontFamily::Name("ui_medium".into()),
            &["sans-medium", "jp-strong", "icons"],
        ),
        (
            FontFamily::Name("ui_strong".into()),
            &["sans-strong", "jp-strong", "icons"],
        ),
        (FontFamily::Name("mono".into()), &["mono", "jp", "icons"]),
        (
            FontFamily::Name("mono_medium".into()),
            &["mono-medium", "jp", "icons"],
        ),
        (FontFamily::Name("icon_fill".into()), &["icons-fill"]),
    ];
    for (family, names) in families {
        fonts.families.insert(
            family,
            names.iter().map(|name| (*name).to_owned()).collect(),
        );
    }
    fonts
}

/// egui's style for one theme: no frame, separator or animation of its own is left to be seen.
fn style(theme: Theme) -> Style {
    let t = Tokens::of_theme(theme);
    let mut style = Style {
        visuals: visuals(theme, t),
        ..Style::default()
    };
    style.text_styles = [
        (TextStyle::Small, Type::Small),
        (TextStyle::Body, Type::Body),
        (TextStyle::Button, Type::Body),
        (TextStyle::Heading, Type::Heading),
        (TextStyle::Monospace, Type::Code),
        (TextStyle::Name("station".into()), Type::Station),
        (TextStyle::Name("title".into()), Type::Title),
        (TextStyle::Name("panel".into()), Type::Panel),
        (TextStyle::Name("caption".into()), Type::Caption),
        (TextStyle::Name("code_small".into()), Type::CodeSmall),
    ]
    .map(|(name, kind)| (name, kind.font()))
    .into();
    style.animation_time = 0.0;
    style.scroll_animation = egui::style::ScrollAnimation::none();
    style.interaction.selectable_labels = false;
    style.interaction.tooltip_delay = 0.3;
    let spacing = &mut style.spacing;
    spacing.item_spacing = Vec2::splat(tokens::GAP_2);
    spacing.window_margin = Margin::same(tokens::GAP_3 as i8);
    spacing.menu_margin = Margin::same(tokens::GAP as i8);
    spacing.button_padding = Vec2::new(tokens::GAP_3, tokens::GAP);
    spacing.interact_size = Vec2::new(28.0, 24.0);
    spacing.scroll = egui::style::ScrollStyle::floating();
    spacing.scroll.bar_width = 6.0;
    spacing.scroll.floating_width = 4.0;
    spacing.scroll.foreground_color = true;
    spacing.scroll.fade.strength = 0.0;
    style
}

fn visuals(theme: Theme, t: &Tokens) -> Visuals {
    let mut v = match theme {
        Theme::Dark => Visuals::dark(),
        Theme::Light => Visuals::light(),
    };
    v.override_text_color = None;
    v.weak_text_color = Some(t.t3);
    v.hyperlink_color = t.accent_text;
    v.faint_bg_color = t.hover;
    v.extreme_bg_color = t.ground;
    v.text_edit_bg_color = Some(t.ground);
    v.code_bg_color = t.ground;
    v.warn_fg_color = t.warn;
    v.error_fg_color = t.danger;
    v.panel_fill = t.panel;
    v.window_fill = t.raised;
    v.window_stroke = Stroke::new(tokens::STROKE, t.line2);
    v.window_shadow = t.shadow();
    v.popup_shadow = t.shadow();
    v.window_corner_radius = CornerRadius::same(tokens::RADIUS_BOX);
    v.menu_corner_radius = CornerRadius::same(tokens::RADIUS_BOX);
    v.selection.bg_fill = t.sel;
    v.selection.stroke = Stroke::new(tokens::STROKE, t.accent);
    v.text_cursor.stroke = Stroke::new(STROKE_CURSOR, t.t1);
    // A blinking cursor would draw frames while nobody types.
    v.text_cursor.blink = false;
    v.indent_has_left_vline = false;
    v.striped = false;
    v.image_loading_spinners = false;
    let radius = CornerRadius::same(tokens::RADIUS_CONTROL);
    let widget = |fill, border, text| egui::style::WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: border,
        corner_radius: radius,
        fg_stroke: Stroke::new(tokens::STROKE, text),
        expansion: 0.0,
    };
    let border = Stroke::new(tokens::STROKE, t.line2);
    v.widgets.noninteractive = widget(t.panel, Stroke::new(tokens::STROKE, t.line), t.t1);
    v.widgets.inactive = widget(t.raised, border, t.t1);
    v.widgets.hovered = widget(t.hover, border, t.t1);
    v.widgets.active = widget(t.press, Stroke::new(tokens::STROKE, t.accent), t.t1);
    v.widgets.open = widget(t.press, border, t.t1);
    v
}

/// Width of the text cursor.
const STROKE_CURSOR: f32 = 1.5;

/// Dark in place of light, or light in place of dark, in every window.
pub fn switch_theme(ctx: &Context) {
    ctx.set_theme(match ctx.theme() {
        Theme::Dark => Theme::Light,
        Theme::Light => Theme::Dark,
    });
}
