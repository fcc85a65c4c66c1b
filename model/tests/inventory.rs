//! The inventory: one small snapshot for each kind, and files with faults.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use gateproof_model::catalogue::Catalogue;
use gateproof_model::inventory::{Inventory, Thing, check_joins, embedded, parse_kinds};
use gateproof_model::snapshot::{LoadOptions, Snapshot};
use serde_json::{Value, json};

const ACCOUNT: &str = "111122223333";
const AT: &str = "arn:aws:";

/// Files by their path in the account's region.
fn load(files: &[(&str, Value)]) -> Snapshot {
    load_with(files, &json!([]))
}

fn load_with(files: &[(&str, Value)], errors: &Value) -> Snapshot {
    let folder = tempfile::tempdir().unwrap();
    for (path, value) in files {
        let file = folder.path().join(format!("accounts/{ACCOUNT}/us-east-1/{path}.json"));
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, value.to_string()).unwrap();
    }
    std::fs::write(folder.path().join("errors.json"), errors.to_string()).unwrap();
    let snapshot = Snapshot::load(folder.path(), &LoadOptions::default()).unwrap();
    // The folder goes with the function: what is read later must be read now.
    snapshot.inventory();
    snapshot
}

fn here(service: &str, resource: &str) -> String {
    format!("arn:aws:{service}:us-east-1:{ACCOUNT}:{resource}")
}

fn role(name: &str) -> String {
    format!("{AT}iam::{ACCOUNT}:role/{name}")
}

fn profile(name: &str) -> String {
    format!("{AT}iam::{ACCOUNT}:instance-profile/{name}")
}

/// `name field=value …`, fields that are known to be empty as `field=`.
fn shown(thing: &Thing) -> String {
    let fields = thing.fields.iter().map(|(name, values)| format!(" {name}={}", values.join(",")));
    format!("{}{}", thing.name, fields.collect::<String>())
}

/// The objects of a kind as `ARN name field=value …`; no file may have a fault.
fn things(files: &[(&str, Value)], kind: &str) -> Vec<String> {
    let snapshot = load(files);
    let inventory = snapshot.inventory();
    assert_eq!(inventory.problems(), [], "{kind}");
    assert_eq!(inventory.unread(kind, ACCOUNT), [], "{kind}");
    assert_eq!(inventory.not_collected(kind, ACCOUNT), None, "{kind}");
    let things = inventory.of_kind(kind);
    for thing in things {
        assert_eq!(inventory.find(kind, &thing.arn), Some(thing));
        assert_eq!((&*thing.kind, &*thing.account), (kind, ACCOUNT));
        assert!(is_catalogued(&thing.arn), "{}", thing.arn);
        assert!(thing.field("arn")[0] == thing.arn && thing.field("name")[0] == thing.name);
    }
    things.iter().map(|thing| format!("{} {}", thing.arn, shown(thing))).collect()
}

/// Whether an action is known that takes such an ARN.
fn is_catalogued(arn: &str) -> bool {
    let service = arn.split(':').nth(2).unwrap();
    let mut actions = Catalogue::embedded().service_actions(service);
    actions.any(|action| action.resource_types().any(|row| row.resource_type.fits(arn)))
}

#[track_caller]
fn one(files: &[(&str, Value)], kind: &str, arn: &str, shown: &str) {
    assert_eq!(things(files, kind), [format!("{arn} {shown}")]);
}

#[test]
fn the_kinds_that_come_along_are_well_formed() {
    let kinds = embedded().unwrap();
    assert_eq!(Inventory::kinds().count(), kinds.len());
    let names: Vec<&str> = kinds.iter().map(|kind| kind.name.as_str()).collect();
    assert!(names.windows(2).all(|pair| pair[0] < pair[1]), "sorted and distinct: {names:?}");
    assert!(names.len() >= 40, "{}", names.len());
    for kind in kinds {
        assert!(kind.commands.iter().all(|command| command.starts_with("aws ")), "{:?}", kind.commands);
    }
}

#[test]
fn files_of_kinds_are_refused_with_place_and_reason() {
    let arn = "arn: 'arn:${partition}:x:::${name}'";
    let refused = [
        (format!("- kind: x.y\n  {arn}\n  colour: red\n"), "colour"),
        (format!("- kind: x.y\n  {arn}\n"), "kind x.y: found no call that lists"),
        ("- kind: x.y\n  arn: x\n  known-from: [x list]\n".to_owned(), "kind x.y: found `x`"),
        (format!("- kind: x.y\n  {arn}\n  known-from: [list]\n"), "expected SERVICE OPERATION"),
        (
            format!("- kind: x.y\n  {arn}\n  reads: [{{call: x list}}]\n"),
            "call x list: found neither arn nor name",
        ),
        (
            format!("- kind: x.y\n  {arn}\n  reads: [{{call: x list, name: N, fields: {{role: R}}}}]\n"),
            "call x list: found the field `role`",
        ),
        (format!("- kind: x.y\n  {arn}\n  reads: [{{call: x list, name: 'N[0]'}}]\n"), "the step `N[0]`"),
        (
            format!("- kind: x.y\n  {arn}\n  fields: {{region: text}}\n  known-from: [x list]\n"),
            "found the field `region`",
        ),
        (
            format!("- kind: x.y\n  {arn}\n  fields: {{c: 'arn:a:b:c:d:${{e}}'}}\n  known-from: [x list]\n"),
            "field c: found the hole `e`",
        ),
    ];
    for (text, reason) in refused {
        let error = parse_kinds("x.yaml", &text).unwrap_err();
        assert_eq!(error.file, "x.yaml");
        assert!(error.reason.contains(reason), "{}: expected {reason}", error.reason);
    }
}

