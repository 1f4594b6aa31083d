//! The arguments of `wasi-mmap`, which are those of the npm command of this name.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;

/// The reason why the command cannot be done, as a message for the user.
#[derive(Debug)]
pub struct UsageError {
    message: String,
    /// Whether to name the help.
    pub show_help: bool,
}

impl UsageError {
    /// The arguments are wrong.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), show_help: true }
    }

    /// The arguments are right, but a file or component that they name is not.
    pub fn refused(message: impl Into<String>) -> Self {
        Self { message: message.into(), show_help: false }
    }
}

impl std::error::Error for UsageError {}

impl fmt::Display for UsageError {
    /// Writes one line, also for errors of wasmtime with several.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<_> = self.message.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        formatter.write_str(&printable(&lines.join(" ")))
    }
}

/// A text without control characters other than line ends: it may hold names of a component, and goes to a terminal.
pub fn printable(text: &str) -> String {
    let harmless = |character: char| {
        character == '\n'
            || !(character.is_control()
                || matches!(character, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
    };
    text.chars().map(|one| if harmless(one) { one.to_string() } else { one.escape_unicode().to_string() }).collect()
}

/// A directory that the component may use.
#[derive(Debug, PartialEq)]
pub struct Grant {
    pub host: String,
    pub guest: String,
    pub read_only: bool,
}

#[derive(Debug, PartialEq)]
pub struct RunOptions {
    pub component: String,
    pub arguments: Vec<String>,
    pub grants: Vec<Grant>,
    pub environment: BTreeMap<String, String>,
    pub native: bool,
    /// In bytes.
    pub max_private_memory: Option<u64>,
    pub stats: Stats,
}

/// Where the figures of a run go.
#[derive(Debug, Default, PartialEq)]
pub struct Stats {
    /// As lines for people, to standard error.
    pub shown: bool,
    /// As JSON, to this path, or `-` for standard output.
    pub json: Option<String>,
}

fn to_grant(value: &str, read_only: bool) -> Result<Grant, UsageError> {
    // No Windows path has a quotation mark. It comes from "C:\folder\", where the backslash escapes the closing mark.
    if cfg!(windows) && value.contains('"') {
        let message = format!("no backslash may stand before a closing quotation mark: {value}");
        return Err(UsageError::refused(message));
    }
    // Guests have no separator other than a slash.
    let own_name = || if cfg!(windows) { value.replace('\\', "/") } else { value.to_owned() };
    let (host, guest) =
        value.rsplit_once("::").map_or_else(|| (value, own_name()), |(host, guest)| (host, guest.into()));
    if host.is_empty() || guest.is_empty() {
        return Err(UsageError::new(format!("not HOST::GUEST: {value}")));
    }
    Ok(Grant { host: host.into(), guest, read_only })
}

/// Parses a size: bytes, or a number with K, M or G for a power of 1024.
pub fn to_size(value: &str) -> Result<u64, UsageError> {
    const LARGEST: u64 = (1 << 53) - 1; // The largest of the npm command.
    let (digits, unit) = match value.char_indices().next_back() {
        Some((at, 'k' | 'K')) => (&value[..at], 1 << 10),
        Some((at, 'm' | 'M')) => (&value[..at], 1 << 20),
        Some((at, 'g' | 'G')) => (&value[..at], 1 << 30),
        _ => (value, 1),
    };
    // parse() would accept a plus sign.
    let number = Some(digits).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    number
        .and_then(|digits| digits.parse::<u64>().ok()?.checked_mul(unit))
        .filter(|size| *size <= LARGEST)
        .ok_or_else(|| UsageError::new(format!("not a size, such as 512M: {value}")))
}

/// Converts the arguments of the process to text, because those of a component are text.
pub fn to_text(words: impl Iterator<Item = OsString>) -> Result<Vec<String>, UsageError> {
    words
        .map(|word| word.into_string().map_err(|word| UsageError::new(format!("not UTF-8: {}", word.display()))))
        .collect()
}

/// The options of a verb beside those of `run`.
pub struct More {
    pub flags: &'static [&'static str],
    pub values: &'static [&'static str],
}

