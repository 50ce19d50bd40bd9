//! A card that is presented with `--save`: what a client was told is written is in the file, however the program ends
//! and whatever becomes of the file meanwhile.

mod kill;
mod place;
pub mod read_again;
mod tail;

use crate::cli::{Folder, QUICK, program};
use crate::support::free_card;
use cardwright::device::card_file::{MAGIC, Passphrase};
use cardwright::device::emulated::EmulatedCard;
use cardwright::device::files::{self, Opened};
use cardwright::model::card::journal::Journal;
use cardwright::model::card::{Block, Idm, ServiceCode};
use cardwright::model::command::Frame;
use cardwright::model::hex;
use cardwright::model::port::{CardLink, LinkError, Touch};
use cardwright::model::reader::{BlockAccess, Change, Outcome, Reader};
use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

const PASSPHRASE: &str = "correct horse";

/// The program, presenting a card; killed when dropped.
pub struct Presented {
    child: Child,
    pub address: SocketAddr,
    out: BufReader<ChildStdout>,
    err: BufReader<ChildStderr>,
}

impl Presented {
    /// Presents a file with `--save`, and waits until it does.
    pub fn start(file: &str, more: &[&str]) -> Presented {
        let mut command = program();
        command.args(["card", "present", file, "--save", "--udp", "127.0.0.1:0"]);
        Presented::run(command.args(more))
    }

    /// Runs the command, which presents a card.
    fn run(command: &mut Command) -> Presented {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program runs");
        let mut out = BufReader::new(child.stdout.take().expect("piped"));
        let mut err = BufReader::new(child.stderr.take().expect("piped"));
        let mut line = String::new();
        out.read_line(&mut line).expect("a line");
        let address = line
            .split("udp:")
            .nth(1)
            .and_then(|rest| rest.split(' ').next()?.parse().ok());
        let address = address.unwrap_or_else(|| {
            let mut said = String::new();
            let _ = err.read_to_string(&mut said);
            panic!("where it listens: {line:?} {said}")
        });
        Presented {
            child,
            address,
            out,
            err,
        }
    }

    pub fn signal(&self, signal: &str) {
        send_signal(&self.child, signal);
    }

    /// Waits for its end; gives its exit code, and what it said on both outputs.
    pub fn end(mut self) -> (Option<i32>, String, String) {
        let status = within_patience(&mut self.child);
        let (mut out, mut err) = (String::new(), String::new());
        self.out.read_to_string(&mut out).expect("UTF-8");
        self.err.read_to_string(&mut err).expect("UTF-8");
        (status, out, err)
    }

    /// Asks it to end, which it must do in good order; gives what it said on both outputs.
    fn stop(self, signal: &str) -> (String, String) {
        self.signal(signal);
        let (code, out, err) = self.end();
        assert_eq!(code, Some(0), "{signal}: {out}{err}");
        (out, err)
    }
}

