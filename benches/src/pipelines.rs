//! Organizations of many pipelines: the example's accounts again and again, under other ids, with pipelines of other names.

use crate::account::write;
use serde_json::Value;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The accounts of the example that are copied: what builds, what is staged to, what is production.
const COPIED: [&str; 3] = ["222222222222", "333333333333", "444444444444"];

/// The pipelines of the example.
const PIPELINES: [&str; 3] = ["prod-deploy", "staging-deploy", "images"];

/// Of so many copies the first is of the vulnerable twin, the others of the fixed one.
const VULNERABLE: usize = 4;

/// Where the pipelines stand in an account.
const FOLDER: &str = "us-east-1/codepipeline";

/// Writes a snapshot of so many pipelines in so many accounts, in threes: of each three, one has pipelines.
///
/// # Errors
/// Where a file can't be read or written.
pub fn write_pipelines(directory: &Path, pipelines: usize, accounts: usize) -> io::Result<()> {
    let copies = (accounts / COPIED.len()).max(1);
    let fixed = twin(1);
    copy_lists(&fixed, directory, copies)?;
    for copy in 0..copies {
        let from = twin(copy);
        for (n, account) in COPIED.iter().enumerate() {
            let (old, new) = (format!("accounts/{account}"), format!("accounts/{}", id(n, copy)));
            copy_folder(&from.join(old), &directory.join(new), copy)?;
            for kind in ["list-parents", "list-policies-for-target"] {
                let text = fs::read_to_string(fixed.join(format!("organization/{kind}/{account}.json")))?;
                let name = format!("organization/{kind}/{}.json", id(n, copy));
                write(directory, &name, &parse(&renamed(&text, copy))?)?;
            }
        }
        let here = pipelines / copies + usize::from(copy < pipelines % copies);
        multiply(&directory.join(format!("accounts/{}", id(0, copy))), here)?;
    }
    Ok(())
}

fn twin(copy: usize) -> PathBuf {
    let name = if copy.is_multiple_of(VULNERABLE) { "acme" } else { "acme-fixed" };
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/snapshots").join(name)
}

/// The id of an account's copy; the first keeps its own.
fn id(account: usize, copy: usize) -> String {
    match copy {
        0 => COPIED.get(account).copied().unwrap_or_default().to_owned(),
        _ => format!("{}{copy:011}", account + 2),
    }
}

fn renamed(text: &str, copy: usize) -> String {
    COPIED.iter().enumerate().fold(text.to_owned(), |text, (n, old)| text.replace(old, &id(n, copy)))
}

fn parse(text: &str) -> io::Result<Value> {
    Ok(serde_json::from_str(text)?)
}

fn copy_folder(from: &Path, to: &Path, copy: usize) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = renamed(&entry.file_name().to_string_lossy(), copy);
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &to.join(name), copy)?;
        } else {
            fs::write(to.join(name), renamed(&fs::read_to_string(entry.path())?, copy))?;
        }
    }
    Ok(())
}

/// The organization, and lists in which several accounts stand: what is said of a copied account is said of each copy.
fn copy_lists(from: &Path, directory: &Path, copies: usize) -> io::Result<()> {
    copy_folder(&from.join("organization"), &directory.join("organization"), 0)?;
    let management = "accounts/111111111111";
    copy_folder(&from.join(management), &directory.join(management), 0)?;
    let mut lists = vec![PathBuf::from("organization/list-accounts.json")];
    for entry in fs::read_dir(from.join("organization/list-accounts-for-parent"))? {
        lists.push(Path::new("organization/list-accounts-for-parent").join(entry?.file_name()));
    }
    lists.extend(["errors.json", "resource-policies.json"].map(PathBuf::from));
    for list in lists {
        let mut json = parse(&fs::read_to_string(from.join(&list))?)?;
        match &mut json {
            Value::Array(items) => repeat(items, copies)?,
            Value::Object(members) => {
                for items in members.values_mut().filter_map(Value::as_array_mut) {
                    repeat(items, copies)?;
                }
            }
            _ => {}
        }
        write(directory, &list.to_string_lossy(), &json)?;
    }
    Ok(())
}

fn repeat(items: &mut Vec<Value>, copies: usize) -> io::Result<()> {
    let mut all = Vec::new();
    for item in items.iter() {
        let text = item.to_string();
        all.push(item.clone());
        if COPIED.iter().any(|account| text.contains(account)) {
            for copy in 1..copies {
                all.push(parse(&renamed(&text, copy))?);
            }
        }
    }
    *items = all;
    Ok(())
}

/// The account's pipelines under more names, or fewer of them.
fn multiply(account: &Path, pipelines: usize) -> io::Result<()> {
    let read = |name: &str| parse(&fs::read_to_string(account.join(FOLDER).join(name))?);
    let put = |name: &str, json: &Value| write(&account.join(FOLDER), name, json);
    let mut list = read("list-pipelines.json")?;
    let known = list.get("pipelines").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut listed = Vec::new();
    for n in 0..pipelines.max(PIPELINES.len()) {
        let base = PIPELINES.get(n % PIPELINES.len()).copied().unwrap_or_default();
        let file = format!("get-pipeline/{base}.json");
        if n >= pipelines {
            fs::remove_file(account.join(FOLDER).join(file))?;
            continue;
        }
        let name = match n / PIPELINES.len() {
            0 => base.to_owned(),
            copy => format!("{base}-{copy:03}"),
        };
        let mut json = read(&file)?;
        if let Some(own) = json.pointer_mut("/pipeline/name") {
            *own = name.clone().into();
        }
        if let Some(Value::String(arn)) = json.pointer_mut("/metadata/pipelineArn") {
            *arn = arn.replace(&format!(":{base}"), &format!(":{name}"));
        }
        put(&format!("get-pipeline/{name}.json"), &json)?;
        let mut entry =
            known.iter().find(|entry| entry.get("name").is_some_and(|name| name == base)).cloned();
        if let Some(own) = entry.as_mut().and_then(|entry| entry.get_mut("name")) {
            *own = name.into();
        }
        listed.extend(entry);
    }
    if let Some(own) = list.get_mut("pipelines") {
        *own = listed.into();
    }
    put("list-pipelines.json", &list)
}
