//! The lines of a Flipper's file: `name: value`, comments, and rows of cells.

use super::error::FlipperError;
use crate::model::hex;
use std::str::Lines;

/// Stands in versions 3 and 4 where the card did not tell.
const NOT_TOLD: u16 = 0xFFFF;

/// The lines that say something, and the number of the last one.
pub(super) struct Reader<'a> {
    lines: Lines<'a>,
    line: usize,
    put_back: Option<&'a str>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Reader<'a> {
        Reader {
            lines: text.lines(),
            line: 0,
            put_back: None,
        }
    }

    /// Number of the line read last, from 1.
    pub(super) fn line(&self) -> usize {
        self.line
    }

    /// The next line that is neither empty nor a comment.
    pub(super) fn next(&mut self) -> Option<&'a str> {
        if let Some(line) = self.put_back.take() {
            return Some(line);
        }
        for line in self.lines.by_ref() {
            self.line += 1;
            let line = line.trim_end();
            if !line.is_empty() && !line.starts_with('#') {
                return Some(line);
            }
        }
        None
    }

    pub(super) fn peek(&mut self) -> Option<&'a str> {
        self.put_back = self.next();
        self.put_back
    }

    /// Whether the next line is `name: value`.
    pub(super) fn is_next(&mut self, name: &str) -> bool {
        self.peek().is_some_and(|line| field(line, name).is_some())
    }

    /// The value of the next line, which must be `name: value`.
    pub(super) fn field(
        &mut self,
        name: &str,
        wanted: &'static str,
    ) -> Result<&'a str, FlipperError> {
        let line = self.next().ok_or_else(|| self.cut(wanted))?;
        field(line, name).ok_or_else(|| self.expected(wanted))
    }

    pub(super) fn count(
        &mut self,
        name: &str,
        wanted: &'static str,
    ) -> Result<usize, FlipperError> {
        self.field(name, wanted)?
            .parse()
            .map_err(|_| self.expected(wanted))
    }

    /// The value of the next line, which must be `name index: value` with a hexadecimal index.
    pub(super) fn row(
        &mut self,
        name: &str,
        index: usize,
        wanted: &'static str,
    ) -> Result<&'a str, FlipperError> {
        let line = self.next().ok_or_else(|| self.cut(wanted))?;
        let row = line.split_once(':').filter(|(key, _)| {
            let given = key.strip_prefix(name).map(str::trim);
            given.and_then(|digits| usize::from_str_radix(digits, 16).ok()) == Some(index)
        });
        row.map(|(_, value)| value.trim())
            .ok_or_else(|| self.expected(wanted))
    }

    /// A 16-bit number that newer versions give; `None` where it is not given or the card did not tell.
    pub(super) fn told(&self, row: &str, name: &str) -> Result<Option<u16>, FlipperError> {
        let Some(text) = cell(row, name) else {
            return Ok(None);
        };
        let number = code_of(text).ok_or_else(|| self.expected("four hexadecimal digits"))?;
        Ok(Some(number).filter(|number| *number != NOT_TOLD))
    }

    /// The line just read is not what it should be.
    pub(super) fn expected(&self, wanted: &'static str) -> FlipperError {
        FlipperError::Line {
            line: self.line,
            wanted,
        }
    }

    /// There is no further line.
    pub(super) fn cut(&self, wanted: &'static str) -> FlipperError {
        FlipperError::Cut {
            line: self.line,
            wanted,
        }
    }
}

/// The value of `name: value`.
pub(super) fn field<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let (key, value) = line.split_once(':')?;
    (key == name).then(|| value.trim())
}

/// The value of the cell `name value` among cells set apart by `|`.
pub(super) fn cell<'a>(row: &'a str, name: &str) -> Option<&'a str> {
    row.split('|')
        .find_map(|cell| cell.trim().strip_prefix(name)?.strip_prefix(' '))
        .map(str::trim)
}

/// Four hexadecimal digits.
pub(super) fn code_of(text: &str) -> Option<u16> {
    let text = text.trim();
    (text.len() == 4)
        .then(|| hex::parse_array(text).map(u16::from_be_bytes))
        .flatten()
}

/// A value fit to be shown in an error.
pub(super) fn shortened(value: &str) -> String {
    value.chars().take(40).collect()
}
