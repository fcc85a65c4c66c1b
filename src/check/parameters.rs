//! `${NAME}` in the texts of a file.

use std::collections::BTreeMap;

/// Why a text can't be filled in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum FillError {
    /// No parameter is of that name.
    #[error("found `${{{name}}}`, expected one of the file's parameters: {known}")]
    Unknown { name: String, known: String },
    /// It is not closed.
    #[error("found `${{` without a `}}`; write `$${{` for `${{` itself")]
    Open,
}

/// The text with the parameters' values in the place of their names.
pub(super) fn fill(text: &str, values: &BTreeMap<String, String>) -> Result<String, FillError> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        if let Some(before) = before.strip_suffix('$') {
            filled.push_str(before);
            filled.push_str("${");
            rest = after;
            continue;
        }
        filled.push_str(before);
        let (name, after) = after.split_once('}').ok_or(FillError::Open)?;
        let known = || {
            if values.is_empty() {
                "there are none".to_owned()
            } else {
                values.keys().cloned().collect::<Vec<_>>().join(", ")
            }
        };
        let value =
            values.get(name).ok_or_else(|| FillError::Unknown { name: name.to_owned(), known: known() })?;
        filled.push_str(value);
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_in_what_is_named() {
        let values = BTreeMap::from([("branch".to_owned(), "main".to_owned())]);
        assert_eq!(fill("a/${branch}/${branch}", &values), Ok("a/main/main".to_owned()));
        assert_eq!(fill("$${branch} costs $5", &values), Ok("${branch} costs $5".to_owned()));
        assert_eq!(fill("${branch", &values), Err(FillError::Open));
        let unknown = fill("${tag}", &values).map_err(|e| e.to_string());
        assert_eq!(unknown, Err("found `${tag}`, expected one of the file's parameters: branch".to_owned()));
    }
}
