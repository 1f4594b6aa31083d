//! `steps STEP...`: each step is a verb with words, and prints one line: what it returned, or its error.

/// The contract for WASI 0.3. Without it, a program maps what the standard library opens.
#[cfg(feature = "p3-maps")]
#[expect(clippy::same_length_and_capacity, reason = "generated")]
mod contract {
    wit_bindgen::generate!({
        path: "../../../../wit/0.3",
        world: "guest-spans",
        with: {
            "wasi:clocks/system-clock@0.3.0": wasip3::clocks::system_clock,
            "wasi:clocks/types@0.3.0": wasip3::clocks::types,
            "wasi:filesystem/preopens@0.3.0": wasip3::filesystem::preopens,
            "wasi:filesystem/types@0.3.0": wasip3::filesystem::types,
        },
    });
}

/// The contract for WASI 0.2, whose descriptors are those of the standard library's generation.
#[expect(clippy::same_length_and_capacity, reason = "generated")]
mod contract2 {
    wit_bindgen::generate!({
        path: "../../../../wit",
        world: "guest-spans",
        with: {
            "wasi:clocks/wall-clock@0.2.12": wasip2::clocks::wall_clock,
            "wasi:filesystem/preopens@0.2.12": wasip2::filesystem::preopens,
            "wasi:filesystem/types@0.2.12": wasip2::filesystem::types,
            "wasi:io/error@0.2.12": wasip2::io::error,
            "wasi:io/poll@0.2.12": wasip2::io::poll,
            "wasi:io/streams@0.2.12": wasip2::io::streams,
        },
    });
}

#[cfg(feature = "p3-maps")]
use contract::wasi_mmap::mmap::{mapping, span};
use contract2::wasi_mmap::mmap::mapping as mapping2;
use std::collections::HashMap;
use std::fmt::Debug;
use std::future::{Future, IntoFuture};
use wasip3::filesystem::preopens::get_directories;
use wasip3::filesystem::types::{Descriptor, DescriptorFlags, DescriptorType, NewTimestamp, OpenFlags, PathFlags};
use wasip3::wit_bindgen::StreamResult;

/// What earlier steps have opened, by its name.
#[derive(Default)]
struct Opened {
    files: HashMap<String, Descriptor>,
    #[cfg(feature = "p3-maps")]
    maps: HashMap<String, mapping::Mapping>,
    maps2: HashMap<String, mapping2::Mapping>,
}

/// An error, by the name of its case.
fn name_of<E: Debug>(error: E) -> String {
    let text = format!("{error:?}");
    let named = text.split_once("name: \"").and_then(|(_, rest)| rest.split_once('"'));
    named.map_or(text.rsplit("::").next().unwrap_or_default(), |(name, _)| name).to_owned()
}

fn shown<T: Debug, E: Debug>(result: Result<T, E>) -> String {
    result.map_or_else(name_of, |value| format!("{value:?}"))
}

fn text<E: Debug>(result: Result<Vec<u8>, E>) -> String {
    result.map_or_else(name_of, |bytes| String::from_utf8_lossy(&bytes).into_owned())
}

fn path_flags(letters: &str) -> PathFlags {
    if letters.contains('f') {
        PathFlags::SYMLINK_FOLLOW
    } else {
        PathFlags::empty()
    }
}

fn open_flags(letters: &str) -> OpenFlags {
    [('c', OpenFlags::CREATE), ('d', OpenFlags::DIRECTORY), ('x', OpenFlags::EXCLUSIVE), ('t', OpenFlags::TRUNCATE)]
        .into_iter()
        .filter(|(letter, _)| letters.contains(*letter))
        .fold(OpenFlags::empty(), |all, (_, flag)| all | flag)
}

fn descriptor_flags(letters: &str) -> DescriptorFlags {
    [
        ('r', DescriptorFlags::READ),
        ('w', DescriptorFlags::WRITE),
        ('m', DescriptorFlags::MUTATE_DIRECTORY),
        ('s', DescriptorFlags::DATA_INTEGRITY_SYNC),
    ]
    .into_iter()
    .filter(|(letter, _)| letters.contains(*letter))
    .fold(DescriptorFlags::empty(), |all, (_, flag)| all | flag)
}

#[cfg(feature = "p3-maps")]
fn access(word: &str) -> mapping::Access {
    match word {
        "write" => mapping::Access::Write,
        "copy" => mapping::Access::Copy,
        _ => mapping::Access::Read,
    }
}

