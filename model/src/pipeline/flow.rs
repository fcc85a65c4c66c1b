//! What flows through pipelines: from sources over artifacts to the roles that run what they hold; and the gates on the way.
//!
//! What attack steps are about is told here as objects of the inventory, by the structure of the pipelines alone:
//!
//! | kind | ARN | fields |
//! |---|---|---|
//! | `codepipeline.action`: executes what its input artifacts hold | `PIPELINE/STAGE/ACTION` | `pipeline`; `role`, with which it runs; `mode`, `code` or `api`; `gates` before it; `later-gates`, after it has read its artifacts |
//! | `codepipeline.gate`: a manual approval | the same | `pipeline`, `stage` |
//! | `codepipeline.source` | the same | `pipeline`; `repository`, `ref`, `object` or `image`, which it reads; `any`, of which an execution may be told to ship any content; `action`s that execute what comes of it |
//! | `codepipeline.store`: a folder of artifacts | `BUCKET/FOLDER` | see [`super::stores`] |
//!
//! CodePipeline User Guide, "Pipeline structure reference": stages follow each other, and so do the actions of a stage by
//! `runOrder`; an action's input artifacts are output artifacts of earlier ones.

use super::runs::{Runs, STACKS};
use super::stores::Stores;
use super::{Action, Pipeline, Unread};
use crate::inventory::{Inventory, Thing};
use crate::problem::Problem;
use crate::snapshot::Snapshot;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(super) const ACTION: &str = "codepipeline.action";
const GATE: &str = "codepipeline.gate";
const SOURCE: &str = "codepipeline.source";
pub(super) const STORE: &str = "codepipeline.store";

/// The kinds of object that pipelines are told by.
pub(crate) const KINDS: [&str; 4] = [ACTION, GATE, SOURCE, STORE];

/// The role that administers a stack set which names none.
///
/// CloudFormation User Guide, "Grant self-managed permissions".
const STACK_SET_ADMINISTRATION: &str = "AWSCloudFormationStackSetAdministrationRole";

/// Adds the objects that pipelines are told by.
pub(crate) fn add_flow(snapshot: &Snapshot, inventory: &mut Inventory) {
    let pipelines = snapshot.pipelines();
    let mut flow = Flow::default();
    for pipeline in &pipelines.all {
        Course::of(snapshot, inventory, pipeline).tell(&mut flow);
    }
    let Flow { actions, gates, sources, stores } = flow;
    for (kind, things) in [(ACTION, actions), (GATE, gates), (SOURCE, sources), (STORE, stores.into_things())]
    {
        inventory.add(kind, things);
        for unread in &pipelines.unread {
            inventory.add_unread(kind, &unread.account, problem_of(unread));
        }
    }
}

/// Objects of pipelines.
#[derive(Default)]
struct Flow {
    actions: Vec<Thing>,
    gates: Vec<Thing>,
    sources: Vec<Thing>,
    stores: Stores,
}

fn problem_of(unread: &Unread) -> Problem {
    let what = unread.name().map_or("the pipelines".to_owned(), |name| format!("the pipeline {name}"));
    let why = unread.problem.as_ref().map(|problem| format!(", {}", problem.found)).unwrap_or_default();
    Problem {
        file: unread
            .problem
            .as_ref()
            .map_or_else(|| format!("accounts/{}", unread.account).into(), |problem| problem.file.clone()),
        pointer: String::new(),
        found: format!("{what} of account {}{why} (to supply it: {})", unread.account, unread.command),
        expected: "the structure of a pipeline".to_owned(),
        warning: false,
    }
}

/// An action in its place.
#[derive(Clone, Copy)]
pub(super) struct Placed<'p> {
    stage: &'p str,
    /// The stage's place, and the action's in it.
    order: (usize, u32),
    pub(super) action: &'p Action,
}

