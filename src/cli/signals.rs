//! Signals that end a program, made an order to end in good order.

use signal_hook::consts as signal;
use std::ffi::c_int;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Every signal that ends a program which does not listen to it, but for those that tell of its own faults. A pipe
/// that was closed is an error to us and no signal.
#[cfg(unix)]
const ENDING: &[c_int] = &[
    signal::SIGHUP,
    signal::SIGINT,
    signal::SIGQUIT,
    signal::SIGTERM,
    signal::SIGUSR1,
    signal::SIGUSR2,
    signal::SIGALRM,
    signal::SIGVTALRM,
    signal::SIGPROF,
    signal::SIGIO,
    signal::SIGXCPU,
];
#[cfg(not(unix))]
const ENDING: &[c_int] = &[signal::SIGINT, signal::SIGTERM];

/// A flag that is set by Ctrl-C and by every signal that asks a program to end. What was to be outlived when the program
/// was started (as `nohup` has it) is outlived.
pub fn stop_on_signal() -> io::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in ENDING.iter().filter(|signal| !is_outlived(**signal)) {
        signal_hook::flag::register(*signal, Arc::clone(&stop))?;
    }
    // Told of by the write that finds no room, and then said.
    #[cfg(unix)]
    signal_hook::flag::register(signal::SIGXFSZ, Arc::default())?;
    Ok(stop)
}

/// Whether the signal that says that a terminal was closed is ignored since before the program began. Shells ignore
/// others for what they run behind them, which a person still wants to end.
#[cfg(target_os = "linux")]
fn is_outlived(signal: c_int) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    // Signals are counted from 1.
    signal == signal::SIGHUP && ignored.is_some_and(|mask| mask & 1 << (signal - 1) != 0)
}

#[cfg(not(target_os = "linux"))]
fn is_outlived(_: c_int) -> bool {
    false
}
