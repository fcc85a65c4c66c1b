//! Two snapshots compared: who gains and loses what.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "compare_estates/account.rs"]
mod account;
#[path = "generate/random.rs"]
mod random;
#[path = "compare_estates/spoilt.rs"]
mod spoilt;

use account::{Account, OTHER, statement};
use gateproof::ask::{CrossCheck, Estate, EstateOptions, Settings};
use gateproof::compare::{EstateComparison, PrincipalComparison, Region, Relation, compare_estates};
use gateproof::question::{Quantifier, Requests, Selector, Verdict};
use random::Random;
use serde_json::json;
use spoilt::Files;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

fn compared(old: &Account, new: &Account) -> EstateComparison {
    let ((_a, old), (_b, new)) = (old.estate(), new.estate());
    compare_estates(&old, &new, &[], &Settings::default()).unwrap()
}

fn of<'c>(all: &'c EstateComparison, name: &str) -> &'c PrincipalComparison {
    let found = all.principals.iter().find(|p| p.id.ends_with(name));
    found.unwrap_or_else(|| panic!("{name} is the same: {:?}", all.principals))
}

/// Actions and resources of regions.
fn told(regions: &[Region]) -> Vec<(String, String)> {
    regions.iter().map(|r| (r.actions.join(" "), r.resources.join(" "))).collect()
}

const BUCKET: &str = "arn:aws:s3:::reports";

#[test]
fn a_snapshot_is_equal_to_itself() {
    let path = Path::new("corpus/snapshots/acme");
    let estate = || Estate::load(path, EstateOptions::default()).unwrap();
    let all = compare_estates(&estate(), &estate(), &[], &Settings::default()).unwrap();
    assert_eq!((all.relation, all.principals.len(), all.formulas.asked), (Relation::Equal, 0, 0));
    assert!(all.compared > 80 && all.assumptions.is_empty() && all.undecided.is_empty());
}

/// A key without a policy of its own has AWS's, by which identity policies decide: of calls, too, that neither snapshot's statements name.
#[test]
fn a_key_s_policy_that_comes_or_goes_touches_every_call_on_it() {
    let user = || Account::default().user("kim", &[statement("Allow", "kms:*", "*")]);
    let only = json!([{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:user/kim"},
        "Action": "kms:Decrypt", "Resource": "*"}]);
    let all = compared(&user().key(Some(&only)), &user().key(None));
    let gained = told(&of(&all, "kim").gained);
    assert!(gained.iter().any(|(actions, _)| actions.contains("kms:Encrypt")), "{gained:?}");
    let back = compared(&user().key(None), &user().key(Some(&only)));
    assert_eq!(told(&of(&back, "kim").lost), gained);
}

#[test]
fn what_the_fixed_example_takes_away_from_strangers() {
    let load = |path: &str| Estate::load(Path::new(path), EstateOptions::default()).unwrap();
    let (old, new) = (load("corpus/snapshots/acme"), load("corpus/snapshots/acme-fixed"));
    let among = ["anyone".parse().unwrap()];
    let settings = Settings::default();
    let there = compare_estates(&old, &new, &among, &settings).unwrap();
    assert_eq!(there.relation, Relation::Narrower, "{there:?}");
    let unsigned = of(&there, "*");
    let artifacts = "arn:aws:s3:::acme-pipeline-artifacts-222222222222".to_owned();
    assert!(
        unsigned
            .lost
            .iter()
            .any(|r| r.actions.contains(&"s3:GetObject".to_owned()) && r.resources.contains(&artifacts))
    );
    let back = compare_estates(&new, &old, &among, &settings).unwrap();
    assert_eq!(back.relation, Relation::Wider);
    for (one, other) in there.principals.iter().zip(&back.principals) {
        assert_eq!(told(&one.lost), told(&other.gained));
        assert_eq!(told(&one.gained), told(&other.lost));
    }
}

#[test]
fn a_policy_of_a_user_changes_the_user_alone() {
    let read = statement("Allow", "s3:GetObject", "*");
    let old =
        Account::default().user("ann", std::slice::from_ref(&read)).user("bob", std::slice::from_ref(&read));
    let put = statement("Allow", "s3:PutObject", "*");
    let new = Account::default().user("ann", &[read.clone(), put]).user("bob", std::slice::from_ref(&read));
    let all = compared(&old, &new);
    assert_eq!((all.relation, all.principals.len()), (Relation::Wider, 1));
    let resources = "arn:aws:s3:::reports other resources of 111122223333";
    assert_eq!(told(&of(&all, "user/ann").gained), [("s3:PutObject".to_owned(), resources.to_owned())]);
    let all = compared(&new, &old);
    assert_eq!(all.relation, Relation::Narrower);
    assert!(of(&all, "user/ann").gained.is_empty());
}

#[test]
fn said_otherwise_is_equal() {
    let old =
        Account::default().user("ann", &[statement("Allow", "s3:*", "*"), statement("Deny", "s3:Put*", "*")]);
    let wild = json!({"Effect": "Allow", "NotAction": "s3:Put*", "Resource": "*"});
    let only_s3 = json!({"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"});
    let new = Account::default().user("ann", &[wild, only_s3]);
    let all = compared(&old, &new);
    assert_eq!(all.relation, Relation::Equal, "{:?}", all.principals);
    assert!(all.formulas.refuted > 100);
}

