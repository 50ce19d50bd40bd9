//! Measuring by turns.

use std::time::Instant;

/// Turns of each side; odd, so that there is one in the middle.
const TURNS: usize = 11;

/// Seconds that one operation takes on each side: the median of the turns, of `operations` each. Each side has one
/// turn before that does not count.
pub fn seconds_each(
    operations: u32,
    mut ours: impl FnMut(u32) -> Result<(), String>,
    mut peer: impl FnMut(u32) -> Result<(), String>,
) -> Result<(f64, f64), String> {
    let (mut our_turns, mut peer_turns) = (Vec::new(), Vec::new());
    ours(operations)?;
    peer(operations)?;
    for _ in 0..TURNS {
        our_turns.push(timed(operations, &mut ours)?);
        peer_turns.push(timed(operations, &mut peer)?);
    }
    Ok((median(our_turns), median(peer_turns)))
}

fn timed(operations: u32, work: &mut impl FnMut(u32) -> Result<(), String>) -> Result<f64, String> {
    let started = Instant::now();
    work(operations)?;
    Ok(started.elapsed().as_secs_f64() / f64::from(operations))
}

/// The value in the middle; of none, not a number.
pub fn median(values: Vec<f64>) -> f64 {
    quantile(values, 0.5)
}

/// The value that `part` of all values, from 0 to 1, do not pass; of none, not a number.
pub fn quantile(mut values: Vec<f64>, part: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = (values.len().saturating_sub(1) as f64 * part).round() as usize;
    values.get(at).copied().unwrap_or(f64::NAN)
}