fn access2(word: &str) -> mapping2::Access {
    match word {
        "write" => mapping2::Access::Write,
        "copy" => mapping2::Access::Copy,
        _ => mapping2::Access::Read,
    }
}

/// A stream that gives these bytes, and what writes them.
fn source(bytes: Vec<u8>) -> (impl Future<Output = usize>, wasip3::wit_bindgen::StreamReader<u8>) {
    let (mut writer, reader) = wasip3::wit_stream::new();
    let feed = async move { writer.write_all(bytes).await.len() };
    (feed, reader)
}

/// Waits for both.
async fn both<T>(result: impl IntoFuture<Output = T>, feed: impl Future<Output = usize>) -> (T, usize) {
    futures::join!(result.into_future(), feed)
}

async fn print(line: &str) {
    let (feed, reader) = source(line.as_bytes().to_vec());
    let (result, _) = both(wasip3::cli::stdout::write_via_stream(reader), feed).await;
    result.unwrap();
}

/// All that a stream gives.
async fn drain(mut stream: wasip3::wit_bindgen::StreamReader<u8>) -> Vec<u8> {
    let mut all = Vec::new();
    loop {
        let (result, bytes) = stream.read(Vec::with_capacity(1 << 16)).await;
        all.extend(bytes);
        if !matches!(result, StreamResult::Complete(_)) {
            return all;
        }
    }
}

#[cfg(feature = "p3-maps")]
/// Attaches a file's pages to memory of this program, and reads them by plain loads.
fn spans(map: &mapping::Mapping) -> String {
    let Some(granularity) = span::granularity() else { return "no spans".to_owned() };
    let size = usize::try_from(map.length()).unwrap().next_multiple_of(granularity as usize);
    let layout = std::alloc::Layout::from_size_align(size, granularity as usize).unwrap();
    // SAFETY: the layout has a size; the region is freed once nothing is attached to it.
    let (address, region) = unsafe {
        let address = std::alloc::alloc_zeroed(layout);
        (address, std::slice::from_raw_parts(address, size))
    };
    let answer = match span::attach(map, 0, region) {
        Ok(attached) => {
            let seen = String::from_utf8_lossy(&region[..6]).into_owned();
            let faulted = attached.faulted();
            drop(attached);
            format!("{seen}, faulted {faulted}, then {:?}", region[0])
        }
        Err(error) => name_of(error),
    };
    // SAFETY: it was allocated with this layout, and the span is gone.
    unsafe { std::alloc::dealloc(address, layout) };
    answer
}

/// The descriptor of WASI 0.2 for a path.
fn open2(
    path: &str,
    write: bool,
) -> Result<wasip2::filesystem::types::Descriptor, wasip2::filesystem::types::ErrorCode> {
    use wasip2::filesystem::types::{DescriptorFlags, OpenFlags, PathFlags};
    let folders = wasip2::filesystem::preopens::get_directories();
    let flags = if write { DescriptorFlags::READ | DescriptorFlags::WRITE } else { DescriptorFlags::READ };
    folders[0].0.open_at(PathFlags::empty(), path, OpenFlags::empty(), flags)
}

impl Opened {
    fn folder(name: &str) -> Descriptor {
        let at: usize = name.parse().unwrap();
        get_directories().into_iter().nth(at).expect("no such directory").0
    }

    /// A directory that was opened, or one that the host has opened, by its number.
    async fn in_folder<T>(&self, name: &str, call: impl AsyncFnOnce(&Descriptor) -> T) -> T {
        match self.files.get(name) {
            Some(file) => call(file).await,
            None => call(&Self::folder(name)).await,
        }
    }

    fn number(word: &str) -> u64 {
        word.parse().unwrap()
    }

