//! The shapes: what they allow and deny, and which kinds of session get through.

use serde_json::{Value, json};

/// How a statement names the action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActionForm {
    Exact,
    Wildcard,
    NotAction,
}

impl ActionForm {
    pub const ALL: [Self; 3] = [Self::Exact, Self::Wildcard, Self::NotAction];
}

/// One shape.
pub struct Shape {
    pub name: &'static str,
    /// The Allow statements, a document each.
    pub allows: fn(ActionForm) -> Vec<Value>,
    /// The Deny statements.
    pub denies: fn(ActionForm) -> Vec<Value>,
    /// The kinds of session that are allowed.
    pub lets_through: &'static [&'static str],
    /// Whether a session whose device was used two hours ago is refused.
    pub ages: bool,
}

const PRESENT: &str = "aws:MultiFactorAuthPresent";
const AGE: &str = "aws:MultiFactorAuthAge";
const APPROVALS: &str = "arn:aws:codepipeline:*:*:prod-*/*";
const EVERYONE: &[&str] = &["K", "T", "S", "C", "M"];
const ONLY_M: &[&str] = &["M"];
const ALL_BUT_TSC: &[&str] = &["K", "M"];

fn statement(
    effect: &str,
    action: (&str, &str),
    resource: &str,
    condition: Option<(&str, &str, &str)>,
) -> Value {
    let (element, name) = action;
    let mut statement = json!({"Effect": effect, element: name, "Resource": resource});
    if let Some((operator, key, value)) = condition {
        statement["Condition"] = json!({operator: {key: value}});
    }
    statement
}

fn approving(form: ActionForm) -> (&'static str, &'static str) {
    match form {
        ActionForm::Exact => ("Action", "codepipeline:PutApprovalResult"),
        ActionForm::Wildcard => ("Action", "codepipeline:Put*"),
        ActionForm::NotAction => ("NotAction", "iam:*"),
    }
}

/// Actions that approving is none of.
fn others(form: ActionForm) -> (&'static str, &'static str) {
    match form {
        ActionForm::Exact => ("Action", "codepipeline:StartPipelineExecution"),
        ActionForm::Wildcard => ("Action", "codepipeline:Start*"),
        ActionForm::NotAction => ("NotAction", "codepipeline:Put*"),
    }
}

fn allow(form: ActionForm, condition: Option<(&str, &str, &str)>) -> Value {
    statement("Allow", approving(form), APPROVALS, condition)
}

fn deny(form: ActionForm, condition: (&str, &str, &str)) -> Value {
    statement("Deny", approving(form), "*", Some(condition))
}

/// The condition of the Deny that holds.
const WITHOUT_DEVICE: (&str, &str, &str) = ("BoolIfExists", PRESENT, "false");

fn none(_: ActionForm) -> Vec<Value> {
    Vec::new()
}

fn plain(form: ActionForm) -> Vec<Value> {
    vec![allow(form, None)]
}

pub const SHAPES: &[Shape] = &[
    Shape { name: "1: Allow", allows: plain, denies: none, lets_through: EVERYONE, ages: false },
    Shape {
        name: "2: Allow if Bool present true",
        allows: |form| vec![allow(form, Some(("Bool", PRESENT, "true")))],
        denies: none,
        lets_through: ONLY_M,
        ages: false,
    },
    Shape {
        name: "3: Allow if BoolIfExists present true",
        allows: |form| vec![allow(form, Some(("BoolIfExists", PRESENT, "true")))],
        denies: none,
        lets_through: ALL_BUT_TSC,
        ages: false,
    },
    Shape {
        name: "4: Deny if Bool present false",
        allows: plain,
        denies: |form| vec![deny(form, ("Bool", PRESENT, "false"))],
        lets_through: ALL_BUT_TSC,
        ages: false,
    },
    Shape {
        name: "5: Deny if BoolIfExists present false",
        allows: plain,
        denies: |form| vec![deny(form, WITHOUT_DEVICE)],
        lets_through: ONLY_M,
        ages: false,
    },
    Shape {
        name: "6: Allow if Null age false",
        allows: |form| vec![allow(form, Some(("Null", AGE, "false")))],
        denies: none,
        lets_through: ONLY_M,
        ages: false,
    },
    Shape {
        name: "7: Allow if age below 3600",
        allows: |form| vec![allow(form, Some(("NumericLessThan", AGE, "3600")))],
        denies: none,
        lets_through: ONLY_M,
        ages: true,
    },
    Shape {
        name: "8: Deny if age above 3600",
        allows: plain,
        denies: |form| vec![deny(form, ("NumericGreaterThan", AGE, "3600"))],
        lets_through: EVERYONE,
        ages: true,
    },
    Shape {
        name: "9: Allow if ForAllValues:Bool present true",
        allows: |form| vec![allow(form, Some(("ForAllValues:Bool", PRESENT, "true")))],
        denies: none,
        lets_through: ALL_BUT_TSC,
        ages: false,
    },
    Shape {
        name: "10: shape 2, and shape 1 in another policy",
        allows: |form| vec![allow(form, Some(("Bool", PRESENT, "true"))), allow(form, None)],
        denies: none,
        lets_through: EVERYONE,
        ages: false,
    },
    Shape {
        name: "10: shape 2, and shape 1 in another statement",
        allows: |form| vec![json!([allow(form, Some(("Bool", PRESENT, "true"))), allow(form, None)])],
        denies: none,
        lets_through: EVERYONE,
        ages: false,
    },
    Shape {
        name: "11: shape 5 for another action",
        allows: plain,
        denies: |form| vec![statement("Deny", others(form), "*", Some(WITHOUT_DEVICE))],
        lets_through: EVERYONE,
        ages: false,
    },
    Shape {
        name: "11: shape 5 for another pipeline",
        allows: plain,
        denies: |form| {
            let other = "arn:aws:codepipeline:*:*:prod-deploy-eu/*";
            vec![statement("Deny", approving(form), other, Some(WITHOUT_DEVICE))]
        },
        lets_through: EVERYONE,
        ages: false,
    },
    Shape {
        name: "11: shape 5 for the bare pipeline",
        allows: plain,
        denies: |form| {
            let bare = "arn:aws:codepipeline:*:*:prod-deploy";
            vec![statement("Deny", approving(form), bare, Some(WITHOUT_DEVICE))]
        },
        lets_through: EVERYONE,
        ages: false,
    },
];
