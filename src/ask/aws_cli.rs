//! A request as an AWS CLI command, to try it in a sandbox.

use crate::question::Step;

/// The command that makes the request, as far as the action alone tells; parameters that it can't tell
/// are left as placeholders.
pub fn command(step: &Step) -> String {
    let (service, action) = step.action.split_once(':').unwrap_or(("", &step.action));
    let cli = match service {
        "s3" => "s3api",
        "states" => "stepfunctions",
        "monitoring" | "cloudwatch" => "cloudwatch",
        "elasticloadbalancing" => "elbv2",
        "codestar-connections" => "codestar-connections",
        other => other,
    };
    let mut command = format!("aws {cli} {}", kebab(action));
    let parameters: &[(&str, String)] = &known_parameters(&step.action, &step.resource);
    if parameters.is_empty() && step.resource != "*" {
        command.push_str(&format!("  # on {}", step.resource));
    }
    for (name, value) in parameters {
        command.push_str(&format!(" --{name} {}", quoted(value)));
    }
    command
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
        _ => Vec::new(),
    }
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
    if plain { value.to_owned() } else { format!("'{}'", value.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::kebab;

    #[test]
    fn names_become_commands() {
        assert_eq!(kebab("PutApprovalResult"), "put-approval-result");
        assert_eq!(kebab("DescribeDBInstances"), "describe-db-instances");
        assert_eq!(kebab("ListObjectsV2"), "list-objects-v2");
    }
}
