//! CB-10: builds that are deployed run in a network of one's own.

use super::super::case::Case;
use super::super::control::Control;
use super::super::evidence::{Evidence, Field};
use super::super::finding::Severity;
use crate::ask::AskError;

/// The control.
pub const CONTROL: Control = Control {
    id: "CB-10",
    title: "builds that are deployed run in a VPC",
    reason: "from AWS's own network a build talks to the whole internet: what it holds can be sent anywhere, and anything be fetched",
    severity: Severity::Low,
    reads: &["codebuild batch-get-projects: projects[].vpcConfig"],
    decides: "`vpcConfig` names a VPC, for each project that a pipeline with a deployment runs",
    remedy: "run the project in private subnets, and let out only what builds need",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    if case.pipeline.deploys_to().is_empty() {
        case.holds("the pipeline", "the pipeline deploys nothing", Vec::new());
        return Ok(());
    }
    for (arn, told) in case.projects() {
        let Some(Some(project)) = case.told(&arn, "the build project", told) else { continue };
        let network = project.vpc_config.as_ref().filter(|network| network.is_set());
        let value = network.and_then(|network| network.vpc_id.clone());
        let evidence = vec![Evidence::Fields(vec![Field { name: "vpcConfig.vpcId".to_owned(), value }])];
        if network.is_some() {
            case.holds(&arn, "the project's builds run in a VPC", evidence);
        } else {
            case.violated((&arn, ""), "the project's builds run in AWS's own network", evidence);
        }
    }
    Ok(())
}
