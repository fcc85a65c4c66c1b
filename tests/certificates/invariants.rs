//! Certificates of `reach`: whatever can't be reached is certified, and what was changed is refused.

use crate::worlds::{
    NAMES_APART, World, allow, boundary_chosen_later, boundary_left_out, load, name_matters, partner, worlds,
};
use gateproof::ask::{CrossCheck, Environments, Estate, EstateOptions, Settings};
use gateproof::certificate::{
    AnyCertificate, Fault, InvariantCertificate, ReachQuestion, Refusal, SnapshotDigest, VerifyError,
    export_invariants, read_any_certificate, verify_invariants_loaded, write_certificate,
};
use gateproof::escalation::{EscalationSettings, Fact, Held, ReachAnswer, Target};
use gateproof::question::{Constraint, Requests, Selector, Verdict};
use gateproof_encodings::primitive::{Primitive, embedded};
use std::collections::BTreeSet;
use std::path::Path;

/// A question of `reach`.
pub struct Asked {
    from: Vec<Selector>,
    when: Vec<Constraint>,
    target: Target,
    for_anyone: bool,
}

impl Asked {
    pub fn of(words: &[&str]) -> Self {
        let values = |flag: &str| -> Vec<String> {
            words.chunks(2).filter(|pair| pair[0] == flag).map(|pair| pair[1].to_owned()).collect()
        };
        let selectors =
            |flag: &str| values(flag).iter().map(|s| s.parse().unwrap()).collect::<Vec<Selector>>();
        let (controls, administrator) = (selectors("--controls"), selectors("--administrator"));
        let requests = Requests {
            actions: values("--action"),
            resources: values("--resource"),
            within: selectors("--in"),
            ..Requests::default()
        };
        let mut targets = Vec::new();
        targets.extend((!controls.is_empty()).then_some(Target::Controls(controls)));
        targets.extend((!administrator.is_empty()).then_some(Target::Administers(administrator)));
        targets.extend((!values("--reads").is_empty()).then(|| Target::Reads(values("--reads"))));
        targets.extend((!requests.actions.is_empty()).then_some(Target::Access(requests)));
        let target = Target::AnyOf(targets);
        let when = values("--when").iter().map(|c| c.parse().unwrap()).collect();
        Self { from: selectors("--from"), when, target, for_anyone: false }
    }

    pub fn reach(&self, estate: &Estate, primitives: &[Primitive]) -> ReachAnswer {
        let settings = EscalationSettings {
            ask: Settings { cross_check: CrossCheck::Never, ..Settings::default() },
            primitives: primitives.to_vec(),
            chains: 1,
            all_paths: false,
            for_anyone: self.for_anyone,
        };
        estate.reach(&self.from, &self.when, &self.target, &settings).unwrap()
    }

    fn question(&self, estate: &Estate) -> ReachQuestion {
        let environments = Environments::default();
        ReachQuestion::new(&self.from, &self.when, &self.target, &environments, estate.missing, estate.rules)
    }

    pub fn certify(&self, estate: &Estate, primitives: &[Primitive]) -> Option<InvariantCertificate> {
        let answer = self.reach(estate, primitives);
        for ((arn, answer), invariant) in answer.principals.iter().zip(&answer.invariants) {
            assert_eq!(answer.verdict == Verdict::Impossible, invariant.is_some(), "{arn}");
        }
        let question = self.question(estate);
        let nowhere = SnapshotDigest { digest: String::new(), files: 0 };
        let certificate =
            export_invariants(estate, primitives, question, nowhere, &answer.invariants).unwrap();
        if let Some(certificate) = &certificate {
            for (listed, (arn, answer)) in certificate.callers.iter().zip(&answer.principals) {
                assert_eq!(&*listed.arn, &**arn);
                if let Some(claim) = &listed.claim {
                    // The search may have looked for objects that make no difference in the end.
                    let told =
                        |assumption: &&String| !answer.taken_for_granted().any(|taken| taken == **assumption);
                    assert_eq!(claim.assumptions.iter().find(told), None, "{arn}: not told");
                }
            }
        }
        certificate
    }
}

