//! What belongs to accounts: tokens of builds elsewhere, roles and keys across accounts, functions, policies of AWS's, guard-rails, the CDK, users.

use crate::mutants::{action, role, spoils};
use crate::said::{audit, change_too, changed, example, intent, intent_with, of, says, without};
use gateproof::audit::Judgement;
use serde_json::{Value, json};

const PROD: &str = "accounts/222222222222/us-east-1/codepipeline/get-pipeline/prod-deploy.json";
const TOOLING: &str = "accounts/222222222222/global/iam/get-account-authorization-details.json";
const STAGING: &str = "accounts/333333333333/global/iam/get-account-authorization-details.json";
const PRODUCTION: &str = "accounts/444444444444/global/iam/get-account-authorization-details.json";
const KEY: &str =
    "accounts/222222222222/us-east-1/kms/get-key-policy/1a2b3c4d-5e6f-4a7b-8c9d-0e1f2a3b4c5d.json";

const SUBJECTS: &str =
    r#"subjects = ["repo:acme-corp/p*:ref:refs/heads/main", "repo:acme-corp/portal:environment:*"]"#;
const ISSUER: &str = "token.actions.githubusercontent.com";

/// The trust of the role of continuous integration, under another condition.
fn trusted(condition: Value) -> impl Fn(&mut Value) {
    move |json: &mut Value| {
        role(json, "github-actions-ci")["AssumeRolePolicyDocument"]["Statement"][0]["Condition"] =
            condition.clone();
    }
}

#[test]
fn the_language_of_subjects_decides() {
    use Judgement::{Holds, Violated};
    let (aud, sub) = (format!("{ISSUER}:aud"), format!("{ISSUER}:sub"));
    let audience = json!({&aud: "sts.amazonaws.com"});
    let equals = |subject: &str| json!({"StringEquals": {&aud: "sts.amazonaws.com", &sub: subject}});
    let like = |subject: &str| json!({"StringEquals": audience, "StringLike": {&sub: subject}});
    let config = intent_with(SUBJECTS);
    let anybody = "with a token of a subject that isn't meant";
    for (condition, verdict) in [
        (equals("repo:acme-corp/payments:ref:refs/heads/main"), Holds),
        (like("repo:acme-corp/payments:ref:refs/heads/main"), Holds),
        (like("repo:acme-corp/portal:environment:*"), Holds),
        // To `StringEquals` a star is a star.
        (equals("repo:acme-corp/portal:environment:*"), Holds),
        (like("repo:acme*"), Violated),
        (like("repo:acme-corp*:ref:refs/heads/main"), Violated),
        (like("repo:acme-corp/payments:*"), Violated),
        (equals("repo:acme-corp/payments:*"), Violated),
        (equals("repo:acme-corp/payments:pull_request"), Violated),
        (json!({"StringEquals": audience}), Violated),
        (
            json!({"StringEquals": audience, "StringEqualsIfExists": {&sub: "repo:acme-corp/payments:ref:refs/heads/main"}}),
            Holds,
        ),
        (
            json!({"StringEquals": audience, "StringNotEquals": {&sub: "repo:evil/x:ref:refs/heads/main"}}),
            Violated,
        ),
        (
            json!({"StringEquals": audience, "ForAllValues:StringLike": {&sub: "repo:acme-corp/portal:environment:*"}}),
            Holds,
        ),
    ] {
        let copy = changed(TOOLING, trusted(condition.clone()));
        let said = audit(copy.path(), &["OIDC-1"], Some(config.path()));
        let found = of(&said, "OIDC-1", "images", verdict);
        let about = |f: &&&gateproof::audit::Finding| f.subject.ends_with("role/github-actions-ci, subject");
        assert_eq!(found.iter().filter(about).count(), 1, "{condition}: {:?}", said.findings);
        assert!(verdict == Holds || found.iter().any(|f| f.message.contains(anybody)), "{condition}");
    }
}

#[test]
fn without_subjects_the_world_is_found_and_the_rest_is_not_known() {
    let config = intent_with("");
    let said = audit(&example("acme-fixed"), &["OIDC-1"], Some(config.path()));
    says(&said, "OIDC-1", "images", Judgement::Unknown, "`subjects` in [audit]");
    let copy =
        changed(TOOLING, trusted(json!({"StringEquals": {format!("{ISSUER}:aud"): "sts.amazonaws.com"}})));
    let said = audit(copy.path(), &["OIDC-1"], Some(config.path()));
    says(&said, "OIDC-1", "images", Judgement::Violated, "with a token of a subject that isn't meant");
    // The staging account is worked in by another pipeline first.
    says(&said, "OIDC-1", "staging-deploy", Judgement::Unknown, "`subjects` in [audit]");
}

