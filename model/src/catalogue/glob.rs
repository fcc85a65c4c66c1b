//! `*` and `?` over catalogue names.

/// Whether the whole text matches a pattern of `*` (any run) and `?` (one byte), letter case aside.
///
/// Catalogue names are ASCII, so a byte is a character; a pattern byte outside ASCII matches none of them.
pub(super) fn matches(pattern: &[u8], text: &[u8]) -> bool {
    matches_by(pattern, text, |p, t| p.eq_ignore_ascii_case(&t))
}

/// [`matches()`], letter case counting. `?` is a byte, so that it is no match for one whole character elsewhere.
pub(super) fn matches_exactly(pattern: &[u8], text: &[u8]) -> bool {
    matches_by(pattern, text, |p, t| p == t)
}

fn matches_by(pattern: &[u8], text: &[u8], same: impl Fn(u8, u8) -> bool) -> bool {
    let (mut pattern, mut text) = (pattern, text);
    // Where to go on after a mismatch: the pattern behind the last `*`, and the text that the `*` hasn't eaten yet.
    let mut retry: Option<(&[u8], &[u8])> = None;
    loop {
        match (pattern.split_first(), text.split_first()) {
            (Some((b'*', rest)), _) => {
                retry = Some((rest, text));
                pattern = rest;
            }
            (Some((p, rest)), Some((t, more))) if *p == b'?' || same(*p, *t) => {
                (pattern, text) = (rest, more);
            }
            (None, None) => return true,
            _ => {
                let Some((after_star, eaten)) = retry else { return false };
                let Some((_, more)) = eaten.split_first() else { return false };
                retry = Some((after_star, more));
                (pattern, text) = (after_star, more);
            }
        }
    }
}

/// The pattern's text before its first wildcard.
pub(super) fn literal_prefix(pattern: &str) -> &str {
    pattern.split(['*', '?']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_cross_colons_and_case_is_folded() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("s3:getobject", "s3:GetObject", true),
            ("*:Get*", "s3:GetObject", true),
            ("s3:Get?bject", "s3:GetObject", true),
            ("s3:*Object*", "s3:GetObjectAcl", true),
            ("s3:*ject", "s3:GetObjectAcl", false),
            ("?", "", false),
            ("s3:GetObject ", "s3:GetObject", false),
            ("a*b*c", "aXbYbc", true),
            ("a*b*c", "acb", false),
        ] {
            assert_eq!(matches(pattern.as_bytes(), text.as_bytes()), expected, "{pattern} on {text}");
        }
        assert_eq!(literal_prefix("s3:Get*Acl?"), "s3:Get");
    }
}
