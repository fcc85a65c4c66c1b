//! What an action runs, and with which roles.
//!
//! CodePipeline User Guide, "Action structure reference": what each provider is configured with. The role that runs what the input artifacts
//! hold is seldom the one that calls the provider.

use super::{Action, Pipeline};
use crate::inventory::{Inventory, Thing};
use crate::snapshot::Snapshot;
use crate::untold::Untold;
use serde::Serialize;
use std::sync::Arc;

/// What an action runs.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Runs {
    /// The project, stack, function, service that does it.
    pub by: Option<Ran>,
    /// The roles with which it runs what the input artifacts hold.
    pub roles: Vec<Arc<str>>,
    /// What the snapshot doesn't tell of it.
    #[serde(skip)]
    pub untold: Vec<Untold>,
}

/// What does an action's work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ran {
    /// Its kind, such as `codebuild.project`.
    pub kind: &'static str,
    /// Its ARN, or its name where no file tells more.
    pub name: Arc<str>,
    /// The account that it is in.
    pub account: Arc<str>,
}

/// How a provider's object is named in an action's configuration, and which of its fields name roles.
struct Provider {
    names: &'static [&'static str],
    kind: &'static str,
    key: &'static str,
    roles: &'static [&'static str],
}

/// Providers that run what they are given with roles of their own.
const PROVIDERS: [Provider; 4] = [
    Provider { names: &["CodeBuild"], kind: "codebuild.project", key: "ProjectName", roles: &["role"] },
    Provider { names: &["Lambda"], kind: "lambda.function", key: "FunctionName", roles: &["role"] },
    Provider {
        names: &["StepFunctions"],
        kind: "states.state-machine",
        key: "StateMachineArn",
        roles: &["role"],
    },
    Provider {
        names: &["CodeDeploy", "CodeDeployToECS"],
        kind: "codedeploy.deployment-group",
        key: "DeploymentGroupName",
        roles: &["role"],
    },
];

/// Providers that run what they are given on machines of CodePipeline's, with the role that calls them.
///
/// CodePipeline User Guide, "Commands action reference", "ECRBuildAndPublish …", "InspectorScan …": permissions of the service role.
const ON_OWN_COMPUTE: [&str; 3] = ["Commands", "ECRBuildAndPublish", "InspectorScan"];

/// Providers that run nothing of what they are given: files are copied.
const COPIES: [&str; 1] = ["S3"];

pub(super) const STACKS: [&str; 3] =
    ["CloudFormation", "CloudFormationStackSet", "CloudFormationStackInstances"];

/// Where an action's provider is called.
struct Place<'a> {
    inventory: &'a Inventory,
    account: &'a str,
    region: &'a str,
}

impl Runs {
    /// What an action of a pipeline runs.
    pub fn of(snapshot: &Snapshot, pipeline: &Pipeline, action: &Action) -> Self {
        Self::among(snapshot.inventory(), pipeline, action)
    }

    /// The same by the objects of an inventory.
    pub(super) fn among(inventory: &Inventory, pipeline: &Pipeline, action: &Action) -> Self {
        let (caller, account) = (pipeline.caller_of(action), pipeline.account_of(action));
        let region = action.region.as_deref().unwrap_or(&pipeline.region);
        let place = Place { inventory, account, region };
        let provider = action.action_type_id.provider.as_str();
        match action.action_type_id.category.as_str() {
            "Source" | "Approval" => Self::default(),
            _ if action.action_type_id.owner != "AWS" => Self::unknown(format!(
                "which credentials the workers of {provider} have, who run {} of {}",
                action.name,
                pipeline.name()
            )),
            _ if ON_OWN_COMPUTE.contains(&provider) => Self { roles: vec![caller.into()], ..Self::default() },
            _ if COPIES.contains(&provider) => Self::default(),
            _ if STACKS.contains(&provider) => place.stack(action),
            _ if provider == "ECS" => place.service(action),
            _ => match PROVIDERS.iter().find(|known| known.names.contains(&provider)) {
                Some(known) => place.object(action, known),
                None => Self::unknown(format!(
                    "with which role {provider} runs {} of {}",
                    action.name,
                    pipeline.name()
                )),
            },
        }
    }

    fn unknown(what: String) -> Self {
        Self { untold: vec![Untold { what, command: None }], ..Self::default() }
    }
}

