//! What stands for the placeholders of remedies: names of a pipeline, of what the team means to have, and of a finding.

use super::super::case::Case;
use super::super::evidence::{Evidence, Field};
use super::super::finding::Finding;
use super::super::intent::Intent;
use super::super::log::Logged;
use super::super::resource_types::services_of;
use super::super::stacks::is_stack;
use super::super::template::Template;
use crate::ask::AskError;
use crate::question::Selector;
use gateproof_model::arn::Arn;
use gateproof_model::catalogue::Catalogue;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Placeholders and their values, several where several are meant.
pub type Values = BTreeMap<&'static str, Vec<Value>>;

/// All placeholders, with what they stand for.
pub const PLACEHOLDERS: [(&str, &str); 60] = [
    ("account", "the pipeline's account"),
    ("action", "the name of the action that the finding is of"),
    ("action_role_arn", "the roles with which the pipeline's actions are called"),
    ("administrators", "who administers production (`administrators` of gateproof.toml)"),
    ("approvers", "who is meant to approve (`approvers`)"),
    ("approving", "who can approve at the pipeline's gates as things are"),
    ("branch", "the branches that the pipeline ships"),
    ("branches", "the branches that may be shipped (`branches`)"),
    ("bucket", "the artifact bucket"),
    ("callers", "the roles with which pipelines call what does the work"),
    ("committers", "who is meant to write what is shipped (`committers`)"),
    ("connection_arn", "the connections of the pipeline's sources"),
    ("connection_service", "`codeconnections` or `codestar-connections`, as the connection's ARN has it"),
    ("folder", "the pipeline's folder in the artifact bucket"),
    ("function_arn", "the functions that the pipeline calls"),
    ("gate_arn", "the pipeline's gates"),
    ("guards", "who is meant to take guard-rails down (`guards`)"),
    ("handlers", "the roles that read or write artifacts under the same key"),
    ("issuer", "the issuer of the tokens, without `https://`"),
    ("key_arn", "the key of the artifact bucket"),
    ("leaf", "the last part of what the finding is of"),
    ("locks", "the tables of Terraform's locks (`terraform.locks`)"),
    ("log_bucket", "the bucket of the trail that logs approvals"),
    ("makers", "the roles that write artifacts to the bucket"),
    ("offender", "who or what violates the control"),
    ("organization_root", "the root of the organization"),
    ("own_bucket", "a bucket of the team's own"),
    ("own_channel_arn", "a chat channel of the team's own"),
    ("own_connection_arn", "a connection of the team's own"),
    ("own_key_arn", "a key of the team's own"),
    ("own_needs", "statements of the team's own"),
    ("own_role_arn", "a role of the team's own"),
    ("own_signing_arn", "a code signing configuration of the team's own"),
    ("pipeline", "the pipeline's name"),
    ("pipeline_arn", "the pipeline"),
    ("planners", "what plans with Terraform (`terraform.planners`)"),
    ("platform", "who is meant to change pipelines (`platform`)"),
    ("policy_name", "the inline policy that the finding is of"),
    ("project_arn", "the build projects of the pipeline"),
    ("project_callers", "the roles with which pipelines run the pipeline's build projects"),
    ("project_of_role", "the build project of the pipeline that runs with the role that the finding is of"),
    ("provider_arn", "the identity provider of the tokens"),
    ("region", "the pipeline's region"),
    ("repository", "the repositories that the connections read, as `OWNER/NAME`"),
    (
        "repository_arn",
        "the CodeCommit repositories, ECR repositories and objects that are the pipeline's sources",
    ),
    ("role_arn", "the pipeline's own role"),
    ("round_actions", "the calls that take a pipeline on without its gates"),
    ("runners", "what applies with Terraform (`terraform.runners`)"),
    ("services", "the services of the stack's resources"),
    ("source_actions", "the calls that write the pipeline's sources"),
    ("source_role_arn", "the roles that read CodeCommit sources"),
    ("stack_action", "the actions that deploy the first of the pipeline's stacks"),
    ("stack_name", "the name of the stack that the finding is of"),
    ("stage", "the name of the stage that the finding is of"),
    ("state", "the objects of Terraform's state (`terraform.state`)"),
    ("subject", "what the finding is of"),
    ("subject_account", "the account of what the finding is of"),
    ("subjects", "the subjects of tokens that are meant (`subjects`)"),
    ("target", "what is come to"),
    ("template", "what the pipeline's role needs, as statements"),
];

/// Those that a team's file fills, or what a team makes.
const MEANT: [&str; 10] = [
    "administrators",
    "approvers",
    "committers",
    "guards",
    "locks",
    "planners",
    "platform",
    "runners",
    "state",
    "subjects",
];

/// What stands for the placeholders about one pipeline.
#[derive(Debug, Clone, Default)]
pub struct Words {
    common: Values,
    /// By artifact bucket.
    stores: BTreeMap<String, Values>,
    /// By role: the first build project of the pipeline that runs with it.
    projects: BTreeMap<String, Value>,
}

