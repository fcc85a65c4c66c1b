//! Where a project's source is, without the secrets that its address may hold.

use super::arn_only;
use serde::{Deserialize, Deserializer};

/// Where a project's source is.
///
/// AWS CodeBuild API Reference, ProjectSource.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProjectSource {
    /// `CODEPIPELINE`, `CODECOMMIT`, `GITHUB`, `S3`, `NO_SOURCE`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// Its address.
    #[serde(default)]
    pub location: Option<SourceLocation>,
    /// What is done with it.
    #[serde(rename = "buildspec", default)]
    pub build_spec: BuildSpec,
    /// What it is fetched with, where the project says.
    #[serde(default)]
    pub auth: Option<SourceAuth>,
    /// Whether the certificate of its server isn't looked at.
    #[serde(default)]
    pub insecure_ssl: bool,
    /// Its name among several.
    #[serde(default)]
    pub source_identifier: Option<String>,
}

/// What a source is fetched with.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SourceAuth {
    /// `OAUTH`, `CODECONNECTIONS` or `SECRETS_MANAGER`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The connection or secret, where it is an ARN.
    #[serde(default, deserialize_with = "arn_only")]
    pub resource: Option<String>,
}

/// Where the steps of a build are written.
///
/// AWS CodeBuild API Reference, ProjectSource, `buildspec`: "an inline buildspec definition, the path to an alternate
/// buildspec file relative to the value of the built-in CODEBUILD_SRC_DIR environment variable, or the path to an S3
/// bucket", which is an ARN; where it is empty, the source has `buildspec.yml` in its root.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum BuildSpec {
    /// In the source, `buildspec.yml`.
    #[default]
    Default,
    /// In the source, in this file.
    Path(String),
    /// In a bucket: the ARN of the object.
    Object(String),
    /// In the project itself. Its text, which may hold secrets, is not kept.
    Inline,
}

impl BuildSpec {
    fn parse(text: &str) -> Self {
        match text.trim() {
            "" => Self::Default,
            text if text.contains('\n') || text.starts_with('{') || text.contains(": ") => Self::Inline,
            text if text.ends_with(':') || text.starts_with("version:") => Self::Inline,
            text if text.starts_with("arn:") => Self::Object(text.to_owned()),
            text => Self::Path(text.to_owned()),
        }
    }

    /// Whether whoever changes the source changes the steps.
    pub fn is_in_source(&self) -> bool {
        matches!(self, Self::Default | Self::Path(_))
    }
}

impl<'de> Deserialize<'de> for BuildSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::parse(&String::deserialize(deserializer)?))
    }
}

/// The address of a source, without user info, query and fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceLocation {
    /// The address.
    pub address: String,
    /// Whether it had a user name, token or password before its server.
    pub had_user_info: bool,
    /// Whether it had a query or fragment.
    pub had_query: bool,
}

impl SourceLocation {
    /// RFC 3986, section 3.2: the authority ends at the next `/`, `?` or `#`, and its user info at its last `@`. A
    /// password that holds a `/` all the same is seen by its colon, which no port follows.
    fn parse(text: &str) -> Self {
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (format!("{scheme}://"), rest),
            None => (String::new(), text),
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let is_port = |text: &str| text.chars().all(|c| c.is_ascii_digit());
        let has_port = authority.rsplit_once(':').is_none_or(|(_, port)| is_port(port));
        let (user_info, server) = match rest.rsplit_once('@') {
            Some((user, server)) if !scheme.is_empty() && !authority.contains('@') && !has_port => {
                (Some(user), server)
            }
            _ => match authority.rsplit_once('@') {
                Some((user, _)) => (Some(user), rest.get(user.len() + 1..).unwrap_or_default()),
                None => (None, rest),
            },
        };
        let plain = server.split(['?', '#']).next().unwrap_or_default();
        Self {
            address: format!("{scheme}{plain}"),
            had_user_info: user_info.is_some(),
            had_query: plain.len() < server.len(),
        }
    }
}

impl<'de> Deserialize<'de> for SourceLocation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::parse(&String::deserialize(deserializer)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_info_is_seen_and_dropped() {
        for (text, address, had_user_info) in [
            ("https://github.com/acme/shop.git", "https://github.com/acme/shop.git", false),
            ("https://x:tok@github.com/acme/shop.git", "https://github.com/acme/shop.git", true),
            ("https://tok@github.com/acme/shop@2", "https://github.com/acme/shop@2", true),
            ("https://x:a@b@github.com/acme", "https://github.com/acme", true),
            ("https://x:a/b@github.com/acme", "https://github.com/acme", true),
            ("https://git.acme.example:8443/shop@2", "https://git.acme.example:8443/shop@2", false),
            ("git@github.com:acme/shop.git", "github.com:acme/shop.git", true),
            ("bucket/source@1.zip", "bucket/source@1.zip", false),
        ] {
            let location = SourceLocation::parse(text);
            assert_eq!(
                (location.address.as_str(), location.had_user_info),
                (address, had_user_info),
                "{text}"
            );
        }
        let location = SourceLocation::parse("https://git.example/shop?access_token=tok#there");
        assert_eq!(location.address, "https://git.example/shop");
        assert!(location.had_query && !location.had_user_info);
    }

    #[test]
    fn the_text_of_inline_steps_is_not_kept() {
        for (text, build_spec) in [
            ("", BuildSpec::Default),
            ("ci/buildspec.yml", BuildSpec::Path("ci/buildspec.yml".to_owned())),
            ("arn:aws:s3:::specs/deploy.yml", BuildSpec::Object("arn:aws:s3:::specs/deploy.yml".to_owned())),
            ("version: 0.2\nphases:\n  build:\n    commands: [make]\n", BuildSpec::Inline),
            ("{\"version\": 0.2}", BuildSpec::Inline),
            ("version: 0.2", BuildSpec::Inline),
        ] {
            assert_eq!(BuildSpec::parse(text), build_spec, "{text}");
        }
    }
}