/// The fault for which a certificate is refused; fails where it is accepted.
pub fn refused(
    what: &str,
    certificate: &InvariantCertificate,
    primitives: &[Primitive],
    estate: &Estate,
) -> Fault {
    match verify_invariants_loaded(certificate, primitives, estate) {
        Ok(_) => panic!("accepted: {what}"),
        Err(VerifyError::Refused(Refusal { fault, .. })) => fault,
        Err(other) => panic!("{what}: not refused but {other}"),
    }
}

fn certified(world: &World, primitives: &[Primitive]) -> (Estate, InvariantCertificate) {
    let estate = load(&world.account);
    let certificate = Asked::of(&world.ask).certify(&estate, primitives);
    (estate, certificate.unwrap_or_else(|| panic!("{}: reached, or undecided", world.name)))
}

#[test]
fn whatever_is_impossible_is_certified() {
    let primitives = embedded().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("certificate.json");
    let (mut facts, mut proofs, mut names) = (0, 0, 0);
    for world in worlds() {
        let (estate, certificate) = certified(&world, primitives);
        write_certificate(&certificate, &file).unwrap();
        let AnyCertificate::Invariant(read) = read_any_certificate(&file).unwrap() else {
            panic!("{}: read as of another kind", world.name);
        };
        assert!(*read == certificate, "{}: read back, it is another", world.name);
        let verified = verify_invariants_loaded(&read, primitives, &estate)
            .unwrap_or_else(|error| panic!("{}: {error}", world.name));
        assert_eq!(verified.len(), certificate.callers.iter().filter(|c| c.claim.is_some()).count());
        facts += verified.iter().map(|v| v.facts).sum::<usize>();
        proofs += verified.iter().map(|v| v.pieces - v.folded).sum::<usize>();
        let guards = certificate.callers.iter().filter_map(|c| c.claim.as_ref()).flat_map(|c| &c.guards);
        names += guards.filter(|g| g.asks.starts_with("one new name for ")).count();
    }
    assert!(facts >= 20 && proofs >= 20 && names >= 4, "{facts} facts, {proofs} proofs, {names} names");
}

#[test]
fn users_of_another_account_may_prove_a_device() {
    let words =
        ["--from", "external:999999999999", "--action", "sqs:CreateQueue", "--in", "account:111111111111"];
    let answer = Asked::of(&words).reach(&load(&partner()), embedded().unwrap());
    assert_eq!(answer.overall.verdict, Verdict::Reachable);
}

#[test]
fn new_principals_of_every_boundary_and_name_count() {
    let to_admin = Asked::of(&["--from", "user/alice", "--controls", "role/admin"]);
    let verdict = |account| to_admin.reach(&load(&account), embedded().unwrap()).overall.verdict;
    assert_eq!(verdict(boundary_left_out()), Verdict::Reachable);
    assert_eq!(verdict(boundary_chosen_later()), Verdict::Reachable);
    assert_eq!(verdict(name_matters()), Verdict::Reachable);
}

#[test]
fn a_sort_of_name_that_is_left_out_is_missed() {
    let primitives = embedded().unwrap();
    let world = worlds().into_iter().find(|world| world.name == NAMES_APART).unwrap();
    let (estate, certificate) = certified(&world, primitives);
    let claim = certificate.callers[0].claim.as_ref().unwrap();
    let made = claim.facts.iter().filter_map(|fact| match fact {
        Fact::NewPrincipal(arn) => Some(arn.to_string()),
        _ => None,
    });
    let made: Vec<String> = made.collect();
    assert!(made.iter().any(|arn| arn.contains(":user/ops-")), "{made:?}");
    assert!(made.iter().any(|arn| !arn.contains(":user/ops-")), "{made:?}");
    for arn in &made {
        let mut changed = certificate.clone();
        let facts = &mut changed.callers[0].claim.as_mut().unwrap().facts;
        facts.retain(|fact| !format!("{fact:?}").contains(arn));
        assert!(matches!(refused(arn, &changed, primitives, &estate), Fault::Outside(_)), "{arn}");
    }
}

