//! What the tests of the core share: a demo card that was issued by commands, a division that runs on it, and
//! randomness and time that are the same on every run.

use cardwright::device::emulated::EmulatedCard;
use cardwright::device::memory::Memory;
use cardwright::model::card::profile::Profile;
use cardwright::model::card::{
    Block, Idi, Idm, NodeCode, Pmi, ServiceCode, SystemCode, definition,
};
use cardwright::model::chip::factory_image;
use cardwright::model::cipher::DesKey;
use cardwright::model::demo::Demo;
use cardwright::model::flow::divide::{Cast, Divided, divide, table};
use cardwright::model::flow::issue::{self, IssuingDesk};
use cardwright::model::flow::log::{Intents, LogEntry, MemoryLog, Recording};
use cardwright::model::flow::{Halt, Stage};
use cardwright::model::message::Message;
use cardwright::model::party::{KeyName, KeyNode, KeyRing};
use cardwright::model::port::{CardLink, Clock, Rng};
use rustix::process::{Pid, Signal, kill_process};
use std::io;
use std::sync::OnceLock;

/// Randomness that is the same on every run: splitmix64 from a seed.
pub struct SeededRng(pub u64);

impl SeededRng {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }
}

impl Rng for SeededRng {
    fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let next = self.next().to_le_bytes();
            chunk.copy_from_slice(&next[..chunk.len()]);
        }
    }
}

/// A clock that goes on by one millisecond a look.
pub struct FixedClock(pub u64);

impl Clock for FixedClock {
    fn now_ms(&mut self) -> u64 {
        self.0 += 1;
        self.0
    }
}

/// Puts a memory under a chip that draws from a seeded source.
pub fn card_of(memory: Memory) -> EmulatedCard {
    let (rng, clock) = (Box::new(SeededRng(7)), Box::new(FixedClock(1_000)));
    EmulatedCard::with_sources(Profile::demo(), memory, rng, clock).expect("the memory is a card's")
}

/// The memory of a blank demo card, as its maker delivers it.
pub fn blank_memory(idm: Idm, division_key: &DesKey) -> Memory {
    let profile = Profile::demo();
    let blocks = factory_image(&profile, idm, division_key, &Demo::new().transport_key);
    Memory::new(blocks, &profile)
}

/// A card of another IDm and K_D, issued by commands as the demo's are.
pub fn issued(idm: Idm, division_key: &DesKey) -> EmulatedCard {
    let mut card = card_of(blank_memory(idm, division_key));
    let demo = Demo { idm, ..Demo::new() };
    Issuance::of(demo).run(&mut card, ALL).expect("issued");
    card
}

/// A card's first issuance by the demo's issuer, with its log.
pub struct Issuance {
    pub desk: IssuingDesk,
    pub recording: Recording,
    pub log: MemoryLog,
    /// Messages of the last run.
    pub messages: Vec<Message>,
    pub rng: SeededRng,
}

impl Issuance {
    /// The issuance of that demo's card.
    pub fn of(demo: Demo) -> Issuance {
        Issuance {
            desk: IssuingDesk::new(demo.issuer.ring, demo.plan, demo.idm),
            recording: Recording::default(),
            log: MemoryLog::default(),
            messages: Vec::new(),
            rng: SeededRng(1),
        }
    }

    /// The same flow of that demo's after the program was killed: nothing is left but the log.
    pub fn resumed(&self, demo: Demo) -> Issuance {
        Issuance {
            recording: Recording::read(&self.log.0),
            log: self.log.clone(),
            rng: SeededRng(self.rng.0 + 1),
            ..Issuance::of(demo)
        }
    }

    /// Runs the flow from its beginning, with at most that many new steps.
    pub fn run(&mut self, card: &mut dyn CardLink, budget: usize) -> Result<Idm, Halt> {
        let table = issue::table();
        let mut clock = FixedClock(0);
        let mut stage = Stage::new(
            &table,
            &mut self.recording,
            &mut self.log,
            &mut clock,
            budget,
        );
        let mut cast = issue::Cast {
            desk: &mut self.desk,
            card,
            rng: &mut self.rng,
        };
        let result = issue::issue(&mut stage, &mut cast);
        self.messages = stage.into_messages();
        result
    }

