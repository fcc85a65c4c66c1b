//! The stacks that pipelines deploy, and the roles that execute them.

use super::case::Case;
use crate::pipelines::{Map, MappedAction};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A stack: its ARN or name, its account, and the region of the pipeline that deploys it.
pub(super) type Stack = (Arc<str>, Arc<str>, Arc<str>);

/// Whether an action deploys a stack or stack set.
pub(super) fn is_stack(action: &MappedAction) -> bool {
    action.provider.starts_with("CloudFormation")
}

/// The stacks that each role executes, of whatever pipeline.
pub(super) fn stacks_by_role(map: &Map) -> BTreeMap<Arc<str>, BTreeSet<Stack>> {
    let mut by_role: BTreeMap<Arc<str>, BTreeSet<Stack>> = BTreeMap::new();
    for pipeline in &map.pipelines {
        for action in pipeline.each_action().filter(|action| is_stack(action)) {
            for (role, by) in
                action.runs_as.iter().flat_map(|role| action.by.iter().map(move |by| (role, by)))
            {
                let stack = (by.name.clone(), by.account.clone(), pipeline.region.clone());
                by_role.entry(role.clone()).or_default().insert(stack);
            }
        }
    }
    by_role
}

/// The pipelines whose stacks each role executes.
pub(super) fn pipelines_by_stack_role(map: &Map) -> BTreeMap<Arc<str>, BTreeSet<Arc<str>>> {
    let mut by_role: BTreeMap<Arc<str>, BTreeSet<Arc<str>>> = BTreeMap::new();
    for pipeline in &map.pipelines {
        for role in pipeline.roles_of(is_stack) {
            by_role.entry(role).or_default().insert(pipeline.arn.clone());
        }
    }
    by_role
}

impl Case<'_> {
    /// The roles of the snapshot that execute the pipeline's stacks. What isn't told of them is said, and where there is none, that.
    pub fn stack_roles(&mut self) -> Vec<Arc<str>> {
        let roles = self.pipeline.roles_of(is_stack);
        if !self.untold_roles(is_stack) && roles.is_empty() {
            self.holds("the pipeline", "no stack is deployed with a role of its own", Vec::new());
        }
        roles.into_iter().filter(|role| !self.is_untold(role)).collect()
    }
}
