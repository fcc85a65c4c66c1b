//! Changes to what calls print about things.

use super::Layout;
use super::edits::Edits;
use crate::json::Json;
use crate::overlay::{OutputOf, OverlayError};
use crate::snapshot::index::OperationFile;

/// An argument as a file's name: what a name can't hold is percent-encoded.
pub(super) fn file_name(argument: &str) -> String {
    let mut name = String::new();
    for byte in argument.bytes() {
        match byte {
            b'-' | b'.' | b'_' => name.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => name.push(char::from(byte)),
            byte => name.push_str(&format!("%{byte:02X}")),
        }
    }
    name
}

impl Edits<'_> {
    /// Whether outputs of calls can be told at all.
    fn must_hold_outputs(&self, what: &str) -> Result<(), OverlayError> {
        match self.layout {
            Layout::Calls => Ok(()),
            _ => Err(OverlayError::unfit(what, "only a directory of the outputs of calls can tell of it")),
        }
    }

    /// What an operation of a service printed: the calls, their arguments, and the outputs.
    pub(super) fn outputs(
        &mut self,
        service: &str,
        operation: &str,
    ) -> Result<Vec<(OutputOf, Option<String>, Json)>, OverlayError> {
        let accounts: Vec<String> = self.index.accounts().map(str::to_owned).collect();
        let mut found = Vec::new();
        for account in accounts {
            for file in self.index.files(&account, service, operation).to_vec() {
                let call = OutputOf {
                    account: account.clone(),
                    region: file.region.to_string(),
                    service: service.to_owned(),
                    operation: operation.to_owned(),
                };
                let json = self.json(&file.file)?.clone();
                found.push((call, file.name.map(|name| name.to_string()), json));
            }
        }
        Ok(found)
    }

    pub(super) fn put_output(
        &mut self,
        call: &OutputOf,
        name: &str,
        json: &Json,
    ) -> Result<(), OverlayError> {
        self.must_hold_outputs(name)?;
        let files = self.index.files(&call.account, &call.service, &call.operation);
        // A call without argument is named by its operation alone.
        let is_it = |f: &&OperationFile| {
            f.name.as_deref().unwrap_or_default() == name && (*f.region == *call.region || !name.is_empty())
        };
        let known = files.iter().find(is_it).map(|f| f.file.to_string());
        let file = known.unwrap_or_else(|| path_of(call, name));
        self.write(&file, json.clone());
        Ok(())
    }

    /// Puts an item into a list that a call printed.
    pub(super) fn put_listed(
        &mut self,
        call: &OutputOf,
        list: &str,
        key: &str,
        item: &Json,
        describes: bool,
    ) -> Result<(), OverlayError> {
        let id = id_of(item, key).unwrap_or_default().to_owned();
        self.must_hold_outputs(&id)?;
        let files = self.index.files(&call.account, &call.service, &call.operation);
        let own = path_of(call, &id);
        let mut paths: Vec<String> = files
            .iter()
            .filter(|f| *f.region == *call.region || call.region == "global" || &*f.region == "global")
            .map(|f| f.file.to_string())
            .collect();
        if self.exists(&own) && !paths.contains(&own) {
            paths.push(own.clone());
        }
        for file in &paths {
            let Some(Json::Array(items)) = self.json(file)?.get_mut(list) else { continue };
            if let Some(place) = items.iter_mut().find(|old| id_of(old, key) == Some(&id)) {
                *place = item.clone();
                return Ok(());
            }
        }
        let unnamed = files.iter().find(|f| f.name.is_none() && paths.iter().any(|p| **p == *f.file));
        if let Some(file) = unnamed
            && let Some(Json::Array(items)) = self.json(&file.file)?.get_mut(list)
        {
            items.push(item.clone());
            return Ok(());
        }
        if describes {
            let output = Json::Object(vec![(list.to_owned(), Json::Array(vec![item.clone()]))]);
            self.write(&own, output);
        }
        Ok(())
    }
}

fn path_of(call: &OutputOf, name: &str) -> String {
    let OutputOf { account, region, service, operation } = call;
    if name.is_empty() {
        return format!("accounts/{account}/{region}/{service}/{operation}.json");
    }
    format!("accounts/{account}/{region}/{service}/{operation}/{}.json", file_name(name))
}

/// What tells an item from the others of its list.
fn id_of<'j>(item: &'j Json, key: &str) -> Option<&'j str> {
    if key.is_empty() { item.as_str() } else { item.get(key).and_then(Json::as_str) }
}
