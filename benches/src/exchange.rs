//! Reader and card in one process: frames in, frames out, with both sides' ciphers.

use crate::cards::{
    self, AREA, AREA_KEY, CONTENT, FREE, IDM, KEYED, SERVICE_KEY, SYSTEM, SYSTEM_KEY,
};
use crate::report::Figure;
use crate::turns::seconds_each;
use cardwright::device::emulated::EmulatedCard;
use cardwright::device::system::SystemRng;
use cardwright::device::udp::Present;
use cardwright::model::card::{Block, Idm, NodeCode, SystemCode};
use cardwright::model::cipher::DesKey;
use cardwright::model::command::{BlockElement, Request, SecureRequest, SecureResponse};
use cardwright::model::party::{KeyName, KeyNode, KeyRing, KeySam, Policy};
use cardwright::model::port::AuthTarget;
use cardwright::model::reader::Reader;
use felica::felica_standard::{
    FelicaStandardEmulator, Type3TagPollingResult, generate_service_keys_des,
};
use felica::{DriverError, FelicaDriver, FelicaStandard, RemoteTarget};
use std::hint::black_box;

const PEER: &str = "felica";

/// The peer's client on the peer's card.
struct PeerLink<'a>(&'a mut FelicaStandardEmulator);

impl FelicaDriver for PeerLink<'_> {
    fn detect_type_f(
        &mut self,
        _: &RemoteTarget,
        system_code: u16,
        request_code: u8,
        _: u8,
    ) -> Result<Type3TagPollingResult, DriverError> {
        let polled = self.0.polling_response(system_code, request_code);
        polled.ok_or_else(|| DriverError::other("silent"))
    }

    fn transceive(
        &mut self,
        _: &RemoteTarget,
        frame: &[u8],
        _: Option<u16>,
    ) -> Result<Vec<u8>, DriverError> {
        let answer = self.0.handle_frame(frame);
        answer.ok_or_else(|| DriverError::other("silent"))
    }
}

/// One block of a service without a key a command: the same frame to either card.
pub fn plain_reads() -> Result<Vec<Figure>, String> {
    let (mut ours, mut peer) = (cards::ours()?, cards::peers()?);
    let request = Request::ReadPlain {
        idm: Idm(IDM),
        services: vec![NodeCode(FREE)],
        blocks: vec![BlockElement::normal(0, 3)],
    };
    let frame = request.encode().map_err(|error| error.to_string())?;
    let frame = frame.as_bytes();
    let (answer, peers) = (ours.answer(frame), peer.handle_frame(frame));
    if answer.is_none() || answer != peers {
        return Err(format!(
            "the cards answer differently: {answer:02X?}, {peers:02X?}"
        ));
    }
    let (our_seconds, peer_seconds) = seconds_each(
        100_000,
        |times| {
            (0..times).try_for_each(|_| {
                black_box(ours.answer(black_box(frame)))
                    .map(|_| ())
                    .ok_or("silent".to_string())
            })
        },
        |times| {
            (0..times).try_for_each(|_| {
                black_box(peer.handle_frame(black_box(frame)))
                    .map(|_| ())
                    .ok_or("silent".to_string())
            })
        },
    )?;
    Ok(vec![rate(
        "plain reads of one block",
        "reads/s",
        our_seconds,
        peer_seconds,
    )])
}

/// Polling, then mutual authentication for an area and a service.
pub fn sessions() -> Result<Vec<Figure>, String> {
    let (mut card, mut peers) = (cards::ours()?, cards::peers()?);
    let mut sam = sam();
    let (ours, peer) = seconds_each(
        5_000,
        |times| {
            (0..times).try_for_each(|_| {
                Present::field_off(&mut card);
                let mut reader = Reader::new(&mut card);
                open(&mut reader, &mut sam)
            })
        },
        |times| {
            (0..times).try_for_each(|_| {
                peers.power_off();
                peer_session(&mut PeerLink(&mut peers), |_| Ok(()))
            })
        },
    )?;
    Ok(vec![rate(
        "polling and mutual authentication",
        "sessions/s",
        ours,
        peer,
    )])
}

