//! Functions, projects, instances, stacks, tasks and pipelines that run with the account's roles: some three for ten roles.

use super::details::{Details, read};
use super::trust::profile_arn;
use crate::account::Surroundings;
use crate::random::Random;
use crate::statements::team;
use serde_json::{Value, json};
use std::io;

const REGION: &str = "us-east-1";
const CLUSTER: &str = "main";

/// How many of each kind there are for a hundred roles. The functions come on top of those with resource policies.
const FUNCTIONS: usize = 10;
const PROJECTS: usize = 5;
const INSTANCES: usize = 4;
const STACKS: usize = 4;
const TASKS: usize = 4;
const PIPELINES: usize = 2;

/// What runs in one account.
#[derive(Default)]
pub(super) struct Compute {
    pub functions: Vec<Value>,
    pub projects: Vec<Value>,
    pub stacks: Vec<Value>,
    instances: Vec<Value>,
    tasks: Vec<Task>,
    pipelines: Vec<(String, Value)>,
}

/// A task definition, and whether a service runs it.
struct Task {
    family: String,
    role: String,
    served: bool,
}

impl Compute {
    /// As many objects as the account's roles ask for, each with a role that trusts its service.
    pub fn of(details: &Details<'_>, random: &mut Random) -> Self {
        let account = details.around.account;
        let roles = details.list("RoleDetailList").len();
        let mut chosen = |service: &str, for_hundred: usize| -> Vec<(String, String)> {
            let trusting = details.roles_of(service);
            let count = if trusting.is_empty() { 0 } else { (for_hundred * roles).div_ceil(100) };
            let named = (0..count).map(|number| {
                let role = random.pick(&trusting).unwrap_or_default().to_owned();
                (format!("{}-{}-{number:03}", team(random), kind(service)), role)
            });
            named.collect()
        };
        let functions = chosen("lambda.amazonaws.com", FUNCTIONS);
        let projects = chosen("codebuild.amazonaws.com", PROJECTS);
        let instances = chosen("ec2.amazonaws.com", INSTANCES);
        let stacks = chosen("cloudformation.amazonaws.com", STACKS);
        let tasks = chosen("ecs-tasks.amazonaws.com", TASKS);
        let pipelines = chosen("codepipeline.amazonaws.com", PIPELINES);
        let numbered = instances.into_iter().enumerate();
        let of_tasks = tasks.into_iter().enumerate();
        Self {
            functions: functions.iter().map(|(name, role)| function(account, name, role)).collect(),
            projects: projects.iter().map(|(name, role)| project(account, name, role)).collect(),
            stacks: stacks.iter().map(|(name, role)| stack(account, name, role)).collect(),
            instances: numbered.map(|(n, (name, role))| instance(account, n, &name, &role)).collect(),
            tasks: of_tasks.map(|(n, (family, role))| Task { family, role, served: n % 4 != 3 }).collect(),
            pipelines: pipelines.into_iter().map(|(name, role)| pipeline(account, &name, &role)).collect(),
        }
    }

    pub fn add(&mut self, other: Self) {
        self.functions.extend(other.functions);
        self.projects.extend(other.projects);
        self.stacks.extend(other.stacks);
    }

    pub fn write(self, around: Surroundings<'_>) -> io::Result<()> {
        let put = |call: &str, value: &Value| around.write(&format!("{REGION}/{call}"), value);
        let mut functions = read(around, &format!("{REGION}/lambda/list-functions"))?;
        if let Some(listed) = functions.get_mut("Functions").and_then(Value::as_array_mut) {
            listed.extend(self.functions);
        }
        put("lambda/list-functions", &functions)?;
        let names: Vec<&Value> = self.projects.iter().filter_map(|project| project.get("name")).collect();
        put("codebuild/list-projects", &json!({"projects": names}))?;
        put("codebuild/batch-get-projects", &json!({"projects": self.projects, "projectsNotFound": []}))?;
        put("cloudformation/describe-stacks", &json!({"Stacks": self.stacks}))?;
        let reservations: Vec<Value> = self.instances.iter().map(|i| json!({"Instances": [i]})).collect();
        put("ec2/describe-instances", &json!({"Reservations": reservations}))?;
        let names: Vec<Value> = self.pipelines.iter().map(|(name, _)| json!({"name": name})).collect();
        put("codepipeline/list-pipelines", &json!({"pipelines": names}))?;
        for (name, pipeline) in &self.pipelines {
            put(&format!("codepipeline/get-pipeline/{name}"), pipeline)?;
        }
        write_tasks(around.account, &self.tasks, &put)
    }
}

