//! What a pipeline's controls look up: its gates, its stores and their keys, and the roles that read and make artifacts.

use super::case::Case;
use crate::ask::AskError;
use crate::pipelines::{MappedAction, MappedPipeline, Store, StoreKey, Untold};
use gateproof_model::arn::Arn;
use gateproof_model::configuration::Told;
use gateproof_model::configuration::codebuild::BuildProject;
use gateproof_model::pipeline::Action;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Providers whose work reads and writes the artifacts itself, with the roles that it runs with. Of others, the role that calls the provider
/// does; a function that is invoked is handed credentials for its artifacts.
///
/// CodePipeline User Guide, "Action structure reference", by provider: permissions; "Example JSON event", `artifactCredentials`.
const READERS: [&str; 4] = ["CodeBuild", "Commands", "ECRBuildAndPublish", "InspectorScan"];

impl MappedPipeline {
    /// The actions, each with its place: `STAGE/ACTION`.
    pub(super) fn actions(&self) -> Vec<(String, &MappedAction)> {
        let stages = self.stages.iter();
        let all = stages.flat_map(|stage| stage.actions.iter().map(move |action| (stage, action)));
        all.map(|(stage, action)| (format!("{}/{}", stage.name, action.name), action)).collect()
    }

    /// The actions alone.
    pub(super) fn each_action(&self) -> impl Iterator<Item = &MappedAction> {
        self.stages.iter().flat_map(|stage| &stage.actions)
    }

    /// The gates, each with its ARN.
    pub(super) fn gates(&self) -> Vec<(String, String)> {
        let gates = self.actions().into_iter().filter(|(_, action)| action.gate);
        gates.map(|(place, _)| (place.clone(), format!("{}/{place}", self.arn))).collect()
    }

    /// The roles with which the work of some actions is done.
    pub(super) fn roles_of(&self, some: impl Fn(&MappedAction) -> bool) -> BTreeSet<Arc<str>> {
        let actions = self.each_action().filter(|action| some(action));
        actions.flat_map(|action| action.runs_as.iter().cloned()).collect()
    }

    /// The accounts that it deploys to, by stage.
    fn deployed(&self) -> impl Iterator<Item = (usize, Arc<str>)> {
        let stages = self.stages.iter().enumerate();
        let actions = stages.flat_map(|(n, stage)| stage.actions.iter().map(move |action| (n, action)));
        actions.filter(|(_, action)| action.category == "Deploy").map(|(n, action)| {
            let account =
                Arn::parse(&action.role).map_or_else(|| self.account.clone(), |arn| arn.account.into());
            (n, action.by.as_ref().map_or(account, |by| by.account.clone()))
        })
    }

    /// The accounts that it deploys to.
    pub(super) fn deploys_to(&self) -> BTreeSet<Arc<str>> {
        self.deployed().map(|(_, account)| account).collect()
    }

    /// The gates that stand before a deployment to some accounts, each with its ARN.
    pub(super) fn gates_before(&self, accounts: &BTreeSet<String>) -> Vec<(String, String)> {
        let there = self.deployed().filter(|(_, account)| accounts.contains(&**account));
        let stages = there.map(|(n, _)| n + 1).max().unwrap_or(0);
        let before: BTreeSet<&str> =
            self.stages.iter().take(stages).map(|stage| stage.name.as_str()).collect();
        let in_time = |place: &str| place.split_once('/').is_some_and(|(stage, _)| before.contains(stage));
        self.gates().into_iter().filter(|(place, _)| in_time(place)).collect()
    }

    /// The partition that it is in.
    pub(super) fn partition(&self) -> &str {
        Arn::parse(&self.arn).map_or("aws", |arn| arn.partition)
    }

    /// Where its artifacts are kept in a bucket: its folder has so many letters of its name.
    fn folder(&self, bucket: &str) -> String {
        format!(
            "arn:{}:s3:::{bucket}/{}/*",
            self.partition(),
            gateproof_model::pipeline::folder_of(&self.name)
        )
    }
}

