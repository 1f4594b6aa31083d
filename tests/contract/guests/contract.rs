//! Runs steps of the contract suite in a guest: a line asks, a line answers. `tests/contract/guest.mts` speaks with it.

use std::collections::HashMap;
use std::io::{stdin, BufRead, Error, ErrorKind, Read, Result, Seek, SeekFrom, Write};

use wasi_mmap::{error_code, open, Access, Advice, Descriptor, ErrorCode, Mapping, MmapOptions, Protection, Sharing};
use wasip2::filesystem::types::DescriptorFlags;

/// The words of a line, `key=value` behind the operation.
struct Step<'a>(HashMap<&'a str, &'a str>);

impl Step<'_> {
    fn number<T: std::str::FromStr<Err: std::fmt::Debug>>(&self, key: &str) -> T {
        self.0[key].parse().unwrap()
    }

    fn bytes(&self, key: &str) -> Vec<u8> {
        let pairs = self.0[key].as_bytes().chunks(2);
        pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
    }

    /// What the names in the value mean, in the order of `all`.
    fn choices<T: Copy>(&self, key: &str, all: &[(&str, T)]) -> Vec<T> {
        all.iter().filter(|(name, _)| self.0[key].split(',').any(|word| word == *name)).map(|(_, value)| *value).collect()
    }

    fn open(&self, file: Option<&Descriptor>) -> Result<Mapping> {
        let options = MmapOptions::new().len(self.number("length")).offset(self.number("offset"));
        let file = file.filter(|_| !self.0.contains_key("anonymous"));
        if self.0.contains_key("access") {
            let accesses = [("read", Access::Read), ("write", Access::Write), ("copy", Access::Copy)];
            let access = self.choices("access", &accesses)[0];
            return file.map_or_else(|| options.map_anon_with(access), |file| options.map_with(file, access));
        }
        let sharing = self.choices("sharing", &[("shared", Sharing::Shared), ("private", Sharing::Private)])[0];
        let rights = [("read", Protection::READ), ("write", Protection::WRITE), ("execute", Protection::EXECUTE)];
        options.map_posix(file.unwrap(), sharing, self.choices("protection", &rights).into_iter().collect())
    }
}

const ADVICES: [(&str, Advice); 5] = [
    ("normal", Advice::Normal),
    ("random", Advice::Random),
    ("sequential", Advice::Sequential),
    ("will-need", Advice::WillNeed),
    ("dont-need", Advice::DontNeed),
];

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold("x".to_string(), |text, byte| text + &format!("{byte:02x}"))
}

fn position(found: Option<u64>) -> String {
    found.map_or("null".into(), |at| at.to_string())
}

/// Past the end there is no byte: the standard library's name for it.
fn at_end(error: Error) -> Error {
    if error.kind() == ErrorKind::UnexpectedEof { ErrorCode::OutOfRange.into() } else { error }
}

fn answer(op: &str, step: &Step, map: &mut Mapping) -> Result<String> {
    let mut bytes = Vec::new();
    match op {
        "length" => return Ok(map.len().to_string()),
        "access" => return Ok(format!("\"{}\"", format!("{:?}", map.access()).to_lowercase().replace("access::", ""))),
        "file-size" => return Ok(map.file_size()?.to_string()),
        "read" => return Ok(hex(&map.read_vec_at(step.number("offset"), step.number("length"))?)),
        "write" => map.write_all_at(&step.bytes("bytes"), step.number("offset"))?,
        "move" => map.copy_within(step.number("source"), step.number("destination"), step.number("length"))?,
        "find" => return Ok(position(map.find(&step.bytes("needle"), step.number::<u64>("start")..step.number("end"))?)),
        "rfind" => return Ok(position(map.rfind(&step.bytes("needle"), step.number::<u64>("start")..step.number("end"))?)),
        "flush" => map.flush_range(step.number("offset"), step.number("length"))?,
        "resize" => map.resize(step.number("length"))?,
        "advise" => map.advise_range(step.choices("advice", &ADVICES)[0], step.number("offset"), step.number("length"))?,
        "seek" => {
            let offset: i64 = step.number("offset");
            let to = match step.number("whence") {
                0 => SeekFrom::Start(offset.try_into().map_err(|_| ErrorCode::OutOfRange)?),
                1 => SeekFrom::Current(offset),
                2 => SeekFrom::End(offset),
                _ => return Err(ErrorCode::InvalidArgument.into()),
            };
            return Ok(map.seek(to)?.to_string());
        }
        "tell" => return Ok(map.stream_position()?.to_string()),
        "read-next" => {
            map.take(step.number::<i64>("length").try_into().unwrap_or(u64::MAX)).read_to_end(&mut bytes)?;
            return Ok(hex(&bytes));
        }
        "read-line" => return map.read_until(b'\n', &mut bytes).map(|_| hex(&bytes)),
        "read-byte" => {
            bytes.push(0);
            return map.read_exact(&mut bytes).map_err(at_end).map(|()| bytes[0].to_string());
        }
        "write-next" => return Ok(map.write(&step.bytes("bytes"))?.to_string()),
        "write-byte" => map.write_all(&[step.number::<i64>("value").try_into().map_err(|_| ErrorCode::InvalidArgument)?])?,
        _ => unreachable!("{op}"),
    }
    Ok("null".into())
}

fn main() -> Result<()> {
    let (mut file, mut maps) = (None, HashMap::<String, Mapping>::new());
    for line in stdin().lock().lines() {
        let line = line?;
        let (op, rest) = line.split_once(' ').unwrap_or((&line, ""));
        let step = Step(rest.split(' ').filter_map(|word| word.split_once('=')).collect());
        let name = (*step.0.get("map").unwrap_or(&"m")).to_string();
        let result = match op {
            "file" => {
                let rights = [("read", DescriptorFlags::READ), ("write", DescriptorFlags::WRITE)];
                let opened = open(step.0["path"], step.choices("rights", &rights).into_iter().collect());
                opened.map(|opened| file = Some(opened)).map(|()| "null".into())
            }
            "mmap" | "mmap-posix" => step.open(file.as_ref()).map(|map| maps.insert(name, map)).map(|_| "null".into()),
            "close" => Ok(maps.remove(&name)).map(|_| "null".into()),
            "end" => Ok((maps.clear(), file = None)).map(|_| "null".into()),
            _ => answer(op, &step, maps.get_mut(&name).unwrap()),
        };
        match result {
            Ok(text) => println!("{text}"),
            Err(error) => println!("error {}", error_code(&error).map_or(error.to_string(), |code| code.name().into())),
        }
    }
    Ok(())
}
