//! `reach` against brute force: small random worlds, every state of which is made and looked at, call by call, with the
//! reference evaluator alone.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests"
)]

mod brute;
mod compare;
mod detours;
mod few;
mod generate;
mod guarded;
mod moves;
mod own_tags;
mod random;
mod reference;
mod shrink;
mod snapshot;
mod state;
mod twice_tagged;
mod world;

use compare::{KNOWN, Outcome, compare, edges_both_ways, settings};
use moves::{Moves, Which};
use rayon::prelude::*;
use reference::Reference;
use state::State;
use std::collections::{BTreeMap, BTreeSet};
use world::{FUNCTION, POLICIES, PRINCIPALS, PROJECT, World, function_arn, policy_arn, project_arn};

// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What became of so many worlds.
#[derive(Debug, Default)]
struct Tally {
    /// Reachable, by the length of the chain.
    lengths: BTreeMap<usize, usize>,
    /// The techniques of each chain.
    chains: Vec<Vec<String>>,
    impossible: usize,
    /// Of those, in how many for whoever is in some accounts.
    for_anyone: usize,
    /// Undecided: seed, what brute force says, and the reason.
    undecided: Vec<(u64, Option<bool>, String)>,
    /// Too large for brute force to say whether a target is out of reach.
    large: usize,
    /// Too large for brute force to say whether a chain is the shortest.
    unsettled: usize,
    /// The steps of the shortest chains.
    techniques: BTreeSet<String>,
    wrong: Vec<String>,
}

impl Tally {
    fn reachable(&self) -> usize {
        self.lengths.values().sum()
    }

    /// The undecided worlds whose targets are not known to be out of reach.
    fn missed(&self) -> Vec<&(u64, Option<bool>, String)> {
        self.undecided.iter().filter(|(_, reaches, _)| *reaches != Some(false)).collect()
    }

    /// Few worlds may stay open, and either verdict must be frequent.
    fn check_shares(&self, count: usize) {
        assert!(self.reachable() * 4 >= count && self.impossible * 4 >= count, "{self:?}");
        assert!(self.undecided.len() * 70 <= count, "{self:?}");
        assert!(self.missed().len() * 200 <= count, "{self:?}");
        assert!((self.large + self.unsettled) * 50 <= count, "{self:?}");
    }

    /// What became of them, in a line.
    fn line(&self) -> String {
        format!(
            "reachable by length {:?} (not known to be shortest: {}), impossible {} ({} for anyone), undecided {}, too large {}; undecided, but not \
             known to be out of reach: {:?}",
            self.lengths,
            self.unsettled,
            self.impossible,
            self.for_anyone,
            self.undecided.len(),
            self.large,
            self.missed(),
        )
    }
}

fn tally(seeds: std::ops::Range<u64>, world: impl Fn(u64) -> World + Sync) -> Tally {
    let settings = settings();
    let outcomes: Vec<(u64, Outcome)> =
        seeds.into_par_iter().map(|seed| (seed, compare(&world(seed), &settings))).collect();
    let mut tally = Tally::default();
    for (seed, outcome) in outcomes {
        match outcome {
            Outcome::Reachable { chain, settled } => {
                *tally.lengths.entry(chain.len()).or_default() += 1;
                tally.unsettled += usize::from(!settled);
                tally.techniques.extend(chain.iter().cloned());
                tally.chains.push(chain);
            }
            Outcome::Impossible { for_anyone } => {
                tally.impossible += 1;
                tally.for_anyone += usize::from(for_anyone);
            }
            Outcome::Undecided { reaches, reason } => tally.undecided.push((seed, reaches, reason)),
            Outcome::Large => tally.large += 1,
            Outcome::Wrong(what) => {
                tally.wrong.push(format!("seed {seed}: {what}\n{}", shrunk(&world(seed))))
            }
        }
    }
    let wrong = &tally.wrong;
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    tally
}

/// A world that shows the same kind of difference and holds little else.
fn shrunk(world: &World) -> String {
    let settings = settings();
    let kind = |world: &World| match compare(world, &settings) {
        Outcome::Wrong(what) => what.split_whitespace().last().map(str::to_owned),
        _ => None,
    };
    let first = kind(world);
    let small = shrink::shrink(world, &|w| kind(w) == first);
    format!("{:?}\n{}", compare(&small, &settings), shrink::brief(&small))
}

/// How many worlds are pinned.
const PINNED: u64 = 2_000;

