//! The names in a component, and the characters that they may have.

use std::collections::HashMap;

/// Whether a name is safe in any quotes and in a comment of the JavaScript that a component is translated to.
pub fn is_harmless(name: &str) -> bool {
    let harmless = |c: char| match c {
        '"' | '\'' | '`' | '\\' => false,
        ' '..='~' => true,
        // Letters and digits of all languages, but no line ends and no characters that hide or reorder others.
        _ => c.is_alphanumeric(),
    };
    name.chars().all(harmless) && !name.contains("${") && !name.contains("*/")
}

/// A name for a message: in one line, and shortened.
pub fn shown(name: &str) -> String {
    const LONGEST: usize = 60;
    let cut: String = name.chars().take(LONGEST).collect();
    let dots = if cut.len() < name.len() { "..." } else { "" };
    format!("\"{}{dots}\"", cut.escape_default())
}

/// Refuses a name that is not harmless, with a message.
pub fn check(name: &str) -> Result<(), String> {
    if is_harmless(name) {
        return Ok(());
    }
    Err(format!("has a name that no JavaScript can be made of: {}", shown(name)))
}

/// New names for those of core modules. Equal names get equal new ones.
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
