//! Readers in the workbench and the window: cards that come, go and are exchanged, on a source of readers that the
//! test holds in its hand. `pcscd_hotplug` meets the real service.

use crate::support::demo_card;
use crate::ui_harness::rests;
use cardwright::device::emulated::EmulatedCard;
use cardwright::device::readers::{PcscError, PcscReader, ReaderLink, ReaderSource, Seen, Watch};
use cardwright::model::apdu::Family;
use cardwright::model::command::Frame;
use cardwright::model::demo::Demo;
use cardwright::model::port::{CardLink, LinkError, Touch};
use cardwright::model::reader::{Reader, observe};
use cardwright::ui::app::{App, Bench};
use cardwright::workbench::view::{
    CardSource, OnReader, ReaderKind, ReaderState, ServiceState, View,
};
use cardwright::workbench::{Command, Workbench};
use egui::{Role, Theme, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

pub const DESK: &str = "ACS ACR1252 Dual Reader [ACR1252 Dual Reader PICC] 00 00";
const ODD: &str = "Acme Thing 00 00";

/// Readers that the test holds in its hand.
#[derive(Clone, Default)]
pub struct Hand(Arc<Mutex<Held>>);

#[derive(Default)]
pub struct Held {
    tell: Option<Box<dyn FnMut(Seen) + Send>>,
    readers: Vec<PcscReader>,
    /// The card on each reader, if it is one that answers.
    cards: Vec<(String, EmulatedCard)>,
    /// What the next links do instead of working.
    pub fail: Option<LinkError>,
    looks: usize,
    /// Looks wait for this while it is held.
    gate: Arc<Mutex<()>>,
    /// Frames that passed.
    frames: usize,
    /// From that frame on, all wait while the lock is held.
    pause: Option<(usize, Arc<Mutex<()>>)>,
}

struct Watching(Hand);

impl Watch for Watching {}

impl Drop for Watching {
    fn drop(&mut self) {
        self.0.held().tell = None;
    }
}

impl Hand {
    pub fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().expect("not poisoned")
    }

    fn tell(&self, seen: Seen) {
        // Not under the lock: the listener may ask for a link.
        let tell = self.held().tell.take();
        if let Some(mut tell) = tell {
            tell(seen);
            self.held().tell = Some(tell);
        }
    }

    /// Tells what is there.
    fn now(&self) {
        let readers = self.held().readers.clone();
        self.tell(if readers.is_empty() {
            Err(PcscError::NoReader)
        } else {
            Ok(readers)
        });
    }

    pub fn plug(&self, name: &str) {
        self.held().readers.push(PcscReader {
            name: name.into(),
            card_present: false,
            changes: 0,
        });
        self.now();
    }

    /// How many frames passed to cards.
    pub fn frames(&self) -> usize {
        self.held().frames
    }

    /// Lets frames wait, after so many more, while the lock is held.
    pub fn pause_after(&self, more: usize) -> Arc<Mutex<()>> {
        let lock = Arc::new(Mutex::new(()));
        let mut held = self.held();
        held.pause = Some((held.frames + more + 1, Arc::clone(&lock)));
        lock
    }

    fn unplug(&self, name: &str) {
        self.held().readers.retain(|reader| reader.name != name);
        self.now();
    }

    /// Puts a card on a reader, or takes it away.
    pub fn card(&self, name: &str, card: Option<EmulatedCard>) {
        {
            let mut held = self.held();
            held.cards.retain(|(reader, _)| reader != name);
            let reader = held.readers.iter_mut().find(|reader| reader.name == name);
            let reader = reader.expect("plugged in");
            reader.card_present = card.is_some();
            reader.changes += 1;
            held.cards.extend(card.map(|card| (name.to_string(), card)));
        }
        self.now();
    }
}

/// A link to whatever lies on a reader.
struct Link {
    hand: Hand,
    reader: String,
    family: Family,
}

