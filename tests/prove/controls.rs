//! Controls as gaps: a finding of the audit is a gap like any other, and its remedy is proved to close it.

use crate::fixes::fixes;
use crate::world::properties;
use gateproof::prove::fix::Style;

/// The finding of a control on something of a pipeline is closed by another configuration, which opens nothing.
#[test]
fn remedies_close_what_controls_find() {
    let bucket = "codepipeline-us-east-1-480127365911";
    let project = "arn:aws:codebuild:us-east-1:222222222222:project";
    let cases = [
        ("CB-1", "prod-deploy", format!("{project}/prod-build")),
        ("CB-3", "images", format!("{project}/portal-pr")),
        ("CB-4", "images", format!("{project}/portal-pr*")),
        ("CB-5", "prod-deploy", format!("{project}/prod-build*")),
        ("CB-7", "prod-deploy", format!("{project}/prod-build")),
        ("CB-8", "prod-deploy", format!("{project}/prod-build")),
        ("CB-10", "prod-deploy", format!("{project}/prod-build")),
        ("CB-11", "prod-deploy", format!("{project}/prod-build")),
        ("CB-12", "prod-deploy", "222222222222, us-east-1".to_owned()),
        ("CP-ART-4", "images", bucket.to_owned()),
        ("CP-ART-5", "images", bucket.to_owned()),
        ("CP-ART-6", "images", "222222222222".to_owned()),
        ("CP-OBS-1", "prod-deploy", "CodePipeline Stage Execution State Change".to_owned()),
        ("CP-SRC-4", "prod-deploy", "Source/GitHub".to_owned()),
        ("ECR-1", "images", "arn:aws:ecr:us-east-1:222222222222:repository/portal".to_owned()),
        (
            "STK-1",
            "prod-deploy",
            "arn:aws:cloudformation:us-east-1:444444444444:stack/payments-data/1f82532d-9fac-9c59-7b2d-18367d77859a".to_owned(),
        ),
        ("USR-1", "staging-deploy", "arn:aws:iam::222222222222:user/people/bob.ferreira".to_owned()),
    ];
    let mut open = Vec::new();
    for (id, pipeline, subject) in cases {
        let gap = properties(&format!(
            "properties: [{{name: {id}, control: {{id: {id}, pipeline: {pipeline}, subject: '{subject}'}}}}]"
        ));
        let found = fixes(&gap, &[]).unwrap();
        if !found.proposals.iter().any(|proposal| proposal.style == Style::Remedy) {
            open.push((id, found.refused));
        }
    }
    assert!(open.is_empty(), "{open:#?}");
}
