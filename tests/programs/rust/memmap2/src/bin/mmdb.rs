//! Prints all entries of databases of MaxMind, read through maps, in WASI or natively.

use maxminddb::{MaxMindDbError, Reader, WithinOptions};

/// An error without its offset, which has only 32 bits in WASI.
fn text(error: MaxMindDbError) -> String {
    match error {
        MaxMindDbError::InvalidDatabase { message, .. } => message,
        other => other.to_string(),
    }
}

fn main() {
    for path in std::env::args().skip(1) {
        println!("# {path}");
        // SAFETY: nobody changes the file meanwhile.
        let reader = match unsafe { Reader::open_mmap(&path) } {
            Ok(reader) => reader,
            Err(error) => {
                println!("{}", text(error));
                continue;
            }
        };
        println!("{:?} {:?}", reader.metadata(), reader.verify().is_ok());
        let networks = match reader.networks(WithinOptions::default()) {
            Ok(networks) => networks,
            Err(error) => {
                println!("{}", text(error));
                continue;
            }
        };
        for found in networks {
            let line = found
                .and_then(|found| Ok(format!("{:?} {:?}", found.network()?, found.decode::<serde_json::Value>()?)));
            println!("{}", line.unwrap_or_else(text));
        }
    }
}
