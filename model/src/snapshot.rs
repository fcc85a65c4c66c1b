//! Snapshots: a directory of AWS CLI output, read into accounts, principals and policies.
//!
//! This is the only module of the crate that reads files.

mod answers;
mod changed;
mod collected;
mod documents;
mod endpoints;
mod entry;
mod errors;
mod files;
mod gaad;
mod iam_collect;
mod index;
mod inventory_calls;
mod load;
mod managed;
mod notes;
mod organization;
mod overlaid;
mod pages;
mod policy_calls;
mod principals;
mod providers;
mod raw;
mod resources;
mod tags;
mod twins;

pub use answers::{OperationOutput, PolicyOf};
pub use changed::{Changes, NamedBoundary, PrincipalChange, ResourceChange, StatementPlace};
pub use index::OperationFile;
pub use managed::ManagedPolicyLookup;
pub(crate) use pages::{Failed, Page};

use crate::account::{Account, Group, IdentityProvider, ManagedPolicy, PrincipalEntity};
use crate::assumption::{Assumption, BlindSpot};
use crate::inventory::{Inventory, read_inventory};
use crate::json::Json;
use crate::organization::Organization;
use crate::overlay::{Holder, OutputOf, Overlay, OverlayError, Translation};
use crate::problem::Problem;
use crate::resource::{ResourceEntity, VpcEndpoint};
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// What to make of input that was never collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Missing {
    /// Take the neutral value and list it as an assumption.
    #[default]
    Assume,
    /// Treat it like a document that could not be read.
    Unknown,
}

/// How to load a snapshot.
#[derive(Clone, Copy)]
pub struct LoadOptions<'a> {
    /// What to make of input that was never collected.
    pub missing: Missing,
    /// Supplies AWS-managed policies that the files reference but don't hold.
    pub managed_policies: ManagedPolicyLookup<'a>,
    /// Files of more bytes are refused.
    pub file_limit: u64,
}

impl Default for LoadOptions<'_> {
    fn default() -> Self {
        Self { missing: Missing::Assume, managed_policies: &|_| None, file_limit: 1_000_000_000 }
    }
}

/// Why a snapshot cannot be used at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The path leads nowhere.
    #[error("{path}: cannot be read ({reason})")]
    Unreadable {
        /// The path as given.
        path: String,
        /// The operating system's reason.
        reason: String,
    },
    /// Nothing in it could be used.
    #[error("{path}: no usable snapshot{}", listed(problems))]
    Unusable {
        /// The path as given.
        path: String,
        /// What is wrong with its files.
        problems: Vec<Problem>,
    },
    /// A page says that more pages follow, and they are not there.
    #[error("{file}: found a truncated page (IsTruncated or NextToken), expected the page that follows it")]
    TruncatedPage {
        /// The last page that is there.
        file: Arc<str>,
    },
    /// Changes can't be made to it.
    #[error(transparent)]
    Overlay(#[from] OverlayError),
}

fn listed(problems: &[Problem]) -> String {
    const SHOWN: usize = 10;
    let mut text: String = problems.iter().take(SHOWN).map(|p| format!("\n  {p}")).collect();
    if problems.len() > SHOWN {
        text.push_str(&format!("\n  and {} more problems", problems.len() - SHOWN));
    }
    text
}

/// Everything that the files of a snapshot say.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    accounts: Vec<Account>,
    principals: Vec<PrincipalEntity>,
    groups: Vec<Arc<Group>>,
    policies: Vec<Arc<ManagedPolicy>>,
    providers: Vec<IdentityProvider>,
    /// The accounts all of whose providers of a kind are known.
    providers_listed: BTreeSet<(Arc<str>, &'static str)>,
    resources: Vec<ResourceEntity>,
    endpoints: Vec<VpcEndpoint>,
    organization: Organization,
    assumptions: Vec<Assumption>,
    /// Places in `assumptions` by the ARN that they touch.
    assumptions_by_resource: FxHashMap<Arc<str>, Vec<usize>>,
    blind_spots: Vec<BlindSpot>,
    problems: Vec<Problem>,
    missing: Missing,
    /// The directory, for operations that are read when asked for.
    directory: Option<Arc<(files::Files, index::Index)>>,
    /// What could not be collected, and why.
    errors: errors::Errors,
    inventory: OnceLock<Arc<Inventory>>,
    /// The files that configuration was asked of.
    pages: pages::Pages,
    /// What is to be told of what was deployed over it.
    deployment_notes: Vec<String>,
}

impl Snapshot {
    /// Reads a snapshot directory, an iam-collect directory, or a lone
    /// `get-account-authorization-details` file.
    ///
    /// # Errors
    /// Where nothing can be used, and where a truncated page has no successor. All lesser faults
    /// become [`Snapshot::problems`], and what they hide becomes unknown.
    pub fn load(path: &Path, options: &LoadOptions<'_>) -> Result<Self, LoadError> {
        load::load(path, options)
    }

    /// Reads a snapshot as it would be after changes.
    ///
    /// # Errors
    /// As [`Snapshot::load`], and where a change names what is not there or can't be made to what is.
    pub fn load_with(path: &Path, overlay: &Overlay, options: &LoadOptions<'_>) -> Result<Self, LoadError> {
        overlaid::load_with(path, overlay, options)
    }

