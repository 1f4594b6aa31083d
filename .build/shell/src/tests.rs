use crate::complete::{command, scripts};
use crate::help::{Help, Opt, Part, Value};
use crate::page::render;

const HELP: &str = "\
Usage: wasi-mmap run [options] component.wasm [arguments...]
       wasi-mmap pack [options] component.wasm -o OUTPUT
       wasi-mmap paint red|green

Runs things.

\"run\" runs a thing (of any
kind).

  --dir HOST[::GUEST]     grant a directory
  --fast[=N|all]          do it at once,
                          or sooner
  --max-private-memory SIZE
                          how much

\"pack\" packs it; it has the options of \"run\", and these:

  -o, --output OUTPUT     the file

It's fast.

\"paint\" paints it.

Exit codes: 0 or another.

  -h, --help              print this
  -V, --version           print that
";

/// An option as the help writes it.
fn spec(option: &Opt) -> String {
    let short = option.short.map(|short| format!("-{short}, ")).unwrap_or_default();
    let value = match &option.value {
        None => String::new(),
        Some(Value { name, optional: true }) => format!("[={name}]"),
        Some(Value { name, optional: false }) => format!(" {name}"),
    };
    format!("{short}--{}{value}", option.long)
}

fn refused(text: &str) -> String {
    match Help::parse(text).and_then(|help| scripts(&help)) {
        Ok(_) => panic!("accepted:\n{text}"),
        Err(error) => error,
    }
}

#[test]
fn what_the_help_says() {
    let help = Help::parse(HELP).unwrap();
    assert_eq!(help.summary, "Runs things.");
    assert_eq!(help.codes, "0 or another.");
    let names: Vec<_> = help.verbs.iter().map(|verb| (verb.name.as_str(), verb.summary())).collect();
    assert_eq!(names, [("run", "runs a thing"), ("pack", "packs it"), ("paint", "paints it")]);
    let options = help.options_of(&help.verbs[1]);
    let specs: Vec<_> = options.iter().map(spec).collect();
    assert_eq!(specs, ["--dir HOST[::GUEST]", "--fast[=N|all]", "--max-private-memory SIZE", "-o, --output OUTPUT"]);
    assert_eq!(options[1].text, "do it at once, or sooner");
    assert_eq!(options[1].value, Some(Value { name: "N|all".into(), optional: true }));
    assert_eq!(help.verbs[2].choices().collect::<Vec<_>>(), ["red", "green"]);
    assert!(matches!(&help.verbs[1].parts[2], Part::Paragraph(text) if text == "It's fast."));
    let specs: Vec<_> = help.options.iter().map(spec).collect();
    assert_eq!(specs, ["-h, --help", "-V, --version"]);
}

