//! `cardwright keys`: a workspace's key store from the command line.

use crate::cli::{done, refused};
use cardwright::model::demo::Demo;
use cardwright::model::party::KeyRing;
use std::path::Path;

fn line(node: &str, version: u16, key: &str, idm: &str) -> String {
    format!(
        r#"{{"system_code":"0003","node":"{node}","algo":"DES","version":{version},{idm}"key":"{key}"}}"#
    )
}

/// `DEMOKEYA` to `…B`, as digits.
const DEMO_A: &str = "44454D4F4B455941";
const DEMO_B: &str = "44454D4F4B455942";
const LIVE: &str = "0123456789ABCDEF";

/// How many keys the demo's parties have.
fn of_demo() -> usize {
    let demo = Demo::new();
    let rings = [&demo.issuer.ring, &demo.operator.ring];
    let count = |ring: &&KeyRing| ring.iter().count() + ring.iter_aes().count();
    rings.iter().map(count).sum()
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("written");
    path.display().to_string()
}

/// A list of one demo key, written into that folder.
pub fn demo_list(folder: &Path) -> String {
    write(folder, "demo.jsonl", &line("1008", 7, DEMO_A, ""))
}

/// A list of one key that is no demo key.
pub fn live_list(folder: &Path) -> String {
    write(folder, "live.jsonl", &line("1008", 1, LIVE, ""))
}

#[test]
fn a_demo_workspaces_keys_are_listed_added_and_taken_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("demo").display().to_string();
    let place = ["--workspace", &place];
    assert!(refused(&[&["keys", "list"][..], &place].concat(), 1).contains("no such workspace"));
    let idm = r#""idm":"0112233445566778","#;
    let text = [
        line("1008", 7, DEMO_A, ""),
        line("1008", 8, DEMO_B, idm),
        r#"{"system_code":"0003","node":"1008","algo":"AES","version":1,"key":"44454D4F4145534B45594F4654455354"}"#.into(),
    ];
    let list = write(folder.path(), "keys.jsonl", &text.join("\n"));
    let import = [
        &["keys", "import", &list, "--owner", "issuer:test"][..],
        &place,
    ]
    .concat();
    let said = done(&import);
    assert_eq!(
        said,
        "3 keys are new in the key store; 0 were there already.\n"
    );
    assert!(done(&import).starts_with("0 keys are new in the key store; 3 were there already."));
    let listed = done(&[&["keys", "list"][..], &place].concat());
    let names: Vec<&str> = listed.lines().collect();
    assert_eq!(names.len(), of_demo() + 3);
    assert!(names.contains(&"issuer:test/0003/1008/des@7"), "{listed}");
    assert!(
        names.contains(&"card:0112233445566778/0003/1008/des@8"),
        "{listed}"
    );
    assert!(names.contains(&"issuer:test/0003/1008/aes@1"), "{listed}");
    assert!(!listed.contains("KCV"));
    let with_kcv = done(&[&["keys", "list", "--kcv"][..], &place].concat());
    assert!(with_kcv.lines().all(|line| line.contains("/des@")
        && line.contains("  KCV (DES, zeros enciphered) ")
        || line.contains("/aes@") && line.contains("  KCV (AES, CMAC of zeros) ")));
    let name = "issuer:test/0003/1008/des@7";
    let remove = [&["keys", "remove", name][..], &place].concat();
    assert_eq!(done(&remove), format!("{name} is taken out.\n"));
    assert!(refused(&remove, 1).contains("no key of that name"));
    // Another key under a name that is there, and a key that is no demo key.
    let other = write(folder.path(), "other.jsonl", &line("1008", 8, DEMO_A, idm));
    let live = write(folder.path(), "live.jsonl", &line("1008", 9, LIVE, ""));
    for (list, why) in [
        (other, "another key of that name"),
        (live, "demo keys alone"),
    ] {
        let import = ["keys", "import", &list, "--owner", "issuer:test"];
        let said = refused(&[&import[..], &place].concat(), 1);
        assert!(
            said.contains(why) && !said.contains(LIVE) && !said.contains(DEMO_A),
            "{said}"
        );
    }
    assert_eq!(
        done(&[&["keys", "list"][..], &place].concat())
            .lines()
            .count(),
        of_demo() + 2
    );
}

