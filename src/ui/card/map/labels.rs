//! The words on cells: codes and names of services, labels of system blocks, and at the nearest zoom the bytes.

use super::paint::{Detail, Scene};
use crate::model::card::ServiceCode;
use crate::model::card::known::service_name;
use crate::model::card::map::{Cell, CellKind};
use crate::ui::card::facts::Run;
use crate::ui::theme::{self, Type};
use crate::ui::widgets::{self, Align};
use crate::ui::{icons, numbers};
use crate::words;
use crate::workbench::view::ByteView;
use egui::text::{LayoutJob, TextFormat};
use egui::{Align2, Color32, Rect, pos2, vec2};

/// Height of the line over a block's bytes, in points.
const TITLE: f32 = 18.0;

impl Scene<'_> {
    /// Writes on all cells on screen, as much as there is room for.
    pub fn labels(&self) {
        match self.detail() {
            Detail::Picture | Detail::Cells => {}
            Detail::Codes => {
                for run in self.runs(&self.facts.services) {
                    self.service(run);
                }
                for (block, cell) in self.visible() {
                    self.code(block, cell);
                }
            }
            Detail::Bytes => {
                for (block, cell) in self.visible() {
                    self.bytes(block, cell);
                }
            }
        }
    }

    /// Code, name and count of a service, on its bar.
    fn service(&self, run: &Run) {
        let Some(code) = run.service else { return };
        let end = run.first + run.blocks;
        for (first, blocks) in self.grid.segments(run.first..end) {
            let bar = self.grid.bar((first, blocks));
            if !bar.intersects(self.window) {
                continue;
            }
            if first == run.first {
                self.service_label(run, code, bar);
            }
            if first + blocks == end && blocks > 1 {
                let ink = self.ink_of(end - 1);
                let last = self.grid.cell(end - 1).shrink2(vec2(4.0, 0.0));
                let count = format!("×{}", numbers::grouped(run.blocks));
                widgets::elided(self.p, last, Align::Right, &count, Type::Caption, ink);
            }
        }
    }

    /// Colour of words on a block.
    fn ink_of(&self, block: u32) -> Color32 {
        let cell = self.map.cells.get(block as usize);
        cell.map_or(self.t.t1, |cell| self.colours(block, cell).1)
    }

    /// Code and name, on the part of the bar where its ground is the same.
    fn service_label(&self, run: &Run, code: ServiceCode, bar: Rect) {
        let class = self.colouring.at(run.first);
        let blocks = (run.first..run.first + run.blocks)
            .take_while(|block| self.colouring.at(*block) == class)
            .take(self.grid.columns as usize)
            .count() as u32;
        let bar = bar.intersect(self.grid.bar((run.first, 1)).with_max_x(
            self.grid.cell(run.first).left() + blocks as f32 * self.grid.pitch.x - self.grid.gap,
        ));
        let ink = self.ink_of(run.first);
        let mid = bar.center().y;
        let pad = if self.grid.pitch.x >= 40.0 { 8.0 } else { 3.5 };
        let text = code.to_string();
        // Where the bar begins beyond the left side, its label stays in sight.
        let left = bar.left().max(self.window.left());
        if left + pad + CODE_WIDTH > bar.right() {
            return;
        }
        let at = pos2(left + pad, mid);
        let drawn = widgets::paint_text(
            self.p,
            at,
            Align2::LEFT_CENTER,
            &text,
            Type::CodeSmallMedium,
            ink,
        );
        let row = self.grid.segments(run.first..run.first + run.blocks).next();
        let whole = row.is_some_and(|(_, blocks)| blocks == run.blocks);
        let count_here = if whole { self.grid.pitch.x } else { 0.0 };
        let room = bar.right() - count_here - drawn.right() - 8.0;
        if room < NAME {
            return;
        }
        let (_, kind) = crate::ui::card::tree::kind_words(code.kind());
        let name = self.service_name(run.system, code).unwrap_or(kind);
        if widgets::width_of(self.p, name, Type::Caption) <= room {
            let at = pos2(drawn.right() + 8.0, mid);
            widgets::paint_text(self.p, at, Align2::LEFT_CENTER, name, Type::Caption, ink);
        }
    }

    fn service_name(&self, number: u8, code: ServiceCode) -> Option<&str> {
        let mut systems = self.card.tree.systems.iter();
        let system = systems.find(|system| system.number == number)?;
        service_name(system.code, system.service(code)?)
    }

    /// The label of a system block, or the sign of an unknown one.
    fn code(&self, block: u32, cell: &Cell) {
        let place = self.grid.cell(block);
        let kind = match cell.kind {
            CellKind::System(kind) => kind,
            CellKind::Unknown => {
                self.p.text(
                    place.center(),
                    Align2::CENTER_CENTER,
                    icons::QUESTION,
                    theme::icon(12.0),
                    self.t.unknown,
                );
                return;
            }
            CellKind::User { .. } | CellKind::Free => return,
        };
        let (fill, ink) = self.colours(block, cell);
        if cell.pending {
            // The strokes stay clear of the words.
            self.p.rect_filled(place.shrink2(vec2(3.0, 4.0)), 0, fill);
        }
        let label = kind.label();
        // In a narrow cell the code alone says which node it is.
        let narrow = place.width() < 38.0 && label.len() == 5;
        let text = label.get(usize::from(narrow)..).unwrap_or(&label);
        let style = if self.is_selected(block) {
            Type::CodeSmallMedium
        } else {
            Type::CodeSmall
        };
        let place = place.shrink2(vec2(1.0, 0.0));
        widgets::elided(self.p, place, Align::Centre, text, style, ink);
    }

    /// What a block is, and under that its bytes in two lines.
    fn bytes(&self, block: u32, cell: &Cell) {
        let place = self.grid.cell(block).shrink2(vec2(10.0, 4.0));
        let free = matches!(cell.kind, CellKind::Free | CellKind::Unknown);
        let (fill, ink) = self.colours(block, cell);
        if cell.pending {
            self.p.rect_filled(place, 0, fill);
        }
        let ink = if free { self.t.t3 } else { ink };
        let (title, aside) = match cell.kind {
            CellKind::User {
                service,
                index,
                blocks,
            } => (service.to_string(), format!("{}/{blocks}", index + 1)),
            CellKind::System(kind) => (kind.label(), String::new()),
            CellKind::Free => (words::text("card.legend.free").to_owned(), String::new()),
            CellKind::Unknown => (words::text("card.legend.unknown").to_owned(), String::new()),
        };
        let line = Rect::from_min_size(place.min, vec2(place.width(), TITLE));
        let style = if free {
            Type::Caption
        } else {
            Type::CodeSmallMedium
        };
        let left = widgets::elided(self.p, line, Align::Left, &title, style, ink);
        let at = pos2(left.right() + 8.0, line.center().y);
        widgets::paint_text(self.p, at, Align2::LEFT_CENTER, &aside, Type::Caption, ink);
        let address = self.facts.addresses.label(block);
        widgets::elided(self.p, line, Align::Right, &address, Type::CodeSmall, ink);
        if let Some(row) = self.card.bytes.row(block) {
            let galley = self
                .p
                .layout_job(byte_job(&row, ink, ink.gamma_multiply(0.72)));
            let at = pos2(place.left(), place.top() + TITLE);
            self.p.galley(at, galley, ink);
        }
    }
}

