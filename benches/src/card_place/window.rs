//! A window without a screen: events in, frames out, and what a frame costs.

use cardwright::ui::app::{App, Bench};
use cardwright::workbench::view::View;
use cardwright::workbench::{Command, Workbench};
use eframe::egui::{
    Context, Event, Key, Modifiers, MouseWheelSource, MouseWheelUnit, PointerButton, Pos2,
    RawInput, Rect, TouchPhase, Ui, Vec2, ViewportId, pos2, vec2,
};
use std::sync::Arc;
use std::time::Duration;

/// Size of the window, in points.
pub const SIZE: Vec2 = vec2(1600.0, 1000.0);

/// A workbench that the window shares with what measures it.
#[derive(Clone)]
pub struct Shared(pub Arc<Workbench>);

impl Bench for Shared {
    fn send(&self, command: Command) {
        self.0.send(command);
    }

    fn view(&self) -> Arc<View> {
        self.0.view()
    }
}

/// A window that draws something.
pub struct Window<'a> {
    ctx: Context,
    draw: Box<dyn FnMut(&mut Ui) + 'a>,
    events: Vec<Event>,
    /// Seconds.
    time: f64,
}

/// What one frame was.
pub struct Frame {
    /// Processor time of it, ui and tessellation, in seconds.
    pub cpu: f64,
    /// When the window wants the next.
    pub next: Duration,
}

impl<'a> Window<'a> {
    /// A window that draws that, with the program's fonts and style.
    pub fn new(draw: impl FnMut(&mut Ui) + 'a) -> Window<'a> {
        let ctx = Context::default();
        cardwright::ui::theme::install(&ctx);
        Window {
            ctx,
            draw: Box::new(draw),
            events: Vec::new(),
            time: 0.0,
        }
    }

    /// The program's window onto a workbench.
    pub fn of(bench: Shared) -> Window<'a> {
        let ctx = Context::default();
        // What the program is given by eframe, without a screen.
        let cc = eframe::CreationContext::_new_kittest(ctx.clone());
        let mut app = App::new(&cc, Box::new(bench));
        let mut frame = eframe::Frame::_new_kittest();
        let draw = move |ui: &mut Ui| {
            use eframe::App as _;
            app.logic(ui.ctx(), &mut frame);
            app.ui(ui, &mut frame);
        };
        Window {
            ctx,
            ..Window::new(draw)
        }
    }

    /// Draws one frame, a sixtieth of a second after the last.
    pub fn frame(&mut self) -> Frame {
        self.time += 1.0 / 60.0;
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, SIZE)),
            time: Some(self.time),
            events: std::mem::take(&mut self.events),
            ..RawInput::default()
        };
        let started = cpu();
        let output = self.ctx.run_ui(input, &mut self.draw);
        let shapes = self.ctx.tessellate(output.shapes, output.pixels_per_point);
        let cpu = cpu() - started;
        std::hint::black_box(shapes);
        let root = output.viewport_output.get(&ViewportId::ROOT);
        Frame {
            cpu,
            next: root.map_or(Duration::MAX, |root| root.repaint_delay),
        }
    }

    /// Draws frames until none is wanted. Fails when that does not happen.
    pub fn settle(&mut self) -> Result<(), String> {
        for _ in 0..600 {
            if self.frame().next == Duration::MAX {
                return Ok(());
            }
        }
        Err("the window never rests".into())
    }

    /// The pointer is there from the next frame on.
    pub fn point(&mut self, at: Pos2) {
        self.events.push(Event::PointerMoved(at));
    }

    /// Presses the pointer there, or lets go.
    pub fn press(&mut self, at: Pos2, pressed: bool) {
        self.point(at);
        let modifiers = Modifiers::NONE;
        let button = PointerButton::Primary;
        self.events.push(Event::PointerButton {
            pos: at,
            button,
            pressed,
            modifiers,
        });
    }

    /// Turns the wheel there, by so many points.
    pub fn wheel(&mut self, at: Pos2, by: f32) {
        self.point(at);
        self.events.push(Event::MouseWheel {
            unit: MouseWheelUnit::Point,
            delta: vec2(0.0, by),
            phase: TouchPhase::Move,
            source: MouseWheelSource::Wheel,
            modifiers: Modifiers::NONE,
        });
    }

    /// Presses a key.
    pub fn key(&mut self, modifiers: Modifiers, key: Key) {
        let event = |pressed| Event::Key {
            key,
            physical_key: None,
            pressed,
            repeat: false,
            modifiers,
        };
        self.events.extend([event(true), event(false)]);
    }
}

/// The ruler of the time line, at a part of its width.
pub fn on_ruler(part: f32) -> Pos2 {
    let (left, right) = (56.0 + 312.0 + 16.0, SIZE.x - 16.0);
    pos2(left + (right - left) * part, SIZE.y - 24.0 - 40.0)
}

/// Processor time of this thread so far, in seconds.
fn cpu() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}
