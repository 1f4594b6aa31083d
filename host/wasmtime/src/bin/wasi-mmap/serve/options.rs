//! The arguments of `wasi-mmap serve`: those of `run`, and its own.

use crate::options::{parse_component, to_size, More, RunOptions, UsageError};
use crate::state::Outgoing;
use std::time::Duration;

const MORE: More = More {
    flags: &["--allow-outgoing"],
    values: &["--addr", "--reuse", "--max-memory", "--max-requests", "--timeout"],
};

/// In seconds: a day.
const LONGEST: f64 = 86_400.0;

#[derive(Debug, PartialEq)]
pub struct ServeOptions {
    pub run: RunOptions,
    /// HOST:PORT.
    pub address: String,
    /// How many requests an instance handles, one after the other.
    pub reuse: u32,
    /// The memories and tables of an instance, in bytes.
    pub max_memory: u64,
    /// How many requests are handled at a time.
    pub max_requests: u32,
    /// For a request.
    pub timeout: Duration,
    pub outgoing: Outgoing,
}

/// Parses a number from 1 on.
fn to_count(name: &str, value: &str) -> Result<u32, UsageError> {
    // parse() would accept a plus sign.
    let number = Some(value).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    number
        .and_then(|digits| digits.parse().ok())
        .filter(|number| (1..=1_000_000).contains(number))
        .ok_or_else(|| UsageError::new(format!("{name} needs a number from 1 to 1000000: {value}")))
}

/// Parses seconds, which may have decimals.
fn to_duration(value: &str) -> Result<Duration, UsageError> {
    let number = Some(value).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'));
    number
        .and_then(|digits| digits.parse::<f64>().ok())
        .filter(|seconds| (0.001..=LONGEST).contains(seconds))
        .map(Duration::from_secs_f64)
        .ok_or_else(|| UsageError::new(format!("not seconds, from 0.001 to 86400: {value}")))
}

/// Parses the words after `serve`.
pub fn parse_serve(
    words: impl IntoIterator<Item = String>,
    own_environment: impl Fn(&str) -> Option<String>,
) -> Result<ServeOptions, UsageError> {
    let (mut run, others) = parse_component("serve", &MORE, words, own_environment)?;
    // What `run` allows one component, a server would allow each of its instances.
    run.max_private_memory.get_or_insert(256 << 20);
    let mut options = ServeOptions {
        run,
        address: "127.0.0.1:8080".to_owned(),
        reuse: 1,
        max_memory: 1 << 30,
        max_requests: 64,
        timeout: Duration::from_secs(30),
        outgoing: Outgoing::Denied,
    };
    for (name, value) in others {
        match name.as_str() {
            "--addr" => options.address = value,
            "--reuse" => options.reuse = to_count(&name, &value)?,
            "--max-memory" => options.max_memory = to_size(&value)?,
            "--max-requests" => options.max_requests = to_count(&name, &value)?,
            "--timeout" => options.timeout = to_duration(&value)?,
            _ => options.outgoing = Outgoing::allowed()?,
        }
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::parse_serve;
    use crate::state::Outgoing;
    use std::time::Duration;

    fn parse(words: &str) -> Result<super::ServeOptions, crate::options::UsageError> {
        parse_serve(words.split(' ').map(str::to_owned), |_| None)
    }

    #[test]
    fn defaults() {
        let options = parse("app.wasm --reuse 2").unwrap();
        assert_eq!(options.run.arguments, ["--reuse", "2"]);
        assert_eq!(options.address, "127.0.0.1:8080");
        assert_eq!((options.reuse, options.max_requests), (1, 64));
        assert_eq!((options.max_memory, options.run.max_private_memory), (1 << 30, Some(256 << 20)));
        assert_eq!((options.timeout, options.outgoing), (Duration::from_secs(30), Outgoing::Denied));
    }

    #[test]
    fn values() {
        let options = parse("--addr=[::1]:1 --reuse 7 --max-memory 64M --max-requests=3 --timeout 0.5 --dir-ro a::/b --max-private-memory 1G app.wasm");
        let options = options.unwrap();
        assert_eq!((options.address.as_str(), options.reuse, options.max_requests), ("[::1]:1", 7, 3));
        assert_eq!((options.max_memory, options.run.max_private_memory), (64 << 20, Some(1 << 30)));
        assert_eq!(options.timeout, Duration::from_millis(500));
        assert_eq!(options.run.grants.len(), 1);
    }

    #[test]
    fn refusals() {
        for words in
            ["--reuse 0", "--reuse +1", "--max-requests 1000001", "--timeout 0", "--timeout -1", "--timeout 1e3"]
        {
            assert!(parse(&format!("{words} app.wasm")).unwrap_err().show_help, "{words}");
        }
        for words in ["--timeout", "--reuse=1", "--allow-outgoing=1 app.wasm", "--max-memory big app.wasm"] {
            assert!(parse(words).is_err(), "{words}");
        }
    }
}
