//! The program: the command line, which opens the window when nothing else is asked for.

fn main() -> std::process::ExitCode {
    cardwright::cli::main(cardwright::ui::run)
}
