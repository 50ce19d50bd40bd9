//! The Card place with a full card: 65,536 blocks and 100,000 events, all views open.
//!
//! How long it takes to open, to show another moment, and to draw a frame while a person scrubs and scrolls; how much
//! memory it takes above an empty window; and that a window at rest wants no frame. The peer of a frame is a hex view
//! as it is quickly written in the same toolkit, with a label a byte; of a moment, replaying from the beginning.

mod fixture;
mod live;
mod window;

use crate::decode::{memory, peers_card};
use crate::report::Figure;
use crate::turns::{median, quantile};
use cardwright::model::card::Block;
use cardwright::model::card::image::CardImage;
use cardwright::model::card::journal::{EventId, Journal, Moment};
use cardwright::model::card::map::BlockMap;
use cardwright::model::card::projection::Projection;
use cardwright::model::card::tree::Tree;
use cardwright::workbench::{Command, View, Workbench};
use eframe::egui::{Key, Modifiers, Pos2, RichText, ScrollArea, Ui, pos2};
use fixture::{EVENTS, card_file};
use std::collections::BTreeSet;
use std::hint::black_box;
use std::path::Path;
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use window::{Shared, Window, on_ruler};

/// The argument with which the process tells how much memory a window takes: [`EMPTY`] or a card's file.
pub const MEMORY: &str = "memory-of-window";
const EMPTY: &str = "empty";

/// Moments that are shown, and frames that are drawn, for a median and the worst of a hundred.
const STEPS: usize = 400;
const FRAMES: usize = 600;

/// Longest wait for the worker.
const PATIENCE: Duration = Duration::from_secs(60);

/// Everything that is measured of the Card place.
pub fn figures() -> Result<Vec<Figure>, String> {
    let file = card_file()?;
    let mut figures = opening(&file.path)?;
    let (bench, views) = opened(&file.path)?;
    figures.extend(scrubbing(&bench, &views)?);
    figures.extend(frames(&bench)?);
    figures.push(memory_of_window(&file.path)?);
    figures.extend(flows()?);
    Ok(figures)
}

/// A flow that runs while the window shows it.
fn flows() -> Result<Vec<Figure>, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let figure = |name, (value, peer_value)| Figure {
        name,
        value,
        unit: "commands/s",
        peer: "the same without a window",
        peer_value,
    };
    Ok(vec![
        figure("a flow that is shown", live::commands(None)?),
        figure(
            "a flow that is shown, in a workspace on disk",
            live::commands(Some(folder.path().join("workspace")))?,
        ),
    ])
}

/// A workbench that shows the card, and what is told when it shows something new.
fn opened(path: &Path) -> Result<(Arc<Workbench>, Receiver<()>), String> {
    let bench = Arc::new(Workbench::open(None));
    let (told, views) = channel();
    let told = Mutex::new(told);
    bench.on_new_view(Box::new(move || {
        // Nobody waits any more when what measures has ended.
        let _ = told.lock().map(|told| told.send(()));
    }));
    bench.send(Command::OpenFile(path.to_owned()));
    wait(&bench, &views, |view| events(view) == EVENTS)?;
    Ok((bench, views))
}

fn events(view: &View) -> usize {
    let history = view.card.as_ref().and_then(|card| card.history.as_ref());
    history.map_or(0, |history| history.journal.len())
}

fn shown(view: &View) -> Option<Moment> {
    Some(view.card.as_ref()?.history.as_ref()?.shown)
}

/// Waits for the view in which that holds.
fn wait(
    bench: &Workbench,
    views: &Receiver<()>,
    ready: impl Fn(&View) -> bool,
) -> Result<(), String> {
    while !ready(&bench.view()) {
        if views.recv_timeout(PATIENCE).is_err() {
            let said = bench
                .view()
                .notices
                .iter()
                .map(|notice| notice.words.what.clone())
                .collect::<Vec<_>>();
            return Err(format!(
                "the worker did not do what it was asked: {}",
                said.join(" ")
            ));
        }
    }
    Ok(())
}

/// From the file to the card that is shown.
fn opening(path: &Path) -> Result<Vec<Figure>, String> {
    let contents: Vec<[u8; 16]> = memory()?.iter().map(|block| block.0).collect();
    let (mut ours, mut peer) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        let (bench, views) = opened(path)?;
        bench.send(Command::NewDemoCard);
        wait(&bench, &views, |view| events(view) < EVENTS)?;
        let started = Instant::now();
        bench.send(Command::OpenFile(path.to_owned()));
        wait(&bench, &views, |view| events(view) == EVENTS)?;
        ours.push(started.elapsed().as_secs_f64() * 1e3);
        let started = Instant::now();
        black_box(peers_card(&contents)?);
        peer.push(started.elapsed().as_secs_f64() * 1e3);
    }
    Ok(vec![Figure {
        name: "open 65,536 blocks, 100,000 events",
        value: median(ours),
        unit: "ms",
        peer: "felica, building that card without events",
        peer_value: median(peer),
    }])
}

