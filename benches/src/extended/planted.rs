//! What the questions are about: a chain of five roles through two accounts, a role before an administrator, a bystander,
//! and the administrators. Roles of the accounts are turned into these; their tag `bench` says into which.

use super::compute::{Compute, function, project, stack};
use super::details::{Details, document, set, text, trust_of_service};
use super::trust::trust_of_role;
use gateproof_model::catalogue::Catalogue;
use serde_json::{Value, json};

/// How many administrators one account has at most.
pub(super) const ADMINISTRATORS_AN_ACCOUNT: usize = 2;
const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

/// Which of an account's roles are turned. None of these is among those whose trust was changed.
const RELAYS: [usize; 5] = [11, 12, 13, 21, 22];
const GATE: usize = 16;
const BYSTANDER: usize = 14;
const ADMINISTRATORS: [usize; ADMINISTRATORS_AN_ACCOUNT] = [17, 18];

/// Two administrators for a thousand roles, ten at most.
pub(super) fn administrators(roles: usize) -> usize {
    (2 * roles).div_ceil(1_000).clamp(1, 10)
}

/// Turns the first roles of an account into administrators: one trusts CodeBuild, the other the account's users with MFA.
pub(super) fn plant_administrators(details: &mut Details<'_>, count: usize) {
    let managed = Catalogue::embedded().managed_policies().find(|policy| policy.arn() == ADMINISTRATOR);
    let document = managed.and_then(|policy| serde_json::from_str::<Value>(policy.document()).ok());
    let Some(document) = document.filter(|_| count > 0) else { return };
    details.list_policy(ADMINISTRATOR, &document);
    for (number, place) in ADMINISTRATORS.into_iter().take(count).enumerate() {
        let trust =
            if number == 0 { trust_of_service("codebuild.amazonaws.com") } else { trust_of_people(details) };
        let attached = json!([{"PolicyName": "AdministratorAccess", "PolicyArn": ADMINISTRATOR}]);
        if let Some(role) = details.role_mut(place) {
            turn(role, &format!("administrator-{number}"), trust, &json!([]));
            set(role, "AttachedManagedPolicies", attached);
        }
    }
}

/// Turns roles of the first two accounts (of the first, where there is one) into the chain, and says what runs with them, an
/// account each.
///
/// The first changes a function's code; the function's role starts builds of a project; the project's role assumes a role of
/// the other account; that one changes a stack; and the stack's role may delete the vault.
pub(super) fn plant_chain(all: &mut [Details<'_>]) -> Vec<Compute> {
    let mut compute: Vec<Compute> = all.iter().map(|_| Compute::default()).collect();
    let other = usize::from(all.len() > 1);
    let account = |number: usize| all.get(number).map(|d| d.around.account).unwrap_or_default();
    let (here, there) = (account(0), account(other));
    let arn = |number: usize, place: usize| {
        let role = all.get(number).and_then(|d| d.list("RoleDetailList").get(place));
        role.map(|role| text(role, "Arn").to_owned()).unwrap_or_default()
    };
    let places = RELAYS.map(|place| if place < 20 { (0, place) } else { (other, place) });
    let [_, second, third, fourth, fifth] = places.map(|(number, place)| arn(number, place));
    let administrator = arn(0, ADMINISTRATORS[0]);
    let may = |actions: Value, resource: &str| json!([{"Effect": "Allow", "Action": actions, "Resource": resource}]);
    let (hook, build) = (function(here, "relay-hook", &second), project(here, "relay-build", &third));
    let (gate, last) = (project(here, "relay-gate", &administrator), stack(there, "relay-stack", &fifth));
    let policies = [
        may(json!(["lambda:UpdateFunctionCode", "lambda:InvokeFunction"]), text(&hook, "FunctionArn")),
        may(json!("codebuild:StartBuild"), text(&build, "arn")),
        may(json!("sts:AssumeRole"), &fourth),
        may(json!("cloudformation:UpdateStack"), text(&last, "StackId")),
        may(json!("s3:DeleteBucket"), "arn:aws:s3:::relay-vault"),
    ];
    let people = all.first().map(trust_of_people).unwrap_or_default();
    let trusts = [
        people.clone(),
        trust_of_service("lambda.amazonaws.com"),
        trust_of_service("codebuild.amazonaws.com"),
        trust_of_role(&third),
        trust_of_service("cloudformation.amazonaws.com"),
    ];
    let gate_may = may(json!("codebuild:StartBuild"), text(&gate, "arn"));
    let bystander_may = may(json!("s3:GetObject"), "arn:aws:s3:::relay-notes/*");
    let mut roles: Vec<((usize, usize), String, Value, Value)> = vec![
        ((0, GATE), "gate".to_owned(), people.clone(), gate_may),
        ((0, BYSTANDER), "bystander".to_owned(), people, bystander_may),
    ];
    let relays = places.into_iter().zip(policies).zip(trusts).enumerate();
    roles.extend(relays.map(|(n, ((place, policy), trust))| (place, format!("relay-{n}"), trust, policy)));
    for ((number, place), name, trust, policy) in roles {
        if let Some(role) = all.get_mut(number).and_then(|details| details.role_mut(place)) {
            turn(role, &name, trust, &policy);
        }
    }
    if let Some(first) = compute.first_mut() {
        first.functions.push(hook);
        first.projects.extend([build, gate]);
    }
    if let Some(second) = compute.get_mut(other) {
        second.stacks.push(last);
    }
    compute
}

fn trust_of_people(details: &Details<'_>) -> Value {
    let root = format!("arn:aws:iam::{}:root", details.around.account);
    document(&json!([{"Effect": "Allow", "Principal": {"AWS": root}, "Action": "sts:AssumeRole",
                      "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}]))
}

/// A role with nothing but this; the team's tag lets it through the organization's policies.
fn turn(role: &mut Value, name: &str, trust: Value, statements: &Value) {
    let inline = match statements.as_array().is_some_and(Vec::is_empty) {
        true => json!([]),
        false => json!([{"PolicyName": name, "PolicyDocument": document(statements)}]),
    };
    set(role, "AssumeRolePolicyDocument", trust);
    set(role, "RolePolicyList", inline);
    set(role, "AttachedManagedPolicies", json!([]));
    set(role, "Tags", json!([{"Key": "team", "Value": "platform"}, {"Key": "bench", "Value": name}]));
    if let Some(object) = role.as_object_mut() {
        object.remove("PermissionsBoundary");
    }
}