/// The provider admits tokens for one audience only; where it admits others, the policy must ask.
#[test]
fn a_missing_audience_is_found_where_the_provider_has_others() {
    let sub = json!({"StringEquals": {format!("{ISSUER}:sub"): "repo:acme-corp/portal:ref:refs/heads/main"}});
    let copy = changed(TOOLING, trusted(sub));
    let config = intent_with(SUBJECTS);
    let said = audit(copy.path(), &["OIDC-1"], Some(config.path()));
    assert!(of(&said, "OIDC-1", "images", Judgement::Violated).is_empty(), "{:?}", said.findings);
    let folder = copy.path().join("accounts/222222222222/global/iam/get-open-id-connect-provider");
    let file = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    let mut provider: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    provider["ClientIDList"] = json!(["sts.amazonaws.com", "https://audience.example"]);
    std::fs::write(&file, provider.to_string()).unwrap();
    let said = audit(copy.path(), &["OIDC-1"], Some(config.path()));
    says(&said, "OIDC-1", "images", Judgement::Violated, "with a token for anybody");
}

#[test]
fn tokens_that_come_to_administer_are_found() {
    spoils(
        "OIDC-2",
        "images",
        "github-actions-ci comes to administer account 222222222222",
        TOOLING,
        |json| {
            role(json, "github-actions-ci")["RolePolicyList"] = json!([{"PolicyName": "more", "PolicyDocument":
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:*", "Resource": "*"}]}}]);
        },
    );
    let said = audit(&example("acme-fixed"), &["OIDC-2"], None);
    assert!(!of(&said, "OIDC-2", "images", Judgement::Holds).is_empty(), "{:?}", said.findings);
}

#[test]
fn trust_in_an_accounts_root_is_found() {
    let root = |json: &mut Value| {
        let trust = json!([{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::222222222222:root"}, "Action": "sts:AssumeRole"}]);
        role(json, "acme-deploy")["AssumeRolePolicyDocument"]["Statement"] = trust;
    };
    let copy = changed(PRODUCTION, root);
    change_too(&copy, TOOLING, |json| {
        role(json, "acme-build-prod")["RolePolicyList"] = json!([{"PolicyName": "more", "PolicyDocument": {"Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::*:role/acme-deploy"}]}}]);
    });
    let said = audit(copy.path(), &["XA-1"], None);
    says(
        &said,
        "XA-1",
        "prod-deploy",
        Judgement::Violated,
        "acme-build-prod may assume the role of a deployment",
    );
    spoils("XA-1", "prod-deploy", "may assume other roles than those of its actions", TOOLING, |json| {
        let statements =
            &mut role(json, "acme-pipeline-prod")["RolePolicyList"][0]["PolicyDocument"]["Statement"];
        let mut statements = statements.as_array_mut().unwrap().iter_mut();
        let deploy = statements.find(|statement| statement["Sid"] == "DeployToProd").unwrap();
        deploy["Resource"] = "arn:aws:iam::*:role/acme-*".into();
        let trust = json!({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::222222222222:root"}, "Action": "sts:AssumeRole"});
        let task = role(json, "acme-portal-task");
        task["AssumeRolePolicyDocument"]["Statement"].as_array_mut().unwrap().push(trust);
    });
    let said = audit(&example("acme-fixed"), &["XA-1"], None);
    assert_eq!(of(&said, "XA-1", "prod-deploy", Judgement::Holds).len(), 2, "{:?}", said.findings);
    says(&said, "XA-1", "images", Judgement::Holds, "no action has a role of another account");
    let copy = changed(PROD, |json| {
        action(json, "DataStack")["roleArn"] = "arn:aws:iam::999999999999:role/deploy".into();
    });
    says(
        &audit(copy.path(), &["XA-1"], None),
        "XA-1",
        "prod-deploy",
        Judgement::Unknown,
        "is not in the snapshot",
    );
}

#[test]
fn keys_for_whole_accounts_are_found() {
    spoils("XA-2", "prod-deploy", "may use the key from another account", KEY, |json| {
        let mut policy: Value = serde_json::from_str(json["Policy"].as_str().unwrap()).unwrap();
        policy["Statement"]
            .as_array_mut()
            .unwrap()
            .push(json!({"Sid": "More", "Effect": "Allow", "Action": "kms:Decrypt",
            "Principal": {"AWS": "arn:aws:iam::444444444444:root"}, "Resource": "*"}));
        json["Policy"] = policy.to_string().into();
    });
    let said = audit(&example("acme-fixed"), &["XA-2"], None);
    says(&said, "XA-2", "prod-deploy", Judgement::Holds, "nobody else may use the key");
    let said = audit(without(KEY).path(), &["XA-2"], None);
    assert!(of(&said, "XA-2", "prod-deploy", Judgement::Holds).is_empty(), "{:?}", said.findings);
}

#[test]
fn functions_that_others_change_are_found() {
    let folder = "accounts/222222222222/us-east-1/lambda";
    let signing = format!("{folder}/get-function-code-signing-config/staging-smoke-test.json");
    spoils("LAM-1", "staging-deploy", "may change the function", TOOLING, |json| {
        role(json, "acme-build-staging")["RolePolicyList"] = json!([{"PolicyName": "more", "PolicyDocument": {"Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "lambda:Update*", "Resource": "*"}]}}]);
    });
    spoils("LAM-1", "staging-deploy", "takes code that nobody signed", &signing, |json| {
        json.as_object_mut().unwrap().remove("CodeSigningConfigArn");
    });
    let said = audit(without(&signing).path(), &["LAM-1"], None);
    says(&said, "LAM-1", "staging-deploy", Judgement::Unknown, "get-function-code-signing-config");
    says(&said, "LAM-1", "staging-deploy", Judgement::Unknown, "`platform`");
    says(&said, "LAM-1", "images", Judgement::Holds, "no action calls a function");
}

#[test]
fn policies_of_aws_are_found_where_they_are_what_lets() {
    let attach = |name: &'static str| {
        move |json: &mut Value| {
            let mut users = json["UserDetailList"].as_array_mut().unwrap().iter_mut();
            let user = users.find(|user| user["UserName"] == "erin.walsh").unwrap();
            user.as_object_mut().unwrap().remove("PermissionsBoundary");
            user["AttachedManagedPolicies"] =
                json!([{"PolicyName": name, "PolicyArn": format!("arn:aws:iam::aws:policy/{name}")}]);
        }
    };
    let by = "may approve, build, push to or change the pipeline by";
    for name in ["AWSCodePipelineApproverAccess", "AWSCodeBuildDeveloperAccess"] {
        spoils("MP-1", "staging-deploy", &format!("erin.walsh {by} {name}"), TOOLING, attach(name));
    }
    let copy = changed(TOOLING, attach("AWSCodePipeline_ReadOnlyAccess"));
    let said = audit(copy.path(), &["MP-1"], None);
    let about = |f: &&gateproof::audit::Finding| f.subject.ends_with("user/people/erin.walsh");
    let found: Vec<_> = said.findings.iter().filter(about).map(|f| f.verdict).collect();
    assert_eq!(found, [Judgement::Holds; 6], "{:?}", said.findings);
    let copy = changed(TOOLING, attach("NoSuchPolicyOfAws"));
    let said = audit(copy.path(), &["MP-1"], None);
    assert!(of(&said, "MP-1", "prod-deploy", Judgement::Unknown).iter().any(about), "{:?}", said.findings);
}

#[test]
fn guard_rails_that_somebody_takes_down_are_found() {
    let without = |sids: &'static [&'static str]| {
        move |json: &mut Value| {
            let mut document: Value =
                serde_json::from_str(json["Policy"]["Content"].as_str().unwrap()).unwrap();
            let statements = document["Statement"].as_array_mut().unwrap();
            statements.retain(|statement| !sids.iter().any(|sid| statement["Sid"] == *sid));
            json["Policy"]["Content"] = document.to_string().into();
        }
    };
    let rails: [(_, _, &'static [&'static str], _); 3] = [
        (["cloudtrail:StopLogging"], "p-rootguard1", &["ProtectTrails"], "may stop or change trails"),
        (
            ["organizations:LeaveOrganization"],
            "p-rootguard1",
            &["DenyLeavingOrganization"],
            "may take the account out",
        ),
        (
            ["iam:DeleteRolePermissionsBoundary"],
            "p-prodguard",
            &["ProtectBoundaries", "IamIsForAdministrators"],
            "may take permissions boundaries away",
        ),
    ];
    for (calls, policy, sids, words) in rails {
        let copy = changed(PRODUCTION, |json| {
            role(json, "payments-task")["RolePolicyList"] = json!([{"PolicyName": "more", "PolicyDocument": {"Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": calls, "Resource": "*"}]}}]);
        });
        let is_task = |f: &&gateproof::audit::Finding| f.message.contains("role/payments-task may");
        let said = audit(copy.path(), &["SCP-1"], Some(&intent()));
        assert!(!said.findings.iter().any(|f| is_task(&f)), "{:?}", said.findings);
        change_too(&copy, &format!("organization/describe-policy/{policy}.json"), without(sids));
        let said = audit(copy.path(), &["SCP-1"], Some(&intent()));
        let found = of(&said, "SCP-1", "prod-deploy", Judgement::Violated);
        let any = found.iter().any(|f| is_task(f) && f.message.contains(words));
        // Services that workloads don't use are out of reach all the same.
        assert_eq!(any, !calls[0].starts_with("organizations:"), "{words}: {found:?}");
    }
    says(&audit(&example("acme-fixed"), &["SCP-1"], None), "SCP-1", "images", Judgement::Unknown, "`guards`");
}

#[test]
fn what_the_bootstrap_made_is_looked_at() {
    let trust = |principal: &'static str| {
        move |json: &mut Value| {
            let roles = json["RoleDetailList"].as_array_mut().unwrap().iter_mut();
            let mut roles = roles
                .filter(|role| role["RoleName"].as_str().unwrap().starts_with("cdk-hnb659fds-deploy-role"));
            let statement =
                json!({"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"});
            let role = roles.next().unwrap();
            role["AssumeRolePolicyDocument"]["Statement"].as_array_mut().unwrap().push(statement);
        }
    };
    let copy = changed(STAGING, trust("arn:aws:iam::222222222222:role/acme-build-pr"));
    change_too(&copy, TOOLING, |json| {
        role(json, "acme-build-pr")["RolePolicyList"] = json!([{"PolicyName": "more", "PolicyDocument": {"Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}]}}]);
    });
    let words = "acme-build-pr may assume a role of the CDK's from another account";
    says(&audit(copy.path(), &["CDK-1"], None), "CDK-1", "staging-deploy", Judgement::Violated, words);
    spoils("CDK-1", "staging-deploy", "may write IAM", STAGING, |json| {
        let mut roles = json["RoleDetailList"].as_array_mut().unwrap().iter_mut();
        let execution =
            roles.find(|role| role["RoleName"].as_str().unwrap().contains("-cfn-exec-role-")).unwrap();
        execution.as_object_mut().unwrap().remove("PermissionsBoundary");
        execution["AttachedManagedPolicies"] = json!([{"PolicyName": "AdministratorAccess", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}]);
    });
    says(&audit(&example("acme-fixed"), &["CDK-1"], None), "CDK-1", "images", Judgement::Holds, "no roles");
}

#[test]
fn git_passwords_and_keys_are_found() {
    let folder = "accounts/222222222222/global/iam";
    let passwords = format!("{folder}/list-service-specific-credentials/alice.nguyen.json");
    let keys = format!("{folder}/list-ssh-public-keys/alice.nguyen.json");
    let password = |service: &'static str, status: &'static str| {
        move |json: &mut Value| {
            json["ServiceSpecificCredentials"] = json!([{"UserName": "alice.nguyen", "ServiceName": service, "Status": status,
                "ServiceUserName": "alice-at-222222222222", "CreateDate": "2023-01-02T03:04:05+00:00"}]);
        }
    };
    let found = "alice.nguyen has a git password";
    spoils("USR-1", "staging-deploy", found, &passwords, password("codecommit.amazonaws.com", "Active"));
    spoils("USR-1", "staging-deploy", "alice.nguyen has an SSH key for git", &keys, |json| {
        json["SSHPublicKeys"] = json!([{"UserName": "alice.nguyen", "SSHPublicKeyId": "APKAEXAMPLE", "Status": "Active",
            "UploadDate": "2023-01-02T03:04:05+00:00"}]);
    });
    for (service, status) in [("cassandra.amazonaws.com", "Active"), ("codecommit.amazonaws.com", "Inactive")]
    {
        let copy = changed(&passwords, password(service, status));
        let said = audit(copy.path(), &["USR-1"], None);
        says(&said, "USR-1", "staging-deploy", Judgement::Holds, "alice.nguyen has no git password");
    }
    let said = audit(without(&keys).path(), &["USR-1"], None);
    says(
        &said,
        "USR-1",
        "staging-deploy",
        Judgement::Unknown,
        "list-ssh-public-keys --user-name alice.nguyen",
    );
    says(&said, "USR-1", "prod-deploy", Judgement::Holds, "no source is of CodeCommit");
}

/// The state and its table are nowhere in the example: who may write there is asked of policies alone.
#[test]
fn the_state_of_terraform_is_its_runners() {
    const MEANT: &str = r#"terraform = { state = ["arn:aws:s3:::acme-team-data-222222222222/*"], runners = ["role/acme-images-deploy"], planners = ["role/acme-build-pr"] }"#;
    let said = audit(&example("acme-fixed"), &["TF-1", "TF-2"], Some(intent_with("").path()));
    says(&said, "TF-1", "images", Judgement::Unknown, "`terraform` in [audit]");
    says(&said, "TF-2", "images", Judgement::Unknown, "`terraform` in [audit]");
    assert_eq!(said.findings.len(), 2, "said once: {:?}", said.findings);
    let none = intent_with("terraform = { state = [] }");
    let said = audit(&example("acme-fixed"), &["TF-1", "TF-2"], Some(none.path()));
    says(&said, "TF-1", "images", Judgement::Holds, "keeps no state");
    says(&said, "TF-2", "images", Judgement::Holds, "nothing runs Terraform");
    let meant = intent_with(MEANT);
    let grant = |role_name: &'static str, actions: Value| {
        move |json: &mut Value| {
            role(json, role_name)["RolePolicyList"] = json!([{"PolicyName": "more", "PolicyDocument": {"Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}}]);
        }
    };
    for (role_name, actions, words) in [
        ("acme-smoke-test", json!(["s3:PutObject"]), "acme-smoke-test may write Terraform's state"),
        ("acme-smoke-test", json!(["s3:GetObject"]), "acme-smoke-test may read Terraform's state"),
        (
            "acme-build-pr",
            json!(["s3:GetObject", "sqs:CreateQueue"]),
            "acme-build-pr plans, and may change something",
        ),
    ] {
        let copy = changed(TOOLING, grant(role_name, actions));
        let said = audit(copy.path(), &["TF-1"], Some(meant.path()));
        says(&said, "TF-1", "images", Judgement::Violated, words);
    }
    let copy = changed(TOOLING, grant("acme-build-pr", json!(["s3:GetObject"])));
    let said = audit(copy.path(), &["TF-1"], Some(meant.path()));
    says(&said, "TF-1", "images", Judgement::Holds, "nobody plans, and may change something");
    let said = audit(&example("acme-fixed"), &["TF-2"], Some(meant.path()));
    says(&said, "TF-2", "images", Judgement::Holds, "no action of a pipeline works with the role");
}

#[test]
fn runners_machines_are_looked_at() {
    let meant = intent_with(
        r#"terraform = { state = ["arn:aws:s3:::s/*"], runners = ["role/acme-legacy-jenkins"] }"#,
    );
    let file = "accounts/222222222222/us-east-1/ec2/describe-instances.json";
    let profile = "arn:aws:iam::222222222222:instance-profile/runner";
    for (tokens, verdict, words) in [
        (Some("required"), Judgement::Holds, "asks for tokens"),
        (Some("optional"), Judgement::Violated, "without a token"),
        (None, Judgement::Unknown, "describe-instances"),
    ] {
        let copy = changed(TOOLING, |json| {
            role(json, "acme-legacy-jenkins")["InstanceProfileList"] =
                json!([{"InstanceProfileName": "runner", "Path": "/", "Arn": profile, "Roles": []}]);
        });
        let place = copy.path().join(file);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        let options = tokens.map(|tokens| json!({"HttpTokens": tokens, "HttpEndpoint": "enabled"}));
        let machine = json!({"InstanceId": "i-1", "State": {"Name": "running"}, "IamInstanceProfile": {"Arn": profile}, "MetadataOptions": options});
        let gone = json!({"InstanceId": "i-2", "State": {"Name": "terminated"}, "IamInstanceProfile": {"Arn": profile}});
        std::fs::write(&place, json!({"Reservations": [{"Instances": [machine, gone]}]}).to_string())
            .unwrap();
        let said = audit(copy.path(), &["TF-2"], Some(meant.path()));
        says(&said, "TF-2", "images", verdict, words);
        assert!(!said.findings.iter().any(|f| f.subject == "i-2"), "{:?}", said.findings);
    }
}
