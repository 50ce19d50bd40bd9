//! Whatever a command writes, every command reads: each way to a file is gone, from ordinary cards and from ones at the
//! edge of what a file can say, and what came of it is shown, converted and presented.

use super::{Client, Presented, free_file};
use crate::cli::{Folder, QUICK, data, run};
use crate::support::{free_card, times};
use cardwright::device::card_file::{MAGIC, write_demo};
use cardwright::device::emulated::EmulatedCard;
use cardwright::device::files;
use cardwright::device::memory::Memory;
use cardwright::model::card::journal::Journal;
use cardwright::model::card::profile::Profile;
use cardwright::model::card::{Block, Idi, NodeCode, Pmi, definition};
use cardwright::model::cipher::DesKey;
use cardwright::model::demo::Demo;
use std::path::Path;

/// Runs a command that makes a file; whether it did. One that did not has left nothing, and said why in one line.
fn makes(file: &str, arguments: &[&str]) -> bool {
    let output = run(arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(0) {
        assert!(Path::new(file).exists(), "{arguments:?}");
        return true;
    }
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(!Path::new(file).exists(), "{arguments:?}");
    false
}

/// Sees that a file that was written is shown, and read by what converts; what that writes is read too. Gives how many
/// files were written.
fn is_read(folder: &Folder, file: &str, open: &[&str], deeper: usize) -> usize {
    let tree = run(&[&["card", "tree", file], open].concat());
    let said = String::from_utf8_lossy(&tree.stderr);
    assert_eq!(tree.status.code(), Some(0), "{file}: {said}");
    if deeper == 0 {
        return 1;
    }
    let mut written = 1;
    for ending in ["card", "json", "nfc", "txt"] {
        let out = folder.name(&format!(
            "{deeper}-{written}-{}.{ending}",
            Path::new(file)
                .file_name()
                .expect("a name")
                .to_string_lossy()
        ));
        let convert = ["card", "convert", file, &out];
        if !makes(&out, &[&convert, open].concat()) {
            continue;
        }
        written += match ending {
            "card" => is_read(folder, &out, open, deeper - 1),
            "txt" => 1,
            _ => is_read(folder, &out, &[], deeper - 1),
        };
    }
    written
}

#[test]
fn whatever_a_command_writes_every_command_reads() {
    let folder = Folder::new();
    let phrase = folder.with("phrase", "correct horse");
    let open = ["--passphrase-file", phrase.as_str()];
    let mut sources: Vec<(String, &[&str])> = Vec::new();
    let mut made = |name: &str, arguments: &[&str], open| {
        let file = folder.name(name);
        assert!(
            makes(&file, &[arguments, &[&file]].concat()),
            "{arguments:?}"
        );
        sources.push((file, open));
    };
    // The largest chip takes its time.
    let profiles = Profile::built_in().into_iter();
    let profiles = profiles.filter(|profile| times(20_000, usize::MAX) > profile.blocks as usize);
    for profile in profiles {
        let (name, kind) = (&profile.name, ["card", "new", "--profile", &profile.name]);
        made(&format!("{name}.card"), &kind, &[]);
        let blank = [&kind[..], &["--blank"]].concat();
        made(&format!("{name}-blank.card"), &blank, &[]);
    }
    made(
        "issued.card",
        &["card", "new", "--blank", "--profile", "small-1k"],
        &[],
    );
    made("demo.card", &["demo", "--out"], &[]);
    made(
        "sealed.card",
        &[&["demo"], &open[..], &["--out"]].concat(),
        &open,
    );
    let issued = folder.name("issued.card");
    assert_eq!(run(&["card", "issue", &issued]).status.code(), Some(0));
    for dump in ["flipper-v2.nfc", "flipper-v4.nfc", "proxmark3.json"] {
        sources.push((data(dump), &[]));
    }
    let killed = free_file(&folder, "killed.card", None);
    let mut presented = Presented::start(&killed, &[]);
    let mut client = Client::of(presented.address, QUICK);
    assert!((0..9).all(|_| client.write()));
    presented.child.kill().expect("our child");
    presented.child.wait().expect("it ends");
    sources.push((killed, &[]));

    let deeper = times(1, 2);
    let written: usize = sources
        .iter()
        .map(|(file, open)| is_read(&folder, file, open, deeper))
        .sum();
    eprintln!("{written} files written and read");
    assert!(written > 4 * sources.len());
}

/// A card file with that title in its header, as it is.
pub fn titled(title: &str) -> Vec<u8> {
    let card = free_card();
    let file = write_demo(card.profile(), card.memory(), &Journal::default()).expect("written");
    let length = u32::from_le_bytes([file[8], file[9], file[10], file[11]]) as usize;
    let (header, body) = file[12..].split_at(length);
    let own = format!("title:\"{}\"", card.profile().title);
    let header = std::str::from_utf8(header).expect("RON");
    let header = header.replace(&own, &format!("title:\"{title}\""));
    let length = (header.len() as u32).to_le_bytes();
    // Version 2 has no checksum that would have to be put right.
    let body = &body[..body.len() - 16];
    [&MAGIC[..], &[2], &length, header.as_bytes(), body].concat()
}

#[test]
fn a_title_however_long_is_written_so_that_it_is_read_or_not_at_all() {
    let folder = Folder::new();
    let mut outcomes = Vec::new();
    for (at, count) in [1, 600, 3_000, 20_000, 60_000].into_iter().enumerate() {
        // As it stands it is one byte a character; written, it is escaped.
        let file = folder.with(&format!("{at}.card"), titled(&"\u{1b}".repeat(count)));
        let tree = run(&["card", "tree", &file]);
        assert_eq!(tree.status.code(), Some(0), "{count}");
        let out = folder.name(&format!("{at}-out.card"));
        let is_made = makes(&out, &["card", "convert", &file, &out]);
        if is_made {
            is_read(&folder, &out, &[], 1);
        }
        outcomes.push(is_made);
    }
    assert_eq!(outcomes, [true, true, true, false, false]);
}

/// A card of areas that are each in the one before, the last with a service.
fn nested(areas: u16) -> EmulatedCard {
    let profile = Profile::named("transit-16k").expect("built in");
    let key = DesKey::new(*b"DEMONODE");
    let last = profile.blocks as usize - 1;
    let mut data = vec![Block::ERASED; profile.blocks as usize];
    let demo = Demo::new();
    let code = cardwright::model::card::SystemCode(0x0003);
    data[last] = definition::manufacture(demo.idm, profile.pmm);
    data[last - 1] = definition::issuance(Idi([1; 8]), Pmi([2; 8]));
    data[last - 2] = definition::system(code, 1, &key, profile.blocks);
    for area in 0..areas {
        let room = areas - area + 2;
        let end = NodeCode::AREA_0_END;
        data[last - 3 - area as usize] = definition::area(NodeCode(area << 6), end, room, 1, &key);
    }
    let service = (areas - 1) << 6 | 0x09;
    let service = cardwright::model::card::ServiceCode::new(service).expect("a service");
    data[last - 3 - areas as usize] = definition::service(service, 0, 1, 1, &key);
    let memory = Memory::new(data, &profile);
    EmulatedCard::new(profile, memory).expect("a card")
}

#[test]
fn areas_however_deep_are_written_so_that_they_are_read_or_not_at_all() {
    let folder = Folder::new();
    for areas in [2, 15, 16, 17, 18, 40, 400, 1000] {
        let name = format!("{areas}.card");
        files::save(&folder.path(&name), &nested(areas), None).expect("saved");
        let written = is_read(&folder, &folder.name(&name), &[], 1);
        assert!(
            written >= 3,
            "{areas}: itself, another card and a text at least"
        );
    }
}
