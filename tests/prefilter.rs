//! What is ruled out before encoding could not have been allowed: with and without, the verdicts agree.
#![allow(clippy::unwrap_used, reason = "tests")]

use gateproof::ask::{CrossCheck, Estate, EstateOptions, Settings};
use gateproof::question::{Requests, Verdict};
use std::path::Path;

const QUESTIONS: &str = include_str!("../benches/questions.txt");

/// Calls that need no permission, whole services, and calls that need several authorizations.
const MORE: &str = "sts:GetCallerIdentity\nsts:GetSessionToken\nsts:*\nkms:*\nsecretsmanager:*\ncodepipeline:*\n\
    ec2:RunInstances arn:aws:ec2:*:*:instance/*\nec2:RunInstances * aws:RequestedRegion=eu-central-1\n\
    ec2:AttachVolume\nec2:CreateSnapshot\nkms:CreateAlias\nkms:UpdateAlias";

#[test]
fn ruling_out_beforehand_changes_no_verdict() {
    let quick = Settings { cross_check: CrossCheck::Never, ..Settings::default() };
    let exhaustive = Settings { exhaustive: true, ..quick.clone() };
    let mut seen = (0, 0);
    for twin in ["acme", "acme-fixed"] {
        let estate =
            Estate::load(&Path::new("corpus/snapshots").join(twin), EstateOptions::default()).unwrap();
        for line in QUESTIONS.lines().chain(MORE.lines()).filter(|l| !l.starts_with('#')) {
            let mut words = line.split_whitespace();
            let mut requests = Requests::default();
            requests.actions.extend(words.next().map(str::to_owned));
            requests.resources.extend(words.next().map(str::to_owned));
            // Whom `can` is asked about, and levels of access, are left out: `who-can` asks about more.
            let conditions = words.filter(|w| !w.starts_with("as=") && !w.starts_with("access="));
            requests.when.extend(conditions.map(|w| w.parse().unwrap()));
            let fast = estate.who_can(&requests, &quick).unwrap();
            let slow = estate.who_can(&requests, &exhaustive).unwrap();
            assert_eq!(fast.len(), slow.len());
            for ((arn, one), (_, other)) in fast.iter().zip(&slow) {
                assert_eq!(one.verdict, other.verdict, "{twin}: {line}: {arn}");
                match one.verdict {
                    Verdict::Reachable => seen.0 += 1,
                    Verdict::Impossible => seen.1 += 1,
                    Verdict::Undecided => {}
                }
            }
        }
    }
    assert!(seen.0 > 500 && seen.1 > 500, "{seen:?}");
}

#[test]
fn everybody_may_ask_who_they_are() {
    let estate = Estate::load(Path::new("corpus/snapshots/acme"), EstateOptions::default()).unwrap();
    let requests = Requests { actions: vec!["sts:GetCallerIdentity".to_owned()], ..Requests::default() };
    let settings = Settings { cross_check: CrossCheck::Never, ..Settings::default() };
    let answers = estate.who_can(&requests, &settings).unwrap();
    let ours = answers.iter().filter(|(arn, _)| arn.contains(":user/") || arn.contains(":role/"));
    let verdicts: Vec<Verdict> = ours.map(|(_, answer)| answer.verdict).collect();
    assert!(verdicts.len() > 30 && verdicts.iter().all(|v| *v == Verdict::Reachable), "{verdicts:?}");
}