impl Words {
    /// Those of a pipeline.
    pub(in super::super) fn of(case: &Case<'_>) -> Result<Self, AskError> {
        let mut words = Self::default();
        words.of_pipeline(case);
        words.of_roles(case);
        words.of_sources(case);
        words.of_intent(case)?;
        for store in &case.pipeline.stores {
            let mut own = Values::new();
            own.insert("bucket", vec![store.bucket.as_str().into()]);
            own.insert("key_arn", texts(case.keys(store).into_iter().flatten()));
            own.insert("handlers", texts(case.handlers(store)));
            own.insert("makers", texts(case.makers(store)));
            words.stores.insert(store.bucket.clone(), own);
        }
        Ok(words)
    }

    fn put<T: AsRef<str>>(&mut self, name: &'static str, values: impl IntoIterator<Item = T>) {
        self.common.insert(name, texts(values));
    }

    fn of_pipeline(&mut self, case: &Case<'_>) {
        let pipeline = case.pipeline;
        self.put("account", [&pipeline.account]);
        self.put("region", [&pipeline.region]);
        self.put("pipeline", [&pipeline.name]);
        self.put("pipeline_arn", [&pipeline.arn]);
        self.put("role_arn", [&pipeline.role]);
        self.put("folder", [gateproof_model::pipeline::folder_of(&pipeline.name)]);
        self.put("gate_arn", pipeline.gates().into_iter().map(|(_, arn)| arn));
        let functions = pipeline.each_action().filter_map(|action| action.by.as_ref());
        let functions = functions.filter(|by| by.kind == "lambda.function").map(|by| by.name.clone());
        self.put("function_arn", functions.collect::<BTreeSet<_>>());
        let stacks: Vec<_> = pipeline.each_action().filter(|action| is_stack(action)).collect();
        let first = stacks.first().and_then(|action| action.by.clone());
        let of_first = stacks.iter().filter(|action| action.by == first).map(|action| &action.name);
        self.put("stack_action", of_first.collect::<BTreeSet<_>>());
        let round = pipeline.abilities.iter().filter(|one| one.ability == "go-round");
        self.put("round_actions", round.flat_map(|one| &one.actions).collect::<BTreeSet<_>>());
        let logs = Logged::of_approvals(case).logs;
        let buckets = logs.iter().map(|log| log.bucket.rsplit(':').next().unwrap_or_default());
        self.put("log_bucket", buckets.collect::<BTreeSet<_>>());
        let path = case.estate.snapshot.organization().path(&pipeline.account);
        self.put("organization_root", path.first().map(|root| &root.id).filter(|id| id.starts_with("r-")));
    }

    /// Who calls, runs and approves.
    fn of_roles(&mut self, case: &Case<'_>) {
        let (pipeline, all) = (case.pipeline, &case.map.pipelines);
        let able = pipeline.abilities.iter().filter(|one| one.ability == "approve");
        let able = able.flat_map(|one| one.principals.iter().map(|person| &person.arn));
        self.put("approving", able.collect::<BTreeSet<_>>());
        let actions = || all.iter().flat_map(|pipeline| pipeline.each_action());
        let projects: BTreeSet<Arc<str>> = case.projects().into_iter().map(|(arn, _)| arn).collect();
        let calls =
            actions().filter(|action| action.by.as_ref().is_some_and(|by| projects.contains(&by.name)));
        self.put("project_callers", calls.map(|action| &action.role).collect::<BTreeSet<_>>());
        self.put("project_arn", projects);
        let own = all.iter().map(|pipeline| &pipeline.role);
        self.put("callers", own.chain(actions().map(|action| &action.role)).collect::<BTreeSet<_>>());
        for action in pipeline.each_action() {
            let project = action.by.as_ref().filter(|by| by.kind == "codebuild.project");
            for (role, project) in action.runs_as.iter().zip(project) {
                self.projects.entry(role.to_string()).or_insert_with(|| (*project.name).into());
            }
        }
        self.put(
            "action_role_arn",
            pipeline.each_action().map(|action| &action.role).collect::<BTreeSet<_>>(),
        );
        let sources = pipeline.each_action().filter(|action| action.provider == "CodeCommit");
        self.put("source_role_arn", sources.map(|action| &action.role).collect::<BTreeSet<_>>());
        self.common.insert("template", Template::of_role(case).statements().to_vec());
    }

    fn of_sources(&mut self, case: &Case<'_>) {
        let sources = || case.pipeline.abilities.iter().filter(|ability| ability.ability == "write-source");
        let inside = || sources().filter(|source| source.outside.is_none());
        self.put("repository_arn", inside().map(|source| &source.resource).collect::<BTreeSet<_>>());
        self.put("source_actions", inside().flat_map(|source| &source.actions).collect::<BTreeSet<_>>());
        let named = |key: &str| -> BTreeSet<String> {
            let all =
                case.declared_actions().into_iter().filter(|(_, action, _)| action.category == "Source");
            all.filter_map(|(_, _, said)| said.configuration.get(key).cloned()).collect()
        };
        let connections = named("ConnectionArn");
        let services = connections.iter().filter_map(|arn| Some(Arn::parse(arn)?.service));
        self.put("connection_service", services.collect::<BTreeSet<_>>());
        self.put("connection_arn", &connections);
        self.put("branch", named("BranchName"));
        self.put("repository", named("FullRepositoryId"));
    }