    async fn files(&mut self, words: &[&str]) -> Option<String> {
        Some(match *words {
            ["open", name, base, path, letters] => {
                let opened = self
                    .in_folder(base, async |folder| {
                        folder
                            .open_at(
                                path_flags(letters),
                                path.to_owned(),
                                open_flags(letters),
                                descriptor_flags(letters),
                            )
                            .await
                    })
                    .await;
                shown(opened.map(|file| {
                    self.files.insert(name.to_owned(), file);
                }))
            }
            ["close", name] => format!("{}", self.files.remove(name).is_some()),
            ["flags", name] => shown(self.in_folder(name, async |file| file.get_flags().await).await),
            ["type", name] => shown(self.in_folder(name, async |file| file.get_type().await).await),
            ["stat", name] => {
                let stat = self.in_folder(name, async |file| file.stat().await).await;
                shown(stat.map(|stat| (stat.type_, stat.size)))
            }
            ["modified", name] => {
                let stat = self.in_folder(name, async |file| file.stat().await).await;
                shown(stat.map(|stat| stat.data_modification_timestamp.map(|time| (time.seconds, time.nanoseconds))))
            }
            ["stat-at", base, path, letters] => {
                let stat = self
                    .in_folder(base, async |folder| folder.stat_at(path_flags(letters), path.to_owned()).await)
                    .await;
                shown(stat.map(|stat| (stat.type_, stat.size)))
            }
            ["cat", name, offset] => {
                let (stream, result) = self.files[name].read_via_stream(Self::number(offset));
                let bytes = drain(stream).await;
                format!("{} {}", String::from_utf8_lossy(&bytes), shown(result.await))
            }
            ["begin", name, count] => {
                let (mut stream, result) = self.files[name].read_via_stream(0);
                let (_, bytes) = stream.read(Vec::with_capacity(count.parse().unwrap())).await;
                drop(stream);
                format!("{} {}", bytes.len(), shown(result.await))
            }
            ["count", name] => {
                let (stream, result) = self.files[name].read_via_stream(0);
                let bytes = drain(stream).await;
                format!("{} {}", bytes.len(), shown(result.await))
            }
            ["put", name, offset, content] => {
                let (feed, reader) = source(content.as_bytes().to_vec());
                let result = self.files[name].write_via_stream(reader, Self::number(offset));
                let (result, left) = both(result, feed).await;
                format!("{} {left}", shown(result))
            }
            ["fill", name, count] => {
                let (feed, reader) = source(vec![b'x'; count.parse().unwrap()]);
                let result = self.files[name].write_via_stream(reader, 0);
                let (result, left) = both(result, feed).await;
                format!("{} {left}", shown(result))
            }
            ["append", name, content] => {
                let (feed, reader) = source(content.as_bytes().to_vec());
                let (result, left) = both(self.files[name].append_via_stream(reader), feed).await;
                format!("{} {left}", shown(result))
            }
            ["size", name, size] => shown(self.files[name].set_size(Self::number(size)).await),
            ["sync", name] => shown(self.in_folder(name, async |file| file.sync().await).await),
            ["sync-data", name] => shown(self.in_folder(name, async |file| file.sync_data().await).await),
            ["touch", name, seconds] => {
                let time = wasip3::clocks::system_clock::Instant { seconds: seconds.parse().unwrap(), nanoseconds: 0 };
                let set = self
                    .in_folder(name, async |file| {
                        file.set_times(NewTimestamp::NoChange, NewTimestamp::Timestamp(time)).await
                    })
                    .await;
                shown(set)
            }
            ["advise", name] => shown(self.files[name].advise(0, 1, wasip3::filesystem::types::Advice::WillNeed).await),
            ["same", one, other] => {
                let same = self.in_folder(one, async |one| {
                    self.in_folder(other, async |other| one.is_same_object(other).await).await
                });
                format!("{}", same.await)
            }
            _ => return None,
        })
    }

    async fn names(&self, words: &[&str]) -> Option<String> {
        Some(match *words {
            ["list", base] => {
                self.in_folder(base, async |folder| {
                    let (mut stream, result) = folder.read_directory();
                    let mut names = Vec::new();
                    loop {
                        let (status, entries) = stream.read(Vec::with_capacity(3)).await;
                        names.extend(entries.into_iter().map(|entry| {
                            let mark = if matches!(entry.type_, DescriptorType::Directory) { "/" } else { "" };
                            format!("{}{mark}", entry.name)
                        }));
                        if !matches!(status, StreamResult::Complete(_)) {
                            break;
                        }
                    }
                    names.sort();
                    format!("{} {}", names.join(","), shown(result.await))
                })
                .await
            }
            ["mkdir", base, path] => {
                shown(self.in_folder(base, async |folder| folder.create_directory_at(path.to_owned()).await).await)
            }
            ["rmdir", base, path] => {
                shown(self.in_folder(base, async |folder| folder.remove_directory_at(path.to_owned()).await).await)
            }
            ["unlink", base, path] => {
                shown(self.in_folder(base, async |folder| folder.unlink_file_at(path.to_owned()).await).await)
            }
            ["readlink", base, path] => {
                shown(self.in_folder(base, async |folder| folder.readlink_at(path.to_owned()).await).await)
            }
            ["symlink", base, target, path] => {
                let made = self
                    .in_folder(base, async |folder| folder.symlink_at(target.to_owned(), path.to_owned()).await)
                    .await;
                shown(made)
            }
            ["touch-at", base, path, letters] => {
                let set = self
                    .in_folder(base, async |folder| {
                        folder
                            .set_times_at(path_flags(letters), path.to_owned(), NewTimestamp::Now, NewTimestamp::Now)
                            .await
                    })
                    .await;
                shown(set)
            }
            [verb @ ("rename" | "link"), base, old, other, new] => {
                let call = self.in_folder(base, async |base| {
                    self.in_folder(other, async |other| match verb {
                        "rename" => base.rename_at(old.to_owned(), other, new.to_owned()).await,
                        _ => base.link_at(PathFlags::empty(), old.to_owned(), other, new.to_owned()).await,
                    })
                    .await
                });
                shown(call.await)
            }
            _ => return None,
        })
    }

