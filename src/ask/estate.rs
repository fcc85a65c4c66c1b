//! All that questions are asked about: the snapshot, the catalogue, and what is prepared from them once.

use super::caller::CallerEntity;
use super::facts::{ResourceFacts, resource_facts};
use super::known::KnownSets;
use super::plan::KnownKinds;
use super::taken::TakenNames;
use super::target::Place;
use super::trusting::TrustGroups;
use crate::engine::Memory;
use gateproof_encodings::compiled::Compiler;
use gateproof_encodings::layers::{Documents, compile_levels};
use gateproof_model::account::PrincipalEntity;
use gateproof_model::catalogue::Catalogue;
use gateproof_model::json::Json;
use gateproof_model::overlay::{Holder, OutputOf, Overlay};
use gateproof_model::policy::{Document, Source};
use gateproof_model::policy_parse::{DocumentKind, parse_document};
use gateproof_model::rules::Rules;
use gateproof_model::snapshot::{Changes, LoadError, LoadOptions, Missing, Snapshot};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::path::Path;
use std::sync::Arc;

/// A loaded snapshot, ready to be asked about. Shared by threads.
pub struct Estate {
    /// What the files say.
    pub snapshot: Snapshot,
    /// What AWS's services are.
    pub catalogue: &'static Catalogue,
    /// How the unsettled points are read.
    pub rules: Rules,
    /// What to make of input that was never collected.
    pub missing: Missing,
    pub(crate) compiler: Arc<Compiler>,
    pub(crate) memory: Arc<Memory>,
    pub(crate) kinds: KnownKinds,
    pub(crate) callers: Vec<Arc<CallerEntity>>,
    /// Services, holders of tokens, and principals of accounts that the snapshot doesn't cover.
    pub(crate) beside: Vec<CallerEntity>,
    /// The RCPs that bind each account's resources, prepared.
    pub(crate) rcps: FxHashMap<Arc<str>, Vec<Documents>>,
    /// Places among the snapshot's resources, by service.
    pub(crate) resources_of_service: FxHashMap<String, Vec<usize>>,
    /// The known resources, by what concerns an action.
    pub(crate) known_sets: KnownSets,
    /// The roles by their trust policies.
    pub(crate) trust_groups: TrustGroups,
    /// What new objects can't be called.
    pub(crate) taken_names: TakenNames,
    /// What each account fixes of the context of requests for its resources.
    pub(crate) account_facts: FxHashMap<Arc<str>, Arc<ResourceFacts>>,
    /// What a KMS key has where no policy was collected: its account's identity policies decide.
    pub(crate) default_key_policies: Vec<(Arc<str>, Arc<Document>)>,
}

/// How to load an estate.
#[derive(Debug, Clone, Copy, Default)]
pub struct EstateOptions {
    /// What to make of input that was never collected.
    pub missing: Missing,
}

impl Estate {
    /// Loads a snapshot and prepares it.
    ///
    /// # Errors
    /// Where nothing of the snapshot can be used.
    pub fn load(path: &Path, options: EstateOptions) -> Result<Self, LoadError> {
        Self::load_with(path, &Overlay::default(), options)
    }

    /// Loads a snapshot as it would be after changes, and prepares it.
    ///
    /// # Errors
    /// Where nothing of the snapshot can be used, or a change can't be made.
    pub fn load_with(path: &Path, overlay: &Overlay, options: EstateOptions) -> Result<Self, LoadError> {
        let load =
            LoadOptions { missing: options.missing, managed_policies: &managed, ..LoadOptions::default() };
        Ok(Self::of(Snapshot::load_with(path, overlay, &load)?, options))
    }

    /// A policy document as its file has it, of the estate that was loaded from `path`; `None`: there is none of that name.
    pub fn document(&self, path: &Path, holder: &Holder) -> Option<Json> {
        let load =
            LoadOptions { missing: self.missing, managed_policies: &managed, ..LoadOptions::default() };
        self.snapshot.document(path, holder, &load).ok()
    }

    /// What an operation of a service printed, of the estate that was loaded from `path`; nothing where a file can't be read.
    pub fn outputs(&self, path: &Path, operation: (&str, &str)) -> Vec<(OutputOf, Option<String>, Json)> {
        let load =
            LoadOptions { missing: self.missing, managed_policies: &managed, ..LoadOptions::default() };
        self.snapshot.outputs(path, operation, &load).unwrap_or_default()
    }

