//! The map of a snapshot's pipelines.

use super::people::{Ability, Asker};
use crate::ask::{Answered, AskError, Estate, Settings};
use crate::question::Untold;
use gateproof_model::pipeline::{Action, Pipeline, Ran, Runs, Unread};
use gateproof_model::snapshot::Snapshot;
use rayon::prelude::*;
use serde::Serialize;
use std::sync::Arc;

/// All pipelines, and what is not known of them.
#[derive(Debug, Clone, Serialize)]
pub struct Map {
    /// By account, region and name.
    pub pipelines: Vec<MappedPipeline>,
    /// What the snapshot doesn't tell.
    pub unknown: Vec<Untold>,
    /// Of that, the pipelines of accounts that it covers: any of them may have to do with whatever another one has.
    #[serde(skip)]
    pub untold: Vec<Untold>,
    /// Of these, those that are known to be there.
    #[serde(skip)]
    pub unread: Vec<Untold>,
    /// Those of which only the name is known, each with what is not told.
    #[serde(skip)]
    pub named: Vec<(MappedPipeline, Untold)>,
}

/// A pipeline.
#[derive(Debug, Clone, Serialize)]
pub struct MappedPipeline {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: Arc<str>,
    /// Its account.
    pub account: Arc<str>,
    /// Its region.
    pub region: Arc<str>,
    /// The file that tells of it, relative to the snapshot.
    #[serde(skip)]
    pub file: Arc<str>,
    /// `V1` or `V2`.
    pub pipeline_type: Option<String>,
    /// The role that it acts with.
    pub role: String,
    /// Where its artifacts are kept.
    pub stores: Vec<Store>,
    /// Its stages, in their order.
    pub stages: Vec<MappedStage>,
    /// Who can do what with it.
    pub abilities: Vec<Ability>,
}

/// Where artifacts are kept.
#[derive(Debug, Clone, Serialize)]
pub struct Store {
    /// The region.
    pub region: String,
    /// The bucket.
    pub bucket: String,
    /// The key that encrypts them.
    pub key: StoreKey,
}

/// The key of a store.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StoreKey {
    /// The AWS-managed key of S3, which the store has where it names none.
    AwsManaged,
    /// This key, alias or key id.
    Named(String),
}

/// A stage.
#[derive(Debug, Clone, Serialize)]
pub struct MappedStage {
    /// Its name.
    pub name: String,
    /// Its actions.
    pub actions: Vec<MappedAction>,
    /// Rules that must hold for it, by name.
    pub conditions: Vec<String>,
}

/// An action.
#[derive(Debug, Clone, Serialize)]
pub struct MappedAction {
    /// Its name.
    pub name: String,
    /// `Source`, `Build`, …
    pub category: String,
    /// What it is done by.
    pub provider: String,
    /// Whether somebody must approve.
    pub gate: bool,
    /// The role with which the provider is called.
    pub role: String,
    /// What does its work.
    pub by: Option<Ran>,
    /// The roles with which its work is done.
    pub runs_as: Vec<Arc<str>>,
    /// The artifacts that it takes.
    pub inputs: Vec<String>,
    /// The artifacts that it makes.
    pub outputs: Vec<String>,
    /// What the snapshot doesn't tell of it.
    #[serde(skip)]
    pub untold: Vec<Untold>,
}

impl Map {
    /// The map of an estate's pipelines; of those of one name, if one is given.
    ///
    /// # Errors
    /// Where a question can't be asked.
    pub fn of(estate: &Estate, name: Option<&str>, settings: &Settings) -> Result<Self, AskError> {
        Self::asking(&Answered::new(estate, settings), name)
    }

    /// The same, of questions some of which may have been answered.
    pub(crate) fn asking(answered: &Answered<'_>, name: Option<&str>) -> Result<Self, AskError> {
        let estate = answered.estate;
        let found = estate.snapshot.pipelines();
        let asker = Asker { answered };
        let wanted = |known: &str| name.is_none_or(|name| name == known);
        let mapped = |pipeline: &&Pipeline| -> Result<_, AskError> {
            let mut unknown = Vec::new();
            let stages = stages_of(&estate.snapshot, pipeline, &mut unknown);
            unknown.extend(store_untold(pipeline));
            let mapped = MappedPipeline {
                name: pipeline.name().to_owned(),
                arn: pipeline.arn.clone(),
                account: pipeline.account.clone(),
                region: pipeline.region.clone(),
                file: pipeline.file.clone(),
                pipeline_type: pipeline.declaration.pipeline_type.clone(),
                role: pipeline.declaration.role_arn.clone(),
                stores: stores_of(pipeline),
                stages,
                abilities: asker.abilities(pipeline)?,
            };
            Ok((mapped, unknown))
        };
        let all: Vec<&Pipeline> = found.all.iter().filter(|pipeline| wanted(pipeline.name())).collect();
        let each: Vec<Result<_, AskError>> = all.par_iter().map(mapped).collect();
        let each: Vec<(MappedPipeline, Vec<Untold>)> = each.into_iter().collect::<Result<_, _>>()?;
        let (pipelines, unknown): (Vec<_>, Vec<_>) = each.into_iter().unzip();
        let mut unknown: Vec<Untold> = unknown.into_iter().flatten().collect();
        let unread = || found.unread.iter().filter(|one| one.name().is_none_or(wanted));
        let named = unread().filter_map(|one| Some((MappedPipeline::of_name(one)?, untold(one)))).collect();
        let unread: Vec<Untold> = unread().map(untold).collect();
        let mut hidden = unread.clone();
        hidden.extend(
            found
                .not_collected
                .iter()
                .map(|place| Untold { what: place.to_string(), command: Some(place.command.clone()) }),
        );
        hidden.sort();
        hidden.dedup();
        unknown.extend(hidden.iter().cloned());
        unknown.extend(elsewhere(&found.elsewhere));
        unknown.sort();
        unknown.dedup();
        Ok(Self { pipelines, unknown, untold: hidden, unread, named })
    }
}

