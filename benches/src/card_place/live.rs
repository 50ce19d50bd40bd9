//! A flow at full speed while the window shows it: whole divisions of demo cards, one after another.

use super::window::{Shared, Window};
use cardwright::workbench::view::FlowEnd;
use cardwright::workbench::{Command, View, Workbench};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Divisions that count, after some that do not.
const DIVISIONS: usize = 30;
const BEFORE: usize = 3;
/// Frames of a screen.
const BETWEEN_FRAMES: Duration = Duration::from_micros(16_667);
const PATIENCE: Duration = Duration::from_secs(60);

/// Commands a second that the flow sends while it runs, beside a window that draws every new view, sixty times a second,
/// and without a window. The workspace is kept in that folder, as every workspace is; without
/// one nothing is kept.
pub fn commands(folder: Option<PathBuf>) -> Result<(f64, f64), String> {
    let bench = Arc::new(Workbench::open(folder));
    let (told, views) = channel();
    let told = Mutex::new(told);
    bench.on_new_view(Box::new(move || {
        // Nobody waits any more when what measures has ended.
        let _ = told.lock().map(|told| told.send(()));
    }));
    let stop = AtomicBool::new(false);
    let shown = std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut window = Window::of(Shared(Arc::clone(&bench)));
            while !stop.load(Ordering::Relaxed) {
                window.frame();
                std::thread::sleep(BETWEEN_FRAMES);
            }
        });
        let shown = divisions(&bench, &views);
        stop.store(true, Ordering::Relaxed);
        shown
    })?;
    Ok((shown, divisions(&bench, &views)?))
}

fn divisions(bench: &Workbench, views: &Receiver<()>) -> Result<f64, String> {
    let (mut commands, mut seconds) = (0, 0.0);
    for division in 0..BEFORE + DIVISIONS {
        bench.send(Command::CloseFlow);
        bench.send(Command::NewDemoCard);
        bench.send(Command::StartDivide);
        until(bench, views, |view| {
            view.flow.as_ref().is_some_and(|flow| flow.ended.is_none())
        })?;
        let before = bench.view().trace.len();
        let started = Instant::now();
        bench.send(Command::RunAll);
        until(bench, views, |view| {
            let flow = view.flow.as_ref();
            flow.is_some_and(|flow| flow.ended == Some(FlowEnd::Done))
        })?;
        if division >= BEFORE {
            seconds += started.elapsed().as_secs_f64();
            commands += bench.view().trace.len().saturating_sub(before);
        }
    }
    Ok(commands as f64 / seconds)
}

fn until(
    bench: &Workbench,
    views: &Receiver<()>,
    done: impl Fn(&View) -> bool,
) -> Result<(), String> {
    while !done(&bench.view()) {
        views
            .recv_timeout(PATIENCE)
            .map_err(|_| "the flow does not go on")?;
    }
    Ok(())
}