/// Showing a moment, any after any.
fn scrubbing(bench: &Workbench, views: &Receiver<()>) -> Result<Vec<Figure>, String> {
    let view = bench.view();
    let history = view.card.as_ref().and_then(|card| card.history.as_ref());
    let journal = Arc::clone(&history.ok_or("the card has no history")?.journal);
    let (mut ours, mut peer) = (Vec::new(), Vec::new());
    for number in moments() {
        let moment = EventId::new(number);
        let started = Instant::now();
        bench.send(Command::ShowMoment(moment));
        wait(bench, views, |view| shown(view) == Some(moment))?;
        ours.push(started.elapsed().as_secs_f64() * 1e3);
    }
    let beginning = memory()?;
    for number in moments().take(21) {
        let started = Instant::now();
        black_box(replayed(beginning.clone(), &journal, number)?);
        peer.push(started.elapsed().as_secs_f64() * 1e3);
    }
    bench.send(Command::ShowNow);
    wait(bench, views, |view| shown(view) == Some(journal.head()))?;
    Ok(median_and_worst(
        ["show any moment, median", "show any moment, p99"],
        ours,
        "replaying from the beginning, read anew",
        peer,
    ))
}

/// Events all over the journal, in no order; the same in every run.
fn moments() -> impl Iterator<Item = u32> {
    let next = |state: &u32| Some(state.wrapping_mul(22_695_477).wrapping_add(1));
    let states = std::iter::successors(Some(7_u32), next).skip(1);
    states
        .map(|state| 1 + (state >> 8) % (EVENTS as u32 - 1))
        .take(STEPS)
}

/// The peer: the memory replayed from the beginning, and nodes and map read from it.
fn replayed(
    mut blocks: Vec<Block>,
    journal: &Journal,
    number: u32,
) -> Result<(Tree, BlockMap), String> {
    for (_, event) in journal.events().take(number as usize) {
        blocks[event.address as usize] = event.after;
    }
    let image = CardImage::decode(&&blocks[..]).map_err(|error| error.to_string())?;
    let projection = Projection {
        written: &image,
        prepared: &image,
        memory: &&blocks[..],
        pending: &BTreeSet::new(),
    };
    Ok((projection.nodes(), projection.map()))
}

