//! The calls of the AWS CLI that collect a snapshot: data, `model/collection.yaml`.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

static TEXT: &str = include_str!("../../collection.yaml");

/// Why the calls can't be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("collection.yaml: {0}")]
pub struct CollectionError(String);

/// All calls.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Collection {
    /// Those that are made once, of the organization.
    pub organization: Vec<Collected>,
    /// Those that are made in each account.
    pub account: Vec<Collected>,
    /// Those that are made in each region of each account.
    pub region: Vec<Collected>,
    /// Calls that are read too, and those that tell the same in their place.
    pub instead: BTreeMap<String, String>,
}

/// Calls that are made once, or for each name of a listing.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Collected {
    /// The call that lists the names; `None`: the calls take none.
    #[serde(default)]
    pub each: Option<String>,
    /// Where the names stand in its output (JMESPath).
    #[serde(default)]
    pub names: Option<String>,
    /// Whether the listing is made again with each of the names, and so on.
    #[serde(default)]
    pub deep: bool,
    /// The calls.
    #[serde(default)]
    pub calls: Vec<CollectedCall>,
    /// Calls for each name of listings that take one of these names.
    #[serde(default)]
    pub within: Vec<Collected>,
}

/// A call: service, operation and arguments, with `NAME`, `OUTER`, `LISTED`, `ACCOUNT`, `REGION` and `PARTITION` in them.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "CallForm")]
pub struct CollectedCall {
    /// Its words after `aws`.
    pub command: String,
    /// What its file is named, where the name differs from `NAME`.
    pub file: Option<String>,
    /// The call that lists what `LISTED` stands for, and where in its output.
    pub listed: Option<(String, String)>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum CallForm {
    Plain(String),
    Full {
        call: String,
        #[serde(default)]
        file: Option<String>,
        #[serde(default)]
        listed: Option<String>,
        #[serde(default)]
        names: Option<String>,
    },
}

impl From<CallForm> for CollectedCall {
    fn from(form: CallForm) -> Self {
        match form {
            CallForm::Plain(command) => Self { command, file: None, listed: None },
            CallForm::Full { call, file, listed, names } => {
                Self { command: call, file, listed: listed.zip(names) }
            }
        }
    }
}

impl Collected {
    /// Its calls and those within, each as `SERVICE OPERATION`.
    pub fn operations(&self) -> Vec<String> {
        let own = self.calls.iter().map(|call| operation_of(&call.command).to_owned());
        own.chain(self.within.iter().flat_map(Self::operations)).collect()
    }
}

impl Collection {
    /// The operations whose output is collected, each as `SERVICE OPERATION`.
    pub fn operations(&self) -> Vec<String> {
        let all = self.organization.iter().chain(&self.account).chain(&self.region);
        all.flat_map(Collected::operations).collect()
    }

    /// Whether the output of an operation is read: of those that are collected and of those that tell the same.
    pub fn reads(&self, service: &str, operation: &str) -> bool {
        let call = format!("{service} {operation}");
        operation == TAGS || self.instead.contains_key(&call) || self.operations().contains(&call)
    }
}

/// Tags, by any service's call of this name; `resourcegroupstaggingapi get-resources` tells of all at once.
const TAGS: &str = "list-tags-for-resource";

/// The service and operation of a command.
fn operation_of(command: &str) -> &str {
    let end = command.match_indices(' ').nth(1).map_or(command.len(), |(i, _)| i);
    command.get(..end).unwrap_or_default()
}

/// The calls that collect a snapshot for pipelines, IAM and everything else that is read.
///
/// # Errors
/// Never, as the tests show: the file is read when the program is made.
pub fn collection() -> Result<&'static Collection, CollectionError> {
    static READ: LazyLock<Result<Collection, CollectionError>> =
        LazyLock::new(|| serde_saphyr::from_str(TEXT).map_err(|e| CollectionError(e.to_string())));
    READ.as_ref().map_err(Clone::clone)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::Inventory;
    use std::collections::BTreeSet;
    use std::path::Path;

    #[test]
    fn groups_have_their_listing_and_calls_their_placeholders() {
        fn check(group: &Collected, depth: usize) {
            assert_eq!(group.each.is_some(), group.names.is_some(), "{group:?}");
            assert!(group.each.is_some() || group.within.is_empty());
            for call in &group.calls {
                let told = call.file.clone().unwrap_or_default() + &call.command;
                assert_eq!(told.contains("NAME"), group.each.is_some(), "{}", call.command);
                assert!(!told.contains("OUTER") || depth > 0, "{}", call.command);
                assert_eq!(call.command.contains("LISTED"), call.listed.is_some());
            }
            group.within.iter().for_each(|inner| check(inner, depth + 1));
        }
        let all = collection().unwrap();
        all.organization.iter().chain(&all.account).chain(&all.region).for_each(|group| check(group, 0));
    }

    #[test]
    fn no_output_is_collected_twice_into_one_file() {
        let all = collection().unwrap();
        let counts = all.operations().into_iter().fold(BTreeMap::new(), |mut counts, operation| {
            *counts.entry(operation).or_insert(0) += 1;
            counts
        });
        for (operation, times) in counts {
            let of_policies = operation.starts_with("organizations ");
            assert!(times == 1 || of_policies, "{operation}");
        }
    }

    /// The operations that the sources name, between quotes.
    fn named_in_sources() -> BTreeSet<String> {
        fn walk(folder: &Path, found: &mut BTreeSet<String>) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() && path.file_name().unwrap() != "tests" {
                    walk(&path, found);
                } else if path.extension().is_some_and(|e| e == "rs")
                    && path.file_name().unwrap() != "tests.rs"
                {
                    let text = std::fs::read_to_string(&path).unwrap();
                    let product = text.split("#[cfg(test)]").next().unwrap().to_owned();
                    let quoted = product.split('"').skip(1).step_by(2);
                    let is_operation = |text: &&str| {
                        let verbs = ["get-", "list-", "describe-", "batch-get-"];
                        verbs.iter().any(|verb| text.starts_with(verb))
                            && text.chars().all(|c| c.is_ascii_lowercase() || c == '-')
                            && !text.ends_with('-')
                    };
                    found.extend(quoted.filter(is_operation).map(str::to_owned));
                }
            }
        }
        let mut found = BTreeSet::new();
        walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
        found
    }

    #[test]
    fn everything_that_is_read_is_collected_or_something_that_tells_the_same() {
        let all = collection().unwrap();
        let collected: BTreeSet<String> = all.operations().into_iter().collect();
        for (call, other) in &all.instead {
            assert!(collected.contains(other), "{other} in place of {call}");
            assert!(!collected.contains(call), "{call} is collected");
        }
        let told = |call: &str| collected.contains(call) || all.instead.contains_key(call);
        for kind in Inventory::kinds() {
            for command in &kind.commands {
                let call = operation_of(command.strip_prefix("aws ").unwrap());
                assert!(told(call), "{call}");
            }
        }
        let either = collected.iter().chain(all.instead.keys());
        let names: BTreeSet<&str> = either.filter_map(|call| Some(call.split_once(' ')?.1)).collect();
        let read = named_in_sources();
        assert!(read.len() > 100 && read.contains("get-bucket-versioning") && read.contains("list-grants"));
        let missing: Vec<&String> =
            read.iter().filter(|o| !names.contains(o.as_str()) && *o != TAGS).collect();
        assert_eq!(missing, Vec::<&String>::new());
    }
}