impl MappedPipeline {
    /// A pipeline of which only the name is known.
    fn of_name(unread: &Unread) -> Option<Self> {
        let named = unread.named.as_ref()?;
        Some(Self {
            name: named.name.to_string(),
            arn: named.arn.clone(),
            account: unread.account.clone(),
            region: named.region.clone(),
            file: named.file.clone(),
            pipeline_type: None,
            role: String::new(),
            stores: Vec::new(),
            stages: Vec::new(),
            abilities: Vec::new(),
        })
    }
}

/// The pipelines of accounts that the snapshot doesn't cover.
fn elsewhere(accounts: &[Arc<str>]) -> Option<Untold> {
    if accounts.is_empty() {
        return None;
    }
    let what = format!("the pipelines of what else is in the organization: {}", accounts.join(", "));
    Some(Untold { what, command: Some("aws codepipeline list-pipelines".to_owned()) })
}

fn untold(unread: &Unread) -> Untold {
    let name = unread.name().map_or("the pipelines".to_owned(), |name| format!("the pipeline {name}"));
    let why = unread.problem.as_ref().map(|problem| format!(" ({problem})")).unwrap_or_default();
    Untold {
        what: format!("{name} of account {}{why}", unread.account),
        command: Some(unread.command.clone()),
    }
}

fn stores_of(pipeline: &Pipeline) -> Vec<Store> {
    let store = |(region, store): (&str, &gateproof_model::pipeline::ArtifactStore)| Store {
        region: region.to_owned(),
        bucket: store.location.clone(),
        key: store
            .encryption_key
            .as_ref()
            .map_or(StoreKey::AwsManaged, |key| StoreKey::Named(key.id.clone())),
    };
    pipeline.stores().map(store).collect()
}

/// That it isn't told where a pipeline keeps its artifacts.
///
/// CodePipeline API Reference, PipelineDeclaration: either `artifactStore` or `artifactStores` must be there.
fn store_untold(pipeline: &Pipeline) -> Option<Untold> {
    let name = pipeline.name();
    pipeline.stores().next().is_none().then(|| Untold {
        what: format!("where the pipeline {name} of account {} keeps its artifacts", pipeline.account),
        command: Some(format!("aws codepipeline get-pipeline --name {name}")),
    })
}

fn stages_of(snapshot: &Snapshot, pipeline: &Pipeline, unknown: &mut Vec<Untold>) -> Vec<MappedStage> {
    let mut stages = Vec::new();
    for stage in &pipeline.declaration.stages {
        let mut actions: Vec<&Action> = stage.actions.iter().collect();
        actions.sort_by_key(|action| action.run_order);
        let mut mapped = Vec::new();
        for action in actions {
            let Runs { by, roles, untold } = Runs::of(snapshot, pipeline, action);
            unknown.extend(untold.iter().cloned());
            let names = |artifacts: &[gateproof_model::pipeline::Artifact]| {
                artifacts.iter().map(|artifact| artifact.name.clone()).collect()
            };
            mapped.push(MappedAction {
                name: action.name.clone(),
                category: action.action_type_id.category.clone(),
                provider: action.action_type_id.provider.clone(),
                gate: action.is_gate(),
                role: pipeline.caller_of(action).to_owned(),
                by,
                runs_as: roles,
                inputs: names(&action.input_artifacts),
                outputs: names(&action.output_artifacts),
                untold,
            });
        }
        let entry = stage.before_entry.iter().chain(&stage.on_success).flat_map(|c| &c.conditions);
        let rules = entry.chain(stage.on_failure.iter().flat_map(|f| &f.conditions)).flat_map(|c| &c.rules);
        let conditions = rules.map(|rule| rule.name.clone()).collect();
        stages.push(MappedStage { name: stage.name.clone(), actions: mapped, conditions });
    }
    stages
}