    #[cfg(not(feature = "p3-maps"))]
    #[expect(clippy::unused_async, reason = "it stands for the other one")]
    async fn maps(&mut self, _words: &[&str]) -> Option<String> {
        None
    }

    #[cfg(feature = "p3-maps")]
    async fn maps(&mut self, words: &[&str]) -> Option<String> {
        Some(match *words {
            ["map", name, file, how] => {
                let map = self.in_folder(file, async |file| mapping::mmap(Some(file), 0, access(how), 0)).await;
                shown(map.map(|map| {
                    let length = map.length();
                    self.maps.insert(name.to_owned(), map);
                    length
                }))
            }
            ["anonymous", name, length] => {
                let map = mapping::mmap(None, Self::number(length), mapping::Access::Write, 0);
                shown(map.map(|map| {
                    self.maps.insert(name.to_owned(), map);
                }))
            }
            ["read", name, offset, length] => text(self.maps[name].read(Self::number(offset), Self::number(length))),
            ["write", name, offset, bytes] => shown(self.maps[name].write(Self::number(offset), bytes.as_bytes())),
            ["find", name, needle] => shown(self.maps[name].find(needle.as_bytes(), 0, u64::MAX)),
            ["rfind", name, needle] => shown(self.maps[name].rfind(needle.as_bytes(), 0, u64::MAX)),
            ["span", name] => spans(&self.maps[name]),
            ["drop", name] => format!("{}", self.maps.remove(name).is_some()),
            _ => return None,
        })
    }

    /// The same through the contract for WASI 0.2.
    fn maps2(&mut self, words: &[&str]) -> Option<String> {
        Some(match *words {
            ["map2", name, path, how] => match open2(path, how == "write") {
                Ok(file) => {
                    let map = mapping2::mmap(Some(&file), 0, access2(how), 0);
                    shown(map.map(|map| {
                        let length = map.length();
                        self.maps2.insert(name.to_owned(), map);
                        length
                    }))
                }
                Err(error) => name_of(error),
            },
            ["read2", name, offset, length] => text(self.maps2[name].read(Self::number(offset), Self::number(length))),
            ["write2", name, offset, bytes] => shown(self.maps2[name].write(Self::number(offset), bytes.as_bytes())),
            ["find2", name, needle] => shown(self.maps2[name].find(needle.as_bytes(), 0, u64::MAX)),
            _ => return None,
        })
    }

