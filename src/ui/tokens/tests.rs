//! Contrast and distances of the colours, for every eye.

use super::*;

fn linear(colour: Color32) -> [f64; 3] {
    [colour.r(), colour.g(), colour.b()].map(|byte| {
        let c = f64::from(byte) / 255.0;
        if c <= 0.04045 {
            c / 12.92
        } else {
            ((c + 0.055) / 1.055).powf(2.4)
        }
    })
}

/// Contrast ratio of WCAG 2, rounded to one place as the figures are given.
fn contrast(a: Color32, b: Color32) -> f64 {
    let luminance = |c| {
        let [r, g, b] = linear(c);
        0.2126 * r + 0.7152 * g + 0.0722 * b
    };
    let (a, b) = (luminance(a), luminance(b));
    let ratio = (a.max(b) + 0.05) / (a.min(b) + 0.05);
    (ratio * 10.0).round() / 10.0
}

fn surfaces(t: &Tokens) -> [Color32; 7] {
    [t.ground, t.chrome, t.panel, t.raised, t.hover, t.sel, t.sea]
}

#[test]
fn text_can_be_read_on_every_surface() {
    for t in [&DARK, &LIGHT] {
        for surface in surfaces(t) {
            assert!(contrast(t.t1, surface) >= 11.0, "t1 on {surface:?}");
            assert!(contrast(t.t2, surface) >= 6.3, "t2 on {surface:?}");
            assert!(contrast(t.t3, surface) >= 4.6, "t3 on {surface:?}");
        }
        assert!(contrast(t.t2, t.press) >= 6.0);
    }
    assert!(contrast(DARK.accent, DARK.accent_ink) >= 7.0);
    assert!(contrast(LIGHT.accent, LIGHT.accent_ink) >= 5.8);
}

#[test]
fn words_of_state_can_be_read_on_their_wash() {
    for t in [&DARK, &LIGHT] {
        let pairs = [
            (t.ok, t.ok_wash),
            (t.warn, t.warn_wash),
            (t.danger, t.danger_wash),
            (t.unknown, t.unknown_wash),
            (t.accent_text, t.accent_wash),
        ];
        for (word, wash) in pairs {
            assert!(contrast(word, wash) >= 5.0, "{word:?} on {wash:?}");
        }
        for index in 0..8 {
            let owner = t.owner(index);
            assert!(contrast(owner.fill, owner.ink) >= 4.5, "owner {index}");
            for tint in [
                t.user_tint(index),
                t.system_tint(index),
                t.field_tint(index),
            ] {
                assert!(contrast(t.t1, tint) >= 4.5, "t1 on a tint of owner {index}");
            }
        }
    }
}

type Matrix = [[f64; 3]; 3];
const NORMAL: Matrix = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
// Machado, Oliveira and Fernandes 2009, severity 1.0, for linear RGB.
const PROTAN: Matrix = [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
];
const DEUTAN: Matrix = [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.011820, 0.042940, 0.968881],
];
const TRITAN: Matrix = [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.303900],
];

fn times(matrix: &Matrix, v: [f64; 3]) -> [f64; 3] {
    matrix.map(|row| row.iter().zip(v).map(|(a, b)| a * b).sum())
}

fn oklab(rgb: [f64; 3]) -> [f64; 3] {
    let lms = times(
        &[
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ],
        rgb,
    );
    times(
        &[
            [0.2104542553, 0.7936177850, -0.0040720468],
            [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660],
        ],
        lms.map(f64::cbrt),
    )
}

/// OKLab distance × 100 of two colours, as one kind of eye sees them.
fn distance(a: Color32, b: Color32, sight: &Matrix) -> f64 {
    let seen = |c| oklab(times(sight, linear(c)).map(|c| c.clamp(0.0, 1.0)));
    let square: f64 = seen(a)
        .iter()
        .zip(seen(b))
        .map(|(a, b)| (a - b).powi(2))
        .sum();
    (square.sqrt() * 1000.0).round() / 10.0
}

