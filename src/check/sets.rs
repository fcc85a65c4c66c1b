//! `only`, `subset` and `equal`, read from their texts.

use super::bound::{Bound, Policy};
use super::parse::Reader;
use super::place::{FileError, Place};
use super::property::{ControlHolds, Equal, Only, Standard, Subset};
use super::written::{Text, TextsOrBound, WrittenBound, WrittenKind};
use crate::audit::CONTROLS;
use crate::question::{Requests, Selector};
use serde_saphyr::{Location, Spanned};
use std::sync::Arc;

impl Reader<'_> {
    /// Who may do something.
    pub fn only(&mut self, written: &WrittenKind) -> Result<Only, FileError> {
        const KEYS: [&str; 9] =
            ["action", "access", "resource", "in", "when", "through", "are", "within", "services"];
        self.must_be_among("only", &KEYS, written)?;
        self.must_have("only", &["action"], written)?;
        let requests = self.requests(written)?;
        let through = self.through(written)?;
        let services =
            self.texts("services", written.services.as_ref(), &mut |text, _| match text.contains('.') || text.starts_with("arn:") {
                true => Ok(text.to_owned()),
                false => Err(format!(
                    "services `{text}`: expected a service principal, such as cloudtrail.amazonaws.com, or the ARN of an identity provider"
                )),
            })?;
        let (who, exactly) = match (&written.are, &written.within) {
            (Some(_), None) => (self.selectors("are", written.are.as_ref())?, true),
            (None, Some(within)) => (self.within_selectors(within)?, false),
            _ => {
                let expected = "expected `are` (exactly these) or `within` (at most these)";
                return Err(self.source.wrong(self.places.find("", &["only"]), expected));
            }
        };
        Ok(Only { requests, through, who, services, exactly })
    }

    fn within_selectors(&mut self, within: &Spanned<TextsOrBound>) -> Result<Vec<Selector>, FileError> {
        match &within.value {
            TextsOrBound::Texts(texts) => self.selectors_at("within", texts, within.referenced),
            TextsOrBound::Bound(_) => {
                let found = "found a map, expected selectors of those who may";
                Err(self.source.wrong(&Place::of(within.referenced), found))
            }
        }
    }

    /// What principals may do at most.
    pub fn subset(&mut self, written: &WrittenKind) -> Result<Subset, FileError> {
        const KEYS: [&str; 7] = ["of", "within", "action", "access", "resource", "in", "when"];
        self.must_be_among("subset", &KEYS, written)?;
        self.must_have("subset", &["of", "within"], written)?;
        let of = self.selectors("of", written.of.as_ref())?;
        let requests = self.requests(written)?;
        let actions = if requests.actions.is_empty() { vec!["*".to_owned()] } else { requests.actions };
        let requests = Requests { actions, ..requests };
        let within = match &written.within {
            Some(within) => match &within.value {
                TextsOrBound::Bound(bound) => self.bound(bound, within.referenced)?,
                TextsOrBound::Texts(_) => {
                    let expected = "expected a map with one of `policy`, `pipeline` and `scps`";
                    return Err(self.source.wrong(&Place::of(within.referenced), expected));
                }
            },
            None => Bound::Scps,
        };
        Ok(Subset { of, requests, within })
    }

    /// A control that holds.
    pub fn control(&mut self, written: &WrittenKind) -> Result<ControlHolds, FileError> {
        self.must_be_among("control", &["id", "pipeline", "subject"], written)?;
        self.must_have("control", &["id"], written)?;
        let mut text = |key: &'static str, text: &Option<Spanned<Text>>| {
            let Some(text) = text else { return Ok(None) };
            let at = Place::of(text.referenced);
            let filled = self.filled(&text.value.0, &at)?;
            self.places.keys.insert(key, at);
            Ok(Some(filled))
        };
        let (id, pipeline) =
            (text("id", &written.id)?.unwrap_or_default(), text("pipeline", &written.pipeline)?);
        let subject = text("subject", &written.subject)?;
        let known = CONTROLS.iter().find(|control| control.id == id).copied();
        let unknown = || {
            let found = format!("found `{id}`, expected a control of docs/controls.md");
            self.source.wrong(self.places.find("", &["id"]), found)
        };
        let intent = Arc::new(self.names.intent.clone());
        Ok(ControlHolds { control: known.ok_or_else(unknown)?, pipeline, subject, intent })
    }

    /// What principals may do exactly.
    pub fn equal(&mut self, written: &WrittenKind) -> Result<Equal, FileError> {
        self.must_be_among("equal", &["of", "to"], written)?;
        self.must_have("equal", &["of", "to"], written)?;
        let of = self.selectors("of", written.of.as_ref())?;
        let place = written.to.as_ref().map(|to| Place::of(to.referenced)).unwrap_or_default();
        self.places.keys.insert("to", place.clone());
        let to = match written.to.as_ref().map(|to| &to.value) {
            Some(WrittenBound { policy: Some(policy), principal: None, pipeline: None, scps: None }) => {
                Standard::Policy(self.policy(policy)?)
            }
            Some(WrittenBound { policy: None, principal: Some(text), pipeline: None, scps: None }) => {
                let at = Place::of(text.referenced);
                let filled = self.filled(&text.value.0, &at)?;
                let parsed: Result<Selector, _> = filled.parse();
                let selector = parsed.map_err(|error| self.source.wrong(&at, error.to_string()))?;
                self.places.texts.insert(selector.to_string(), at);
                Standard::Principal(selector)
            }
            _ => return Err(self.source.wrong(&place, "expected one of `policy` and `principal`")),
        };
        Ok(Equal { of, to })
    }

    fn bound(&mut self, written: &WrittenBound, at: Location) -> Result<Bound, FileError> {
        let place = Place::of(at);
        self.places.keys.insert("within", place.clone());
        match written {
            WrittenBound { policy: Some(policy), principal: None, pipeline: None, scps: None } => {
                Ok(Bound::Policy(self.policy(policy)?))
            }
            WrittenBound { policy: None, principal: None, pipeline: Some(name), scps: None } => {
                Ok(Bound::Pipeline(self.filled(&name.value.0, &Place::of(name.referenced))?))
            }
            WrittenBound { policy: None, principal: None, pipeline: None, scps: Some(scps) }
                if scps.value =>
            {
                Ok(Bound::Scps)
            }
            _ => Err(self.source.wrong(&place, "expected one of `policy`, `pipeline` and `scps: true`")),
        }
    }

    fn policy(&self, text: &Spanned<Text>) -> Result<Policy, FileError> {
        let place = Place::of(text.referenced);
        let filled = self.filled(&text.value.0, &place)?;
        Policy::read(&filled, &self.names.folder).map_err(|message| self.source.wrong(&place, message))
    }
}
