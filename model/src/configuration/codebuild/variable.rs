//! Environment variables, and whether one looks as if it held a secret. Its value is looked at once and not kept.

use serde::{Deserialize, Deserializer};

/// An environment variable, without its value.
///
/// AWS CodeBuild API Reference, EnvironmentVariable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvironmentVariable {
    /// Its name.
    pub name: String,
    /// `PLAINTEXT`, `PARAMETER_STORE` or `SECRETS_MANAGER`.
    pub kind: String,
    /// What makes it look as if it held a secret in plain text.
    pub telltale: Option<Telltale>,
}

/// What makes a variable look as if it held a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Telltale {
    /// Its name.
    Name,
    /// The form of its value.
    Form,
}

#[derive(Deserialize)]
struct Told {
    name: String,
    #[serde(rename = "type", default = "plaintext")]
    kind: String,
    #[serde(default)]
    value: Option<String>,
}

fn plaintext() -> String {
    "PLAINTEXT".to_owned()
}

impl<'de> Deserialize<'de> for EnvironmentVariable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Told { name, kind, value } = Told::deserialize(deserializer)?;
        let telltale = if kind == "PLAINTEXT" { telltale(&name, value.as_deref()) } else { None };
        Ok(Self { name, kind, telltale })
    }
}

/// Words of names of secrets; those of two words stand side by side.
const SECRETS: [&str; 20] = [
    "PASSWORD",
    "PASSWORDS",
    "PASSWD",
    "PASSPHRASE",
    "PWD",
    "SECRET",
    "SECRETS",
    "TOKEN",
    "TOKENS",
    "CREDENTIAL",
    "CREDENTIALS",
    "APIKEY",
    "API KEY",
    "ACCESS KEY",
    "PRIVATE KEY",
    "SIGNING KEY",
    "ENCRYPTION KEY",
    "LICENSE KEY",
    "DEPLOY KEY",
    "SSH KEY",
];

/// Last words of names of what only leads to a secret, or says something of it.
const LEADS: [&str; 18] = [
    "ARN",
    "NAME",
    "ID",
    "URL",
    "URI",
    "ENDPOINT",
    "PATH",
    "FILE",
    "PARAMETER",
    "PREFIX",
    "REGION",
    "LENGTH",
    "TTL",
    "EXPIRY",
    "TYPE",
    "ENABLED",
    "VERSION",
    "ISSUER",
];

fn telltale(name: &str, value: Option<&str>) -> Option<Telltale> {
    let value = value.map(str::trim);
    if value.is_some_and(is_key_like) {
        return Some(Telltale::Form);
    }
    let plain = value.is_some_and(says_nothing_secret);
    (!plain && is_name_of_secret(name)).then_some(Telltale::Name)
}