#[test]
fn reach_equals_brute_force_on_pinned_worlds() {
    let tally = tally(0..PINNED, generate::world);
    let count = usize::try_from(PINNED).unwrap();
    tally.check_shares(count);
    assert!((0..=5).all(|n| tally.lengths.contains_key(&n)), "{tally:?}");
    let unused: Vec<_> = KNOWN.iter().filter(|id| !tally.techniques.contains(**id)).collect();
    assert!(unused.is_empty(), "in no shortest chain: {unused:?}");
}

/// Worlds in which the two once differed, and why.
const ONCE_DIFFERING: [(u64, &str); 12] = [
    (1_000_102, "among sixty thousand plans there was no telling whether a shorter one is left"),
    (1_000_819, "among sixty thousand plans the one of four steps was not come to"),
    (1_005_658, "a new project kept the name of a longer chain, in which it could have any"),
    (1_009_808, "among a thousand plans the one of three steps was not come to"),
    (1_010_611, "the chain that was found first was forgotten when a shorter one was looked for"),
    (
        1_056_991,
        "a session from the beginning was taken to have tags that its role's trust policy let in later",
    ),
    (1_058_101, "here brute force gave no tags but those that policies ask for"),
    (1_088_457, "here brute force made a policy anew that was there"),
    (
        1_181_061,
        "what a policy's other version took away was given again by a step that nothing needed, and a key was made twice",
    ),
    (1_203_951, "a policy that is had by fewer steps was passed over for one that gives more"),
    (1_213_114, "a role was assumed with tags by one call of a key's holder and of a session's"),
    (
        1_600_675,
        "what a target needs was taken from when less could be had: a bound that had sunk since hid that there is more",
    ),
];

