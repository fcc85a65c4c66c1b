//! What a stack's resources are called that the snapshot holds already.

use crate::json::Json;
use crate::overlay::Stack;
use crate::snapshot::Snapshot;
use std::collections::BTreeMap;

/// A resource that the snapshot holds of a stack.
pub(super) struct Physical {
    /// What it is called: a name, an ARN or a URL.
    pub(super) id: String,
    /// `AWS::…`.
    pub(super) kind: String,
}

/// Resources by logical ids, as `list-stack-resources` and `describe-stack-resources` tell them.
pub(super) fn names(stack: &Stack, base: &Snapshot) -> BTreeMap<String, Physical> {
    let mut names = BTreeMap::new();
    let calls =
        [("list-stack-resources", "StackResourceSummaries"), ("describe-stack-resources", "StackResources")];
    for (operation, list) in calls {
        for page in base.pages(&stack.account, "cloudformation", operation).iter() {
            let about = |json: &Json| match &page.name {
                Some(name) => **name == *stack.name,
                None => json.get("StackName").and_then(Json::as_str) == Some(&stack.name),
            };
            let Ok(Some(json)) = &page.json else { continue };
            if *page.region != *stack.region {
                continue;
            }
            for item in json.get(list).and_then(Json::as_array).unwrap_or_default() {
                let text = |key| item.get(key).and_then(Json::as_str);
                let is_gone = text("ResourceStatus").is_some_and(|status| status == "DELETE_COMPLETE");
                let found = (text("LogicalResourceId"), text("PhysicalResourceId"));
                if let ((Some(logical), Some(physical)), false) = (found, is_gone)
                    && (about(json) || about(item))
                {
                    let kind = text("ResourceType").unwrap_or_default().to_owned();
                    names.insert(logical.to_owned(), Physical { id: physical.to_owned(), kind });
                }
            }
        }
    }
    names
}
