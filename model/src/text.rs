//! Letter case, in the one way that every part of the program shares.

use std::borrow::Cow;

/// The lower-case form of one character, where the two are a pair: each the other's only
/// counterpart. Otherwise the character itself, so that exactly two characters fold to one, or one does.
///
/// Case-insensitive comparison (actions, key names, the `…IgnoreCase` operators) compares folded
/// characters one by one, so that a pattern's `?` stays one character.
pub fn fold(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    match only(c.to_lowercase()) {
        Some(lower) if only(lower.to_uppercase()) == Some(c) => lower,
        _ => c,
    }
}

/// The characters that fold to `folded`, besides itself: at most one.
pub fn unfold(folded: char) -> Option<char> {
    only(folded.to_uppercase()).filter(|upper| *upper != folded && fold(*upper) == folded)
}

fn only(mut chars: impl Iterator<Item = char>) -> Option<char> {
    let first = chars.next()?;
    chars.next().is_none().then_some(first)
}

/// [`fold`] over a whole text.
pub fn fold_text(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.chars().map(fold).collect()
}

/// [`fold_text`], borrowed where nothing changes: most names are in lower case already.
pub fn folded(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|b| b.is_ascii() && !b.is_ascii_uppercase()) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(fold_text(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn unfold_gives_the_whole_class() {
        let mut classes: BTreeMap<char, Vec<char>> = BTreeMap::new();
        for c in '\0'..=char::MAX {
            classes.entry(fold(c)).or_default().push(c);
        }
        for (folded, mut class) in classes {
            let mut expected: Vec<char> = unfold(folded).into_iter().chain([folded]).collect();
            expected.sort_unstable();
            class.sort_unstable();
            assert_eq!(class, expected);
        }
    }
}
