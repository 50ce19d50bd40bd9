//! A magnifying lens: where cells are too small for words, what is around the selection is drawn big beside it.

use super::paint::Scene;
use crate::model::card::map::CellKind;
use crate::ui::card::facts::{Selection, node_at};
use crate::ui::theme::Type;
use crate::ui::tokens::{RADIUS_BOX, RADIUS_CELL, STROKE, STROKE_SELECTION};
use crate::ui::widgets::{self, Align};
use crate::words;
use egui::{
    Align2, CornerRadius, Rect, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2, vec2,
};

/// Blocks in a row of the lens, and rows.
const COLUMNS: u32 = 4;
const ROWS: u32 = 3;
/// Size of a cell, from one to the next, and of the addresses beside them, in points.
const CELL: Vec2 = vec2(50.0, 27.0);
const GUTTER: f32 = 44.0;
/// Around the cells, and the height of the title.
const MARGIN: f32 = 10.0;
const TITLE: f32 = 24.0;
/// From the selection to the lens.
const AWAY: f32 = 36.0;

/// The blocks that are magnified.
#[derive(Clone, Copy)]
struct Around {
    first: u32,
    end: u32,
}

impl Scene<'_> {
    /// The lens around what is picked, if a block of it is on screen. Says what was picked in it.
    pub fn lens(&self, ui: &Ui) -> Option<Selection> {
        let block = self
            .block
            .or(self.selected.user.map(|(first, _)| first))
            .or(self.selected.definition)
            .filter(|block| !self.is_sea(*block) && *block < self.grid.blocks)?;
        let spot = self.grid.cell(block);
        if !self.window.intersects(spot) {
            return None;
        }
        let first = (block / COLUMNS).saturating_sub(1) * COLUMNS;
        let around = Around {
            first,
            end: (first + COLUMNS * ROWS).min(self.grid.blocks),
        };
        let place = self.lens_place(spot);
        let id = ui.scope_id().with("lens");
        let response = ui.interact(place, id, Sense::click());
        let (title, range) = self.lens_title(block, around);
        let name = words::format("card.lens", &[("what", &title), ("range", &range)]);
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
        self.lens_frame(place, spot);
        let line = Rect::from_min_size(
            place.min + vec2(MARGIN, 4.0),
            vec2(place.width() - 2.0 * MARGIN, TITLE),
        );
        widgets::elided(
            self.p,
            line,
            Align::Left,
            &title,
            Type::SmallMedium,
            self.t.t1,
        );
        widgets::elided(
            self.p,
            line,
            Align::Right,
            &range,
            Type::CodeSmall,
            self.t.t3,
        );
        let pointed = response.interact_pointer_pos();
        let mut picked = None;
        for at in around.first..around.end {
            let cell = lens_cell(place, around, at);
            let picked_here = self
                .picked
                .is_some_and(|(first, blocks)| (first..first.saturating_add(blocks)).contains(&at));
            self.lens_cell(cell, at, at == block || picked_here);
            if response.clicked() && pointed.is_some_and(|pointed| cell.contains(pointed)) {
                picked = Some(Selection::block(at, node_at(self.map, at)));
            }
        }
        picked
    }

    /// What is picked, and which blocks are shown.
    fn lens_title(&self, block: u32, around: Around) -> (String, String) {
        let title = match self.map.cells.get(block as usize).map(|cell| cell.kind) {
            Some(CellKind::User { service, .. }) => {
                let (_, kind) = crate::ui::card::tree::kind_words(service.kind());
                format!("{service} {kind}")
            }
            Some(CellKind::System(kind)) => kind.label(),
            Some(CellKind::Free) => words::text("card.legend.free").to_owned(),
            _ => words::text("card.legend.unknown").to_owned(),
        };
        let range = self
            .facts
            .addresses
            .range(around.first, around.end - around.first);
        (title, range)
    }

    /// Beside the selection, above or below it, within the window.
    fn lens_place(&self, spot: Rect) -> Rect {
        let size = vec2(
            GUTTER + CELL.x * COLUMNS as f32,
            TITLE + CELL.y * ROWS as f32,
        ) + Vec2::splat(2.0 * MARGIN);
        let above = spot.top() - AWAY - size.y;
        let y = if above >= self.window.top() {
            above
        } else {
            spot.bottom() + AWAY
        };
        let x = spot.center().x - size.x / 2.0;
        let most = self.window.right() - size.x - MARGIN;
        let x = x.min(most).max(self.window.left() + MARGIN);
        Rect::from_min_size(pos2(x.round(), y.round()), size)
    }

    /// The box, and a line to what it magnifies.
    fn lens_frame(&self, place: Rect, spot: Rect) {
        let accent = Stroke::new(STROKE_SELECTION, self.t.accent);
        let frame = spot.expand2(vec2(8.0, 5.0));
        let x = frame
            .center()
            .x
            .clamp(place.left() + 8.0, place.right() - 8.0);
        let (from, to) = if place.bottom() < frame.top() {
            (place.bottom(), frame.top())
        } else {
            (frame.bottom(), place.top())
        };
        self.p.vline(x, from..=to, accent);
        let corner = CornerRadius::same(RADIUS_CELL);
        self.p
            .rect_stroke(frame, corner, accent, StrokeKind::Middle);
        let corner = CornerRadius::same(RADIUS_BOX);
        self.p.rect_filled(place, corner, self.t.raised);
        self.p
            .rect_stroke(place, corner, accent, StrokeKind::Inside);
    }

    fn lens_cell(&self, place: Rect, block: u32, picked: bool) {
        let Some(cell) = self.map.cells.get(block as usize) else {
            return;
        };
        let (fill, ink) = self.colours(block, cell);
        let corner = CornerRadius::same(RADIUS_CELL);
        let line = match cell.kind {
            CellKind::Free | CellKind::Unknown => self.t.line2,
            CellKind::System(_) => self.look(block, cell).0.line,
            CellKind::User { .. } => fill,
        };
        let stroke = Stroke::new(STROKE, line);
        self.p.rect(place, corner, fill, stroke, StrokeKind::Inside);
        if picked {
            let stroke = Stroke::new(STROKE_SELECTION, self.t.marker);
            self.p
                .rect_stroke(place, corner, stroke, StrokeKind::Outside);
        }
        let text = match cell.kind {
            CellKind::User { index, .. } if self.is_selected(block) => (index + 1).to_string(),
            CellKind::User {
                service, index: 0, ..
            } => service.to_string(),
            CellKind::System(kind) => kind.label(),
            _ => String::new(),
        };
        let line = place.shrink2(vec2(4.0, 0.0));
        widgets::elided(self.p, line, Align::Left, &text, Type::CodeSmallMedium, ink);
        if block.is_multiple_of(COLUMNS) {
            let address = format!("{:04X}", self.facts.addresses.counted(block));
            let at = pos2(place.left() - 8.0, place.center().y);
            let ink = self.t.t3;
            widgets::paint_text(
                self.p,
                at,
                Align2::RIGHT_CENTER,
                &address,
                Type::CodeSmall,
                ink,
            );
        }
    }
}

fn lens_cell(place: Rect, around: Around, block: u32) -> Rect {
    let at = block - around.first;
    let cell = vec2((at % COLUMNS) as f32, (at / COLUMNS) as f32) * CELL;
    let min = place.min + vec2(MARGIN + GUTTER, MARGIN + TITLE) + cell;
    Rect::from_min_size(min, CELL - Vec2::splat(2.0))
}