impl Link {
    fn on_card<R>(&self, run: impl FnOnce(&mut EmulatedCard) -> R) -> Result<R, LinkError> {
        let mut held = self.hand.held();
        if let Some(error) = held.fail.clone() {
            return Err(error);
        }
        let card = held
            .cards
            .iter_mut()
            .find(|(reader, _)| *reader == self.reader);
        card.map(|(_, card)| run(card)).ok_or(LinkError::CardGone)
    }
}

impl CardLink for Link {
    fn transceive(&mut self, frame: &Frame) -> Result<Option<Frame>, LinkError> {
        if !self.family.is_whole() && frame.code() != 0 {
            return Err(LinkError::CannotSend(frame.code()));
        }
        let pause = {
            let mut held = self.hand.held();
            held.frames += 1;
            let now = held.frames;
            let pause = held.pause.as_ref().filter(|(from, _)| now >= *from);
            pause.map(|(_, lock)| Arc::clone(lock))
        };
        if let Some(lock) = pause {
            drop(lock.lock().expect("not poisoned"));
        }
        self.on_card(|card| card.transceive(frame))?
    }
    fn field_off(&mut self) {}
    fn touch(&self) -> Touch {
        Touch(1)
    }
}

impl ReaderLink for Link {
    fn card_id(&mut self) -> Result<Vec<u8>, LinkError> {
        Ok(vec![0x04, 0xA1, 0xB2, 0xC3])
    }
}

impl ReaderSource for Hand {
    fn list(&self) -> Seen {
        Ok(self.held().readers.clone())
    }

    fn watch(&self, tell: Box<dyn FnMut(Seen) + Send>) -> Box<dyn Watch> {
        self.held().tell = Some(tell);
        self.now();
        Box::new(Watching(self.clone()))
    }

    fn link(&self, reader: &str, family: Family) -> Result<Box<dyn ReaderLink>, LinkError> {
        let gate = {
            let mut held = self.held();
            held.looks += 1;
            Arc::clone(&held.gate)
        };
        drop(gate.lock().expect("not poisoned"));
        Ok(Box::new(Link {
            hand: self.clone(),
            reader: reader.into(),
            family,
        }))
    }
}