#[test]
fn joins_go_by_kinds_and_fields_that_there_are() {
    let joined = |field: &str, from: &str, kind: &str, take: &str| {
        let text = format!(
            "- kind: x.y\n  arn: 'arn:${{partition}}:x:::${{name}}'\n  fields: {{role: role}}\n  known-from: [x list]\n  \
             joins: {{{field}: [{{from: {from}, through: [{{kind: {kind}, by: name, take: {take}}}]}}]}}\n"
        );
        check_joins(&parse_kinds("x.yaml", &text).unwrap())
    };
    assert_eq!(joined("role", "name", "x.y", "role"), Ok(()));
    for (field, from, kind, take) in [
        ("no", "name", "x.y", "role"),
        ("role", "no", "x.y", "role"),
        ("role", "name", "no", "role"),
        ("role", "name", "x.y", "no"),
    ] {
        assert!(joined(field, from, kind, take).unwrap_err().contains("kind x.y"));
    }
}

#[test]
fn the_instances_of_a_deployment_group_tell_its_profiles() {
    let group = json!({"deploymentGroupInfo": {"applicationName": "app", "deploymentGroupName": "blue",
        "autoScalingGroups": [{"name": "web"}], "ec2TagFilters": [{"Key": "env", "Type": "KEY_ONLY"}]}});
    let instance = |id: &str, key: &str, value: &str, name: &str| json!({"InstanceId": id, "Tags": [{"Key": key, "Value": value}], "IamInstanceProfile": {"Arn": profile(name)}});
    let instances = json!({"Reservations": [{"Instances": [
        instance("i-1", "env", "prod", "tagged"),
        instance("i-2", "aws:autoscaling:groupName", "web", "scaled"),
        instance("i-3", "aws:autoscaling:groupName", "other", "other")]}]});
    let scaling = json!({"AutoScalingGroups": [{"AutoScalingGroupName": "web", "LaunchTemplate": {"LaunchTemplateId": "lt-1"},
        "AutoScalingGroupARN": here("autoscaling", "autoScalingGroup:0a1b:autoScalingGroupName/web")}]});
    let templates = json!({"LaunchTemplateVersions": [{"LaunchTemplateId": "lt-1",
        "LaunchTemplateData": {"IamInstanceProfile": {"Name": "template"}}}]});
    let mut files = vec![
        ("deploy/get-deployment-group/blue", group),
        ("ec2/describe-instances", instances),
        ("autoscaling/describe-auto-scaling-groups", scaling),
        ("ec2/describe-launch-template-versions/lt-1", templates),
    ];
    let profiles = |files: &[(&str, Value)]| {
        let group = load(files).inventory().of_kind("codedeploy.deployment-group")[0].clone();
        group.tells("instance-profile").then(|| group.field("instance-profile").to_vec())
    };
    let expected = ["scaled", "tagged", "template"].map(|name| profile(name).into());
    assert_eq!(profiles(&files), Some(expected.to_vec()));
    files.truncate(1);
    assert_eq!(profiles(&files), None);
    files.push(("ec2/describe-instances", json!({"Reservations": []})));
    files.push(("autoscaling/describe-auto-scaling-groups", json!({"AutoScalingGroups": []})));
    assert_eq!(profiles(&files), None);
    files.push(("ec2/describe-launch-templates", json!({"LaunchTemplates": []})));
    assert_eq!(profiles(&files), Some(vec![]));
}

#[test]
fn functions() {
    let arn = here("lambda", "function:worker");
    let list = json!({"Functions": [{"FunctionName": "worker", "FunctionArn": arn, "Role": role("w")}]});
    let one_version = json!({"Configuration": {"FunctionName": "worker", "FunctionArn": format!("{arn}:7"), "Role": role("w7")}});
    one(
        &[("lambda/list-functions", list.clone())],
        "lambda.function",
        &arn,
        &format!("worker role={}", role("w")),
    );
    let files = [("lambda/list-functions", list), ("lambda/get-function/worker", one_version)];
    one(&files, "lambda.function", &arn, &format!("worker role={},{}", role("w"), role("w7")));
}

#[test]
fn projects() {
    let arn = here("codebuild", "project/deploy");
    let list = ("codebuild/list-projects", json!({"projects": ["deploy"]}));
    one(std::slice::from_ref(&list), "codebuild.project", &arn, "deploy");
    let get = json!({"projects": [{"name": "deploy", "arn": arn, "serviceRole": role("d"),
        "buildBatchConfig": {"serviceRole": role("b")}, "source": {"type": "CODECOMMIT"}}], "projectsNotFound": []});
    let fields = format!("deploy buildspec= role={},{} source-type=CODECOMMIT", role("b"), role("d"));
    one(&[list, ("codebuild/batch-get-projects", get)], "codebuild.project", &arn, &fields);
}

