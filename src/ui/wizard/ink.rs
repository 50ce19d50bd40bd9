//! Text that the wizard paints at places it has worked out itself: one line of several types that ends in an
//! ellipsis when it does not fit, and a paragraph in which the seed's terms stand in mono.

use crate::ui::theme::Type;
use egui::text::{LayoutJob, TextFormat, TextWrapping};
use egui::{Align, Align2, Color32, Galley, Painter, Pos2, Rect};
use std::sync::Arc;

/// A part of a line in one type and colour.
pub type Run<'a> = (Type, Color32, &'a str);

fn format(kind: Type, colour: Color32, line: f32) -> TextFormat {
    let mut format = TextFormat::simple(kind.font(), colour);
    format.line_height = Some(line);
    format.valign = Align::Center;
    format
}

/// One line, at most `width` points wide.
pub fn line(painter: &Painter, runs: &[Run<'_>], width: f32) -> Arc<Galley> {
    let mut job = LayoutJob {
        wrap: TextWrapping::truncate_at_width(width.max(0.0)),
        ..LayoutJob::default()
    };
    let height = runs.iter().map(|run| run.0.line()).fold(0.0, f32::max);
    for (kind, colour, text) in runs {
        job.append(text, 0.0, format(*kind, *colour, height));
    }
    painter.layout_job(job)
}

/// Paints `galley` with its `anchor` at `at` and gives the place it took.
pub fn put(painter: &Painter, galley: Arc<Galley>, anchor: Align2, at: Pos2) -> Rect {
    let place = anchor.anchor_size(at, galley.size());
    painter.galley(place.min, galley, Color32::PLACEHOLDER);
    place
}

/// Lays one line out and paints it.
pub fn write(painter: &Painter, runs: &[Run<'_>], width: f32, anchor: Align2, at: Pos2) -> Rect {
    put(painter, line(painter, runs, width), anchor, at)
}

/// Paints one icon, or another text of an own font, centred.
pub fn glyph(painter: &Painter, icon: &str, font: egui::FontId, colour: Color32, centre: Pos2) {
    painter.text(centre, Align2::CENTER_CENTER, icon, font, colour);
}

/// Text that wraps at `width`: the seed's terms in mono and in `strong`, the rest in `kind` and `colour`.
pub fn prose(text: &str, kind: Type, colour: Color32, strong: Color32, width: f32) -> LayoutJob {
    let mono = if kind == Type::Body {
        Type::Code
    } else {
        Type::CodeSmall
    };
    let height = if kind == Type::Small {
        18.0
    } else {
        kind.line()
    };
    let mut job = LayoutJob {
        wrap: TextWrapping::wrap_at_width(width),
        ..LayoutJob::default()
    };
    for word in text.split_inclusive(' ') {
        let bare = word.trim_matches(|c: char| c.is_ascii_punctuation() && c != '_' || c == ' ');
        let bare = if word.contains("_(i)") {
            word.trim_end_matches([' ', ',', '.', ';', ':'])
        } else {
            bare
        };
        match word.split_once(bare) {
            Some((before, after)) if is_term(bare) => {
                job.append(before, 0.0, format(kind, colour, height));
                job.append(bare, 0.0, format(mono, strong, height));
                job.append(after, 0.0, format(kind, colour, height));
            }
            _ => job.append(word, 0.0, format(kind, colour, height)),
        }
    }
    job
}

/// Whether a word is one of the seed's names, a step or a hexadecimal number, which are set in mono.
fn is_term(word: &str) -> bool {
    let step = word
        .strip_prefix("ST")
        .is_some_and(|n| !n.is_empty() && n.chars().all(|c| c.is_ascii_digit()));
    let hex = word.strip_suffix('h').is_some_and(|n| {
        n.len() >= 2
            && n.chars()
                .all(|c| c.is_ascii_digit() || ('A'..='F').contains(&c))
    });
    step || hex || word.contains('_') || matches!(word, "Pf" | "Pj" | "RPSL")
}

/// The first sentence, and what follows it.
pub fn first_sentence(text: &str) -> (&str, &str) {
    match text.find(". ") {
        Some(end) => (&text[..=end], text[end + 1..].trim_start()),
        None => (text, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_of_the_seed_are_told_from_words() {
        for term in [
            "K_MU_F", "SYSC_(i)", "Pj", "88h", "8Eh", "ST65", "INF_1", "RPSL",
        ] {
            assert!(is_term(term), "{term}");
        }
        for word in ["with", "STEP", "ST", "h", "each", "Pack", ""] {
            assert!(!is_term(word), "{word}");
        }
    }

    #[test]
    fn a_paragraph_keeps_every_letter() {
        let text = "Change System Block (8Eh) writes SYSC_(i), K_MU_F, and more; see ST69.";
        let ink = Color32::PLACEHOLDER;
        assert_eq!(prose(text, Type::Body, ink, ink, 100.0).text, text);
    }

    #[test]
    fn sentences_are_cut_at_the_first_stop() {
        assert_eq!(first_sentence("One. Two. Three."), ("One.", "Two. Three."));
        assert_eq!(first_sentence("Only one."), ("Only one.", ""));
        assert_eq!(first_sentence(""), ("", ""));
    }
}
