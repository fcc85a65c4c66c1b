//! VPC endpoints with their policies.
//!
//! Amazon EC2 API Reference, "DescribeVpcEndpoints".

use super::collected::Collected;
use super::entry::Entry;
use super::files::problem;
use super::notes::Notes;
use crate::account::Place;
use crate::json::Json;
use crate::policy_parse::DocumentKind;
use crate::resource::VpcEndpoint;

/// Reads an account's VPC endpoints, by region and place in the file.
pub(super) fn read_endpoints(
    collected: &Collected<'_>,
    account: &str,
    notes: &mut Notes,
) -> Vec<VpcEndpoint> {
    const LIST: &str = "VpcEndpoints";
    let mut endpoints = Vec::new();
    for output in collected.outputs(account, "ec2", "describe-vpc-endpoints", notes) {
        let mut members = match output.json {
            Some(Json::Object(members)) => members,
            other => {
                if let Some(other) = other {
                    notes.problem(*problem(&output.file, "", other.kind(), "an object"));
                }
                notes.blind(Some(account), &[], "VPC endpoints", &output.file);
                continue;
            }
        };
        let list = members.iter_mut().find(|(k, _)| k == LIST).map(|(_, v)| std::mem::replace(v, Json::Null));
        let Some(Json::Array(items)) = list else {
            notes.problem(*problem(&output.file, "/VpcEndpoints", "no list", "a list"));
            notes.blind(Some(account), &[], "VPC endpoints", &output.file);
            continue;
        };
        for (i, item) in items.into_iter().enumerate() {
            let at = format!("/{LIST}/{i}");
            let mut entry = Entry::from_json(&output.file, at.clone(), item);
            if output.whole_file {
                entry = entry.with_home("/VpcEndpoints/0/PolicyDocument", &output.file);
            }
            let id = entry.text("VpcEndpointId");
            let has_policy = !matches!(entry.member("PolicyDocument"), super::entry::Member::Absent);
            if let Some(id) = id {
                let title = format!("endpoint policy of {id}");
                let policy =
                    has_policy.then(|| entry.document("PolicyDocument", &title, DocumentKind::Resource));
                endpoints.push(VpcEndpoint {
                    id,
                    vpc: entry.optional_text("VpcId"),
                    service_name: entry.optional_text("ServiceName"),
                    account: account.into(),
                    region: output.region.clone(),
                    policy,
                    tags: entry.tags("Tags"),
                    place: Place { file: output.file.clone(), pointer: at.into() },
                });
            } else {
                notes.blind(Some(account), &[], "a VPC endpoint whose id cannot be read", &output.file);
            }
            notes.problems.append(&mut entry.problems);
        }
    }
    endpoints
}