#[test]
fn stacks() {
    let arn = here("cloudformation", "stack/app/11111111-2222-3333-4444-555555555555");
    let old = here("cloudformation", "stack/old/11111111-2222-3333-4444-555555555555");
    let stacks = json!({"Stacks": [
        {"StackId": arn, "StackName": "app", "RoleARN": role("cfn"), "StackStatus": "CREATE_COMPLETE"},
        {"StackId": old, "StackName": "old", "StackStatus": "DELETE_COMPLETE"}]});
    one(
        &[("cloudformation/describe-stacks", stacks)],
        "cloudformation.stack",
        &arn,
        &format!("app role={}", role("cfn")),
    );
    let arn = here("cloudformation", "stackset/base:0b6a");
    let list = json!({"Summaries": [{"StackSetName": "base", "StackSetId": "base:0b6a", "Status": "ACTIVE"},
        {"StackSetName": "old", "StackSetId": "old:1c", "Status": "DELETED"}]});
    let get = json!({"StackSet": {"StackSetName": "base", "StackSetId": "base:0b6a", "StackSetARN": arn, "Status": "ACTIVE",
        "AdministrationRoleARN": role("admin"), "ExecutionRoleName": "exec"}});
    let files = [("cloudformation/list-stack-sets", list), ("cloudformation/describe-stack-set/base", get)];
    let fields = format!("base execution-role-name=exec role={}", role("admin"));
    one(&files, "cloudformation.stack-set", &arn, &fields);
}

#[test]
fn containers() {
    let cluster = here("ecs", "cluster/web");
    let files = [("ecs/list-clusters", json!({"clusterArns": [cluster]}))];
    one(&files, "ecs.cluster", &cluster, "web");

    let (service, definition) = (here("ecs", "service/web/api"), here("ecs", "task-definition/api:3"));
    let list = ("ecs/list-services/web", json!({"serviceArns": [service]}));
    one(std::slice::from_ref(&list), "ecs.service", &service, &format!("api cluster={cluster}"));
    let get = json!({"failures": [], "services": [{"serviceArn": service, "serviceName": "api", "clusterArn": cluster,
        "taskDefinition": definition, "status": "ACTIVE", "enableExecuteCommand": true}]});
    let fields = format!("api cluster={cluster} execute-command=true role= task-definition={definition}");
    one(&[list, ("ecs/describe-services/web", get)], "ecs.service", &service, &fields);

    let list = ("ecs/list-task-definitions", json!({"taskDefinitionArns": [definition]}));
    let get = json!({"taskDefinition": {"taskDefinitionArn": definition, "family": "api", "taskRoleArn": "task",
        "executionRoleArn": role("exec"), "status": "ACTIVE"}});
    let fields = format!("api:3 execution-role={} family=api role={}", role("exec"), role("task"));
    one(&[list, ("ecs/describe-task-definition/api%3A3", get)], "ecs.task-definition", &definition, &fields);

    let task = here("ecs", "task/web/0a1b");
    let list = ("ecs/list-tasks/web", json!({"taskArns": [task]}));
    let get = json!({"tasks": [{"taskArn": task, "clusterArn": cluster, "taskDefinitionArn": definition,
        "lastStatus": "RUNNING", "enableExecuteCommand": false}], "failures": []});
    let fields = format!("0a1b cluster={cluster} execute-command=false role= task-definition={definition}");
    one(&[list, ("ecs/describe-tasks/web", get)], "ecs.task", &task, &fields);

    let host = here("ecs", "container-instance/web/0a1b");
    let list = ("ecs/list-container-instances/web", json!({"containerInstanceArns": [host]}));
    let get = json!({"containerInstances": [{"containerInstanceArn": host, "ec2InstanceId": "i-1"}], "failures": []});
    let fields = format!("0a1b cluster={cluster} instance={}", here("ec2", "instance/i-1"));
    one(&[list, ("ecs/describe-container-instances/web", get)], "ecs.container-instance", &host, &fields);
}

#[test]
fn short_arns_do_not_hold_the_cluster() {
    let (service, host) = (here("ecs", "service/api"), here("ecs", "container-instance/0a1b"));
    let files = [
        ("ecs/list-services/web", json!({"serviceArns": [service]})),
        ("ecs/list-container-instances/web", json!({"containerInstanceArns": [host]})),
        ("ecs/list-tasks", json!({"taskArns": [here("ecs", "task/0a1b")]})),
    ];
    let snapshot = load(&files);
    for kind in ["ecs.service", "ecs.container-instance"] {
        let things = snapshot.inventory().of_kind(kind);
        assert_eq!(things[0].field("cluster"), [here("ecs", "cluster/web").into()]);
    }
    assert!(!snapshot.inventory().of_kind("ecs.task")[0].tells("cluster"));
}