impl Drop for Presented {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a signal by its name. Every shell can.
fn send_signal(child: &Child, signal: &str) {
    let kill = format!("kill -s {signal} {}", child.id());
    let sent = Command::new("sh").args(["-c", &kill]).status();
    assert!(sent.expect("sh runs").success(), "{signal}");
}

/// The exit code of a program that must end by itself.
fn within_patience(child: &mut Child) -> Option<i32> {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("our child") {
            return status.code();
        }
        assert!(started.elapsed() < QUICK, "it does not end");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A way to a presented card, as nfcpy has it.
pub struct UdpLink {
    socket: UdpSocket,
    touch: Touch,
}

impl UdpLink {
    /// `patience` is how long an answer is waited for.
    pub fn to(card: SocketAddr, patience: Duration) -> UdpLink {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        socket.connect(card).expect("loopback");
        socket.set_read_timeout(Some(patience)).expect("a timeout");
        let touch = Touch(1);
        UdpLink { socket, touch }
    }
}

impl CardLink for UdpLink {
    /// Nothing that is heard may be the card's silence or its end.
    fn transceive(&mut self, frame: &Frame) -> Result<Option<Frame>, LinkError> {
        let gone = |_| LinkError::CardGone;
        let asked = format!("212F {}", hex::plain(frame.as_bytes()));
        self.socket.send(asked.as_bytes()).map_err(gone)?;
        let mut buffer = [0; 1024];
        let length = self.socket.recv(&mut buffer).map_err(gone)?;
        let text = std::str::from_utf8(&buffer[..length]).expect("ASCII");
        let digits = text.strip_prefix("212F ").expect("our rate");
        let answer = hex::parse(digits).and_then(|bytes| Frame::parse(&bytes).ok());
        Ok(Some(answer.expect("a frame")))
    }

    fn field_off(&mut self) {
        let _ = self.socket.send(b"RFOFF");
        self.touch.0 += 1;
    }

    fn touch(&self) -> Touch {
        self.touch
    }
}

/// What a client writes, one change a command: random blocks, a ring, a purse.
fn change(number: u32) -> Change {
    let block = Block((u128::from(number) << 64 | 0x5AA5).to_le_bytes());
    let service = |code| ServiceCode::new(code).expect("a service");
    match number % 3 {
        0 => Change::Set {
            service: service(0x2089),
            number: (number % 2) as u16,
            block,
        },
        1 => Change::Push {
            service: service(0x200D),
            block,
        },
        _ => Change::Set {
            service: service(0x2051),
            number: 1,
            block,
        },
    }
}

/// Makes a change over a link, with our own reader.
fn make(link: &mut dyn CardLink, idm: Idm, change: &Change) -> Outcome {
    let mut reader = Reader::new(link);
    let mut plain = reader.plain(idm);
    match plain.plan(std::slice::from_ref(change)) {
        Ok(plan) => plain.write(&plan),
        Err(error) => Outcome::NotDone(error),
    }
}

/// A client, and what must be in the file of what it wrote: a second card has the same done to it.
struct Client {
    link: UdpLink,
    mirror: EmulatedCard,
    idm: Idm,
    /// Changes that the card answered for.
    done: u32,
    /// Events of the mirror then, and those of a change that nothing is known of.
    events: usize,
    open: Option<usize>,
}

impl Client {
    fn of(address: SocketAddr, patience: Duration) -> Client {
        let mirror = free_card();
        let idm = mirror.image().expect("a card").systems[0].idm;
        Client {
            link: UdpLink::to(address, patience),
            mirror,
            idm,
            done: 0,
            events: 0,
            open: None,
        }
    }

    /// Makes the next change; whether the card answered for it.
    fn write(&mut self) -> bool {
        let change = change(self.done);
        let outcome = make(&mut self.mirror, self.idm, &change);
        assert_eq!(outcome, Outcome::Done, "on the mirror");
        let events = self.mirror.journal().len();
        if make(&mut self.link, self.idm, &change) != Outcome::Done {
            self.open = Some(events);
            return false;
        }
        (self.done, self.events) = (self.done + 1, events);
        true
    }

    /// Sees that a file holds what was answered for, or the change besides of which nothing is known, and nothing
    /// else; of that also which it is.
    fn check(&self, file: &Path, passphrase: Option<&str>) -> usize {
        let card = opened(file, passphrase);
        let events = card.journal().len();
        assert!(
            events == self.events || Some(events) == self.open,
            "{events} events of {} answered for and {:?}",
            self.events,
            self.open
        );
        let told = |journal: &Journal| {
            let all = journal.events().take(events);
            let facts = all.map(|(_, e)| (e.address, e.before, e.after));
            facts.collect::<Vec<_>>()
        };
        assert_eq!(told(card.journal()), told(self.mirror.journal()));
        let mut data = free_card().memory().data().to_vec();
        for (address, _, after) in told(self.mirror.journal()) {
            data[address as usize] = after;
        }
        assert!(card.memory().data() == data, "the memory is the journal's");
        events
    }
}

/// The card in a file.
pub fn opened(file: &Path, passphrase: Option<&str>) -> EmulatedCard {
    let passphrase = passphrase.map(|text| Passphrase::new(text.into()));
    match files::open(file, passphrase.as_ref()).expect("opened") {
        Opened::Card { card, .. } => *card,
        Opened::Dump(_) => panic!("a card"),
    }
}

/// Writes the card whose services need no key to a file of that name: sealed if a passphrase is given, else as version 2
/// had it.
fn free_file(folder: &Folder, name: &str, passphrase: Option<&str>) -> String {
    let sealed = passphrase.map(|text| Passphrase::new(text.into()));
    files::save(&folder.path(name), &free_card(), sealed.as_ref()).expect("saved");
    if sealed.is_some() {
        return folder.name(name);
    }
    let mut file = std::fs::read(folder.path(name)).expect("there");
    file[MAGIC.len()] = 2;
    // It had no checksum yet.
    file.truncate(file.len() - 16);
    folder.with(name, file)
}
