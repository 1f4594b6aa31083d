//! Parses the text of the help. A line that does not fit is an error, so that nothing gets lost.
//!
//! Blank lines separate blocks: the calls; a sentence about the program; for each verb a paragraph that begins with its name in
//! quotation marks, with more paragraphs and options; "Exit codes: ", with the options of the program itself.

/// The name of the command.
pub const PROGRAM: &str = "wasi-mmap";
/// Where the text of an option begins.
const COLUMN: usize = 26;
/// Terminals have 100 columns and more.
const WIDTH: usize = 100;

pub struct Help {
    /// A sentence that says what the program does.
    pub summary: String,
    pub verbs: Vec<Verb>,
    /// What the exit codes mean.
    pub codes: String,
    /// The options of the program itself. The first one, which prints the help, fits each verb.
    pub options: Vec<Opt>,
}

pub struct Verb {
    pub name: String,
    /// The words after the verb, as in the first lines.
    pub usage: Vec<String>,
    pub parts: Vec<Part>,
    /// The verb whose options it has as well.
    pub inherits: Option<Inherited>,
}

/// The options of another verb.
pub struct Inherited {
    verb: String,
    /// Those that it does not have, such as `stats`.
    except: Vec<String>,
}

pub enum Part {
    Paragraph(String),
    Options(Vec<Opt>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Opt {
    pub short: Option<char>,
    pub long: String,
    pub value: Option<Value>,
    pub text: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    pub name: String,
    /// It may be left out, and is given after `=`.
    pub optional: bool,
}

impl Verb {
    /// Its own options.
    pub fn options(&self) -> impl Iterator<Item = &Opt> {
        self.parts.iter().flat_map(|part| match part {
            Part::Options(options) => options.as_slice(),
            Part::Paragraph(_) => &[],
        })
    }

    /// What it does: the beginning of its first sentence.
    pub fn summary(&self) -> &str {
        let Some(Part::Paragraph(text)) = self.parts.first() else { unreachable!("its first part is a paragraph") };
        let text = &text[self.name.len() + "\"\" ".len()..];
        let end = [", ", "; ", ": ", ". ", " ("].iter().filter_map(|mark| text.find(mark)).min();
        text[..end.unwrap_or(text.len())].trim_end_matches('.')
    }

    /// The words that it takes one of, if that is so.
    pub fn choices(&self) -> impl Iterator<Item = &str> {
        self.usage.iter().filter(|word| word.contains('|')).flat_map(|word| word.split('|'))
    }
}

impl Help {
    /// # Errors
    ///
    /// A message with the line that does not fit.
    pub fn parse(text: &str) -> Result<Self, String> {
        for (at, line) in text.lines().enumerate() {
            let is_plain = line.chars().all(|character| character == ' ' || character.is_ascii_graphic());
            if !is_plain || line.len() > WIDTH || line.ends_with(' ') {
                return Err(format!("line {}: not at most {WIDTH} characters of ASCII, the last no space", at + 1));
            }
        }
        let text = text.strip_suffix('\n').ok_or("no line end after the last line")?;
        let mut blocks = text.split("\n\n");
        let mut verbs = parse_calls(blocks.next().unwrap_or_default())?;
        let summary = paragraph(blocks.next().unwrap_or_default())?;
        if !summary.ends_with('.') || summary.starts_with('"') {
            return Err(format!("not a sentence about the program: {summary}"));
        }
        let mut help = Self { summary, verbs: Vec::new(), codes: String::new(), options: Vec::new() };
        for block in blocks {
            if block.starts_with(' ') {
                let options = parse_options(block)?;
                match help.verbs.last_mut() {
                    _ if !help.codes.is_empty() => help.options.extend(options),
                    Some(verb) => verb.parts.push(Part::Options(options)),
                    None => return Err(format!("options of no verb: {block}")),
                }
                continue;
            }
            let text = paragraph(block)?;
            if !help.codes.is_empty() {
                return Err(format!("a paragraph after the exit codes: {text}"));
            }
            if let Some(codes) = text.strip_prefix("Exit codes: ") {
                codes.clone_into(&mut help.codes);
                continue;
            }
            if verbs.first().is_some_and(|verb| text.starts_with(&format!("\"{}\" ", verb.name))) {
                help.verbs.push(verbs.remove(0));
            }
            let verb = help.verbs.last_mut().ok_or_else(|| format!("a paragraph of no verb: {text}"))?;
            verb.inherits = verb.inherits.take().or(inherited(&text));
            verb.parts.push(Part::Paragraph(text));
        }
        if let Some(verb) = verbs.first() {
            return Err(format!("no paragraph, or not in the order of the calls, begins with \"{}\"", verb.name));
        }
        help.check()?;
        Ok(help)
    }

    pub fn verb(&self, name: &str) -> Option<&Verb> {
        self.verbs.iter().find(|verb| verb.name == name)
    }

    /// The options that a verb takes, those of another first.
    pub fn options_of(&self, verb: &Verb) -> Vec<Opt> {
        let inherited = verb.inherits.iter().flat_map(|Inherited { verb, except }| {
            let options = self.verb(verb).into_iter().flat_map(Verb::options);
            options.filter(|option| !except.contains(&option.long))
        });
        inherited.chain(verb.options()).cloned().collect()
    }

    fn check(&self) -> Result<(), String> {
        if self.codes.is_empty() {
            return Err("no paragraph begins with \"Exit codes: \"".into());
        }
        if self.options.first().is_none_or(|option| option.long != "help") {
            return Err("the first option of the program is not --help".into());
        }
        for verb in &self.verbs {
            let name = &verb.name;
            if let Some(Inherited { verb: other, except }) = &verb.inherits {
                let Some(other) = self.verb(other).filter(|other| other.name != *name) else {
                    return Err(format!("\"{name}\" has the options of no other verb"));
                };
                if let Some(odd) = except.iter().find(|odd| !other.options().any(|option| option.long == **odd)) {
                    return Err(format!(
                        "\"{name}\" has the options of \"{}\" except --{odd}, which it has not",
                        other.name
                    ));
                }
            }
            let options = self.options_of(verb);
            for (at, option) in options.iter().enumerate() {
                let same =
                    |other: &Opt| other.long == option.long || (option.short.is_some() && other.short == option.short);
                if options[..at].iter().chain(&self.options).any(same) {
                    return Err(format!("\"{name}\" has --{} twice", option.long));
                }
            }
            if options.is_empty() == verb.usage.iter().any(|word| word == "[options]") {
                return Err(format!("the call of \"{name}\" has [options], or there are options, not both"));
            }
            check_words(verb, &options)?;
        }
        Ok(())
    }
}

/// Checks that the words of a call are known, or options of the verb with their values.
fn check_words(verb: &Verb, options: &[Opt]) -> Result<(), String> {
    let mut words = verb.usage.iter();
    while let Some(word) = words.next() {
        let fits = match word.as_str() {
            "[options]" | "component.wasm" | "[arguments...]" => true,
            word if word.starts_with('-') => {
                let given = options.iter().find(|option| {
                    option.short.is_some_and(|short| word == format!("-{short}"))
                        || word == format!("--{}", option.long)
                });
                given.is_some_and(|option| option.value.as_ref().is_none_or(|value| Some(&value.name) == words.next()))
            }
            word => word.contains('|') && word.split('|').all(is_word),
        };
        if !fits {
            return Err(format!("not a word of the call of \"{}\": {word}", verb.name));
        }
    }
    Ok(())
}

fn is_word(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_lowercase())
        && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn parse_calls(block: &str) -> Result<Vec<Verb>, String> {
    let mut verbs: Vec<Verb> = Vec::new();
    for (at, line) in block.lines().enumerate() {
        let before = if at == 0 { "Usage: " } else { "       " };
        let call = line.strip_prefix(before).and_then(|call| call.strip_prefix(PROGRAM)?.strip_prefix(' '));
        let mut words = call.ok_or_else(|| format!("not a call of {PROGRAM}: {line}"))?.split(' ').map(String::from);
        let name = words.next().filter(|name| is_word(name)).ok_or_else(|| format!("not a verb: {line}"))?;
        if verbs.iter().any(|verb| verb.name == name) {
            return Err(format!("twice a verb: {line}"));
        }
        verbs.push(Verb { name, usage: words.collect(), parts: Vec::new(), inherits: None });
    }
    Ok(verbs)
}

/// Joins the lines of a paragraph.
fn paragraph(block: &str) -> Result<String, String> {
    if block.is_empty() || block.lines().any(|line| line.is_empty() || line.starts_with(' ')) {
        return Err(format!("not a paragraph: {block}"));
    }
    Ok(block.replace('\n', " "))
}

/// Reads `the options of "VERB"`, which may go on with ` except --OPTION and --OPTION`.
fn inherited(text: &str) -> Option<Inherited> {
    let (_, after) = text.split_once("the options of \"")?;
    let (verb, rest) = after.split_once('"')?;
    let exceptions = rest.strip_prefix(" except ").and_then(|rest| rest.split(',').next()).unwrap_or_default();
    let except = exceptions.split(" and ").filter_map(|word| word.strip_prefix("--")).map(String::from).collect();
    Some(Inherited { verb: verb.into(), except })
}

fn parse_options(block: &str) -> Result<Vec<Opt>, String> {
    let mut options: Vec<Opt> = Vec::new();
    for line in block.lines() {
        let wrong = || format!("not an option, or its text not in column {COLUMN}: {line}");
        let text = line.get(COLUMN..).filter(|text| !text.starts_with(' '));
        if line.starts_with("  -") {
            // A long one has its text in the next line.
            let (spec, text) = match text.filter(|_| line[..COLUMN].ends_with("  ")) {
                Some(text) => (&line[2..COLUMN], text),
                None => (&line[2..], ""),
            };
            let mut option = parse_spec(spec.trim_end()).ok_or_else(wrong)?;
            text.clone_into(&mut option.text);
            options.push(option);
        } else {
            let text = text.filter(|_| line[..COLUMN].trim().is_empty()).ok_or_else(wrong)?;
            let option = options.last_mut().ok_or_else(wrong)?;
            if !option.text.is_empty() {
                option.text.push(' ');
            }
            option.text.push_str(text);
        }
    }
    match options.iter().find(|option| option.text.is_empty()) {
        Some(option) => Err(format!("no text of --{}", option.long)),
        None => Ok(options),
    }
}

/// Parses `-x, --name VALUE`, where all but the name may be missing, and the value may be `[=VALUE]`.
fn parse_spec(spec: &str) -> Option<Opt> {
    let (short, spec) = match spec.split_once(", ") {
        Some((short, spec)) => {
            let mut letters = short.strip_prefix('-')?.chars();
            let letter = letters.next().filter(char::is_ascii_alphabetic)?;
            letters.next().is_none().then_some((Some(letter), spec))?
        }
        None => (None, spec),
    };
    let spec = spec.strip_prefix("--")?;
    let (long, value) = if let Some((long, value)) = spec.split_once(' ') {
        (long, Some((value, false)))
    } else if let Some((long, value)) = spec.split_once("[=") {
        (long, Some((value.strip_suffix(']')?, true)))
    } else {
        (spec, None)
    };
    if value.is_some_and(|(name, _)| name.is_empty() || name.contains(' ')) || !is_word(long) {
        return None;
    }
    let value = value.map(|(name, optional)| Value { name: name.into(), optional });
    Some(Opt { short, long: long.into(), value, text: String::new() })
}
