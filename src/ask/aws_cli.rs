//! A request as an AWS CLI command, to try it in a sandbox.

use crate::question::Step;
use serde_json::Value;

/// The command that makes the request, as far as the action alone tells; parameters that it can't tell
/// are left as placeholders.
pub fn command(step: &Step) -> String {
    if step.action.eq_ignore_ascii_case("iam:PassRole") {
        return format!("# any call that gives {} to a service: iam:PassRole is none itself", step.resource);
    }
    let (service, action) = step.action.split_once(':').unwrap_or(("", &step.action));
    let mut command = format!("aws {} {}", cli_service(service), operation_name(service, action));
    let parameters: &[(&str, String)] = &known_parameters(&step.action, &step.resource);
    if parameters.is_empty() && step.resource != "*" {
        command.push_str(&format!("  # on {}", step.resource));
    }
    for (name, value) in parameters {
        command.push_str(&format!(" --{name}"));
        if !value.is_empty() {
            command.push_str(&format!(" {}", quoted(value)));
        }
    }
    let file = if parameters.is_empty() { "" } else { output_file(&command) };
    command + file
}

/// The command of an API operation with its parameters.
///
/// AWS CLI User Guide, "Specifying parameter values in the AWS CLI": structures are given as JSON.
pub fn call<'v>(
    service: &str,
    operation: &str,
    parameters: impl Iterator<Item = (&'v str, &'v Value)>,
) -> String {
    let mut command = format!("aws {} {}", cli_service(service), operation_name(service, operation));
    for (name, value) in parameters {
        let name = kebab(name);
        let values: Vec<String> = match value {
            Value::Bool(true) => Vec::new(),
            Value::Bool(false) => {
                command.push_str(&format!(" --no-{name}"));
                continue;
            }
            Value::Array(items) if items.iter().all(|i| !i.is_object() && !i.is_array()) => {
                items.iter().map(plain).collect()
            }
            one => vec![plain(one)],
        };
        command.push_str(&format!(" --{name}"));
        for value in values {
            command.push_str(&format!(" {}", quoted(&value)));
        }
    }
    let file = output_file(&command);
    command + file
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The CLI's command for a service that IAM spells otherwise.
fn cli_service(service: &str) -> &str {
    match service {
        "s3" => "s3api",
        "states" => "stepfunctions",
        "monitoring" => "cloudwatch",
        "elasticloadbalancing" => "elbv2",
        "codedeploy" => "deploy",
        "elasticmapreduce" => "emr",
        "kinesisanalytics" => "kinesisanalyticsv2",
        other => other,
    }
}

/// Parameters that follow from the resource, for the calls asked about most.
fn known_parameters(action: &str, resource: &str) -> Vec<(&'static str, String)> {
    let tail = resource.splitn(6, ':').nth(5).unwrap_or_default();
    let mut parts = tail.split('/');
    let mut next = || parts.next().unwrap_or_default().to_owned();
    match action.to_ascii_lowercase().as_str() {
        "codepipeline:putapprovalresult" => vec![
            ("pipeline-name", next()),
            ("stage-name", next()),
            ("action-name", next()),
            ("result", "summary=ok,status=Approved".to_owned()),
            ("token", "TOKEN".to_owned()),
        ],
        "codepipeline:startpipelineexecution" => vec![("name", tail.to_owned())],
        "s3:getobject" | "s3:putobject" => {
            let (bucket, key) = tail.split_once('/').unwrap_or((tail, ""));
            vec![("bucket", bucket.to_owned()), ("key", key.to_owned())]
        }
        "sts:assumerole" => {
            vec![("role-arn", resource.to_owned()), ("role-session-name", "gateproof".to_owned())]
        }
        "codebuild:startbuild" => vec![("project-name", tail.trim_start_matches("project/").to_owned())],
        "kms:decrypt" => {
            vec![("key-id", resource.to_owned()), ("ciphertext-blob", "fileb://FILE".to_owned())]
        }
        "secretsmanager:getsecretvalue" => vec![("secret-id", resource.to_owned())],
        "ssm:getparameter" => {
            let name = tail.trim_start_matches("parameter");
            let name = if name.matches('/').count() > 1 { name } else { name.trim_start_matches('/') };
            vec![("with-decryption", String::new()), ("name", name.to_owned())]
        }
        _ => Vec::new(),
    }
}

/// What stands for a value that the reader fills in: `ImageId` as `IMAGE_ID`.
pub fn placeholder(name: &str) -> String {
    kebab(name).to_ascii_uppercase().replace('-', "_")
}

/// An operation as the CLI has it.
fn operation_name(service: &str, action: &str) -> String {
    match (service, action) {
        // IAM's action for the API `Invoke`.
        ("lambda", "InvokeFunction") => "invoke".to_owned(),
        _ => kebab(action),
    }
}

/// Where the CLI insists on a file for the answer's content, it is shown.
fn output_file(command: &str) -> &'static str {
    let writes = ["aws s3api get-object ", "aws lambda invoke "];
    if writes.iter().any(|start| command.starts_with(start)) { " /dev/stdout" } else { "" }
}

/// `PutApprovalResult` as `put-approval-result`; runs of capitals stay one word (`DescribeDBInstances`
/// as `describe-db-instances`).
fn kebab(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut text = String::new();
    for (i, c) in chars.iter().enumerate() {
        let before = i.checked_sub(1).and_then(|b| chars.get(b));
        let after = chars.get(i + 1);
        let starts = c.is_ascii_uppercase()
            && before.is_some_and(|b| {
                b.is_ascii_lowercase() || b.is_ascii_digit() || after.is_some_and(|a| a.is_ascii_lowercase())
            });
        if starts {
            text.push('-');
        }
        text.push(c.to_ascii_lowercase());
    }
    text
}

fn quoted(value: &str) -> String {
    let plain = value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./:=,@+".contains(&b));
    if plain && !value.is_empty() { value.to_owned() } else { format!("'{}'", value.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::{call, kebab};
    use serde_json::json;

    #[test]
    fn names_become_commands() {
        assert_eq!(kebab("PutApprovalResult"), "put-approval-result");
        assert_eq!(kebab("DescribeDBInstances"), "describe-db-instances");
        assert_eq!(kebab("ListObjectsV2"), "list-objects-v2");
    }

    #[test]
    fn parameters_become_flags() {
        let parameters =
            json!({"Names": ["a", "b c"], "Source": {"type": "NO_SOURCE"}, "Force": true, "Wait": false});
        let parameters = parameters.as_object().unwrap();
        assert_eq!(
            call("states", "StartExecution", parameters.iter().map(|(n, v)| (n.as_str(), v))),
            "aws stepfunctions start-execution --names a 'b c' --source '{\"type\":\"NO_SOURCE\"}' --force --no-wait"
        );
    }
}