    /// Takes back all steps but the first `keep`.
    pub fn rewind(&mut self, keep: usize) {
        let entry = LogEntry::Rewind { keep };
        self.log.append(&entry).expect("the log can be written");
        self.recording.apply(&entry);
    }
}

/// The demo card, issued by commands.
pub fn demo_card() -> EmulatedCard {
    static ISSUED: OnceLock<Memory> = OnceLock::new();
    let memory = ISSUED.get_or_init(|| {
        let demo = Demo::new();
        issued(demo.idm, &demo.division_key).memory().clone()
    });
    card_of(memory.clone())
}

/// The demo card's data after a division that nothing disturbed.
pub fn divided_data() -> &'static [Block] {
    static DIVIDED: OnceLock<Vec<Block>> = OnceLock::new();
    DIVIDED.get_or_init(|| {
        let mut card = demo_card();
        Division::new().run(&mut card, ALL).expect("divided");
        card.memory().data().to_vec()
    })
}

/// How often something is tried: `small` on every change, `whole` in the soak.
pub fn times(small: usize, whole: usize) -> usize {
    match std::env::var_os("CARDWRIGHT_SOAK") {
        Some(_) => whole,
        None => small,
    }
}

/// More steps than any flow has.
pub const ALL: usize = usize::MAX;

/// A division by the demo's parties, with its log.
pub struct Division<L: Intents = MemoryLog> {
    pub demo: Demo,
    pub recording: Recording,
    pub log: L,
    /// Messages of the last run.
    pub messages: Vec<Message>,
    pub rng: SeededRng,
}

impl Division {
    pub fn new() -> Division {
        Division::with_log(MemoryLog::default(), &[])
    }

    /// The same flow after the program was killed: nothing is left but the log.
    pub fn resumed(&self) -> Division {
        let entries = self.log.0.clone();
        Division::with_log(MemoryLog(entries.clone()), &entries)
    }
}

impl<L: Intents> Division<L> {
    /// A flow of which the log says that.
    pub fn with_log(log: L, entries: &[LogEntry]) -> Division<L> {
        Division {
            demo: Demo::new(),
            recording: Recording::read(entries),
            log,
            messages: Vec::new(),
            rng: SeededRng(42),
        }
    }

    /// Runs the flow from its beginning, with at most that many new steps.
    pub fn run(&mut self, card: &mut dyn CardLink, budget: usize) -> Result<Divided, Halt> {
        let table = table();
        let mut clock = FixedClock(0);
        let mut stage = Stage::new(
            &table,
            &mut self.recording,
            &mut self.log,
            &mut clock,
            budget,
        );
        let mut cast = Cast::whole(
            &self.demo.issuer,
            &mut self.demo.operator,
            &self.demo.user,
            card,
            &mut self.rng,
        );
        let result = divide(&mut stage, &mut cast);
        self.messages = stage.into_messages();
        result
    }

    /// Takes back all steps but the first `keep`.
    pub fn rewind(&mut self, keep: usize) {
        let entry = LogEntry::Rewind { keep };
        self.log.append(&entry).expect("the log can be written");
        self.recording.apply(&entry);
    }

    /// Ids of the steps that stand in the recording.
    pub fn done(&self) -> Vec<String> {
        let steps = self.recording.steps.iter();
        steps.map(|record| record.step.0.clone()).collect()
    }
}

