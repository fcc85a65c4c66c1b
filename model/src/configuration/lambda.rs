//! Whether a function takes only code that somebody signed.
//!
//! AWS Lambda API Reference, GetFunctionCodeSigningConfig, GetCodeSigningConfig.

use super::Told;
use super::ask::{Call, Question};
use crate::arn::Arn;
use crate::json::Json;
use crate::snapshot::Snapshot;
use serde::Deserialize;

const OF_FUNCTION: Call =
    Call::new("lambda", "get-function-code-signing-config", "--function-name NAME").may_print_nothing();
const CONFIG: Call = Call::new("lambda", "get-code-signing-config", "--code-signing-config-arn NAME");

/// What a function's code must be signed by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeSigning {
    /// The ARN of the configuration.
    pub arn: String,
    /// What the configuration says.
    pub config: Told<CodeSigningConfig>,
}

/// A code signing configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CodeSigningConfig {
    /// Whose signatures count.
    pub allowed_publishers: Publishers,
    /// What happens with code that is not signed by them.
    #[serde(default)]
    pub code_signing_policies: SigningPolicies,
}

/// Whose signatures count.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Publishers {
    /// Versions of signing profiles.
    pub signing_profile_version_arns: Vec<String>,
}

/// What happens with code that nobody signed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SigningPolicies {
    /// `Enforce`, or `Warn`, which is the default.
    #[serde(default)]
    pub untrusted_artifact_on_deployment: Option<String>,
}

#[derive(PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OfFunction {
    #[serde(default)]
    code_signing_config_arn: Option<String>,
}

#[derive(PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Got {
    code_signing_config: CodeSigningConfig,
}

impl Snapshot {
    /// The code signing configuration of a function; absent: any code is taken.
    pub fn function_code_signing(&self, arn: &str) -> Told<CodeSigning> {
        let parsed = Arn::parse(arn);
        let (account, region) = parsed.map_or(("", ""), |arn| (arn.account, arn.region));
        let name = parsed.and_then(|arn| arn.resource.strip_prefix("function:")).unwrap_or(arn);
        let question = Question::new(OF_FUNCTION, account, Some(region), &[name, arn]);
        let is_it = |json: &Json| {
            let told = json.get("FunctionName").and_then(Json::as_str);
            told == Some(name) || told == Some(arn)
        };
        self.ask_one(&question, is_it).and_then(|output: OfFunction, file| {
            match output.code_signing_config_arn {
                Some(arn) => {
                    let config = self.code_signing_config(account, region, &arn);
                    Told::Known { value: CodeSigning { arn, config }, file }
                }
                None => Told::Absent { file },
            }
        })
    }

    fn code_signing_config(&self, account: &str, region: &str, arn: &str) -> Told<CodeSigningConfig> {
        let is_it = |json: &Json| {
            let told = json.get("CodeSigningConfig").and_then(|config| config.get("CodeSigningConfigArn"));
            told.and_then(Json::as_str) == Some(arn)
        };
        let question = Question::new(CONFIG, account, Some(region), &[arn]);
        self.ask_one(&question, is_it).map(|output: Got| output.code_signing_config)
    }
}
