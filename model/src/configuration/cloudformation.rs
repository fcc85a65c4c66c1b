//! Stacks: what they hold, whether they can be deleted, and which of their resources an update may touch.
//!
//! AWS CloudFormation API Reference, DescribeStacks, ListStackResources, GetStackPolicy. Parameters and outputs are not read.

use super::Told;
use super::ask::{Call, Question};
use crate::arn::Arn;
use crate::json::Json;
use crate::snapshot::Snapshot;
use serde::Deserialize;

const DESCRIBE: Call = Call::new("cloudformation", "describe-stacks", "--stack-name NAME");
const RESOURCES: Call = Call::new("cloudformation", "list-stack-resources", "--stack-name NAME");
const POLICY: Call = Call::new("cloudformation", "get-stack-policy", "--stack-name NAME").may_print_nothing();

/// A stack.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Stack {
    /// Its name.
    pub stack_name: String,
    /// Its ARN.
    #[serde(default)]
    pub stack_id: Option<String>,
    /// `UPDATE_COMPLETE`, …
    pub stack_status: String,
    /// The role with which it is changed.
    #[serde(rename = "RoleARN", default)]
    pub role: Option<String>,
    /// Whether it can't be deleted.
    #[serde(default)]
    pub enable_termination_protection: Option<bool>,
    /// The stack that it is within at last, whose protection counts.
    #[serde(default)]
    pub root_id: Option<String>,
}

#[derive(PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Got {
    #[serde(default)]
    stack_policy_body: Option<String>,
}

/// A resource of a stack.
///
/// AWS CloudFormation API Reference, StackResourceSummary.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct StackResource {
    /// `AWS::S3::Bucket`, …
    pub resource_type: String,
    /// `CREATE_COMPLETE`, `DELETE_COMPLETE`, …
    pub resource_status: String,
}

/// Account, region and name of a stack that is named or told by its ARN.
fn place<'a>(stack: &'a str, account: &'a str, region: &'a str) -> (&'a str, &'a str, &'a str) {
    let Some(arn) = Arn::parse(stack) else { return (account, region, stack) };
    let name = arn.resource.strip_prefix("stack/").and_then(|rest| rest.split('/').next());
    (arn.account, arn.region, name.unwrap_or(stack))
}

impl Snapshot {
    /// A stack by its name or ARN. An ARN tells account and region itself.
    pub fn stack(&self, stack: &str, account: &str, region: &str) -> Told<Stack> {
        let (account, region, name) = place(stack, account, region);
        let is_arn = name != stack;
        let question = Question::new(DESCRIBE, account, Some(region), &[stack, name]);
        self.ask_item(&question, "Stacks", |json| {
            let text = |key| json.get(key).and_then(Json::as_str);
            let is_gone = text("StackStatus") == Some("DELETE_COMPLETE");
            text("StackId") == Some(stack) || (!is_arn && !is_gone && text("StackName") == Some(name))
        })
    }

    /// The resources of a stack that are there.
    pub fn stack_resources(&self, stack: &str, account: &str, region: &str) -> Told<Vec<StackResource>> {
        let (account, region, name) = place(stack, account, region);
        let question = Question::new(RESOURCES, account, Some(region), &[name, stack]);
        self.ask_list(&question, "StackResourceSummaries").map(|mut all: Vec<StackResource>| {
            all.retain(|resource| resource.resource_status != "DELETE_COMPLETE");
            all
        })
    }

    /// The policy that says which resources an update of a stack may touch, as JSON text; absent: all.
    ///
    /// AWS CloudFormation User Guide, "Prevent updates to stack resources".
    pub fn stack_policy(&self, stack: &str, account: &str, region: &str) -> Told<String> {
        let (account, region, name) = place(stack, account, region);
        let question = Question::new(POLICY, account, Some(region), &[name, stack]);
        self.ask_one(&question, |_| false).and_then(|output: Got, file| match output.stack_policy_body {
            Some(value) => Told::Known { value, file },
            None => Told::Absent { file },
        })
    }
}
