//! Reading the embedded data files; their formats are described in `model/data/README.md`.

use super::action::{ActionRecord, ActionResource};
use super::key::{KeyId, KeyType, ValueType};
use super::resource::{ResourceTypeId, ResourceTypeRecord};
use super::{AccessLevel, Catalogue, ListId, ServiceRecord};
use ruzstd::decoding::FrameDecoder;
use ruzstd::decoding::errors::FrameDecoderError;
use std::borrow::Cow;
use std::sync::LazyLock;
use thiserror::Error;

const GLOBAL_KEYS: &str = include_str!("../../data/global-keys.txt");
const KEY_CORRECTIONS: &str = include_str!("../../data/key-corrections.txt");

static CATALOGUE_TEXT: LazyLock<Result<String, LoadError>> =
    LazyLock::new(|| unpack(include_bytes!("../../data/catalogue.txt.zst")));

/// Why an embedded file can't be read: never at a user's, since the tests read every line.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum LoadError {
    #[error("cannot decompress: {0}")]
    Packed(String),
    #[error("line not understood: {0}")]
    Line(String),
}

/// Decompresses an embedded file.
pub(super) fn unpack(packed: &[u8]) -> Result<String, LoadError> {
    let failed = |e: FrameDecoderError| LoadError::Packed(e.to_string());
    let mut decoder = FrameDecoder::new();
    decoder.init(packed).map_err(failed)?;
    let mut bytes = Vec::with_capacity(usize::try_from(decoder.content_size()).unwrap_or_default());
    decoder.decode_all_to_vec(packed, &mut bytes).map_err(failed)?;
    String::from_utf8(bytes).map_err(|e| LoadError::Packed(e.to_string()))
}

/// The lines of a table that are neither empty nor comments.
pub(super) fn table_rows(table: &str) -> impl Iterator<Item = &str> {
    table.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
}

/// The catalogue of the embedded files.
pub(super) fn catalogue() -> Result<Catalogue, LoadError> {
    let text = CATALOGUE_TEXT.as_ref().map_err(Clone::clone)?;
    let mut loader = Loader::default();
    for line in text.lines().skip(1) {
        loader.line(line).ok_or_else(|| LoadError::Line(line.to_owned()))?;
    }
    let mut catalogue = loader.catalogue;
    for line in table_rows(GLOBAL_KEYS) {
        let (name, kind) = key_row(line).ok_or_else(|| LoadError::Line(line.to_owned()))?;
        catalogue.keys.add(Cow::Borrowed(name), kind, true);
    }
    for line in table_rows(KEY_CORRECTIONS) {
        let (name, kind) = key_row(line).ok_or_else(|| LoadError::Line(line.to_owned()))?;
        catalogue.keys.correct(name, kind);
    }
    Ok(catalogue)
}

fn key_row(line: &str) -> Option<(&str, KeyType)> {
    let mut fields = line.split_whitespace();
    let name = fields.next()?;
    let value: ValueType = fields.next()?.parse().ok()?;
    let multivalued = match fields.next()? {
        "single" => false,
        "multi" => true,
        _ => return None,
    };
    fields.next().is_none().then_some((name, KeyType { value, multivalued }))
}

#[derive(Default)]
struct Loader {
    catalogue: Catalogue,
    service: &'static str,
}

impl Loader {
    /// Reads one line; none where it is not understood.
    fn line(&mut self, line: &'static str) -> Option<()> {
        let (tag, rest) = line.split_once('\t')?;
        match tag {
            "A" => self.action(rest),
            "R" => self.resource_type(rest),
            "L" => self.list(rest),
            "K" => self.key(rest),
            "S" => self.service(rest),
            "C" => {
                self.catalogue.rcp_services = rest.split(',').map(Cow::Borrowed).collect();
                Some(())
            }
            _ => None,
        }
    }

    fn key(&mut self, rest: &'static str) -> Option<()> {
        let (name, code) = rest.split_once('\t')?;
        let value = code.trim_end_matches('*').parse().ok()?;
        let kind = KeyType { value, multivalued: code.ends_with('*') };
        self.catalogue.keys.add(Cow::Borrowed(name), kind, false).map(|_| ())
    }

    fn list(&mut self, rest: &str) -> Option<()> {
        let ids: Option<Box<[KeyId]>> =
            rest.split(',').filter(|t| !t.is_empty()).map(|t| t.parse().ok().map(KeyId)).collect();
        self.catalogue.lists.push(ids?);
        Some(())
    }

    fn service(&mut self, rest: &'static str) -> Option<()> {
        let (prefix, loose) = rest.split_once('\t')?;
        self.service = prefix;
        self.catalogue.services.push(ServiceRecord { prefix: Cow::Borrowed(prefix), loose: list_id(loose)? });
        Some(())
    }

    fn resource_type(&mut self, rest: &'static str) -> Option<()> {
        let mut fields = rest.split('\t');
        let record = ResourceTypeRecord {
            service: Cow::Borrowed(self.service),
            name: Cow::Borrowed(fields.next()?),
            arns: vec![Cow::Borrowed(fields.next()?)],
            keys: list_id(fields.next()?)?,
        };
        self.catalogue.resource_types.push(record);
        Some(())
    }

    fn action(&mut self, rest: &'static str) -> Option<()> {
        let mut fields = rest.split('\t');
        let name = fields.next()?;
        let access = match fields.next()? {
            "R" => AccessLevel::Read,
            "L" => AccessLevel::List,
            "W" => AccessLevel::Write,
            "T" => AccessLevel::Tagging,
            "P" => AccessLevel::PermissionsManagement,
            _ => return None,
        };
        let keys = list_id(fields.next()?)?;
        let pool = &mut self.catalogue.action_resources;
        let start = pool.len();
        for row in fields.next()?.split(',').filter(|row| !row.is_empty()) {
            let (id, list) = row.split_once(':')?;
            let (id, required) = id.strip_suffix('!').map_or((id, false), |id| (id, true));
            let resource_type = ResourceTypeId(id.parse().ok()?);
            pool.push(ActionResource { resource_type, required, keys: list_id(list)? });
        }
        let resources = start..pool.len();
        self.catalogue.actions.push(ActionRecord { name: Cow::Borrowed(name), access, keys, resources });
        Some(())
    }
}

fn list_id(text: &str) -> Option<ListId> {
    text.parse().ok().map(ListId)
}
