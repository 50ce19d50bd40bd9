//! What is said on a terminal, or written as text, so that it is shown and never obeyed: names and titles come from
//! files that anybody may have made.
//!
//! A character that a terminal would act on, or that would let a line be read in another order than it is written, is
//! shown as `\u001B`. Inside the strings of JSON that is the same character still.

/// A text of many lines.
pub fn lines(text: &str) -> String {
    escaped(text, |c| c != '\n' && acts(c))
}

/// A text of one line, whatever is in it.
pub fn line(text: &str) -> String {
    escaped(text, acts)
}

fn escaped(text: &str, is_to_be: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match is_to_be(c) {
            // None of them is beyond the first 65,536 characters.
            true => out += &format!("\\u{:04X}", u32::from(c)),
            false => out.push(c),
        }
    }
    out
}

/// Whether it is a control character, or decides in which order others are shown, or ends a line in other ways.
fn acts(c: char) -> bool {
    let orders = matches!(c, '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    c.is_control() || orders || matches!(c, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_is_left() {
        for c in (0..=0x10_FFFF).filter_map(char::from_u32) {
            let said = line(&format!("a{c}b"));
            let is_as_it_was = said == format!("a{c}b");
            let is_a_control = u32::from(c) < 0x20 || (0x7F..0xA0).contains(&u32::from(c));
            assert!(!(is_a_control && is_as_it_was), "{c:?}");
            assert!(said.is_ascii() || is_as_it_was, "{c:?}");
        }
        assert_eq!(line("\u{1b}[2J\u{9b}2J\n"), "\\u001B[2J\\u009B2J\\u000A");
        assert_eq!(lines("one\ntwo \u{202e}3"), "one\ntwo \\u202E3");
        assert_eq!(lines("青葉 PASS – 5 €"), "青葉 PASS – 5 €");
    }
}
