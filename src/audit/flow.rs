//! What stages hand on to later ones: artifacts, and with them the roles that run what these hold.

use crate::pipelines::{MappedAction, MappedPipeline};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Providers whose work isn't what the artifact holds: code of their own is given it, or files are copied.
///
/// CodePipeline User Guide, "Action structure reference", by provider.
const ONLY_GIVEN: [&str; 4] = ["Lambda", "Manual", "S3", "StepFunctions"];

/// What a stage hands on.
#[derive(Debug, Default)]
pub(super) struct Flow {
    /// The roles that run, in later stages, what comes from it.
    pub roles: BTreeSet<Arc<str>>,
    /// The later stages that take what comes from it, with the artifacts.
    pub stages: BTreeMap<String, BTreeSet<String>>,
}

impl Flow {
    /// What the `n`th stage hands on, directly or through what others make of it.
    pub fn from_stage(pipeline: &MappedPipeline, n: usize) -> Self {
        let mut flow = Self::default();
        let of_stage = pipeline.stages.iter().skip(n).take(1).flat_map(|stage| &stage.actions);
        let mut made: BTreeSet<&String> = of_stage.flat_map(|action| &action.outputs).collect();
        for stage in pipeline.stages.iter().skip(n + 1) {
            for action in &stage.actions {
                let taken: BTreeSet<String> =
                    action.inputs.iter().filter(|input| made.contains(input)).cloned().collect();
                if taken.is_empty() {
                    continue;
                }
                made.extend(&action.outputs);
                flow.stages.entry(stage.name.clone()).or_default().extend(taken);
                if runs_what_it_takes(action) {
                    flow.roles.extend(action.runs_as.iter().cloned());
                }
            }
        }
        flow
    }
}

fn runs_what_it_takes(action: &MappedAction) -> bool {
    !ONLY_GIVEN.contains(&&*action.provider)
}
