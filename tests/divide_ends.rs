//! The division by three ends, each with its own lanes, keys and log: issuer, operator, terminal. What one sends is all
//! that another gets.

use crate::support::{ALL, Division, FixedClock, SeededRng, demo_card, divided_data};
use cardwright::model::cipher::{DesKey, issuer_package_key};
use cardwright::model::demo::Demo;
use cardwright::model::flow::at::Lane as _;
use cardwright::model::flow::divide::{
    Cast, Divided, ISSUER, OPERATOR, OperatorDesk, TERMINAL, Terminal, divide, table,
};
use cardwright::model::flow::error::FlowError;
use cardwright::model::flow::log::{MemoryLog, Recording};
use cardwright::model::flow::table::StepId;
use cardwright::model::flow::way::{Letter, Post};
use cardwright::model::flow::{Halt, Stage};
use cardwright::model::hex;
use cardwright::model::party::{KeyNode, KeyRing};

/// One end, as what it has kept. Nothing else of a run is left for the next.
#[derive(Default)]
struct End {
    log: MemoryLog,
    /// Steps whose messages it saw in its last run.
    seen: Vec<String>,
}

impl End {
    /// Runs the flow from its beginning, as after a restart.
    fn run(&mut self, post: &mut Post, budget: usize, mut cast: Cast) -> Result<Divided, Halt> {
        let table = table();
        let mut clock = FixedClock(0);
        let mut recording = Recording::read(&self.log.0);
        let stage = Stage::new(&table, &mut recording, &mut self.log, &mut clock, budget);
        let mut stage = stage.with_way(post);
        let result = divide(&mut stage, &mut cast);
        let messages = stage.into_messages();
        self.seen = messages.into_iter().map(|message| message.step.0).collect();
        result
    }

    fn as_issuer(&mut self, post: &mut Post, budget: usize) -> Result<Divided, Halt> {
        let issuer = Demo::new().issuer;
        let cast = Cast {
            issuer: Some(&issuer),
            operator: None,
            terminal: None,
        };
        self.run(post, budget, cast)
    }

    fn as_operator(&mut self, post: &mut Post, budget: usize) -> Result<Divided, Halt> {
        let demo = Demo::new();
        let operator = OperatorDesk {
            ring: &demo.operator.ring,
            system: demo.operator.system,
            parent: demo.issuer.system,
            user: &demo.user,
        };
        let cast = Cast {
            issuer: None,
            operator: Some(operator),
            terminal: None,
        };
        self.run(post, budget, cast)
    }

    fn as_terminal(
        &mut self,
        post: &mut Post,
        budget: usize,
        terminal: Terminal,
    ) -> Result<Divided, Halt> {
        let cast = Cast {
            issuer: None,
            operator: None,
            terminal: Some(terminal),
        };
        self.run(post, budget, cast)
    }

    /// What it keeps, as it stands on the disk.
    fn kept(&self) -> String {
        serde_json::to_string(&self.log.0).expect("a log")
    }
}

fn waiting(step: &str, from: cardwright::model::flow::table::LaneId) -> Result<Divided, Halt> {
    let step = StepId(step.into());
    Err(Halt::Waiting { step, from })
}

fn keys(ring: &KeyRing) -> Vec<DesKey> {
    ring.iter().map(|(_, key)| key.clone()).collect()
}

/// Forms in which a key could stand in a log of text.
fn forms(key: &DesKey) -> [String; 3] {
    let bytes: Vec<String> = key.expose().iter().map(u8::to_string).collect();
    let letters = String::from_utf8_lossy(key.expose()).into_owned();
    [hex::plain(key.expose()), letters, bytes.join(",")]
}

