//! `wasi-mmap completion` and `wasi-mmap man`: prints what the build has made of the help, see .build/shell.

use crate::options::UsageError;

/// The completions, by shell.
const SCRIPTS: [(&str, &str); 5] = [
    ("bash", include_str!("../../../shell/wasi-mmap.bash")),
    ("elvish", include_str!("../../../shell/wasi-mmap.elv")),
    ("fish", include_str!("../../../shell/wasi-mmap.fish")),
    ("powershell", include_str!("../../../shell/_wasi-mmap.ps1")),
    ("zsh", include_str!("../../../shell/_wasi-mmap")),
];
const PAGE: &str = include_str!("../../../shell/wasi-mmap.1");

fn refuse_option(words: &[String]) -> Result<(), UsageError> {
    let option = words.iter().find(|word| word.starts_with('-'));
    option.map_or(Ok(()), |word| Err(UsageError::new(format!("unknown option: {word}"))))
}

/// Returns the completions for the shell that the words after the verb name.
///
/// # Errors
///
/// A [`UsageError`] where they name none, another, or several.
pub fn completion(words: &[String]) -> Result<&'static str, UsageError> {
    refuse_option(words)?;
    let known = SCRIPTS.map(|(shell, _)| shell).join(", ");
    let shell = match words {
        [] => return Err(UsageError::new(format!("no shell: say which of {known}"))),
        [shell] => shell,
        several => return Err(UsageError::new(format!("more than one shell: {}", several.join(" ")))),
    };
    let script = SCRIPTS.iter().find(|(name, _)| name == shell);
    script.map(|(_, text)| *text).ok_or_else(|| UsageError::new(format!("unknown shell: {shell} (known are {known})")))
}

/// Returns the manual page.
///
/// # Errors
///
/// A [`UsageError`] where there are words after the verb.
pub fn page(words: &[String]) -> Result<&'static str, UsageError> {
    refuse_option(words)?;
    if words.is_empty() {
        return Ok(PAGE);
    }
    Err(UsageError::new(format!("no argument is known: {}", words.join(" "))))
}
