//! Letter case, in the one way that every part of the program shares.

/// The lower-case form of one character, where that is one character again; otherwise the character.
///
/// Case-insensitive comparison (actions, key names, the `…IgnoreCase` operators) compares folded
/// characters one by one, so that a pattern's `?` stays one character.
pub fn fold(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(l), None) => l,
        _ => c,
    }
}

/// [`fold`] over a whole text.
pub fn fold_text(text: &str) -> String {
    text.chars().map(fold).collect()
}
