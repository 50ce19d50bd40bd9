fn main() {
    let folder = std::env::args_os().nth(1).map(Into::into);
    if let Err(error) = cardwright::ui::run(folder) {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
