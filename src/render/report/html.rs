//! HTML that can't be broken out of: text comes in through one function, which escapes it.

use std::fmt::{self, Write};

/// Markup. Made of constants, and of text that was escaped; there is no other way to make some.
#[derive(Debug, Clone, Default)]
pub(super) struct Html(String);

/// Attributes: a name of ours, and any text.
pub(super) type Attributes<'a> = &'a [(&'static str, &'a dyn fmt::Display)];

impl Html {
    /// Nothing yet.
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Markup that the program brings along.
    pub(super) fn constant(markup: &'static str) -> Self {
        Self(markup.to_owned())
    }

    /// Adds text, whatever it holds.
    pub(super) fn text(&mut self, text: impl fmt::Display) -> &mut Self {
        escape(&mut self.0, &text.to_string());
        self
    }

    /// Adds markup.
    pub(super) fn add(&mut self, other: &Self) -> &mut Self {
        self.0.push_str(&other.0);
        self
    }

    /// Adds an element with what stands in it.
    pub(super) fn tag(
        &mut self,
        name: &'static str,
        attributes: Attributes<'_>,
        inside: impl FnOnce(&mut Self),
    ) -> &mut Self {
        self.open(name, attributes);
        inside(self);
        self.0.push_str("</");
        self.0.push_str(name);
        self.0.push('>');
        self
    }

    /// Adds an element that holds text.
    pub(super) fn leaf(
        &mut self,
        name: &'static str,
        attributes: Attributes<'_>,
        text: impl fmt::Display,
    ) -> &mut Self {
        self.tag(name, attributes, |inside| {
            inside.text(text);
        })
    }

    /// Adds an element that holds nothing and isn't closed.
    pub(super) fn void(&mut self, name: &'static str, attributes: Attributes<'_>) -> &mut Self {
        self.open(name, attributes);
        self
    }

    fn open(&mut self, name: &'static str, attributes: Attributes<'_>) {
        self.0.push('<');
        self.0.push_str(name);
        for (key, value) in attributes {
            self.0.push(' ');
            self.0.push_str(key);
            self.0.push_str("=\"");
            escape(&mut self.0, &value.to_string());
            self.0.push('"');
        }
        self.0.push('>');
    }

    /// The markup as it stands.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// The text of the document.
    pub(super) fn into_string(self) -> String {
        self.0
    }
}

/// Text as markup that shows it, within elements and quoted attributes. Letters that can't be seen, or that turn what stands beside them
/// around, are shown by their numbers.
///
/// Unicode Standard Annex 9, section 2 (directional formatting characters); Unicode Technical Report 36, section 2.
fn escape(markup: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => markup.push_str("&amp;"),
            '<' => markup.push_str("&lt;"),
            '>' => markup.push_str("&gt;"),
            '"' => markup.push_str("&quot;"),
            '\'' => markup.push_str("&#39;"),
            '\n' => markup.push('\n'),
            c if is_unseen(c) => {
                // Writing to a string can't fail.
                let _ = write!(markup, "\u{27e8}U+{:04X}\u{27e9}", u32::from(c));
            }
            c => markup.push(c),
        }
    }
}

/// Text as it will be shown, for measuring.
pub(super) fn seen(text: &str) -> String {
    let mut seen = String::new();
    for c in text.chars() {
        if is_unseen(c) {
            let _ = write!(seen, "\u{27e8}U+{:04X}\u{27e9}", u32::from(c));
        } else {
            seen.push(c);
        }
    }
    seen
}

fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let mut html = Html::new();
        html.text(text);
        html.into_string()
    }

    #[test]
    fn text_stays_text() {
        assert_eq!(shown("\"><img src=x>"), "&quot;&gt;&lt;img src=x&gt;");
        assert_eq!(shown("</script>&'"), "&lt;/script&gt;&amp;&#39;");
    }

    #[test]
    fn what_can_not_be_seen_is_shown() {
        assert_eq!(shown("a\u{202e}b\u{200b}c\u{0}"), "a⟨U+202E⟩b⟨U+200B⟩c⟨U+0000⟩");
        assert_eq!(seen("\u{2066}x"), "⟨U+2066⟩x");
        assert_eq!(shown("naïve 名前 😀"), "naïve 名前 😀");
    }

    #[test]
    fn attributes_can_not_be_left() {
        let mut html = Html::new();
        html.leaf("b", &[("title", &"\" onclick=\"x")], "y");
        assert_eq!(html.into_string(), "<b title=\"&quot; onclick=&quot;x\">y</b>");
    }
}
