//! The block map of a full card of 65,536 blocks with 100,000 events, and pictures of every mode and zoom.

use crate::ui_harness::rests;
use crate::ui_map::{choose, compared, level, open_view};
use crate::ui_map_zoom::{click_at, hover, map_rect};
use crate::ui_samples::{Area, Shared, Stage, assemble, card, lay_system, view};
use cardwright::model::card::Block;
use cardwright::model::card::journal::{By, Cause, Journal};
use cardwright::model::card::map::{BlockMap, Cell, CellKind, Division};
use cardwright::model::card::tree::Tree;
use cardwright::ui::app::App;
use cardwright::ui::card::map::colouring::{Colouring, Mode};
use cardwright::workbench::view::{CardView, History};
use egui::{Key, Modifiers, Theme, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use std::sync::Arc;

/// Areas of fifteen numbers each, a pair of services a number, with that many blocks a number.
fn areas(count: u16, blocks: u16) -> Vec<Area> {
    let services = |area: u16| -> &'static [Shared] {
        let shared = (1..16).map(|number| {
            let node = (area * 16 + number) << 6;
            // Every third number is a purse, every third a ring.
            let pair = match number % 3 {
                0 => vec![node | 0x10, node | 0x12, node | 0x17],
                1 => vec![node | 0x0C, node | 0x0F],
                _ => vec![node | 0x08],
            };
            let codes: &'static [u16] = Box::leak(pair.into_boxed_slice());
            (codes, blocks + number * 3)
        });
        Box::leak(shared.collect::<Vec<_>>().into_boxed_slice())
    };
    let top: Area = (0x0000, 0xFFFE, &[]);
    let area = |at: u16| (at << 10, (at << 10) | 0x03FF, services(at));
    std::iter::once(top).chain((1..=count).map(area)).collect()
}

/// A card of 65,536 blocks, most of them used, with a division and 100,000 events.
pub fn full_card() -> CardView {
    const BLOCKS: u32 = 65_536;
    let (first, lent) = (0xA000, 14_336);
    let free = Cell {
        system: 0,
        logical: 0,
        kind: CellKind::Free,
        pending: false,
    };
    let mut cells = vec![free; BLOCKS as usize];
    let mut parent = lay_system(0, 0x0003, (0, BLOCKS), &areas(45, 31), false, &mut cells);
    let window = (first, first + lent);
    let system = lay_system(1, 0xFE42, window, &areas(16, 25), false, &mut cells);
    if let Some(counts) = &mut parent.blocks {
        counts.free -= lent;
    }
    let division = Division {
        system: 1,
        code: system.code,
        first,
        blocks: lent,
        pending: false,
    };
    let tree = Tree {
        systems: vec![parent, system],
    };
    let map = BlockMap {
        cells,
        divisions: vec![division],
    };
    assemble(tree, map, history(BLOCKS))
}

/// 100,000 writes: some blocks often, most seldom.
fn history(blocks: u32) -> History {
    let mut journal = Journal::default();
    let mut random = 1u32;
    for at in 0..100_000u32 {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let spread = [blocks, 4_000, 300, 20][(random >> 30) as usize];
        let address = (random >> 4) % spread * (blocks / spread);
        let cause = Cause {
            step: None,
            by: By::Command(0x08),
        };
        let after = Block([at as u8; 16]);
        journal.record(cause, address, Block::ERASED, after, u64::from(at) * 40);
    }
    History {
        shown: journal.head(),
        live: true,
        left: false,
        written_by: Arc::new(journal.written_by().to_vec()),
        journal: Arc::new(journal),
    }
}

/// What is drawn of a full card at every zoom is of the blocks in sight.
#[test]
fn a_full_card_adds_up_and_rests() {
    let sample = full_card();
    let map = sample.map.clone().expect("a map");
    for mode in Mode::ALL {
        let colouring = Colouring::new(mode, &sample, &map, None);
        let sum: u32 = colouring.entries.iter().map(|entry| entry.blocks).sum();
        assert_eq!(sum, 65_536, "{mode:?}");
    }
    let mut harness = open_view(view(Some(sample)), vec2(1280.0, 800.0), Theme::Light);
    while level(&harness) < 1.0 {
        assert!(rests(&harness));
        harness.get_by_label("Zoom in").click();
        harness.run();
    }
    assert!(rests(&harness));
}

/// Every mode and zoom, for a person to look at; see [`crate::ui_shots`].
#[test]
fn pictures() {
    if std::env::var_os("CARDWRIGHT_SHOTS").is_none() {
        return;
    }
    std::fs::create_dir_all("target/shots").expect("a folder for the pictures");
    for (theme, theme_name) in [(Theme::Dark, "dark"), (Theme::Light, "light")] {
        let mut harness = open_view(compared(), vec2(1600.0, 1000.0), theme);
        choose(&mut harness, "Difference");
        save(&mut harness, &format!("map-256-Difference-{theme_name}"));
        for blocks in [256, 2_048, 65_536] {
            let size = vec2(1600.0, 1000.0);
            let sample = view(Some(card(blocks, Stage::Divided)));
            let mut harness = open_view(sample, size, theme);
            for mode in ["Kind", "Key", "Write heat", "Owner"] {
                choose(&mut harness, mode);
                save(&mut harness, &format!("map-{blocks}-{mode}-{theme_name}"));
            }
            harness.get_by_label_contains("1050 Purse").click();
            harness.run();
            for zoom in 0..8 {
                save(
                    &mut harness,
                    &format!("map-{blocks}-zoom{zoom}-{theme_name}"),
                );
                if level(&harness) >= 1.0 {
                    break;
                }
                harness.get_by_label("Zoom in").click();
                harness.run();
            }
        }
        for (size, name) in [
            (vec2(960.0, 600.0), "960"),
            (vec2(1280.0, 800.0), "1280"),
            (vec2(1600.0, 1000.0), "1600"),
            (vec2(2560.0, 1440.0), "2560"),
        ] {
            let mut harness = open_view(view(Some(full_card())), size, theme);
            for mode in [Mode::Kind, Mode::Key, Mode::Heat, Mode::Owner] {
                let key = match mode {
                    Mode::Owner => Key::O,
                    Mode::Kind => Key::K,
                    Mode::Key => Key::Y,
                    Mode::Heat | Mode::Difference => Key::W,
                };
                harness.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, key);
                harness.run();
                save(
                    &mut harness,
                    &format!("map-full-{name}-{mode:?}-{theme_name}"),
                );
            }
            let at = map_rect(&harness).min + vec2(300.0, 300.0);
            click_at(&mut harness, at);
            for zoom in 0..7 {
                save(
                    &mut harness,
                    &format!("map-full-{name}-zoom{zoom}-{theme_name}"),
                );
                harness.get_by_label("Zoom in").click();
                harness.run();
            }
        }
        let sample = view(Some(card(65_536, Stage::Divided)));
        let mut harness = open_view(sample, vec2(1280.0, 800.0), theme);
        let middle = map_rect(&harness).min + vec2(100.0, 40.0);
        hover(&mut harness, middle);
        save(&mut harness, &format!("map-narrow-{theme_name}"));
    }
}

fn save(harness: &mut Harness<'static, App>, name: &str) {
    let picture = harness.render().expect("the map can be rendered");
    picture
        .save(format!("target/shots/{name}.png"))
        .expect("saved");
}
