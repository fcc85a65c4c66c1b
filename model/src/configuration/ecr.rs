//! Image repositories: whether a tag can be moved to another image.
//!
//! Amazon ECR API Reference, DescribeRepositories.

use super::Told;
use super::ask::{Call, Question};
use crate::arn::Arn;
use crate::json::Json;
use crate::snapshot::Snapshot;
use serde::Deserialize;

const DESCRIBE: Call = Call::new("ecr", "describe-repositories", "--repository-names NAME");

/// An image repository.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageRepository {
    /// Its name.
    pub repository_name: String,
    /// `MUTABLE`, `IMMUTABLE`, `IMMUTABLE_WITH_EXCLUSION` or `MUTABLE_WITH_EXCLUSION`.
    #[serde(default)]
    pub image_tag_mutability: Option<String>,
    /// The tags that the exclusion is about.
    #[serde(default)]
    pub image_tag_mutability_exclusion_filters: Vec<ExclusionFilter>,
}

/// Tags that an exclusion is about.
///
/// Amazon ECR API Reference, ImageTagMutabilityExclusionFilter.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExclusionFilter {
    /// `WILDCARD`.
    pub filter_type: String,
    /// A text in which `*` stands for any other.
    pub filter: String,
}

impl Snapshot {
    /// An image repository by its ARN.
    pub fn image_repository(&self, arn: &str) -> Told<ImageRepository> {
        let parsed = Arn::parse(arn);
        let (account, region) = parsed.map_or(("", ""), |arn| (arn.account, arn.region));
        let name = parsed.and_then(|arn| arn.resource.strip_prefix("repository/")).unwrap_or(arn);
        let question = Question::new(DESCRIBE, account, Some(region), &[name, arn]);
        self.ask_item(&question, "repositories", |json| {
            json.get("repositoryArn").and_then(Json::as_str) == Some(arn)
        })
    }
}