/// Distance of the two colours that are nearest to each other.
fn nearest(colours: &[Color32], sight: &Matrix) -> f64 {
    let mut least = f64::MAX;
    for (i, a) in colours.iter().enumerate() {
        for b in &colours[..i] {
            least = least.min(distance(*a, *b, sight));
        }
    }
    least
}

const SIGHTS: [&Matrix; 4] = [&NORMAL, &PROTAN, &DEUTAN, &TRITAN];

#[test]
fn owners_can_be_told_apart_by_every_eye() {
    let fills = |t: &Tokens| t.owners.map(|owner| owner.fill);
    assert_eq!(
        SIGHTS.map(|s| nearest(&fills(&DARK), s)),
        [10.3, 8.8, 8.1, 9.2]
    );
    assert_eq!(
        SIGHTS.map(|s| nearest(&fills(&LIGHT), s)),
        [11.7, 7.9, 6.7, 6.6]
    );
}

#[test]
fn classes_can_be_told_apart_by_every_eye_and_read() {
    for t in [&DARK, &LIGHT] {
        for other in [false, true] {
            let mut drawn: Vec<Color32> = (0..6).map(|i| t.class_tint(i, other)).collect();
            for tint in &drawn {
                assert!(contrast(t.t1, *tint) >= 4.5, "t1 on {tint:?}");
            }
            drawn.push(t.sea);
            for sight in SIGHTS {
                let least = nearest(&drawn, sight);
                assert!(least >= 6.5, "{least}, dark {}", t.dark);
            }
        }
        let full = t.classes.map(|class| class.fill);
        for sight in SIGHTS {
            assert!(nearest(&full, sight) >= 9.0, "dark {}", t.dark);
        }
        for class in t.classes {
            assert!(contrast(class.fill, class.ink) >= 4.5, "{class:?}");
        }
    }
}

#[test]
fn heat_climbs_in_steps_that_every_eye_sees() {
    for t in [&DARK, &LIGHT] {
        let ramp: Vec<Color32> = std::iter::once(t.sea)
            .chain(t.heat.iter().map(|step| step.fill))
            .collect();
        for sight in SIGHTS {
            let seen: Vec<f64> = ramp
                .iter()
                .map(|c| oklab(times(sight, linear(*c)).map(|c| c.clamp(0.0, 1.0)))[0])
                .collect();
            for (step, pair) in seen.windows(2).enumerate() {
                let up = (pair[1] - pair[0]) * if t.dark { 1.0 } else { -1.0 };
                assert!(up > 0.05, "step {step}, dark {}: {up}", t.dark);
            }
            for pair in ramp.windows(2) {
                assert!(distance(pair[0], pair[1], sight) >= 7.5, "{pair:?}");
            }
        }
        for step in t.heat {
            assert!(contrast(step.fill, step.ink) >= 4.5, "{step:?}");
        }
    }
}

#[test]
fn differences_can_be_told_apart_by_every_eye_and_read() {
    for t in [&DARK, &LIGHT] {
        let signs = [t.added, t.changed, t.removed];
        for sight in SIGHTS {
            assert!(nearest(&signs, sight) >= 8.0, "dark {}", t.dark);
            for sign in signs {
                for same in [t.same, t.same_alt, t.sea] {
                    assert!(distance(sign, same, sight) >= 20.0, "{sign:?} on {same:?}");
                }
            }
        }
        for sign in signs {
            assert!(contrast(sign, t.difference_ink()) >= 4.5, "{sign:?}");
        }
    }
}

#[test]
fn nothing_else_names_a_colour() {
    fn visit(folder: &std::path::Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).expect("src/ui is there") {
            let path = entry.expect("a folder entry").path();
            let own = path.file_stem().is_some_and(|name| name == "tokens");
            if path.is_dir() && !own {
                visit(&path, found);
            } else if path.is_file() && !own {
                let text = std::fs::read_to_string(&path).expect("source is text");
                for word in ["Color32::from_", "Color32::RED", "hex_color", "Rgba::from"] {
                    if text.contains(word) {
                        found.push(format!("{}: {word}", path.display()));
                    }
                }
            }
        }
    }
    let mut found = Vec::new();
    visit(
        &std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ui"),
        &mut found,
    );
    assert!(found.is_empty(), "{found:?}");
}