    async fn process(words: &[&str]) -> Option<String> {
        Some(match *words {
            ["arguments"] => wasip3::cli::environment::get_arguments()[1..].join(","),
            ["environment"] => format!("{:?}", wasip3::cli::environment::get_environment()),
            ["cwd"] => format!("{:?}", wasip3::cli::environment::get_initial_cwd()),
            ["directories"] => get_directories().into_iter().map(|(_, name)| name).collect::<Vec<_>>().join(","),
            ["input"] => {
                let (stream, result) = wasip3::cli::stdin::read_via_stream();
                let bytes = drain(stream).await;
                format!("{} bytes, {} {}", bytes.len(), String::from_utf8_lossy(&bytes), shown(result.await))
            }
            ["complain", line] => {
                let (feed, reader) = source(line.as_bytes().to_vec());
                let (result, _) = both(wasip3::cli::stderr::write_via_stream(reader), feed).await;
                shown(result)
            }
            ["last-words", line] => {
                let (feed, reader) = source(line.as_bytes().to_vec());
                let write = wasip3::cli::stdout::write_via_stream(reader).into_future();
                // The bytes are taken, and nobody waits until they are written.
                futures::future::select(std::pin::pin!(write), std::pin::pin!(feed)).await;
                wasip3::cli::exit::exit(Ok(()));
                unreachable!()
            }
            ["flood"] => {
                let (feed, reader) = source(vec![b'y'; 1 << 26]);
                let (result, left) = both(wasip3::cli::stdout::write_via_stream(reader), feed).await;
                wasip3::cli::exit::exit_with_code(if result.is_err() && left > 0 { 3 } else { 4 });
                unreachable!()
            }
            ["terminals"] => format!(
                "{} {} {}",
                wasip3::cli::terminal_stdin::get_terminal_stdin().is_some(),
                wasip3::cli::terminal_stdout::get_terminal_stdout().is_some(),
                wasip3::cli::terminal_stderr::get_terminal_stderr().is_some()
            ),
            ["sleep", milliseconds] => {
                let before = wasip3::clocks::monotonic_clock::now();
                wasip3::clocks::monotonic_clock::wait_for(Self::number(milliseconds) * 1_000_000).await;
                let passed = (wasip3::clocks::monotonic_clock::now() - before) / 1_000_000;
                format!("{}", passed >= Self::number(milliseconds))
            }
            ["clock"] => format!("{}", wasip3::clocks::system_clock::now().seconds > 1_700_000_000),
            ["random"] => format!(
                "{} {}",
                wasip3::random::random::get_random_bytes(5).len(),
                wasip3::random::random::get_random_u64() != wasip3::random::random::get_random_u64()
            ),
            ["connect"] => {
                let family = wasip3::sockets::types::IpAddressFamily::Ipv4;
                let names = wasip3::sockets::ip_name_lookup::resolve_addresses("localhost".to_owned()).await;
                format!(
                    "{} {} {}",
                    shown(wasip3::sockets::types::TcpSocket::create(family)),
                    shown(wasip3::sockets::types::UdpSocket::create(family)),
                    shown(names)
                )
            }
            ["std-read", path] => text(std::fs::read(path)),
            ["std-write", path, content] => shown(std::fs::write(path, content).map_err(|error| error.kind())),
            ["print", line] => {
                print!("{line}");
                shown(std::io::Write::flush(&mut std::io::stdout()))
            }
            ["exit", code] => {
                wasip3::cli::exit::exit_with_code(code.parse().unwrap());
                unreachable!()
            }
            ["end", "ok"] => {
                wasip3::cli::exit::exit(Ok(()));
                unreachable!()
            }
            ["end", _] => {
                wasip3::cli::exit::exit(Err(()));
                unreachable!()
            }
            ["quick-exit", code] => std::process::exit(code.parse().unwrap()),
            // All memory that is allocated later has addresses of 2 GiB and more.
            ["grow"] => format!("{}", Vec::<u8>::with_capacity((1 << 31) - (1 << 16)).leak().as_ptr() as usize > 0),
            ["hang"] => {
                let (_writer, mut reader) = wasip3::wit_stream::new::<u8>();
                format!("{:?}", reader.read(Vec::with_capacity(1)).await.1)
            }
            ["leave"] => {
                // Timers and reads that nobody waits for, when the program ends.
                let timer = Box::leak(Box::new(Box::pin(wasip3::clocks::monotonic_clock::wait_for(1 << 50))));
                let (stream, _) = wasip3::cli::stdin::read_via_stream();
                let input = Box::leak(Box::new(Box::pin(drain(stream))));
                futures::select_biased! {
                    () = futures::FutureExt::fuse(timer.as_mut()) => "a timer".to_owned(),
                    bytes = futures::FutureExt::fuse(input.as_mut()) => format!("{} bytes", bytes.len()),
                    () = futures::FutureExt::fuse(Box::pin(wasip3::clocks::monotonic_clock::wait_for(1_000_000))) => {
                        "left".to_owned()
                    }
                }
            }
            ["trap"] => std::process::abort(),
            _ => return None,
        })
    }
}

struct Steps;

impl wasip3::exports::cli::run::Guest for Steps {
    async fn run() -> Result<(), ()> {
        let mut opened = Opened::default();
        for step in wasip3::cli::environment::get_arguments().into_iter().skip(1) {
            let words: Vec<&str> = step.split(' ').collect();
            if words == ["fail"] {
                return Err(());
            }
            let answer = match opened.files(&words).await {
                Some(answer) => answer,
                None => match opened.names(&words).await {
                    Some(answer) => answer,
                    None => match opened.maps(&words).await {
                        Some(answer) => answer,
                        None => match opened.maps2(&words) {
                            Some(answer) => answer,
                            None => Opened::process(&words).await.unwrap_or_else(|| format!("no step: {step}")),
                        },
                    },
                },
            };
            print(&format!("{answer}\n")).await;
        }
        Ok(())
    }
}

wasip3::cli::command::export!(Steps);
