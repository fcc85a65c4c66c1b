//! Pairs of policies whose difference can be told by reading them.

use gateproof::compare::{Access, Comparer, DocumentComparison, Granting, PolicyKind, PolicyOf, Relation};

fn compared(of: &PolicyOf, old: &str, new: &str) -> DocumentComparison {
    let policy = |statements: &str| {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
        of.kind.parse_policy(&text, "test").unwrap()
    };
    let answer = Comparer::default().compare_documents(&policy(old), &policy(new), of);
    assert!(answer.exact, "{old} to {new}: {:?}", answer.undecided);
    answer
}

fn identity(old: &str, new: &str) -> DocumentComparison {
    compared(&PolicyOf::kind(PolicyKind::Identity), old, new)
}

/// What is gained: actions, resources, operators, and how many things are left out.
fn gained(answer: &DocumentComparison) -> Vec<(String, String, String, usize)> {
    let one = |r: &gateproof::compare::DocumentRegion| {
        let part = &r.all_of[0];
        let operators: Vec<&str> = part.conditions.iter().map(|c| c.operator.as_str()).collect();
        (part.actions.join(" "), part.resources.join(" "), operators.join(" "), r.except.len())
    };
    answer.gained.iter().map(one).collect()
}

fn region(actions: &str, resources: &str, operators: &str, except: usize) -> (String, String, String, usize) {
    (actions.to_owned(), resources.to_owned(), operators.to_owned(), except)
}

const READ: &str =
    r#"{"Effect":"Allow","Action":["s3:GetObject","s3:ListBucket"],"Resource":"arn:aws:s3:::a*"}"#;

#[test]
fn added_actions_are_told_by_name() {
    let new = r#"{"Effect":"Allow","Action":["s3:ListBucket","s3:PutObject","s3:GetObject"],"Resource":"arn:aws:s3:::a*"}"#;
    let answer = identity(READ, new);
    assert_eq!(answer.relation, Relation::Wider);
    assert_eq!(gained(&answer), [region("s3:PutObject", "arn:aws:s3:::a*", "", 0)]);
    assert_eq!(identity(new, READ).relation, Relation::Narrower);
    assert_eq!(identity(READ, READ).relation, Relation::Equal);
}

#[test]
fn wider_globs_are_told_with_what_was_allowed_before() {
    let new = r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::a*"}"#;
    let answer = identity(READ, new);
    assert_eq!(answer.relation, Relation::Wider);
    assert_eq!(gained(&answer), [region("s3:*", "arn:aws:s3:::a*", "", 1)]);
    assert_eq!(answer.gained[0].except[0].actions, ["s3:GetObject", "s3:ListBucket"]);
    let everywhere = r#"{"Effect":"Allow","Action":["s3:GetObject","s3:ListBucket"],"Resource":"*"}"#;
    let answer = identity(READ, everywhere);
    assert_eq!(gained(&answer), [region("s3:GetObject s3:ListBucket", "*", "", 1)]);
    assert_eq!(answer.gained[0].except[0].resources, ["arn:aws:s3:::a*"]);
}

