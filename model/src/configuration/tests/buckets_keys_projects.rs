//! Buckets, keys, build projects.

use super::*;

const BUCKET: &str = "shop-artifacts";

#[test]
fn buckets_tell_encryption_lifecycle_and_ownership() {
    let encryption = json!({"ServerSideEncryptionConfiguration": {"Rules": [
        {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/shop"}, "BucketKeyEnabled": true}]}});
    let command = "aws s3api get-bucket-encryption --bucket shop-artifacts";
    let call = Call::at("eu-west-1/s3api/get-bucket-encryption/shop-artifacts.json", command);
    in_every_way(
        &call,
        &encryption,
        |s| s.bucket_encryption(ACCOUNT, BUCKET),
        |encryption| {
            let by_default = encryption.rules[0].by_default.as_ref().unwrap();
            assert_eq!(
                (by_default.algorithm.as_str(), by_default.key.as_deref()),
                ("aws:kms", Some("alias/shop"))
            );
        },
    );
    let lifecycle = json!({"Rules": [{"ID": "old", "Status": "Enabled", "Filter": {"Prefix": "shop/"},
        "NoncurrentVersionTransitions": [{"NoncurrentDays": 30, "StorageClass": "GLACIER"}],
        "NoncurrentVersionExpiration": {"NoncurrentDays": 90, "NewerNoncurrentVersions": 2}}]});
    let command = "aws s3api get-bucket-lifecycle-configuration --bucket shop-artifacts";
    let call = Call::at("global/s3api/get-bucket-lifecycle-configuration/shop-artifacts.json", command);
    in_every_way(
        &call,
        &lifecycle,
        |s| s.bucket_lifecycle(ACCOUNT, BUCKET),
        |lifecycle| {
            let rule = &lifecycle.rules[0];
            assert_eq!(rule.filter.as_ref().unwrap().prefix.as_deref(), Some("shop/"));
            assert_eq!(rule.noncurrent_version_transitions[0].noncurrent_days, Some(30));
            assert_eq!(
                rule.noncurrent_version_expiration.as_ref().unwrap().newer_noncurrent_versions,
                Some(2)
            );
            assert_eq!(rule.expiration, None);
        },
    );
    let owned = json!({"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}});
    let command = "aws s3api get-bucket-ownership-controls --bucket shop-artifacts";
    let call = Call::at("eu-west-1/s3api/get-bucket-ownership-controls/shop-artifacts.json", command);
    in_every_way(
        &call,
        &owned,
        |s| s.bucket_ownership(ACCOUNT, BUCKET),
        |ownership| {
            assert_eq!(ownership.rules[0].object_ownership, "BucketOwnerEnforced");
        },
    );
    let locked = json!({"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Years": 2}}}});
    let command = "aws s3api get-object-lock-configuration --bucket shop-artifacts";
    let call = Call::at("eu-west-1/s3api/get-object-lock-configuration/shop-artifacts.json", command);
    in_every_way(
        &call,
        &locked,
        |s| s.bucket_object_lock(ACCOUNT, BUCKET),
        |lock| {
            assert_eq!(lock.rule.unwrap().default_retention.unwrap().years, Some(2));
        },
    );
}

#[test]
fn versioning_that_was_never_enabled_is_printed_as_nothing() {
    let command = "aws s3api get-bucket-versioning --bucket shop-artifacts";
    let call = Call::at("eu-west-1/s3api/get-bucket-versioning/shop-artifacts.json", command);
    let ask = |s: &Snapshot| s.bucket_versioning(ACCOUNT, BUCKET);
    in_every_way(&call, &json!({"Status": "Enabled", "MFADelete": "Disabled"}), ask, |v| {
        assert!(v.is_enabled())
    });
    for text in ["", "\n", "{}"] {
        let small = Small::of_texts(&[(call.path, text)], &json!([]));
        assert_eq!(ask(&small).known().unwrap().status, None);
    }
    // Of a call that always prints something, an empty file tells nothing.
    let empty =
        Small::of_texts(&[("global/s3api/get-bucket-encryption/shop-artifacts.json", "")], &json!([]));
    let Told::Untold { problem: Some(problem), .. } = empty.bucket_encryption(ACCOUNT, BUCKET) else {
        panic!()
    };
    assert_eq!(problem.found, "an empty file");
}

#[test]
fn block_public_access_is_told_of_bucket_and_account() {
    let all = json!({"PublicAccessBlockConfiguration": {"BlockPublicAcls": true, "IgnorePublicAcls": true,
        "BlockPublicPolicy": true, "RestrictPublicBuckets": true}});
    let mut three = all.clone();
    three["PublicAccessBlockConfiguration"]["IgnorePublicAcls"] = json!(false);
    let command = "aws s3api get-public-access-block --bucket shop-artifacts";
    let call = Call::at("eu-west-1/s3api/get-public-access-block/shop-artifacts.json", command);
    in_every_way(
        &call,
        &three,
        |s| s.bucket_public_access(ACCOUNT, BUCKET),
        |access| {
            assert!(!access.blocks_all() && access.block_public_policy);
        },
    );
    let command = "aws s3control get-public-access-block --account-id 111122223333";
    let call = Call::at("global/s3control/get-public-access-block.json", command);
    in_every_way(&call, &all, |s| s.account_public_access(ACCOUNT), |access| assert!(access.blocks_all()));
    let off = Small::with_error(&call, "NoSuchPublicAccessBlockConfiguration");
    assert!(off.account_public_access(ACCOUNT).is_absent());
}

#[test]
fn events_of_a_bucket_go_to_four_kinds_of_targets() {
    let targets = json!({"LambdaFunctionConfigurations": [{"Id": "x", "LambdaFunctionArn": "arn:f", "Events": ["s3:ObjectCreated:*"]}],
        "TopicConfigurations": [{"TopicArn": "arn:t", "Events": []}], "EventBridgeConfiguration": {}});
    let command = "aws s3api get-bucket-notification-configuration --bucket shop-artifacts";
    let call = Call::at("eu-west-1/s3api/get-bucket-notification-configuration/shop-artifacts.json", command);
    in_every_way(
        &call,
        &targets,
        |s| s.bucket_notification(ACCOUNT, BUCKET),
        |notification| {
            assert_eq!(
                (notification.functions[0].arn.as_str(), notification.topics[0].arn.as_str()),
                ("arn:f", "arn:t")
            );
            assert!(notification.event_bridge.is_some() && notification.queues.is_empty());
        },
    );
}

#[test]
fn the_list_of_buckets_tells_whose_a_bucket_is() {
    let list = json!({"Buckets": [{"Name": BUCKET, "BucketRegion": REGION}], "Owner": {"ID": "1"}});
    let call = Call::at("global/s3api/list-buckets.json", "aws s3api list-buckets");
    in_every_way(
        &call,
        &list,
        |s| s.bucket_of(ACCOUNT, BUCKET),
        |bucket| {
            assert_eq!(bucket.bucket_region.as_deref(), Some(REGION));
        },
    );
    not_told_when_cut_short(&call, &list);
    assert!(Small::of(&[(call.path, list)]).bucket_of(ACCOUNT, "sniped").is_absent());
}

fn not_told_when_cut_short(call: &Call<'_>, list: &Value) {
    // The snapshot as a whole is refused where a page of the buckets is missing.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("accounts").join(ACCOUNT).join(call.path);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    let mut cut = list.clone();
    cut["NextToken"] = json!("more");
    std::fs::write(file, cut.to_string()).unwrap();
    assert!(Snapshot::load(folder.path(), &LoadOptions::default()).is_err());
}

#[test]
fn files_that_contradict_each_other_tell_nothing() {
    let [one, two] =
        ["global", "eu-west-1"].map(|r| format!("{r}/s3api/get-bucket-versioning/{BUCKET}.json"));
    let same = Small::of(&[(&one, json!({"Status": "Enabled"})), (&two, json!({"Status": "Enabled"}))]);
    assert!(same.bucket_versioning(ACCOUNT, BUCKET).known().unwrap().is_enabled());
    let other = Small::of(&[(&one, json!({"Status": "Enabled"})), (&two, json!({}))]);
    let Told::Untold { problem: Some(problem), .. } = other.bucket_versioning(ACCOUNT, BUCKET) else {
        panic!()
    };
    assert!(problem.found.starts_with("another output than accounts/"), "{problem}");
}

const KEY: &str = "1a2b3c4d-5e6f-4a7b-8c9d-0e1f2a3b4c5d";

fn described() -> Value {
    json!({"KeyMetadata": {"KeyId": KEY, "Arn": format!("arn:aws:kms:eu-west-1:{ACCOUNT}:key/{KEY}"), "KeyManager": "CUSTOMER",
        "KeyState": "Enabled", "Enabled": true, "Origin": "AWS_KMS", "MultiRegion": false}})
}

#[test]
fn keys_are_found_by_id_arn_and_alias() {
    let command = format!("aws kms describe-key --key-id {KEY} --region eu-west-1");
    let path = format!("eu-west-1/kms/describe-key/{KEY}.json");
    let call = Call::at(&path, &command);
    let check = |key: crate::configuration::kms::KeyDescription| assert!(key.is_usable_customer_key());
    in_every_way(&call, &described(), |s| s.key_description(KEY, ACCOUNT, REGION), check);

    let alias = json!({"AliasName": "alias/shop", "AliasArn": format!("arn:aws:kms:eu-west-1:{ACCOUNT}:alias/shop"), "TargetKeyId": KEY});
    let aliases = json!({"Aliases": [alias]});
    let arn = format!("arn:aws:kms:eu-west-1:{ACCOUNT}:key/{KEY}");
    let alias_arn = format!("arn:aws:kms:eu-west-1:{ACCOUNT}:alias/shop");
    let encoded = format!("eu-west-1/kms/describe-key/{}.json", arn.replace(':', "%3A").replace('/', "%2F"));
    for file in [
        path.as_str(),
        "eu-west-1/kms/describe-key.json",
        "eu-west-1/kms/describe-key/alias%2Fshop.json",
        &encoded,
    ] {
        let small = Small::of(&[(file, described()), ("eu-west-1/kms/list-aliases.json", aliases.clone())]);
        for name in [KEY, &arn, "alias/shop", &alias_arn] {
            // Where an ARN names the key, account and region of the asker don't matter.
            let (account, region) =
                if name.starts_with("arn:") { ("999999999999", "us-east-1") } else { (ACCOUNT, REGION) };
            assert_eq!(
                small.key_description(name, account, region).known().unwrap().key_id,
                KEY,
                "{file}: {name}"
            );
        }
        let told = small.key_description("alias/other", ACCOUNT, REGION);
        assert_eq!(told.command(), Some("aws kms describe-key --key-id alias/other --region eu-west-1"));
    }
    let unlisted = Small::of(&[(&path, described())]);
    assert!(unlisted.key_description("alias/shop", ACCOUNT, REGION).command().is_some());
    let elsewhere = unlisted.key_description(KEY, ACCOUNT, "us-east-1");
    assert!(elsewhere.command().is_some(), "a key of another region is another key");
}

fn project(name: &str) -> Value {
    json!({"name": name, "arn": format!("arn:aws:codebuild:eu-west-1:{ACCOUNT}:project/{name}"),
        "source": {"type": "GITHUB", "location": "https://github.com/acme/shop.git", "insecureSsl": true},
        "environment": {"type": "LINUX_CONTAINER", "image": "aws/codebuild/standard:7.0", "privilegedMode": true,
            "environmentVariables": [{"name": "STAGE", "value": "prod"}, {"name": "DB", "value": "db", "type": "SECRETS_MANAGER"}]},
        "cache": {"type": "S3", "location": "cache/shop"}, "vpcConfig": {"vpcId": "vpc-1", "subnets": []},
        "serviceRole": "arn:aws:iam::111122223333:role/build", "projectVisibility": "PUBLIC_READ", "badge": {"badgeEnabled": true},
        "logsConfig": {"cloudWatchLogs": {"status": "ENABLED"}, "s3Logs": {"status": "DISABLED", "encryptionDisabled": false}},
        "webhook": {"filterGroups": [[{"type": "EVENT", "pattern": "PUSH", "excludeMatchedPattern": false}]],
            "pullRequestBuildPolicy": {"requiresCommentApproval": "FORK_PULL_REQUESTS", "approverRoles": ["GITHUB_WRITE"]}}})
}

#[test]
fn projects_are_told_in_whatever_call_they_stand() {
    let command = "aws codebuild batch-get-projects --names shop --region eu-west-1";
    let ask = |s: &Snapshot| s.build_project(ACCOUNT, REGION, "shop");
    let both = json!({"projects": [project("other"), project("shop")], "projectsNotFound": ["gone"]});
    for path in
        ["eu-west-1/codebuild/batch-get-projects.json", "eu-west-1/codebuild/batch-get-projects/shop.json"]
    {
        in_every_way(&Call::at(path, command), &both, ask, |project| {
            assert_eq!(project.name, "shop");
            assert!(
                project.source.insecure_ssl && project.environment.privileged_mode && project.is_public()
            );
            assert!(project.has_badge() && project.vpc_config.unwrap().is_set());
            let kinds =
                project.environment.environment_variables.iter().map(|v| (v.name.as_str(), v.kind.as_str()));
            assert_eq!(kinds.collect::<Vec<_>>(), [("STAGE", "PLAINTEXT"), ("DB", "SECRETS_MANAGER")]);
            let webhook = project.webhook.unwrap();
            assert_eq!(webhook.filter_groups[0][0].pattern, "PUSH");
            assert_eq!(webhook.pull_request_build_policy.unwrap().approver_roles, ["GITHUB_WRITE"]);
        });
    }
    let small = Small::of(&[("eu-west-1/codebuild/batch-get-projects/other+shop.json", both)]);
    let arn = format!("arn:aws:codebuild:eu-west-1:{ACCOUNT}:project/shop");
    assert!(small.build_project("", "", &arn).known().is_some());
    assert!(small.build_project(ACCOUNT, REGION, "gone").is_absent());
    assert!(small.build_project(ACCOUNT, REGION, "new").command().is_some());
    assert!(small.build_project(ACCOUNT, "us-east-1", "shop").command().is_some());
}

#[test]
fn source_credentials_are_told_of_a_region() {
    let connection = "arn:aws:codeconnections:eu-west-1:111122223333:connection/1";
    let list = json!({"sourceCredentialsInfos": [
        {"arn": "arn:a", "serverType": "GITHUB", "authType": "CODECONNECTIONS", "resource": connection}]});
    let path = "eu-west-1/codebuild/list-source-credentials.json";
    let call = Call::at(path, "aws codebuild list-source-credentials --region eu-west-1");
    let ask = |s: &Snapshot| s.source_credentials(ACCOUNT, REGION);
    in_every_way(&call, &list, ask, |all| assert_eq!(all[0].resource.as_deref(), Some(connection)));
    not_when_cut_short(&call, &list, ask);
}
