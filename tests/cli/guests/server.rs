//! A server that behaves as its path says, mostly badly.

use std::io::Write;
use std::sync::atomic::{AtomicU32, Ordering};
use wasip2::clocks::monotonic_clock::subscribe_duration;
use wasip2::exports::http::incoming_handler::Guest;
use wasip2::http::outgoing_handler;
use wasip2::http::types::{
    ErrorCode, Fields, IncomingRequest, Method, OutgoingBody, OutgoingRequest, OutgoingResponse, ResponseOutparam,
    Scheme,
};
use wasip2::io::streams::StreamError;

static REQUESTS: AtomicU32 = AtomicU32::new(0);

/// Responds with 200, and returns the body.
fn begin(out: ResponseOutparam, length: Option<&str>) -> OutgoingBody {
    let headers = Fields::new();
    if let Some(length) = length {
        headers.append("content-length", length.as_bytes()).unwrap();
    }
    let response = OutgoingResponse::new(headers);
    let body = response.body().unwrap();
    ResponseOutparam::set(out, Ok(response));
    body
}

fn write(body: &OutgoingBody, bytes: &[u8]) {
    let stream = body.write().unwrap();
    for part in bytes.chunks(4096) {
        stream.blocking_write_and_flush(part).unwrap();
    }
}

fn respond(out: ResponseOutparam, text: &str) {
    let body = begin(out, None);
    write(&body, text.as_bytes());
    OutgoingBody::finish(body, None).unwrap();
}

fn read(request: &IncomingRequest) -> Vec<u8> {
    let body = request.consume().unwrap();
    let stream = body.stream().unwrap();
    let mut bytes = Vec::new();
    loop {
        match stream.blocking_read(1 << 16) {
            Ok(part) => bytes.extend(part),
            Err(StreamError::Closed) => return bytes,
            Err(error) => panic!("{error}"),
        }
    }
}

fn fetch(authority: &str) -> Result<u16, ErrorCode> {
    let request = OutgoingRequest::new(Fields::new());
    request.set_method(&Method::Get).unwrap();
    request.set_scheme(Some(&Scheme::Http)).unwrap();
    request.set_authority(Some(authority)).unwrap();
    request.set_path_with_query(Some("/ok")).unwrap();
    let response = outgoing_handler::handle(request, None)?;
    response.subscribe().block();
    Ok(response.get().unwrap().unwrap()?.status())
}

/// What the path `/name?argument` asks for.
fn serve(name: &str, argument: &str, request: &IncomingRequest, out: ResponseOutparam) {
    match name {
        "/count" => respond(out, &REQUESTS.load(Ordering::Relaxed).to_string()),
        "/echo" => {
            let bytes = read(request);
            let body = begin(out, None);
            write(&body, &bytes);
            OutgoingBody::finish(body, None).unwrap();
        }
        "/trap" => std::process::abort(),
        "/hang" => loop {
            std::hint::spin_loop();
        },
        "/sleep" => {
            subscribe_duration(argument.parse::<u64>().unwrap() * 1_000_000).block();
            respond(out, "slept");
        }
        "/silent" => drop(out),
        "/silent-kept" => std::mem::forget(out),
        "/error" => ResponseOutparam::set(out, Err(ErrorCode::InternalError(Some("a\nb".into())))),
        "/short" => {
            let body = begin(out, Some("100"));
            write(&body, b"half");
        }
        "/short-kept" => {
            let body = begin(out, Some("100"));
            write(&body, b"half");
            std::mem::forget(body);
        }
        "/half" => {
            let body = begin(out, None);
            write(&body, b"half");
            std::process::abort();
        }
        "/open" => {
            let body = begin(out, None);
            write(&body, b"open");
            std::mem::forget(body);
        }
        "/endless" => {
            let body = begin(out, None);
            loop {
                write_all(&body);
            }
        }
        "/grow" => {
            let mut kept = Vec::new();
            while kept.len() < argument.parse::<usize>().unwrap() {
                kept.push(vec![1_u8; 1 << 20]);
            }
            respond(out, &kept.len().to_string());
        }
        "/print" => {
            println!("from the guest");
            eprintln!("\x1b[31m\n[1] GET /forged 200 0.1 ms");
            respond(out, "printed");
        }
        "/flood" => {
            let line = "x".repeat(99);
            let mut error = std::io::stderr();
            for _ in 0..100_000 {
                writeln!(error, "{line}").unwrap();
            }
            respond(out, "printed");
        }
        "/exit" => wasip2::cli::exit::exit(if argument == "0" { Ok(()) } else { Err(()) }),
        "/fetch" => respond(out, &format!("{:?}", fetch(argument))),
        "/environment" => {
            let arguments: Vec<_> = std::env::args().collect();
            respond(out, &format!("{arguments:?} {:?}", std::env::var("NAME")));
        }
        "/files" => {
            let read = std::fs::read_to_string("/data/file").map_err(|error| error.kind());
            let written = std::fs::write("/data/new", "new").map_err(|error| error.kind());
            respond(out, &format!("{read:?} {written:?}"));
        }
        _ => respond(out, "ok"),
    }
}

/// Writes until the client has gone, and then still goes on.
fn write_all(body: &OutgoingBody) {
    if let Ok(stream) = body.write() {
        while stream.blocking_write_and_flush(&[0; 4096]).is_ok() {}
    }
}

struct Server;

impl Guest for Server {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        REQUESTS.fetch_add(1, Ordering::Relaxed);
        let path = request.path_with_query().unwrap_or_default();
        let (name, argument) = path.split_once('?').unwrap_or((&path, ""));
        serve(name, argument, &request, out);
    }
}

wasip2::http::proxy::export!(Server);