pub fn wait(bench: &Workbench, what: &str, ready: impl Fn(&View) -> bool) -> Arc<View> {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let view = bench.view();
        if ready(&view) {
            return view;
        }
        assert!(Instant::now() < until, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

pub fn is_on(view: &View, on: &OnReader) -> bool {
    view.on_reader.as_ref() == Some(on)
}

pub fn with_reader() -> (Workbench, Hand) {
    let hand = Hand::default();
    hand.plug(DESK);
    let bench = Workbench::open_with(None, Arc::new(hand.clone()));
    wait(&bench, "the reader", |view| view.readers.len() == 2);
    (bench, hand)
}

#[test]
fn a_card_that_comes_to_the_chosen_reader_is_shown_and_gone_when_it_leaves() {
    let (bench, hand) = with_reader();
    let view = bench.view();
    assert_eq!(view.reader, 0, "the emulator stays chosen");
    let kind = ReaderKind::Pcsc {
        state: ReaderState::Empty,
        family: Family::Acs,
        by_name: true,
    };
    assert_eq!(
        (view.readers[1].name.as_str(), view.readers[1].kind),
        (DESK, kind)
    );
    bench.send(Command::ChooseReader(1));
    let view = wait(&bench, "an empty reader", |view| {
        is_on(view, &OnReader::Empty)
    });
    assert!(view.card.is_none(), "nothing is shown of the emulator");

    let mut card = demo_card();
    let expected = observe(&mut Reader::new(&mut card))
        .expect("observed")
        .tree();
    hand.card(DESK, Some(card));
    let view = wait(&bench, "the card", |view| view.card.is_some());
    let shown = view.card.as_ref().expect("a card");
    assert_eq!(*shown.tree, expected);
    assert_eq!(shown.idm, Some(Demo::new().idm));
    assert_eq!(shown.source, CardSource::Reader { name: DESK.into() });
    assert_eq!(shown.map, None, "where blocks stand is not known");
    assert_eq!(shown.divide_refused_because, Some("flow.refused.reader"));
    assert!(is_on(&view, &OnReader::Shown));

    hand.card(DESK, None);
    let view = wait(&bench, "no card", |view| is_on(view, &OnReader::Empty));
    assert!(view.card.is_none());
    assert!(view.notices.is_empty(), "that a card leaves is no trouble");
    bench.send(Command::ChooseReader(0));
    wait(&bench, "the emulator", |view| {
        view.card.is_some() && view.on_reader.is_none()
    });
}

#[test]
fn another_choice_of_reader_ends_what_was_shown_before() {
    let (bench, hand) = with_reader();
    hand.card(DESK, Some(demo_card()));
    bench.send(Command::StartDivide);
    wait(&bench, "the wizard", |view| view.flow.is_some());
    bench.send(Command::ChooseReader(1));
    let view = wait(&bench, "the card", |view| is_on(view, &OnReader::Shown));
    assert!(view.flow.is_none(), "the flow is the emulated card's");
    // One that is not there is not chosen.
    let revision = view.card.as_ref().map(|card| card.revision);
    bench.send(Command::ChooseReader(7));
    let view = wait(&bench, "a view", |view| {
        view.card.as_ref().map(|card| card.revision) > revision
    });
    assert_eq!(view.reader, 1);
    // A card is made of it, in the emulator, which is then the reader that is chosen.
    bench.send(Command::MakeCard(None));
    let view = wait(&bench, "the emulator", |view| view.reader == 0);
    let card = view.card.as_ref().expect("a card");
    assert!(matches!(card.source, CardSource::Emulated { .. }));
    assert_eq!(card.idm, Some(Demo::new().idm));
    let said = view.notices.last().expect("what was made is said");
    assert!(said.words.what.contains(DESK), "{said:?}");
}

#[test]
fn the_chosen_reader_stays_chosen_while_it_is_unplugged() {
    let (bench, hand) = with_reader();
    hand.card(DESK, Some(demo_card()));
    bench.send(Command::ChooseReader(1));
    wait(&bench, "the card", |view| is_on(view, &OnReader::Shown));
    hand.unplug(DESK);
    let view = wait(&bench, "no reader", |view| {
        is_on(view, &OnReader::Unplugged)
    });
    assert_eq!((view.reader, view.readers.len()), (1, 2));
    assert!(view.card.is_none());
    assert!(matches!(
        view.readers[1].kind,
        ReaderKind::Pcsc {
            state: ReaderState::Unplugged,
            ..
        }
    ));
    hand.tell(Err(PcscError::NoService));
    let view = wait(&bench, "no service", |view| {
        view.service == ServiceState::NotRunning
    });
    assert!(is_on(&view, &OnReader::Unplugged));
    hand.plug(DESK);
    hand.card(DESK, Some(demo_card()));
    wait(&bench, "the card again", |view| {
        is_on(view, &OnReader::Shown)
    });
    assert_eq!(bench.view().service, ServiceState::Running);
}

#[test]
fn another_card_in_its_place_is_looked_at_and_what_was_seen_of_the_first_is_not_shown() {
    let (bench, hand) = with_reader();
    bench.send(Command::ChooseReader(1));
    wait(&bench, "chosen", |view| view.reader == 1);
    let gate = Arc::clone(&hand.held().gate);
    let held = gate.lock().expect("not poisoned");
    hand.card(DESK, Some(demo_card()));
    wait(&bench, "a look", |view| is_on(view, &OnReader::Looking));
    // While the first is looked at, it goes, and others come and go.
    for _ in 0..20 {
        hand.card(DESK, None);
        hand.card(DESK, Some(demo_card()));
    }
    hand.card(DESK, None);
    wait(&bench, "no card", |view| is_on(view, &OnReader::Empty));
    drop(held);
    hand.card(DESK, Some(demo_card()));
    wait(&bench, "the last card", |view| {
        is_on(view, &OnReader::Shown)
    });
    let looks = hand.held().looks;
    assert!(looks <= 3, "one look at a time, not {looks}");
}

#[test]
fn what_a_reader_or_a_card_cannot_tell_is_said() {
    let (bench, hand) = with_reader();
    hand.plug(ODD);
    hand.card(ODD, Some(demo_card()));
    wait(&bench, "both readers", |view| view.readers.len() == 3);
    bench.send(Command::ChooseReader(2));
    let view = wait(&bench, "its number", |view| {
        matches!(view.on_reader, Some(OnReader::Number { .. }))
    });
    let id = Demo::new().idm.to_string();
    assert!(is_on(&view, &OnReader::Number { id, whole: false }));
    assert!(view.card.is_none());
    // A person knows that it passes frames through.
    bench.send(Command::ChooseFamily(2, Some(Family::Identiv)));
    let view = wait(&bench, "the card", |view| is_on(view, &OnReader::Shown));
    let kind = ReaderKind::Pcsc {
        state: ReaderState::Card,
        family: Family::Identiv,
        by_name: false,
    };
    assert_eq!(view.readers[2].kind, kind);
    // No family is chosen for the emulator, nor for a reader that is not there.
    bench.send(Command::ChooseFamily(0, Some(Family::Acs)));
    bench.send(Command::ChooseFamily(9, Some(Family::Acs)));
    bench.send(Command::ChooseFamily(2, None));
    wait(&bench, "by its name again", |view| {
        matches!(view.on_reader, Some(OnReader::Number { .. }))
    });
    hand.held().fail = Some(LinkError::Reader("a fuse".into()));
    bench.send(Command::LookAgain);
    let view = wait(&bench, "the error", |view| {
        matches!(view.on_reader, Some(OnReader::Failed(_)))
    });
    let Some(OnReader::Failed(words)) = &view.on_reader else {
        unreachable!("waited for");
    };
    assert!(words.details.contains("a fuse"), "{words:?}");
    assert!(view.card.is_none());
}

#[test]
fn a_family_that_was_chosen_is_kept_with_the_workspace() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("workspace");
    let hand = Hand::default();
    hand.plug(ODD);
    let families = |bench: &Workbench| {
        let view = wait(bench, "the reader", |view| view.readers.len() == 2);
        view.readers[1].kind
    };
    {
        let bench = Workbench::open_with(Some(path.clone()), Arc::new(hand.clone()));
        families(&bench);
        bench.send(Command::ChooseFamily(1, Some(Family::SonyS300)));
        wait(&bench, "the choice", |view| {
            matches!(
                view.readers[1].kind,
                ReaderKind::Pcsc { by_name: false, .. }
            )
        });
    }
    let bench = Workbench::open_with(Some(path), Arc::new(hand.clone()));
    let kind = ReaderKind::Pcsc {
        state: ReaderState::Empty,
        family: Family::SonyS300,
        by_name: false,
    };
    assert_eq!(families(&bench), kind);
    assert!(bench.view().notices.is_empty());
}

#[test]
fn nothing_is_published_while_nothing_changes() {
    let (bench, hand) = with_reader();
    hand.card(DESK, Some(demo_card()));
    bench.send(Command::ChooseReader(1));
    let view = wait(&bench, "the card", |view| is_on(view, &OnReader::Shown));
    std::thread::sleep(Duration::from_millis(100));
    assert!(Arc::ptr_eq(&view, &bench.view()));
    drop(bench);
    assert!(
        hand.held().tell.is_none(),
        "the watch ended with the workbench"
    );
}

#[derive(Clone)]
pub struct Shared(pub Arc<Workbench>);

impl Shared {
    pub fn workbench(&self) -> &Workbench {
        &self.0
    }
}

impl Bench for Shared {
    fn send(&self, command: Command) {
        self.0.send(command);
    }
    fn view(&self) -> Arc<View> {
        self.0.view()
    }
}

pub fn window(bench: Workbench, theme: Theme) -> (Harness<'static, App>, Shared) {
    let bench = Shared(Arc::new(bench));
    let shown = bench.clone();
    let mut harness = Harness::builder()
        .with_size(vec2(1600.0, 1000.0))
        .with_theme(theme)
        .wgpu()
        .build_eframe(move |cc| App::new(cc, Box::new(shown)));
    harness.run();
    (harness, bench)
}

/// Saves what the window shows, when pictures are wanted.
pub fn shot(harness: &mut Harness<'static, App>, name: &str) {
    if std::env::var_os("CARDWRIGHT_SHOTS").is_some() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/shots");
        std::fs::create_dir_all(&folder).expect("a folder");
        let picture = harness.render().expect("a picture");
        picture
            .save(folder.join(format!("{name}.png")))
            .expect("saved");
    }
}

