//! `demo`: a card is issued and divided without a window, and each step is told as it passes.

use super::card::{file_name, text_tree};
use super::{DemoArguments, Done, Exit, Failure, passphrase, print};
use crate::device::emulated::EmulatedCard;
use crate::device::files::{self, card_tree};
use crate::device::flow_log::MemoryLog;
use crate::device::system::{SystemClock, SystemRng};
use crate::model::card::tree::Tree;
use crate::model::command::{Frame, command_name};
use crate::model::demo::Demo;
use crate::model::dump::json;
use crate::model::flow::divide::{Cast, Terminal, divide, table};
use crate::model::flow::log::Recording;
use crate::model::flow::table::{Actor, FlowTable, Step, StepId};
use crate::model::flow::{Halt, Stage};
use crate::model::message::Message;
use crate::model::port::{CardLink, LinkError, Touch};
use crate::words::{format, text};
use crate::workbench::demo_card;
use serde_json::{Value, json};

/// The schema of what `--json` prints.
const SCHEMA: &str = "cardwright.demo/1";
/// What the trees call the card when it is not written to a file.
const SOURCE: &str = "demo";

/// Issues a demo card and divides it.
pub fn run(arguments: &DemoArguments) -> Result<Done, Failure> {
    let passphrase = passphrase(arguments.passphrase_file.as_deref())?;
    let source = arguments.out.as_deref().map_or(SOURCE.into(), file_name);
    let mut demo = Demo::new();
    let mut card = demo_card(&demo).map_err(|error| Failure::flow(Exit::Refused, &error))?;
    let before = card_tree(&card);
    if !arguments.json {
        print(&format!("{}\n", text_tree(&before, &source)))?;
    }
    let table = table();
    let passed = divide_by_steps(&table, &mut demo, &mut card, |step| {
        if arguments.json {
            Ok(Done)
        } else {
            print(&step.line())
        }
    })?;
    let after = card_tree(&card);
    if let Some(out) = &arguments.out {
        files::save(out, &card, passphrase.as_ref())
            .map_err(|trouble| Failure::file(out, &trouble))?;
    }
    if arguments.json {
        return print(&format!(
            "{:#}\n",
            as_json(&passed, &before, &after, &source)
        ));
    }
    print(&format!("\n{}", text_tree(&after, &source)))?;
    match &arguments.out {
        Some(out) => print(&format!(
            "\n{}\n",
            format("cli.demo.written", &[("file", &out.display())])
        )),
        None => Ok(Done),
    }
}

/// A step that has passed.
struct Passed<'a> {
    step: &'a Step,
    /// Between whom and what, for a step that sends something: `Pf, SYSC_(i)`.
    messages: Vec<Message>,
    /// Codes of the commands that the card was sent.
    commands: Vec<u8>,
    /// Blocks of card memory that were written.
    written: usize,
}

/// Divides the card one step a run: what is recorded is replayed, one new step is done.
fn divide_by_steps<'a>(
    table: &'a FlowTable,
    demo: &mut Demo,
    card: &mut EmulatedCard,
    mut tell: impl FnMut(&Passed) -> Result<Done, Failure>,
) -> Result<Vec<Passed<'a>>, Failure> {
    let (mut recording, mut log) = (Recording::default(), MemoryLog::default());
    let mut terminal = Terminal::default();
    let mut passed = Vec::new();
    for step in table.steps() {
        let events = card.journal().events().len();
        let mut link = Counting {
            card,
            commands: Vec::new(),
        };
        let mut clock = SystemClock;
        let mut stage = Stage::new(table, &mut recording, &mut log, &mut clock, 1);
        let mut cast = Cast {
            issuer: &demo.issuer,
            operator: &mut demo.operator,
            user: &demo.user,
            terminal: &mut terminal,
            card: &mut link,
            rng: &mut SystemRng,
        };
        let result = divide(&mut stage, &mut cast);
        let messages = stage.into_messages();
        let commands = link.commands;
        match &result {
            Ok(_) | Err(Halt::Paused) => {}
            Err(Halt::Refused { error, .. }) => return Err(Failure::flow(Exit::Refused, error)),
            Err(Halt::Unknown { error, .. }) => return Err(Failure::flow(Exit::Unknown, error)),
        }
        let now = Passed {
            step,
            messages: messages
                .into_iter()
                .filter(|message| message.step == step.id)
                .collect(),
            commands,
            written: card.journal().events().len() - events,
        };
        tell(&now)?;
        passed.push(now);
        if result.is_ok() {
            break;
        }
    }
    Ok(passed)
}

impl Passed<'_> {
    /// `ST63  terminal  Send both to the card  SYSC_(i) → card; 88 Separate System`
    fn line(&self) -> String {
        let actor = actor_name(self.step.actor);
        format!(
            "{:5} {actor:9} {:34} {}\n",
            self.step.id.0,
            self.step.title,
            self.what()
        )
    }

    /// What happened: what was sent to whom, what the card was asked, what was written.
    fn what(&self) -> String {
        let sent = self.messages.iter().map(|message| {
            let to = actor_name(message.to);
            format(
                "cli.demo.sent",
                &[
                    ("what", &message.label()),
                    ("to", &to),
                    ("bytes", &message.bytes()),
                ],
            )
        });
        let commands = self.commands.iter().map(|code| {
            let name = command_name(*code).unwrap_or_default();
            format!("{code:02X} {name}")
        });
        let written =
            (self.written > 0).then(|| format("cli.demo.blocks", &[("count", &self.written)]));
        let all: Vec<String> = sent.chain(commands).chain(written).collect();
        if all.is_empty() {
            text("cli.demo.done").to_string()
        } else {
            all.join(", ")
        }
    }
}

fn as_json(passed: &[Passed], before: &Tree, after: &Tree, source: &str) -> Value {
    let step = |passed: &Passed| {
        let commands = passed.commands.iter().map(|code| format!("{code:02X}"));
        json!({
            "id": passed.step.id.0,
            "actor": format!("{:?}", passed.step.actor).to_lowercase(),
            "title": passed.step.title,
            // A step that was not done ends the program; its exit code and its words say how.
            "outcome": "done",
            "commands": commands.collect::<Vec<_>>(),
            "blocks_written": passed.written,
        })
    };
    json!({
        "schema": SCHEMA,
        "steps": passed.iter().map(step).collect::<Vec<_>>(),
        "before": json::cardwright(before, source),
        "after": json::cardwright(after, source),
    })
}

fn actor_name(actor: Actor) -> &'static str {
    match actor {
        Actor::Issuer => text("cli.actor.issuer"),
        Actor::Operator => text("cli.actor.operator"),
        Actor::Terminal => text("cli.actor.terminal"),
        Actor::Card => text("cli.actor.card"),
    }
}

/// A link that notes which commands pass.
struct Counting<'a> {
    card: &'a mut EmulatedCard,
    commands: Vec<u8>,
}

impl CardLink for Counting<'_> {
    fn transceive(&mut self, frame: &Frame) -> Result<Option<Frame>, LinkError> {
        self.commands.push(frame.code());
        self.card.transceive(frame)
    }

    fn field_off(&mut self) {
        CardLink::field_off(self.card);
    }

    fn touch(&self) -> Touch {
        self.card.touch()
    }

    fn at_step(&mut self, step: Option<&StepId>) {
        self.card.at_step(step);
    }
}
