//! No two files need each other: whoever reads one need not have read the other first.
//!
//! A file needs another when it names something that stands there, in a `use` or by a path. Where a name is only passed
//! on, by `pub use` or an import in between, the arrow goes to where it stands. A module is not needed for being
//! declared. A method of a type is not looked for: several files may hold the methods of one type, each with its own
//! part of the work, and then the type stands below all of them.

use super::{rust_files, source};
use std::collections::{BTreeMap, BTreeSet};
use std::iter::Peekable;
use std::slice::Iter;

/// Path of a module or a name, from the crate's root.
type Path = Vec<String>;

/// A name that a file takes in.
struct Import {
    /// As it is written.
    from: Path,
    /// What it is called here; `*` for all of a module.
    name: String,
    /// It is passed on.
    is_public: bool,
}

/// What is to be known of one file.
#[derive(Default)]
struct File {
    imports: Vec<Import>,
    /// What stands in it.
    items: BTreeSet<String>,
    /// All but its imports, in words and signs.
    rest: Vec<String>,
}

/// The files of a crate by their modules.
#[derive(Default)]
struct Crate(BTreeMap<Path, File>);

/// Words, `::` and single signs; no comments, and nothing of what stands between quotes.
fn words(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let is_word = |at: usize| {
        let at = chars.get(at);
        at.is_some_and(|c| c.is_alphanumeric() || *c == '_')
    };
    let starts = |at: usize, sign: &str| {
        chars[at..]
            .iter()
            .copied()
            .take(sign.len())
            .eq(sign.chars())
    };
    let mut words: Vec<String> = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let start = at;
        if starts(at, "//") {
            at += chars[at..].iter().take_while(|c| **c != '\n').count();
        } else if starts(at, "::") {
            at += 2;
            words.push("::".into());
        } else if chars[at] == '"' {
            // A raw string has an r and as many # before it as it has # behind it.
            let hashes = words.iter().rev().take_while(|word| *word == "#").count();
            let raw = words.iter().rev().nth(hashes);
            let is_raw = raw.is_some_and(|word| word == "r" || word == "br");
            let end = format!("\"{}", "#".repeat(if is_raw { hashes } else { 0 }));
            at += 1;
            while at < chars.len() && !starts(at, &end) {
                at += if chars[at] == '\\' && !is_raw { 2 } else { 1 };
            }
            at += end.len();
        } else if chars[at] == '\'' && chars.get(at + 1) == Some(&'\\') {
            at += 3;
            at += chars[at..].iter().take_while(|c| **c != '\'').count() + 1;
        } else if chars[at] == '\'' && chars.get(at + 2) == Some(&'\'') {
            at += 3;
        } else if is_word(at) {
            while is_word(at) {
                at += 1;
            }
            words.push(chars[start..at].iter().collect());
        } else {
            at += 1;
            if !chars[start].is_whitespace() {
                words.push(chars[start].into());
            }
        }
    }
    words
}

/// One past the bracket that closes the one at `open`.
fn closed(words: &[String], open: usize) -> usize {
    let mut depth = 0;
    for (at, word) in words.iter().enumerate().skip(open) {
        match word.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" if depth == 1 => return at + 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
    }
    words.len()
}

/// Without attributes and without what is there for tests alone.
fn without_tests(words: &[String]) -> Vec<String> {
    let mut left = Vec::new();
    let mut at = 0;
    while at < words.len() {
        if words[at] == "#" && words.get(at + 1).is_some_and(|word| word == "[") {
            let end = closed(words, at + 1);
            let for_tests = words[at..end].concat() == "#[cfg(test)]";
            at = end;
            if for_tests {
                let is_end = |word: &String| word == ";" || word == "{";
                let end = words[at..]
                    .iter()
                    .position(is_end)
                    .map_or(at, |end| at + end);
                at = if words[end] == ";" {
                    end + 1
                } else {
                    closed(words, end)
                };
            }
        } else {
            left.push(words[at].clone());
            at += 1;
        }
    }
    left
}

/// Reads what follows `use`, up to its end.
fn imports(
    words: &mut Peekable<Iter<'_, String>>,
    before: &[String],
    is_public: bool,
) -> Vec<Import> {
    let mut from = before.to_vec();
    let mut found = Vec::new();
    while let Some(word) = words.next() {
        match word.as_str() {
            "::" => {}
            "{" => {
                while words.peek().is_some_and(|word| *word != "}") {
                    found.extend(imports(words, &from, is_public));
                    words.next_if(|word| *word == ",");
                }
                words.next();
                return found;
            }
            name => {
                from.push(name.into());
                if words.peek().is_some_and(|word| *word == "::") {
                    continue;
                }
                if from.len() > 1 {
                    from.pop_if(|last| last == "self" || last == "*");
                }
                let renamed = words
                    .next_if(|word| *word == "as")
                    .and_then(|_| words.next());
                let last = if name == "*" { Some(word) } else { from.last() };
                let name = renamed.or(last).cloned().unwrap_or_default();
                found.push(Import {
                    from,
                    name,
                    is_public,
                });
                return found;
            }
        }
    }
    found
}

