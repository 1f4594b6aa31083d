//! A reader of the format of `.mmdb`, version 2 (<https://maxmind.github.io/MaxMind-DB/>), over positions instead of a slice, so
//! that a database can be read wherever it is. The crate `maxminddb` needs all of it as one slice.

use crate::source::Source;
use std::fmt::Write;
use std::io::{Error, ErrorKind, Result};
use std::net::IpAddr;

const MARKER: &[u8] = b"\xab\xcd\xefMaxMind.com";
/// The metadata lies within so many bytes before the end.
const LARGEST_METADATA: u64 = 128 << 10;
/// What is read of the end first.
const SMALL_METADATA: u64 = 2 << 10;
/// Between the search tree and the data.
const SEPARATOR: u64 = 16;
/// How deep values may lie in each other, and how many one answer may have. The specification has no limits.
const DEEPEST: u32 = 32;
const MOST_VALUES: u32 = 10_000;
/// The longest text, in bytes.
const LONGEST_TEXT: usize = 1 << 20;

fn broken(what: &str) -> Error {
    Error::new(ErrorKind::InvalidData, format!("the database is broken: {what}"))
}

/// An open database.
pub struct Database<S> {
    source: S,
    nodes: u64,
    /// In bits: 24, 28 or 32.
    record_size: u64,
    has_ipv6: bool,
    /// The size of the search tree, in bytes.
    tree: u64,
}

/// A value before its content: its type and size, and where its content begins.
struct Head {
    kind: u8,
    size: usize,
    at: u64,
}

/// A decoder of values. `base` is where pointers count from.
struct Decoder<'a, S> {
    source: &'a S,
    base: u64,
    values_left: u32,
}