#[test]
fn machines() {
    let instances = json!({"Reservations": [{"Instances": [
        {"InstanceId": "i-1", "State": {"Name": "running"}, "IamInstanceProfile": {"Arn": profile("web"), "Id": "AIPA"},
            "Tags": [{"Key": "app", "Value": "web"}]},
        {"InstanceId": "i-2", "State": {"Name": "terminated"}}]}]});
    let arn = here("ec2", "instance/i-1");
    let fields = format!("i-1 profile={} tag==web,app=,app=web", profile("web"));
    one(&[("ec2/describe-instances", instances)], "ec2.instance", &arn, &fields);

    let template = here("ec2", "launch-template/lt-1");
    let list = json!({"LaunchTemplates": [{"LaunchTemplateId": "lt-1", "LaunchTemplateName": "web"}]});
    let versions = json!({"LaunchTemplateVersions": [
        {"LaunchTemplateId": "lt-1", "LaunchTemplateName": "web", "VersionNumber": 1,
            "LaunchTemplateData": {"IamInstanceProfile": {"Name": "old"}}},
        {"LaunchTemplateId": "lt-1", "LaunchTemplateName": "web", "VersionNumber": 2,
            "LaunchTemplateData": {"IamInstanceProfile": {"Arn": profile("web")}}}]});
    let files =
        [("ec2/describe-launch-templates", list), ("ec2/describe-launch-template-versions/lt-1", versions)];
    let fields = format!("lt-1 profile={},{} template-name=web", profile("old"), profile("web"));
    one(&files, "ec2.launch-template", &template, &fields);

    let group = here("autoscaling", "autoScalingGroup:0a1b:autoScalingGroupName/web");
    let mixed = json!({"LaunchTemplate": {"LaunchTemplateSpecification": {"LaunchTemplateId": "lt-1"},
        "Overrides": [{"InstanceType": "m5.large"}, {"LaunchTemplateSpecification": {"LaunchTemplateId": "lt-2"}}]}});
    let groups = json!({"AutoScalingGroups": [
        {"AutoScalingGroupARN": group, "AutoScalingGroupName": "web", "MixedInstancesPolicy": mixed}]});
    let fields = format!(
        "web launch-configuration= launch-template={template},{}",
        here("ec2", "launch-template/lt-2")
    );
    one(&[("autoscaling/describe-auto-scaling-groups", groups)], "autoscaling.group", &group, &fields);

    let cluster = here("elasticmapreduce", "cluster/j-1");
    let list = json!({"Clusters": [{"Id": "j-1", "Name": "etl", "ClusterArn": cluster, "Status": {"State": "WAITING"}}]});
    let get = json!({"Cluster": {"Id": "j-1", "Name": "etl", "ClusterArn": cluster, "Status": {"State": "WAITING"},
        "ServiceRole": "emr", "Ec2InstanceAttributes": {"IamInstanceProfile": "emr-ec2"}}});
    let fields = format!("j-1 profile={} role={}", profile("emr-ec2"), role("emr"));
    one(&[("emr/list-clusters", list), ("emr/describe-cluster/j-1", get)], "emr.cluster", &cluster, &fields);
}

#[test]
fn jobs_and_notebooks() {
    let (job, endpoint) = (here("glue", "job/etl"), here("glue", "devEndpoint/dev"));
    let jobs = json!({"Jobs": [{"Name": "etl", "Role": "etl-role"}]});
    one(&[("glue/get-jobs", jobs)], "glue.job", &job, &format!("etl role={}", role("etl-role")));
    let endpoints = json!({"DevEndpoints": [{"EndpointName": "dev", "RoleArn": role("g")}]});
    one(
        &[("glue/get-dev-endpoints", endpoints)],
        "glue.dev-endpoint",
        &endpoint,
        &format!("dev role={}", role("g")),
    );

    let session = here("glue", "session/s-1");
    let sessions = json!({"Ids": ["s-1", "s-2"], "Sessions": [{"Id": "s-1", "Status": "READY", "Role": role("g")},
        {"Id": "s-2", "Status": "STOPPED", "Role": role("g")}]});
    one(&[("glue/list-sessions", sessions)], "glue.session", &session, &format!("s-1 role={}", role("g")));
    let application = here("emr-serverless", "/applications/00f1");
    let list =
        json!({"applications": [{"id": "00f1", "name": "etl", "arn": application, "state": "CREATED"}]});
    one(&[("emr-serverless/list-applications", list)], "emr-serverless.application", &application, "00f1");

    let notebook = here("sagemaker", "notebook-instance/lab");
    let item = json!({"NotebookInstanceArn": notebook, "NotebookInstanceName": "lab"});
    let list = ("sagemaker/list-notebook-instances", json!({"NotebookInstances": [item]}));
    let get = json!({"NotebookInstanceArn": notebook, "NotebookInstanceName": "lab", "RoleArn": role("n")});
    let files = [list, ("sagemaker/describe-notebook-instance/lab", get)];
    one(&files, "sagemaker.notebook-instance", &notebook, &format!("lab role={}", role("n")));

    let definition = here("batch", "job-definition/etl:1");
    let definitions = json!({"jobDefinitions": [
        {"jobDefinitionArn": definition, "jobDefinitionName": "etl", "status": "ACTIVE", "containerProperties": {"jobRoleArn": role("b")}},
        {"jobDefinitionArn": here("batch", "job-definition/old:1"), "jobDefinitionName": "old", "status": "INACTIVE"}]});
    let fields = format!("etl role={}", role("b"));
    one(&[("batch/describe-job-definitions", definitions)], "batch.job-definition", &definition, &fields);
    let queue = here("batch", "job-queue/q");
    let queues = json!({"jobQueues": [{"jobQueueArn": queue, "jobQueueName": "q"}]});
    one(&[("batch/describe-job-queues", queues)], "batch.job-queue", &queue, "q");
}

