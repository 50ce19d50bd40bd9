//! Opens the window on a workspace.

use super::app::App;
use crate::workbench::{Arrangement, Command, Workbench};
use eframe::egui::{IconData, ViewportBuilder};
use std::path::PathBuf;
use thiserror::Error;

/// The window's size when it is first opened, in points, and the smallest that it can be made.
const SIZE: [f32; 2] = [1440.0, 900.0];
const SMALLEST: [f32; 2] = [960.0, 600.0];

/// The window could not be opened.
#[derive(Debug, Error)]
#[error("the window cannot be opened: {0}")]
pub struct WindowError(String);

/// Opens the window on the workspace in `folder` and these files in it, and returns when it was closed. Without a
/// folder nothing is kept, and that is said.
pub fn run(folder: Option<PathBuf>, files: Vec<PathBuf>) -> Result<(), WindowError> {
    let arrangement = folder.as_deref().map(Arrangement::read).unwrap_or_default();
    let size = arrangement
        .window
        .map_or(SIZE, |(width, height)| [width.into(), height.into()]);
    // The workspace is opened while the graphics are set up.
    let workbench = std::thread::spawn(move || {
        let is_homeless = folder.is_none();
        let workbench = Workbench::open(folder);
        if is_homeless {
            workbench.send(Command::HomeMissing);
        }
        workbench
    });
    let options = eframe::NativeOptions {
        viewport: ViewportBuilder::default()
            .with_app_id("cardwright")
            .with_title("Cardwright")
            .with_inner_size(size)
            .with_maximized(arrangement.maximized)
            .with_min_inner_size(SMALLEST)
            .with_icon(icon()),
        // What is seen must not depend on the fonts of a machine.
        system_font_fallback: false,
        ..Default::default()
    };
    let create: eframe::AppCreator<'_> = Box::new(move |cc| {
        let workbench = workbench
            .join()
            .map_err(|_| "the workspace could not be opened")?;
        let ctx = cc.egui_ctx.clone();
        workbench.on_new_view(Box::new(move || ctx.request_repaint()));
        let mut app = App::arranged(cc, Box::new(workbench), arrangement);
        app.open_files(files);
        Ok(Box::new(app))
    });
    eframe::run_native("cardwright", options, create)
        .map_err(|error| WindowError(error.to_string()))
}

/// The program's icon. A picture that cannot be read leaves the window without one.
fn icon() -> IconData {
    let picture = image::load_from_memory(include_bytes!("../../assets/icon-256.png"));
    picture.map_or_else(
        |_| IconData::default(),
        |picture| {
            let rgba = picture.to_rgba8();
            let (width, height) = rgba.dimensions();
            IconData {
                rgba: rgba.into_raw(),
                width,
                height,
            }
        },
    )
}