fn median_and_worst(
    names: [&'static str; 2],
    ours: Vec<f64>,
    peer: &'static str,
    peers: Vec<f64>,
) -> Vec<Figure> {
    let parts = [(names[0], 0.5), (names[1], 0.99)];
    let figure = |(name, part)| Figure {
        name,
        value: quantile(ours.clone(), part),
        unit: "ms",
        peer,
        peer_value: quantile(peers.clone(), part),
    };
    parts.map(figure).into()
}

/// Where the views stand in the window.
const TREE: Pos2 = pos2(250.0, 400.0);
const MAP: Pos2 = pos2(800.0, 300.0);
const BYTES: Pos2 = pos2(700.0, 780.0);
const DETAILS: Pos2 = pos2(1450.0, 500.0);

/// Frames while a person scrubs, scrolls and points, all views open.
fn frames(bench: &Arc<Workbench>) -> Result<Vec<Figure>, String> {
    let mut window = Window::of(Shared(Arc::clone(bench)));
    at_card_place(&mut window)?;
    let mut ours = Vec::new();
    window.press(on_ruler(0.9), true);
    for number in 0..FRAMES {
        let part = (number as f32 / 90.0).sin() * 0.45 + 0.5;
        window.point(on_ruler(part));
        ours.push(window.frame().cpu * 1e3);
        // The worker shows some of the moments meanwhile, as it does at a screen's pace.
        std::thread::sleep(Duration::from_millis(2));
    }
    window.press(on_ruler(0.5), false);
    window.settle()?;
    let is_live = |view: &View| {
        let card = view.card.as_ref();
        card.and_then(|card| card.history.as_ref())
            .is_none_or(|history| history.live)
    };
    if is_live(&bench.view()) {
        return Err("the window did not scrub".into());
    }
    let mut scrolled = Vec::new();
    for number in 0..FRAMES {
        let by = if number / 60 % 2 == 0 { -80.0 } else { 80.0 };
        window.wheel([TREE, BYTES, DETAILS, MAP][number / 30 % 4], by);
        scrolled.push(window.frame().cpu * 1e3);
    }
    window.settle()?;
    let written = while_written(bench, &mut window)?;
    let peer = naive_frames()?;
    let mut figures = median_and_worst(
        [
            "a frame while scrubbing, median",
            "a frame while scrubbing, p99",
        ],
        ours,
        "hex view alone, a label a byte",
        peer.clone(),
    );
    figures.extend(median_and_worst(
        [
            "a frame while scrolling, median",
            "a frame while scrolling, p99",
        ],
        scrolled,
        "hex view alone, a label a byte",
        peer.clone(),
    ));
    figures.extend(median_and_worst(
        [
            "a frame while it is written to, median",
            "a frame while it is written to, p99",
        ],
        written,
        "hex view alone, a label a byte",
        peer,
    ));
    Ok(figures)
}

/// Frames at a screen's pace while blocks are written as fast as the worker writes and shows them one by one.
fn while_written(bench: &Arc<Workbench>, window: &mut Window<'_>) -> Result<Vec<f64>, String> {
    let before = events(&bench.view());
    let mut asked = before;
    let mut cpu = Vec::new();
    bench.send(Command::ShowNow);
    for frame in 0..FRAMES / 4 {
        while asked < events(&bench.view()) + 16 {
            // No two in a row are the same, so each is an event.
            let bytes = [Some(asked as u8 ^ frame as u8 ^ 0x80); 16].into();
            let address = asked as u32 % crate::decode::BLOCKS as u32 / 64;
            bench.send(Command::Edit { address, bytes });
            asked += 1;
        }
        cpu.push(window.frame().cpu * 1e3);
        std::thread::sleep(Duration::from_millis(12));
    }
    let until = Instant::now() + PATIENCE;
    while events(&bench.view()) < before + FRAMES / 4 {
        if Instant::now() > until {
            return Err("the card was not written meanwhile".into());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    window.settle()?;
    Ok(cpu)
}

/// Opens the Card place and picks a block of the map.
fn at_card_place(window: &mut Window<'_>) -> Result<(), String> {
    window.settle()?;
    window.key(Modifiers::ALT, Key::Num2);
    window.settle()?;
    for pressed in [true, false] {
        window.press(MAP, pressed);
        window.frame();
    }
    window.settle()
}

/// The peer: the blocks as a hex view, a label a byte, of the rows in sight.
fn naive_frames() -> Result<Vec<f64>, String> {
    let blocks = memory()?;
    let mut window = Window::new(move |ui: &mut Ui| {
        ScrollArea::vertical()
            .auto_shrink(false)
            .show_rows(ui, 14.0, blocks.len(), |ui, rows| {
                for row in rows {
                    ui.horizontal(|ui| {
                        ui.label(RichText::new(format!("{row:04X}")).monospace());
                        for byte in blocks[row].0 {
                            ui.label(RichText::new(format!("{byte:02X}")).monospace());
                        }
                    });
                }
            });
    });
    window.settle()?;
    let mut cpu = Vec::new();
    for number in 0..FRAMES {
        let by = if number / 60 % 2 == 0 { -80.0 } else { 80.0 };
        window.wheel(BYTES, by);
        cpu.push(window.frame().cpu * 1e3);
    }
    Ok(cpu)
}

/// How much more memory the window takes with the card than without any.
fn memory_of_window(path: &Path) -> Result<Figure, String> {
    let told = |what: &std::ffi::OsStr| {
        let this = std::env::current_exe().map_err(|error| error.to_string())?;
        let output = std::process::Command::new(this)
            .arg(MEMORY)
            .arg(what)
            .output();
        let output = output.map_err(|error| error.to_string())?;
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        text.parse::<f64>()
            .map_err(|_| String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let empty = told(EMPTY.as_ref())?;
    Ok(Figure {
        name: "memory above an empty window",
        value: told(path.as_os_str())? - empty,
        unit: "MB",
        peer: "the empty window",
        peer_value: empty,
    })
}

/// Tells how much memory a window takes, in megabytes, on the terminal.
pub fn tell_memory(what: &str) -> ExitCode {
    let drawn = match what {
        EMPTY => Window::new(|_: &mut Ui| ()).settle(),
        path => window_with_card(Path::new(path)),
    };
    match drawn.and_then(|()| resident()) {
        Ok(megabytes) => {
            println!("{megabytes}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn window_with_card(path: &Path) -> Result<(), String> {
    let (bench, views) = opened(path)?;
    let mut window = Window::of(Shared(Arc::clone(&bench)));
    at_card_place(&mut window)?;
    let middle = EventId::new(EVENTS as u32 / 2);
    bench.send(Command::ShowMoment(middle));
    wait(&bench, &views, |view| shown(view) == Some(middle))?;
    window.settle()?;
    // Both are kept until the memory was read.
    std::mem::forget(window);
    std::mem::forget(bench);
    Ok(())
}

/// Memory of this process that is in use, in megabytes.
fn resident() -> Result<f64, String> {
    let status = std::fs::read_to_string("/proc/self/status").map_err(|error| error.to_string())?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| {
        line.trim()
            .trim_end_matches("kB")
            .trim()
            .parse::<f64>()
            .ok()
    });
    kilobytes
        .map(|kilobytes| kilobytes / 1e3)
        .ok_or("no VmRSS".into())
}
