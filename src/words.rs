//! Every word that a person reads, by key, so that a second language is one more folder of files.
//!
//! A key is `place.what` (`wizard.next`); its first part names the file. Text may hold `{name}`, which
//! [`format()`] fills in, and `{name:one|other}`, which gives the first form when the value reads `1` and the
//! second otherwise. Tests hold the table to the source, both ways: each key that is used exists, and each
//! key that exists is used.

use std::collections::HashMap;
use std::fmt::Display;
use std::sync::OnceLock;

/// The English table, one file a place.
const TABLES: &[(&str, &str)] = &[
    ("shell", include_str!("../assets/strings/en/shell.ron")),
    ("card", include_str!("../assets/strings/en/card.ron")),
    ("changes", include_str!("../assets/strings/en/changes.ron")),
    ("bytes", include_str!("../assets/strings/en/bytes.ron")),
    ("desk", include_str!("../assets/strings/en/desk.ron")),
    ("wizard", include_str!("../assets/strings/en/wizard.ron")),
    ("flow", include_str!("../assets/strings/en/flow.ron")),
    ("kept", include_str!("../assets/strings/en/kept.ron")),
    ("trace", include_str!("../assets/strings/en/trace.ron")),
    ("cli", include_str!("../assets/strings/en/cli.ron")),
];

fn table() -> &'static HashMap<String, String> {
    static TABLE: OnceLock<HashMap<String, String>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut all = HashMap::new();
        for (name, source) in TABLES {
            // The tables are part of the program and a test reads each of them, so this cannot fail in a
            // build that was tested.
            let part: HashMap<String, String> =
                ron::from_str(source).unwrap_or_else(|e| panic!("string table {name}: {e}"));
            all.extend(part);
        }
        all
    })
}

/// The text of `key`. A key that is not in the table comes back as itself; tests keep that from happening.
pub fn text(key: &'static str) -> &'static str {
    table().get(key).map_or(key, String::as_str)
}

/// The text of `key` with `{name}` replaced by the argument of that name.
pub fn format(key: &'static str, arguments: &[(&str, &dyn Display)]) -> String {
    fill(text(key), arguments)
}

fn fill(template: &str, arguments: &[(&str, &dyn Display)]) -> String {
    let mut out = String::with_capacity(template.len() + 16);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((inside, tail)) = after.split_once('}') else {
            out.push('{');
            rest = after;
            continue;
        };
        let (name, forms) = inside.split_once(':').unwrap_or((inside, ""));
        match (
            arguments.iter().find(|(argument, _)| *argument == name),
            forms.split_once('|'),
        ) {
            (Some((_, value)), None) => out.push_str(&value.to_string()),
            (Some((_, value)), Some((one, other))) => {
                out.push_str(if value.to_string() == "1" { one } else { other });
            }
            (None, _) => {
                out.push('{');
                out.push_str(inside);
                out.push('}');
            }
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    #[test]
    fn arguments_are_filled_in() {
        let words = "{free} {free:block|blocks} free in {code}";
        assert_eq!(
            fill(words, &[("free", &1), ("code", &"0003")]),
            "1 block free in 0003"
        );
        assert_eq!(
            fill(words, &[("free", &33), ("code", &"0003")]),
            "33 blocks free in 0003"
        );
        assert_eq!(fill("a brace { alone", &[]), "a brace { alone");
        assert_eq!(fill("nothing {here}", &[]), "nothing {here}");
    }

    #[test]
    fn a_key_is_in_the_file_of_its_first_part_and_nowhere_else() {
        for (name, source) in TABLES {
            let part: HashMap<String, String> = ron::from_str(source).expect("the table is RON");
            assert_eq!(
                part.len(),
                source
                    .lines()
                    .filter(|l| l.trim_start().starts_with('"'))
                    .count(),
                "{name}: a key stands twice, or two on a line"
            );
            for (key, text) in part {
                assert_eq!(key.split('.').next(), Some(*name), "{key} is in {name}.ron");
                assert!(!text.trim().is_empty(), "{key} is empty");
                assert!(!text.contains('!'), "{key}: no exclamation marks");
                assert_eq!(
                    text.matches('{').count(),
                    text.matches('}').count(),
                    "{key}: braces"
                );
            }
        }
    }

    /// Every string literal of `source` that reads like a key of one of the tables.
    fn keys_in(source: &str, found: &mut BTreeSet<String>) {
        for literal in source.split('"') {
            let mut parts = literal.split('.');
            let place = parts.next().unwrap_or_default();
            let rest: Vec<&str> = parts.collect();
            let is_word = |w: &&str| {
                !w.is_empty()
                    && w.chars()
                        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
            };
            let file_name = matches!(rest[..], ["rs" | "ron" | "json"]);
            if TABLES.iter().any(|(name, _)| *name == place)
                && !rest.is_empty()
                && rest.iter().all(is_word)
                && !file_name
            {
                found.insert(literal.to_owned());
            }
        }
    }

    fn visit(path: &Path, found: &mut BTreeSet<String>) {
        if path.is_dir() {
            for entry in std::fs::read_dir(path).expect("a source folder") {
                visit(&entry.expect("a folder entry").path(), found);
            }
        } else if path.extension().is_some_and(|e| e == "rs") {
            let source = std::fs::read_to_string(path).expect("source is text");
            // The examples of this module are not uses.
            let source = source
                .split("#[cfg(test)]")
                .next()
                .unwrap_or_default()
                .to_owned();
            keys_in(&source, found);
        }
    }

    #[test]
    fn each_key_used_exists_and_each_key_is_used() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut used = BTreeSet::new();
        for place in [
            "src/ui",
            "src/workbench",
            "src/cli",
            "src/cli.rs",
            "src/main.rs",
            "src/words.rs",
        ] {
            let path = root.join(place);
            if path.exists() {
                visit(&path, &mut used);
            }
        }
        let written: BTreeSet<String> = table().keys().cloned().collect();
        let missing: Vec<_> = used.difference(&written).collect();
        let unused: Vec<_> = written.difference(&used).collect();
        assert!(missing.is_empty(), "not in the table: {missing:?}");
        assert!(unused.is_empty(), "not used: {unused:?}");
    }
}
