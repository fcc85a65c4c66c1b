//! The CLI calls that print a resource's policy: where the document stands and whose it is.
//!
//! IAM User Guide, "AWS services that work with IAM", column "Resource-based policies".

use crate::arn::Arn;

/// One call. In the templates `{p}` is the partition, `{r}` the region, `{a}` the account, `{n}` the name.
#[derive(Debug, Clone, Copy)]
pub(super) struct PolicyCall {
    /// The CLI's service.
    pub(super) service: &'static str,
    /// The CLI's operation.
    pub(super) operation: &'static str,
    /// The list that the output's items stand in; empty where the output is one item.
    pub(super) list: &'static str,
    /// Where the document stands in an item.
    pub(super) document: &'static [&'static str],
    /// Where the resource's ARN stands in an item; empty where it doesn't.
    pub(super) arn: &'static [&'static str],
    /// Where the resource's name stands in an item; empty where only the call's argument tells.
    pub(super) name: &'static str,
    /// The ARN by name.
    pub(super) template: &'static str,
    /// The flag that takes the name.
    pub(super) flag: &'static str,
    /// A member that tells that the whole of the output was asked for, so that no document means no policy.
    pub(super) complete_if: &'static [&'static str],
}

const NONE: &[&str] = &[];

const fn call(
    service: &'static str,
    operation: &'static str,
    document: &'static [&'static str],
    template: &'static str,
    flag: &'static str,
) -> PolicyCall {
    PolicyCall {
        service,
        operation,
        list: "",
        document,
        arn: NONE,
        name: "",
        template,
        flag,
        complete_if: NONE,
    }
}

impl PolicyCall {
    /// The prefix of the service's actions.
    pub(super) fn action_prefix(&self) -> &'static str {
        Arn::parse(self.template).map_or(self.service, |a| a.service)
    }

    const fn arn_at(self, arn: &'static [&'static str]) -> Self {
        Self { arn, ..self }
    }

    const fn name_at(self, name: &'static str) -> Self {
        Self { name, ..self }
    }

    const fn in_list(self, list: &'static str) -> Self {
        Self { list, ..self }
    }

    const fn complete_if(self, complete_if: &'static [&'static str]) -> Self {
        Self { complete_if, ..self }
    }
}

/// The calls, those of more specific resource types first within a service.
pub(super) const POLICY_CALLS: &[PolicyCall] = &[
    call("s3control", "get-access-point-policy", &["Policy"], "arn:{p}:s3:{r}:{a}:accesspoint/{n}", "--name"),
    call("s3api", "get-bucket-policy", &["Policy"], "arn:{p}:s3:::{n}", "--bucket"),
    call(
        "kms",
        "get-key-policy",
        &["Policy"],
        "arn:{p}:kms:{r}:{a}:key/{n}",
        "--policy-name default --key-id",
    ),
    call("sns", "get-topic-attributes", &["Attributes", "Policy"], "arn:{p}:sns:{r}:{a}:{n}", "--topic-arn")
        .arn_at(&["Attributes", "TopicArn"]),
    call(
        "sqs",
        "get-queue-attributes",
        &["Attributes", "Policy"],
        "arn:{p}:sqs:{r}:{a}:{n}",
        "--attribute-names All --queue-url",
    )
    .arn_at(&["Attributes", "QueueArn"])
    .complete_if(&["Attributes", "VisibilityTimeout"]),
    call(
        "secretsmanager",
        "get-resource-policy",
        &["ResourcePolicy"],
        "arn:{p}:secretsmanager:{r}:{a}:secret:{n}",
        "--secret-id",
    )
    .arn_at(&["ARN"])
    .name_at("Name"),
    call(
        "lambda",
        "get-layer-version-policy",
        &["Policy"],
        "arn:{p}:lambda:{r}:{a}:layer:{n}",
        "--layer-name",
    ),
    call("lambda", "get-policy", &["Policy"], "arn:{p}:lambda:{r}:{a}:function:{n}", "--function-name"),
    call(
        "ecr",
        "get-repository-policy",
        &["policyText"],
        "arn:{p}:ecr:{r}:{a}:repository/{n}",
        "--repository-name",
    )
    .name_at("repositoryName"),
    call(
        "ecr-public",
        "get-repository-policy",
        &["policyText"],
        "arn:{p}:ecr-public::{a}:repository/{n}",
        "--repository-name",
    )
    .name_at("repositoryName"),
    call(
        "opensearch",
        "describe-domain",
        &["DomainStatus", "AccessPolicies"],
        "arn:{p}:es:{r}:{a}:domain/{n}",
        "--domain-name",
    )
    .arn_at(&["DomainStatus", "ARN"]),
    call(
        "opensearch",
        "describe-domains",
        &["AccessPolicies"],
        "arn:{p}:es:{r}:{a}:domain/{n}",
        "--domain-names",
    )
    .in_list("DomainStatusList")
    .arn_at(&["ARN"]),
    call(
        "es",
        "describe-elasticsearch-domain",
        &["DomainStatus", "AccessPolicies"],
        "arn:{p}:es:{r}:{a}:domain/{n}",
        "--domain-name",
    )
    .arn_at(&["DomainStatus", "ARN"]),
    call(
        "backup",
        "get-backup-vault-access-policy",
        &["Policy"],
        "arn:{p}:backup:{r}:{a}:backup-vault:{n}",
        "--backup-vault-name",
    )
    .arn_at(&["BackupVaultArn"])
    .name_at("BackupVaultName"),
    call("events", "describe-event-bus", &["Policy"], "arn:{p}:events:{r}:{a}:event-bus/{n}", "--name")
        .arn_at(&["Arn"])
        .name_at("Name"),
    call(
        "efs",
        "describe-file-system-policy",
        &["Policy"],
        "arn:{p}:elasticfilesystem:{r}:{a}:file-system/{n}",
        "--file-system-id",
    )
    .name_at("FileSystemId"),
    call("glue", "get-resource-policy", &["PolicyInJson"], "arn:{p}:glue:{r}:{a}:catalog", ""),
    call("apigateway", "get-rest-apis", &["policy"], "arn:{p}:execute-api:{r}:{a}:{n}", "")
        .in_list("items")
        .name_at("id"),
    call("apigateway", "get-rest-api", &["policy"], "arn:{p}:execute-api:{r}:{a}:{n}", "--rest-api-id")
        .name_at("id"),
    call(
        "dynamodb",
        "get-resource-policy",
        &["Policy"],
        "arn:{p}:dynamodb:{r}:{a}:table/{n}",
        "--resource-arn",
    ),
    call(
        "kinesis",
        "get-resource-policy",
        &["Policy"],
        "arn:{p}:kinesis:{r}:{a}:stream/{n}",
        "--resource-arn",
    ),
    call(
        "codeartifact",
        "get-domain-permissions-policy",
        &["policy", "document"],
        "arn:{p}:codeartifact:{r}:{a}:domain/{n}",
        "--domain",
    )
    .arn_at(&["policy", "resourceArn"]),
    call(
        "codeartifact",
        "get-repository-permissions-policy",
        &["policy", "document"],
        "arn:{p}:codeartifact:{r}:{a}:repository/{n}",
        "--repository",
    )
    .arn_at(&["policy", "resourceArn"]),
    call(
        "codebuild",
        "get-resource-policy",
        &["policy"],
        "arn:{p}:codebuild:{r}:{a}:project/{n}",
        "--resource-arn",
    ),
    call(
        "acm-pca",
        "get-policy",
        &["Policy"],
        "arn:{p}:acm-pca:{r}:{a}:certificate-authority/{n}",
        "--resource-arn",
    ),
    call(
        "cloudtrail",
        "get-resource-policy",
        &["ResourcePolicy"],
        "arn:{p}:cloudtrail:{r}:{a}:channel/{n}",
        "--resource-arn",
    )
    .arn_at(&["ResourceArn"]),
    call("kafka", "get-cluster-policy", &["Policy"], "arn:{p}:kafka:{r}:{a}:cluster/{n}", "--cluster-arn"),
    call(
        "s3tables",
        "get-table-bucket-policy",
        &["resourcePolicy"],
        "arn:{p}:s3tables:{r}:{a}:bucket/{n}",
        "--table-bucket-arn",
    ),
    call(
        "glacier",
        "get-vault-access-policy",
        &["policy", "Policy"],
        "arn:{p}:glacier:{r}:{a}:vaults/{n}",
        "--vault-name",
    ),
];

