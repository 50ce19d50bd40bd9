//! `demo`: a card is issued and divided without a window, and each step is told as it passes.

use super::outcome::{Done, Exit, Failure, is_free, passphrase, print, report};
use crate::model::card::tree::Tree;
use crate::model::command::command_name;
use crate::model::demo::Demo;
use crate::model::dump::json;
use crate::model::flow::divide::table;
use crate::words::{format, text};
use crate::workbench::export::{file_name, text_tree};
use crate::workbench::headless::{Passed, card_tree, demo_card, divide_by_steps, save_new};
use clap::Args;
use serde_json::{Value, json};
use std::path::PathBuf;

/// What `demo` is given.
#[derive(Args)]
pub struct DemoArguments {
    #[arg(long, value_name = "FILE", help = text("cli.help.out"))]
    out: Option<PathBuf>,
    #[arg(long, help = text("cli.help.demo_json"))]
    json: bool,
    #[arg(long, value_name = "FILE", requires = "out", help = text("cli.help.seal"))]
    passphrase_file: Option<PathBuf>,
}

/// The schema of what `--json` prints.
const SCHEMA: &str = "cardwright.demo/1";
/// What the trees call the card when it is not written to a file.
const SOURCE: &str = "demo";

/// Issues a demo card and divides it. A file that is there already is left alone.
pub fn run(arguments: &DemoArguments) -> Result<Done, Failure> {
    arguments.out.as_deref().map_or(Ok(()), is_free)?;
    let passphrase = passphrase(arguments.passphrase_file.as_deref())?;
    let source = arguments.out.as_deref().map_or(SOURCE.into(), file_name);
    let mut demo = Demo::new();
    let mut card = demo_card(&demo).map_err(|error| Failure::flow(Exit::Refused, &error))?;
    let before = card_tree(&card);
    if !arguments.json {
        print(&format!("{}\n", text_tree(&before, &source)))?;
    }
    let table = table();
    let mut said = Ok(Done);
    let passed = divide_by_steps(&table, &mut demo, &mut card, |step| {
        if !arguments.json && said.is_ok() {
            said = print(&line(step));
        }
    })
    .map_err(|halted| {
        let exit = if halted.unknown {
            Exit::Unknown
        } else {
            Exit::Refused
        };
        Failure::flow(exit, &halted.error)
    })?;
    said?;
    let after = card_tree(&card);
    // What is asked for on the output stands there before the file is made: an output that cannot be written makes none.
    let gap = if arguments.out.is_some() { "\n" } else { "" };
    print(&match arguments.json {
        true => format!("{:#}\n", as_json(&passed, &before, &after, &source)),
        false => format!("\n{}{gap}", text_tree(&after, &source)),
    })?;
    let Some(out) = &arguments.out else {
        return Ok(Done);
    };
    save_new(out, &card, passphrase.as_ref()).map_err(|trouble| Failure::file(out, &trouble))?;
    match arguments.json {
        true => Ok(Done),
        false => report(&format("cli.demo.written", &[("file", &out.display())])),
    }
}

/// `ST63  terminal  Send both to the card  SYSC_(i) → card; 88 Separate System`
fn line(passed: &Passed) -> String {
    let lane = passed.step.lane;
    format!(
        "{:5} {lane:9} {:34} {}\n",
        passed.step.id.0,
        passed.step.title,
        what(passed)
    )
}

/// What happened: what was sent to whom, what the card was asked, what was written.
fn what(passed: &Passed) -> String {
    let sent = passed.messages.iter().map(|message| {
        format(
            "cli.demo.sent",
            &[
                ("what", &message.label()),
                ("to", &message.to),
                ("bytes", &message.bytes()),
            ],
        )
    });
    let commands = passed.commands.iter().map(|code| {
        let name = command_name(*code).unwrap_or_default();
        format!("{code:02X} {name}")
    });
    let written =
        (passed.written > 0).then(|| format("cli.demo.blocks", &[("count", &passed.written)]));
    let all: Vec<String> = sent.chain(commands).chain(written).collect();
    if all.is_empty() {
        text("cli.demo.done").to_string()
    } else {
        all.join(", ")
    }
}

fn as_json(passed: &[Passed], before: &Tree, after: &Tree, source: &str) -> Value {
    let step = |passed: &Passed| {
        let commands = passed.commands.iter().map(|code| format!("{code:02X}"));
        json!({
            "id": passed.step.id.0,
            "actor": passed.step.lane.0,
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