impl<S: Source> Decoder<'_, S> {
    /// Reads a number of at most 16 bytes, most significant first.
    fn number(&self, at: u64, size: usize) -> Result<u128> {
        let mut bytes = [0; 16];
        let used = bytes.get_mut(16 - size.min(16)..).unwrap_or_default();
        if size > used.len() {
            return Err(broken("a number is too long"));
        }
        self.source.read(at, used)?;
        Ok(u128::from_be_bytes(bytes))
    }

    /// Reads the head of the value at `at`. A pointer is a value, too.
    fn head(&self, at: u64) -> Result<Head> {
        // The control byte, a byte for more types, and at most three for the size: there is always something after it, but
        // at the end of the file.
        let mut bytes = [0; 5];
        let there = self.source.size().saturating_sub(at).min(5);
        #[allow(clippy::cast_possible_truncation)] // At most 5.
        self.source.read(at, &mut bytes[..(there as usize).max(1)])?;
        let control = bytes[0];
        let mut next = 1;
        let mut kind = control >> 5;
        if kind == 1 {
            return Ok(Head { kind, size: usize::from(control & 31), at: at + 1 });
        }
        if kind == 0 {
            kind = bytes[1].checked_add(7).ok_or_else(|| broken("an unknown type"))?;
            next = 2;
        }
        let byte = |index: usize| usize::from(bytes.get(index).copied().unwrap_or_default());
        let (size, more) = match usize::from(control & 31) {
            29 => (29 + byte(next), 1),
            30 => (285 + (byte(next) << 8) + byte(next + 1), 2),
            31 if next == 1 => (65_821 + (byte(1) << 16) + (byte(2) << 8) + byte(3), 3),
            31 => (65_821 + (byte(2) << 16) + (byte(3) << 8) + byte(4), 3),
            size => (size, 0),
        };
        Ok(Head { kind, size, at: at + next as u64 + more })
    }

    /// The position that a pointer leads to, and where what follows the pointer begins.
    fn pointer(&self, head: &Head) -> Result<(u64, u64)> {
        let length = (head.size >> 3) + 1;
        let number = u64::try_from(self.number(head.at, length)?).map_err(|_| broken("a pointer"))?;
        let high = (head.size & 7) as u64;
        let target = match length {
            1 => (high << 8) + number,
            2 => (high << 16) + number + 2048,
            3 => (high << 24) + number + 526_336,
            _ => number,
        };
        Ok((self.base + target, head.at + length as u64))
    }

    fn bytes(&self, head: &Head) -> Result<Vec<u8>> {
        if head.size > LONGEST_TEXT {
            return Err(broken("a text is too long"));
        }
        let mut bytes = vec![0; head.size];
        self.source.read(head.at, &mut bytes)?;
        Ok(bytes)
    }

    /// Reads the text at `at`, maybe through a pointer, and returns where what follows begins.
    fn text(&self, at: u64) -> Result<(String, u64)> {
        let head = self.head(at)?;
        let (head, after) = if head.kind == 1 {
            let (target, after) = self.pointer(&head)?;
            (self.head(target)?, Some(after))
        } else {
            (head, None)
        };
        if head.kind != 2 {
            return Err(broken("a key is no text"));
        }
        let text = String::from_utf8(self.bytes(&head)?).map_err(|_| broken("a text is not UTF-8"))?;
        Ok((text, after.unwrap_or(head.at + head.size as u64)))
    }

    /// Writes the value at `at` as JSON, and returns where what follows begins.
    fn json(&mut self, at: u64, depth: u32, out: &mut String) -> Result<u64> {
        if depth == 0 || self.values_left == 0 {
            return Err(broken("an answer is too deep or too large"));
        }
        self.values_left -= 1;
        let head = self.head(at)?;
        let end = head.at + head.size as u64;
        match head.kind {
            1 => {
                let (target, after) = self.pointer(&head)?;
                if self.head(target)?.kind == 1 {
                    return Err(broken("a pointer to a pointer"));
                }
                self.json(target, depth - 1, out)?;
                return Ok(after);
            }
            2 => quote(&String::from_utf8(self.bytes(&head)?).map_err(|_| broken("a text is not UTF-8"))?, out),
            3 if head.size == 8 => {
                #[allow(clippy::cast_possible_truncation)] // Of 8 bytes.
                real(f64::from_bits(self.number(head.at, 8)? as u64), out);
            }
            15 if head.size == 4 => {
                #[allow(clippy::cast_possible_truncation)] // Of 4 bytes.
                real(f64::from(f32::from_bits(self.number(head.at, 4)? as u32)), out);
            }
            4 => {
                let mut hexadecimal = String::new();
                for byte in self.bytes(&head)? {
                    let _ = write!(hexadecimal, "{byte:02x}"); // A String takes everything.
                }
                quote(&hexadecimal, out);
            }
            5 | 6 | 9 | 10 => write!(out, "{}", self.number(head.at, head.size)?).map_err(Error::other)?,
            8 if head.size <= 4 => {
                #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap)] // Of 4 bytes.
                let number = self.number(head.at, head.size)? as u32 as i32;
                write!(out, "{number}").map_err(Error::other)?;
            }
            14 => {
                out.push_str(if head.size == 0 { "false" } else { "true" });
                return Ok(head.at);
            }
            7 | 11 => return self.list(&head, depth, out),
            _ => return Err(broken("an unknown type")),
        }
        Ok(end)
    }

    /// Writes a map or an array.
    fn list(&mut self, head: &Head, depth: u32, out: &mut String) -> Result<u64> {
        let is_map = head.kind == 7;
        let mut at = head.at;
        out.push(if is_map { '{' } else { '[' });
        for index in 0..head.size {
            if index > 0 {
                out.push(',');
            }
            if is_map {
                let (key, after) = self.text(at)?;
                quote(&key, out);
                out.push(':');
                at = after;
            }
            at = self.json(at, depth - 1, out)?;
        }
        out.push(if is_map { '}' } else { ']' });
        Ok(at)
    }

    /// The number that the map at `at` has under a key.
    fn entry(&mut self, at: u64, name: &str) -> Result<u64> {
        let head = self.head(at)?;
        if head.kind != 7 {
            return Err(broken("its metadata is no map"));
        }
        let mut at = head.at;
        for _ in 0..head.size {
            let (key, value) = self.text(at)?;
            let mut json = String::new();
            at = self.json(value, DEEPEST, &mut json)?;
            if key == name {
                return json.parse().map_err(|_| broken("its metadata"));
            }
        }
        Err(broken("its metadata lacks an entry"))
    }
}

fn real(number: f64, out: &mut String) {
    if number.is_finite() {
        let _ = write!(out, "{number}"); // A String takes everything.
    } else {
        out.push_str("null"); // JSON has no others.
    }
}

