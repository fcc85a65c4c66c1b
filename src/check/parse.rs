//! From the text of a file to properties.

use super::names::Names;
use super::parameters::fill;
use super::place::{FileError, Place, Source};
use super::property::{Always, Extent, Kind, Never, Places, Property, Through};
use super::written::{Listed, Text, Texts, WrittenFile, WrittenKind, WrittenProperty};
use super::{DecideError, near};
use crate::audit::Severity;
use crate::escalation::Target;
use crate::question::Selector;
use serde_saphyr::{Location, Spanned};
use std::collections::BTreeMap;

/// A file of properties.
#[derive(Debug, Clone)]
pub struct PropertyFile {
    /// The properties, in their order.
    pub properties: Vec<Property>,
    source: Source,
    /// The parameters that it has.
    parameters: Vec<String>,
}

impl PropertyFile {
    /// Reads the text of a file.
    ///
    /// # Errors
    /// Where it isn't YAML, says what no property says, or names actions, levels and keys that AWS doesn't have.
    pub fn parse(file: &str, text: &str, names: &Names) -> Result<Self, FileError> {
        let source = Source { name: file.into(), text: text.into() };
        let written: WrittenFile = serde_saphyr::from_str(text).map_err(|error| {
            let place = error.location().map(Place::of).unwrap_or_default();
            source.wrong(&place, said(&error))
        })?;
        let values = values_of(&written, names, &source)?;
        if written.properties.value.is_empty() {
            return Err(
                source.wrong(&Place::of(written.properties.referenced), "found no properties, expected some")
            );
        }
        let mut properties: Vec<Property> = Vec::new();
        for one in &written.properties.value {
            let reader = Reader { source: &source, names, values: &values, places: Places::default() };
            let property = reader.property(&one.value)?;
            if let Some(same) = properties.iter().find(|other| other.name == property.name) {
                let (name, line) = (&property.name, same.places.name.line);
                let found = format!(
                    "found `{name}` a second time (first in line {line}), expected a name of its own"
                );
                return Err(source.wrong(&property.places.name, found));
            }
            properties.push(property);
        }
        Ok(Self { properties, source, parameters: written.parameters.into_keys().collect() })
    }

    /// The file's name.
    pub fn name(&self) -> &str {
        &self.source.name
    }

    /// Whether it has a parameter.
    pub fn has_parameter(&self, name: &str) -> bool {
        self.parameters.iter().any(|parameter| parameter == name)
    }

    /// What is wrong with a property of this file.
    pub fn wrong(&self, property: &Property, message: String) -> FileError {
        self.source.wrong(&property.places.name, message)
    }

    /// Why a property of this file can't be decided, with its place.
    pub fn locate(&self, property: &Property, error: &DecideError) -> FileError {
        self.source.wrong(error.place(&property.places), error.to_string())
    }
}

/// What the YAML library says, in one line.
fn said(error: &serde_saphyr::Error) -> String {
    let text = error.without_snippet().to_string();
    let line = text.lines().next().unwrap_or_default();
    // Line and column are shown beside it.
    line.split(" at line ").next().unwrap_or(line).trim_start_matches("error: ").to_owned()
}

/// The values of the parameters.
fn values_of(
    written: &WrittenFile,
    names: &Names,
    source: &Source,
) -> Result<BTreeMap<String, String>, FileError> {
    let mut values = BTreeMap::new();
    for (name, value) in &written.parameters {
        let given = names.set.get(name).or(value.value.as_ref()).cloned();
        let missing = || {
            let found =
                format!("parameter `{name}` has no value of its own, expected one by --set {name}=VALUE");
            source.wrong(&Place::of(value.referenced), found)
        };
        values.insert(name.clone(), given.ok_or_else(missing)?);
    }
    Ok(values)
}

/// Reads one property.
pub(super) struct Reader<'a> {
    pub source: &'a Source,
    pub names: &'a Names,
    pub values: &'a BTreeMap<String, String>,
    pub places: Places,
}