#[test]
fn the_window_follows_a_card_on_a_reader() {
    for (theme, name) in [(Theme::Dark, "dark"), (Theme::Light, "light")] {
        let (bench, hand) = with_reader();
        let (mut harness, bench) = window(bench, theme);
        let reader = |harness: &Harness<'static, App>, state: &str| {
            let label = format!("Reader: {DESK}, ACS, {state}");
            harness.query_by_label(&label).is_some()
        };
        harness
            .get_by_label_contains("Reader: Emulated card")
            .click();
        harness.run();
        shot(&mut harness, &format!("readers-menu-{name}"));
        harness.get_by_role_and_label(Role::MenuItem, DESK).click();
        harness.run();
        wait(&bench.0, "chosen", |view| is_on(view, &OnReader::Empty));
        harness.run();
        assert!(reader(&harness, "no card on it"));
        assert!(harness.query_by_label("No card on the reader").is_some());
        shot(&mut harness, &format!("readers-empty-{name}"));

        hand.card(DESK, Some(demo_card()));
        wait(&bench.0, "the card", |view| is_on(view, &OnReader::Shown));
        harness.get_by_role_and_label(Role::Tab, "Card").click();
        harness.run();
        assert!(reader(&harness, "card on it"));
        assert!(
            harness
                .query_by_label_contains("seen without a key")
                .is_some()
        );
        let systems = harness.query_all_by_role(Role::TreeItem);
        assert!(systems.count() > 0, "its tree is shown");
        assert!(rests(&harness), "an idle window draws no frame");
        shot(&mut harness, &format!("readers-card-{name}"));
        harness.get_by_label_contains("Reader: ACS").click();
        harness.run();
        shot(&mut harness, &format!("readers-family-{name}"));
        harness
            .get_by_role_and_label(Role::MenuItem, "Any other")
            .click();
        harness.run();
        wait(&bench.0, "less", |view| {
            matches!(view.on_reader, Some(OnReader::Number { .. }))
        });
        harness.run();
        let card = format!("Card {}", Demo::new().idm);
        assert!(harness.query_by_label(&card).is_some());
        shot(&mut harness, &format!("readers-limited-{name}"));

        hand.card(DESK, None);
        wait(&bench.0, "no card", |view| is_on(view, &OnReader::Empty));
        harness.run();
        assert!(harness.query_by_label("No card on the reader").is_some());
        hand.tell(Err(PcscError::NoService));
        wait(&bench.0, "no service", |view| {
            view.service == ServiceState::NotRunning
        });
        harness.run();
        harness.get_by_label_contains("Reader: ACS").click();
        harness.run();
        let said = harness.query_all_by_label_contains("service is not running");
        assert_eq!(said.count(), 2, "in the menu, and where the card was");
        let unseen = format!("Reader: {DESK}, Any other, not seen");
        assert!(harness.query_by_label(&unseen).is_some());
        shot(&mut harness, &format!("readers-no-service-{name}"));
    }
}
