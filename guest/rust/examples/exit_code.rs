//! Ends with an exit code: `exit_code` CODE. With `own` before the code, by the function of the library.

use std::process::exit;

fn main() {
    let mut words = std::env::args().skip(1).peekable();
    let own = words.next_if_eq("own").is_some();
    let code: i32 = words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
    print!("{code}");
    if own {
        wasi_mmap::exit(code.to_le_bytes()[0]);
    }
    exit(code);
}