fn write_tasks(
    account: &str,
    tasks: &[Task],
    put: &dyn Fn(&str, &Value) -> io::Result<()>,
) -> io::Result<()> {
    let arn = |rest: &str| format!("arn:aws:ecs:{REGION}:{account}:{rest}");
    let cluster = arn(&format!("cluster/{CLUSTER}"));
    let (mut definitions, mut names, mut services) = (Vec::new(), Vec::new(), Vec::new());
    for Task { family, role, served } in tasks {
        let definition = arn(&format!("task-definition/{family}:1"));
        let described = json!({"taskDefinitionArn": definition, "family": family, "revision": 1, "status": "ACTIVE",
            "taskRoleArn": role, "containerDefinitions": [{"name": "main", "image": "example"}]});
        put(&format!("ecs/describe-task-definition/{family}"), &json!({"taskDefinition": described}))?;
        if *served {
            let service = arn(&format!("service/{CLUSTER}/{family}"));
            services.push(json!({"serviceArn": service, "serviceName": family, "clusterArn": cluster, "status": "ACTIVE",
                "taskDefinition": definition, "enableExecuteCommand": false}));
            names.push(service);
        }
        definitions.push(definition);
    }
    put("ecs/list-task-definitions", &json!({"taskDefinitionArns": definitions}))?;
    put("ecs/list-clusters", &json!({"clusterArns": [cluster]}))?;
    put(
        "ecs/describe-clusters",
        &json!({"clusters": [{"clusterArn": cluster, "clusterName": CLUSTER, "status": "ACTIVE"}]}),
    )?;
    put(&format!("ecs/list-services/{CLUSTER}"), &json!({"serviceArns": names}))?;
    put(&format!("ecs/describe-services/{CLUSTER}"), &json!({"services": services, "failures": []}))?;
    put(&format!("ecs/list-tasks/{CLUSTER}"), &json!({"taskArns": []}))?;
    put(&format!("ecs/list-container-instances/{CLUSTER}"), &json!({"containerInstanceArns": []}))
}

/// A word for the names of what runs.
fn kind(service: &str) -> &str {
    service.split('.').next().unwrap_or_default()
}

/// A function as `list-functions` prints it.
pub(super) fn function(account: &str, name: &str, role: &str) -> Value {
    json!({"FunctionName": name, "FunctionArn": format!("arn:aws:lambda:{REGION}:{account}:function:{name}"), "Role": role})
}

/// A project as `batch-get-projects` prints it.
pub(super) fn project(account: &str, name: &str, role: &str) -> Value {
    json!({"name": name, "arn": format!("arn:aws:codebuild:{REGION}:{account}:project/{name}"), "serviceRole": role,
           "source": {"type": "CODEPIPELINE", "buildspec": "buildspec.yml"}})
}

/// A stack as `describe-stacks` prints it.
pub(super) fn stack(account: &str, name: &str, role: &str) -> Value {
    let id = format!(
        "arn:aws:cloudformation:{REGION}:{account}:stack/{name}/00000000-1111-2222-3333-444444444444"
    );
    json!({"StackId": id, "StackName": name, "StackStatus": "UPDATE_COMPLETE", "RoleARN": role})
}

fn instance(account: &str, number: usize, name: &str, role: &str) -> Value {
    let profile = profile_arn(account, role.rsplit('/').next().unwrap_or_default());
    json!({"InstanceId": format!("i-{number:017x}"), "State": {"Code": 16, "Name": "running"},
           "IamInstanceProfile": {"Arn": profile, "Id": "AIPA"}, "Tags": [{"Key": "Name", "Value": name}]})
}

/// A name, and what `get-pipeline` prints.
fn pipeline(account: &str, name: &str, role: &str) -> (String, Value) {
    let source = json!({"name": "Source", "actions": [{"name": "Source",
        "actionTypeId": {"category": "Source", "owner": "AWS", "provider": "S3", "version": "1"}}]});
    let described = json!({"name": name, "roleArn": role, "version": 1, "stages": [source]});
    let metadata = json!({"pipelineArn": format!("arn:aws:codepipeline:{REGION}:{account}:{name}")});
    (name.to_owned(), json!({"pipeline": described, "metadata": metadata}))
}
