//! Kinds of objects as data: which calls tell of them, and where in their output.

use super::path::Path;
use super::template::{COMMON, Template};
use include_dir::{Dir, include_dir};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/inventory");

/// The fields of every kind.
pub(super) const COMMON_FIELDS: [&str; 4] = ["arn", "name", "account", "region"];

/// Why a file tells of no kinds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {reason}")]
pub struct KindError {
    /// The file.
    pub file: String,
    /// Place and reason.
    pub reason: String,
}

/// A kind of objects.
#[derive(Debug, Clone)]
pub struct Kind {
    /// Its name, such as `lambda.function`.
    pub name: String,
    /// The CLI commands that tell of its objects, those that list them first.
    pub commands: Vec<String>,
    /// The forms of the objects' ARNs; the first is used to make one of a name.
    pub(super) arns: Vec<Template>,
    pub(super) fields: BTreeMap<String, FieldType>,
    pub(super) reads: Vec<Read>,
    /// Fields that other objects tell.
    pub(super) joins: BTreeMap<String, Vec<Join>>,
    /// Calls whose resources the snapshot knows by ARN already.
    pub(super) known_from: Vec<Call>,
    /// The kind within whose objects these lie: where there are none of it, there are none of these.
    pub(super) within: Option<String>,
}

impl Kind {
    /// The names of its fields, beside `arn`, `name`, `account` and `region`.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.fields.keys().map(String::as_str)
    }

    /// The calls that list objects, rather than telling of one that is asked for.
    pub(super) fn listings(&self) -> impl Iterator<Item = &Call> {
        let reads = self.reads.iter().filter(|read| !read.one).flat_map(|read| &read.calls);
        self.known_from.iter().chain(reads)
    }
}

/// What the values of a field are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FieldType {
    /// Texts as they stand.
    Text,
    /// ARNs of roles; outputs may give names.
    Role,
    /// ARNs of instance profiles; outputs may give names.
    Profile,
    /// ARNs of this form; outputs may give what stands in the hole `${value}`.
    Arn(Template),
}

/// A service and operation of the CLI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) service: String,
    pub(super) operation: String,
}

/// How the output of a call tells of objects.
#[derive(Debug, Clone)]
pub(super) struct Read {
    /// The call, under its names.
    pub(super) calls: Vec<Call>,
    /// Whether it tells only of what its argument names.
    pub(super) one: bool,
    pub(super) items: Path,
    pub(super) arn: Option<ArnSource>,
    pub(super) name: Option<Path>,
    /// Objects that are gone: the text at the path is one of these.
    pub(super) unless: Vec<(Path, Vec<String>)>,
    pub(super) fields: Vec<(String, Vec<Path>)>,
}

/// A way from a field of an object over other objects of its account and region to the values of another field.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Join {
    pub(super) from: String,
    pub(super) through: Vec<Hop>,
}

/// From a value to the objects of a kind that have it in a field, and on to another of their fields.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Hop {
    pub(super) kind: String,
    pub(super) by: String,
    pub(super) take: String,
}

