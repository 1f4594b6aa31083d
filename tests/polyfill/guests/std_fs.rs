//! Uses files in all ways of `std::fs`, right and wrong, and prints every answer but the current time.

use std::fmt::Debug;
use std::fs::{self, File, FileTimes, OpenOptions, Permissions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::time::{Duration, SystemTime};
use wasi_mmap::MmapOptions;

fn say<T: Debug>(what: &str, result: io::Result<T>) {
    match result {
        Ok(value) => println!("{what}: {value:?}"),
        Err(error) => println!("{what}: {:?}, {:?}", error.kind(), error.raw_os_error()),
    }
}

fn text(path: &str) -> io::Result<String> {
    fs::read_to_string(path)
}

fn listing(path: &str) -> io::Result<Vec<(String, bool, bool)>> {
    let mut entries = fs::read_dir(path)?
        .map(|entry| {
            let entry = entry?;
            let kind = entry.file_type()?;
            Ok((entry.file_name().into_string().unwrap_or_default(), kind.is_dir(), kind.is_symlink()))
        })
        .collect::<io::Result<Vec<_>>>()?;
    entries.sort();
    Ok(entries)
}

fn facts(path: &str) -> io::Result<(u64, bool, bool)> {
    fs::metadata(path).map(|facts| (facts.len(), facts.is_file(), facts.is_dir()))
}

fn create_and_write() {
    say("write", fs::write("/new", "hello"));
    say("read", text("/new"));
    say("facts", facts("/new"));
    say("create_new of an existing file", OpenOptions::new().write(true).create_new(true).open("/new").map(drop));
    say("create_new", OpenOptions::new().write(true).create_new(true).open("/fresh").map(drop));
    say("append", OpenOptions::new().append(true).open("/new").and_then(|mut file| file.write_all(b", world")));
    say("read", text("/new"));
    say(
        "truncate",
        OpenOptions::new().write(true).truncate(true).open("/new").and_then(|mut file| file.write_all(b"!")),
    );
    say("read", text("/new"));
    say("open of nothing", File::open("/nothing").map(drop));
    say("open below a file", File::open("/new/below").map(drop));
    say("open outside", File::open("/../outside").map(drop));
    say("write to a directory", fs::write("/folder", "x"));
    say("read of a directory", text("/"));
    say("write through a file for reading", File::open("/new").and_then(|mut file| file.write_all(b"no")));
    say(
        "read through a file for writing",
        OpenOptions::new().write(true).open("/new").and_then(|mut file| {
            let mut buffer = [0; 4];
            file.read(&mut buffer)
        }),
    );
}

fn positions() -> io::Result<()> {
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open("/places")?;
    file.write_all(b"0123456789")?;
    say("stream_position", file.stream_position());
    say("seek", file.seek(SeekFrom::Start(3)));
    file.write_all(b"xyz")?;
    say("seek from the end", file.seek(SeekFrom::End(-2)));
    let mut rest = String::new();
    say("rest", file.read_to_string(&mut rest).map(|_| rest));
    say("seek before the start", file.seek(SeekFrom::Current(-100)));
    say("seek far past the end", file.seek(SeekFrom::Start(100)));
    file.write_all(b"far")?;
    say("length", file.metadata().map(|facts| facts.len()));
    say("set_len", file.set_len(5));
    say("set_len", file.set_len(20));
    say("read", fs::read("/places"));
    say("sync_all", file.sync_all());
    say("sync_data", file.sync_data());
    say("try_clone", file.try_clone().map(drop));
    let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    say("set_times", file.set_times(FileTimes::new().set_modified(old).set_accessed(old)));
    say("modified", file.metadata().and_then(|facts| facts.modified()).map(|time| time == old));
    say("set_permissions", file.set_permissions(Permissions::clone(&file.metadata()?.permissions())));
    Ok(())
}

fn large() -> io::Result<()> {
    let block: Vec<u8> = (0..=255).cycle().take(300_001).collect();
    fs::write("/large", &block)?;
    let read = fs::read("/large")?;
    println!("large: {} bytes, the same: {}", read.len(), read == block);
    let lines = BufReader::new(File::open("/large")?).split(b'\n').count();
    println!("lines: {lines}");
    say("copy", fs::copy("/large", "/copy"));
    println!("the same: {}", fs::read("/copy")? == block);
    Ok(())
}

fn directories() {
    say("create_dir", fs::create_dir("/folder"));
    say("create_dir of an existing folder", fs::create_dir("/folder"));
    say("create_dir_all", fs::create_dir_all("/folder/a/b/c"));
    say("create_dir below nothing", fs::create_dir("/none/a"));
    say("write", fs::write("/folder/a/file", "deep"));
    say("listing", listing("/"));
    say("listing", listing("/folder/a"));
    say("listing of a file", listing("/new"));
    say("listing of nothing", listing("/nothing"));
    say("rename", fs::rename("/folder/a/file", "/folder/moved"));
    say("rename over", fs::rename("/folder/moved", "/fresh"));
    say("read", text("/fresh"));
    say("rename of nothing", fs::rename("/nothing", "/folder/x"));
    say("rename of a folder", fs::rename("/folder/a", "/folder/z"));
    say("rename below itself", fs::rename("/folder", "/folder/z/in"));
    say("hard_link", fs::hard_link("/fresh", "/folder/linked"));
    say("hard_link of nothing", fs::hard_link("/nothing", "/folder/linked2"));
    say("read", text("/folder/linked"));
    say("read_link of a file", fs::read_link("/fresh"));
    say("symlink_metadata", fs::symlink_metadata("/fresh").map(|facts| facts.len()));
    say("canonicalize", fs::canonicalize("/folder"));
    say("exists", fs::exists("/folder/linked"));
    say("exists", fs::exists("/folder/nothing"));
    say("remove_dir of a full one", fs::remove_dir("/folder"));
    say("remove_file of a folder", fs::remove_file("/folder"));
    say("remove_dir of a file", fs::remove_dir("/fresh"));
    say("remove_file", fs::remove_file("/folder/linked"));
    say("remove_file again", fs::remove_file("/folder/linked"));
    say("remove_dir_all", fs::remove_dir_all("/folder/z"));
    say("listing", listing("/folder"));
    say("remove_dir", fs::remove_dir("/folder"));
}

/// A removed or renamed file can be used as long as it is open.
fn open_while_gone() -> io::Result<()> {
    fs::write("/gone", "still here")?;
    let mut file = OpenOptions::new().read(true).write(true).open("/gone")?;
    fs::remove_file("/gone")?;
    let mut content = String::new();
    say("read after remove", file.read_to_string(&mut content).map(|_| content));
    say("write after remove", file.write(b"!"));
    say("length", file.metadata().map(|facts| facts.len()));
    Ok(())
}

fn many() -> io::Result<()> {
    fs::create_dir("/many")?;
    for number in 0..300 {
        fs::write(format!("/many/{number}"), number.to_string())?;
    }
    let open = (0..200).map(|number| File::open(format!("/many/{number}"))).collect::<io::Result<Vec<_>>>()?;
    println!("many: {} of {}", open.len(), listing("/many")?.len());
    drop(open);
    fs::remove_dir_all("/many")
}

fn main() {
    create_and_write();
    say("positions", positions());
    say("large", large());
    directories();
    say("open while gone", open_while_gone());
    say("many", many());
    // Imports the mapping, so that the polyfill has something to do.
    say("mapping", MmapOptions::new().map("/new").map(|mapping| mapping.len()));
}
