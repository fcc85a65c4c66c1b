//! Changes to the policies of resources, where a call's output tells of them, or else in `resource-policies.json`.

use super::Layout;
use super::edits::{Edits, is_taken_out};
use super::outputs::file_name;
use super::principals::checked;
use crate::arn::Arn;
use crate::json::Json;
use crate::overlay::{Given, OverlayError};
use crate::policy_parse::DocumentKind;
use crate::snapshot::errors::ERRORS_FILE;
use crate::snapshot::policy_calls::{PolicyCall, call_for};
use crate::snapshot::resources::RESOURCE_POLICIES_FILE;

impl Edits<'_> {
    /// Changes the policy of a resource that the snapshot knows.
    pub(super) fn put_resource_policy(
        &mut self,
        name: &str,
        document: Option<&Given>,
    ) -> Result<(), OverlayError> {
        let arn = self.resource_arn(name)?;
        let resource = self.base.resource(&arn);
        let resource = resource.ok_or_else(|| OverlayError::missing(name, "a resource of the snapshot"))?;
        let account = resource.account.to_string();
        self.put_policy_of(&arn, &account, document)
    }

    /// Changes the policy of a resource of an account.
    pub(super) fn put_policy_of(
        &mut self,
        arn: &str,
        account: &str,
        document: Option<&Given>,
    ) -> Result<(), OverlayError> {
        let place = self.policy_place(arn);
        self.forget_others(arn, place.as_ref())?;
        let Some(given) = document else { return self.remove_policy_of(arn, account, place) };
        let document = checked(given, DocumentKind::Resource)?;
        if let Some((file, pointer)) = place {
            if pointer.is_empty() && self.layout != Layout::IamCollect {
                return Err(OverlayError::unfit(arn, "its policy is put together from several"));
            }
            let old = self.at(&file, &pointer)?;
            *old = if old.as_str().is_some() { Json::String(document.to_string()) } else { document };
            return Ok(());
        }
        match call_for(arn).filter(|_| self.layout == Layout::Calls) {
            Some((call, name)) => self.put_in_output(call, name, arn, account, &document),
            None => self.put_in_list(arn, account, document),
        }
    }

    /// Where the policy of a resource stands after the changes made so far.
    pub(super) fn policy_place(&mut self, arn: &str) -> Option<(String, String)> {
        if let Some(told) = self.policies.get(arn) {
            return told.clone();
        }
        let source = &self.base.resource(arn)?.policy.as_ref()?.source;
        let file = source.file.to_string();
        let is_file = !file.is_empty() && !file.starts_with('(') && file != ERRORS_FILE && self.exists(&file);
        let place = is_file.then(|| (file, source.pointer.to_string()))?;
        if place.0 != RESOURCE_POLICIES_FILE || self.layout != Layout::Calls {
            return Some(place);
        }
        // Where a call tells of it too, that is what is changed, and the other is taken out.
        let account = self.base.resource(arn)?.account.to_string();
        let by_call = call_for(arn).and_then(|(call, name)| {
            let file = self.told_by(call, name, arn, &account).ok().flatten()?;
            let pointer = pointer_of(call.document);
            self.json(&file).ok()?.at(&pointer).is_some().then_some((file, pointer))
        });
        by_call.or(Some(place))
    }

    /// The file in which a call tells of a resource.
    fn told_by(
        &mut self,
        call: &PolicyCall,
        name: &str,
        arn: &str,
        account: &str,
    ) -> Result<Option<String>, OverlayError> {
        let stated = pointer_of(call.arn);
        for file in self.index.files(account, call.service, call.operation) {
            if !self.exists(&file.file) {
                continue;
            }
            let named = file.name.as_deref().is_some_and(|n| n == name || n == arn);
            let json = self.json(&file.file)?;
            if named || (!stated.is_empty() && json.at(&stated).and_then(Json::as_str) == Some(arn)) {
                return Ok(Some(file.file.to_string()));
            }
        }
        Ok(None)
    }

    /// What `resource-policies.json` says of the resource too is taken out of it.
    fn forget_others(&mut self, arn: &str, place: Option<&(String, String)>) -> Result<(), OverlayError> {
        if !self.exists(RESOURCE_POLICIES_FILE) {
            return Ok(());
        }
        let items = self.json(RESOURCE_POLICIES_FILE)?.as_array().unwrap_or_default();
        let is_it = |item: &Json| item.get("Resource").and_then(Json::as_str) == Some(arn);
        let found: Vec<usize> =
            items.iter().enumerate().filter(|(_, item)| is_it(item)).map(|(at, _)| at).collect();
        for at in found {
            let own = format!("/{at}/Policy");
            if place.is_none_or(|(file, pointer)| file != RESOURCE_POLICIES_FILE || *pointer != own) {
                self.take_out(RESOURCE_POLICIES_FILE, &format!("/{at}"))?;
            }
        }
        Ok(())
    }

    fn remove_policy_of(
        &mut self,
        arn: &str,
        account: &str,
        place: Option<(String, String)>,
    ) -> Result<(), OverlayError> {
        if Arn::parse(arn).is_some_and(|a| a.service == "kms") {
            return Err(OverlayError::unfit(arn, "a key can't be without a key policy"));
        }
        let expected = "a resource whose policy the snapshot tells of";
        let (file, pointer) = place.ok_or_else(|| OverlayError::missing(arn, expected))?;
        self.policies.insert(arn.to_owned(), None);
        if file == RESOURCE_POLICIES_FILE {
            return self.take_out(&file, pointer.trim_end_matches("/Policy"));
        }
        if pointer.matches('/').count() > 1 {
            return self.take_out(&file, &pointer);
        }
        self.delete(&file);
        match call_for(arn).filter(|_| self.layout == Layout::Calls) {
            Some((call, name)) => self.say_absent(account, call, name),
            None => Ok(()),
        }
    }

    /// Says in `errors.json` that a resource has no policy.
    fn say_absent(&mut self, account: &str, call: &PolicyCall, name: &str) -> Result<(), OverlayError> {
        let text = |text: &str| Json::String(text.to_owned());
        let members = [
            ("account", text(account)),
            ("service", text(call.service)),
            ("operation", text(call.operation)),
            ("name", text(name)),
            ("error", text("NoSuchPolicy")),
        ];
        let entry = Json::Object(members.into_iter().map(|(k, v)| (k.to_owned(), v)).collect());
        if !self.exists(ERRORS_FILE) {
            self.write(ERRORS_FILE, Json::Array(Vec::new()));
        }
        match self.json(ERRORS_FILE)? {
            Json::Array(items) => items.push(entry),
            other => {
                let why = format!("found {}, expected a list", other.kind());
                return Err(OverlayError::unfit(ERRORS_FILE, why));
            }
        }
        Ok(())
    }

    /// As the call prints it that would be asked for the policy.
    fn put_in_output(
        &mut self,
        call: &PolicyCall,
        name: &str,
        arn: &str,
        account: &str,
        document: &Json,
    ) -> Result<(), OverlayError> {
        let by_name = ["s3api", "kms", "lambda", "ecr"].contains(&call.service);
        let argument = if by_name { name } else { arn };
        let pointer = pointer_of(call.document);
        let document = Json::String(document.to_string());
        if let Some(file) = self.told_by(call, name, arn, account)? {
            nest(self.json(&file)?, call.document, document);
            self.policies.insert(arn.to_owned(), Some((file, pointer)));
            return Ok(());
        }
        let region = Arn::parse(arn).map(|a| a.region).filter(|r| !r.is_empty()).unwrap_or("global");
        let folder = format!("accounts/{account}/{region}/{}/{}", call.service, call.operation);
        let file = format!("{folder}/{}.json", file_name(argument));
        let mut json = Json::Object(Vec::new());
        nest(&mut json, call.document, document);
        nest(&mut json, call.arn, Json::String(arn.to_owned()));
        self.write(&file, json);
        self.policies.insert(arn.to_owned(), Some((file, pointer)));
        Ok(())
    }

    fn put_in_list(&mut self, arn: &str, account: &str, document: Json) -> Result<(), OverlayError> {
        if !self.exists(RESOURCE_POLICIES_FILE) {
            self.write(RESOURCE_POLICIES_FILE, Json::Array(Vec::new()));
        }
        let members = [
            ("Resource", Json::String(arn.to_owned())),
            ("Account", Json::String(account.to_owned())),
            ("Policy", document),
        ];
        let entry = Json::Object(members.into_iter().map(|(k, v)| (k.to_owned(), v)).collect());
        let Json::Array(items) = self.json(RESOURCE_POLICIES_FILE)? else {
            return Err(OverlayError::unfit(RESOURCE_POLICIES_FILE, "expected a list"));
        };
        items.push(entry);
        let pointer = format!("/{}/Policy", items.len() - 1);
        self.policies.insert(arn.to_owned(), Some((RESOURCE_POLICIES_FILE.to_owned(), pointer)));
        Ok(())
    }
}

fn pointer_of(steps: &[&str]) -> String {
    steps.iter().map(|step| format!("/{step}")).collect()
}

/// Sets a value within objects, which are made where they are not there.
fn nest(json: &mut Json, steps: &[&str], value: Json) {
    let Some((first, rest)) = steps.split_first() else { return };
    if rest.is_empty() {
        return json.set(first, value);
    }
    if json.get(first).is_none_or(is_taken_out) {
        json.set(first, Json::Object(Vec::new()));
    }
    if let Some(inner) = json.get_mut(first) {
        nest(inner, rest, value);
    }
}
