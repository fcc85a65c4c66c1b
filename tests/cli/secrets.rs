//! Secrets of a snapshot stay in it: no output, error or log holds one, whatever the command and the form.

use crate::copied::copy_folder;
use crate::program::run;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

const TOOLING: &str = "accounts/222222222222/us-east-1";
const DETAILS: &str = "accounts/222222222222/global/iam/get-account-authorization-details.json";

/// A copy of the example with secrets in it, numbered.
struct Canaries {
    folder: TempDir,
    planted: usize,
}

/// What all canaries begin with; it stands nowhere else.
const MARK: &str = "canary5eCr3t";

impl Canaries {
    fn planted() -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy_folder(Path::new("corpus/snapshots/acme"), folder.path());
        let mut canaries = Self { folder, planted: 0 };
        canaries.in_pipelines();
        canaries.in_builds();
        canaries.in_what_is_deployed();
        canaries.in_trust();
        canaries
    }

    fn secret(&mut self) -> String {
        self.planted += 1;
        format!("{MARK}{:03}", self.planted)
    }

    fn change(&mut self, file: &str, change: impl FnOnce(&mut Self, &mut Value)) {
        let place = self.folder.path().join(file);
        let text = fs::read_to_string(&place).unwrap_or_else(|e| panic!("{file}: {e}"));
        let mut json: Value = serde_json::from_str(&text).unwrap();
        change(self, &mut json);
        fs::write(&place, json.to_string()).unwrap();
    }

    fn write(&mut self, file: &str, json: &Value) {
        let place = self.folder.path().join(file);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, json.to_string()).unwrap();
    }

    /// In the configuration of every action, in variables, rules and hooks.
    fn in_pipelines(&mut self) {
        for name in ["prod-deploy", "staging-deploy", "images"] {
            self.change(&format!("{TOOLING}/codepipeline/get-pipeline/{name}.json"), |own, json| {
                for stage in json["pipeline"]["stages"].as_array_mut().unwrap() {
                    for action in stage["actions"].as_array_mut().unwrap() {
                        let variables =
                            json!([{"name": "TOKEN", "value": own.secret(), "type": "PLAINTEXT"}]);
                        let configuration = &mut action["configuration"];
                        configuration["EnvironmentVariables"] = variables.to_string().into();
                        configuration["OAuthToken"] = own.secret().into();
                    }
                }
                json["pipeline"]["variables"] = json!([{"name": "KEY", "defaultValue": own.secret()}]);
            });
        }
        let hook = |own: &mut Self| {
            json!({"definition": {"name": "hook", "targetPipeline": "prod-deploy", "targetAction": "GitHub",
                "filters": [], "authentication": "GITHUB_HMAC",
                "authenticationConfiguration": {"SecretToken": own.secret()}}, "url": "https://hooks.example/1",
                "arn": "arn:aws:codepipeline:us-east-1:222222222222:webhook:hook"})
        };
        let hooks = json!({"webhooks": [hook(self), hook(self)]});
        self.write(&format!("{TOOLING}/codepipeline/list-webhooks.json"), &hooks);
    }

    /// In environment variables, hooks and credentials of build projects; one is malformed, so that it ends in an error.
    fn in_builds(&mut self) {
        self.change(&format!("{TOOLING}/codebuild/batch-get-projects.json"), |own, json| {
            for (n, project) in json["projects"].as_array_mut().unwrap().iter_mut().enumerate() {
                let kind = if n == 0 { json!(own.secret()) } else { json!("PLAINTEXT") };
                project["environment"]["environmentVariables"] =
                    json!([{"name": "PASSWORD", "value": own.secret(), "type": kind}]);
                project["webhook"] = json!({"url": "https://hooks.example/2", "secret": own.secret(),
                    "payloadUrl": "https://hooks.example/3", "filterGroups": []});
                project["environment"]["registryCredential"] =
                    json!({"credential": own.secret(), "credentialProvider": "SECRETS_MANAGER"});
            }
        });
        self.change(&format!("{TOOLING}/codebuild/list-source-credentials.json"), |own, json| {
            for credential in json["sourceCredentialsInfos"].as_array_mut().unwrap() {
                credential["token"] = own.secret().into();
            }
        });
    }

    /// In functions, tasks and stacks.
    fn in_what_is_deployed(&mut self) {
        self.change(&format!("{TOOLING}/lambda/list-functions.json"), |own, json| {
            for function in json["Functions"].as_array_mut().unwrap() {
                function["Environment"] = json!({"Variables": {"API_KEY": own.secret()}});
            }
        });
        let tasks = format!("{TOOLING}/ecs/describe-task-definition");
        let files = fs::read_dir(self.folder.path().join(&tasks)).unwrap();
        let names: Vec<String> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        for name in names {
            self.change(&format!("{tasks}/{name}"), |own, json| {
                for container in json["taskDefinition"]["containerDefinitions"].as_array_mut().unwrap() {
                    container["environment"] = json!([{"name": "DB", "value": own.secret()}]);
                }
            });
        }
        for account in ["333333333333", "444444444444"] {
            let file = format!("accounts/{account}/us-east-1/cloudformation/describe-stacks.json");
            self.change(&file, |own, json| {
                for stack in json["Stacks"].as_array_mut().unwrap() {
                    stack["Parameters"] =
                        json!([{"ParameterKey": "DbPassword", "ParameterValue": own.secret()}]);
                    stack["Outputs"] = json!([{"OutputKey": "Url", "OutputValue": own.secret()}]);
                }
            });
        }
    }

    /// External ids, in the trust of roles that others may assume.
    fn in_trust(&mut self) {
        self.change(DETAILS, |own, json| {
            for role in json["RoleDetailList"].as_array_mut().unwrap().iter_mut().take(6) {
                let statements = role["AssumeRolePolicyDocument"]["Statement"].as_array_mut().unwrap();
                statements.push(json!({"Effect": "Allow", "Action": "sts:AssumeRole",
                    "Principal": {"AWS": "arn:aws:iam::999999999999:root"},
                    "Condition": {"StringEquals": {"sts:ExternalId": own.secret()}}}));
            }
        });
    }
}

