//! The audit of pipelines: each control decided from what AWS says, or by a question with a witness or a proof.
//!
//! A control never looks at the text of a policy alone. Input that was never collected makes it *unknown*, and is named with the command
//! that tells it.

mod accounts;
mod answers;
mod asked;
mod builds;
mod case;
mod control;
mod controls;
mod envelope;
mod events;
mod evidence;
mod finding;
mod flow;
mod intent;
mod log;
mod once;
mod reached;
pub mod remedy;
mod resource_types;
mod retention;
mod room;
mod saying;
mod stacks;
mod template;
mod waiver;

pub use control::Control;
pub use controls::CONTROLS;
pub(crate) use envelope::refused_by;
pub use evidence::{Evidence, Field};
pub use finding::{Finding, Judgement, Severity};
pub use intent::{Intent, IntentError, Terraform};
pub(crate) use template::needs_of_pipelines;
pub use waiver::{JudgedWaiver, Waiver, WaiverError, WaiverState, parse_date};

use crate::ask::{Answered, AskError, Estate};
use crate::escalation::EscalationSettings;
use crate::pipelines::{Map, MappedPipeline, Untold};
use asked::Asked;
use case::Case;
use rayon::prelude::*;
use remedy::Words;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Of the questions about so many pipelines as many are seconded by sample as there are about one.
const SAMPLED_OF_EACH: usize = 4;

/// Of more pipelines than these the remedies aren't filled.
const NAMED: usize = 100;

/// What the controls say of a snapshot's pipelines.
#[derive(Debug, Clone)]
pub struct Audit {
    /// By pipeline, then by control.
    pub findings: Vec<Finding>,
    /// What the snapshot doesn't tell of pipelines: nothing is said of those that were not collected.
    pub unknown: Vec<Untold>,
    /// The pipelines that the findings are of; those of which only the name is known are last, and empty.
    pub pipelines: Vec<MappedPipeline>,
    /// What stands for the placeholders of remedies, by pipeline's ARN; of very many pipelines nothing does, since their lists are long.
    pub words: BTreeMap<Arc<str>, Words>,
    /// What becomes of each waiver, in their order.
    pub waivers: Vec<JudgedWaiver>,
}

impl Audit {
    /// Decides controls of an estate's pipelines; of those of one name, if one is given.
    ///
    /// # Errors
    /// Where a question can't be asked.
    pub fn of(
        estate: &Estate,
        intent: &Intent,
        (name, controls): (Option<&str>, &[&Control]),
        settings: &EscalationSettings,
    ) -> Result<Self, AskError> {
        let intent = &intent.without_pipelines(estate, &settings.ask)?;
        // What a control holds against one pipeline may stand in another.
        let declared = estate.snapshot.pipelines();
        let answered =
            Answered::new(estate, &settings.ask).sampling_one_in(declared.all.len() / SAMPLED_OF_EACH);
        let map = Map::asking(&answered, None)?;
        let (map, asked) = (&map, &Asked::new(&answered, settings));
        let wanted = |p: &&MappedPipeline| name.is_none_or(|name| *name == p.name);
        let mine: Vec<&MappedPipeline> = map.pipelines.iter().filter(wanted).collect();
        let each = mine.par_iter().map(|&pipeline| {
            let mut all = Vec::new();
            let Some(declared) = declared.all.iter().find(|declared| declared.arn == pipeline.arn) else {
                return Ok((all, Words::default()));
            };
            let mut words = None;
            for control in controls {
                let findings = Vec::new();
                let mut case =
                    Case { estate, asked, settings, intent, map, declared, pipeline, control, findings };
                (control.decide)(&mut case)?;
                if words.is_none() && mine.len() <= NAMED {
                    words = Some(Words::of(&case)?);
                }
                all.extend(case.findings);
            }
            Ok((all, words.unwrap_or_default()))
        });
        let each: Vec<Result<(Vec<Finding>, Words), AskError>> = each.collect();
        let each: Vec<(Vec<Finding>, Words)> = each.into_iter().collect::<Result<_, _>>()?;
        let (findings, words): (Vec<Vec<Finding>>, Vec<Words>) = each.into_iter().unzip();
        let words = mine.iter().map(|pipeline| pipeline.arn.clone()).zip(words).collect();
        let mut pipelines: Vec<MappedPipeline> = mine.into_iter().cloned().collect();
        let mut findings: Vec<Finding> = findings.into_iter().flatten().collect();
        for (pipeline, untold) in map.named.iter().filter(|(pipeline, _)| wanted(&pipeline)) {
            findings
                .extend(controls.iter().map(|control| Finding::of_untold(control, &pipeline.arn, untold)));
            pipelines.push(pipeline.clone());
        }
        let unknown = map.unknown.clone();
        Ok(Self { findings, unknown, pipelines, words, waivers: Vec::new() })
    }

    /// Whether some control is violated, and that is not waived.
    pub fn is_violated(&self) -> bool {
        self.findings.iter().any(Finding::is_blocking)
    }

    /// Whether something is not known.
    pub fn is_unknown(&self) -> bool {
        !self.unknown.is_empty() || self.findings.iter().any(|f| f.verdict == Judgement::Unknown)
    }
}
