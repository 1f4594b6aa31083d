//! `native-geo DATABASE [map]`: serves lookups as the component `geo` does, on a port of 127.0.0.1 that it prints.
//! With `map` it maps the database for each request, else once.

use geo::database::Database;
use geo::source::memory;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::io::{Error, Result};
use std::sync::Arc;
use tokio::net::TcpListener;

type Answer = Response<Full<Bytes>>;

fn answer(request: &Request<Incoming>, lookup: impl Fn(std::net::IpAddr) -> Result<Option<String>>) -> Answer {
    let address = request.uri().query().and_then(|query| query.strip_prefix("ip=")?.parse().ok());
    let found = address.map_or(Err(Error::other("no address")), lookup);
    let (status, text) = match found {
        Ok(Some(found)) => (200, found + "\n"),
        Ok(None) => (404, String::new()),
        Err(error) => (500, error.to_string()),
    };
    let response = Response::builder().status(status).header("content-type", "application/json");
    response.body(Full::new(Bytes::from(text))).expect("valid parts")
}

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let path = words.first().ok_or_else(|| Error::other("no database"))?.clone();
    let each = words.get(1).is_some_and(|word| word == "map");
    let shared = Arc::new(Database::new(memory(&path)?)?);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?.port());
        loop {
            let (client, _) = listener.accept().await?;
            client.set_nodelay(true)?;
            let (path, shared) = (path.clone(), Arc::clone(&shared));
            tokio::spawn(async move {
                let service = service_fn(|request: Request<Incoming>| {
                    let answer = answer(&request, |address| {
                        if each {
                            Database::new(memory(&path)?)?.lookup(address)
                        } else {
                            shared.lookup(address)
                        }
                    });
                    async { Ok::<_, Infallible>(answer) }
                });
                // A client that leaves is no fault.
                let _ = http1::Builder::new().serve_connection(TokioIo::new(client), service).await;
            });
        }
    })
}
