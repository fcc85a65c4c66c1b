//! Which requests a property is about, read from its texts; what AWS doesn't have is taken for misspelt.

use super::near::nearest;
use super::parse::Reader;
use super::place::FileError;
use super::written::{Listed, WrittenKind};
use crate::question::{Constraint, Requests, Selector, is_arn_glob};
use gateproof_model::catalogue::{AccessLevel, Catalogue, is_identity_provider_key};
use gateproof_model::text::fold_text;

impl Reader<'_> {
    /// The requests of `action`, `access`, `resource`, `in` and `when`.
    pub fn requests(&mut self, written: &WrittenKind) -> Result<Requests, FileError> {
        let requests = Requests {
            actions: self.actions(written)?,
            access: self.listed("access", written.access.as_ref(), &mut |text| {
                let expected = "expected read, list, write, tagging or permissions-management";
                AccessLevel::parse(text).ok_or_else(|| format!("access `{text}`: {expected}"))
            })?,
            resources: self
                .listed("resource", written.resource.as_ref(), &mut |text| arn_glob("resource", text))?,
            within: self.accounts("in", written.accounts.as_ref())?,
            when: self.conditions(written)?,
        };
        self.must_leave_an_action(&requests)?;
        Ok(requests)
    }

    /// Action globs, each of which some action of AWS matches.
    fn actions(&mut self, written: &WrittenKind) -> Result<Vec<String>, FileError> {
        let catalogue = Catalogue::embedded();
        self.listed("action", written.action.as_ref(), &mut |text| {
            let service =
                text.split_once(':').map_or("", |(service, name)| if name.is_empty() { "" } else { service });
            if service.is_empty() && !text.contains('*') {
                return Err(format!("action `{text}`: expected service:Action, or a glob over such names"));
            }
            if catalogue.actions_matching(text).next().is_some() {
                return Ok(text.to_owned());
            }
            let of_service =
                nearest(text, catalogue.service_actions(&fold_text(service)).map(|action| action.name()));
            let meant = of_service.map(str::to_owned).or_else(|| {
                nearest(service, catalogue.service_prefixes())
                    .filter(|other| *other != service)
                    .map(|other| format!("{other}:…"))
            });
            let hint = meant.map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
            Err(format!("action `{text}`: no action of AWS matches{hint}"))
        })
    }

    /// Conditions on keys that AWS has.
    pub fn conditions(&mut self, written: &WrittenKind) -> Result<Vec<Constraint>, FileError> {
        let catalogue = Catalogue::embedded();
        self.texts("when", written.when.as_ref(), &mut |text, _| {
            let constraint: Constraint = text.parse().map_err(|error| format!("{error}"))?;
            let key = &constraint.key;
            if catalogue.key_type(&fold_text(key)).is_some() || is_identity_provider_key(key) {
                return Ok(constraint);
            }
            let global = nearest(key, catalogue.global_keys().map(|(name, _)| name));
            let hint = global.map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
            Err(format!("condition `{text}`: AWS has no key `{key}`{hint}"))
        })
    }

    /// Selectors of accounts.
    pub fn accounts(
        &mut self,
        key: &'static str,
        texts: Option<&Listed>,
    ) -> Result<Vec<Selector>, FileError> {
        let mut named = Vec::new();
        let selectors = self.texts(key, texts, &mut |text, place| match text
            .parse::<Selector>()
            .map_err(|error| error.to_string())?
        {
            selector @ (Selector::Account(_) | Selector::Environment(_)) => {
                named.push((selector.to_string(), place.clone()));
                Ok(selector)
            }
            _ => Err(format!("{key} `{text}`: expected account:ID or env:NAME")),
        })?;
        self.places.texts.extend(named);
        Ok(selectors)
    }

    /// That the actions have some level that is asked for.
    fn must_leave_an_action(&self, requests: &Requests) -> Result<(), FileError> {
        if requests.actions.is_empty() || requests.access.is_empty() {
            return Ok(());
        }
        let catalogue = Catalogue::embedded();
        let mut actions = requests.actions.iter().flat_map(|glob| catalogue.actions_matching(glob));
        if actions.any(|action| requests.access.contains(&action.access_level())) {
            return Ok(());
        }
        let levels: Vec<&str> = requests.access.iter().map(|level| level.name()).collect();
        let found = format!(
            "no action of `{}` has the access level {}",
            requests.actions.join(", "),
            levels.join(" or ")
        );
        Err(self.source.wrong(self.places.find("", &["access"]), found))
    }

    /// ARNs of what is read.
    pub fn arns(&mut self, key: &'static str, texts: Option<&Listed>) -> Result<Vec<String>, FileError> {
        self.listed(key, texts, &mut |text| arn_glob(key, text))
    }

    /// The parts of texts that may hold several, separated by commas as on the command line.
    fn listed<T>(
        &mut self,
        key: &'static str,
        texts: Option<&Listed>,
        parse: &mut dyn FnMut(&str) -> Result<T, String>,
    ) -> Result<Vec<T>, FileError> {
        let each = self.texts(key, texts, &mut |text, _| {
            let parts = text.split(',').map(str::trim);
            parts
                .map(|part| match part {
                    "" => Err(format!("{key} `{text}`: found an empty value")),
                    part => parse(part),
                })
                .collect::<Result<Vec<T>, String>>()
        })?;
        Ok(each.into_iter().flatten().collect())
    }
}

fn arn_glob(key: &str, text: &str) -> Result<String, String> {
    match is_arn_glob(text) {
        true => Ok(text.to_owned()),
        false => Err(format!("{key} `{text}`: expected an ARN, or a glob over ARNs")),
    }
}
