//! The program: see [`cardwright::cli`].

fn main() -> std::process::ExitCode {
    cardwright::cli::main()
}