#[test]
fn services_with_roles() {
    let arn = here("apprunner", "service/web/0123");
    let list =
        json!({"ServiceSummaryList": [{"ServiceArn": arn, "ServiceName": "web", "Status": "RUNNING"}]});
    let get = json!({"Service": {"ServiceArn": arn, "ServiceName": "web", "Status": "RUNNING",
        "InstanceConfiguration": {"InstanceRoleArn": role("r")}}});
    let with_role = |name: &str| format!("{name} role={}", role("r"));
    let name = format!("apprunner/describe-service/{}", arn.replace('/', "%2F").replace(':', "%3A"));
    one(&[("apprunner/list-services", list), (&name, get)], "apprunner.service", &arn, &with_role("web"));

    let agentcore = [
        ("code-interpreter", "code-interpreter-custom/x-1", "codeInterpreterSummaries", "codeInterpreter"),
        ("browser", "browser-custom/x-1", "browserSummaries", "browser"),
    ];
    for (noun, resource, list, prefix) in agentcore {
        let arn = here("bedrock-agentcore", resource);
        let item = json!({format!("{prefix}Id"): "x-1", format!("{prefix}Arn"): arn, "status": "READY"});
        let mut get = item.clone();
        get["executionRoleArn"] = json!(role("r"));
        let files = [
            (format!("bedrock-agentcore-control/list-{noun}s"), json!({list: [item]})),
            (format!("bedrock-agentcore-control/get-{noun}/x-1"), get),
        ];
        let files = files.map(|(path, value)| (path.leak() as &str, value));
        one(&files, &format!("bedrock-agentcore.{noun}"), &arn, &with_role("x-1"));
    }
    let arn = here("bedrock-agentcore", "runtime/x-1");
    let item = json!({"agentRuntimeId": "x-1", "agentRuntimeArn": arn});
    let get = json!({"agentRuntimeId": "x-1", "agentRuntimeArn": arn, "roleArn": role("r")});
    let files = [
        ("bedrock-agentcore-control/list-agent-runtimes", json!({"agentRuntimes": [item]})),
        ("bedrock-agentcore-control/get-agent-runtime/x-1", get),
    ];
    one(&files, "bedrock-agentcore.runtime", &arn, &with_role("x-1"));

    let arn = here("states", "stateMachine:flow");
    let item = json!({"stateMachineArn": arn, "name": "flow"});
    let get = json!({"stateMachineArn": arn, "name": "flow", "roleArn": role("r")});
    let files = [
        ("stepfunctions/list-state-machines", json!({"stateMachines": [item]})),
        ("stepfunctions/describe-state-machine/flow", get),
    ];
    one(&files, "states.state-machine", &arn, &with_role("flow"));

    let arn = here("scheduler", "schedule/default/nightly");
    let list = json!({"Schedules": [{"Arn": arn, "Name": "nightly", "GroupName": "default"}]});
    let get =
        json!({"Arn": arn, "Name": "nightly", "GroupName": "default", "Target": {"RoleArn": role("r")}});
    let files = [("scheduler/list-schedules", list), ("scheduler/get-schedule/nightly", get)];
    one(&files, "scheduler.schedule", &arn, &format!("nightly group=default role={}", role("r")));

    let arn = here("events", "rule/bus/nightly");
    let rules = json!({"Rules": [{"Arn": arn, "Name": "nightly", "RoleArn": role("r")}]});
    one(&[("events/list-rules", rules)], "events.rule", &arn, &with_role("nightly"));

    let arn = here("cognito-identity", "identitypool/us-east-1:0a1b");
    let list = json!({"IdentityPools": [{"IdentityPoolId": "us-east-1:0a1b", "IdentityPoolName": "pool"}]});
    let get = json!({"IdentityPoolId": "us-east-1:0a1b", "Roles": {"authenticated": role("r")}});
    let files = [
        ("cognito-identity/list-identity-pools", list),
        ("cognito-identity/get-identity-pool-roles/us-east-1%3A0a1b", get),
    ];
    one(&files, "cognito-identity.identity-pool", &arn, &with_role("us-east-1:0a1b"));
}