/// The actions of a pipeline.
pub(super) struct Course<'p> {
    snapshot: &'p Snapshot,
    inventory: &'p Inventory,
    pub(super) pipeline: &'p Pipeline,
    all: Vec<Placed<'p>>,
}

/// Where an action's work is done, and by what it was told what to do.
struct Executed<'p> {
    /// What takes the artifacts.
    reads: Placed<'p>,
    /// What does the work; another one for change sets only.
    executes: Placed<'p>,
}

impl<'p> Course<'p> {
    fn of(snapshot: &'p Snapshot, inventory: &'p Inventory, pipeline: &'p Pipeline) -> Self {
        let mut all = Vec::new();
        for (place, stage) in pipeline.declaration.stages.iter().enumerate() {
            let placed =
                |action: &'p Action| Placed { stage: &stage.name, order: (place, action.run_order), action };
            all.extend(stage.actions.iter().map(placed));
        }
        Self { snapshot, inventory, pipeline, all }
    }

    fn tell(&self, flow: &mut Flow) {
        let mut readers: BTreeMap<(usize, u32, &str), Vec<Arc<str>>> = BTreeMap::new();
        for executed in self.executed() {
            let things = self.actions_of(&executed);
            let arns: Vec<Arc<str>> = things.iter().map(|thing| thing.arn.clone()).collect();
            flow.actions.extend(things);
            if arns.is_empty() {
                continue;
            }
            for source in self.sources_of(executed.reads) {
                let key = (source.order.0, source.order.1, source.action.name.as_str());
                readers.entry(key).or_default().extend(arns.iter().cloned());
            }
            flow.stores.add(self.snapshot, self, executed.reads, &arns);
        }
        for placed in &self.all {
            if placed.action.is_gate() {
                let mut gate = self.thing(GATE, self.arn_of(*placed));
                gate.fields.insert("stage".to_owned(), vec![placed.stage.into()]);
                flow.gates.push(gate);
            }
            let key = (placed.order.0, placed.order.1, placed.action.name.as_str());
            if let Some(readers) = readers.remove(&key) {
                flow.sources.push(self.source(*placed, readers));
            }
        }
    }