/// A card whose services need no key: a ring of 5 blocks (200D, read only 200F), purses of 2 blocks (2051 direct,
/// 2053 cashback and decrement, 2055 decrement, 2057 read only), 3 random blocks (2089, read only 208B), and a ring of
/// 60 blocks (20CD), which is longer than the redo log can write as one. All are erased, system 0003.
pub fn free_card() -> EmulatedCard {
    let profile = Profile::demo();
    let key = DesKey::new(*b"DEMONODE");
    let mut data = vec![Block::ERASED; 256];
    data[255] = definition::manufacture(Demo::new().idm, profile.pmm);
    data[254] = definition::issuance(Idi([1; 8]), Pmi([2; 8]));
    data[253] = definition::system(SystemCode(0x0003), 1, &key, 256);
    data[252] = definition::area(NodeCode::AREA_0, NodeCode::AREA_0_END, 252, 1, &key);
    let services = [
        (0x200D, 0, 5),
        (0x200F, 0, 5),
        (0x2051, 5, 2),
        (0x2053, 5, 2),
        (0x2055, 5, 2),
        (0x2057, 5, 2),
        (0x2089, 7, 3),
        (0x208B, 7, 3),
        (0x20CD, 10, 60),
    ];
    for (index, (code, first, blocks)) in services.into_iter().enumerate() {
        let code = ServiceCode::new(code).expect("a service code");
        data[251 - index] = definition::service(code, first, blocks, 1, &key);
    }
    card_of(Memory::new(data, &profile))
}

/// A name for a key of a node in a test's ring.
pub fn key_name(system: cardwright::model::card::SystemCode, node: u16) -> KeyName {
    KeyName {
        owner: "issuer:test".into(),
        system,
        node: KeyNode::Node(cardwright::model::card::NodeCode(node)),
        version: 1,
    }
}

/// A ring of these keys, by system and node.
pub fn ring_of(keys: &[(u16, u16, DesKey)]) -> KeyRing {
    let named = keys.iter().map(|(system, node, key)| {
        (
            key_name(cardwright::model::card::SystemCode(*system), *node),
            key.clone(),
        )
    });
    KeyRing::new(named)
}

/// The key with one bit turned that DES looks at.
pub fn off_by_one_bit(key: &DesKey) -> DesKey {
    let mut bytes = *key.expose();
    bytes[3] ^= 0x10;
    DesKey::new(bytes)
}

/// Sends a signal to a program that was started here, as a person or a service manager does.
pub fn signal(child: &std::process::Child, signal: Signal) -> io::Result<()> {
    Ok(kill_process(Pid::from_child(child), signal)?)
}

/// A test of this program that runs in a process of its own, until it is killed. It says line by line how far it has come.
pub struct Child {
    process: std::process::Child,
    lines: std::io::Lines<std::io::BufReader<std::process::ChildStdout>>,
}

impl Child {
    /// Starts that test, by its full name, with a path in that variable.
    pub fn start(test: &str, variable: &str, path: &std::path::Path) -> Child {
        use std::io::BufRead;
        let program = std::env::current_exe().expect("this program");
        let mut process = std::process::Command::new(program)
            .args(["--exact", test, "--nocapture"])
            .env(variable, path)
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("started");
        let output = process.stdout.take().expect("its output");
        let lines = std::io::BufReader::new(output).lines();
        Child { process, lines }
    }

    /// The next line that has this word in it, from there on.
    ///
    /// # Panics
    /// When the child ends first: then it has not come to where it was to be killed.
    pub fn hear(&mut self, word: &str) -> String {
        let mut lines = self.lines.by_ref().map_while(Result::ok);
        let said = lines.find_map(|line| Some(line[line.find(word)?..].to_string()));
        said.unwrap_or_else(|| panic!("the child ended by itself before it said {word:?}"))
    }

    /// Kills it, as nothing can be caught or put off, and gives what else it had said with this word in it.
    ///
    /// # Panics
    /// When it was not the kill that ended it.
    pub fn kill(mut self, word: &str) -> Vec<String> {
        self.process.kill().expect("killed");
        let rest = self.lines.map_while(Result::ok);
        let rest = rest.filter_map(|line| Some(line[line.find(word)?..].to_string()));
        let rest = rest.collect();
        let ended = self.process.wait().expect("gone");
        // Only a signal leaves no exit code.
        assert_eq!(ended.code(), None, "the child ended by itself");
        rest
    }
}