#[test]
fn delivery() {
    let arn = here("codepipeline", "prod");
    let list = ("codepipeline/list-pipelines", json!({"pipelines": [{"name": "prod"}]}));
    let get = json!({"pipeline": {"name": "prod", "roleArn": role("p"), "stages": []}, "metadata": {"pipelineArn": arn}});
    let files = [list, ("codepipeline/get-pipeline/prod", get)];
    one(&files, "codepipeline.pipeline", &arn, &format!("prod role={}", role("p")));

    let arn = here("codedeploy", "deploymentgroup:app/blue");
    let list = json!({"applicationName": "app", "deploymentGroups": ["blue"]});
    let get = json!({"deploymentGroupInfo": {"applicationName": "app", "deploymentGroupName": "blue",
        "serviceRoleArn": role("cd"), "autoScalingGroups": [{"name": "web"}],
        "ec2TagFilters": [{"Key": "env", "Type": "KEY_ONLY"}],
        "ec2TagSet": {"ec2TagSetList": [[{"Key": "app", "Value": "web", "Type": "KEY_AND_VALUE"}]]}}});
    let fields = format!(
        "blue application=app auto-scaling-group=web instance-tag=app=web,aws:autoscaling:groupName=web,env= role={}",
        role("cd")
    );
    for service in ["deploy", "codedeploy"] {
        let paths =
            [format!("{service}/list-deployment-groups/app"), format!("{service}/get-deployment-group/blue")];
        let files = [(paths[0].as_str(), list.clone()), (paths[1].as_str(), get.clone())];
        one(&files, "codedeploy.deployment-group", &arn, &fields);
        one(&files[..1], "codedeploy.deployment-group", &arn, "blue application=app");
    }

    let arn = here("codecommit", "app");
    let list = json!({"repositories": [{"repositoryName": "app", "repositoryId": "0a"}]});
    one(&[("codecommit/list-repositories", list)], "codecommit.repository", &arn, "app");
    let arn = here("ecr", "repository/team/app");
    let list = json!({"repositories": [{"repositoryArn": arn, "repositoryName": "team/app"}]});
    one(&[("ecr/describe-repositories", list)], "ecr.repository", &arn, "team/app");
    let arn = here("codeconnections", "connection/0a1b");
    let list = json!({"Connections": [{"ConnectionArn": arn, "ConnectionName": "github"}]});
    one(&[("codeconnections/list-connections", list)], "codestar-connections.connection", &arn, "github");
    let arn = here("cloudtrail", "trail/main");
    let list = json!({"trailList": [{"TrailARN": arn, "Name": "main"}]});
    one(&[("cloudtrail/describe-trails", list)], "cloudtrail.trail", &arn, "main");
}

#[test]
fn data_that_the_snapshot_knows_by_arn() {
    let key = here("kms", "key/0a1b");
    one(&[("kms/list-keys", json!({"Keys": [{"KeyId": "0a1b", "KeyArn": key}]}))], "kms.key", &key, "0a1b");
    let bucket = "arn:aws:s3:::data";
    one(&[("s3api/list-buckets", json!({"Buckets": [{"Name": "data"}]}))], "s3.bucket", bucket, "data");
    let url = format!("https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/q");
    one(&[("sqs/list-queues", json!({"QueueUrls": [url]}))], "sqs.queue", &here("sqs", "q"), "q");
    one(
        &[("sqs/list-queues", json!({"QueueUrls": [url]})), ("kms/list-keys", json!({"Keys": []}))],
        "sqs.queue",
        &here("sqs", "q"),
        "q",
    );
    let topic = here("sns", "t");
    one(&[("sns/list-topics", json!({"Topics": [{"TopicArn": topic}]}))], "sns.topic", &topic, "t");
    let secret = here("secretsmanager", "secret:team/db-a1b2c3");
    let list = json!({"SecretList": [{"ARN": secret, "Name": "team/db"}]});
    one(&[("secretsmanager/list-secrets", list)], "secretsmanager.secret", &secret, "team/db key= primary=");
    let list = json!({"SecretList": [{"ARN": secret, "Name": "team/db", "KmsKeyId": "alias/team"}]});
    let told = "team/db key=alias/team primary=";
    one(&[("secretsmanager/list-secrets", list)], "secretsmanager.secret", &secret, told);
    let parameter = here("ssm", "parameter/team/url");
    let list = json!({"Parameters": [{"Name": "/team/url"}, {"Name": "plain", "ARN": here("ssm", "parameter/plain")}]});
    let found = things(&[("ssm/describe-parameters", list)], "ssm.parameter");
    assert_eq!(
        found,
        [format!("{} plain key=", here("ssm", "parameter/plain")), format!("{parameter} /team/url key=")]
    );
}

#[test]
fn a_role_is_found_by_its_name() {
    let gaad = json!({"UserDetailList": [], "GroupDetailList": [], "Policies": [], "RoleDetailList": [{
        "Path": "/service-role/", "RoleName": "etl", "RoleId": "AROAEXAMPLE", "Arn": role("service-role/etl"),
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}, "RolePolicyList": [],
        "AttachedManagedPolicies": [], "InstanceProfileList": [{"Arn": profile("emr/hosts")}]}]});
    let files = [
        ("iam/get-account-authorization-details", gaad),
        (
            "glue/get-jobs",
            json!({"Jobs": [{"Name": "a", "Role": "etl"}, {"Name": "b", "Role": "service-role/etl"}]}),
        ),
        (
            "emr/describe-cluster/j-1",
            json!({"Cluster": {"Id": "j-1", "ClusterArn": here("elasticmapreduce", "cluster/j-1"),
            "Ec2InstanceAttributes": {"IamInstanceProfile": "hosts"}}}),
        ),
    ];
    let snapshot = load(&files);
    let jobs = snapshot.inventory().of_kind("glue.job");
    assert!(
        jobs.len() == 2 && jobs.iter().all(|job| *job.field("role")[0] == *role("service-role/etl")),
        "{jobs:?}"
    );
    let clusters = snapshot.inventory().of_kind("emr.cluster");
    assert_eq!(*clusters[0].field("profile")[0], *profile("emr/hosts"));
}