    /// The actions that execute something of their input artifacts.
    fn executed(&self) -> Vec<Executed<'p>> {
        let mut found = Vec::new();
        for reads in self.all.iter().filter(|p| !p.action.is_source() && !p.action.is_gate()) {
            if reads.action.input_artifacts.is_empty() {
                continue;
            }
            found.push(Executed { reads: *reads, executes: self.executes(*reads) });
        }
        found
    }

    /// The action that does the work: a change set is made by one and executed by a later one, if one of the pipeline does so.
    ///
    /// CodePipeline User Guide, "AWS CloudFormation deploy action reference", `ActionMode`.
    fn executes(&self, reads: Placed<'p>) -> Placed<'p> {
        let named = |placed: &Placed<'p>, key: &str| placed.action.configuration.get(key).map(String::as_str);
        if named(&reads, "ActionMode") != Some("CHANGE_SET_REPLACE") {
            return reads;
        }
        let place = |placed: &Placed<'p>| {
            (self.pipeline.account_of(placed.action), self.pipeline.region_of(placed.action))
        };
        let same = |placed: &&Placed<'p>| {
            named(placed, "ActionMode") == Some("CHANGE_SET_EXECUTE")
                && placed.order > reads.order
                && ["StackName", "ChangeSetName"].iter().all(|key| named(placed, key) == named(&reads, key))
                && place(placed) == place(&reads)
        };
        self.all.iter().filter(same).min_by_key(|placed| placed.order).copied().unwrap_or(reads)
    }

    /// What tells of an action that executes something: with the roles that are known, and with what isn't told.
    fn actions_of(&self, executed: &Executed<'p>) -> Vec<Thing> {
        let (roles, told) = self.roles_of(executed.reads.action);
        let (reads, executes) = (executed.reads, executed.executes);
        let gates = self.all.iter().filter(|p| p.action.is_gate() && p.order < executes.order);
        let (earlier, later): (Vec<_>, Vec<_>) = gates.partition(|gate| gate.order <= reads.order);
        let arns = |gates: &[&Placed<'p>]| gates.iter().map(|g| self.arn_of(**g)).collect::<Vec<_>>();
        let later = arns(&later);
        let all: Vec<Arc<str>> = arns(&earlier).into_iter().chain(later.iter().cloned()).collect();
        let arn = self.arn_of(executes);
        let thing = |arn: Arc<str>| {
            let mut thing = self.thing(ACTION, arn);
            thing.fields.insert("mode".to_owned(), vec![mode_of(reads.action).into()]);
            thing.fields.insert("gates".to_owned(), all.clone());
            thing.fields.insert("later-gates".to_owned(), later.clone());
            thing
        };
        let mut things = Vec::new();
        if !roles.is_empty() {
            let mut known = thing(arn.clone());
            known.fields.insert("role".to_owned(), roles.clone());
            things.push(known);
        }
        if !told {
            let rest = if roles.is_empty() { arn } else { format!("{arn} (what else it runs with)").into() };
            things.push(thing(rest));
        }
        things
    }

    /// The sources that an action's input artifacts come from, through however many actions.
    fn sources_of(&self, placed: Placed<'p>) -> Vec<Placed<'p>> {
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let mut sources = Vec::new();
        let mut waiting: Vec<&str> =
            placed.action.input_artifacts.iter().map(|artifact| artifact.name.as_str()).collect();
        while let Some(artifact) = waiting.pop() {
            if !seen.insert(artifact) {
                continue;
            }
            for made_by in self.makers_of(artifact) {
                match made_by.action.is_source() {
                    true => sources.push(made_by),
                    false => waiting.extend(made_by.action.input_artifacts.iter().map(|a| a.name.as_str())),
                }
            }
        }
        sources
    }

    /// The actions that make an artifact.
    pub(super) fn makers_of(&self, artifact: &str) -> impl Iterator<Item = Placed<'p>> {
        let makes = move |p: &&Placed<'p>| p.action.output_artifacts.iter().any(|made| made.name == artifact);
        self.all.iter().filter(makes).copied()
    }

    fn source(&self, placed: Placed<'p>, mut readers: Vec<Arc<str>>) -> Thing {
        let action = placed.action;
        let mut thing = self.thing(SOURCE, self.arn_of(placed));
        let named = |key: &str| action.configuration.get(key).map(String::as_str).unwrap_or_default();
        let arn: Vec<Arc<str>> = self.pipeline.source_arn(action).map(Arc::from).into_iter().collect();
        let (mut repository, mut reference, mut object, mut image, mut any) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
        match action.action_type_id.provider.as_str() {
            "CodeCommit" => {
                reference.push(format!("refs/heads/{}", named("BranchName")).into());
                (repository, any) = (arn.clone(), arn);
            }
            "S3" => {
                object = arn;
                if named("AllowOverrideForS3ObjectKey") == "true" {
                    let partition = self.pipeline.partition();
                    any.push(format!("arn:{partition}:s3:::{}", named("S3Bucket")).into());
                }
            }
            "ECR" => (image, any) = (arn.clone(), arn),
            _ => {}
        }
        readers.sort();
        readers.dedup();
        let name = |key: &str| action.configuration.get(key).map(|v| v.as_str().into()).into_iter().collect();
        let fields = [
            ("repository-name", name("RepositoryName")),
            ("branch", name("BranchName")),
            ("repository", repository),
            ("ref", reference),
            ("object", object),
            ("image", image),
            ("any", any),
            ("action", readers),
        ];
        thing.fields.extend(fields.into_iter().map(|(name, values)| (name.to_owned(), values)));
        thing
    }

    /// The roles with which an action runs what its artifacts hold, and whether the snapshot tells all of them.
    fn roles_of(&self, action: &Action) -> (Vec<Arc<str>>, bool) {
        let provider = action.action_type_id.provider.as_str();
        let of_aws = action.action_type_id.owner == "AWS";
        let Runs { roles, untold, .. } = Runs::among(self.inventory, self.pipeline, action);
        match provider {
            "CodeDeploy" if of_aws => self.instance_roles(action),
            // The artifact says which role the new task definition has.
            "CodeDeployToECS" if of_aws => (Vec::new(), false),
            _ if of_aws && STACKS.contains(&provider) => {
                let by_service =
                    |key: &str| action.configuration.get(key).is_some_and(|v| v == "SERVICE_MANAGED");
                let told = untold.is_empty() && !by_service("PermissionModel");
                let roles = if roles.is_empty() && told { vec![self.stack_role(action)] } else { roles };
                (roles, told)
            }
            _ => (roles, untold.is_empty()),
        }
    }

    /// The role of a stack that has none of its own: it is made with the credentials of the action's; of a stack set, the one that
    /// CloudFormation looks for.
    fn stack_role(&self, action: &Action) -> Arc<str> {
        match action.action_type_id.provider.as_str() {
            "CloudFormation" => self.pipeline.caller_of(action).into(),
            _ => {
                let (partition, account) = (self.pipeline.partition(), self.pipeline.account_of(action));
                format!("arn:{partition}:iam::{account}:role/{STACK_SET_ADMINISTRATION}").into()
            }
        }
    }

    /// The roles of the instances that a deployment group deploys to.
    ///
    /// CodeDeploy User Guide, "AppSpec hooks": scripts of the revision run on the instances.
    fn instance_roles(&self, action: &Action) -> (Vec<Arc<str>>, bool) {
        let named = |key: &str| action.configuration.get(key).map(String::as_str).unwrap_or_default();
        let (account, region) = (self.pipeline.account_of(action), self.pipeline.region_of(action));
        let is_it = |group: &&Thing| {
            *group.account == *account
                && group.region.as_deref() == Some(region)
                && *group.name == *named("DeploymentGroupName")
                && group.field("application").iter().any(|name| **name == *named("ApplicationName"))
        };
        let groups = self.inventory.of_kind("codedeploy.deployment-group");
        let Some(group) = groups.iter().find(is_it) else { return (Vec::new(), false) };
        let profiles = group.field("instance-profile");
        let principals = self.snapshot.principals().iter();
        let in_profile = |arn: &Arc<str>| profiles.contains(arn);
        let roles = principals.filter(|role| role.instance_profiles.iter().any(in_profile));
        (roles.map(|role| role.arn.clone()).collect(), group.tells("instance-profile"))
    }

    fn arn_of(&self, placed: Placed<'_>) -> Arc<str> {
        format!("{}/{}/{}", self.pipeline.arn, placed.stage, placed.action.name).into()
    }

    pub(super) fn thing(&self, kind: &str, arn: Arc<str>) -> Thing {
        let pipeline = self.pipeline;
        let name = arn.rsplit('/').next().unwrap_or_default().into();
        let fields = [("pipeline", pipeline.arn.clone()), ("pipeline-name", pipeline.name().into())];
        Thing {
            kind: kind.into(),
            arn,
            name,
            account: pipeline.account.clone(),
            region: Some(pipeline.region.clone()),
            fields: fields.into_iter().map(|(field, value)| (field.to_owned(), vec![value])).collect(),
            file: pipeline.file.clone(),
            pointer: "".into(),
        }
    }
}

/// What the attacker comes to whose content an action executes: code with the role's credentials, or calls that a service makes with
/// them. The administration role of a stack set is taken as the former, since it opens sessions of other roles.
fn mode_of(action: &Action) -> &'static str {
    match action.action_type_id.provider.as_str() {
        "CloudFormation" | "StepFunctions" => "api",
        _ => "code",
    }
}