/// Writes a text as JSON.
pub fn quote(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            '\0'..='\x1f' => {
                let _ = write!(out, "\\u{:04x}", u32::from(character)); // A String takes everything.
            }
            _ => out.push(character),
        }
    }
    out.push('"');
}

impl<S: Source> Database<S> {
    /// Reads the metadata of a database.
    ///
    /// # Errors
    ///
    /// `InvalidData` where it is not one, or the error of the source.
    pub fn new(source: S) -> Result<Self> {
        let size = source.size();
        let metadata = [SMALL_METADATA, LARGEST_METADATA]
            .into_iter()
            .find_map(|length| {
                let begin = size.saturating_sub(length);
                #[allow(clippy::cast_possible_truncation)] // At most 128 KiB.
                let mut tail = vec![0; (size - begin) as usize];
                match source.read(begin, &mut tail) {
                    Ok(()) => {
                        let at = tail.windows(MARKER.len()).rposition(|window| window == MARKER)?;
                        Some(Ok(begin + (at + MARKER.len()) as u64))
                    }
                    Err(error) => Some(Err(error)),
                }
            })
            .unwrap_or_else(|| Err(broken("it has no metadata")))?;
        let mut decoder = Decoder { source: &source, base: metadata, values_left: MOST_VALUES };
        let nodes = decoder.entry(metadata, "node_count")?;
        let record_size = decoder.entry(metadata, "record_size")?;
        let has_ipv6 = decoder.entry(metadata, "ip_version")? == 6;
        if !matches!(record_size, 24 | 28 | 32) || nodes > u64::from(u32::MAX) {
            return Err(broken("its metadata"));
        }
        let tree = nodes * record_size / 4;
        if tree + SEPARATOR > size {
            return Err(broken("it ends in its search tree"));
        }
        Ok(Self { source, nodes, record_size, has_ipv6, tree })
    }

    /// The record of a node for a bit.
    fn record(&self, node: u64, right: bool) -> Result<u64> {
        let mut bytes = [0; 8];
        let (half, length) = (self.record_size / 8, self.record_size / 4);
        #[allow(clippy::cast_possible_truncation)] // 6, 7 or 8.
        let bytes = &mut bytes[..length as usize];
        self.source.read(node * length, bytes)?;
        let number = |bytes: &[u8]| bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
        Ok(if self.record_size == 28 {
            let high = u64::from(if right { bytes[3] & 15 } else { bytes[3] >> 4 });
            high << 24 | number(if right { &bytes[4..] } else { &bytes[..3] })
        } else {
            #[allow(clippy::cast_possible_truncation)] // 3 or 4.
            let (left, other) = bytes.split_at(half as usize);
            number(if right { other } else { left })
        })
    }

    /// Returns what the database says of an address, as JSON; none where it says nothing.
    ///
    /// # Errors
    ///
    /// `InvalidData` where the database is broken, or the error of the source.
    pub fn lookup(&self, address: IpAddr) -> Result<Option<String>> {
        // An address of IPv4 lies under 96 zeros in a tree of IPv6.
        let (bits, count) = match address {
            IpAddr::V4(address) if self.has_ipv6 => (u128::from(u32::from(address)), 128),
            IpAddr::V4(address) => (u128::from(u32::from(address)) << 96, 32),
            IpAddr::V6(_) if !self.has_ipv6 => return Ok(None),
            IpAddr::V6(address) => (u128::from(address), 128),
        };
        let mut node = 0;
        for bit in 0..count {
            if node >= self.nodes {
                break;
            }
            node = self.record(node, bits >> (127 - bit) & 1 == 1)?;
        }
        if node <= self.nodes {
            return if node == self.nodes { Ok(None) } else { Err(broken("its search tree is too deep")) };
        }
        let data = (node - self.nodes).checked_sub(SEPARATOR).ok_or_else(|| broken("a record of its search tree"))?;
        let base = self.tree + SEPARATOR;
        let mut decoder = Decoder { source: &self.source, base, values_left: MOST_VALUES };
        let mut out = String::new();
        decoder.json(base + data, DEEPEST, &mut out)?;
        Ok(Some(out))
    }
}
