//! Runs steps of the contract suite: reads a line, prints the answer. `tests/contract/guest.mts` drives it.

mod session;
mod words;

use std::io::{stdin, BufRead, Result};

use session::Session;
use wasi_mmap::{open, Descriptor};
use wasip2::filesystem::types::DescriptorFlags;
use words::{Answer, Step};

const RIGHTS: [(&str, DescriptorFlags); 2] = [("read", DescriptorFlags::READ), ("write", DescriptorFlags::WRITE)];

fn run(step: &Step, session: &mut Session<Descriptor>) -> Result<String> {
    if step.op != "file" {
        return session.run(step);
    }
    session.file = Some(open(step.text("path").unwrap(), step.flags("rights", &RIGHTS))?);
    Ok(().to_line())
}

fn main() -> Result<()> {
    let mut session = Session::new();
    for line in stdin().lock().lines() {
        println!("{}", session::line(run(&Step::parse(&line?), &mut session)));
    }
    Ok(())
}
