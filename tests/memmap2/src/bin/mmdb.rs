//! Prints everything that databases of MaxMind hold, read through maps: the same in WASI and natively.

use maxminddb::{Reader, WithinOptions};

fn main() {
    for path in std::env::args().skip(1) {
        println!("# {path}");
        // SAFETY: nobody changes the file meanwhile.
        let reader = match unsafe { Reader::open_mmap(&path) } {
            Ok(reader) => reader,
            Err(error) => {
                println!("{error}");
                continue;
            }
        };
        println!("{:?} {:?}", reader.metadata(), reader.verify().map_err(|error| error.to_string()));
        let networks = match reader.networks(WithinOptions::default()) {
            Ok(networks) => networks,
            Err(error) => {
                println!("{error}");
                continue;
            }
        };
        for found in networks {
            let line = found.and_then(|found| {
                Ok(format!("{:?} {:?}", found.network()?, found.decode::<serde_json::Value>()?))
            });
            println!("{}", line.unwrap_or_else(|error| error.to_string()));
        }
    }
}
