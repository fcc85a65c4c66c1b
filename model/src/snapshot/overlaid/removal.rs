//! Taking away users, roles, groups, managed policies and resources.

use super::Layout;
use super::edits::{Edits, is_taken_out};
use super::entities::{Home, kind_of};
use crate::arn::Arn;
use crate::json::Json;
use crate::overlay::OverlayError;
use crate::snapshot::OperationFile;
use crate::snapshot::errors::ERRORS_FILE;
use crate::snapshot::resources::RESOURCE_POLICIES_FILE;
use std::sync::Arc;

/// The members by which an item of a list says what it is.
const ARN_MEMBERS: [&str; 20] = [
    "Arn",
    "arn",
    "ARN",
    "KeyArn",
    "TopicArn",
    "FunctionArn",
    "BucketArn",
    "StackId",
    "ConnectionArn",
    "pipelineArn",
    "repositoryArn",
    "stateMachineArn",
    "clusterArn",
    "serviceArn",
    "TrailARN",
    "FileSystemArn",
    "BackupVaultArn",
    "StreamARN",
    "ResourceARN",
    "AccessPointArn",
];
const NAME_MEMBERS: [&str; 6] = ["Name", "name", "KeyId", "TargetKeyId", "repositoryName", "DomainName"];

impl Edits<'_> {
    /// Takes away whatever has this name.
    pub(super) fn remove(&mut self, what: &str) -> Result<(), OverlayError> {
        let short = ["role/", "user/", "group/", "policy/"].iter().any(|kind| what.starts_with(kind));
        let arn = if short { self.arn_of(what)? } else { self.resource_arn(what)? };
        match kind_of(&arn) {
            Some(kind) => self.remove_entity(&arn, kind.prefix),
            None => self.remove_resource(&arn),
        }
    }

    fn remove_entity(&mut self, arn: &str, prefix: &str) -> Result<(), OverlayError> {
        let home = self.home(arn)?;
        match prefix {
            "policy" => self.release_policy(arn)?,
            "group" => self.release_group(arn)?,
            _ => {}
        }
        match home {
            Home::Element { file, pointer } => self.take_out(&file, &pointer),
            Home::Folder(folder) => {
                let files = self.files_below(&folder);
                files.iter().for_each(|file| self.delete(file));
                self.delete(&folder);
                Ok(())
            }
        }
    }

    /// A policy that is gone is attached to nobody; one that is a boundary can't go (IAM API Reference, "DeletePolicy").
    fn release_policy(&mut self, arn: &str) -> Result<(), OverlayError> {
        let account = Arn::parse(arn).map(|a| a.account.to_owned()).unwrap_or_default();
        let base = self.base;
        let bound = base.principals().iter().find(|p| p.boundary_arn.as_deref() == Some(arn));
        if let Some(bound) = bound {
            let why = format!("it is the permissions boundary of {}, so it can't be removed", bound.arn);
            return Err(OverlayError::unfit(arn, why));
        }
        let principals = base.principals().iter().filter(|p| *p.account == *account).map(|p| &p.arn);
        let groups = base.groups().iter().filter(|g| *g.account == *account).map(|g| &g.arn);
        for holder in principals.chain(groups).filter(|holder| !holder.ends_with(":root")) {
            let Ok(home) = self.home(holder) else { continue };
            let mut items = self.items(&home, "AttachedManagedPolicies")?;
            let before = items.len();
            items.retain(|item| item.get("PolicyArn").and_then(Json::as_str) != Some(arn));
            if items.len() < before {
                self.set_member_of(&home, "AttachedManagedPolicies", Json::Array(items))?;
            }
        }
        Ok(())
    }

    fn release_group(&mut self, arn: &str) -> Result<(), OverlayError> {
        let base = self.base;
        for user in base.principals().iter().filter(|p| p.groups.iter().any(|g| **g == *arn)) {
            let Ok(home) = self.home(&user.arn) else { continue };
            let mut items = self.items(&home, "GroupList")?;
            let name = arn.rsplit('/').next();
            items.retain(|item| item.as_str().and_then(|g| g.rsplit('/').next()) != name);
            self.set_member_of(&home, "GroupList", Json::Array(items))?;
        }
        Ok(())
    }

    fn remove_resource(&mut self, arn: &str) -> Result<(), OverlayError> {
        let parsed = Arn::parse(arn).ok_or_else(|| OverlayError::missing(arn, "an ARN"))?;
        let known = self.base.resource(arn).map(|r| r.account.to_string());
        let account = known.or_else(|| parsed.account_id().map(str::to_owned)).unwrap_or_default();
        let mut found = self.remove_policies_of(arn)?;
        if self.layout == Layout::IamCollect {
            let place = self.base.resource(arn).map(|r| r.place.file.clone());
            let folder = place.as_ref().and_then(|file| file.strip_suffix("/metadata.json"));
            if let Some(folder) = folder {
                self.files_below(folder).iter().for_each(|file| self.delete(file));
                self.delete(folder);
                found = true;
            }
        }
        let name = parsed.resource.rsplit(['/', ':']).next().unwrap_or_default();
        let (index, services) = (self.index, services_of(parsed.service));
        let files = index.operations(&account).filter(|(service, _, _)| services.contains(service));
        for file in files.flat_map(|(_, _, files)| files) {
            found |= self.remove_from(file, arn, name)?;
        }
        found |= self.forget_errors(&account, &services, &[name, arn])?;
        self.gone.push(arn.to_owned());
        if found { Ok(()) } else { Err(OverlayError::missing(arn, "something of the snapshot")) }
    }

    /// Takes a thing out of one file; whether it was there.
    fn remove_from(&mut self, file: &OperationFile, arn: &str, name: &str) -> Result<bool, OverlayError> {
        if !self.exists(&file.file) {
            return Ok(false);
        }
        if let Some(argument) = &file.name {
            let is_it = **argument == *arn || **argument == *name || argument.ends_with(&format!("/{name}"));
            if is_it {
                self.delete(&file.file);
            }
            return Ok(is_it);
        }
        let mut places = Vec::new();
        for (list, value) in self.json(&file.file)?.as_object().unwrap_or_default() {
            let items = value.as_array().unwrap_or_default().iter().enumerate();
            places
                .extend(items.filter(|(_, i)| is_about(i, arn, name)).map(|(at, _)| format!("/{list}/{at}")));
        }
        places.iter().try_for_each(|place| self.take_out(&file.file, place))?;
        Ok(!places.is_empty())
    }

    /// What `errors.json` says of a thing is taken out of it.
    fn forget_errors(
        &mut self,
        account: &str,
        services: &[&str],
        names: &[&str],
    ) -> Result<bool, OverlayError> {
        if !self.exists(ERRORS_FILE) {
            return Ok(false);
        }
        let items = self.json(ERRORS_FILE)?.as_array().unwrap_or_default().iter().enumerate();
        let is = |item: &Json, key: &str, wanted: &[&str]| {
            item.get(key).and_then(Json::as_str).is_some_and(|text| wanted.contains(&text))
        };
        let about = items.filter(|(_, item)| {
            is(item, "account", &[account]) && is(item, "service", services) && is(item, "name", names)
        });
        let places: Vec<String> = about.map(|(at, _)| format!("/{at}")).collect();
        places.iter().try_for_each(|place| self.take_out(ERRORS_FILE, place))?;
        Ok(!places.is_empty())
    }

    fn remove_policies_of(&mut self, arn: &str) -> Result<bool, OverlayError> {
        if !self.exists(RESOURCE_POLICIES_FILE) {
            return Ok(false);
        }
        let items = self.json(RESOURCE_POLICIES_FILE)?.as_array().unwrap_or_default().iter().enumerate();
        let is_it = |item: &Json| item.get("Resource").and_then(Json::as_str) == Some(arn);
        let places: Vec<String> =
            items.filter(|(_, item)| is_it(item)).map(|(at, _)| format!("/{at}")).collect();
        places.iter().try_for_each(|place| self.take_out(RESOURCE_POLICIES_FILE, place))?;
        Ok(!places.is_empty())
    }

    /// The files of an entity's folder.
    fn files_below(&self, folder: &str) -> Vec<Arc<str>> {
        let listed = crate::snapshot::index::list(self.files, folder).map(|(children, _)| children);
        let files = listed.unwrap_or_default().into_iter().filter(|c| !c.is_folder).map(|c| c.path.into());
        files.collect()
    }
}

/// The CLI's names of a service that ARNs call so.
fn services_of(service: &str) -> Vec<&str> {
    match service {
        "s3" => vec!["s3api", "s3control"],
        "states" => vec!["stepfunctions"],
        "es" => vec!["opensearch", "es"],
        "elasticfilesystem" => vec!["efs"],
        other => vec![other],
    }
}

/// Whether an item of a list is the thing, or an alias of it.
fn is_about(item: &Json, arn: &str, name: &str) -> bool {
    if let Some(text) = item.as_str() {
        return !is_taken_out(item) && (text == arn || text == name || text.ends_with(&format!("/{name}")));
    }
    let is = |key: &&str, value: &str| item.get(key).and_then(Json::as_str) == Some(value);
    let told = ARN_MEMBERS.iter().any(|key| item.get(key).is_some_and(|v| v.as_str().is_some()));
    ARN_MEMBERS.iter().any(|key| is(key, arn))
        || (NAME_MEMBERS.iter().any(|key| is(key, name)) && (!told || is(&"TargetKeyId", name)))
}
