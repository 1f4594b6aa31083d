//! Runs steps of the contract suite over files of WASI 0.3, as `contract.rs` does over those of 0.2.

mod session;
#[path = "../../../tools/guests/stdio.rs"]
mod stdio;
mod words;

use session::Session;
use wasi_mmap::p3::{open, Descriptor, DescriptorFlags};
use words::{Answer, Step};

const RIGHTS: [(&str, DescriptorFlags); 2] = [("read", DescriptorFlags::READ), ("write", DescriptorFlags::WRITE)];

async fn run(step: &Step<'_>, session: &mut Session<Descriptor>) -> std::io::Result<String> {
    if step.op != "file" {
        return session.run(step);
    }
    session.file = Some(open(step.text("path").unwrap(), step.flags("rights", &RIGHTS)).await?);
    Ok(().to_line())
}

struct Contract;

wasip3::cli::command::export!(Contract);

impl wasip3::exports::cli::run::Guest for Contract {
    async fn run() -> Result<(), ()> {
        let (mut lines, mut output) = (stdio::Lines::new(), stdio::Output::new());
        let mut session = Session::new();
        while let Some(line) = lines.next().await {
            output.line(&session::line(run(&Step::parse(&line), &mut session).await)).await;
        }
        output.end().await
    }
}
