//! A snapshot with one thing in it changed at random: a statement gone, a word put in another's place, a list shorter, a
//! switch turned. Whatever reads a snapshot may be touched by it: policies of every kind, tags, grants, boundaries, attachments.

use crate::random::Random;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The files of a snapshot that say who may do what.
pub struct Files(Vec<(PathBuf, Value)>);

/// What was changed, in words.
pub type Change = String;

impl Files {
    /// Those of a folder that are JSON.
    pub fn read(folder: &Path) -> Self {
        let mut files = Vec::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(next) = folders.pop() {
            let mut entries: Vec<PathBuf> = fs::read_dir(next).unwrap().map(|e| e.unwrap().path()).collect();
            entries.sort();
            for path in entries {
                if path.is_dir() {
                    folders.push(path);
                } else if let Ok(value) = serde_json::from_str(&fs::read_to_string(&path).unwrap()) {
                    files.push((path.strip_prefix(folder).unwrap().to_owned(), value));
                }
            }
        }
        Self(files)
    }

    /// The same with one thing changed in one of the files that `among` names, written out.
    pub fn spoilt(&self, random: &mut Random, among: impl Fn(&str) -> bool) -> (TempDir, Change) {
        let suits = |n: &usize| {
            let (path, value) = &self.0[*n];
            among(&path.to_string_lossy()) && !places_in(value).is_empty()
        };
        let eligible: Vec<usize> = (0..self.0.len()).filter(suits).collect();
        let chosen = *random.pick(&eligible);
        let folder = tempfile::tempdir().unwrap();
        let mut said = String::new();
        for (n, (path, value)) in self.0.iter().enumerate() {
            let mut value = value.clone();
            if n == chosen {
                said = format!("{}: {}", path.display(), spoil(&mut value, random));
            }
            let file = folder.path().join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, value.to_string()).unwrap();
        }
        (folder, said)
    }
}

/// A place in a value: keys and numbers on the way to it; `None` goes into the JSON that a text holds.
type Way = Vec<Option<String>>;

fn spoil(value: &mut Value, random: &mut Random) -> Change {
    let words = words_by_key(value);
    let way = random.pick(&places_in(value)).clone();
    let mut said = String::new();
    at(value, &way, &mut |found| {
        let before = found.clone();
        *found = changed(found, last_key(&way), &words, random);
        said = format!(
            "{} {before} became {found}",
            way.iter().flatten().cloned().collect::<Vec<_>>().join("/")
        );
    });
    said
}

fn last_key(way: &Way) -> &str {
    way.iter().rev().flatten().find(|key| key.parse::<usize>().is_err()).map_or("", String::as_str)
}

/// The places of lists that hold something, texts, switches and objects.
fn places_in(value: &Value) -> Vec<Way> {
    let mut places = Vec::new();
    visit(value, &mut Vec::new(), &mut places);
    places
}

fn visit(value: &Value, way: &mut Way, places: &mut Vec<Way>) {
    match value {
        Value::Array(items) => {
            if !items.is_empty() {
                places.push(way.clone());
            }
            for (n, item) in items.iter().enumerate() {
                way.push(Some(n.to_string()));
                visit(item, way, places);
                way.pop();
            }
        }
        Value::Object(fields) => {
            if !fields.is_empty() && !way.is_empty() {
                places.push(way.clone());
            }
            for (key, field) in fields {
                way.push(Some(key.clone()));
                visit(field, way, places);
                way.pop();
            }
        }
        Value::String(text) => match held(text) {
            Some(inner) => {
                way.push(None);
                visit(&inner, way, places);
                way.pop();
            }
            None => places.push(way.clone()),
        },
        Value::Bool(_) => places.push(way.clone()),
        Value::Null | Value::Number(_) => {}
    }
}

/// The JSON that a text holds, as many of AWS's answers have policies.
fn held(text: &str) -> Option<Value> {
    if text.starts_with('{') { serde_json::from_str(text).ok() } else { None }
}

fn at(value: &mut Value, way: &[Option<String>], change: &mut dyn FnMut(&mut Value)) {
    match way {
        [] => change(value),
        [None, rest @ ..] => {
            let mut inner = held(value.as_str().unwrap()).unwrap();
            at(&mut inner, rest, change);
            *value = Value::String(inner.to_string());
        }
        [Some(key), rest @ ..] => match value {
            Value::Array(items) => at(&mut items[key.parse::<usize>().unwrap()], rest, change),
            other => at(other.get_mut(key.as_str()).unwrap(), rest, change),
        },
    }
}

/// The texts that stand under each key.
fn words_by_key(value: &Value) -> BTreeMap<String, Vec<String>> {
    let mut words: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut copy = value.clone();
    for way in places_in(value) {
        at(&mut copy, &way, &mut |found| {
            if let Value::String(text) = found {
                words.entry(last_key(&way).to_owned()).or_default().push(text.clone());
            }
        });
    }
    words
}

fn changed(value: &Value, key: &str, words: &BTreeMap<String, Vec<String>>, random: &mut Random) -> Value {
    match value {
        Value::Array(items) => {
            let mut items = items.clone();
            items.remove(random.below(items.len()));
            Value::Array(items)
        }
        Value::Object(fields) => {
            let mut fields = fields.clone();
            let keys: Vec<String> = fields.keys().cloned().collect();
            fields.remove(random.pick(&keys));
            Value::Object(fields)
        }
        Value::String(_) => Value::String(random.pick(&words[key]).clone()),
        Value::Bool(on) => Value::Bool(!on),
        other => other.clone(),
    }
}