/// One block written inside a session and read back there.
pub fn secured_writes() -> Result<Vec<Figure>, String> {
    let (mut card, mut peers) = (cards::ours()?, cards::peers()?);
    let mut sam = sam();
    let (ours, peer) = seconds_each(
        5_000,
        |times| our_writes(&mut card, &mut sam, times),
        |times| {
            peers.power_off();
            peer_session(&mut PeerLink(&mut peers), |card| peer_writes(card, times))
        },
    )?;
    Ok(vec![rate(
        "secured write and read-back",
        "writes/s",
        ours,
        peer,
    )])
}

fn our_writes(card: &mut EmulatedCard, sam: &mut KeySam, times: u32) -> Result<(), String> {
    Present::field_off(card);
    let mut reader = Reader::new(card);
    open(&mut reader, sam)?;
    for n in 0..times {
        let (at, data) = (BlockElement::normal(0, (n % 8) as u16), block(n));
        let write = SecureRequest::Write {
            blocks: vec![at],
            data: vec![Block(data)],
        };
        reader
            .secure(sam, &write)
            .map_err(|error| error.to_string())?;
        let read = reader.secure(sam, &SecureRequest::Read { blocks: vec![at] });
        match read.map_err(|error| error.to_string())? {
            SecureResponse::Read { data: read, .. } if read == [Block(data)] => {}
            _ => return Err("our card did not keep what was written".into()),
        }
    }
    Ok(())
}

fn peer_writes(card: &mut FelicaStandard<PeerLink>, times: u32) -> Result<(), String> {
    for n in 0..times {
        let (at, data) = (
            [felica::BlockListElement::new((n % 8) as u16, 0, 0)],
            block(n),
        );
        card.write(&at, &data).map_err(|error| error.to_string())?;
        if card.read(&at).map_err(|error| error.to_string())? != [data] {
            return Err("the peer's card did not keep what was written".into());
        }
    }
    Ok(())
}

/// Another content for each write.
fn block(n: u32) -> [u8; 16] {
    let mut block = CONTENT;
    block[12..].copy_from_slice(&n.to_le_bytes());
    block
}

fn sam() -> KeySam {
    let key = |node, bytes| {
        let name = KeyName {
            owner: "issuer:bench".into(),
            system: SystemCode(SYSTEM),
            node: KeyNode::Node(node),
            version: 1,
        };
        (name, DesKey::new(bytes))
    };
    let ring = KeyRing::new([
        key(NodeCode::SYSTEM, SYSTEM_KEY),
        key(NodeCode(AREA), AREA_KEY),
        key(NodeCode(KEYED), SERVICE_KEY),
    ]);
    KeySam::new(ring, Policy::Owner)
}

fn open(reader: &mut Reader, sam: &mut KeySam) -> Result<(), String> {
    let polled = reader
        .poll(SystemCode(SYSTEM))
        .map_err(|error| error.to_string())?;
    let target = AuthTarget {
        idm: polled.idm,
        system: SystemCode(SYSTEM),
        areas: vec![NodeCode(AREA)],
        services: vec![NodeCode(KEYED)],
    };
    let opened = reader.authenticate(sam, &target, &mut SystemRng);
    opened.map(|_| ()).map_err(|error| error.to_string())
}

fn peer_session<'a>(
    link: &'a mut PeerLink<'a>,
    then: impl FnOnce(&mut FelicaStandard<PeerLink<'a>>) -> Result<(), String>,
) -> Result<(), String> {
    let (mut card, _) =
        FelicaStandard::polling(link, "212F", SYSTEM, 0, 0).map_err(|error| error.to_string())?;
    let (group, user) = generate_service_keys_des(&SYSTEM_KEY, &[AREA_KEY], &[SERVICE_KEY]);
    let services = [felica::ServiceCode::new(KEYED)];
    card.mutual_authentication(&[AREA], &services, &group, &user)
        .map_err(|error| error.to_string())?;
    then(&mut card)
}

fn rate(name: &'static str, unit: &'static str, ours: f64, peer: f64) -> Figure {
    Figure {
        name,
        value: 1.0 / ours,
        unit,
        peer: PEER,
        peer_value: 1.0 / peer,
    }
}