impl<'a> Place<'a> {
    /// The object of a kind by its name or ARN; a function may be named with a version.
    fn find(&self, kind: &str, name: &str) -> Option<&'a Thing> {
        let things = self.inventory.of_kind(kind).iter();
        let here = |thing: &&Thing| {
            *thing.account == *self.account
                && thing.region.as_deref().is_none_or(|region| region == self.region)
        };
        let is_it = |thing: &&Thing| {
            *thing.arn == *name
                || here(thing) && (*thing.name == *name || name.split(':').next() == Some(&*thing.name))
        };
        things.filter(is_it).min_by_key(|thing| !here(thing))
    }

    fn ran(&self, kind: &'static str, name: &str, found: Option<&Thing>) -> Option<Ran> {
        let account: Arc<str> = found.map_or(self.account, |thing| &thing.account).into();
        Some(Ran { kind, name: found.map_or_else(|| name.into(), |thing| thing.arn.clone()), account })
    }

    /// What isn't told of an object.
    fn untold(&self, kind: &str, name: &str, what: &str) -> Untold {
        let commands = Inventory::kind(kind).map(|kind| kind.commands.as_slice()).unwrap_or_default();
        let command =
            commands.last().map(|command| format!("{command} (account {}, {})", self.account, self.region));
        Untold { what: format!("{what} {name} in account {} ({})", self.account, self.region), command }
    }

    fn object(&self, action: &Action, provider: &Provider) -> Runs {
        let Some(name) = action.configuration.get(provider.key) else {
            return Runs::unknown(format!("{} of action {}", provider.key, action.name));
        };
        let found = self.find(provider.kind, name);
        let mut runs = Runs { by: self.ran(provider.kind, name, found), ..Runs::default() };
        runs.take_roles(self, found, provider.kind, name, provider.roles);
        runs
    }

    /// The role of a stack: what the action names, or else what the stack has already.
    ///
    /// CodePipeline User Guide, "AWS CloudFormation deploy action reference", `RoleArn`.
    fn stack(&self, action: &Action) -> Runs {
        let name = ["StackName", "StackSetName"].iter().find_map(|key| action.configuration.get(*key));
        let kind = if action.configuration.contains_key("StackSetName") {
            "cloudformation.stack-set"
        } else {
            "cloudformation.stack"
        };
        let found = name.and_then(|name| self.find(kind, name));
        let by = name.and_then(|name| self.ran(kind, name, found));
        let named =
            ["RoleArn", "AdministrationRoleArn"].iter().find_map(|key| action.configuration.get(*key));
        let mut runs = Runs { by, ..Runs::default() };
        match (named, name) {
            (Some(role), _) => runs.roles.push(role.as_str().into()),
            (None, Some(name)) => runs.take_roles(self, found, kind, name, &["role"]),
            (None, None) => {
                runs.untold.push(Untold { what: format!("the stack of {}", action.name), command: None })
            }
        }
        runs
    }

    /// The roles of a service's task definition.
    fn service(&self, action: &Action) -> Runs {
        const KIND: &str = "ecs.service";
        let named = |key: &str| action.configuration.get(key).map(String::as_str).unwrap_or_default();
        let (cluster, name) = (named("ClusterName"), named("ServiceName"));
        let suffix = format!("/{cluster}/{name}");
        let services = self.inventory.of_kind(KIND).iter();
        let found = services.filter(|s| *s.account == *self.account).find(|s| s.arn.ends_with(&suffix));
        let mut runs = Runs { by: self.ran(KIND, &format!("{cluster}/{name}"), found), ..Runs::default() };
        let definitions: Vec<&Arc<str>> = found.iter().flat_map(|s| s.field("task-definition")).collect();
        if definitions.is_empty() {
            runs.untold.push(self.untold(KIND, name, "the task definition of service"));
        }
        for definition in definitions {
            let known = self.inventory.find("ecs.task-definition", definition);
            runs.take_roles(self, known, "ecs.task-definition", definition, &["role", "execution-role"]);
        }
        runs
    }
}

impl Runs {
    fn take_roles(
        &mut self,
        place: &Place<'_>,
        found: Option<&Thing>,
        kind: &str,
        name: &str,
        fields: &[&str],
    ) {
        let told = found.is_some_and(|thing| fields.iter().any(|field| thing.tells(field)));
        if !told {
            let what = kind.split('.').next_back().unwrap_or_default().replace('-', " ");
            self.untold.push(place.untold(kind, name, &format!("the role of {what}")));
            return;
        }
        for role in found.iter().flat_map(|thing| fields.iter().flat_map(|field| thing.field(field))) {
            if !self.roles.contains(role) {
                self.roles.push(role.clone());
            }
        }
    }
}
