//! Runs steps of the contract suite in a guest, over files of WASI 0.2 or 0.3.

use std::collections::HashMap;
use std::io::{BufRead, ErrorKind, Read, Result, Seek, SeekFrom, Write};

use wasi_mmap::{error_code, ErrorCode, Mapping, MmapOptions, Source};

use super::words::{Answer, Step, ACCESSES, ADVICES, PROTECTIONS, SHARINGS};

fn map(step: &Step, file: Option<&impl Source>) -> Result<Mapping> {
    let options = MmapOptions::new().len(step.number("length")).offset(step.number("offset"));
    if step.op == "mmap" {
        let access = step.choices("access", &ACCESSES)[0];
        let file = file.filter(|_| step.text("anonymous").is_none());
        return file.map_or_else(|| options.map_anon_with(access), |file| options.map_with(file, access));
    }
    options.map_posix(file.unwrap(), step.choices("sharing", &SHARINGS)[0], step.flags("protection", &PROTECTIONS))
}

fn seek_from(step: &Step) -> Result<SeekFrom> {
    let offset: i64 = step.number("offset");
    match step.number("whence") {
        0 => Ok(SeekFrom::Start(offset.try_into().map_err(|_| ErrorCode::OutOfRange)?)),
        1 => Ok(SeekFrom::Current(offset)),
        2 => Ok(SeekFrom::End(offset)),
        _ => Err(ErrorCode::InvalidArgument.into()),
    }
}

fn read_byte(map: &mut Mapping) -> Result<u64> {
    let mut byte = [0];
    match map.read_exact(&mut byte) {
        // The standard library's name for a read past the end.
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Err(ErrorCode::OutOfRange.into()),
        done => done.map(|()| byte[0].into()),
    }
}

fn answer(step: &Step, map: &mut Mapping) -> Result<Box<dyn Answer>> {
    let (offset, length) = (|| step.number::<u64>("offset"), || step.number::<u64>("length"));
    let range = || step.number::<u64>("start")..step.number::<u64>("end");
    let mut bytes = Vec::new();
    Ok(match step.op {
        "length" => Box::new(map.len()),
        "access" => Box::new(map.access()),
        "file-size" => Box::new(map.file_size()?),
        "read" => Box::new(map.read_vec_at(offset(), length())?),
        "write" => Box::new(map.write_all_at(&step.bytes("bytes"), offset())?),
        "move" => Box::new(map.copy_within(step.number("source"), step.number("destination"), length())?),
        "find" => Box::new(map.find(&step.bytes("needle"), range())?),
        "rfind" => Box::new(map.rfind(&step.bytes("needle"), range())?),
        "flush" => Box::new(map.flush_range(offset(), length())?),
        "resize" => Box::new(map.resize(length())?),
        "advise" => Box::new(map.advise_range(step.choices("advice", &ADVICES)[0], offset(), length())?),
        "start-flush" => Box::new(map.start_flush_range(offset(), length())?),
        "populate" => Box::new(map.populate(offset(), length())?),
        "resident" => Box::new(map.resident(offset(), length())?),
        "mlock" => Box::new(map.mlock()?),
        "munlock" => Box::new(map.munlock()?),
        "seek" => Box::new(map.seek(seek_from(step)?)?),
        "tell" => Box::new(map.stream_position()?),
        "read-next" => {
            let limit = u64::try_from(step.number::<i64>("length")).unwrap_or(u64::MAX);
            map.take(limit).read_to_end(&mut bytes)?;
            Box::new(bytes)
        }
        "read-line" => map.read_until(b'\n', &mut bytes).map(|_| Box::new(bytes))?,
        "read-byte" => Box::new(read_byte(map)?),
        "write-next" => Box::new(map.write(&step.bytes("bytes"))? as u64),
        "write-byte" => {
            let byte = u8::try_from(step.number::<i64>("value")).map_err(|_| ErrorCode::InvalidArgument)?;
            Box::new(map.write_all(&[byte])?)
        }
        _ => unreachable!("{}", step.op),
    })
}

/// The file of the running vector, and its mappings by name.
pub struct Session<D> {
    pub file: Option<D>,
    maps: HashMap<String, Mapping>,
}

impl<D: Source> Session<D> {
    pub fn new() -> Self {
        Self { file: None, maps: HashMap::new() }
    }

    /// Runs a step other than `file`.
    pub fn run(&mut self, step: &Step) -> Result<String> {
        let name = step.text("map").unwrap_or("m");
        match step.op {
            "mmap" | "mmap-posix" => drop(self.maps.insert(name.into(), map(step, self.file.as_ref())?)),
            "close" => drop(self.maps.remove(name)),
            "end" => (self.maps.clear(), self.file = None).1,
            _ => return answer(step, self.maps.get_mut(name).unwrap()).map(|answer| answer.to_line()),
        }
        Ok(().to_line())
    }
}

/// What the guest prints.
pub fn line(outcome: Result<String>) -> String {
    outcome.unwrap_or_else(|error| {
        format!("error {}", error_code(&error).map_or(error.to_string(), |code| code.name().into()))
    })
}