/// What a command prints and writes, all of it.
fn said(arguments: &[&str], files: &[String]) -> String {
    let output = run(arguments);
    let code = output.status.code();
    assert!(matches!(code, Some(0 | 2 | 3)), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    let mut text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    for file in files {
        text += &fs::read_to_string(file).unwrap();
    }
    text
}

#[test]
fn no_output_holds_a_secret() {
    let canaries = Canaries::planted();
    assert!(canaries.planted >= 50, "only {} are planted", canaries.planted);
    let snapshot = canaries.folder.path().to_str().unwrap();
    let written = tempfile::tempdir().unwrap();
    let file = |name: &str| written.path().join(name).display().to_string();
    let endings = ["json", "csv", "md", "html", "sarif", "junit.xml"];
    let files: Vec<String> = endings.iter().map(|ending| file(&format!("report.{ending}"))).collect();
    let exports: Vec<&str> = files.iter().flat_map(|file| ["--export", file.as_str()]).collect();
    let config = ["--config", "corpus/snapshots/gateproof.toml"];
    let build = "arn:aws:iam::222222222222:role/acme-build-prod";
    let outside = "external:999999999999";
    let assume = ["--action", "sts:AssumeRole"];
    let reach = ["--controls", "arn:aws:iam::222222222222:role/*"];
    let commands: [(Vec<&str>, &[String]); 8] = [
        ([&["audit", snapshot][..], &exports, &config].concat(), &files),
        (vec!["map", snapshot], &[]),
        ([&["who-can", snapshot][..], &assume].concat(), &[]),
        ([&["can", snapshot, "--principal", outside][..], &assume].concat(), &[]),
        ([&["reach", snapshot, "--from", outside][..], &reach].concat(), &[]),
        (vec!["reach", snapshot, "--from", build, "--administrator", "account:444444444444"], &[]),
        (vec!["edges", snapshot], &[]),
        (vec!["compare", "corpus/snapshots/acme", snapshot, "--principal", outside], &[]),
    ];
    let mut all = String::new();
    for (arguments, files) in &commands {
        for format in ["text", "json"] {
            let text =
                said(&[&arguments[..], &["--cross-check", "never", "--format", format]].concat(), files);
            let found = text.lines().find(|line| line.contains(MARK));
            assert_eq!(found.map(|line| line.chars().take(600).collect::<String>()), None, "{arguments:?}");
            all += &text;
        }
    }
    // Who needs an external id is told that, and nothing of the id.
    assert!(all.contains("(the external id that the trust policy names)"));
}