/// Width of a code of four digits, and of the shortest names, in points.
const CODE_WIDTH: f32 = 27.0;
const NAME: f32 = 20.0;

/// Two lines of eight bytes; those of keys are dots. Zeros are fainter, so that what is there stands out.
fn byte_job(bytes: &[ByteView; 16], ink: Color32, faint: Color32) -> LayoutJob {
    let mut job = LayoutJob::default();
    for (at, byte) in bytes.iter().enumerate() {
        let (text, colour) = match byte {
            ByteView::Known(value @ (0x00 | 0xFF)) => (format!("{value:02X}"), faint),
            ByteView::Known(value) => (format!("{value:02X}"), ink),
            ByteView::Secret => ("··".to_owned(), faint),
            ByteView::Unknown => ("??".to_owned(), ink),
        };
        let after = match at {
            7 => "\n",
            3 | 11 => "  ",
            15 => "",
            _ => " ",
        };
        let mut format = TextFormat::simple(Type::CodeSmall.font(), colour);
        format.line_height = Some(16.0);
        job.append(&(text + after), 0.0, format);
    }
    job
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_keys_are_not_in_the_text() {
        let mut row = [ByteView::Secret; 16];
        row[0] = ByteView::Known(0x2A);
        row[15] = ByteView::Unknown;
        let job = byte_job(&row, Color32::WHITE, Color32::GRAY);
        let text = "2A ·· ·· ··  ·· ·· ·· ··\n·· ·· ·· ··  ·· ·· ·· ??";
        assert_eq!(job.text, text);
    }
}
