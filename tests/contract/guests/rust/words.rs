//! A step as a line of words: the operation, then `key=value`.

use std::collections::HashMap;
use std::fmt::Debug;
use std::str::FromStr;

use wasi_mmap::{Access, Advice, Protection, Sharing};

pub const ACCESSES: [(&str, Access); 3] = [("read", Access::Read), ("write", Access::Write), ("copy", Access::Copy)];
pub const SHARINGS: [(&str, Sharing); 2] = [("shared", Sharing::Shared), ("private", Sharing::Private)];
pub const PROTECTIONS: [(&str, Protection); 3] =
    [("read", Protection::READ), ("write", Protection::WRITE), ("execute", Protection::EXECUTE)];
pub const ADVICES: [(&str, Advice); 5] = [
    ("normal", Advice::Normal),
    ("random", Advice::Random),
    ("sequential", Advice::Sequential),
    ("will-need", Advice::WillNeed),
    ("dont-need", Advice::DontNeed),
];

pub struct Step<'a> {
    pub op: &'a str,
    words: HashMap<&'a str, &'a str>,
}

impl<'a> Step<'a> {
    pub fn parse(line: &'a str) -> Self {
        let (op, rest) = line.split_once(' ').unwrap_or((line, ""));
        Self { op, words: rest.split(' ').filter_map(|word| word.split_once('=')).collect() }
    }

    pub fn text(&self, key: &str) -> Option<&'a str> {
        self.words.get(key).copied()
    }

    pub fn number<T: FromStr<Err: Debug>>(&self, key: &str) -> T {
        self.words[key].parse().unwrap()
    }

    pub fn bytes(&self, key: &str) -> Vec<u8> {
        let pairs = self.words[key].as_bytes().chunks(2);
        pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
    }

    /// The choices that the value names, in the order of `all`.
    pub fn choices<T: Copy>(&self, key: &str, all: &[(&str, T)]) -> Vec<T> {
        let chosen = |name| self.words[key].split(',').any(|word| word == name);
        all.iter().filter(|(name, _)| chosen(*name)).map(|(_, value)| *value).collect()
    }

    /// The flags that the value names, together.
    pub fn flags<T: Copy + FromIterator<T>>(&self, key: &str, all: &[(&str, T)]) -> T {
        self.choices(key, all).into_iter().collect()
    }
}

/// An answer as a line.
pub trait Answer {
    fn to_line(&self) -> String;
}

impl Answer for () {
    fn to_line(&self) -> String {
        "null".into()
    }
}

impl Answer for u64 {
    fn to_line(&self) -> String {
        self.to_string()
    }
}

impl Answer for Option<u64> {
    fn to_line(&self) -> String {
        self.map_or("null".into(), |number| number.to_string())
    }
}

impl Answer for Vec<u8> {
    fn to_line(&self) -> String {
        self.iter().fold("x".to_string(), |text, byte| text + &format!("{byte:02x}"))
    }
}

impl Answer for Access {
    fn to_line(&self) -> String {
        format!("{self:?}").replace("Access::", "\"").to_lowercase() + "\""
    }
}