/// The words of a name, in capitals: parted by what is no letter or digit, and where a capital follows a small letter.
fn words_of(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_small = false;
    for c in name.chars() {
        if !c.is_ascii_alphanumeric() || (was_small && c.is_ascii_uppercase()) {
            words.push(String::new());
        }
        was_small = c.is_ascii_lowercase();
        if c.is_ascii_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.push(c.to_ascii_uppercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn is_name_of_secret(name: &str) -> bool {
    let words = words_of(name);
    let joined = format!(" {} ", words.join(" "));
    // Security Hub, CodeBuild.2, names these two.
    if joined.contains(" AWS ACCESS KEY ID ") {
        return true;
    }
    let leads = words.last().is_some_and(|last| LEADS.contains(&last.as_str()));
    !leads && SECRETS.iter().any(|secret| joined.contains(&format!(" {secret} ")))
}

/// Values that hold nothing secret whatever the name: none, a switch, a number, an ARN, a reference that is resolved elsewhere.
fn says_nothing_secret(value: &str) -> bool {
    value.is_empty()
        || ["true", "false", "none", "null"].iter().any(|word| value.eq_ignore_ascii_case(word))
        || value.len() < 4 && value.bytes().all(|b| b.is_ascii_digit())
        || ["arn:", "{{resolve:", "#{", "${"].iter().any(|head| value.starts_with(head))
}

/// Beginnings of keys and tokens, as their issuers publish them so that they are found.
const HEADS: [(&str, usize); 15] = [
    ("AKIA", 20),
    ("ASIA", 20),
    ("ghp_", 36),
    ("gho_", 36),
    ("ghu_", 36),
    ("ghs_", 36),
    ("github_pat_", 40),
    ("glpat-", 20),
    ("xoxb-", 20),
    ("xoxp-", 20),
    ("sk_live_", 20),
    ("rk_live_", 20),
    ("npm_", 36),
    ("AIza", 35),
    ("SG.", 30),
];

fn is_key_like(value: &str) -> bool {
    let is_word = !value.contains(char::is_whitespace);
    is_word && HEADS.iter().any(|(head, least)| value.starts_with(head) && value.len() >= *least)
        || value.starts_with("-----BEGIN") && value.contains("PRIVATE KEY")
        || is_signed_token(value)
        || is_secret_access_key(value)
        || has_password(value)
}

/// RFC 7519: three parts of base64url, the first of which is an object.
fn is_signed_token(value: &str) -> bool {
    let parts: Vec<&str> = value.split('.').collect();
    let is_part = |part: &&str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    };
    value.starts_with("eyJ") && parts.len() == 3 && parts.iter().all(is_part)
}

/// Forty letters of base64, of all kinds: digests are of small letters.
fn is_secret_access_key(value: &str) -> bool {
    let some = |kind: fn(&u8) -> bool| value.as_bytes().iter().any(kind);
    value.len() == 40
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"/+".contains(&b))
        && some(u8::is_ascii_uppercase)
        && some(u8::is_ascii_lowercase)
        && some(u8::is_ascii_digit)
}

/// RFC 3986, section 3.2.1: an address with `user:password@`.
fn has_password(value: &str) -> bool {
    let Some((_, rest)) = value.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit_once('@').and_then(|(user, _)| user.split_once(':')).is_some_and(|(_, password)| {
        !password.is_empty() && !["$", "{{", "#{"].iter().any(|head| password.starts_with(head))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_forms_tell() {
        let some = Some("x81jq0a");
        for (name, value, expected) in [
            ("DB_PASSWORD", some, Some(Telltale::Name)),
            ("dbPassword", some, Some(Telltale::Name)),
            ("GITHUB_TOKEN", some, Some(Telltale::Name)),
            ("npm.token", None, Some(Telltale::Name)),
            ("AWS_ACCESS_KEY_ID", some, Some(Telltale::Name)),
            ("AWS_SECRET_ACCESS_KEY", some, Some(Telltale::Name)),
            ("API_KEY", some, Some(Telltale::Name)),
            ("STAGE", Some("prod"), None),
            ("TOKENIZER", some, None),
            ("KEYBOARD", some, None),
            ("SECRET_ARN", some, None),
            ("DB_PASSWORD_PARAMETER", some, None),
            ("DB_PASSWORD", Some(""), None),
            ("USE_TOKEN", Some("true"), None),
            ("DB_SECRET", Some("arn:aws:secretsmanager:eu-west-1:111122223333:secret:db"), None),
            ("X", Some("AKIAIOSFODNN7EXAMPLE"), Some(Telltale::Form)),
            ("X", Some("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), Some(Telltale::Form)),
            ("X", Some("2ef7bde608ce5404e97d5f042f95f89f1c232871"), None),
            ("X", Some("-----BEGIN RSA PRIVATE KEY-----\nMII"), Some(Telltale::Form)),
            ("X", Some("-----BEGIN CERTIFICATE-----\nMII"), None),
            ("X", Some("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln"), Some(Telltale::Form)),
            ("X", Some("postgres://app:hunter2@db.example/shop"), Some(Telltale::Form)),
            ("X", Some("postgres://app:${PASSWORD}@db.example/shop"), None),
            ("X", Some("https://git.example:8443/shop"), None),
        ] {
            assert_eq!(telltale(name, value), expected, "{name}");
        }
    }

    #[test]
    fn what_is_kept_elsewhere_is_no_plain_text() {
        for kind in ["PARAMETER_STORE", "SECRETS_MANAGER"] {
            let json = format!(r#"{{"name": "DB_PASSWORD", "value": "/prod/db", "type": "{kind}"}}"#);
            let read: EnvironmentVariable = serde_json::from_str(&json).unwrap();
            assert_eq!(read.telltale, None);
        }
    }
}
