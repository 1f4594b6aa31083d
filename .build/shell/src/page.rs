//! Writes the manual page, as man(7) describes it.

use crate::help::{Help, Opt, Part, Value, PROGRAM};
use roff::{bold, italic, roman, Inline, Roff};

/// An option: what to type in bold, what to replace in italics.
fn spec(option: &Opt) -> Vec<Inline> {
    let mut words = Vec::new();
    if let Some(short) = option.short {
        words.extend([bold(format!("-{short}")), roman(", ")]);
    }
    words.push(bold(format!("--{}", option.long)));
    match &option.value {
        None => {}
        Some(Value { name, optional: true }) => words.extend([roman("[="), italic(name.as_str()), roman("]")]),
        Some(Value { name, optional: false }) => words.extend([roman(" "), italic(name.as_str())]),
    }
    words
}

fn options(page: &mut Roff, options: &[Opt]) {
    for option in options {
        page.control("TP", []).text(spec(option)).text([roman(option.text.as_str())]);
    }
}

pub fn render(help: &Help, version: &str) -> String {
    let mut page = Roff::new();
    let source = format!("{PROGRAM} {version}");
    // No date, which roff would leave out if it were empty: the same sources give the same bytes.
    page.control("TH", [PROGRAM.to_uppercase().as_str(), "1", "\"\"", source.as_str(), "User Commands"]);
    let summary = help.summary.trim_end_matches('.');
    let summary = summary[..1].to_lowercase() + &summary[1..];
    page.control("SH", ["NAME"]).text([roman(format!("{PROGRAM} - {summary}"))]);
    page.control("SH", ["SYNOPSIS"]);
    for (at, verb) in help.verbs.iter().enumerate() {
        if at > 0 {
            page.control("br", []);
        }
        let mut words = vec![bold(format!("{PROGRAM} {}", verb.name))];
        for word in &verb.usage {
            words.push(roman(" "));
            let is_typed = word.starts_with('-') || word.contains('|');
            words.push(if is_typed { bold(word.as_str()) } else { italic(word.as_str()) });
        }
        page.text(words);
    }
    page.control("SH", ["DESCRIPTION"]);
    for verb in &help.verbs {
        page.control("SS", [verb.name.as_str()]);
        for (at, part) in verb.parts.iter().enumerate() {
            match part {
                Part::Paragraph(text) => {
                    if at > 0 {
                        page.control("PP", []);
                    }
                    page.text([roman(text.as_str())]);
                }
                Part::Options(list) => options(&mut page, list),
            }
        }
    }
    page.control("SH", ["OPTIONS"]);
    options(&mut page, &help.options);
    page.control("SH", ["EXIT STATUS"]).text([roman(help.codes.as_str())]);
    page.render()
}
