//! What a plan takes away.

use super::values::Planned;
use crate::json::Json;
use crate::overlay::{Change, Holder, Plan};
use crate::snapshot::Snapshot;

/// The changes that the removals make, policies and attachments before whom they are of, and what is to be told of them.
pub(super) fn changes(removed: &[Planned<'_>], plan: &Plan, base: &Snapshot) -> (Vec<Change>, Vec<String>) {
    let (mut parts, mut things, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    for planned in removed {
        let before = |key: &str| planned.before.get(key).and_then(Json::as_str).unwrap_or_default();
        let found = match planned.kind.as_str() {
            "aws_iam_role"
            | "aws_iam_user"
            | "aws_iam_group"
            | "aws_iam_policy"
            | "aws_s3_bucket"
            | "aws_sns_topic"
            | "aws_sqs_queue"
            | "aws_lambda_function"
            | "aws_ecr_repository"
            | "aws_secretsmanager_secret"
            | "aws_codebuild_project"
            | "aws_codepipeline"
            | "aws_iam_openid_connect_provider" => {
                let arn = before("arn").to_owned();
                holds(base, plan, &arn).then(|| things.push(Change::Gone { what: arn }))
            }
            "aws_iam_role_policy" => {
                inline(base, plan, "role", before("role"), before("name")).map(|c| parts.push(c))
            }
            "aws_iam_user_policy" => {
                inline(base, plan, "user", before("user"), before("name")).map(|c| parts.push(c))
            }
            "aws_iam_group_policy" => {
                inline(base, plan, "group", before("group"), before("name")).map(|c| parts.push(c))
            }
            "aws_iam_role_policy_attachment" => {
                detached(base, plan, "role", before("role"), before("policy_arn")).map(|c| parts.push(c))
            }
            "aws_iam_user_policy_attachment" => {
                detached(base, plan, "user", before("user"), before("policy_arn")).map(|c| parts.push(c))
            }
            "aws_iam_group_policy_attachment" => {
                detached(base, plan, "group", before("group"), before("policy_arn")).map(|c| parts.push(c))
            }
            "aws_s3_bucket_policy" => {
                let bucket = before("bucket");
                let arn = base.resources().iter().find(|r| {
                    r.policy.is_some() && r.service() == "s3" && r.arn.ends_with(&format!(":::{bucket}"))
                });
                arn.map(|r| {
                    let holder = Holder::Resource(r.arn.to_string());
                    parts.push(Change::Document { holder, document: None });
                })
            }
            _ => None,
        };
        if found.is_none() {
            notes.push(format!(
                "{}: plan: {} is destroyed; the snapshot's stays as it is",
                plan.file, planned.address
            ));
        }
    }
    parts.extend(things);
    (parts, notes)
}

fn holds(base: &Snapshot, plan: &Plan, arn: &str) -> bool {
    base.principal(arn).is_some()
        || base.groups().iter().any(|g| *g.arn == *arn)
        || base.managed_policy(&plan.account, arn).is_some()
        || base.resource(arn).is_some()
}

/// An ARN, names of inline policies, and managed policies.
type Held<'b> = (&'b str, Vec<&'b str>, &'b [std::sync::Arc<str>]);

/// The ARN of a principal, with the names of its inline policies and its managed policies.
fn principal<'b>(base: &'b Snapshot, plan: &Plan, kind: &str, name: &str) -> Option<Held<'b>> {
    let named = |arn: &str, account: &str| {
        *account == *plan.account
            && arn.contains(&format!(":{kind}/"))
            && arn.rsplit('/').next() == Some(name)
    };
    let of_group = || {
        let group = base.groups().iter().find(|g| named(&g.arn, &g.account))?;
        Some((&*group.arn, group.inline.iter().map(|p| &*p.name).collect(), group.attached.as_slice()))
    };
    match base.principals().iter().find(|p| named(&p.arn, &p.account)) {
        Some(p) => Some((&*p.arn, p.inline.iter().map(|p| &*p.name).collect(), p.attached.as_slice())),
        None => of_group(),
    }
}

fn inline(base: &Snapshot, plan: &Plan, kind: &str, name: &str, policy: &str) -> Option<Change> {
    let (arn, inline, _) = principal(base, plan, kind, name)?;
    inline.contains(&policy).then(|| Change::Document {
        holder: Holder::Inline { principal: arn.to_owned(), name: policy.to_owned() },
        document: None,
    })
}

fn detached(base: &Snapshot, plan: &Plan, kind: &str, name: &str, policy: &str) -> Option<Change> {
    let (arn, _, attached) = principal(base, plan, kind, name)?;
    attached.iter().any(|a| **a == *policy).then(|| Change::Attached {
        principal: arn.to_owned(),
        policy: policy.to_owned(),
        attached: false,
    })
}
