//! Exit codes. The C library, and so `std`, tells a host of WASI 0.2 only whether the program went well.

use std::io::Write;

#[cfg(feature = "p2")]
use wasip2::cli::exit::exit_with_code;
#[cfg(not(feature = "p2"))]
use wasip3::cli::exit::exit_with_code;

/// Ends the program with an exit code, after its standard output is flushed. No destructor runs, as with
/// [`std::process::exit`].
///
/// The host is one of WASI 0.2.12, such as the commands `wasi-mmap`; of WASI 0.3 without the feature `p2`. With the feature `exit-code`, `std::process::exit` does
/// the same; what `main` returns is only success or failure.
pub fn exit(code: u8) -> ! {
    let _ = std::io::stdout().flush(); // There is nobody left to tell.
    exit_with_code(code);
    unreachable!("the host ends the program")
}

/// The function of the C library by which `std::process::exit` ends the program.
#[cfg(all(feature = "exit-code", target_os = "wasi", target_env = "p2"))]
#[no_mangle]
extern "C" fn _Exit(code: std::ffi::c_int) -> ! {
    exit_with_code(code.to_le_bytes()[0]); // Systems keep the last byte.
    unreachable!("the host ends the program")
}