/// Parses the options up to the component. The words after it are arguments of the component. Returns the names of the
/// other options with their values, too.
pub fn parse_component(
    verb: &str,
    more: &More,
    words: impl IntoIterator<Item = String>,
    own_environment: impl Fn(&str) -> Option<String>,
) -> Result<(RunOptions, Vec<(String, String)>), UsageError> {
    let mut words = words.into_iter();
    let (mut grants, mut environment, mut native, mut max_private_memory) = (Vec::new(), BTreeMap::new(), true, None);
    let mut others = Vec::new();
    let none = || UsageError::new(format!("no component to {verb}"));
    let component = loop {
        let word = words.next().ok_or_else(none)?;
        if word == "--" {
            break words.next().ok_or_else(none)?;
        }
        if !word.starts_with('-') {
            break word;
        }
        if word == "--no-native" {
            native = false;
            continue;
        }
        if more.flags.contains(&word.as_str()) {
            others.push((word, String::new()));
            continue;
        }
        let (name, given) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (word.as_str(), None),
        };
        let other = more.values.contains(&name);
        if !(other || matches!(name, "--dir" | "--dir-ro" | "--env" | "--max-private-memory")) {
            return Err(UsageError::new(format!("unknown option: {word}")));
        }
        let value = given.or_else(|| words.next()).ok_or_else(|| UsageError::new(format!("{name} needs a value")))?;
        if other {
            others.push((name.to_owned(), value));
            continue;
        }
        if name == "--max-private-memory" {
            max_private_memory = Some(to_size(&value)?);
            continue;
        }
        if name != "--env" {
            grants.push(to_grant(&value, name == "--dir-ro")?);
            continue;
        }
        let (variable, given) = match value.split_once('=') {
            Some((variable, text)) => (variable, Some(text.to_owned())),
            None => (value.as_str(), own_environment(&value)),
        };
        if variable.is_empty() {
            return Err(UsageError::new(format!("not NAME=VALUE: {value}")));
        }
        if let Some(text) = given {
            environment.insert(variable.to_owned(), text);
        }
    };
    let arguments = words.collect();
    let stats = Stats::default();
    Ok((RunOptions { component, arguments, grants, environment, native, max_private_memory, stats }, others))
}

/// Parses the words after `run`.
pub fn parse_run(
    words: impl IntoIterator<Item = String>,
    own_environment: impl Fn(&str) -> Option<String>,
) -> Result<RunOptions, UsageError> {
    let more = More { flags: &["--stats"], values: &["--stats-json"] };
    let (mut options, others) = parse_component("run", &more, words, own_environment)?;
    for (name, value) in others {
        if name == "--stats" {
            options.stats.shown = true;
        } else if value.is_empty() {
            return Err(UsageError::new(format!("{name} needs a value")));
        } else {
            options.stats.json = Some(value);
        }
    }
    if options.stats != Stats::default() && !options.native {
        return Err(UsageError::new("figures are those of the native mapping: none with --no-native"));
    }
    Ok(options)
}

/// The one component of a verb.
fn only(verb: &str, components: &[String]) -> Result<String, UsageError> {
    match components {
        [] => Err(UsageError::new(format!("no component to {verb}"))),
        [component] => Ok(component.clone()),
        several => Err(UsageError::new(format!("more than one component: {}", several.join(" ")))),
    }
}

#[derive(Debug, PartialEq)]
pub struct PlugOptions {
    pub component: String,
    /// A path, or `-`.
    pub output: String,
    /// Whether the polyfill stays a component of its own.
    pub compose: bool,
    pub explain: bool,
}

/// Parses the options of `plug` and the component, in any order.
pub fn parse_plug(words: impl IntoIterator<Item = String>) -> Result<PlugOptions, UsageError> {
    let mut words = words.into_iter();
    let (mut components, mut output) = (Vec::new(), None);
    let (mut compose, mut explain) = (false, false);
    while let Some(word) = words.next() {
        if word == "--" {
            components.extend(words);
            break;
        }
        if !word.starts_with('-') {
            components.push(word);
            continue;
        }
        if let "--compose" | "--explain" = word.as_str() {
            let flag = if word == "--compose" { &mut compose } else { &mut explain };
            *flag = true;
            continue;
        }
        let (name, given) = match word.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name, Some(value.to_owned())),
            _ => (word.as_str(), None),
        };
        if !matches!(name, "-o" | "--output") {
            return Err(UsageError::new(format!("unknown option: {word}")));
        }
        let value = given.or_else(|| words.next()).ok_or_else(|| UsageError::new(format!("{name} needs a value")))?;
        output = Some(value);
    }
    let component = only("plug", &components)?;
    let output = output.filter(|path| !path.is_empty());
    let output = output.ok_or_else(|| UsageError::new("no output: say where to with -o"))?;
    Ok(PlugOptions { component, output, compose, explain })
}

#[derive(Debug, PartialEq)]
pub struct InspectOptions {
    pub component: String,
    pub json: bool,
}

/// Parses the options of `inspect` and the component, in any order.
pub fn parse_inspect(words: impl IntoIterator<Item = String>) -> Result<InspectOptions, UsageError> {
    let mut words = words.into_iter();
    let (mut components, mut json) = (Vec::new(), false);
    while let Some(word) = words.next() {
        if word == "--" {
            components.extend(words);
            break;
        }
        if word == "--json" {
            json = true;
        } else if word.starts_with('-') {
            return Err(UsageError::new(format!("unknown option: {word}")));
        } else {
            components.push(word);
        }
    }
    Ok(InspectOptions { component: only("inspect", &components)?, json })
}
