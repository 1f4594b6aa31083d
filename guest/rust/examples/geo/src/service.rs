//! The service: a component that exports `wasi:http/incoming-handler`.

use crate::database::{quote, Database};
use crate::source::{memory, File, Source};
use std::cell::OnceCell;
use std::env::var;
use std::io::{Error, Result};
use std::net::IpAddr;
use wasip2::exports::http::incoming_handler::Guest;
use wasip2::http::types::{
    Fields, IncomingRequest, Method, OutgoingBody, OutgoingResponse, ResponseOutparam, StatusCode,
};

thread_local! {
    /// It stays open while the instance lives: `serve --reuse` gives an instance several requests.
    static DATABASE: OnceCell<Database<Box<dyn Source>>> = const { OnceCell::new() };
}

impl Source for Box<dyn Source> {
    fn size(&self) -> u64 {
        (**self).size()
    }

    fn read(&self, offset: u64, buffer: &mut [u8]) -> Result<()> {
        (**self).read(offset, buffer)
    }
}

fn open() -> Result<Database<Box<dyn Source>>> {
    let path = var("GEO_DATABASE").map_err(|_| Error::other("GEO_DATABASE is not set"))?;
    Database::new(match var("GEO_ACCESS").as_deref() {
        Err(_) | Ok("span") => Box::new(memory(&path)?),
        Ok("mapping") => Box::new(wasi_mmap::MmapOptions::new().map(&path)?),
        Ok("file") => Box::new(File::open(&path)?),
        Ok(access) => return Err(Error::other(format!("GEO_ACCESS is span, mapping or file, not {access}"))),
    })
}

fn lookup(address: IpAddr) -> Result<Option<String>> {
    DATABASE.with(|database| {
        if let Some(database) = database.get() {
            return database.lookup(address);
        }
        let opened = open()?;
        database.get_or_init(|| opened).lookup(address)
    })
}

/// The address that a query names. The colons of IPv6 may be escaped.
fn address(query: &str) -> Option<IpAddr> {
    let value = query.split('&').find_map(|part| part.strip_prefix("ip="))?;
    value.replace("%3A", ":").replace("%3a", ":").parse().ok()
}

fn problem(text: &str) -> String {
    let mut out = String::from("{\"error\":");
    quote(text, &mut out);
    out.push('}');
    out
}

fn answer(request: &IncomingRequest) -> (StatusCode, String) {
    if !matches!(request.method(), Method::Get | Method::Head) {
        return (405, problem("only GET and HEAD are allowed"));
    }
    let path = request.path_with_query().unwrap_or_default();
    let (path, query) = path.split_once('?').unwrap_or((&path, ""));
    if path != "/lookup" {
        return (404, problem("there is only /lookup?ip=ADDRESS"));
    }
    let Some(address) = address(query) else { return (400, problem("ip is not an address")) };
    match lookup(address) {
        Ok(Some(found)) => (200, found),
        Ok(None) => (404, problem("the database does not have this address")),
        Err(error) => {
            eprintln!("{error}");
            (500, problem("the database cannot be read"))
        }
    }
}

struct Geo;

impl Guest for Geo {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let (status, mut text) = answer(&request);
        text.push('\n');
        let headers = Fields::new();
        // These fail for names that HTTP forbids.
        let _ = headers.append("content-type", b"application/json");
        let _ = headers.append("content-length", text.len().to_string().as_bytes());
        let response = OutgoingResponse::new(headers);
        let _ = response.set_status_code(status);
        let body = response.body().expect("its first call");
        ResponseOutparam::set(out, Ok(response));
        if matches!(request.method(), Method::Head) {
            return; // Of its body only the length is told.
        }
        // A client that has gone gets nothing, and that is no fault.
        let stream = body.write().expect("its first call");
        let written = text.as_bytes().chunks(4096).all(|part| stream.blocking_write_and_flush(part).is_ok());
        drop(stream);
        if written {
            let _ = OutgoingBody::finish(body, None);
        }
    }
}

wasip2::http::proxy::export!(Geo);