    /// Prepares a snapshot.
    pub fn of(snapshot: Snapshot, options: EstateOptions) -> Self {
        let (compiler, memory, kinds) = (Arc::default(), Arc::default(), KnownKinds::default());
        let read = (options.missing, Rules::default());
        let estate = Self::with(snapshot, read, (compiler, memory, kinds), |_| None);
        // Whoever asks first shall not wait for it.
        estate.trust_groups();
        estate
    }

    /// The estate after changes to its policies. What was prepared and remembered is shared with this one.
    pub(crate) fn changed(&self, changes: &Changes) -> Self {
        let shared = (self.compiler.clone(), self.memory.clone(), self.kinds.clone());
        // Both are in the order of their ARNs.
        let mut known = self.callers.iter().peekable();
        let unchanged = |p: &PrincipalEntity| {
            while known.next_if(|caller| caller.id < p.arn).is_some() {}
            known.next_if(|caller| caller.id == p.arn).filter(|_| !changes.concern(p)).cloned()
        };
        Self::with(self.snapshot.changed(changes), (self.missing, self.rules), shared, unchanged)
    }

    fn with(
        snapshot: Snapshot,
        (missing, rules): (Missing, Rules),
        (compiler, memory, kinds): (Arc<Compiler>, Arc<Memory>, KnownKinds),
        mut known: impl FnMut(&PrincipalEntity) -> Option<Arc<CallerEntity>>,
    ) -> Self {
        let of = |p: &PrincipalEntity| known(p).unwrap_or_else(|| Arc::new(CallerEntity::of(p, &snapshot)));
        let callers = snapshot.principals().iter().map(of).collect();
        let default_key_policies = snapshot
            .accounts()
            .iter()
            .filter_map(|a| Some((a.id.clone(), default_key_policy(&a.id, &a.partition)?)))
            .collect();
        let mut estate = Self {
            snapshot,
            catalogue: Catalogue::embedded(),
            rules,
            missing,
            compiler,
            memory,
            kinds,
            callers,
            beside: Vec::new(),
            rcps: FxHashMap::default(),
            resources_of_service: FxHashMap::default(),
            known_sets: KnownSets::default(),
            trust_groups: TrustGroups::default(),
            taken_names: TakenNames::default(),
            account_facts: FxHashMap::default(),
            default_key_policies,
        };
        estate.beside = estate.services();
        estate.beside.extend(estate.federated());
        estate.beside.extend(estate.outsiders());
        estate.prepare_policies();
        estate
    }

    /// Prepares what every question needs.
    fn prepare_policies(&mut self) {
        let accounts = self.snapshot.accounts().iter().map(|a| &a.id);
        self.account_facts = accounts
            .clone()
            .map(|id| (id.clone(), Arc::new(resource_facts(self, &Place::Other, Some(id)))))
            .collect();
        for (n, resource) in self.snapshot.resources().iter().enumerate() {
            self.resources_of_service.entry(resource.service().to_owned()).or_default().push(n);
        }
        let organization = self.snapshot.organization();
        self.rcps = accounts
            .map(|id| (id.clone(), compile_levels(organization.rcp_levels(id), &self.compiler)))
            .collect();
        self.callers.par_iter().for_each(|caller| {
            let layers = caller.prepared(&self.compiler);
            let documents = layers.identity.iter().chain(layers.boundary.iter().flatten());
            for document in documents.chain(layers.scps.iter().flatten()) {
                document.actions(&self.compiler.actions);
            }
        });
    }

    /// The users, roles and root users, by ARN.
    pub fn callers(&self) -> impl DoubleEndedIterator<Item = &CallerEntity> + ExactSizeIterator {
        self.callers.iter().map(AsRef::as_ref)
    }
}

/// The documents of AWS's managed policies, where the snapshot doesn't hold them.
fn managed(arn: &str) -> Option<String> {
    Catalogue::embedded().managed_document(arn).map(|text| text.into_owned())
}

/// AWS KMS Developer Guide, "Default key policy": the account itself, so that its IAM policies decide.
fn default_key_policy(account: &str, partition: &str) -> Option<Arc<Document>> {
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"Enable IAM User Permissions","Effect":"Allow","Principal":{{"AWS":"arn:{partition}:iam::{account}:root"}},"Action":"kms:*","Resource":"*"}}]}}"#
    );
    let source =
        Source { policy: "default key policy".into(), file: "(not collected)".into(), pointer: "".into() };
    let json = Json::parse(&text).ok()?;
    parse_document(&json, DocumentKind::Resource, source).ok().map(|(document, _)| Arc::new(document))
}
