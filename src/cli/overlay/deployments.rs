//! What would be deployed over the snapshot: CloudFormation templates, what CDK synthesizes, Terraform plans.

use crate::cli::{CliError, Global};
use clap::Args;
use gateproof_model::json::Json;
use gateproof_model::overlay::yaml::parse_yaml;
use gateproof_model::overlay::{Overlay, Plan, Stack};
use gateproof_model::snapshot::{LoadOptions, Snapshot};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The file in which CDK says what it has synthesized.
const MANIFEST: &str = "manifest.json";

/// Deployments, made before any other change.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct DeploymentArguments {
    /// A CloudFormation stack is deployed: its template in JSON or YAML, or a directory that CDK synthesized (`cdk.out`).
    #[arg(long, value_name = "[STACK=]FILE")]
    with_template: Vec<String>,
    /// A parameter of the templates.
    #[arg(long, value_name = "NAME=VALUE", requires = "with_template")]
    with_parameter: Vec<String>,
    /// A Terraform plan is applied: what `terraform show -json PLAN` prints.
    #[arg(long, value_name = "FILE")]
    with_plan: Vec<PathBuf>,
    /// The account that templates and plans are for, where they don't tell; not needed where the snapshot has one.
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// The region that templates and plans are for, where they don't tell.
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
}

/// Where stacks are deployed that don't tell.
struct Place {
    account: Option<String>,
    region: Option<String>,
}

impl DeploymentArguments {
    pub(super) fn is_empty(&self) -> bool {
        self.with_template.is_empty() && self.with_plan.is_empty()
    }

    pub(super) fn overlay(&self, snapshot: &Path, global: &Global) -> Result<Overlay, CliError> {
        let mut overlay = Overlay::default();
        if self.is_empty() {
            return Ok(overlay);
        }
        let parameters = self.parameters()?;
        let place = self.place(snapshot, global)?;
        for given in &self.with_template {
            let (name, path) = match given.split_once('=') {
                Some((name, path)) if !Path::new(given).exists() => (Some(name), Path::new(path)),
                _ => (None, Path::new(given.as_str())),
            };
            if path.is_dir() {
                synthesized(path, &place, &parameters, &mut overlay.stacks)?;
                continue;
            }
            let name = name.map_or_else(|| stem(path), str::to_owned);
            let stack = Stack {
                label: format!("stack {name}"),
                name,
                account: told(place.account.as_ref(), "--account", path)?,
                region: told(place.region.as_ref(), "--region", path)?,
                template: read_template(path)?,
                file: path.display().to_string().into(),
                parameters: parameters.clone(),
            };
            overlay.stacks.push(stack);
        }
        for path in &self.with_plan {
            overlay.plans.push(Plan {
                account: told(place.account.as_ref(), "--account", path)?,
                region: told(place.region.as_ref(), "--region", path)?,
                json: read_json(path)?,
                file: path.display().to_string().into(),
            });
        }
        Ok(overlay)
    }

    fn parameters(&self) -> Result<BTreeMap<String, String>, CliError> {
        let each = self.with_parameter.iter().map(|given| match given.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
            _ => Err(CliError::Usage(format!("--with-parameter `{given}`: expected NAME=VALUE"))),
        });
        each.collect()
    }

    /// The account and region given; the snapshot's account where it has one alone.
    fn place(&self, snapshot: &Path, global: &Global) -> Result<Place, CliError> {
        let options = LoadOptions { missing: global.estate_options().missing, ..LoadOptions::default() };
        let known = Snapshot::load(snapshot, &options)?;
        let account = match (&self.account, known.accounts()) {
            (Some(account), accounts) => {
                if !accounts.iter().any(|a| *a.id == **account) {
                    let text = format!("--account `{account}`: expected an account of the snapshot");
                    return Err(CliError::Input(text));
                }
                Some(account.clone())
            }
            (None, [one]) => Some(one.id.to_string()),
            (None, _) => None,
        };
        Ok(Place { account, region: self.region.clone() })
    }
}

