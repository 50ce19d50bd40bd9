//! Commands through the machine's PC/SC service and its virtual reader: program, service, driver, card, and back.
//!
//! The service is started when none runs, so this needs pcscd and vsmartcard-vpcd (`make bench` installs them), and
//! as a rule root.

use crate::cards::{self, FREE, IDM};
use crate::report::Figure;
use crate::turns::quantile;
use cardwright::device::udp::Present;
use cardwright::device::vpcd::VpcdCard;
use cardwright::model::card::{Idm, NodeCode};
use cardwright::model::command::{BlockElement, Request};
use pcsc::{Card, Context, Protocols, Scope, ShareMode};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const DRIVER: &str = "127.0.0.1:35963";
const READER: &std::ffi::CStr = c"Virtual PCD 00 00";
const PEER: &str = "bare card, one answer to all";
const PATIENCE: Duration = Duration::from_secs(20);
/// Commands of one turn, and turns of each side.
const COMMANDS: usize = 20_000;
const TURNS: usize = 3;

/// Ended when dropped, if it was started here.
struct Service(Option<Child>);

impl Drop for Service {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            let _ = kill_process(Pid::from_child(child), Signal::TERM);
            let _ = child.wait();
        }
    }
}

/// Commands a second, and the median and 99th percentile of one command's time in microseconds.
pub fn commands() -> Result<Vec<Figure>, String> {
    let _service = service()?;
    let request = Request::ReadPlain {
        idm: Idm(IDM),
        services: vec![NodeCode(FREE)],
        blocks: vec![BlockElement::normal(0, 3)],
    };
    let frame = request.encode().map_err(|error| error.to_string())?;
    let frame = frame.as_bytes();
    let apdu = [&[0xFF, 0, 0, 0, frame.len() as u8], frame].concat();
    let mut card = cards::ours()?;
    let answer = card.answer(frame).ok_or("our card is silent")?;
    let (mut ours, mut peer) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        ours.extend(with_ours(&mut card, || measure(&apdu))?);
        peer.extend(with_bare(&answer, || measure(&apdu))?);
    }
    let figure = |name, unit, value: &dyn Fn(&[f64]) -> f64| Figure {
        name,
        value: value(&ours),
        unit,
        peer: PEER,
        peer_value: value(&peer),
    };
    let micros = |part: f64| move |all: &[f64]| quantile(all.to_vec(), part) * 1e6;
    Ok(vec![
        figure("commands through vpcd", "commands/s", &|all| {
            all.len() as f64 / all.iter().sum::<f64>()
        }),
        figure("a command through vpcd, median", "µs", &micros(0.5)),
        figure("a command through vpcd, p99", "µs", &micros(0.99)),
    ])
}

fn service() -> Result<Service, String> {
    if Context::establish(Scope::User).is_ok() {
        return Ok(Service(None));
    }
    let child = Command::new("pcscd")
        .arg("--foreground")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let service = Service(Some(
        child.map_err(|error| format!("pcscd does not start: {error}"))?,
    ));
    wait_for("pcscd does not answer", || {
        Context::establish(Scope::User).ok()
    })?;
    Ok(service)
}

fn wait_for<T>(trouble: &str, mut look: impl FnMut() -> Option<T>) -> Result<T, String> {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return Ok(found);
        }
        if started.elapsed() > PATIENCE {
            return Err(trouble.into());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Lets our card lie on the reader while `measure` runs.
fn with_ours<R>(
    card: &mut cardwright::device::emulated::EmulatedCard,
    measure: impl FnOnce() -> Result<R, String>,
) -> Result<R, String> {
    let mut link = wait_for("no virtual reader", || VpcdCard::connect(DRIVER).ok())?;
    let stop = AtomicBool::new(false);
    let result = std::thread::scope(|scope| {
        let serving = scope.spawn(|| link.serve(card, &stop));
        let result = measure();
        stop.store(true, Ordering::Relaxed);
        let served = serving
            .join()
            .map_err(|_| "the link broke off".to_string())?;
        served.map_err(|error| error.to_string())?;
        result
    });
    left();
    result
}

/// The same for a card that gives `answer` to every command.
fn with_bare<R>(answer: &[u8], measure: impl FnOnce() -> Result<R, String>) -> Result<R, String> {
    let stream = wait_for("no virtual reader", || TcpStream::connect(DRIVER).ok())?;
    let closing = stream.try_clone().map_err(|error| error.to_string())?;
    let reply = [answer, &[0x90, 0x00]].concat();
    let result = std::thread::scope(|scope| {
        scope.spawn(move || bare_card(stream, &reply));
        let result = measure();
        let _ = closing.shutdown(std::net::Shutdown::Both);
        result
    });
    left();
    result
}

/// The service looks for cards every 0.4 s: only then has it seen that one left.
fn left() {
    std::thread::sleep(Duration::from_millis(900));
}

fn bare_card(mut stream: TcpStream, reply: &[u8]) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut buffer = [0; 65_535];
    loop {
        let mut length = [0; 2];
        rustix::net::sockopt::set_tcp_quickack(&stream, true).ok()?;
        stream.read_exact(&mut length).ok()?;
        let message = &mut buffer[..u16::from_be_bytes(length).into()];
        rustix::net::sockopt::set_tcp_quickack(&stream, true).ok()?;
        stream.read_exact(message).ok()?;
        let answer: &[u8] = match message {
            [4] => &cardwright::model::apdu::ATR,
            [_] | [] => continue,
            _ => reply,
        };
        let length = (answer.len() as u16).to_be_bytes();
        stream.write_all(&[&length, answer].concat()).ok()?;
    }
}

/// Seconds of each of the commands, one after the other.
fn measure(apdu: &[u8]) -> Result<Vec<f64>, String> {
    let card = wait_for("the service does not see the card", connect)?;
    let mut buffer = [0; pcsc::MAX_BUFFER_SIZE];
    let mut seconds = Vec::with_capacity(COMMANDS);
    for _ in 0..COMMANDS {
        let started = Instant::now();
        let answer = card
            .transmit(apdu, &mut buffer)
            .map_err(|error| error.to_string())?;
        seconds.push(started.elapsed().as_secs_f64());
        if !answer.ends_with(&[0x90, 0x00]) {
            return Err(format!("the card answered {answer:02X?}"));
        }
    }
    Ok(seconds)
}

fn connect() -> Option<Card> {
    let context = Context::establish(Scope::User).ok()?;
    context
        .connect(READER, ShareMode::Exclusive, Protocols::ANY)
        .ok()
}