impl Reader<'_> {
    fn property(mut self, written: &WrittenProperty) -> Result<Property, FileError> {
        self.places.name = Place::of(written.name.referenced);
        let name = self.filled(&written.name.value.0, &self.places.name)?;
        if name.trim().is_empty() {
            return Err(self.source.wrong(&self.places.name, "found an empty name"));
        }
        let severity = written.severity.as_ref().map(|text| self.severity(text)).transpose()?;
        let kind = self.kind(written)?;
        let WrittenProperty { why, allow_empty, .. } = written;
        Ok(Property {
            name,
            why: why.as_ref().map(|why| why.0.clone()),
            severity,
            allow_empty: *allow_empty,
            kind,
            places: self.places,
        })
    }

    fn kind(&mut self, written: &WrittenProperty) -> Result<Kind, FileError> {
        let WrittenProperty { never, always, only, subset, equal, control, .. } = written;
        let kinds = [
            ("never", never),
            ("always", always),
            ("only", only),
            ("subset", subset),
            ("equal", equal),
            ("control", control),
        ];
        let there: Vec<_> = kinds.iter().filter_map(|(name, kind)| Some((*name, kind.as_ref()?))).collect();
        let [(name, kind)] = there.as_slice() else {
            let names: Vec<&str> = there.iter().map(|(name, _)| *name).collect();
            let found = if names.is_empty() { "none".to_owned() } else { names.join(" and ") };
            let place =
                there.get(1).map_or_else(|| self.places.name.clone(), |(_, kind)| Place::of(kind.referenced));
            let expected = "expected one of `never`, `always`, `only`, `subset`, `equal` and `control`";
            return Err(self.source.wrong(&place, format!("found {found}, {expected}")));
        };
        self.places.keys.insert(name, Place::of(kind.referenced));
        Ok(match *name {
            "never" => Kind::Never(self.never(&kind.value)?),
            "always" => Kind::Always(self.always(&kind.value)?),
            "only" => Kind::Only(self.only(&kind.value)?),
            "subset" => Kind::Subset(self.subset(&kind.value)?),
            "equal" => Kind::Equal(self.equal(&kind.value)?),
            _ => Kind::Control(self.control(&kind.value)?),
        })
    }

    fn never(&mut self, written: &WrittenKind) -> Result<Never, FileError> {
        const KEYS: [&str; 11] = [
            "from",
            "together",
            "action",
            "access",
            "resource",
            "in",
            "when",
            "through",
            "controls",
            "administrator",
            "reads",
        ];
        self.must_be_among("never", &KEYS, written)?;
        let through = self.through(written)?;
        let from = self.selectors("from", written.from.as_ref())?;
        let target = self.target(written, through)?;
        let together = written.together.as_ref().is_some_and(|together| together.value);
        let indirect =
            [("together", together), ("from", from.is_empty() && !matches!(target, Target::Access(_)))];
        for (key, there) in indirect {
            if there && (through == Through::Direct || key == "from") {
                let expected = match key {
                    "together" => "`together` is about chains, expected `through: escalation` too",
                    _ => "expected `from`, whom `controls`, `administrator` and `reads` are about",
                };
                return Err(self.source.wrong(self.places.find("", &[key, "never"]), expected));
            }
        }
        let when = self.conditions(written)?;
        let only_direct = through == Through::Direct && written.through.is_some();
        Ok(Never { from, together, target, when, through, only_direct })
    }

    /// What is not to be reached.
    fn target(&mut self, written: &WrittenKind, through: Through) -> Result<Target, FileError> {
        let mut targets = Vec::new();
        if written.action.is_some() {
            // Conditions are on the sessions asked about, not on those that are come to.
            let requests = self.requests(written)?;
            targets.push(Target::Access(crate::question::Requests { when: Vec::new(), ..requests }));
        } else if let Some((key, at)) =
            written.keys().iter().find(|(key, _)| ["access", "resource", "in"].contains(key))
        {
            let found = format!("`{key}` is about actions, expected `action` too");
            return Err(self.source.wrong(&Place::of(*at), found));
        }
        let controls = self.selectors("controls", written.controls.as_ref())?;
        let administrator = self.accounts("administrator", written.administrator.as_ref())?;
        let reads = self.arns("reads", written.reads.as_ref())?;
        let chains = [
            (!controls.is_empty()).then_some(("controls", Target::Controls(controls))),
            (!administrator.is_empty()).then_some(("administrator", Target::Administers(administrator))),
            (!reads.is_empty()).then_some(("reads", Target::Reads(reads))),
        ];
        for (key, target) in chains.into_iter().flatten() {
            if through == Through::Direct {
                let found = format!("`{key}` is about chains, expected `through: escalation` too");
                return Err(self.source.wrong(self.places.find("", &[key]), found));
            }
            targets.push(target);
        }
        match (targets.pop(), targets.is_empty()) {
            (None, _) => {
                let expected =
                    "expected `action`, `controls`, `administrator` or `reads`: what is never to be";
                Err(self.source.wrong(self.places.find("", &["never"]), expected))
            }
            (Some(only), true) => Ok(only),
            (Some(last), false) => {
                targets.push(last);
                Ok(Target::AnyOf(targets))
            }
        }
    }

    fn always(&mut self, written: &WrittenKind) -> Result<Always, FileError> {
        const KEYS: [&str; 8] = ["from", "action", "access", "resource", "in", "when", "each", "every"];
        self.must_be_among("always", &KEYS, written)?;
        self.must_have("always", &["from", "action"], written)?;
        let from = self.selectors("from", written.from.as_ref())?;
        let requests = self.requests(written)?;
        let is = |flag: &Option<Spanned<bool>>| flag.as_ref().is_some_and(|flag| flag.value);
        let extent = match (is(&written.each), is(&written.every)) {
            (true, true) => {
                let found = "found `each` and `every`, expected one of them";
                return Err(self.source.wrong(self.places.find("", &["always"]), found));
            }
            (true, false) => Extent::Each,
            (false, true) => Extent::Every,
            (false, false) => Extent::Some,
        };
        Ok(Always { from, requests, extent })
    }

    pub(super) fn through(&self, written: &WrittenKind) -> Result<Through, FileError> {
        let Some(text) = &written.through else { return Ok(Through::Direct) };
        match text.value.0.as_str() {
            "direct" => Ok(Through::Direct),
            "escalation" => Ok(Through::Escalation),
            other => {
                let found = format!("through `{other}`: expected direct or escalation");
                Err(self.source.wrong(&Place::of(text.referenced), found))
            }
        }
    }

    fn severity(&self, text: &Spanned<Text>) -> Result<Severity, FileError> {
        Ok(match text.value.0.as_str() {
            "low" => Severity::Low,
            "medium" => Severity::Medium,
            "high" => Severity::High,
            "critical" => Severity::Critical,
            other => {
                let found = format!("severity `{other}`: expected low, medium, high or critical");
                return Err(self.source.wrong(&Place::of(text.referenced), found));
            }
        })
    }

    /// Selectors of principals; a group is those that the configuration lists.
    pub fn selectors(
        &mut self,
        key: &'static str,
        texts: Option<&Listed>,
    ) -> Result<Vec<Selector>, FileError> {
        let Some(texts) = texts else { return Ok(Vec::new()) };
        self.selectors_at(key, &texts.value, texts.referenced)
    }

    /// The same of texts at a place.
    pub fn selectors_at(
        &mut self,
        key: &'static str,
        texts: &Texts,
        at: Location,
    ) -> Result<Vec<Selector>, FileError> {
        let groups = &self.names.groups;
        let mut named = Vec::new();
        let selectors = self.texts_at(key, (texts, at), &mut |text, place| {
            let several = match text.strip_prefix("group:") {
                Some(name) => groups.get(name).cloned().ok_or_else(|| {
                    let meant = near::nearest(name, groups.keys().map(String::as_str));
                    let hint =
                        meant.map(|meant| format!("; did you mean `group:{meant}`?")).unwrap_or_default();
                    format!("selector `{text}`: no group of that name is configured{hint}")
                })?,
                None => vec![text.parse::<Selector>().map_err(|error| error.to_string())?],
            };
            named.extend(several.iter().map(|selector| (selector.to_string(), place.clone())));
            Ok(several)
        })?;
        self.places.texts.extend(named);
        Ok(selectors.into_iter().flatten().collect())
    }

    /// The texts of a key, filled in and understood; one that is there but empty is a mistake.
    pub fn texts<T>(
        &mut self,
        key: &'static str,
        texts: Option<&Listed>,
        parse: &mut dyn FnMut(&str, &Place) -> Result<T, String>,
    ) -> Result<Vec<T>, FileError> {
        let Some(texts) = texts else { return Ok(Vec::new()) };
        self.texts_at(key, (&texts.value, texts.referenced), parse)
    }

    fn texts_at<T>(
        &mut self,
        key: &'static str,
        (texts, at): (&Texts, Location),
        parse: &mut dyn FnMut(&str, &Place) -> Result<T, String>,
    ) -> Result<Vec<T>, FileError> {
        let whole = Place::of(at);
        self.places.keys.insert(key, whole.clone());
        if texts.0.is_empty() {
            return Err(self
                .source
                .wrong(&whole, format!("`{key}` is an empty list, expected something in it")));
        }
        let mut all = Vec::new();
        for (text, at) in &texts.0 {
            let place = at.map_or_else(|| whole.clone(), Place::of);
            let text = self.filled(text, &place)?;
            all.push(parse(&text, &place).map_err(|message| self.source.wrong(&place, message))?);
        }
        Ok(all)
    }

    /// A text with the parameters' values.
    pub(super) fn filled(&self, text: &str, place: &Place) -> Result<String, FileError> {
        fill(text, self.values).map_err(|error| self.source.wrong(place, error.to_string()))
    }

    /// Refuses keys that a kind doesn't have.
    pub(super) fn must_be_among(
        &self,
        kind: &str,
        keys: &[&str],
        written: &WrittenKind,
    ) -> Result<(), FileError> {
        let Some((key, at)) = written.keys().into_iter().find(|(key, _)| !keys.contains(key)) else {
            return Ok(());
        };
        let found = format!("found `{key}` in `{kind}`, expected one of {}", keys.join(", "));
        Err(self.source.wrong(&Place::of(at), found))
    }

    /// Refuses a kind without the keys that it needs.
    pub(super) fn must_have(
        &self,
        kind: &'static str,
        needed: &[&str],
        written: &WrittenKind,
    ) -> Result<(), FileError> {
        let there = written.keys();
        let Some(key) = needed.iter().find(|key| !there.iter().any(|(known, _)| known == *key)) else {
            return Ok(());
        };
        Err(self.source.wrong(self.places.find("", &[kind]), format!("`{kind}` without `{key}`")))
    }
}
