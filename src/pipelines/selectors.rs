//! Selectors that speak of pipelines, as the principals that they stand for.
//!
//! `stage:STAGE@PIPELINE`: the roles with which that stage's work is done. `pipeline:NAME`: those of all its stages, and the roles that it
//! calls providers with. `committers:PIPELINE`: whoever may write what it ships; of a repository outside AWS, whose writers no snapshot
//! knows, the roles that run what they write, up to the first gate.

use super::people::Asker;
use crate::ask::{Answered, AskError, Estate, Settings, glob_matches, stands_for_unlisted};
use crate::question::Selector;
use gateproof_model::arn::is_account_id;
use gateproof_model::pipeline::{Action, Pipeline, Runs};
use std::collections::BTreeSet;

impl Estate {
    /// The selectors, those that speak of pipelines as principals.
    ///
    /// # Errors
    /// Where no pipeline or stage is of that name, where it runs nothing, and where the snapshot doesn't tell what it runs as.
    pub fn without_pipelines(
        &self,
        selectors: &[Selector],
        settings: &Settings,
    ) -> Result<Vec<Selector>, AskError> {
        let mut all = Vec::new();
        for selector in selectors {
            let found = match selector {
                Selector::Stage { stage, pipeline } => {
                    self.each_pipeline(selector, pipeline, &|p| self.stage_of(selector, p, stage))?
                }
                Selector::Pipeline(name) => {
                    self.each_pipeline(selector, name, &|p| self.pipeline_of(selector, p))?
                }
                Selector::Committers(name) => {
                    self.each_pipeline(selector, name, &|p| self.committers_of(selector, p, settings))?
                }
                other => vec![other.clone()],
            };
            all.extend(found);
        }
        Ok(all)
    }

    /// What a selector stands for in each pipeline of a name (a glob).
    fn each_pipeline(
        &self,
        selector: &Selector,
        name: &str,
        find: &dyn Fn(&Pipeline) -> Result<Vec<Selector>, AskError>,
    ) -> Result<Vec<Selector>, AskError> {
        let known = self.snapshot.pipelines();
        let mut found: Vec<Selector> = Vec::new();
        let mut named = false;
        for pipeline in known.all.iter().filter(|p| glob_matches(name, p.name())) {
            named = true;
            for one in find(pipeline)? {
                if !found.contains(&one) {
                    found.push(one);
                }
            }
        }
        let unread = known.unread.iter().find(|one| one.name().is_none_or(|n| glob_matches(name, n)));
        if let Some(unread) = unread {
            let what = format!(
                "the pipeline {name} of account {} (to supply it: {})",
                unread.account, unread.command
            );
            return Err(AskError::Untold { given: selector.to_string(), what });
        }
        let elsewhere = known.not_collected.first().filter(|_| !named);
        match elsewhere {
            Some(place) => Err(AskError::Untold {
                given: selector.to_string(),
                what: format!("{place} (to supply it: {})", place.command),
            }),
            None if found.is_empty() => Err(AskError::NothingSelected { given: selector.to_string() }),
            None => Ok(found),
        }
    }

    fn stage_of(
        &self,
        selector: &Selector,
        pipeline: &Pipeline,
        stage: &str,
    ) -> Result<Vec<Selector>, AskError> {
        let stages = pipeline.declaration.stages.iter().filter(|s| glob_matches(stage, &s.name));
        self.roles_of(selector, pipeline, stages.flat_map(|s| &s.actions))
    }

    fn pipeline_of(&self, selector: &Selector, pipeline: &Pipeline) -> Result<Vec<Selector>, AskError> {
        let actions = || pipeline.declaration.stages.iter().flat_map(|stage| &stage.actions);
        let mut roles = vec![Selector::Arn(pipeline.declaration.role_arn.clone())];
        roles.extend(actions().map(|action| Selector::Arn(pipeline.caller_of(action).to_owned())));
        roles.extend(self.roles_of(selector, pipeline, actions())?);
        Ok(roles)
    }

    /// The roles with which the work of some actions is done.
    fn roles_of<'p>(
        &self,
        selector: &Selector,
        pipeline: &Pipeline,
        actions: impl Iterator<Item = &'p Action>,
    ) -> Result<Vec<Selector>, AskError> {
        let mut roles = Vec::new();
        for action in actions {
            let runs = Runs::of(&self.snapshot, pipeline, action);
            if let Some(untold) = runs.untold.first() {
                return Err(AskError::Untold { given: selector.to_string(), what: untold.to_string() });
            }
            roles.extend(runs.roles.iter().map(|role| Selector::Arn(role.to_string())));
        }
        Ok(roles)
    }

    fn committers_of(
        &self,
        selector: &Selector,
        pipeline: &Pipeline,
        settings: &Settings,
    ) -> Result<Vec<Selector>, AskError> {
        let answered = Answered::new(self, settings);
        let asker = Asker { answered: &answered };
        let mut found = Vec::new();
        for action in pipeline.declaration.stages.iter().flat_map(|stage| &stage.actions) {
            if !action.is_source() {
                continue;
            }
            let ability = asker.source(pipeline, action)?;
            if let Some(unlisted) = ability.principals.iter().find(|person| stands_for_unlisted(&person.arn))
            {
                let what = format!("who is in {}", unlisted.arn);
                return Err(AskError::Untold { given: selector.to_string(), what });
            }
            found.extend(ability.principals.iter().filter_map(|person| somebody(&person.arn)));
            if ability.outside.is_some() {
                found.extend(self.roles_of(
                    selector,
                    pipeline,
                    fed_before_gates(pipeline, action).into_iter(),
                )?);
            }
        }
        Ok(found)
    }
}

/// A caller by its id; services write nothing on their own account.
fn somebody(id: &str) -> Option<Selector> {
    match id {
        "*" => Some(Selector::Anyone),
        arn if arn.starts_with("arn:") => Some(Selector::Arn(arn.to_owned())),
        account if is_account_id(account) => Some(Selector::External(account.to_owned())),
        _ => None,
    }
}

/// The actions that take what a source makes, itself or through others, before somebody must approve.
///
/// CodePipeline User Guide, "Pipeline structure reference": actions of a stage run by `runOrder`, those of one number side by side; the
/// stages one after the other.
fn fed_before_gates<'p>(pipeline: &'p Pipeline, source: &Action) -> Vec<&'p Action> {
    let mut made: BTreeSet<&str> = source.output_artifacts.iter().map(|a| a.name.as_str()).collect();
    let mut fed = Vec::new();
    for stage in &pipeline.declaration.stages {
        let mut actions: Vec<&Action> = stage.actions.iter().collect();
        actions.sort_by_key(|action| action.run_order);
        let gate = actions.iter().find(|action| action.is_gate()).map(|gate| gate.run_order);
        for action in actions {
            if gate.is_some_and(|gate| action.run_order > gate) {
                return fed;
            }
            if action.input_artifacts.iter().any(|input| made.contains(input.name.as_str())) {
                made.extend(action.output_artifacts.iter().map(|a| a.name.as_str()));
                fed.push(action);
            }
        }
        if gate.is_some() {
            return fed;
        }
    }
    fed
}
