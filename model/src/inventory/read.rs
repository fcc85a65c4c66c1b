//! Reading the objects of all accounts from what was collected.

use super::Inventory;
use super::join::join_fields;
use super::kind::{ArnSource, Call, Read, embedded};
use super::names::{Names, as_value};
use super::path::{Fault, Path, Spot, Start};
use super::template::{COMMON, Template};
use super::things::Things;
use crate::account::Account;
use crate::arn::Arn;
use crate::json::Json;
use crate::pipeline::flow::add_flow;
use crate::problem::Problem;
use crate::resource::governing_arn;
use crate::snapshot::{OperationFile, Snapshot};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// As many problems are told of; beyond, one for each kind and account.
const PROBLEMS: usize = 20_000;

/// Reads everything, one file after the other: whoever asks may be one of several threads of a pool, and must not
/// wait for that pool.
pub(crate) fn read_inventory(snapshot: &Snapshot) -> Inventory {
    let kinds = match embedded() {
        Ok(kinds) => kinds,
        Err(e) => {
            let found = e.reason;
            let problem = Problem {
                file: e.file.into(),
                pointer: String::new(),
                found,
                expected: "kinds".to_owned(),
                warning: false,
            };
            return Inventory { problems: vec![problem], ..Inventory::default() };
        }
    };
    let names = Names::of(snapshot);
    let mut inventory = Inventory::default();
    let mut faults = Faults::default();
    for kind in kinds {
        let mut things = Things::new(kind);
        for account in snapshot.accounts() {
            let mut reader =
                Reader { snapshot, account, names: &names, things: &mut things, faults: &mut faults };
            if reader.read_account() {
                inventory.collected.entry(account.id.clone()).or_default().insert(&kind.name);
            }
        }
        for resource in snapshot.resources() {
            things.add_known(resource, &names);
        }
        inventory.things.insert(&kind.name, things.finish());
    }
    let known: BTreeSet<&Problem> =
        if faults.count == 0 { BTreeSet::new() } else { snapshot.problems().iter().collect() };
    let all = faults.by_kind.values().flat_map(BTreeMap::values).flatten();
    let mut told = BTreeSet::new();
    inventory.problems = all.filter(|p| !known.contains(p) && told.insert(*p)).cloned().collect();
    inventory.unread = faults.by_kind;
    join_fields(&mut inventory, kinds);
    add_flow(snapshot, &mut inventory);
    inventory
}

#[derive(Default)]
struct Faults {
    by_kind: BTreeMap<&'static str, BTreeMap<Arc<str>, Vec<Problem>>>,
    count: usize,
}

impl Faults {
    fn add(&mut self, kind: &'static str, account: &Arc<str>, problem: Problem) {
        let list = self.by_kind.entry(kind).or_default().entry(account.clone()).or_default();
        if list.last() != Some(&problem) && (self.count < PROBLEMS || list.is_empty()) {
            list.push(problem);
            self.count += 1;
        }
    }
}

/// Reads what one account's files say of one kind.
struct Reader<'a> {
    snapshot: &'a Snapshot,
    account: &'a Account,
    names: &'a Names<'a>,
    things: &'a mut Things,
    faults: &'a mut Faults,
}

/// One file's output.
#[derive(Clone, Copy)]
struct Output<'a> {
    file: &'a OperationFile,
    json: &'a Json,
}

impl<'a> Reader<'a> {
    /// Whether any listing of the kind was collected.
    fn read_account(&mut self) -> bool {
        let kind = self.things.kind;
        for call in &kind.known_from {
            self.note_refusals(call);
            self.note_known_faults(call);
        }
        for read in &kind.reads {
            for call in &read.calls {
                self.note_refusals(call);
                self.read_call(read, call);
            }
        }
        let mut listings = kind.listings();
        listings.any(|call| self.snapshot.was_asked(&self.account.id, &call.service, &call.operation))
    }

    fn note(&mut self, problem: Problem) {
        self.faults.add(&self.things.kind.name, &self.account.id, problem);
    }

    fn note_at(&mut self, file: &Arc<str>, pointer: &str, found: &str, expected: &str) {
        let (pointer, found, expected) = (pointer.to_owned(), found.to_owned(), expected.to_owned());
        self.note(Problem { file: file.clone(), pointer, found, expected, warning: false });
    }

    fn note_refusals(&mut self, call: &Call) {
        let refusals = self.snapshot.refusals(&self.account.id, &call.service, &call.operation);
        for problem in refusals {
            self.note(problem);
        }
    }

    /// What the snapshot's own reading could not make sense of.
    fn note_known_faults(&mut self, call: &Call) {
        let files = self.snapshot.operation_files(&self.account.id, None, &call.service, &call.operation);
        let files: Vec<&Arc<str>> = files.map(|file| &file.file).collect();
        let snapshot = self.snapshot;
        for problem in snapshot.problems().iter().filter(|p| !p.warning && files.contains(&&p.file)) {
            self.note(problem.clone());
        }
    }

    fn read_call(&mut self, read: &'static Read, call: &Call) {
        let snapshot = self.snapshot;
        for page in snapshot.operation_pages(&self.account.id, &call.service, &call.operation) {
            if let Some(problem) = page.cut_short {
                self.note(problem);
            }
            match page.json {
                Ok(json) => self.read_output(read, Output { file: page.file, json: &json }),
                Err(problem) => self.note(problem),
            }
        }
    }