#[test]
fn a_variable_is_the_same_value_on_both_sides() {
    let on =
        |resource: &str| format!(r#"{{"Effect":"Allow","Action":"s3:GetObject","Resource":"{resource}"}}"#);
    let if_instance = |operator: &str, value: &str| {
        let condition = format!(r#""Condition":{{"{operator}":{{"ec2:SourceInstanceARN":"{value}"}}}}"#);
        format!(r#"{{"Effect":"Allow","Action":"ec2:CreateImage","Resource":"*",{condition}}}"#)
    };
    let any = if_instance("StringLike", "*${ec2:InstanceId}");
    let instances = if_instance("ArnLike", "arn:aws:ec2:*:*:instance/${ec2:InstanceId}");
    assert_eq!(identity(&any, &instances).relation, Relation::Narrower);
    let (all, home) = (on("arn:aws:s3:::*${aws:username}*"), on("arn:aws:s3:::home/${aws:username}/*"));
    assert_eq!(identity(&all, &home).relation, Relation::Narrower);
    // Another variable may be another value.
    let other = on("arn:aws:s3:::home/${aws:userid}/*");
    assert_eq!(identity(&home, &other).relation, Relation::Incomparable);
    assert_eq!(identity(&all, &other).relation, Relation::Incomparable);
}

#[test]
fn lists_that_meet_in_many_ways_stay_beside_each_other() {
    let kinds =
        ["catalog", "database", "table", "connection", "job", "trigger", "crawler", "workflow", "schema"];
    let arns: Vec<String> = kinds.iter().map(|kind| format!(r#""arn:aws:glue:*:*:{kind}/*""#)).collect();
    let allow = format!(r#"{{"Effect":"Allow","Action":"glue:*","Resource":[{}]}}"#, arns.join(","));
    let deny = r#"{"Effect":"Deny","Action":"glue:TagResource","Resource":"arn:aws:glue:*:*:session/*"}"#;
    let answer = identity(&format!("{allow},{deny}"), &allow);
    assert_eq!(answer.relation, Relation::Wider);
    let [region] = answer.gained.as_slice() else { panic!("{:?}", answer.gained) };
    assert_eq!(region.all_of.iter().map(|part| part.resources.len()).collect::<Vec<_>>(), [9, 1]);
}

#[test]
fn a_lifted_deny_and_a_dropped_condition_are_gains() {
    let deny = r#",{"Effect":"Deny","Action":"s3:GetObject","Resource":"arn:aws:s3:::a/secret/*"}"#;
    let answer = identity(&format!("{READ}{deny}"), READ);
    assert_eq!(answer.relation, Relation::Wider);
    assert_eq!(gained(&answer), [region("s3:GetObject", "arn:aws:s3:::a/secret/*", "", 0)]);
    let office = r#"{"Effect":"Allow","Action":["s3:GetObject","s3:ListBucket"],"Resource":"arn:aws:s3:::a*","Condition":{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}}"#;
    let answer = identity(office, READ);
    assert_eq!(gained(&answer), [region("s3:GetObject s3:ListBucket", "arn:aws:s3:::a*", "", 1)]);
    let except = &answer.gained[0].except[0].conditions[0];
    assert_eq!((except.operator.as_str(), except.values[0].as_str()), ("IpAddress", "203.0.113.0/24"));
}

#[test]
fn moved_permissions_are_incomparable() {
    let other = r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}"#;
    let answer = identity(READ, other);
    assert_eq!(answer.relation, Relation::Incomparable);
    assert_eq!((answer.gained.len(), answer.lost.len()), (1, 1));
}

#[test]
fn the_same_said_otherwise_is_equal() {
    for (old, new) in [
        (
            r#"{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}"#,
            r#"{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"iam:*","Resource":"*"}"#,
        ),
        (
            r#"{"Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:::a","arn:aws:s3:::a/*"]}"#,
            r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::a/*"},{"Effect":"Allow","Action":"S3:*","Resource":"arn:aws:s3:::a"}"#,
        ),
        (
            r#"{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/t":"x"}}},{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalTag/t":"x"}}}"#,
            r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#,
        ),
    ] {
        assert_eq!(identity(old, new).relation, Relation::Equal, "{old} and {new}");
    }
}

fn resource(old: &str, new: &str) -> DocumentComparison {
    compared(&PolicyOf::kind(PolicyKind::Resource), old, new)
}

#[test]
fn callers_that_a_resource_policy_lets_in() {
    let named = r#"{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}"#;
    let everyone =
        r#"{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}"#;
    let answer = resource(named, everyone);
    assert_eq!(answer.relation, Relation::Wider);
    let who: Vec<&String> = answer.gained.iter().flat_map(|r| &r.principals).collect();
    assert!(who.iter().any(|w| *w == "unsigned callers"), "{who:?}");
    assert!(who.iter().any(|w| *w == "principals of any other account"), "{who:?}");
    // Whose account is named was let in already, in another account's bucket.
    assert!(!who.iter().any(|w| *w == "principals of account 111122223333"), "{who:?}");
    let organization = r#"{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}}"#;
    assert_eq!(resource(everyone, organization).relation, Relation::Narrower);
    assert_eq!(resource(everyone, everyone).relation, Relation::Equal);
}

#[test]
fn naming_a_role_gives_it_more_than_naming_its_account() {
    let account =
        r#"{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sqs:SendMessage","Resource":"*"}"#;
    let role = r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/r"},"Action":"sqs:SendMessage","Resource":"*"}"#;
    let answer = resource(account, role);
    assert_eq!(answer.relation, Relation::Incomparable);
    let who: Vec<&String> = answer.gained.iter().flat_map(|r| &r.principals).collect();
    assert_eq!(who, ["arn:aws:iam::111122223333:role/r in the resource's own account"]);
}

#[test]
fn a_lifted_deny_of_a_resource_policy_lets_its_own_account_in() {
    let deny = r#"{"Effect":"Deny","Principal":"*","Action":"s3:DeleteObject","Resource":"*"}"#;
    let answer =
        resource(deny, r#"{"Effect":"Deny","Principal":"*","Action":"s3:DeleteBucket","Resource":"*"}"#);
    assert_eq!(answer.relation, Relation::Incomparable);
    let answer = resource(&format!("{deny},{deny}"), deny);
    assert_eq!(answer.relation, Relation::Equal);
}

#[test]
fn trust_policies_are_about_assuming() {
    let of = PolicyOf::kind(PolicyKind::Trust);
    let trust = |who: &str, condition: &str| {
        format!(r#"{{"Effect":"Allow","Principal":{who},"Action":"sts:AssumeRole"{condition}}}"#)
    };
    let ec2 = trust(r#"{"Service":"ec2.amazonaws.com"}"#, "");
    let account = trust(r#"{"AWS":"444455556666"}"#, "");
    let with_id =
        trust(r#"{"AWS":"444455556666"}"#, r#","Condition":{"StringEquals":{"sts:ExternalId":"7"}}"#);
    assert_eq!(compared(&of, &with_id, &account).relation, Relation::Wider);
    assert_eq!(compared(&of, &account, &with_id).relation, Relation::Narrower);
    let answer = compared(&of, &ec2, &format!("{ec2},{account}"));
    assert_eq!(answer.relation, Relation::Wider);
    assert!(answer.gained.iter().all(|r| r.witness.action == "sts:AssumeRole"));
    let keeps_s3 = r#"{"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"s3:*"}"#;
    assert_eq!(compared(&of, &ec2, &format!("{ec2},{keeps_s3}")).relation, Relation::Equal);
}

#[test]
fn control_policies_of_both_kinds() {
    let scp = PolicyOf::kind(PolicyKind::Scp);
    let all = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
    let guard = r#"{"Effect":"Deny","Action":"iam:*","Resource":"*"}"#;
    assert_eq!(compared(&scp, all, &format!("{all},{guard}")).relation, Relation::Narrower);
    let rcp = PolicyOf::kind(PolicyKind::Rcp);
    let perimeter = |org: &str| {
        format!(
            r#"{{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{{"StringNotEquals":{{"aws:PrincipalOrgID":"{org}"}}}}}}"#
        )
    };
    assert_eq!(compared(&rcp, &perimeter("o-1"), &perimeter("o-1")).relation, Relation::Equal);
    assert_eq!(compared(&rcp, &perimeter("o-1"), &perimeter("o-2")).relation, Relation::Incomparable);
    // A service that resource control policies don't bind.
    let elsewhere = r#"{"Effect":"Deny","Principal":"*","Action":"iam:*","Resource":"*"}"#;
    assert_eq!(compared(&rcp, elsewhere, &perimeter("o-1")).relation, Relation::Narrower);
}

fn read(kind: PolicyKind, statements: &str) -> std::sync::Arc<gateproof_model::policy::Document> {
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
    kind.parse_policy(&text, "test").unwrap()
}

#[test]
fn access_that_is_granted() {
    let comparer = Comparer::default();
    let of = PolicyOf::kind(PolicyKind::Identity);
    let grants = |statements: &str, actions: &[&str], resources: &[&str]| {
        let strings = |texts: &[&str]| texts.iter().map(|t| (*t).to_owned()).collect();
        let access = Access { actions: strings(actions), resources: strings(resources) };
        match comparer.grants(&read(PolicyKind::Identity, statements), &of, &access) {
            Granting::Granted(..) => true,
            Granting::NotGranted => false,
            Granting::Unknown(why) => panic!("{why}"),
        }
    };
    assert!(grants(READ, &["s3:GetObject"], &[]));
    assert!(!grants(READ, &["s3:PutObject", "iam:*"], &[]));
    assert!(!grants(READ, &[], &["arn:aws:s3:::b*"]));
    assert!(grants(READ, &["s3:*"], &["arn:aws:s3:::ab"]));
}

#[test]
fn policies_that_are_public() {
    let comparer = Comparer::default();
    let of = PolicyOf::kind(PolicyKind::Resource);
    let public = |principal: &str, condition: &str| {
        let statement = format!(
            r#"{{"Effect":"Allow","Principal":{principal},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*","Condition":{{{condition}}}}}"#
        );
        match comparer.is_public(&read(PolicyKind::Resource, &statement), &of) {
            Granting::Granted(..) => true,
            Granting::NotGranted => false,
            Granting::Unknown(why) => panic!("{why}"),
        }
    };
    assert!(public(r#""*""#, ""));
    assert!(!public(r#"{"AWS":"111122223333"}"#, ""));
    assert!(!public(r#"{"Service":"cloudfront.amazonaws.com"}"#, ""));
    assert!(!public(r#""*""#, r#""StringEquals":{"aws:PrincipalOrgID":"o-1"}"#));
    assert!(public(r#""*""#, r#""StringLike":{"aws:PrincipalOrgID":"o-*"}"#));
    assert!(public(r#""*""#, r#""StringNotEquals":{"aws:SourceVpc":"vpc-1"}"#));
    assert!(!public(r#""*""#, r#""StringEquals":{"aws:SourceVpc":"vpc-1"}"#));
    assert!(!public(r#""*""#, r#""IpAddress":{"aws:SourceIp":"203.0.113.0/24"}"#));
    assert!(public(r#""*""#, r#""IpAddress":{"aws:SourceIp":"0.0.0.0/1"}"#));
    assert!(public(r#""*""#, r#""ForAllValues:StringEquals":{"aws:PrincipalOrgPaths":"o-1/r-1/"}"#));
    assert!(public(r#""*""#, r#""Bool":{"aws:SecureTransport":"true"}"#));
}
