//! How wide text will be, at most, in any usual font: the page measures nothing itself. DejaVu Sans is the widest of them.

use super::super::html::seen;

/// The width of text at a size in pixels, rounded up.
pub(super) fn width(text: &str, size: i32) -> i32 {
    seen(text).chars().map(|c| letter(c, size)).sum::<i32>() / 100 + 1
}

/// The text, cut where it would be wider than it may.
pub(super) fn fit(text: &str, size: i32, most: i32) -> String {
    if width(text, size) <= most {
        return text.to_owned();
    }
    let room = (most - width("\u{2026}", size)) * 100;
    let mut used = 0;
    let mut kept: String = seen(text)
        .chars()
        .take_while(|c| {
            used += letter(*c, size);
            used <= room
        })
        .collect();
    kept.push('\u{2026}');
    kept
}

/// The width of a letter in hundredths of a pixel.
fn letter(c: char, size: i32) -> i32 {
    let share = match c {
        'i' | 'j' | 'l' | '\'' | '.' | ',' | ':' | ';' | '|' | ' ' | '/' | 'I' => 36,
        'f' | 't' | 'r' | '-' | '(' | ')' => 43,
        'm' | 'M' | 'W' | '@' | '%' => 101,
        'w' | '+' | '=' | '<' | '>' | '~' | '#' => 86,
        c if c.is_ascii_uppercase() => 80,
        c if c.is_ascii() => 65,
        '\u{b7}' | '\u{2026}' => 100,
        _ => 115,
    };
    share * size
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_fits() {
        for text in [
            "a-short-name",
            "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW",
            "名前名前名前名前名前名前名前名前名前名前",
            "\u{202e}\u{202e}\u{202e}\u{202e}\u{202e}",
        ] {
            let fitted = fit(text, 13, 120);
            assert!(width(&fitted, 13) <= 121, "{fitted}");
        }
        assert_eq!(fit("a-short-name", 13, 200), "a-short-name");
    }
}
