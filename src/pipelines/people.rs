//! Who can write what a pipeline ships, change it, start it, pass its gates and go round them.

use crate::ask::{Answered, AskError};
use crate::question::constraint::{Constraint, Demand};
use crate::question::{Requests, Verdict};
use gateproof_model::pipeline::{Action, Pipeline, folder_of};
use serde::Serialize;
use std::sync::Arc;

/// Calls that write a reference of a CodeCommit repository.
///
/// Service Authorization Reference, "Actions, resources, and condition keys for AWS CodeCommit": the write actions that list
/// `codecommit:References`.
const WRITES_REFERENCES: [&str; 10] = [
    "codecommit:CreateCommit",
    "codecommit:DeleteFile",
    "codecommit:GitPush",
    "codecommit:MergeBranchesByFastForward",
    "codecommit:MergeBranchesBySquash",
    "codecommit:MergeBranchesByThreeWay",
    "codecommit:MergePullRequestByFastForward",
    "codecommit:MergePullRequestBySquash",
    "codecommit:MergePullRequestByThreeWay",
    "codecommit:PutFile",
];

/// Calls that take a pipeline on without its gates.
///
/// CodePipeline API Reference, the actions of these names.
const GOES_ROUND: [&str; 4] = [
    "codepipeline:OverrideStageCondition",
    "codepipeline:EnableStageTransition",
    "codepipeline:RetryStageExecution",
    "codepipeline:RollbackStage",
];

/// What somebody may do with a pipeline, and who may.
#[derive(Debug, Clone, Serialize)]
pub struct Ability {
    /// `write-source`, `write-artifacts`, `change`, `start`, `approve` or `go-round`.
    pub ability: &'static str,
    /// What of: a source action, a bucket, a gate; `None`: the pipeline.
    pub of: Option<String>,
    /// The calls; one of them is enough.
    pub actions: Vec<String>,
    /// On what.
    pub resource: String,
    /// Everybody who can, and who may or may not.
    pub principals: Vec<Person>,
    /// Who else decides, whom AWS knows nothing of.
    pub outside: Option<String>,
    /// Under which conditions the calls are asked about.
    #[serde(skip)]
    pub when: Vec<Constraint>,
}

/// Somebody who can.
#[derive(Debug, Clone, Serialize)]
pub struct Person {
    /// The ARN.
    pub arn: Arc<str>,
    /// Reachable, or undecided.
    pub verdict: Verdict,
}

/// Asks one estate about its pipelines.
pub(super) struct Asker<'a, 'e> {
    pub answered: &'a Answered<'e>,
}

impl Asker<'_, '_> {
    /// Who can do what with a pipeline.
    pub fn abilities(&self, pipeline: &Pipeline) -> Result<Vec<Ability>, AskError> {
        let mut found = Vec::new();
        let stages = &pipeline.declaration.stages;
        for action in stages.iter().flat_map(|stage| &stage.actions) {
            if action.is_source() {
                found.push(self.source(pipeline, action)?);
            }
        }
        for (_, store) in pipeline.stores() {
            let folder = folder_of(pipeline.name());
            let objects = format!("arn:{}:s3:::{}/{folder}/*", pipeline.partition(), store.location);
            let of = Some(store.location.clone());
            found.push(self.ability(
                "write-artifacts",
                of,
                vec!["s3:PutObject".to_owned()],
                objects,
                Vec::new(),
            )?);
        }
        let arn = pipeline.arn.to_string();
        let list = |actions: &[&str]| actions.iter().map(|a| (*a).to_owned()).collect::<Vec<_>>();
        found.push(self.ability(
            "change",
            None,
            list(&["codepipeline:UpdatePipeline"]),
            arn.clone(),
            Vec::new(),
        )?);
        let start = list(&["codepipeline:StartPipelineExecution"]);
        found.push(self.ability("start", None, start, arn.clone(), Vec::new())?);
        for stage in stages {
            for action in stage.actions.iter().filter(|action| action.is_gate()) {
                let gate = format!("{}/{}", stage.name, action.name);
                let actions = list(&["codepipeline:PutApprovalResult"]);
                let resource = format!("{arn}/{gate}");
                found.push(self.ability("approve", Some(gate), actions, resource, Vec::new())?);
            }
        }
        found.push(self.ability("go-round", None, list(&GOES_ROUND), format!("{arn}/*"), Vec::new())?);
        Ok(found)
    }

    /// Who can write what a source action reads.
    pub fn source(&self, pipeline: &Pipeline, action: &Action) -> Result<Ability, AskError> {
        let of = Some(action.name.clone());
        let write = "write-source";
        let branch = || action.configuration.get("BranchName").map(String::as_str).unwrap_or_default();
        match (action.action_type_id.provider.as_str(), pipeline.source_arn(action)) {
            ("CodeCommit", Some(arn)) => {
                let branch = Constraint {
                    key: "codecommit:References".to_owned(),
                    demand: Demand::Equals(format!("refs/heads/{}", branch())),
                };
                self.ability(write, of, WRITES_REFERENCES.map(str::to_owned).to_vec(), arn, vec![branch])
            }
            ("S3", Some(arn)) => self.ability(write, of, vec!["s3:PutObject".to_owned()], arn, Vec::new()),
            ("ECR", Some(arn)) => self.ability(write, of, vec!["ecr:PutImage".to_owned()], arn, Vec::new()),
            (provider, _) => {
                let repository =
                    ["FullRepositoryId", "Repo"].iter().find_map(|key| action.configuration.get(*key));
                let repository = repository.map_or("its source", String::as_str);
                Ok(Ability {
                    ability: write,
                    of,
                    actions: Vec::new(),
                    resource: repository.to_owned(),
                    principals: Vec::new(),
                    outside: Some(format!("whoever may push to {repository} ({provider})")),
                    when: Vec::new(),
                })
            }
        }
    }

    fn ability(
        &self,
        ability: &'static str,
        of: Option<String>,
        actions: Vec<String>,
        resource: String,
        when: Vec<Constraint>,
    ) -> Result<Ability, AskError> {
        let resources = vec![resource.clone()];
        let requests = Requests { actions: actions.clone(), resources, when, ..Requests::default() };
        let answers = self.answered.who_can(&requests)?;
        let can = answers.iter().filter(|(_, answer)| answer.verdict != Verdict::Impossible);
        let principals =
            can.map(|(arn, answer)| Person { arn: arn.clone(), verdict: answer.verdict }).collect();
        Ok(Ability { ability, of, actions, resource, principals, outside: None, when: requests.when })
    }
}
