//! Z3 answers, and stops when told to.

use super::*;

/// A word equation that Z3's string solver does not get through in minutes.
const WORD_EQUATION: &str = r#"
    (declare-const s String)(declare-const t String)
    (assert (= (str.++ s "ab" t) (str.++ t "ba" s)))
    (assert (> (str.len s) 40))
    (assert (str.in_re s (re.+ (re.union (str.to_re "ab") (str.to_re "baa")))))
    (assert (str.in_re t (re.comp (re.++ re.all (str.to_re "aba") re.all))))"#;

/// Multiplications that become hundreds of megabytes of clauses.
const WIDE_MULTIPLICATION: &str = "
    (declare-const a (_ BitVec 512))(declare-const b (_ BitVec 512))(declare-const c (_ BitVec 512))
    (assert (= (bvmul a b) (bvurem c (bvadd (bvmul a a) b))))(assert (distinct a b c))";

fn check(script: &str, budget: &Budget) -> SmtAnswer {
    Z3::new().unwrap().check_script(script, budget).unwrap()
}

/// `holes + 1` pigeons in `holes` holes: exponential for clause learning.
fn pigeonhole(holes: usize) -> String {
    let mut script = String::new();
    for pigeon in 0..=holes {
        for hole in 0..holes {
            script.push_str(&format!("(declare-const p{pigeon}h{hole} Bool)\n"));
        }
        let somewhere: Vec<String> = (0..holes).map(|hole| format!("p{pigeon}h{hole}")).collect();
        script.push_str(&format!("(assert (or {}))\n", somewhere.join(" ")));
    }
    for hole in 0..holes {
        for first in 0..=holes {
            for second in first + 1..=holes {
                script.push_str(&format!("(assert (not (and p{first}h{hole} p{second}h{hole})))\n"));
            }
        }
    }
    script
}

#[test]
fn the_linked_library_is_the_pinned_one() {
    assert_eq!(linked_version(), PINNED);
}

#[test]
fn another_library_is_refused_by_name() {
    let message = check_version("4.8.12", "5.4.1").unwrap_err().to_string();
    assert!(message.contains("4.8.12") && message.contains("5.4.1"), "{message}");
    assert!(check_version("4.8.12", "4.8.12").is_err(), "too old for the binding even when pinned");
    assert!(check_version("5.4.2", "5.4.1").is_err());
    assert!(check_version("", "").is_err());
}

#[test]
fn a_model_comes_back_as_text_with_plain_names() {
    let script = r#"(declare-const s String)(declare-const |aws:x y| Int)(declare-const b Bool)
        (assert (= s "a\u{e9}\u{22}\u{5c}u{41}"""))(assert (= |aws:x y| (- 4)))(assert (not b))"#;
    let expected = [("aws:x y", "(- 4)"), ("b", "false"), ("s", r#""a\u{e9}""\u{5c}u{41}""""#)];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(check(script, &Budget::default()), SmtAnswer::Sat(expected.to_vec()));
}

#[test]
fn a_script_that_is_not_read_to_the_end_is_never_answered() {
    for script in [
        "(assert (= undeclared 1))",
        "(declare-const s String)(assert (= s 1))",
        "(declare-const b Bool)(assert b)(assert (not-a-function b))",
        "(declare-const b Bool)(declare-const b Bool)(assert (not b))",
    ] {
        let outcome = Z3::new().unwrap().check_script(script, &Budget::default());
        assert!(matches!(outcome, Err(SolverError::Refused { .. })), "{script}: {outcome:?}");
    }
}

#[test]
fn questions_do_not_leak_into_each_other() {
    let mut z3 = Z3::new().unwrap();
    let impossible = "(declare-const b Bool)(assert b)(assert (not b))";
    assert_eq!(z3.check_script(impossible, &Budget::default()).unwrap(), SmtAnswer::Unsat);
    let possible = z3.check_script("(declare-const b Bool)(assert b)", &Budget::default()).unwrap();
    assert_eq!(possible, SmtAnswer::Sat(vec![("b".to_owned(), "true".to_owned())]));
}

#[test]
fn a_hard_string_question_ends_as_timeout_soon_after_its_budget() {
    let limit = Duration::from_secs(2);
    let start = Instant::now();
    let answer = check(WORD_EQUATION, &Budget::of_wall(limit));
    assert_eq!(answer, SmtAnswer::Unknown(UnknownReason::Timeout { limit }));
    assert!(start.elapsed() < limit * 2, "{:?}", start.elapsed());
}

#[test]
fn a_cancelled_question_ends_at_once() {
    let budget = Budget::of_wall(Duration::from_secs(600));
    let cancellation = budget.cancellation.clone();
    let start = Instant::now();
    let answer = std::thread::scope(|scope| {
        scope.spawn(move || {
            std::thread::sleep(Duration::from_millis(200));
            cancellation.cancel();
        });
        check(&pigeonhole(14), &budget)
    });
    assert_eq!(answer, SmtAnswer::Unknown(UnknownReason::Cancelled));
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
    assert_eq!(check("(assert false)", &budget), SmtAnswer::Unknown(UnknownReason::Cancelled));
}

#[test]
fn the_step_limit_ends_a_question_deterministically() {
    let budget = Budget { steps: Some(100_000), ..Budget::of_wall(Duration::from_secs(600)) };
    let expected = SmtAnswer::Unknown(UnknownReason::ResourceLimit { limit: 100_000 });
    assert_eq!(check(&pigeonhole(12), &budget), expected);
    assert_eq!(check(&pigeonhole(4), &budget), SmtAnswer::Unsat);
}

#[test]
fn the_memory_limit_ends_a_question_and_leaves_the_solver_usable() {
    let budget = Budget { memory_mb: 64, ..Budget::of_wall(Duration::from_secs(600)) };
    let expected = SmtAnswer::Unknown(UnknownReason::Memory { limit_mb: 64 });
    assert_eq!(check(WIDE_MULTIPLICATION, &budget), expected);
    assert_eq!(check("(assert false)", &budget), SmtAnswer::Unsat);
}

#[test]
fn four_threads_ask_at_the_same_time() {
    std::thread::scope(|scope| {
        for number in 0..4 {
            scope.spawn(move || {
                let script = format!("(declare-const n Int)(assert (= n {number}))");
                let expected = SmtAnswer::Sat(vec![("n".to_owned(), number.to_string())]);
                assert_eq!(check(&script, &Budget::default()), expected);
            });
        }
    });
}