#[test]
fn regions_and_pages_are_read_together() {
    let function = |name: &str| json!({"FunctionName": name, "FunctionArn": here("lambda", &format!("function:{name}")), "Role": role("r")});
    let files = [
        ("lambda/list-functions.1", json!({"Functions": [function("b")], "NextToken": "x"})),
        ("lambda/list-functions.2", json!({"Functions": [function("a")]})),
        ("ecs/list-tasks.1", json!({"taskArns": [here("ecs", "task/web/1")], "nextToken": "x"})),
        ("ecs/list-tasks.2", json!({"taskArns": [here("ecs", "task/web/2")]})),
    ];
    assert_eq!(things(&files, "lambda.function").len(), 2);
    assert_eq!(things(&files, "ecs.task").len(), 2);
}

#[test]
fn a_page_that_promises_another_leaves_the_kind_unread() {
    for token in ["nextToken", "NextToken", "NextMarker", "Marker"] {
        let snapshot =
            load(&[("ecs/list-tasks", json!({"taskArns": [here("ecs", "task/web/1")], token: "x"}))]);
        let inventory = snapshot.inventory();
        assert_eq!(inventory.of_kind("ecs.task").len(), 1);
        assert_eq!(inventory.problems().len(), 1);
        let unread = inventory.unread("ecs.task", ACCOUNT);
        assert!(unread.len() == 1 && unread[0].found.contains("promises another"), "{unread:?}");
        assert_eq!(inventory.unread("ecs.task", "444455556666"), []);
        assert_eq!(inventory.unread("ecs.cluster", ACCOUNT), []);
    }
}

#[test]
fn what_was_not_collected_names_the_commands() {
    let snapshot = load(&[(
        "lambda/get-function/x",
        json!({"Configuration": {"FunctionArn": here("lambda", "function:x")}}),
    )]);
    let inventory = snapshot.inventory();
    // One function that was asked for is no list of them.
    assert_eq!(inventory.of_kind("lambda.function").len(), 1);
    let commands = inventory.not_collected("lambda.function", ACCOUNT).unwrap();
    assert_eq!(commands[..2], ["aws lambda list-functions", "aws lambda get-function --function-name NAME"]);
    assert_eq!(inventory.not_collected("s3.bucket", ACCOUNT).unwrap(), ["aws s3api list-buckets"]);
    assert!(inventory.not_collected("lambda.function", "444455556666").is_some());
    assert_eq!(inventory.not_collected("no.kind", ACCOUNT), None);
}

/// Without clusters there is nothing to list of each.
#[test]
fn where_there_are_no_clusters_there_is_nothing_within_them() {
    let clusters = |some: Value| load(&[("ecs/list-clusters", json!({"clusterArns": some}))]);
    let (none, one) = (clusters(json!([])), clusters(json!([here("ecs", "cluster/main")])));
    let refused = json!([{"account": ACCOUNT, "region": "us-east-1", "service": "ecs", "operation": "list-clusters",
        "name": null, "error": "AccessDeniedException"}]);
    let other = [("kms/list-keys", json!({"Keys": []}))];
    let (refused, nothing) = (load_with(&other, &refused), load(&other));
    for kind in ["ecs.service", "ecs.task", "ecs.container-instance"] {
        let commands = |snapshot: &Snapshot| snapshot.inventory().not_collected(kind, ACCOUNT).is_some();
        assert_eq!([&none, &one, &refused, &nothing].map(commands), [false, true, true, true], "{kind}");
    }
}

#[test]
fn what_was_refused_is_unread_and_what_is_absent_is_not() {
    let error = |operation: &str, name: Value, error: &str| json!({"account": ACCOUNT, "region": "us-east-1", "service": "ecs", "operation": operation, "name": name, "error": error});
    let errors = json!([
        error("list-clusters", Value::Null, "AccessDenied"),
        error("list-tasks", json!("web"), "ClusterNotFoundException")
    ]);
    let snapshot = load_with(&[("kms/list-keys", json!({"Keys": []}))], &errors);
    let inventory = snapshot.inventory();
    assert_eq!(inventory.not_collected("ecs.cluster", ACCOUNT), None);
    let unread = inventory.unread("ecs.cluster", ACCOUNT);
    assert!(
        unread.len() == 1 && unread[0].pointer == "/0" && *unread[0].file == *"errors.json",
        "{unread:?}"
    );
    assert_eq!(inventory.not_collected("ecs.task", ACCOUNT), None);
    assert_eq!(inventory.unread("ecs.task", ACCOUNT), []);
}

#[test]
fn a_field_that_no_file_tells_of_differs_from_an_empty_one() {
    let list = ("codebuild/list-projects", json!({"projects": ["a", "b"]}));
    let get =
        json!({"projects": [{"name": "a", "arn": here("codebuild", "project/a"), "serviceRole": null}]});
    let snapshot = load(&[list, ("codebuild/batch-get-projects/a", get)]);
    let projects = snapshot.inventory().of_kind("codebuild.project");
    let told: Vec<bool> = projects.iter().map(|p| p.tells("role")).collect();
    assert_eq!(told, [true, false]);
    assert!(projects.iter().all(|p| p.field("role").is_empty() && p.tells("arn")));
}

