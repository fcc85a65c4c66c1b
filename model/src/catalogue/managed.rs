//! The AWS managed policies.

use super::Catalogue;
use super::load::{LoadError, unpack};
use std::borrow::Cow;
use std::sync::LazyLock;

/// A managed policy in its default version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagedPolicy {
    pub(super) arn: Cow<'static, str>,
    pub(super) version: Cow<'static, str>,
    pub(super) date: Cow<'static, str>,
    pub(super) document: Cow<'static, str>,
}

impl ManagedPolicy {
    /// The ARN, for example `arn:aws:iam::aws:policy/service-role/AWSLambdaRole`.
    pub fn arn(&self) -> &str {
        &self.arn
    }

    /// The name without its path.
    pub fn name(&self) -> &str {
        self.arn.rsplit('/').next().unwrap_or_default()
    }

    /// The path: `/`, `/service-role/`, ….
    pub fn path(&self) -> &str {
        let from_slash = self.arn.find('/').and_then(|at| self.arn.get(at..)).unwrap_or_default();
        from_slash.rfind('/').and_then(|at| from_slash.get(..=at)).unwrap_or("/")
    }

    /// The id of the version, for example `v3`.
    pub fn version_id(&self) -> &str {
        &self.version
    }

    /// The day on which this version was made, or nothing where that is not known.
    pub fn created(&self) -> &str {
        &self.date
    }

    /// The document, as JSON text.
    pub fn document(&self) -> &str {
        &self.document
    }
}

static TEXT: LazyLock<Result<String, LoadError>> =
    LazyLock::new(|| unpack(include_bytes!("../../data/managed-policies.txt.zst")));

static POLICIES: LazyLock<Result<Vec<ManagedPolicy>, LoadError>> = LazyLock::new(|| {
    let text = TEXT.as_ref().map_err(Clone::clone)?;
    text.lines().skip(1).map(|line| policy(line).ok_or_else(|| LoadError::Line(line.to_owned()))).collect()
});

fn policy(line: &'static str) -> Option<ManagedPolicy> {
    let mut fields = line.splitn(4, '\t').map(Cow::Borrowed);
    Some(ManagedPolicy {
        arn: fields.next()?,
        version: fields.next()?,
        date: fields.next()?,
        document: fields.next()?,
    })
}

/// The embedded policies, sorted by ARN; unpacked at the first call.
#[expect(clippy::expect_used, reason = "the file is part of the program, and a test reads every line of it")]
fn embedded() -> &'static [ManagedPolicy] {
    POLICIES.as_ref().expect("the embedded managed policies are readable")
}

impl Catalogue {
    /// The managed policy of an ARN. The source covers the `aws` partition only: elsewhere, none.
    pub fn managed_policy(&self, arn: &str) -> Option<&ManagedPolicy> {
        let own = self.managed_policies.binary_search_by(|policy| policy.arn().cmp(arn));
        match own {
            Ok(at) => self.managed_policies.get(at),
            Err(_) => {
                let embedded = embedded();
                let at = embedded.binary_search_by(|policy| policy.arn().cmp(arn)).ok()?;
                embedded.get(at)
            }
        }
    }

    /// The text of a managed policy as its partition has it. The catalogue lists those of `aws`; those of the same name in
    /// other partitions are taken to say the same of that partition's resources.
    ///
    /// IAM User Guide, "AWS managed policies"; AWS GovCloud (US) User Guide, "Amazon Resource Names (ARNs)".
    pub fn managed_document(&self, arn: &str) -> Option<Cow<'_, str>> {
        if let Some(policy) = self.managed_policy(arn) {
            return Some(policy.document().into());
        }
        let (partition, rest) = arn.strip_prefix("arn:")?.split_once(':')?;
        if !partition.starts_with("aws-") || !rest.starts_with("iam::aws:") {
            return None;
        }
        let of_aws = self.managed_policy(&format!("arn:aws:{rest}"))?;
        Some(of_aws.document().replace("arn:aws:", &format!("arn:{partition}:")).into())
    }

    /// All managed policies: the custom ones, then the embedded ones that none of those replaces, each by ARN.
    pub fn managed_policies(&self) -> impl Iterator<Item = &ManagedPolicy> {
        let own = &self.managed_policies;
        let replaced = |arn: &str| own.binary_search_by(|policy| policy.arn().cmp(arn)).is_ok();
        own.iter().chain(embedded().iter().filter(move |policy| !replaced(policy.arn())))
    }
}
