//! `--when`: what must hold of the starting session and its requests.

use std::fmt;
use std::str::FromStr;

/// One condition on a context key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Constraint {
    /// The key as written.
    pub key: String,
    /// What is demanded of it.
    pub demand: Demand,
}

/// What a [`Constraint`] demands.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Demand {
    /// `KEY=VALUE`: present, with exactly this value.
    Equals(String),
    /// `KEY!=VALUE`: another value, or absent.
    Differs(String),
    /// `KEY~GLOB`: present, and matching.
    Matches(String),
    /// `KEY!~GLOB`: no value that matches, or absent.
    Avoids(String),
    /// `KEY=[a,b]`: a multivalued key with exactly these values.
    Members(Vec<String>),
    /// `KEY=absent`.
    Absent,
    /// `KEY=present`.
    Present,
    /// One of these; steps of an escalation demand it, `--when` doesn't.
    OneOf(Vec<Demand>),
}

/// A `--when` that is not of the form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "condition `{given}`: expected KEY=VALUE, KEY!=VALUE, KEY~GLOB, KEY!~GLOB, KEY=[a,b], KEY=absent or KEY=present, where KEY is \
     such as aws:SourceIp"
)]
pub struct ConstraintError {
    /// The text given.
    pub given: String,
}

impl FromStr for Constraint {
    type Err = ConstraintError;

    fn from_str(text: &str) -> Result<Self, ConstraintError> {
        let bad = || ConstraintError { given: text.to_owned() };
        // Keys hold letters, digits, `:`, `/`, `-`, `_`, `.`, `@`, `+` and spaces in tag names, so the first
        // of `!=`, `!~`, `~`, `=` separates.
        let at = text.find(['=', '~', '!']).ok_or_else(bad)?;
        let (key, rest) = text.split_at_checked(at).ok_or_else(bad)?;
        let key = key.trim();
        if key.is_empty() || !key.contains(':') {
            return Err(bad());
        }
        let demand = if let Some(value) = rest.strip_prefix("!=") {
            Demand::Differs(value.to_owned())
        } else if let Some(glob) = rest.strip_prefix("!~") {
            Demand::Avoids(glob.to_owned())
        } else if let Some(glob) = rest.strip_prefix('~') {
            Demand::Matches(glob.to_owned())
        } else {
            match rest.strip_prefix('=').ok_or_else(bad)? {
                "absent" => Demand::Absent,
                "present" => Demand::Present,
                value => match value.strip_prefix('[').and_then(|v| v.strip_suffix(']')) {
                    Some("") => Demand::Members(Vec::new()),
                    Some(list) => Demand::Members(list.split(',').map(|v| v.trim().to_owned()).collect()),
                    None => Demand::Equals(value.to_owned()),
                },
            }
        };
        Ok(Self { key: key.to_owned(), demand })
    }
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = &self.key;
        match &self.demand {
            Demand::OneOf(demands) => {
                for (n, demand) in demands.iter().enumerate() {
                    let one = Self { key: key.clone(), demand: demand.clone() };
                    write!(f, "{}{one}", if n == 0 { "" } else { " or " })?;
                }
                Ok(())
            }
            Demand::Equals(v) => write!(f, "{key}={v}"),
            Demand::Differs(v) => write!(f, "{key}!={v}"),
            Demand::Matches(v) => write!(f, "{key}~{v}"),
            Demand::Avoids(v) => write!(f, "{key}!~{v}"),
            Demand::Members(vs) => write!(f, "{key}=[{}]", vs.join(",")),
            Demand::Absent => write!(f, "{key}=absent"),
            Demand::Present => write!(f, "{key}=present"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_form_and_prints_it_back() {
        for text in [
            "aws:MultiFactorAuthPresent!=true",
            "aws:SourceIp=203.0.113.7",
            "aws:PrincipalTag/team~red-*",
            "aws:PrincipalTag/team!~red-*",
            "aws:TagKeys=[a,b]",
            "aws:TagKeys=[]",
            "aws:SourceVpce=absent",
            "aws:SourceVpc=present",
            "token.actions.githubusercontent.com:sub=repo:acme/x:ref:refs/heads/main",
        ] {
            assert_eq!(text.parse::<Constraint>().map(|c| c.to_string()), Ok(text.to_owned()));
        }
        for bad in ["", "aws:X", "=x", "nokey=x", "aws:X!x"] {
            assert!(bad.parse::<Constraint>().is_err(), "{bad}");
        }
    }
}
