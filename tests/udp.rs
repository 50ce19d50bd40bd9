//! The UDP link that other software reaches a card by.

use crate::dump::{V4, read};
use crate::fake_card::FakeCard;
use cardwright::device::udp::{Present, UdpServer};
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Long enough for any answer, and for silence to be told from slowness.
const PATIENCE: Duration = Duration::from_secs(10);

/// Presents `card` while `talk` runs, and stops.
pub fn with_card<R>(card: &mut (dyn Present + Send), talk: impl FnOnce(SocketAddr) -> R) -> R {
    /// Stops the server however `talk` ends.
    struct Stop<'a>(&'a AtomicBool);
    impl Drop for Stop<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    let mut server = UdpServer::bind("127.0.0.1:0").expect("a free port");
    let address = server.local_addr().expect("an address");
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let serving = scope.spawn(|| server.serve(card, &stop));
        let result = {
            let _stop = Stop(&stop);
            talk(address)
        };
        serving
            .join()
            .expect("the server does not panic")
            .expect("the socket works");
        result
    })
}

struct Reader(UdpSocket);

impl Reader {
    fn at(card: SocketAddr) -> Reader {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        socket.connect(card).expect("loopback");
        socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        Reader(socket)
    }

    fn send(&self, datagram: &[u8]) {
        self.0.send(datagram).expect("loopback");
    }

    fn hear(&self) -> String {
        let mut buffer = [0; 2048];
        let length = self.0.recv(&mut buffer).expect("an answer");
        String::from_utf8(buffer[..length].to_vec()).expect("ASCII")
    }
}

fn card() -> FakeCard {
    FakeCard::new(read(V4))
}

const POLL: &[u8] = b"212F 0600FFFF0100";
const POLLED: &str = "212F 14010112C45A77019E300320FFFFFFFFFFFF9001";

#[test]
fn a_frame_is_answered_to_its_sender() {
    with_card(&mut card(), |address| {
        let (one, other) = (Reader::at(address), Reader::at(address));
        one.send(POLL);
        assert_eq!(one.hear(), POLLED);
        other.send(b"424F 0600a0b10000");
        assert_eq!(other.hear(), "424F 12011112C45A77019E300320FFFFFFFFFFFF");
        // Request System Code of the system that was polled last.
        one.send(b"212F 0a0c1112c45a77019e30");
        assert_eq!(one.hear(), "212F 0F0D1112C45A77019E30029001A0B1");
    });
}

#[test]
fn noise_is_ignored_and_other_cards_polls_too() {
    let long = format!("212F {}", "00".repeat(600));
    let noise: Vec<&[u8]> = vec![
        b"",
        b" ",
        b"212F",
        b"212F ",
        b"212F 0",
        b"212F 0600FFFF01",
        b"212F 0700FFFF0100",
        b"212F 0600FFFF010G",
        b"212F 00",
        b"212F 01",
        b"106A 26",
        b"106B 050010",
        b"212A 0600FFFF0100",
        b"XXXX 0600FFFF0100",
        b"0600FFFF0100",
        b"\xFF\xFE\x00\x01",
        "212F ０６００ＦＦＦＦ０１００".as_bytes(),
        long.as_bytes(),
    ];
    with_card(&mut card(), |address| {
        let reader = Reader::at(address);
        for datagram in noise {
            reader.send(datagram);
        }
        // Datagrams between two sockets on loopback keep their order: the first answer heard is this one's.
        reader.send(POLL);
        assert_eq!(reader.hear(), POLLED);
    });
}

#[test]
fn a_silent_card_sends_nothing() {
    with_card(&mut card(), |address| {
        let reader = Reader::at(address);
        // No such system; another card's IDm; a command it does not know.
        reader.send(b"212F 060012340100");
        reader.send(b"212F 0A0C0102030405060708");
        reader.send(b"212F 0ACC0112C45A77019E30");
        reader.send(POLL);
        assert_eq!(reader.hear(), POLLED);
    });
}

#[test]
fn the_card_loses_power_with_the_field_and_when_it_is_taken_away() {
    let mut card = card();
    with_card(&mut card, |address| {
        let reader = Reader::at(address);
        reader.send(POLL);
        reader.hear();
        reader.send(b"RFOFF");
        reader.send(POLL);
        reader.hear();
    });
    // Before it comes into the field, when the reader says so, and when it is taken away.
    assert_eq!(card.field_off, 3);
}

#[test]
fn it_stops_when_told() {
    let mut card = card();
    let told = with_card(&mut card, |_| Instant::now());
    // A tenth of a second is promised; a busy machine may take its time.
    assert!(
        told.elapsed() < Duration::from_secs(2),
        "{:?}",
        told.elapsed()
    );
}

#[test]
fn a_reader_that_left_does_not_end_the_service() {
    with_card(&mut card(), |address| {
        for _ in 0..20 {
            Reader::at(address).send(POLL);
        }
        let reader = Reader::at(address);
        reader.send(POLL);
        assert_eq!(reader.hear(), POLLED);
    });
}