    fn of_intent(&mut self, case: &Case<'_>) -> Result<(), AskError> {
        let (intent, name) = (case.intent, case.pipeline.name.as_str());
        let terraform = intent.terraform.as_ref();
        let named: [(&'static str, Option<&[Selector]>); 7] = [
            ("administrators", intent.administrators.as_deref()),
            ("platform", intent.platform.as_deref()),
            ("guards", intent.guards.as_deref()),
            ("approvers", Intent::meant(&intent.approvers, name)),
            ("committers", Intent::meant(&intent.committers, name)),
            ("runners", terraform.map(|terraform| terraform.runners.as_slice())),
            ("planners", terraform.map(|terraform| terraform.planners.as_slice())),
        ];
        for (name, selectors) in named {
            if let Some(selectors) = selectors {
                self.put(name, case.principals(selectors)?);
            }
        }
        self.put("branches", intent.branches());
        self.put("subjects", intent.subjects.iter().flatten());
        self.put("state", terraform.iter().flat_map(|terraform| &terraform.state));
        self.put("locks", terraform.iter().flat_map(|terraform| &terraform.locks));
        Ok(())
    }

    /// Those of one of its findings.
    pub fn of_finding(&self, finding: &Finding) -> Values {
        let subject = finding.subject.split(", ").next().unwrap_or_default();
        let subject = subject.split(" to ").next().unwrap_or_default();
        // Of a role in a stage, of a policy of somebody: the thing that is changed.
        let subject =
            [": ", " of "].iter().fold(subject, |text, mark| text.rsplit(mark).next().unwrap_or(text));
        let mut values = self.common.clone();
        values.extend(self.projects.get(subject).map(|project| ("project_of_role", vec![project.clone()])));
        let store = self.stores.get(subject).or_else(|| self.stores.values().next());
        values.extend(store.into_iter().flatten().map(|(name, value)| (*name, value.clone())));
        let mut put = |name: &'static str, value: &str| {
            if !value.is_empty() {
                values.insert(name, vec![value.into()]);
            }
        };
        put("subject", subject);
        put("leaf", subject.rsplit(['/', ':']).next().unwrap_or_default());
        put("offender", finding.offender());
        let policy =
            finding.offender().strip_prefix("inline policy ").and_then(|rest| rest.split_once(" of "));
        put("policy_name", policy.map_or("", |(name, _)| name));
        let stack = subject.split_once(":stack/").and_then(|(_, rest)| rest.split('/').next());
        put("stack_name", stack.unwrap_or_default());
        let target = finding.subject.split_once(" to ").map_or("", |(_, target)| target);
        // As selectors have it.
        put("target", &target.replacen("account ", "account:", 1));
        let account = Arn::parse(subject).and_then(|arn| arn.account_id().map(str::to_owned));
        let is_account = subject.len() == 12 && subject.chars().all(|c| c.is_ascii_digit());
        let own = Arn::parse(&finding.pipeline).and_then(|arn| arn.account_id().map(str::to_owned));
        let account = if is_account { Some(subject.to_owned()) } else { account.or(own) };
        put("subject_account", account.as_deref().unwrap_or_default());
        let in_stage = finding.subject.split_once(": ").map(|(stage, _)| (stage, ""));
        let place = subject.split_once('/').filter(|_| !subject.starts_with("arn:"));
        if let Some((stage, action)) = in_stage.or(place) {
            put("stage", stage);
            put("action", action);
        }
        of_evidence(finding, &mut values);
        // Of what nobody says, that nobody is meant isn't known.
        values.retain(|name, all| !all.is_empty() || !MEANT.contains(name));
        values
    }
}

/// What a finding's evidence names.
fn of_evidence(finding: &Finding, values: &mut Values) {
    for evidence in &finding.evidence {
        match evidence {
            Evidence::Sets { found, .. } => {
                if let Some(provider) = found.iter().find(|arn| arn.contains(":oidc-provider/")) {
                    let issuer = provider.split_once(":oidc-provider/").map_or("", |(_, issuer)| issuer);
                    values.insert("provider_arn", texts([provider]));
                    values.insert("issuer", texts([issuer]));
                }
            }
            Evidence::Fields(fields) => {
                let types = fields.iter().filter(|field| field.name == "ResourceType");
                let of = |field: &Field| services_of(field.value.as_deref()?, Catalogue::embedded());
                let services: BTreeSet<String> = types.filter_map(of).flatten().collect();
                values.entry("services").or_default().extend(texts(services));
            }
            _ => {}
        }
    }
}

fn texts<T: AsRef<str>>(values: impl IntoIterator<Item = T>) -> Vec<Value> {
    values.into_iter().map(|value| value.as_ref().into()).collect()
}