fn told(value: Option<&String>, flag: &str, path: &Path) -> Result<String, CliError> {
    let shown = path.display();
    value
        .cloned()
        .ok_or_else(|| CliError::Usage(format!("{shown}: it doesn't tell where it is deployed; give {flag}")))
}

/// The name of a stack after its file.
fn stem(path: &Path) -> String {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    name.split('.').next().unwrap_or_default().to_owned()
}

fn read(path: &Path) -> Result<String, CliError> {
    std::fs::read_to_string(path)
        .map_err(|error| CliError::Input(format!("{}: cannot be read ({error})", path.display())))
}

fn read_json(path: &Path) -> Result<Json, CliError> {
    let malformed =
        |error| CliError::Input(format!("{}: found text that is not JSON ({error})", path.display()));
    Json::parse(&read(path)?).map_err(malformed)
}

fn read_template(path: &Path) -> Result<Json, CliError> {
    let text = read(path)?;
    let shown = path.display();
    let json = match text.trim_start().starts_with('{') {
        true => Json::parse(&text).map_err(|e| e.to_string()),
        false => parse_yaml(&text).map_err(|e| e.to_string()),
    };
    let json = json
        .map_err(|e| CliError::Input(format!("{shown}: found no JSON or YAML ({e}), expected a template")))?;
    if json.get("Resources").and_then(Json::as_object).is_none() {
        return Err(CliError::Input(format!(
            "{shown}: found no Resources, expected a CloudFormation template"
        )));
    }
    Ok(json)
}

/// The stacks of a cloud assembly, those that others depend on first (AWS CDK, "cloud assembly schema").
fn synthesized(
    folder: &Path,
    place: &Place,
    parameters: &BTreeMap<String, String>,
    stacks: &mut Vec<Stack>,
) -> Result<(), CliError> {
    let manifest = folder.join(MANIFEST);
    let json = read_json(&manifest)?;
    let artifacts = json.get("artifacts").and_then(Json::as_object).unwrap_or_default();
    for (id, artifact) in in_order(artifacts) {
        let property = |key: &str| artifact.get("properties").and_then(|p| p.get(key)?.as_str());
        match artifact.get("type").and_then(Json::as_str) {
            Some("cdk:cloud-assembly") => {
                if let Some(inner) = property("directoryName") {
                    synthesized(&folder.join(inner), place, parameters, stacks)?;
                }
            }
            Some("aws:cloudformation:stack") => {
                let path = folder.join(property("templateFile").unwrap_or_default());
                let environment = artifact.get("environment").and_then(Json::as_str).unwrap_or_default();
                let parts = environment.strip_prefix("aws://").and_then(|e| e.split_once('/'));
                let known = |part: Option<&str>| {
                    part.filter(|p| !p.is_empty() && !p.starts_with("unknown-")).map(str::to_owned)
                };
                let account = known(parts.map(|(account, _)| account)).or_else(|| place.account.clone());
                let region = known(parts.map(|(_, region)| region)).or_else(|| place.region.clone());
                let name = property("stackName").unwrap_or(id);
                stacks.push(Stack {
                    name: name.to_owned(),
                    label: format!("stack {name}"),
                    account: told(account.as_ref(), "--account", &path)?,
                    region: told(region.as_ref(), "--region", &path)?,
                    template: read_template(&path)?,
                    file: path.display().to_string().into(),
                    parameters: parameters.clone(),
                });
            }
            _ => {}
        }
    }
    Ok(())
}

/// Artifacts after those that they depend on; of a circle, in the manifest's order.
fn in_order(artifacts: &[(String, Json)]) -> Vec<(&String, &Json)> {
    let mut left: Vec<_> = artifacts.iter().map(|(id, json)| (id, json)).collect();
    let mut ordered: Vec<(&String, &Json)> = Vec::new();
    while !left.is_empty() {
        let waits = |json: &Json| {
            let on = json.get("dependencies").and_then(Json::as_array).unwrap_or_default();
            on.iter().filter_map(Json::as_str).any(|id| left.iter().any(|(other, _)| *other == id))
        };
        let at = left.iter().position(|(_, json)| !waits(json)).unwrap_or(0);
        ordered.push(left.remove(at));
    }
    ordered
}