    fn read_output(&mut self, read: &'static Read, output: Output<'_>) {
        let root = Spot { pointer: String::new(), json: output.json };
        if output.json.as_object().is_none() {
            return self.note_at(&output.file.file, "", output.json.kind(), "an object");
        }
        let (items, faults) = read.items.find(root);
        for fault in faults {
            self.note_fault(output, fault);
        }
        if read.one && items.is_empty() {
            self.note_at(&output.file.file, "", "nothing that the call was asked for", "one item");
        }
        for item in items {
            self.read_item(read, output, &item);
        }
    }

    fn note_fault(&mut self, output: Output<'_>, fault: Fault) {
        self.note_at(&output.file.file, &fault.pointer, fault.found, fault.expected);
    }

    fn read_item(&mut self, read: &'static Read, output: Output<'_>, item: &Spot<'_>) {
        let name = read.name.as_ref().and_then(|path| self.text(path, output, item));
        let Some(arn) = self.arn_of(read, output, item, name.as_deref()) else {
            let expected =
                format!("a {} with its ARN or name, in the folder of its region", self.things.label);
            return self.note_at(&output.file.file, &item.pointer, item.json.kind(), &expected);
        };
        let arn = governing_arn(&arn);
        let service = Arn::parse(arn).map(|a| a.service);
        if !self.things.kind.arns.iter().any(|template| Some(template.service()) == service) {
            let expected = format!("the ARN of a {}", self.things.label);
            return self.note_at(&output.file.file, &item.pointer, &format!("`{arn}`"), &expected);
        }
        if self.is_gone(read, output, item) {
            self.things.gone.insert(arn.into());
            return;
        }
        let names = self.names;
        let draft = self.things.draft(arn, &self.account.id, &output.file.file, &item.pointer, names);
        if let Some(name) = name.filter(|_| !draft.is_named) {
            draft.thing.name = name.into();
            draft.is_named = true;
        }
        for (field, paths) in &read.fields {
            self.read_field(arn, field, paths, output, item);
        }
    }

    fn is_gone(&mut self, read: &'static Read, output: Output<'_>, item: &Spot<'_>) -> bool {
        read.unless
            .iter()
            .any(|(path, values)| self.text(path, output, item).is_some_and(|text| values.contains(&text)))
    }

    /// The ARN as the output gives it, or else made of the name.
    fn arn_of(
        &mut self,
        read: &Read,
        output: Output<'_>,
        item: &Spot<'_>,
        name: Option<&str>,
    ) -> Option<String> {
        let told = match &read.arn {
            Some(ArnSource::At(path)) => self.text(path, output, item),
            Some(ArnSource::Of(template)) => {
                let holes: Vec<(String, Option<String>)> = template
                    .holes()
                    .filter(|hole| !COMMON.contains(hole))
                    .map(|hole| (hole.to_owned(), Path::parse(hole).ok()))
                    .map(|(hole, path)| (hole, path.and_then(|path| self.text(&path, output, item))))
                    .collect();
                self.fill(template, output, |hole| holes.iter().find(|(h, _)| h == hole)?.1.clone())
            }
            None => None,
        };
        told.or_else(|| {
            let template = self.things.kind.arns.first()?;
            let bare = name?.trim_start_matches('/');
            self.fill(template, output, |hole| (hole == "name").then(|| bare.to_owned()))
        })
    }

    fn fill(
        &self,
        template: &Template,
        output: Output<'_>,
        value: impl Fn(&str) -> Option<String>,
    ) -> Option<String> {
        template.fill(|hole| match hole {
            "partition" => Some(self.account.partition.to_string()),
            "account" => Some(self.account.id.to_string()),
            "region" => Some(output.file.region.to_string()).filter(|region| region != "global"),
            _ => value(hole),
        })
    }

    /// Adds what an output tells of a field. Unreadable values leave it untold, unless others are told.
    fn read_field(&mut self, arn: &str, field: &str, paths: &[Path], output: Output<'_>, item: &Spot<'_>) {
        let (mut values, mut is_told) = (Vec::new(), false);
        for path in paths {
            let (texts, is_whole) = self.texts(path, output, item);
            is_told |= is_whole && (path.start != Start::Argument || !texts.is_empty());
            values.extend(texts);
        }
        let Some(draft) = self.things.found.get_mut(arn) else { return };
        let Some(of) = self.things.kind.fields.get(field) else { return };
        let values: Vec<_> = values.iter().map(|text| as_value(of, text, &draft.thing, self.names)).collect();
        if is_told || !values.is_empty() {
            draft.thing.fields.entry(field.to_owned()).or_default().extend(values);
        }
    }

    /// The text at a path, the first if there are several.
    fn text(&mut self, path: &Path, output: Output<'_>, item: &Spot<'_>) -> Option<String> {
        self.texts(path, output, item).0.into_iter().next()
    }

    /// The texts at a path, empty ones left out, and whether all there could be read.
    fn texts(&mut self, path: &Path, output: Output<'_>, item: &Spot<'_>) -> (Vec<String>, bool) {
        let from = match path.start {
            Start::Item => item.clone(),
            Start::Output => Spot { pointer: String::new(), json: output.json },
            Start::Argument => return (output.file.name.iter().map(|name| name.to_string()).collect(), true),
        };
        let (spots, mut faults) = path.find(from);
        let mut texts = Vec::new();
        for spot in spots {
            match path.text(&spot) {
                Ok(text) => texts.push(text),
                Err(fault) => faults.push(fault),
            }
        }
        texts.retain(|text| !text.is_empty());
        let is_whole = faults.is_empty();
        for fault in faults {
            self.note_fault(output, fault);
        }
        (texts, is_whole)
    }
}