#[test]
fn live_keys_need_a_workspace_with_a_passphrase() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().join("live");
    let place = root.display().to_string();
    let right = write(folder.path(), "right", "correct horse\n");
    let wrong = write(folder.path(), "wrong", "battery staple\n");
    let list = write(folder.path(), "keys.jsonl", &line("1008", 1, LIVE, ""));
    let with = |task: &[&str], secret: &str| -> Vec<String> {
        let store = ["--workspace", &place, "--passphrase-file", secret];
        task.iter().chain(&store).map(ToString::to_string).collect()
    };
    fn texts(all: &[String]) -> Vec<&str> {
        all.iter().map(String::as_str).collect()
    }
    let import = with(&["keys", "import", &list, "--owner", "issuer:test"], &right);
    assert!(done(&texts(&import)).starts_with("1 key is new"));
    let names = done(&texts(&with(&["keys", "list"], &right)));
    assert_eq!(names, "issuer:test/0003/1008/des@1\n");
    let said = refused(&texts(&with(&["keys", "list"], &wrong)), 1);
    assert!(said.contains("passphrase does not open"), "{said}");
    assert!(!said.contains("The cause"), "it is said once: {said}");
    let said = refused(&["keys", "list", "--workspace", &place], 1);
    assert!(said.contains("sealed with a passphrase"), "{said}");
    // The key stands nowhere in the workspace.
    let secret = [0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF];
    let stored = root.join("keys.store");
    for entry in std::fs::read_dir(&root).expect("the workspace") {
        let bytes = std::fs::read(entry.expect("an entry").path()).expect("bytes");
        assert!(!bytes.windows(8).any(|window| window == secret));
        assert!(!String::from_utf8_lossy(&bytes).contains(LIVE));
    }
    let mut bytes = std::fs::read(&stored).expect("the store");
    let at = bytes.len() - 50;
    bytes[at] ^= 1;
    std::fs::write(&stored, &bytes).expect("written");
    let said = refused(&texts(&with(&["keys", "list"], &right)), 4);
    assert!(said.contains("damaged"), "{said}");
    assert!(std::fs::read(&stored).expect("the store") == bytes);
    let owner = ["keys", "import", &list, "--owner", "Nobody"];
    let output = crate::cli::run(&owner);
    assert_eq!(output.status.code(), Some(2));
}

#[cfg(unix)]
#[test]
fn a_list_may_come_through_a_pipe() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("demo").display().to_string();
    let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_cardwright"))
        .args(["keys", "import", "/dev/stdin", "--owner", "issuer:test"])
        .args(["--workspace", &place])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("the program runs");
    let lines = [line("1008", 7, DEMO_A, ""), line("1008", 8, DEMO_B, "")];
    let mut pipe = program.stdin.take().expect("its input");
    std::io::Write::write_all(&mut pipe, lines.join("\n").as_bytes()).expect("taken");
    drop(pipe);
    let output = program.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.starts_with("2 keys are new"), "{said}");
}

#[test]
fn a_folder_that_is_no_workspace_is_not_made_one_by_looking() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().display().to_string();
    write(folder.path(), "letter", "of somebody");
    let right = write(folder.path(), "right", "correct horse\n");
    for task in [&["keys", "list"][..], &["keys", "remove", "any"]] {
        for secret in [&[][..], &["--passphrase-file", &right]] {
            let said = refused(&[task, &["--workspace", &place], secret].concat(), 1);
            assert!(said.contains("no such workspace"), "{said}");
        }
    }
    let left = std::fs::read_dir(folder.path())
        .expect("the folder")
        .count();
    assert_eq!(left, 2);
}