/// Where a document may stand in the output of a policy call that the table doesn't have.
pub(super) const GENERIC_DOCUMENTS: &[&str] = &[
    "Policy",
    "policy",
    "ResourcePolicy",
    "resourcePolicy",
    "PolicyDocument",
    "policyDocument",
    "PolicyText",
    "policyText",
];

/// Where an ARN may stand in such an output.
pub(super) const GENERIC_ARNS: &[&str] = &["ResourceArn", "resourceArn", "ResourceARN", "Arn", "arn", "ARN"];

/// Whether a call that the table doesn't have may print a resource's policy.
pub(super) fn may_print_policy(service: &str, operation: &str) -> bool {
    let own = ["iam", "organizations", "cloudformation", "autoscaling", "s3api", "s3control", "sts", "kms"];
    !own.contains(&service)
        && (operation.starts_with("get-") || operation.starts_with("describe-"))
        && (operation.ends_with("-policy") || operation.ends_with("-policies"))
        && !POLICY_CALLS.iter().any(|c| c.service == service && c.operation == operation)
}

/// The ARN that a template gives.
pub(super) fn fill(template: &str, partition: &str, region: &str, account: &str, name: &str) -> String {
    let filled = template.replace("{p}", partition).replace("{r}", region).replace("{a}", account);
    filled.replace("{n}", name)
}

/// The call that would print the policy of a resource, and the resource's name in it.
pub(super) fn call_for(arn: &str) -> Option<(&'static PolicyCall, &str)> {
    let parsed = Arn::parse(arn)?;
    POLICY_CALLS.iter().filter(|c| c.list.is_empty()).find_map(|call| {
        let template = Arn::parse(call.template)?;
        if template.service != parsed.service {
            return None;
        }
        match template.resource.split_once("{n}") {
            Some((prefix, _)) => {
                let name = parsed.resource.strip_prefix(prefix)?;
                // Bare names (buckets, topics, queues) hold no separators; other types of the service do.
                (!prefix.is_empty() || !name.contains(['/', ':'])).then_some((call, name))
            }
            None => (parsed.resource == template.resource).then_some((call, "")),
        }
    })
}

/// The command that would print the policy of a resource.
pub(super) fn command_for(call: &PolicyCall, arn: &str, name: &str) -> String {
    let mut command = format!("aws {} {}", call.service, call.operation);
    if !call.flag.is_empty() {
        let argument = if call.flag.ends_with("-arn") { arn } else { name };
        command.push_str(&format!(" {} {argument}", call.flag));
    }
    if let Some(region) = Arn::parse(arn).map(|a| a.region).filter(|r| !r.is_empty()) {
        command.push_str(&format!(" --region {region}"));
    }
    command
}