/// Where the ARN of an item comes from.
#[derive(Debug, Clone)]
pub(super) enum ArnSource {
    At(Path),
    Of(Template),
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct KindForm {
    kind: String,
    arn: Texts,
    #[serde(default)]
    fields: BTreeMap<String, String>,
    #[serde(default)]
    reads: Vec<ReadForm>,
    #[serde(default)]
    joins: BTreeMap<String, Vec<Join>>,
    #[serde(default)]
    known_from: Vec<String>,
    within: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadForm {
    call: Texts,
    argument: Option<String>,
    #[serde(default)]
    one: bool,
    items: Option<String>,
    arn: Option<String>,
    name: Option<String>,
    #[serde(default)]
    unless: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    fields: BTreeMap<String, Texts>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Texts {
    One(String),
    Many(Vec<String>),
}

impl Texts {
    fn list(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Many(texts) => texts,
        }
    }
}

/// Reads the kinds of one file.
///
/// # Errors
/// Where it is not of the format.
pub fn parse_kinds(file: &str, text: &str) -> Result<Vec<Kind>, KindError> {
    let refused = |reason| KindError { file: file.to_owned(), reason };
    let forms: Vec<KindForm> = serde_saphyr::from_str(text).map_err(|e| refused(e.to_string()))?;
    let kinds = forms.into_iter().map(|form| {
        let name = form.kind.clone();
        parse_kind(form).map_err(|reason| refused(format!("kind {name}: {reason}")))
    });
    kinds.collect()
}

fn parse_kind(form: KindForm) -> Result<Kind, String> {
    let arns = form.arn.list().iter().map(|text| Template::parse(text)).collect::<Result<Vec<_>, _>>()?;
    if arns.is_empty() {
        return Err("found no form of ARN, expected one at least".to_owned());
    }
    let types = form.fields.iter().map(|(name, text)| Ok((name.clone(), parse_type(name, text)?)));
    let fields = types.collect::<Result<BTreeMap<_, _>, String>>()?;
    let known_from = form.known_from.iter().map(|text| parse_call(text)).collect::<Result<Vec<_>, _>>()?;
    let (mut listing, mut telling) = (Vec::new(), Vec::new());
    listing.extend(form.known_from.iter().map(|call| format!("aws {call}")));
    let mut reads = Vec::new();
    for form in form.reads {
        let shown = form.call.list().join(", ");
        let commands = if form.one { &mut telling } else { &mut listing };
        commands.extend(form.call.list().first().map(|call| command(call, form.argument.as_deref())));
        reads.push(parse_read(form, &fields).map_err(|reason| format!("call {shown}: {reason}"))?);
    }
    if listing.is_empty() {
        return Err("found no call that lists the objects, expected one at least".to_owned());
    }
    listing.append(&mut telling);
    let KindForm { kind: name, joins, within, .. } = form;
    Ok(Kind { name, commands: listing, arns, fields, reads, joins, known_from, within })
}

fn command(call: &str, argument: Option<&str>) -> String {
    argument.map_or_else(|| format!("aws {call}"), |argument| format!("aws {call} {argument}"))
}

fn parse_type(field: &str, text: &str) -> Result<FieldType, String> {
    match text {
        _ if COMMON_FIELDS.contains(&field) => {
            Err(format!("found the field `{field}`, expected one that not every kind has"))
        }
        "text" => Ok(FieldType::Text),
        "role" => Ok(FieldType::Role),
        "profile" => Ok(FieldType::Profile),
        _ => {
            let template = Template::parse(text).map_err(|e| format!("field {field}: {e}"))?;
            let foreign = template.holes().find(|hole| *hole != "value" && !COMMON.contains(hole));
            match foreign.map(str::to_owned) {
                Some(hole) => Err(format!("field {field}: found the hole `{hole}`, expected ${{value}}")),
                None => Ok(FieldType::Arn(template)),
            }
        }
    }
}

fn parse_call(text: &str) -> Result<Call, String> {
    let call = text.split_once(' ').filter(|(_, operation)| !operation.contains(' '));
    let (service, operation) = call.ok_or_else(|| format!("found `{text}`, expected SERVICE OPERATION"))?;
    Ok(Call { service: service.to_owned(), operation: operation.to_owned() })
}

fn parse_read(form: ReadForm, fields: &BTreeMap<String, FieldType>) -> Result<Read, String> {
    let mut told = Vec::new();
    for (field, paths) in &form.fields {
        if !fields.contains_key(field) {
            return Err(format!("found the field `{field}`, expected one of the kind's"));
        }
        let paths = paths.list().iter().map(|text| Path::parse(text)).collect::<Result<_, _>>()?;
        told.push((field.clone(), paths));
    }
    let unless = form.unless.iter().map(|(text, values)| Ok((Path::parse(text)?, values.clone())));
    if form.arn.is_none() && form.name.is_none() {
        return Err("found neither arn nor name, expected one of them".to_owned());
    }
    Ok(Read {
        calls: form.call.list().iter().map(|text| parse_call(text)).collect::<Result<_, _>>()?,
        one: form.one,
        items: form.items.as_deref().map_or_else(|| Ok(Path::root()), Path::parse)?,
        arn: form.arn.as_deref().map(parse_source).transpose()?,
        name: form.name.as_deref().map(Path::parse).transpose()?,
        unless: unless.collect::<Result<_, String>>()?,
        fields: told,
    })
}

fn parse_source(text: &str) -> Result<ArnSource, String> {
    if !text.starts_with("arn:") {
        return Ok(ArnSource::At(Path::parse(text)?));
    }
    let template = Template::parse(text)?;
    for hole in template.holes().filter(|hole| !COMMON.contains(hole)) {
        Path::parse(hole)?;
    }
    Ok(ArnSource::Of(template))
}

/// Whether the joins of all kinds go by kinds and fields that there are, and kinds lie within others that there are; the error names
/// one that doesn't.
///
/// # Errors
/// Where one doesn't.
pub fn check_joins(kinds: &[Kind]) -> Result<(), String> {
    let find = |name: &str| kinds.iter().find(|kind| kind.name == name);
    for kind in kinds {
        if let Some(stray) = kind.within.as_deref().filter(|outer| find(outer).is_none()) {
            return Err(format!("kind {}: found within {stray}, expected a kind", kind.name));
        }
    }
    let has = |kind: &Kind, field: &str| COMMON_FIELDS.contains(&field) || kind.fields.contains_key(field);
    for kind in kinds {
        for (field, join) in
            kind.joins.iter().flat_map(|(field, joins)| joins.iter().map(move |j| (field, j)))
        {
            let hops = join.through.iter();
            let stray = hops
                .clone()
                .find(|hop| find(&hop.kind).is_none_or(|k| !has(k, &hop.by) || !has(k, &hop.take)));
            if !kind.fields.contains_key(field) || !has(kind, &join.from) || stray.is_some() {
                let place = stray.map_or(join.from.as_str(), |hop| hop.kind.as_str());
                let name = &kind.name;
                return Err(format!(
                    "kind {name}: found the join of {field} by {place}, expected kinds and fields"
                ));
            }
        }
    }
    Ok(())
}

/// The kinds that gateproof knows, by name.
///
/// # Errors
/// Never, as the tests show: the files are read when the program is made.
pub fn embedded() -> Result<&'static [Kind], KindError> {
    static READ: LazyLock<Result<Vec<Kind>, KindError>> = LazyLock::new(|| {
        let mut kinds: Vec<Kind> = Vec::new();
        for file in FILES.files() {
            let name = file.path().to_string_lossy();
            let Some(text) = file.contents_utf8().filter(|_| name.ends_with(".yaml")) else { continue };
            kinds.extend(parse_kinds(&name, text)?);
        }
        kinds.sort_by(|a, b| a.name.cmp(&b.name));
        check_joins(&kinds).map_err(|reason| KindError { file: "inventory".to_owned(), reason })?;
        Ok(kinds)
    });
    READ.as_ref().map(Vec::as_slice).map_err(Clone::clone)
}
