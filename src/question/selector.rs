//! Selectors: who or what a question is about.

use std::fmt;
use std::str::FromStr;

/// A selector of principals (or, for `--in`, of accounts).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Selector {
    /// An ARN or a glob over ARNs.
    Arn(String),
    /// `role/NAME`: roles of that name (a glob) in any account.
    Role(String),
    /// `user/NAME`.
    User(String),
    /// `account:ID`.
    Account(String),
    /// `env:NAME`, from the configuration.
    Environment(String),
    /// `tag:KEY=VALUE`.
    Tag {
        /// The tag's key.
        key: String,
        /// The tag's value, a glob.
        value: String,
    },
    /// `external:ACCOUNT`: any principal of an account outside the snapshot.
    External(String),
    /// `anyone`: whoever there is.
    Anyone,
    /// `oidc:ISSUER?CLAIM=VALUE&…`: the holder of a token of that issuer with those claims.
    Oidc {
        /// The issuer, without `https://`.
        issuer: String,
        /// Claims and their values; a claim that isn't named is free.
        claims: Vec<(String, String)>,
    },
    /// `stage:STAGE@PIPELINE`.
    Stage {
        /// The stage.
        stage: String,
        /// The pipeline.
        pipeline: String,
    },
    /// `pipeline:NAME`.
    Pipeline(String),
    /// `committers:PIPELINE`.
    Committers(String),
}

/// A selector that is not of any form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("selector `{given}`: expected {expected}")]
pub struct SelectorError {
    /// The text given.
    pub given: String,
    /// What was expected.
    pub expected: &'static str,
}

const FORMS: &str = "an ARN, role/NAME, user/NAME, account:ID, env:NAME, tag:KEY=VALUE, external:ACCOUNT, anyone, \
                     oidc:ISSUER?CLAIM=VALUE, stage:STAGE@PIPELINE, pipeline:NAME or committers:PIPELINE";

impl FromStr for Selector {
    type Err = SelectorError;

    fn from_str(text: &str) -> Result<Self, SelectorError> {
        let bad = |expected| SelectorError { given: text.to_owned(), expected };
        if text == "anyone" {
            return Ok(Self::Anyone);
        }
        if text.starts_with("arn:") || text.starts_with('*') {
            return Ok(Self::Arn(text.to_owned()));
        }
        if let Some(name) = text.strip_prefix("role/").filter(|n| !n.is_empty()) {
            return Ok(Self::Role(name.to_owned()));
        }
        if let Some(name) = text.strip_prefix("user/").filter(|n| !n.is_empty()) {
            return Ok(Self::User(name.to_owned()));
        }
        let (form, rest) =
            text.split_once(':').filter(|(_, rest)| !rest.is_empty()).ok_or_else(|| bad(FORMS))?;
        match form {
            "account" | "external" if !gateproof_model::arn::is_account_id(rest) => {
                Err(bad("an account id of twelve digits"))
            }
            "account" => Ok(Self::Account(rest.to_owned())),
            "external" => Ok(Self::External(rest.to_owned())),
            "env" => Ok(Self::Environment(rest.to_owned())),
            "pipeline" => Ok(Self::Pipeline(rest.to_owned())),
            "committers" => Ok(Self::Committers(rest.to_owned())),
            "tag" => {
                let (key, value) = rest.split_once('=').ok_or_else(|| bad("tag:KEY=VALUE"))?;
                Ok(Self::Tag { key: key.to_owned(), value: value.to_owned() })
            }
            "stage" => {
                let (stage, pipeline) = rest.split_once('@').ok_or_else(|| bad("stage:STAGE@PIPELINE"))?;
                Ok(Self::Stage { stage: stage.to_owned(), pipeline: pipeline.to_owned() })
            }
            "oidc" => parse_oidc(rest).ok_or_else(|| bad("oidc:ISSUER?CLAIM=VALUE&CLAIM=VALUE")),
            _ => Err(bad(FORMS)),
        }
    }
}

fn parse_oidc(text: &str) -> Option<Selector> {
    let (issuer, query) = text.split_once('?').unwrap_or((text, ""));
    let issuer = issuer.strip_prefix("https://").unwrap_or(issuer);
    let mut claims = Vec::new();
    for pair in query.split('&').filter(|p| !p.is_empty()) {
        let (claim, value) = pair.split_once('=')?;
        claims.push((claim.to_owned(), gateproof_model::policy_parse::percent_decode(value)?));
    }
    Some(Selector::Oidc { issuer: issuer.to_owned(), claims })
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Arn(text) => f.write_str(text),
            Self::Role(name) => write!(f, "role/{name}"),
            Self::User(name) => write!(f, "user/{name}"),
            Self::Account(id) => write!(f, "account:{id}"),
            Self::Environment(name) => write!(f, "env:{name}"),
            Self::Tag { key, value } => write!(f, "tag:{key}={value}"),
            Self::External(id) => write!(f, "external:{id}"),
            Self::Anyone => f.write_str("anyone"),
            Self::Oidc { issuer, claims } => {
                write!(f, "oidc:{issuer}")?;
                for (i, (claim, value)) in claims.iter().enumerate() {
                    let value = value.replace('%', "%25").replace('&', "%26");
                    write!(f, "{}{claim}={value}", if i == 0 { '?' } else { '&' })?;
                }
                Ok(())
            }
            Self::Stage { stage, pipeline } => write!(f, "stage:{stage}@{pipeline}"),
            Self::Pipeline(name) => write!(f, "pipeline:{name}"),
            Self::Committers(name) => write!(f, "committers:{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_form_and_prints_it_back() {
        for text in [
            "arn:aws:iam::111122223333:role/x",
            "arn:aws:iam::*:role/ci-*",
            "role/ci-*",
            "user/alice",
            "account:111122223333",
            "env:prod",
            "tag:team=red",
            "external:999988887777",
            "anyone",
            "oidc:token.actions.githubusercontent.com?sub=repo:acme/app:ref:refs/heads/main&aud=x",
            "stage:Build@prod-deploy",
            "pipeline:prod-deploy",
            "committers:prod-deploy",
        ] {
            assert_eq!(text.parse::<Selector>().map(|s| s.to_string()), Ok(text.to_owned()));
        }
        for bad in ["", "role/", "account:12", "nothing", "tag:x", "stage:x", "oidc:i?x"] {
            assert!(bad.parse::<Selector>().is_err(), "{bad}");
        }
    }
}
