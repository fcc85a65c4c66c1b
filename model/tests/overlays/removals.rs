//! Things that are gone.

use crate::{Copy, PIPELINES, example, load, same};
use gateproof_model::overlay::Change;

fn gone(what: &str) -> Change {
    Change::Gone { what: what.to_owned() }
}

#[test]
fn principals_go() {
    let cases = [
        ("RoleDetailList", "arn:aws:iam::222222222222:role/service-role/acme-pipeline-prod"),
        ("UserDetailList", "arn:aws:iam::222222222222:user/people/alice.nguyen"),
    ];
    for (list, arn) in cases {
        same(&example(), &[gone(arn)], |copy| {
            copy.edit(PIPELINES, |file| file[list].as_array_mut().unwrap().retain(|i| i["Arn"] != arn));
        });
    }
}

#[test]
fn groups_go_with_their_memberships_and_policies_with_their_attachments() {
    same(&example(), &[gone("group/release-managers")], |copy| {
        copy.edit(PIPELINES, |file| {
            let name = "release-managers";
            file["GroupDetailList"].as_array_mut().unwrap().retain(|g| g["GroupName"] != name);
            for user in file["UserDetailList"].as_array_mut().unwrap() {
                user["GroupList"].as_array_mut().unwrap().retain(|g| g != name);
            }
        });
    });
    let arn = "arn:aws:iam::222222222222:policy/developer-access";
    same(&example(), &[gone(arn)], |copy| {
        copy.edit(PIPELINES, |file| {
            file["Policies"].as_array_mut().unwrap().retain(|p| p["Arn"] != arn);
            for list in ["UserDetailList", "RoleDetailList", "GroupDetailList"] {
                for entity in file[list].as_array_mut().unwrap() {
                    entity["AttachedManagedPolicies"]
                        .as_array_mut()
                        .unwrap()
                        .retain(|p| p["PolicyArn"] != arn);
                }
            }
        });
    });
}

#[test]
fn several_go_at_once() {
    let arns = [
        "arn:aws:iam::222222222222:user/people/alice.nguyen",
        "arn:aws:iam::222222222222:user/people/bob.ferreira",
    ];
    same(&example(), &[gone(arns[0]), gone(arns[1])], |copy| {
        copy.edit(PIPELINES, |file| {
            file["UserDetailList"]
                .as_array_mut()
                .unwrap()
                .retain(|i| !arns.iter().any(|arn| i["Arn"] == *arn));
        });
    });
}

#[test]
fn resources_go_with_all_that_is_told_of_them() {
    let resources = [
        "arn:aws:s3:::acme-pipeline-artifacts-222222222222",
        "arn:aws:kms:us-east-1:222222222222:key/1a2b3c4d-5e6f-4a7b-8c9d-0e1f2a3b4c5d",
        "arn:aws:codepipeline:us-east-1:222222222222:prod-deploy",
        "arn:aws:sns:us-east-1:222222222222:acme-prod-approvals",
        "arn:aws:lambda:us-east-1:222222222222:function:staging-smoke-test",
        "arn:aws:ecr:us-east-1:222222222222:repository/portal",
        "arn:aws:backup:us-east-1:444444444444:backup-vault:payments",
    ];
    let before = load(&example(), &[]);
    for arn in resources {
        assert!(before.resource(arn).is_some(), "{arn}");
        let after = load(&example(), &[gone(arn)]);
        assert!(after.resource(arn).is_none(), "{arn}");
        let others = |s: &gateproof_model::snapshot::Snapshot| {
            s.resources().iter().map(|r| r.arn.to_string()).filter(|other| other != arn).collect::<Vec<_>>()
        };
        assert_eq!(others(&before), others(&after), "{arn}");
        assert_eq!(before.problems(), after.problems(), "{arn}");
        assert_eq!(before.blind_spots(), after.blind_spots(), "{arn}");
    }
}

#[test]
fn a_bucket_goes_as_if_its_files_were_deleted() {
    let bucket = "acme-portal-source-222222222222";
    same(&example(), &[gone(&format!("arn:aws:s3:::{bucket}"))], |copy: &Copy| {
        let s3 = "accounts/222222222222/us-east-1/s3api";
        for operation in std::fs::read_dir(copy.path().join(s3)).unwrap() {
            let file = operation.unwrap().path().join(format!("{bucket}.json"));
            if file.exists() {
                std::fs::remove_file(file).unwrap();
            }
        }
        copy.edit("accounts/222222222222/global/s3api/list-buckets.json", |json| {
            json["Buckets"].as_array_mut().unwrap().retain(|b| b["Name"] != bucket);
        });
        copy.edit("errors.json", |json| json.as_array_mut().unwrap().retain(|e| e["name"] != bucket));
    });
}