#[test]
fn reach_equals_brute_force_where_it_once_did_not() {
    let settings = settings();
    let differing = |(seed, why): &(u64, &str)| match compare(&generate::world(*seed), &settings) {
        Outcome::Reachable { .. } | Outcome::Impossible { .. } => None,
        outcome => Some(format!("seed {seed} ({why}): {outcome:?}")),
    };
    let wrong: Vec<String> = ONCE_DIFFERING.iter().filter_map(differing).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Worlds with so many ways that a chain of one or two steps more was found once, how many steps their shortest chains have, and what makes
/// them.
const AMONG_MANY_WAYS: [(u64, usize, &str); 3] = [
    (1_015_969, 4, "a policy of AWS's, of a thousand, on a role that then may do both that the target takes"),
    (1_038_438, 4, "so many of the same changes of every role that no plan of four steps was come to"),
    (1_048_954, 4, "a policy on another role than the one that is assumed first"),
];

#[test]
fn reach_finds_the_shortest_among_many_ways() {
    for (seed, length, why) in AMONG_MANY_WAYS {
        let outcome = compare(&generate::world(seed), &settings());
        assert!(
            matches!(&outcome, Outcome::Reachable { chain, .. } if chain.len() == length),
            "seed {seed} ({why}): {outcome:?}"
        );
    }
}

/// Worlds for which the search once took more time than anybody waits, and why.
const ONCE_ENDLESS: [(u64, &str); 2] = [
    (1_011_888, "two steps need each other's effects: plans had them come a step later each time, for ever"),
    (1_062_723, "thousands of plans of eight steps with tags, each of which was replayed in every order"),
];

#[test]
fn reach_ends_where_it_once_did_not() {
    for (seed, why) in ONCE_ENDLESS {
        let outcome = compare(&generate::world(seed), &settings());
        let ends =
            matches!(outcome, Outcome::Undecided { reaches: Some(false), .. } | Outcome::Impossible { .. });
        assert!(ends, "seed {seed} ({why}): {outcome:?}");
    }
}

/// Worlds of the full run that are like these.
const TAGGED_TWICE: [u64; 3] = [1_067_396, 1_201_319, 1_201_799];

#[test]
fn reach_equals_brute_force_where_somebody_is_tagged_twice() {
    for seed in TAGGED_TWICE {
        let outcome = compare(&generate::world(seed), &settings());
        assert!(matches!(outcome, Outcome::Reachable { .. }), "seed {seed}: {outcome:?}");
    }
    let tally = tally(0..400, twice_tagged::world);
    assert!(tally.missed().is_empty(), "{tally:?}");
    let tags = |technique: &&String| technique.starts_with("iam.tag-");
    let twice = tally.chains.iter().filter(|chain| chain.iter().filter(tags).count() > 1).count();
    assert!(twice * 4 >= 400 && tally.impossible * 20 >= 400, "{twice} twice; {tally:?}");
}

/// What is shown of whoever is in an account, without a search of it.
#[test]
fn reach_equals_brute_force_where_controls_or_other_accounts_keep_the_target() {
    let tally = tally(0..300, guarded::world);
    assert!(tally.missed().len() * 100 <= 300, "{tally:?}");
    // A role is assumed a second time, without the tags that are in the way.
    assert!(matches!(compare(&guarded::world(63), &settings()), Outcome::Reachable { .. }));
    assert!(tally.for_anyone * 4 >= 300 && tally.reachable() * 10 >= 300, "{}", tally.line());
}

/// A session's tags are not those of its role, also where the session's call is on the role.
#[test]
fn reach_equals_brute_force_where_roles_change_themselves_by_tags() {
    let tally = tally(0..300, own_tags::world);
    assert!(tally.missed().is_empty(), "{tally:?}");
    assert!(tally.reachable() * 5 >= 300 && tally.impossible * 5 >= 300, "{}", tally.line());
}

/// Whoever may do everything makes nothing, in any way that brute force knows, that is there already.
#[test]
fn brute_force_gives_no_name_that_is_taken() {
    let makes = ["iam:CreatePolicy", "lambda:CreateFunction", "codebuild:CreateProject"];
    let mut made = BTreeSet::new();
    for seed in 0..60 {
        let world = generate::world(seed);
        let services = world.function.map(|_| function_arn(FUNCTION)).into_iter();
        let services = services.chain(world.project.map(|_| project_arn(PROJECT)));
        let there: Vec<String> = (0..POLICIES).map(policy_arn).chain(services).collect();
        let reference = Reference::new(&world, &[]);
        let mut state = State::of(&world);
        state.holders.iter_mut().take(PRINCIPALS).for_each(|holder| holder.written = true);
        for technique in KNOWN {
            for step in Moves::of(&reference, &state, Which::Every(technique)) {
                for call in step.calls.iter().filter(|call| makes.contains(&call.action)) {
                    assert!(!there.contains(&call.arn), "seed {seed}: {technique} makes {}", call.arn);
                    made.insert(call.action);
                }
            }
        }
    }
    assert_eq!(made, BTreeSet::from(makes));
}

#[test]
fn what_is_carried_over_holds_of_each_object() {
    let differing = |seed: &u64| {
        let [carried, asked] = edges_both_ways(&generate::world(*seed));
        (carried != asked).then(|| {
            let differ: Vec<_> = carried.symmetric_difference(&asked).collect();
            format!("seed {seed}: {differ:#?}")
        })
    };
    let seeds: Vec<u64> = (0..150).collect();
    let wrong: Vec<String> = seeds.par_iter().filter_map(differing).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// `GATEPROOF_WORLDS=FROM..TO` picks the worlds of a full run, `GATEPROOF_KIND` the kind: `guarded`, `own-tags`, `twice-tagged`.
#[test]
fn soak_reach_equals_brute_force() {
    let full = std::env::var("GATEPROOF_SOAK").is_ok_and(|v| v == "1");
    let picked = std::env::var("GATEPROOF_WORLDS").ok();
    let picked = picked.as_deref().and_then(|text| text.split_once(".."));
    let seeds = match picked {
        Some((from, to)) => from.parse().unwrap()..to.parse().unwrap(),
        None => 1_000_000..if full { 1_100_000 } else { 1_000_020 },
    };
    let count = usize::try_from(seeds.end - seeds.start).unwrap();
    let kind = std::env::var("GATEPROOF_KIND").ok();
    let world = match kind.as_deref() {
        None => generate::world,
        Some("guarded") => guarded::world,
        Some("own-tags") => own_tags::world,
        Some("twice-tagged") => twice_tagged::world,
        Some(other) => panic!("no kind of worlds: {other}"),
    };
    let tally = tally(seeds, world);
    println!("{count} worlds: {}", tally.line());
    if count >= 1_000 && kind.is_none() {
        tally.check_shares(count);
    }
    let unused: Vec<_> = KNOWN.iter().filter(|id| !tally.techniques.contains(**id)).collect();
    assert!(!full || unused.is_empty(), "{unused:?}");
}
