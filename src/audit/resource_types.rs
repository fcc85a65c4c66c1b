//! The services, by their prefixes in actions, that resources of stacks are of.
//!
//! AWS CloudFormation User Guide, "AWS resource and property types reference", and Service Authorization Reference, "Service prefix". Most
//! prefixes are the type's second part in small letters; those that aren't are listed.

use gateproof_model::catalogue::Catalogue;

/// The second part of the type in small letters, and the prefixes.
const OTHERS: [(&str, &[&str]); 62] = [
    ("accessanalyzer", &["access-analyzer"]),
    ("acmpca", &["acm-pca"]),
    ("amazonmq", &["mq"]),
    ("apigatewayv2", &["apigateway"]),
    ("applicationautoscaling", &["application-autoscaling"]),
    ("applicationinsights", &["applicationinsights"]),
    ("aps", &["aps"]),
    ("autoscalingplans", &["autoscaling-plans"]),
    ("certificatemanager", &["acm"]),
    ("cloudformation", &["cloudformation", "lambda", "sns"]),
    ("codeguruprofiler", &["codeguru-profiler"]),
    ("codestarconnections", &["codestar-connections", "codeconnections"]),
    ("codestarnotifications", &["codestar-notifications"]),
    ("cognito", &["cognito-idp", "cognito-identity"]),
    ("devopsguru", &["devops-guru"]),
    ("directoryservice", &["ds"]),
    ("docdb", &["rds"]),
    ("docdbelastic", &["docdb-elastic"]),
    ("efs", &["elasticfilesystem"]),
    ("elasticloadbalancingv2", &["elasticloadbalancing"]),
    ("elasticsearch", &["es"]),
    ("emr", &["elasticmapreduce"]),
    ("emrcontainers", &["emr-containers"]),
    ("emrserverless", &["emr-serverless"]),
    ("eventschemas", &["schemas"]),
    ("greengrassv2", &["greengrass"]),
    ("inspectorv2", &["inspector2"]),
    ("kinesisanalytics", &["kinesisanalytics"]),
    ("kinesisanalyticsv2", &["kinesisanalytics"]),
    ("kinesisfirehose", &["firehose"]),
    ("licensemanager", &["license-manager"]),
    ("location", &["geo"]),
    ("macie", &["macie2"]),
    ("msk", &["kafka"]),
    ("mwaa", &["airflow"]),
    ("neptune", &["rds"]),
    ("networkfirewall", &["network-firewall"]),
    ("opensearchserverless", &["aoss"]),
    ("opensearchservice", &["es"]),
    ("pcaconnectorad", &["pca-connector-ad"]),
    ("pinpoint", &["mobiletargeting"]),
    ("redshiftserverless", &["redshift-serverless"]),
    ("resourceexplorer2", &["resource-explorer-2"]),
    ("resourcegroups", &["resource-groups"]),
    ("route53recoverycontrol", &["route53-recovery-control-config"]),
    ("route53recoveryreadiness", &["route53-recovery-readiness"]),
    ("s3objectlambda", &["s3-object-lambda", "s3"]),
    ("s3outposts", &["s3-outposts"]),
    ("securitylake", &["securitylake"]),
    ("serverless", &["lambda", "apigateway", "dynamodb", "states"]),
    ("servicecatalogappregistry", &["servicecatalog"]),
    ("ssmcontacts", &["ssm-contacts"]),
    ("ssmincidents", &["ssm-incidents"]),
    ("ssmquicksetup", &["ssm-quicksetup"]),
    ("stepfunctions", &["states"]),
    ("systemsmanagersap", &["ssm-sap"]),
    ("verifiedpermissions", &["verifiedpermissions"]),
    ("vpclattice", &["vpc-lattice"]),
    ("wafregional", &["waf-regional"]),
    ("workspacesthinclient", &["thinclient"]),
    ("workspacesweb", &["workspaces-web"]),
    ("xray", &["xray"]),
];

/// The services of a type of resource; `None`: it isn't known which.
///
/// A custom resource is made by a function or through a topic.
pub(super) fn services_of(resource_type: &str, catalogue: &Catalogue) -> Option<Vec<String>> {
    let mut parts = resource_type.split("::");
    let (owner, service) = (parts.next()?, parts.next()?);
    let owned = |prefixes: &[&str]| prefixes.iter().map(|prefix| (*prefix).to_owned()).collect();
    match owner {
        "Custom" => return Some(owned(&["lambda", "sns"])),
        "AWS" => {}
        _ => return None,
    }
    let service = service.to_ascii_lowercase();
    if let Some((_, prefixes)) = OTHERS.iter().find(|(name, _)| *name == service) {
        return Some(owned(prefixes));
    }
    let is_known = catalogue.service_actions(&service).next().is_some();
    is_known.then(|| vec![service])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_of_their_services() {
        let of = |resource_type: &str| services_of(resource_type, Catalogue::embedded());
        assert_eq!(of("AWS::S3::Bucket"), Some(vec!["s3".to_owned()]));
        assert_eq!(
            of("AWS::ElasticLoadBalancingV2::TargetGroup"),
            Some(vec!["elasticloadbalancing".to_owned()])
        );
        assert_eq!(of("Custom::Seeder"), Some(vec!["lambda".to_owned(), "sns".to_owned()]));
        assert_eq!(of("Acme::Billing::Account"), None);
        assert_eq!(of("AWS::NotYetThere::Thing"), None);
    }

    /// A prefix that the catalogue doesn't know would make a role's rights there an excess.
    #[test]
    fn prefixes_are_of_the_catalogue_and_in_order() {
        let catalogue = Catalogue::embedded();
        for prefix in OTHERS.iter().flat_map(|(_, prefixes)| prefixes.iter()) {
            assert!(catalogue.service_actions(prefix).next().is_some(), "{prefix}");
        }
        assert!(OTHERS.is_sorted_by_key(|(name, _)| *name));
    }
}
