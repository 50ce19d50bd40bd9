//! Which program's form a JSON file has, by the names of its members: the one place that tells them apart.
//!
//! Names are looked for in the text itself, as far as it goes, so that a file which is cut off is told apart as well.

/// A program that writes dumps of FeliCa cards as JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonForm {
    Proxmark3,
    /// The Android app FeliCa Tool.
    FelicaTool,
    /// The `dump` program of the `felica` crate.
    FelicaRs,
    Metrodroid,
    /// The scripts FelicaTools, which use nfcpy.
    FelicaTools,
    FelicaEmu,
}

/// A kind of file that is known and holds no card that can be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoCard {
    /// A tree that this program exported, which is not read back.
    OwnTree,
    /// A trace that this program exported.
    OwnTrace,
    /// A list of keys.
    KeyList,
    /// FeliCa Tool's log of frames.
    FelicaToolLog,
    /// A proxmark3 dump of another kind of card.
    Proxmark3Other,
    /// Metrodroid's dump of another kind of card, or of several cards.
    MetrodroidOther,
}

/// What a JSON file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    Form(JsonForm),
    NoCard(NoCard),
}

/// What the members of a JSON text tell that it is; `None` for nothing that is known.
pub(super) fn told(text: &str) -> Option<Told> {
    use {JsonForm::*, NoCard::*};
    let mut signs = Signs::default();
    for name in (Names {
        text,
        at: 0,
        depth: 0,
    }) {
        signs.take(&name);
    }
    let form = |form| Some(Told::Form(form));
    let no_card = |kind| Some(Told::NoCard(kind));
    if let Some(schema) = signs.schema {
        return match schema {
            _ if schema.starts_with("\"cardwright.tree/") => no_card(OwnTree),
            _ if schema.starts_with("\"cardwright.trace/") => no_card(OwnTrace),
            _ => None,
        };
    }
    let top = |name: &str| signs.top.contains(&name);
    let inside = |name: &str| signs.in_system.contains(&name);
    match signs.systems {
        Some('[') if inside("system_code_hex") => form(FelicaRs),
        Some('[') => form(Proxmark3),
        Some('{') if inside("nodes") => form(FelicaTool),
        Some('{') if top("PMm") || top("pmm") && top("version") || inside("IDm") => {
            form(FelicaTools)
        }
        Some('{') if top("metadata") || top("primary_idm") || top("scan_time") => form(FelicaTool),
        _ if top("felica") => form(Metrodroid),
        _ if top("sys_code") => form(FelicaEmu),
        _ if top("system_code") && top("node") && top("key") => no_card(KeyList),
        _ if top("FileType") && top("Created") => no_card(Proxmark3Other),
        _ if top("tagId") || top("scannedAt") => no_card(MetrodroidOther),
        _ if signs.log => no_card(FelicaToolLog),
        _ => None,
    }
}

/// What is looked for.
#[derive(Default)]
struct Signs<'a> {
    /// The text behind `schema`.
    schema: Option<&'a str>,
    /// The first character of `systems`.
    systems: Option<char>,
    /// Names of the outermost object, of those that are looked for.
    top: Vec<&'static str>,
    /// Names inside a system, of those that are looked for.
    in_system: Vec<&'static str>,
    /// Whether the list is one of frames with their times.
    log: bool,
    /// Whether the member of the outermost object that is gone through is `systems`.
    in_systems: bool,
}

/// Members of the outermost object that tell something.
const TOP: [&str; 15] = [
    "PMm",
    "pmm",
    "version",
    "metadata",
    "primary_idm",
    "scan_time",
    "felica",
    "sys_code",
    "system_code",
    "node",
    "key",
    "FileType",
    "Created",
    "tagId",
    "scannedAt",
];
/// Members of a system that tell something.
const IN_SYSTEM: [&str; 3] = ["system_code_hex", "nodes", "IDm"];

impl<'a> Signs<'a> {
    fn take(&mut self, name: &Name<'a>) {
        let Name { depth, name, value } = *name;
        match depth {
            1 => {
                self.in_systems = name == "systems";
                match name {
                    "schema" => self.schema = self.schema.or(Some(value)),
                    "systems" => self.systems = self.systems.or(value.chars().next()),
                    _ => note(&mut self.top, &TOP, name),
                }
            }
            2 => self.log |= name == "timestamp_ns",
            3 if self.in_systems => note(&mut self.in_system, &IN_SYSTEM, name),
            _ => {}
        }
    }
}

fn note(found: &mut Vec<&'static str>, wanted: &[&'static str], name: &str) {
    if let Some(name) = wanted.iter().find(|wanted| **wanted == name)
        && !found.contains(name)
    {
        found.push(name);
    }
}

/// The name of a member.
struct Name<'a> {
    /// How many objects and lists are open around it.
    depth: usize,
    name: &'a str,
    /// The text from its value on.
    value: &'a str,
}

/// The names of a JSON text, whether or not that is whole.
struct Names<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Iterator for Names<'a> {
    type Item = Name<'a>;

    fn next(&mut self) -> Option<Name<'a>> {
        let bytes = self.text.as_bytes();
        while let Some(byte) = bytes.get(self.at) {
            self.at += 1;
            match byte {
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                b'"' => {
                    let from = self.at;
                    self.at += string_length(&bytes[from..])?;
                    // Quotes are characters of their own in UTF-8.
                    let name = self.text.get(from..self.at)?;
                    self.at += 1;
                    let behind = self.text.get(self.at..)?.trim_start();
                    if let Some(value) = behind.strip_prefix(':') {
                        let value = value.trim_start();
                        let depth = self.depth;
                        return Some(Name { depth, name, value });
                    }
                }
                _ => {}
            }
        }
        None
    }
}

/// Bytes up to the quote that ends a string; `None` where it does not end.
fn string_length(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}
