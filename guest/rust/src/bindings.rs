//! The contract of each generation, from its WIT. Both have the same enumerations, which are one type each here.

#![allow(missing_docs, clippy::pedantic)]

#[cfg(feature = "p2")]
pub mod p2 {
    wit_bindgen::generate!({
        path: "wit",
        world: "guest-spans",
        with: {
            "wasi:filesystem/preopens@0.2.12": wasip2::filesystem::preopens,
            "wasi:filesystem/types@0.2.12": wasip2::filesystem::types,
            "wasi:io/streams@0.2.12": wasip2::io::streams,
            "wasi:io/error@0.2.12": wasip2::io::error,
            "wasi:io/poll@0.2.12": wasip2::io::poll,
            "wasi:clocks/wall-clock@0.2.12": wasip2::clocks::wall_clock,
        },
    });
}

#[cfg(feature = "p3")]
macro_rules! generate_p3 {
    ($($enumerations:tt)*) => {
        wit_bindgen::generate!({
            path: "wit/0.3",
            world: "guest-spans",
            with: {
                "wasi:filesystem/preopens@0.3.0": wasip3::filesystem::preopens,
                "wasi:filesystem/types@0.3.0": wasip3::filesystem::types,
                "wasi:clocks/system-clock@0.3.0": wasip3::clocks::system_clock,
                "wasi:clocks/types@0.3.0": wasip3::clocks::types,
                $($enumerations)*
            },
        });
    };
}

#[cfg(all(feature = "p3", not(feature = "p2")))]
pub mod p3 {
    generate_p3!();
}

#[cfg(all(feature = "p3", feature = "p2"))]
pub mod p3 {
    generate_p3! {
        "wasi-mmap:mmap/mapping@0.3.0/access": crate::Access,
        "wasi-mmap:mmap/mapping@0.3.0/advice": crate::Advice,
        "wasi-mmap:mmap/mapping@0.3.0/error-code": crate::ErrorCode,
        "wasi-mmap:mmap/mapping@0.3.0/protection": crate::Protection,
        "wasi-mmap:mmap/mapping@0.3.0/sharing": crate::Sharing,
    }
}

#[cfg(feature = "p2")]
pub use p2::wasi_mmap::mmap::mapping::{Access, Advice, ErrorCode, Protection, Sharing};
#[cfg(not(feature = "p2"))]
pub use p3::wasi_mmap::mmap::mapping::{Access, Advice, ErrorCode, Protection, Sharing};