/// The pointers of what is wrong, and the names of what is left of a kind.
fn faults(path: &str, output: Value, kind: &str) -> (Vec<String>, Vec<String>) {
    let snapshot = load(&[(path, output)]);
    let inventory = snapshot.inventory();
    let pointers = inventory.unread(kind, ACCOUNT).iter().map(|p| p.pointer.clone()).collect();
    (pointers, inventory.of_kind(kind).iter().map(shown).collect())
}

#[test]
fn a_wrong_type_is_a_problem_and_the_rest_is_read() {
    let good = json!({"FunctionName": "a", "FunctionArn": here("lambda", "function:a"), "Role": role("a")});
    let odd_role = json!({"FunctionName": "b", "FunctionArn": here("lambda", "function:b"), "Role": ["x"]});
    let nameless = json!({"Role": role("c")});
    let foreign =
        json!({"FunctionName": "d", "FunctionArn": "arn:aws:iam::111122223333:role/d", "Role": role("d")});
    let text = json!("function");
    let odd_arn = json!({"FunctionName": "e", "FunctionArn": 5});
    let output = json!({"Functions": [good, odd_role, nameless, foreign, text, odd_arn]});
    let (pointers, left) = faults("lambda/list-functions", output, "lambda.function");
    let places =
        ["/Functions/1/Role", "/Functions/2", "/Functions/3", "/Functions/4", "/Functions/4", "/Functions/5"];
    assert_eq!(pointers, places);
    assert_eq!(left, [format!("a role={}", role("a")), "b".to_owned()]);
}

#[test]
fn outputs_of_another_shape_are_problems() {
    let shapes = [
        (json!([]), ""),
        (json!({"Jobs": "none"}), "/Jobs"),
        (json!({"Jobs": [{"Name": "a", "Role": {"x": 1}}]}), "/Jobs/0/Role"),
        (json!({"Jobs": [7]}), "/Jobs/0"),
    ];
    for (output, pointer) in shapes {
        let (pointers, _) = faults("glue/get-jobs", output.clone(), "glue.job");
        assert!(!pointers.is_empty() && pointers.iter().all(|p| p == pointer), "{output}: {pointers:?}");
    }
    // Calls that list nothing may leave out the list; a call about one thing tells of it.
    assert_eq!(faults("glue/get-jobs", json!({}), "glue.job"), (vec![], vec![]));
    assert_eq!(faults("glue/get-job/a", json!({}), "glue.job").0, [""]);
    // Calls whose region is not known make no ARNs.
    let (pointers, left) = faults("../global/glue/list-jobs", json!({"JobNames": ["a"]}), "glue.job");
    assert_eq!((pointers, left), (vec!["/JobNames/0".to_owned()], vec![]));
}

#[test]
fn a_broken_file_is_told_of_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(format!("accounts/{ACCOUNT}/us-east-1/lambda/list-functions.json"));
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, "{\"Functions\": [").unwrap();
    let snapshot = Snapshot::load(folder.path(), &LoadOptions::default()).unwrap();
    assert_eq!(snapshot.inventory().unread("lambda.function", ACCOUNT).len(), 1);
    assert_eq!(snapshot.problems().len(), 1);
    assert_eq!(snapshot.inventory().problems(), []);
}

#[test]
fn the_example_organization_is_read_without_a_problem() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/snapshots");
    let expected = [("acme", ACME), ("acme-fixed", ACME_FIXED)];
    for (name, expected) in expected {
        let snapshot = Snapshot::load(&root.join(name), &LoadOptions::default()).unwrap();
        let inventory = snapshot.inventory();
        assert_eq!(inventory.problems(), [], "{name}");
        let counts = Inventory::kinds().map(|kind| (kind.name.as_str(), inventory.of_kind(&kind.name).len()));
        assert_eq!(counts.filter(|(_, count)| *count > 0).collect::<Vec<_>>(), expected, "{name}");
        let projects = inventory.of_kind("codebuild.project");
        assert!(projects.iter().all(|project| project.field("role").len() == 1), "{projects:?}");
    }
}

/// Kinds with how many objects of them the example organization has.
const ACME: &[(&str, usize)] = &[
    ("cloudformation.stack", 3),
    ("cloudtrail.trail", 1),
    ("codebuild.project", 3),
    ("codecommit.repository", 1),
    ("codepipeline.pipeline", 3),
    ("codestar-connections.connection", 1),
    ("ecr.repository", 1),
    ("ecs.cluster", 1),
    ("ecs.service", 1),
    ("ecs.task-definition", 1),
    ("events.rule", 4),
    ("kms.key", 2),
    ("lambda.function", 1),
    ("s3.bucket", 9),
    ("secretsmanager.secret", 5),
    ("sns.topic", 1),
    ("sqs.queue", 2),
];
const ACME_FIXED: &[(&str, usize)] = &[
    ("cloudformation.stack", 3),
    ("cloudtrail.trail", 1),
    ("codebuild.project", 3),
    ("codecommit.repository", 1),
    ("codepipeline.pipeline", 3),
    ("codestar-connections.connection", 1),
    ("ecr.repository", 2),
    ("ecs.cluster", 1),
    ("ecs.service", 1),
    ("ecs.task-definition", 1),
    ("events.rule", 4),
    ("kms.key", 2),
    ("lambda.function", 1),
    ("s3.bucket", 8),
    ("secretsmanager.secret", 5),
    ("sns.topic", 1),
    ("sqs.queue", 2),
];