impl<'a> Case<'a> {
    /// The actions, each with its place and what AWS says of it. Another stage may have one of the same name.
    pub fn declared_actions(&self) -> Vec<(String, &'a MappedAction, &'a Action)> {
        let stages = self.pipeline.stages.iter().zip(&self.declared.declaration.stages);
        let each = stages.flat_map(|(stage, declared)| {
            let said = |action: &'a MappedAction| {
                let said = declared.actions.iter().find(|said| said.name == action.name)?;
                Some((format!("{}/{}", stage.name, action.name), action, said))
            };
            stage.actions.iter().filter_map(said).collect::<Vec<_>>()
        });
        each.collect()
    }

    /// The artifact bucket's ARN.
    pub fn bucket(&self, store: &Store) -> String {
        format!("arn:{}:s3:::{}", self.pipeline.partition(), store.bucket)
    }

    /// The ARNs of the pipeline's objects in the store.
    pub fn folder(&self, store: &Store) -> String {
        self.pipeline.folder(&store.bucket)
    }

    /// The ARN of the store's key, an alias being resolved; `None`: it names none.
    pub fn keys(&self, store: &Store) -> Option<Vec<String>> {
        let StoreKey::Named(named) = &store.key else { return None };
        Some(vec![self.key_arn(named, store)])
    }

    /// The ARN of a key that is named by its ARN, its id or an alias, at a store.
    pub fn key_arn(&self, named: &str, store: &Store) -> String {
        let (partition, account) = (self.pipeline.partition(), &self.pipeline.account);
        let arn = match named {
            arn if arn.starts_with("arn:") => arn.to_owned(),
            alias if alias.starts_with("alias/") => {
                format!("arn:{partition}:kms:{}:{account}:{alias}", store.region)
            }
            id => format!("arn:{partition}:kms:{}:{account}:key/{id}", store.region),
        };
        self.key_behind(&arn).map_or(arn, |key| key.to_string())
    }

    /// The account that owns the artifact bucket: the pipeline's, where no file tells.
    pub fn owner(&self, store: &Store) -> Arc<str> {
        let known = self.estate.snapshot.resource(&self.bucket(store));
        known.map_or_else(|| self.pipeline.account.clone(), |bucket| bucket.account.clone())
    }

    /// The build projects that the pipeline runs, with what AWS says of each.
    pub fn projects(&self) -> Vec<(Arc<str>, Told<BuildProject>)> {
        let ran = self.pipeline.actions().into_iter().filter_map(|(_, action)| action.by.as_ref());
        let projects: BTreeSet<(&Arc<str>, &Arc<str>)> =
            ran.filter(|by| by.kind == "codebuild.project").map(|by| (&by.name, &by.account)).collect();
        let told = |(arn, account): (&Arc<str>, &Arc<str>)| {
            let region = Arn::parse(arn).map_or(&*self.pipeline.region, |arn| arn.region);
            let name = arn.rsplit('/').next().unwrap_or_default();
            (arn.clone(), self.estate.snapshot.build_project(account, region, name))
        };
        projects.into_iter().map(told).collect()
    }

    /// The accounts that are production; `None`: nobody says.
    pub fn production_accounts(&self) -> Result<Option<&'a BTreeSet<String>>, AskError> {
        let Some(name) = &self.intent.production else { return Ok(None) };
        let accounts = self.settings.ask.environments.accounts.get(name);
        let accounts = accounts.ok_or_else(|| AskError::Misplaced {
            given: format!("env:{name}"),
            why: "no environment of that name is configured",
        })?;
        Ok(Some(accounts))
    }

    /// The roles that read artifacts of the store, or write them: who uploads one in parts must decrypt, too. Of all pipelines that keep
    /// theirs under the same key, or in the bucket where it names none.
    ///
    /// Amazon S3 User Guide, "Uploading and copying objects using multipart upload", permissions with AWS KMS.
    pub fn handlers(&self, store: &Store) -> BTreeSet<Arc<str>> {
        self.roles_at(store, |action| !action.inputs.is_empty() || !action.outputs.is_empty())
    }

    /// The roles that read artifacts of the store.
    pub fn readers(&self, store: &Store) -> BTreeSet<Arc<str>> {
        self.roles_at(store, |action| !action.inputs.is_empty())
    }

    /// The roles that write artifacts to the store's bucket, of all pipelines.
    pub fn makers(&self, store: &Store) -> BTreeSet<Arc<str>> {
        self.roles_at(store, |action| !action.outputs.is_empty())
    }

    fn roles_at(&self, store: &Store, some: impl Fn(&MappedAction) -> bool) -> BTreeSet<Arc<str>> {
        let mut roles = BTreeSet::new();
        let key = self.keys(store);
        let shares = |other: &Store| match &key {
            Some(key) => self.keys(other).as_ref() == Some(key),
            None => other.bucket == store.bucket,
        };
        for pipeline in self.map.pipelines.iter().filter(|p| p.stores.iter().any(&shares)) {
            roles.insert(pipeline.role.as_str().into());
            for action in pipeline.each_action().filter(|action| some(action)) {
                roles.insert(action.role.as_str().into());
                if READERS.contains(&&*action.provider) {
                    roles.extend(action.runs_as.iter().cloned());
                }
            }
        }
        roles
    }

    /// Says of which of some actions it is not told with which roles their work is done; whether there is one.
    pub fn untold_roles(&mut self, some: impl Fn(&MappedAction) -> bool) -> bool {
        let mut untold = false;
        for (place, action) in self.pipeline.actions().into_iter().filter(|(_, action)| some(action)) {
            if !action.untold.is_empty() {
                self.unknown(&place, "with which role its work is done is not told", action.untold.clone());
                untold = true;
            }
        }
        untold
    }

    /// Who is meant to change pipelines; `None`: nobody says.
    pub fn platform(&self) -> Result<Option<BTreeSet<Arc<str>>>, AskError> {
        self.intent.platform.as_deref().map(|platform| self.principals(platform)).transpose()
    }

    /// The gates that stand before a deployment to production. `None`: nobody says what is production, or there is nothing to
    /// approve; then that is said.
    pub fn production_gates(&mut self, what: &str) -> Result<Option<Vec<(String, String)>>, AskError> {
        let Some(accounts) = self.production_accounts()? else {
            self.not_meant(
                "the gates",
                "production",
                &format!("what is production, so that it is known {what}"),
            );
            return Ok(None);
        };
        let gates = self.pipeline.gates_before(accounts);
        if gates.is_empty() {
            self.holds("the gates", "no gate stands before production", Vec::new());
            return Ok(None);
        }
        Ok(Some(gates))
    }

    /// Whether nothing is known of a role: then that is said.
    pub fn is_untold(&mut self, role: &str) -> bool {
        if self.estate.snapshot.principal(role).is_some() {
            return false;
        }
        let account = Arn::parse(role).map_or("", |arn| arn.account);
        let command = format!("aws iam get-account-authorization-details (account {account})");
        let missing = vec![Untold { what: format!("the policies of {role}"), command: Some(command) }];
        self.unknown(role, format!("{role} is not in the snapshot"), missing);
        true
    }
}