#[test]
fn three_ends_make_the_same_card_as_one_run_and_keep_no_secret_of_each_other() {
    let mut post = Post::default();
    let [mut issuer, mut operator, mut terminal] = [End::default(), End::default(), End::default()];
    let (mut card, mut rng) = (demo_card(), SeededRng(42));
    // Where the terminal's line leads to.
    let mut centre = Demo::new().operator;
    let mut answers = Vec::new();
    // One step a run and an end at a time, each run from the log alone: nothing depends on who comes first.
    for _ in 0..100 {
        let stall = Terminal {
            card: &mut card,
            sam: &mut centre.sam,
            system: centre.system,
            rng: &mut rng,
        };
        let divided = terminal.as_terminal(&mut post, 1, stall);
        let consented = issuer.as_issuer(&mut post, 1);
        let operated = operator.as_operator(&mut post, 1);
        let done = divided.is_ok();
        answers.push((consented, operated, divided));
        if done {
            break;
        }
    }
    let (consented, operated, divided) = answers.last().expect("a round");
    let divided = divided.as_ref().expect("divided");
    assert_eq!((divided.system, divided.before), (centre.system, false));
    assert_eq!(
        (consented, operated),
        (&Err(Halt::Elsewhere), &Err(Halt::Elsewhere))
    );
    assert_eq!(answers[0].0, waiting("ST23", OPERATOR.id()));
    assert_eq!(answers[0].2, waiting("ST35", OPERATOR.id()));

    let mut whole = demo_card();
    Division::new().run(&mut whole, ALL).expect("divided");
    assert_eq!(whole.memory().data(), divided_data());
    assert!(card.memory().data() == whole.memory().data());

    assert_eq!(issuer.seen, ["ST23", "ST26"]);
    assert_eq!(operator.seen, ["ST23", "ST26", "ST35", "ST46"]);
    assert!(terminal.seen.iter().all(|step| step.as_str() >= "ST35"));

    let demo = Demo::new();
    let of_issuer = keys(&demo.issuer.ring);
    let of_operator = keys(&demo.operator.ring);
    let system = demo.issuer.system;
    let node = |node| {
        demo.issuer
            .ring
            .newest(system, KeyNode::Node(node))
            .expect("a key")
            .1
    };
    let k_j = issuer_package_key(
        node(cardwright::model::card::NodeCode::SYSTEM),
        node(cardwright::model::card::NodeCode::AREA_0),
    );
    let every: Vec<&DesKey> = of_issuer.iter().chain(&of_operator).chain([&k_j]).collect();
    for (who, end) in [
        ("issuer", &issuer),
        ("operator", &operator),
        ("terminal", &terminal),
    ] {
        for key in &every {
            let kept = end.kept();
            assert!(
                forms(key).iter().all(|form| !kept.contains(form)),
                "a key in the log of the {who}"
            );
        }
    }
    for letter in post.letters() {
        let body = &letter.body;
        let shows = |key: &&DesKey| forms(key).iter().any(|form| body.contains(form));
        assert!(!every.iter().any(shows), "{}", letter.step);
    }
}

/// The control for the search above.
#[test]
fn a_key_that_is_kept_would_be_found() {
    let demo = Demo::new();
    let key = keys(&demo.operator.ring).remove(0);
    for form in forms(&key) {
        assert!(format!("{{\"value\":\"{form}\"}}").contains(&form));
        assert!(form.len() >= 8);
    }
}

#[test]
fn a_letter_that_is_not_the_one_is_refused_and_the_end_stands_where_it_was() {
    let mut operator = End::default();
    let mut post = Post::default();
    assert_eq!(
        operator.as_operator(&mut post, ALL),
        waiting("ST26", ISSUER.id())
    );
    let kept = operator.kept();
    let mut issuer = End::default();
    assert_eq!(issuer.as_issuer(&mut post, ALL), Err(Halt::Elsewhere));
    let genuine = post.letters().last().expect("Pj").clone();
    let damaged = [
        Letter {
            body: genuine.body.replace("pj", "pk"),
            ..genuine.clone()
        },
        Letter {
            body: genuine.body[..genuine.body.len() - 1].into(),
            ..genuine.clone()
        },
        Letter {
            body: String::new(),
            ..genuine.clone()
        },
        Letter {
            from: TERMINAL.id(),
            ..genuine.clone()
        },
        Letter {
            to: ISSUER.id(),
            ..genuine.clone()
        },
    ];
    for letter in damaged {
        let mut post = Post::default();
        cardwright::model::flow::way::Way::post(&mut post, letter).expect("posted");
        let halt = operator.as_operator(&mut post, ALL).expect_err("refused");
        let error = FlowError::BadLetter(ISSUER.id());
        let step = StepId("ST26".into());
        assert_eq!(halt, Halt::Refused { step, error });
        assert_eq!(operator.kept(), kept);
    }
    assert_eq!(operator.as_operator(&mut post, ALL), Err(Halt::Elsewhere));
}

/// A letter whose posting a crash cut off is in the log, and goes out in the next run.
#[test]
fn what_was_not_posted_goes_out_when_the_flow_is_run_again() {
    let mut operator = End::default();
    let mut lost = Post::default();
    assert_eq!(
        operator.as_operator(&mut lost, ALL),
        waiting("ST26", ISSUER.id())
    );
    let mut post = Post::default();
    assert_eq!(
        operator.as_operator(&mut post, 0),
        waiting("ST26", ISSUER.id())
    );
    assert_eq!(post.letters(), lost.letters());
    assert_eq!(
        operator.as_operator(&mut post, 0),
        waiting("ST26", ISSUER.id())
    );
    assert_eq!(post.letters().len(), 1);
}
