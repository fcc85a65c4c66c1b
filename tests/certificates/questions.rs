//! A certificate of one question is none of another. The other question is asked too: where somebody who was claimed
//! to be unable can make a request of it, the formulas themselves must give the certificate away.

use crate::asked::Asked;
use crate::examples::{answers, certified, refused, untrue};
use gateproof::certificate::{Certificate, Fault, Question};

fn alter(question: &Question) -> Vec<Question> {
    let change = |change: &dyn Fn(&mut Question)| {
        let mut altered = question.clone();
        change(&mut altered);
        altered
    };
    let mut altered = vec![
        change(&|q| q.actions = vec!["iam:GetUser".to_owned()]),
        change(&|q| q.actions = vec!["sts:GetCallerIdentity".to_owned()]),
        change(&|q| q.actions.push("s3:GetObject".to_owned())),
        change(&|q| q.actions = vec!["s3:*".to_owned()]),
        change(&|q| q.actions[0].push('*')),
        change(&|q| q.resources = vec!["*".to_owned()]),
        change(&|q| q.resources.push("arn:aws:s3:::acme-portal-assets-222222222222/*".to_owned())),
        change(&|q| q.when.clear()),
        change(&|q| q.when.push("aws:SecureTransport=true".to_owned())),
        change(&|q| q.when.push("aws:MultiFactorAuthPresent=true".to_owned())),
        change(&|q| q.within = vec!["account:222222222222".to_owned()]),
        change(&|q| q.access = vec!["read".to_owned()]),
    ];
    if !question.principals.is_empty() {
        altered.push(change(&|q| q.principals = vec!["role/acme-deploy".to_owned()]));
        altered.push(change(&|q| q.principals = vec!["account:222222222222".to_owned()]));
        altered.push(change(&|q| q.principals.push("anyone".to_owned())));
        altered.push(change(&|q| q.every = true));
    }
    altered.retain(|a| a != question);
    altered
}

/// The question, to be asked in earnest.
fn asked(question: &Question) -> Asked {
    let asked = question.parse().unwrap();
    let principals = asked.principals.is_some().then(|| question.principals.clone());
    Asked { principals, requests: asked.requests, quantifier: asked.quantifier }
}

#[test]
fn a_proof_of_another_question_is_refused() {
    let ids = [
        "demo-1",
        "demo-2",
        "other-organization",
        "list-artifacts-without-tls",
        "become-approver-without-mfa",
        "tags-keep-teams-apart",
        "boundary-stops-dave",
    ];
    let (mut count, mut lies) = (0, 0);
    for twin in ["acme", "acme-fixed"] {
        let (estate, certificates) = certified(twin, &ids);
        for certificate in certificates {
            for question in alter(&certificate.question) {
                let words = question.render();
                let asked = asked(&question);
                let mutant = Certificate { question, ..certificate.clone() };
                count += 1;
                if matches!(refused(&words, &mutant, &estate), Fault::Question(_)) {
                    continue;
                }
                let answers = answers(&estate, &asked);
                if let Some(mutant) = untrue(&mutant, &answers) {
                    let fault = refused(&words, &mutant, &estate);
                    assert!(!matches!(fault, Fault::Formulas { .. }), "{words}: noticed by the digest only");
                    lies += 1;
                }
            }
        }
    }
    assert!(count >= 100 && lies >= 20, "{count} questions, {lies} untrue of somebody");
}