impl File {
    fn read(text: &str) -> File {
        const ITEMS: [&str; 8] = [
            "struct", "enum", "trait", "type", "const", "static", "fn", "mod",
        ];
        let words = without_tests(&words(text));
        let mut file = File::default();
        let (mut depth, mut before) = (0, "");
        let mut left = words.iter().peekable();
        while let Some(word) = left.next() {
            match word.as_str() {
                "{" => depth += 1,
                "}" => depth -= 1,
                "use" => {
                    let is_public = before == "pub" || before == ")";
                    file.imports.extend(imports(&mut left, &[], is_public));
                    continue;
                }
                // A module of another file is no item of this one.
                "mod" if words_ahead(&left, ";") => {
                    left.next();
                    continue;
                }
                item if depth == 0 && ITEMS.contains(&item) && before != "*" => {
                    let name = left.clone().find(|word| *word != "fn" && *word != "mut");
                    file.items.extend(name.cloned());
                }
                _ => {}
            }
            before = word;
            file.rest.push(word.clone());
        }
        file
    }
}

/// Whether the word after the next one is that.
fn words_ahead(left: &Peekable<Iter<'_, String>>, wanted: &str) -> bool {
    left.clone().nth(1).is_some_and(|word| word == wanted)
}

impl Crate {
    /// Files by their paths from the crate's root, `model/card/mod.rs`, with their texts.
    fn of(files: impl IntoIterator<Item = (String, String)>) -> Crate {
        let mut all = Crate::default();
        for (path, text) in files {
            let mut module: Path = path
                .trim_end_matches(".rs")
                .split('/')
                .map(String::from)
                .collect();
            module.pop_if(|last| last == "mod" || last == "lib");
            all.0.insert(module, File::read(&text));
        }
        all
    }

    /// The file in which what `path` names stands, and its name there; a module alone has none. `seen` are the names
    /// that were followed already.
    fn find(&self, path: &[String], seen: &mut Vec<Path>) -> Option<(Path, Option<String>)> {
        let known = |length: &usize| self.0.contains_key(&path[..*length]);
        let length = (0..=path.len()).rev().find(known)?;
        let (module, rest) = path.split_at(length);
        let Some(name) = rest.first() else {
            return Some((module.to_vec(), None));
        };
        let file = &self.0[module];
        if file.items.contains(name) {
            return Some((module.to_vec(), Some(name.clone())));
        }
        let step = [module, std::slice::from_ref(name)].concat();
        if seen.contains(&step) {
            return None;
        }
        seen.push(step);
        let named = file.imports.iter().filter(|import| import.name == *name);
        let all = file.imports.iter().filter(|import| import.name == "*");
        let whole = named.map(|import| [&import.from[..], &rest[1..]].concat());
        let mut ways = whole.chain(all.map(|import| [&import.from[..], rest].concat()));
        ways.find_map(|path| self.find_from(module, &path, seen))
    }

    /// The same for a path as it is written in a module.
    fn find_from(
        &self,
        module: &[String],
        path: &[String],
        seen: &mut Vec<Path>,
    ) -> Option<(Path, Option<String>)> {
        match path.first()?.as_str() {
            "crate" => self.find(&path[1..], seen),
            "self" => self.find(&[module, &path[1..]].concat(), seen),
            "super" => {
                let ups = path.iter().take_while(|word| *word == "super").count();
                let above = &module[..module.len().checked_sub(ups)?];
                self.find(&[above, &path[ups..]].concat(), seen)
            }
            _ => self.find(&[module, path].concat(), seen),
        }
    }

    /// The files that a file needs, each with the names that it takes from there.
    fn needs(&self, module: &Path) -> BTreeMap<Path, BTreeSet<String>> {
        let file = &self.0[module];
        let mut needs: BTreeMap<Path, BTreeSet<String>> = BTreeMap::new();
        let mut need = |path: &[String]| {
            if let Some((other, Some(name))) = self.find_from(module, path, &mut Vec::new())
                && other != *module
            {
                needs.entry(other).or_default().insert(name);
            }
        };
        for import in file.imports.iter().filter(|import| !import.is_public) {
            need(&import.from);
        }
        let passed_on = |word: &String| {
            let mut public = file.imports.iter().filter(|import| import.is_public);
            public.any(|import| import.name == *word)
        };
        let mut at = 0;
        while at < file.rest.len() {
            let mut end = at + 1;
            while file.rest.get(end).is_some_and(|word| word == "::") && end + 1 < file.rest.len() {
                end += 2;
            }
            let path: Path = file.rest[at..end].iter().step_by(2).cloned().collect();
            let of_a_value = at > 0 && file.rest[at - 1] == ".";
            if !of_a_value && (path.len() > 1 || passed_on(&path[0])) {
                need(&path);
            }
            at = end;
        }
        needs
    }