#[test]
fn a_larger_invariant_that_is_closed_is_accepted() {
    let primitives = embedded().unwrap();
    let world = &worlds()[5];
    let (estate, certificate) = certified(world, primitives);
    let claim = certificate.callers[0].claim.as_ref().unwrap();
    let mut larger = claim.facts.clone();
    assert!(larger.insert(serde_json::from_value(serde_json::json!({"reads": "arn:aws:s3:::a/b"})).unwrap()));
    let mut changed = certificate.clone();
    changed.callers[0].claim.as_mut().unwrap().facts = larger;
    verify_invariants_loaded(&changed, primitives, &estate).unwrap();
}

/// What is shown of whoever is in some accounts is an invariant like any other, of which nothing can be left out.
#[test]
fn whoever_is_in_an_account_stands_for_everybody_there() {
    let primitives = embedded().unwrap();
    let estate = Estate::load(Path::new("corpus/snapshots/acme"), EstateOptions::default()).unwrap();
    let words = ["--from", "role/acme-build-prod", "--action", "organizations:LeaveOrganization"];
    let asked = Asked { for_anyone: true, ..Asked::of(&words) };
    let invariants = asked.reach(&estate, primitives).invariants;
    let question = asked.question(&estate);
    let nowhere = SnapshotDigest { digest: String::new(), files: 0 };
    let certificate =
        export_invariants(&estate, primitives, question, nowhere, &invariants).unwrap().unwrap();
    verify_invariants_loaded(&certificate, primitives, &estate).unwrap();
    let facts = &certificate.callers[0].claim.as_ref().unwrap().facts;
    let of_anyone = |fact: &&Fact| match fact {
        Fact::Anything(_) => true,
        Fact::Session(session) => session.held == Held::Anyone,
        _ => false,
    };
    let all: Vec<&Fact> = facts.iter().filter(of_anyone).collect();
    assert_eq!(all.len(), 6, "{all:?}");
    let changed = |change: &dyn Fn(&mut BTreeSet<Fact>)| {
        let mut changed = certificate.clone();
        change(&mut changed.callers[0].claim.as_mut().unwrap().facts);
        changed
    };
    for fact in all {
        let without = changed(&|facts| assert!(facts.remove(fact)));
        refused(&format!("without {fact}"), &without, primitives, &estate);
    }
    for unknown in ["555555555555", "111111111111"] {
        let more = changed(&|facts| assert!(facts.insert(Fact::Anything(unknown.into()))));
        assert!(matches!(refused(unknown, &more, primitives, &estate), Fault::Start));
    }
}

#[test]
fn another_snapshot_is_refused() {
    let primitives = embedded().unwrap();
    for world in worlds() {
        let (_, certificate) = certified(&world, primitives);
        for (n, more) in [
            allow(serde_json::json!("*"), serde_json::json!("*")),
            allow(serde_json::json!(["s3:GetObject", "sts:AssumeRole", "iam:*"]), serde_json::json!("*")),
        ]
        .iter()
        .enumerate()
        {
            let mut account = world.account.clone();
            let own = &mut account["UserDetailList"][0]["UserPolicyList"][0]["PolicyDocument"]["Statement"];
            own.as_array_mut().unwrap().push(more.clone());
            if world.ask[1] != "user/alice" {
                continue;
            }
            refused(&format!("{}, statement {n}", world.name), &certificate, primitives, &load(&account));
        }
    }
}

#[test]
fn another_set_of_steps_is_refused() {
    let all = embedded().unwrap();
    let world = &worlds()[0];
    let without: Vec<Primitive> = all.iter().filter(|p| p.id != "sts.assume-role").cloned().collect();
    let (estate, certificate) = certified(world, all);
    let (_, smaller) = certified(world, &without);
    assert!(matches!(refused("a step less", &certificate, &without, &estate), Fault::Steps { .. }));
    assert!(matches!(refused("a step more", &smaller, all, &estate), Fault::Steps { .. }));
    // What it says of the steps is not believed either.
    let mut posing = smaller;
    posing.steps = certificate.steps.clone();
    assert!(matches!(refused("posing as complete", &posing, all, &estate), Fault::Outside(_)));
    let mut other = all.to_vec();
    other[0].version += 1;
    assert!(matches!(refused("another version", &certificate, &other, &estate), Fault::Steps { .. }));
}
