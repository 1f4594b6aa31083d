//! Names that a component chooses, and what they may hold.

use std::collections::HashMap;

/// Whether a name can stand between quotes of any kind, and in a comment, of the JavaScript that is made of a component.
pub fn is_harmless(name: &str) -> bool {
    let harmless = |c: char| match c {
        '"' | '\'' | '`' | '\\' => false,
        ' '..='~' => true,
        // Letters and digits of all languages: no line ends, no characters that hide or turn around others.
        _ => c.is_alphanumeric(),
    };
    name.chars().all(harmless) && !name.contains("${") && !name.contains("*/")
}

/// A name as it can be printed: in one line, and not too long.
pub fn shown(name: &str) -> String {
    const LONGEST: usize = 60;
    let cut: String = name.chars().take(LONGEST).collect();
    let dots = if cut.len() < name.len() { "..." } else { "" };
    format!("\"{}{dots}\"", cut.escape_default())
}

/// Says why a name is refused.
pub fn check(name: &str) -> Result<(), String> {
    if is_harmless(name) {
        return Ok(());
    }
    Err(format!("has a name that no JavaScript can be made of: {}", shown(name)))
}

/// New names for those of core modules: the same name gets the same one.
#[derive(Default)]
pub struct NewNames<'a>(HashMap<&'a str, usize>);

impl<'a> NewNames<'a> {
    /// # Errors
    ///
    /// The name is not harmless.
    pub fn of(&mut self, name: &'a str) -> Result<String, String> {
        check(name)?;
        let next = self.0.len();
        Ok(format!("n{}", self.0.entry(name).or_insert(next)))
    }
}