/// Each is the help with one change.
#[test]
fn what_does_not_fit_is_refused() {
    for (part, other, message) in [
        ("Usage: wasi-mmap run", "Usage: wasi-map run", "not a call"),
        ("       wasi-mmap pack", "      wasi-mmap pack", "not a call"),
        ("wasi-mmap paint", "wasi-mmap Paint", "not a verb"),
        ("wasi-mmap paint", "wasi-mmap run", "twice a verb"),
        ("component.wasm -o", "component.wasm -p", "not a word of the call"),
        ("-o OUTPUT", "-o", "not a word of the call"),
        ("component.wasm [a", "a.wasm [a", "not a word of the call"),
        ("red|green", "red|Green", "not a word of the call"),
        ("Runs things.\n\n", "", "not a sentence"),
        ("Runs things.", "Runs things", "not a sentence"),
        ("\"paint\" paints it.\n\n", "", "begins with \"paint\""),
        ("\"paint\" paints", "\"draw\" paints", "begins with \"paint\""),
        ("\"run\" runs", "\"pack\" runs", "of no verb"),
        ("kind).", "  kind).", "not a paragraph"),
        ("things.\n", "things.\n\n", "not a paragraph"),
        ("  --dir HOST[::GUEST]     grant", "  --dir HOST[::GUEST]    grant", "not an option"),
        ("  --dir HOST[::GUEST]     grant", "  --dir HOST[::GUEST]      grant", "not an option"),
        ("  --dir HOST[::GUEST]     grant", "  --Dir HOST[::GUEST]     grant", "not an option"),
        ("  --dir HOST[::GUEST]     grant", "  -dir HOST[::GUEST]      grant", "not an option"),
        ("  -o, --output OUTPUT     the", "  -oo, --output OUTPUT    the", "not an option"),
        ("  -o, --output OUTPUT     the", "  --output A FILE         the", "not an option"),
        ("[=N|all] ", "[=N|all  ", "not an option"),
        ("SIZE\n                          how much", "SIZE  how much", "not an option"),
        ("SIZE\n                          how much", "SIZE", "no text of --max-private-memory"),
        ("                          or sooner", "                         or sooner", "not an option"),
        ("  --dir HOST[::GUEST]     grant", "                          grant", "not an option"),
        ("--dir HOST[::GUEST]     grant", "--dir PLACE             grant", "what to complete a PLACE"),
        ("--fast[=N|all]  ", "--dir           ", "has --dir twice"),
        ("--fast[=N|all]  ", "-h, --hot       ", "has --hot twice"),
        ("-o, --output OUTPUT     the", "-o, --dir OUTPUT        the", "has --dir twice"),
        ("options of \"run\"", "options of \"walk\"", "options of no other verb"),
        ("options of \"run\"", "options of \"run\" except --walk", "except --walk, which it has not"),
        ("wasi-mmap pack [options]", "wasi-mmap pack", "not both"),
        ("paint red", "paint [options] red", "not both"),
        ("Exit codes: 0", "Codes: 0", "begins with \"Exit codes: \""),
        ("Exit codes: 0 or another.", "Exit codes: 0 or another.\n\nMore.", "after the exit codes"),
        ("  -h, --help              print this\n", "", "first option of the program"),
        ("print that\n", "print that", "no line end"),
        ("print that\n", "print that \n", "line 27:"),
        ("kind).", "kind)…", "line 8:"),
        ("kind).", &"x".repeat(101), "line 8:"),
    ] {
        assert_eq!(HELP.matches(part).count(), 1, "{part}");
        let error = refused(&HELP.replace(part, other));
        assert!(error.contains(message), "{part} -> {other}: {error}");
    }
}

#[test]
fn every_script_has_the_words_of_each_verb() {
    let help = Help::parse(HELP).unwrap();
    command(&help, "x").unwrap().debug_assert();
    let scripts = scripts(&help).unwrap();
    let names: Vec<_> = scripts.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["wasi-mmap.bash", "wasi-mmap.elv", "wasi-mmap.fish", "_wasi-mmap.ps1", "_wasi-mmap"]);
    for (name, text) in &scripts {
        for word in ["run", "pack", "paint", "red", "green", "max-private-memory", "output", "fast", "version"] {
            assert!(text.contains(word), "{name} lacks {word}");
        }
    }
}

/// It separates by colons what an option is.
#[test]
fn zsh_gets_no_colon_in_the_name_of_a_value() {
    let text = scripts(&Help::parse(HELP).unwrap()).unwrap().remove(4).1;
    assert!(text.contains(r":HOST[\:\:GUEST]:_files -/'"), "{text}");
}

#[test]
fn bash_offers_files_where_a_component_is_due() {
    let text = scripts(&Help::parse(HELP).unwrap()).unwrap().remove(0).1;
    assert!(text.contains("cmd=\"wasi_mmap__subcmd__run\"") && text.contains("\n        wasi_mmap__subcmd__run)\n"));
    assert_eq!(text.matches("complete -F _wasi_mmap ").count(), text.matches(" wasi-mmap\n").count());
    // The first is the program itself, the second the verb without a component.
    assert_eq!(text.matches("|| ${COMP_CWORD} -eq 1 ]]").count(), 1);
    assert_eq!(text.matches("|| ${COMP_CWORD} -eq 2 ]]").count(), 1);
}

#[test]
fn the_page_has_everything_and_no_request_of_roff_in_its_text() {
    let page = render(&Help::parse(&HELP.replace("It's fast.", ".br is\n'fast'.")).unwrap(), "1.2.3");
    for part in [
        ".TH WASI-MMAP 1 \"\" \"wasi-mmap 1.2.3\" \"User Commands\"\n",
        "wasi\\-mmap \\- runs things\n",
        ".SS pack",
        "\\fB\\-\\-fast\\fR[=\\fIN|all\\fR]\ndo it at once, or sooner",
        "\\fB\\-o\\fR, \\fB\\-\\-output\\fR \\fIOUTPUT\\fR",
        ".SH \"EXIT STATUS\"",
    ] {
        assert!(page.contains(part), "{part} is not in\n{page}");
    }
    assert!(!page.contains("\n.br is"), "{page}");
}
