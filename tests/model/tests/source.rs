//! Checks that the model follows the source: each quoted line of C++ exists, and those of one function are in the model's
//! order. After a failure, change the model like the source.

use std::path::Path;

const MODEL: [(&str, &str); 2] =
    [("process.rs", include_str!("../src/process.rs")), ("region.rs", include_str!("../src/region.rs"))];

/// The folders of the core.
fn path_of(name: &str) -> String {
    let folder = if name == "signals.cpp" { "core/posix" } else { "core" };
    format!("{}/../../host/{folder}/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// The text without line ends and repeated blanks, which formatters choose.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The file and the line that a comment quotes.
fn quote(line: &str) -> Option<(&str, String)> {
    let (file, text) = line.split_once("// ")?.1.split_once(": ")?;
    let is_source = Path::new(file).extension().is_some_and(|kind| kind == "cpp" || kind == "h");
    is_source.then(|| (file, flat(text)))
}

#[test]
fn what_the_model_quotes_is_there() {
    let mut quotes = 0;
    for (name, model) in MODEL {
        let mut at = std::collections::BTreeMap::new();
        for (number, line) in model.lines().enumerate() {
            if line.trim_start().starts_with("pub fn ") || line.trim_start().starts_with("fn ") {
                at.clear();
            }
            let Some((file, text)) = quote(line) else { continue };
            let source = flat(&std::fs::read_to_string(path_of(file)).unwrap());
            let from = at.get(file).copied().unwrap_or(0);
            // The first quoted line of a function may be anywhere.
            let found = source[from..].find(&text);
            let place = format!("{name}:{}: {file} has no such line, or not in this order: {text}", number + 1);
            at.insert(file.to_owned(), from + found.expect(&place) + text.len());
            quotes += 1;
        }
    }
    assert!(quotes > 40, "{quotes}");
}