    /// Every arrow between two files that need each other, straight or by way of others.
    fn circles(&self) -> Vec<String> {
        let needs: BTreeMap<&Path, _> =
            self.0.keys().map(|file| (file, self.needs(file))).collect();
        let reached = |from: &Path| {
            let mut reached: BTreeSet<&Path> = BTreeSet::new();
            let mut left: Vec<&Path> = needs[from].keys().collect();
            while let Some(file) = left.pop() {
                if reached.insert(file) {
                    left.extend(needs[file].keys());
                }
            }
            reached
        };
        let reached: BTreeMap<&Path, _> = needs.keys().map(|file| (*file, reached(file))).collect();
        let mut arrows = Vec::new();
        for (from, to) in needs
            .iter()
            .flat_map(|(from, needs)| needs.iter().map(move |to| (*from, to)))
        {
            if reached[to.0].contains(from) {
                let (from, to, names) = (from.join("/"), to.0.join("/"), to.1);
                arrows.push(format!("{from} needs {to}: {names:?}"));
            }
        }
        arrows
    }
}

#[test]
fn no_two_files_need_each_other() {
    let mut files = Vec::new();
    rust_files(&source(), &mut files);
    let read = files.iter().filter_map(|path| {
        let inside = path
            .strip_prefix(source())
            .expect("inside")
            .to_str()
            .expect("a name");
        let text = std::fs::read_to_string(path).expect("text");
        // The program's own file sees the crate from outside; files of tests see what they test.
        let counts = inside != "main.rs" && !inside.ends_with("/tests.rs");
        counts.then(|| (inside.replace('\\', "/"), text))
    });
    let all = Crate::of(read);
    let arrows: usize = all.0.keys().map(|file| all.needs(file).len()).sum();
    assert!(
        all.0.len() > 300 && arrows > 2_000,
        "the walk finds the source: {arrows}"
    );
    let circles = all.circles();
    assert!(circles.is_empty(), "{circles:#?}");
}

/// The arrows of circles between some files.
fn circles(files: &[(&str, &str)]) -> Vec<String> {
    let owned = files
        .iter()
        .map(|(path, text)| (path.to_string(), text.to_string()));
    Crate::of(owned).circles()
}

#[test]
fn every_form_of_need_is_seen() {
    let both = [
        "a needs b: {\"B\"}".to_string(),
        "b needs a: {\"A\"}".to_string(),
    ];
    let b = ("b.rs", "use crate::a::A;\npub struct B(A);");
    for a in [
        "use crate::b::B;\npub struct A(Box<B>);",
        "use crate::{c, b::{self, B}};\npub struct A(Box<B>);",
        "use super::b as other;\npub struct A(Box<other::B>);",
        "pub struct A(Box<crate::b::B>);",
        "pub struct A;\nfn f() { let _ = super::b::B::new(); }",
        "use crate::{B as Other};\npub struct A(Box<Other>);",
        "use crate::c::*;\npub struct A(Box<B>);\nfn f(_: self::B) {}",
        "pub use crate::b::B;\npub struct A(Box<B>);",
    ] {
        let lib = ("lib.rs", "mod a;\nmod b;\nmod c;\npub use c::B;");
        let c = ("c.rs", "pub use super::b::B;");
        assert_eq!(circles(&[lib, ("a.rs", a), b, c]), both, "{a}");
    }
    let parent = "mod b;\npub struct A;\nfn f() { b::g(); }";
    let child = "use super::A;\npub fn g() -> A { A }";
    assert_eq!(circles(&[("a/mod.rs", parent), ("a/b.rs", child)]).len(), 2);
    let three = [
        ("a.rs", "use crate::b::B;\npub struct A;"),
        ("b.rs", "use crate::c::C;\npub struct B;"),
        ("c.rs", "const fn f() { crate::a::A; }\npub struct C;"),
    ];
    assert_eq!(circles(&three).len(), 3);
}

#[test]
fn what_is_no_need_is_none() {
    let b = ("b.rs", "use crate::a::A;\npub struct B(A);");
    for a in [
        "pub struct A;\n// crate::b::B\n/// [`crate::b::B`]\nfn f() {}",
        "pub struct A;\nconst TEXT: &str = \"crate::b::B\";\nconst RAW: &str = r#\"\" crate::b::B\"#;",
        "pub struct A;\n#[cfg(test)]\nmod tests { use crate::b::B; fn f(_: B) {} }",
        "pub use crate::b::B;\npub struct A;\nconst QUOTE: char = '\"';",
        "use crate::b;\npub struct A;",
    ] {
        assert_eq!(circles(&[("a.rs", a), b]), Vec::<String>::new(), "{a}");
    }
    let parent = "mod b;\npub use b::g;\npub struct A;";
    let child = "use super::A;\npub fn g() -> A { A }";
    assert_eq!(
        circles(&[("a/mod.rs", parent), ("a/b.rs", child)]),
        Vec::<String>::new()
    );
}
