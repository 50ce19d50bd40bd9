//! The window over a fake bench, driven without a screen.

use crate::ui_samples::FakeBench;
use cardwright::ui::app::App;
use egui::{Theme, Vec2, vec2};
use egui_kittest::Harness;

/// The window at 1600 × 1000 in the dark theme.
pub fn open(bench: FakeBench) -> Harness<'static, App> {
    open_at(bench, vec2(1600.0, 1000.0), Theme::Dark)
}

/// The window at a size and in a theme.
pub fn open_at(bench: FakeBench, size: Vec2, theme: Theme) -> Harness<'static, App> {
    let mut harness = Harness::builder()
        .with_size(size)
        .with_theme(theme)
        .wgpu()
        .build_eframe(move |cc| App::new(cc, Box::new(bench)));
    harness.run();
    harness
}

/// Draws frames until `done`; on giving up saves a picture and says what was waited for.
pub fn step_until(
    harness: &mut Harness<'static, App>,
    what: &str,
    done: impl Fn(&Harness<'static, App>) -> bool,
) {
    for _ in 0..60 {
        if done(harness) {
            return;
        }
        harness.step();
    }
    let path = std::env::temp_dir().join("cardwright-step-until.png");
    if let Ok(picture) = harness.render() {
        let _ = picture.save(&path);
    }
    panic!(
        "waited in vain for {what}; the window is in {}",
        path.display()
    );
}

/// Whether the window asks for no further frame, now or later.
pub fn rests(harness: &Harness<'static, App>) -> bool {
    let viewport = harness
        .output()
        .viewport_output
        .get(&egui::ViewportId::ROOT);
    viewport.is_some_and(|viewport| viewport.repaint_delay == std::time::Duration::MAX)
}
