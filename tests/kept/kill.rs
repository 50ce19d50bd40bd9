//! The program itself, killed at any moment, and ended by every signal that ends programs.

use super::{Client, PASSPHRASE, Presented, free_file, opened, send_signal, within_patience};
use crate::cli::{Folder, QUICK, program};
use crate::support::{SeededRng, times};
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Long enough for an answer on a busy machine, short enough to notice an end.
const PATIENCE: Duration = Duration::from_millis(50);

/// Presents the file, lets a client write, and kills the program at a random moment. Gives how many changes were answered
/// for.
fn write_and_kill(file: &str, passphrase: Option<(&str, &str)>, rng: &mut SeededRng) -> u32 {
    let more = passphrase.map_or(vec![], |(path, _)| vec!["--passphrase-file", path]);
    let mut presented = Presented::start(file, &more);
    let moment = Duration::from_micros(rng.below(80_000) as u64);
    let address = presented.address;
    let killed = AtomicBool::new(false);
    let client = std::thread::scope(|scope| {
        let writing = scope.spawn(|| {
            let mut client = Client::of(address, PATIENCE);
            while client.write() {}
            // Nothing was heard: that must have been the end, not an answer that came late.
            let mut waited = Duration::ZERO;
            while !killed.load(Ordering::Relaxed) {
                assert!(waited < QUICK, "the card does not answer");
                waited += PATIENCE;
                std::thread::sleep(PATIENCE);
            }
            client
        });
        std::thread::sleep(moment);
        presented.child.kill().expect("our child");
        presented.child.wait().expect("it ends");
        killed.store(true, Ordering::Relaxed);
        writing.join().expect("the client")
    });
    client.check(Path::new(file), passphrase.map(|(_, text)| text));
    client.done
}

#[test]
fn no_write_that_was_answered_for_is_lost_to_a_kill() {
    let mut rng = SeededRng(2026);
    let kills = times(10, 150);
    let mut answered = 0;
    for kill in 0..kills {
        let folder = Folder::new();
        let phrase = folder.with("phrase", PASSPHRASE);
        let sealed = kill % 5 == 4;
        let file = free_file(&folder, "a.card", sealed.then_some(PASSPHRASE));
        let passphrase = sealed.then_some((phrase.as_str(), PASSPHRASE));
        answered += write_and_kill(&file, passphrase, &mut rng);
    }
    eprintln!("{kills} kills, {answered} changes answered for");
    assert!(
        answered > kills as u32,
        "the kills strike while it is written to"
    );
}

#[test]
fn a_kill_while_it_begins_or_ends_leaves_the_card() {
    let mut rng = SeededRng(7);
    let folder = Folder::new();
    let file = free_file(&folder, "a.card", None);
    let before = opened(Path::new(&file), None);
    for kill in 0..times(6, 60) {
        let mut child = program()
            .args(["card", "present", &file, "--save", "--udp", "127.0.0.1:0"])
            .stdout(Stdio::null())
            .spawn()
            .expect("the program runs");
        std::thread::sleep(Duration::from_micros(rng.below(30_000) as u64));
        if kill % 2 == 1 {
            send_signal(&child, "TERM");
            std::thread::sleep(Duration::from_micros(rng.below(60_000) as u64));
        }
        let _ = child.kill();
        let _ = child.wait();
        let after = opened(Path::new(&file), None);
        assert!(after.memory() == before.memory());
        assert_eq!(after.journal().len(), 0);
    }
}

#[test]
fn every_signal_that_ends_programs_ends_it_with_all_kept() {
    let folder = Folder::new();
    for signal in [
        "HUP", "INT", "QUIT", "TERM", "USR1", "USR2", "ALRM", "VTALRM", "PROF", "XCPU", "IO",
    ] {
        let file = free_file(&folder, &format!("{signal}.card"), None);
        let presented = Presented::start(&file, &[]);
        let mut client = Client::of(presented.address, QUICK);
        assert!(client.write() && client.write());
        let (out, err) = presented.stop(signal);
        assert!(out.contains("written back"), "{signal}: {out}");
        assert_eq!(err, "", "{signal}");
        assert_eq!(
            client.check(Path::new(&file), None),
            client.events,
            "{signal}"
        );
    }
}

#[test]
fn signals_that_end_nothing_leave_it_presenting() {
    let folder = Folder::new();
    let file = free_file(&folder, "a.card", None);
    let presented = Presented::start(&file, &[]);
    let mut client = Client::of(presented.address, QUICK);
    for signal in ["PIPE", "WINCH", "CHLD", "URG", "XFSZ"] {
        presented.signal(signal);
        assert!(client.write(), "{signal}");
    }
    presented.stop("TERM");
    client.check(Path::new(&file), None);
}

#[test]
fn a_terminal_that_is_closed_is_outlived_where_that_was_asked_for() {
    let folder = Folder::new();
    let file = free_file(&folder, "a.card", None);
    // What nohup does.
    let run = "trap '' HUP; exec \"$0\" card present \"$1\" --save --udp 127.0.0.1:0";
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", run, env!("CARGO_BIN_EXE_cardwright"), &file]);
    let presented = Presented::run(&mut shell);
    let mut client = Client::of(presented.address, QUICK);
    presented.signal("HUP");
    assert!(client.write(), "it goes on");
    presented.stop("TERM");
    client.check(Path::new(&file), None);
}

#[test]
fn what_reads_alone_ends_by_signals_too() {
    let folder = Folder::new();
    let file = free_file(&folder, "a.card", None);
    let before = std::fs::read(&file).expect("there");
    for signal in ["HUP", "QUIT", "USR1"] {
        let mut command = program();
        command.args(["card", "present", &file, "--udp", "127.0.0.1:0"]);
        let presented = Presented::run(&mut command);
        assert!(Client::of(presented.address, QUICK).write());
        let (out, err) = presented.stop(signal);
        assert_eq!((out.as_str(), err.as_str()), ("", ""), "{signal}");
        assert!(std::fs::read(&file).expect("there") == before);
    }
}

#[test]
fn a_port_that_never_accepts_is_left_when_asked() {
    use rustix::net::{AddressFamily, SocketType, bind, getsockname, listen, socket};
    use std::os::unix::fs::MetadataExt;
    let folder = Folder::new();
    let file = free_file(&folder, "a.card", None);
    // A queue of the shortest length, filled by connections that nobody takes.
    let port = socket(AddressFamily::INET, SocketType::STREAM, None).expect("a socket");
    let any: std::net::SocketAddr = "127.0.0.1:0".parse().expect("an address");
    bind(&port, &any).expect("a free port");
    listen(&port, 0).expect("listening");
    let place = std::net::SocketAddr::try_from(getsockname(&port).expect("bound"));
    let place = place.expect("an internet address");
    let short = Duration::from_millis(200);
    let fills = || std::net::TcpStream::connect_timeout(&place, short);
    let queue: Vec<_> = std::iter::from_fn(|| fills().ok()).take(64).collect();
    assert!(queue.len() < 64, "the queue is full");
    let inode = || std::fs::metadata(&file).expect("there").ino();
    for signal in ["INT", "TERM", "HUP"] {
        let before = inode();
        let mut child = program()
            .args([
                "card",
                "present",
                &file,
                "--save",
                "--vpcd",
                &place.to_string(),
            ])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program runs");
        // It listens to signals before it proves that it can write the file, and then it connects.
        let started = std::time::Instant::now();
        while inode() == before {
            assert!(started.elapsed() < QUICK, "it does not begin");
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_millis(100));
        send_signal(&child, signal);
        assert_eq!(within_patience(&mut child), Some(0), "{signal}");
    }
}