#[test]
fn a_bucket_policy_lets_strangers_in() {
    let open = json!([{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": format!("{BUCKET}/*")}]);
    let (old, new) =
        (Account::default().user("ann", &[]), Account::default().user("ann", &[]).bucket_policy(&open));
    let all = compared(&old, &new);
    assert_eq!(all.relation, Relation::Wider);
    let expected = [("s3:GetObject".to_owned(), BUCKET.to_owned())];
    for who in ["*", "user/ann", "999999999999:root"] {
        assert_eq!(told(&of(&all, who).gained), expected, "{who}");
    }
    assert!(of(&all, "*").gained[0].certain);
}

#[test]
fn a_deny_of_a_bucket_policy_takes_from_whoever_had_it() {
    let deny = json!([{"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject", "Resource": format!("{BUCKET}/*")}]);
    let own = [statement("Allow", "s3:*", "*")];
    let (old, new) =
        (Account::default().user("ann", &own), Account::default().user("ann", &own).bucket_policy(&deny));
    let all = compared(&old, &new);
    assert_eq!(told(&of(&all, "user/ann").lost), [("s3:DeleteObject".to_owned(), BUCKET.to_owned())]);
    assert_eq!(all.relation, Relation::Narrower);
}

#[test]
fn trust_policies_let_others_assume_a_role() {
    let trust =
        |who: &str| json!([{"Effect": "Allow", "Principal": {"AWS": who}, "Action": "sts:AssumeRole"}]);
    let base = || Account::default().user("ann", &[statement("Allow", "sts:AssumeRole", "*")]);
    let old = base().role("app", &trust("111122223333"), &[]);
    let new = base().role("app", &trust(OTHER), &[]);
    let all = compared(&old, &new);
    let role = "arn:aws:iam::111122223333:role/app".to_owned();
    assert_eq!(told(&of(&all, "user/ann").lost), [("sts:AssumeRole".to_owned(), role.clone())]);
    let stranger = of(&all, &format!("{OTHER}:root"));
    assert_eq!(told(&stranger.gained), [("sts:AssumeRole".to_owned(), role)]);
    assert_eq!(all.relation, Relation::Incomparable);
}

#[test]
fn new_and_gone_principals_gain_and_lose_all_that_they_can_do() {
    let old = Account::default().user("ann", &[statement("Allow", "sqs:SendMessage", "*")]);
    let new = Account::default().user("bob", &[statement("Allow", "sqs:SendMessage", "*")]);
    let all = compared(&old, &new);
    let (ann, bob) = (of(&all, "user/ann"), of(&all, "user/bob"));
    assert!(ann.in_old && !ann.in_new && !bob.in_old && bob.in_new);
    assert_eq!(told(&ann.lost), told(&bob.gained));
    assert_eq!(ann.lost[0].actions, ["sqs:SendMessage"]);
}

#[test]
fn a_tag_can_be_what_changes() {
    let own = json!({"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*",
        "Condition": {"StringEquals": {"aws:PrincipalTag/team": "a"}}});
    let (old, new) = (
        Account::default().tagged_user("ann", "b", std::slice::from_ref(&own)),
        Account::default().tagged_user("ann", "a", &[own]),
    );
    let all = compared(&old, &new);
    assert_eq!(of(&all, "user/ann").gained[0].actions, ["sqs:SendMessage"]);
    assert_eq!(all.relation, Relation::Wider);
}

#[test]
fn actions_that_the_catalogue_does_not_know_count() {
    let old = Account::default().user("ann", &[]);
    let new = Account::default().user("ann", &[statement("Allow", "brandnew:*", "*")]);
    let all = compared(&old, &new);
    assert_eq!(all.relation, Relation::Wider);
    assert!(of(&all, "user/ann").gained[0].actions[0].starts_with("brandnew:"), "{:?}", all.principals);
}

#[test]
fn a_policy_that_cannot_be_read_leaves_it_undecided() {
    let own = [statement("Allow", "sqs:SendMessage", "*")];
    let (old, torn) = (Account::default().user("ann", &own), Account::default().torn_user("ann", &own));
    let all = compared(&old, &torn);
    let ann = of(&all, "user/ann");
    assert_eq!(ann.relation, Relation::Undecided);
    assert!(ann.gained.iter().chain(&ann.lost).all(|r| !r.certain), "{ann:?}");
    // What is not known of both is taken to be the same.
    assert_eq!(compared(&torn, &torn).relation, Relation::Equal);
}

/// Random small accounts: what `can` says of both snapshots is never at odds with what is gained and lost.
#[test]
fn gains_and_losses_agree_with_questions_about_each_snapshot() {
    const ACTIONS: [&str; 4] = ["s3:GetObject", "s3:PutObject", "sqs:SendMessage", "sts:AssumeRole"];
    let settings = Settings { cross_check: CrossCheck::Never, ..Settings::default() };
    let (mut gained, mut same) = (0, 0);
    for seed in 0..24 {
        let mut random = Random::new(seed);
        let (a, b) = (Account::random(&mut random), Account::random(&mut random));
        let ((_a, old), (_b, new)) = (a.estate(), b.estate());
        let all = compare_estates(&old, &new, &[], &settings).unwrap();
        let can = |estate: &Estate, action: &str| -> BTreeMap<String, bool> {
            let requests = Requests { actions: vec![action.to_owned()], ..Requests::default() };
            let answers = estate.who_can(&requests, &settings).unwrap();
            answers.into_iter().map(|(id, a)| (id.to_string(), a.verdict == Verdict::Reachable)).collect()
        };
        for action in ACTIONS {
            let (before, after) = (can(&old, action), can(&new, action));
            let service = format!("{}:*", action.split_once(':').unwrap().0);
            let listed = |r: &Region| r.actions.iter().any(|a| a == action || a == "*" || *a == service);
            // Whom one of the snapshots has no policy about is asked by neither.
            for (id, could) in before {
                let Some(can) = after.get(&id) else { continue };
                let one = all.principals.iter().find(|p| *p.id == *id);
                let case = || format!("seed {seed} {action} {id}: {one:?}");
                match (could, can) {
                    (false, true) => assert!(one.is_some_and(|p| p.gained.iter().any(listed)), "{}", case()),
                    (true, false) => assert!(one.is_some_and(|p| p.lost.iter().any(listed)), "{}", case()),
                    _ => same += 1,
                }
            }
        }
        for one in &all.principals {
            assert_ne!(one.relation, Relation::Undecided, "seed {seed}: {one:?}");
            gained += one.gained.len();
            for region in one.gained.iter() {
                let step = &region.witness.steps[0];
                let requests = Requests {
                    actions: vec![step.action.clone()],
                    resources: vec![step.resource.clone()],
                    ..Requests::default()
                };
                let who = [one.id.parse().unwrap_or_else(|_| "anyone".parse().unwrap())];
                if one.in_new && one.id.contains(":user/") {
                    let answer = new.can(&who, &requests, Quantifier::Some, &settings).unwrap();
                    assert_eq!(answer.overall.verdict, Verdict::Reachable, "seed {seed}: {region:?}");
                }
            }
        }
    }
    assert!(gained >= 20 && same >= 60, "{gained} gained, {same} the same");
}

/// Whatever changes in a snapshot, what the comparison passes over as untouched differs in nothing: asked about all the same, it
/// says the same.
#[test]
fn soak_what_is_passed_over_as_untouched_is_the_same() {
    let folder = Path::new("corpus/snapshots/acme");
    let (files, acme) = (Files::read(folder), Estate::load(folder, EstateOptions::default()).unwrap());
    let policies = |path: &str| {
        let kinds =
            ["authorization-details", "policy", "grants", "tagging", "public-access", "policies", "provider"];
        kinds.iter().any(|kind| path.contains(kind)) || path.starts_with("organization")
    };
    let settings = Settings { cross_check: CrossCheck::Never, ..Settings::default() };
    let whole = Settings { exhaustive: true, ..settings.clone() };
    let (mut differing, mut loaded, mut apart) = (0, 0, BTreeSet::new());
    for seed in seeds() {
        let mut random = Random::new(seed);
        let (spoilt, change) = files.spoilt(&mut random, policies);
        let Ok(new) = Estate::load(spoilt.path(), EstateOptions::default()) else { continue };
        loaded += 1;
        let (a, b) = if random.percent(50) { (&acme, &new) } else { (&new, &acme) };
        let everybody = compare_estates(a, b, &[], &settings).unwrap();
        // Somebody who is said to gain or lose something, and anybody.
        let said: Vec<&str> =
            everybody.principals.iter().map(|p| &*p.id).filter(|id| id.contains("/")).collect();
        let all: Vec<&str> = acme.callers().map(|c| &*c.id).filter(|id| !id.ends_with(":root")).collect();
        for callers in [said, all].into_iter().filter(|callers| !callers.is_empty()) {
            let caller = random.word(&callers);
            let among: [Selector; 1] = [caller.parse().unwrap()];
            let Ok(full) = compare_estates(a, b, &among, &whole) else { continue };
            let passed_over = everybody.principals.iter().filter(|p| *p.id == *caller);
            assert!(
                passed_over.eq(&full.principals),
                "seed {seed}, {caller}, {change}: {:?}",
                full.principals
            );
        }
        differing += usize::from(everybody.relation != Relation::Equal);
        apart.insert(change.split(':').next().unwrap_or_default().to_owned());
    }
    assert!(loaded >= 10 && differing >= 5, "{loaded} loaded, {differing} differ, in {} files", apart.len());
}

fn seeds() -> std::ops::Range<u64> {
    let full = std::env::var("GATEPROOF_SOAK").is_ok_and(|v| v == "1");
    if full { 0..2_000 } else { 0..16 }
}
