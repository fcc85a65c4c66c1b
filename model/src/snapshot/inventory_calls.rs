//! The CLI calls that list resources, and those that print a resource's tags.

/// A call that lists resources.
#[derive(Debug, Clone, Copy)]
pub(super) struct InventoryCall {
    /// The CLI's service.
    pub(super) service: &'static str,
    /// The CLI's operation.
    pub(super) operation: &'static str,
    /// The list; empty where the output is one item.
    pub(super) list: &'static str,
    /// Where the ARN stands in an item, first step after first step; empty where it doesn't.
    pub(super) arn: &'static [&'static str],
    /// Where the name stands in an item; empty where the item is the name or the ARN itself.
    pub(super) name: &'static str,
    /// The ARN by name, as in the policy calls.
    pub(super) template: &'static str,
    /// Where the item's tags stand; empty where they don't.
    pub(super) tags: &'static str,
}

const fn listed(
    service: &'static str,
    operation: &'static str,
    list: &'static str,
    arn: &'static [&'static str],
    tags: &'static str,
) -> InventoryCall {
    InventoryCall { service, operation, list, arn, name: "", template: "", tags }
}

const fn named(
    service: &'static str,
    operation: &'static str,
    list: &'static str,
    name: &'static str,
    template: &'static str,
) -> InventoryCall {
    InventoryCall { service, operation, list, arn: &[], name, template, tags: "" }
}

/// The listing calls.
pub(super) const INVENTORY_CALLS: &[InventoryCall] = &[
    named("s3api", "list-buckets", "Buckets", "Name", "arn:{p}:s3:::{n}"),
    listed("s3control", "list-access-points", "AccessPointList", &["AccessPointArn"], ""),
    listed("kms", "list-keys", "Keys", &["KeyArn"], ""),
    listed("sns", "list-topics", "Topics", &["TopicArn"], ""),
    named("sqs", "list-queues", "QueueUrls", "", "arn:{p}:sqs:{r}:{a}:{n}"),
    listed("secretsmanager", "list-secrets", "SecretList", &["ARN"], "Tags"),
    listed("secretsmanager", "describe-secret", "", &["ARN"], "Tags"),
    listed("lambda", "list-functions", "Functions", &["FunctionArn"], ""),
    listed("lambda", "get-function", "", &["Configuration", "FunctionArn"], "Tags"),
    listed("ecr", "describe-repositories", "repositories", &["repositoryArn"], ""),
    named("dynamodb", "list-tables", "TableNames", "", "arn:{p}:dynamodb:{r}:{a}:table/{n}"),
    named("codepipeline", "list-pipelines", "pipelines", "name", "arn:{p}:codepipeline:{r}:{a}:{n}"),
    listed("codepipeline", "get-pipeline", "", &["metadata", "pipelineArn"], ""),
    named("codebuild", "list-projects", "projects", "", "arn:{p}:codebuild:{r}:{a}:project/{n}"),
    listed("codebuild", "batch-get-projects", "projects", &["arn"], "tags"),
    named(
        "codecommit",
        "list-repositories",
        "repositories",
        "repositoryName",
        "arn:{p}:codecommit:{r}:{a}:{n}",
    ),
    named(
        "codedeploy",
        "list-applications",
        "applications",
        "",
        "arn:{p}:codedeploy:{r}:{a}:application:{n}",
    ),
    listed("codeconnections", "list-connections", "Connections", &["ConnectionArn"], ""),
    listed("codestar-connections", "list-connections", "Connections", &["ConnectionArn"], ""),
    listed("cloudformation", "describe-stacks", "Stacks", &["StackId"], "Tags"),
    listed("cloudtrail", "describe-trails", "trailList", &["TrailARN"], ""),
    listed("stepfunctions", "list-state-machines", "stateMachines", &["stateMachineArn"], ""),
    named("ecs", "list-clusters", "clusterArns", "", "{n}"),
    listed("ecs", "describe-clusters", "clusters", &["clusterArn"], "tags"),
    listed("ecs", "describe-services", "services", &["serviceArn"], "tags"),
    listed("events", "list-rules", "Rules", &["Arn"], ""),
    listed("events", "list-event-buses", "EventBuses", &["Arn"], ""),
    listed("backup", "list-backup-vaults", "BackupVaultList", &["BackupVaultArn"], ""),
    listed("efs", "describe-file-systems", "FileSystems", &["FileSystemArn"], "Tags"),
    listed("kinesis", "list-streams", "StreamSummaries", &["StreamARN"], ""),
    named("opensearch", "list-domain-names", "DomainNames", "DomainName", "arn:{p}:es:{r}:{a}:domain/{n}"),
    listed("resourcegroupstaggingapi", "get-resources", "ResourceTagMappingList", &["ResourceARN"], "Tags"),
];

/// A call that prints the tags of the resource that its argument names.
#[derive(Debug, Clone, Copy)]
pub(super) struct TagCall {
    pub(super) service: &'static str,
    pub(super) operation: &'static str,
    /// Where the tags stand.
    pub(super) tags: &'static str,
    /// The ARN by name, where the argument isn't the ARN.
    pub(super) template: &'static str,
}

const fn tagged(
    service: &'static str,
    operation: &'static str,
    tags: &'static str,
    template: &'static str,
) -> TagCall {
    TagCall { service, operation, tags, template }
}

/// The tag calls whose argument may be a name.
pub(super) const TAG_CALLS: &[TagCall] = &[
    tagged("s3api", "get-bucket-tagging", "TagSet", "arn:{p}:s3:::{n}"),
    tagged("kms", "list-resource-tags", "Tags", "arn:{p}:kms:{r}:{a}:key/{n}"),
    tagged("sqs", "list-queue-tags", "Tags", "arn:{p}:sqs:{r}:{a}:{n}"),
    tagged("lambda", "list-tags", "Tags", "arn:{p}:lambda:{r}:{a}:function:{n}"),
];

/// The tag operation that most services share; its argument is an ARN.
pub(super) const SHARED_TAG_OPERATION: &str = "list-tags-for-resource";

/// Where that operation's tags may stand.
pub(super) const SHARED_TAG_MEMBERS: &[&str] = &["Tags", "tags", "TagList", "ResourceTags"];