    /// A policy document as its file has it, of the snapshot that was read from `path`.
    ///
    /// # Errors
    /// Where there is none of that name.
    pub fn document(
        &self,
        path: &Path,
        holder: &Holder,
        options: &LoadOptions<'_>,
    ) -> Result<Json, LoadError> {
        overlaid::document(path, self, holder, options)
    }

    /// What an operation of a service printed, of the snapshot that was read from `path`: each call, its argument if the file names one, and
    /// the output.
    ///
    /// # Errors
    /// Where a file can't be read.
    pub fn outputs(
        &self,
        path: &Path,
        operation: (&str, &str),
        options: &LoadOptions<'_>,
    ) -> Result<Vec<(OutputOf, Option<String>, Json)>, LoadError> {
        overlaid::outputs(path, self, operation, options)
    }

    /// The accounts that the snapshot covers, by id.
    pub fn accounts(&self) -> &[Account] {
        &self.accounts
    }

    /// Root users, users and roles, by ARN.
    pub fn principals(&self) -> &[PrincipalEntity] {
        &self.principals
    }

    /// A root user, user or role by its ARN.
    pub fn principal(&self, arn: &str) -> Option<&PrincipalEntity> {
        let i = self.principals.binary_search_by(|p| p.arn.as_ref().cmp(arn)).ok()?;
        self.principals.get(i)
    }

    /// The groups, by ARN.
    pub fn groups(&self) -> &[Arc<Group>] {
        &self.groups
    }

    /// The managed policies, by account and ARN.
    pub fn managed_policies(&self) -> &[Arc<ManagedPolicy>] {
        &self.policies
    }

    /// A managed policy as an account sees it.
    pub fn managed_policy(&self, account: &str, arn: &str) -> Option<&Arc<ManagedPolicy>> {
        let key = (account, arn);
        let i = self.policies.binary_search_by(|p| (p.account.as_ref(), p.arn.as_ref()).cmp(&key)).ok()?;
        self.policies.get(i)
    }

    /// The OIDC and SAML providers, by ARN.
    pub fn providers(&self) -> &[IdentityProvider] {
        &self.providers
    }

    /// A provider of an account, by its ARN.
    pub fn provider(&self, account: &str, arn: &str) -> Option<&IdentityProvider> {
        self.providers.iter().find(|p| *p.account == *account && *p.arn == *arn)
    }

    /// Whether an account is known to have no providers of a kind (`oidc-provider`, `saml-provider`) beside
    /// those in [`Snapshot::providers`].
    pub fn lists_providers(&self, account: &str, kind: &str) -> bool {
        self.providers_listed.iter().any(|(a, k)| **a == *account && *k == kind)
    }

    /// The resources that are known by ARN, by ARN.
    pub fn resources(&self) -> &[ResourceEntity] {
        &self.resources
    }

    /// A resource by exactly this ARN.
    pub fn resource(&self, arn: &str) -> Option<&ResourceEntity> {
        let i = self.resources.binary_search_by(|r| r.arn.as_ref().cmp(arn)).ok()?;
        self.resources.get(i)
    }

    /// The resources whose ARNs begin so, by ARN.
    pub fn resources_beginning_with(&self, head: &str) -> &[ResourceEntity] {
        let from = self.resources.partition_point(|r| *r.arn < *head);
        let rest = self.resources.get(from..).unwrap_or_default();
        rest.get(..rest.partition_point(|r| r.arn.starts_with(head))).unwrap_or_default()
    }

    /// The objects that attack steps are about; read when first asked for.
    pub fn inventory(&self) -> &Inventory {
        self.inventory.get_or_init(|| Arc::new(read_inventory(self)))
    }

    /// The VPC endpoints, by account, region and place.
    pub fn endpoints(&self) -> &[VpcEndpoint] {
        &self.endpoints
    }

    /// The organization.
    pub fn organization(&self) -> &Organization {
        &self.organization
    }

    /// The neutral values taken for input that was never collected.
    pub fn assumptions(&self) -> &[Assumption] {
        &self.assumptions
    }

    /// The parts of accounts that could not be read.
    pub fn blind_spots(&self) -> &[BlindSpot] {
        &self.blind_spots
    }

    /// Of what was deployed over it: what is not read, and what is taken for what.
    pub fn deployment_notes(&self) -> &[String] {
        &self.deployment_notes
    }

    /// Adds what is to be told of what was deployed.
    fn deploy(&mut self, deployed: Translation) {
        self.deployment_notes = deployed.notes;
        self.blind_spots.extend(deployed.blind_spots);
        self.blind_spots.sort();
        self.blind_spots.dedup();
        if self.missing == Missing::Unknown {
            let spots = deployed.assumptions.iter().map(|assumption| BlindSpot {
                account: assumption.touches.account.clone(),
                services: Vec::new(),
                hides_callers: true,
                what: assumption.text.clone(),
                file: "".into(),
            });
            self.blind_spots.extend(spots);
            return;
        }
        self.assumptions.extend(deployed.assumptions);
        self.index_assumptions();
    }

    /// Sorts the assumptions and notes which are about which resource.
    fn index_assumptions(&mut self) {
        self.assumptions.sort();
        self.assumptions.dedup();
        self.assumptions_by_resource.clear();
        for (i, assumption) in self.assumptions.iter().enumerate() {
            if let Some(resource) = &assumption.touches.resource {
                self.assumptions_by_resource.entry(resource.clone()).or_default().push(i);
            }
        }
    }

    /// What is wrong with the files, in the order of reading.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}
