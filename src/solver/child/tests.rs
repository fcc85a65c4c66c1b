//! Child processes answer like the solver in process, and are killed when the budget ends.

use super::*;
use crate::solver::Z3;

fn cvc5() -> ChildProcess {
    ChildProcess::cvc5(&Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/cvc5_solve.py")).unwrap()
}

#[test]
fn cvc5_tells_its_version() {
    assert_eq!((cvc5().name(), cvc5().version()), ("cvc5", "1.4.2"));
}

#[test]
fn cvc5_and_z3_agree_on_strings_and_regular_expressions() {
    let glob = r#"(re.++ (str.to_re "arn:") re.all (str.to_re ":role/") re.all)"#;
    let questions = [
        (format!("(assert (str.in_re s {glob}))"), true),
        (format!("(assert (str.in_re s {glob}))(assert (str.prefixof \"aws\" s))"), false),
        (format!("(assert (str.in_re s (re.inter {glob} (re.comp {glob}))))"), false),
        (format!("(assert (str.in_re s (re.diff {glob} (re.++ (str.to_re \"arn:aws:\") re.all))))"), true),
        ("(assert (= s (str.++ \"a\" s)))".to_owned(), false),
        ("(assert (str.in_re s ((_ re.loop 2 3) re.allchar)))(assert (> (str.len s) 3))".to_owned(), false),
        ("(assert (str.in_re s ((_ re.loop 2 3) re.allchar)))(assert (> (str.len s) 2))".to_owned(), true),
    ];
    for (question, satisfiable) in questions {
        let script = format!("(declare-const s String){question}");
        for solver in [&mut cvc5() as &mut dyn SmtSolver, &mut Z3::new().unwrap()] {
            let answer = solver.check_script(&script, &Budget::default()).unwrap();
            let agrees = match &answer {
                SmtAnswer::Sat(model) => satisfiable && model.iter().any(|(name, _)| name == "s"),
                SmtAnswer::Unsat => !satisfiable,
                SmtAnswer::Unknown(_) => false,
            };
            assert!(agrees, "{}: {question}: {answer:?}", solver.name());
        }
    }
}

#[test]
fn a_model_comes_back_as_from_the_solver_in_process() {
    let script = r#"(declare-const |a b| String)(assert (= |a b| "x\u{e9}\u{22}\u{5c}u{41}"))"#;
    let expected = SmtAnswer::Sat(vec![("a b".to_owned(), r#""x\u{e9}""\u{5c}u{41}""#.to_owned())]);
    assert_eq!(cvc5().check_script(script, &Budget::default()).unwrap(), expected);
    assert_eq!(Z3::new().unwrap().check_script(script, &Budget::default()).unwrap(), expected);
}

#[test]
fn a_script_with_an_error_is_never_answered() {
    for script in ["(assert (= undeclared 1))", "(declare-const s String)(assert (= s 1))"] {
        let outcome = cvc5().check_script(script, &Budget::default());
        assert!(matches!(outcome, Err(SolverError::Refused { .. })), "{script}: {outcome:?}");
    }
}

#[test]
fn a_process_that_does_not_end_is_killed() {
    let mut sleeper = ChildProcess::new("sleeper", "0", "sleep", &["600"]);
    let limit = Duration::from_millis(300);
    let start = Instant::now();
    let answer = sleeper.check_script("(assert true)", &Budget::of_wall(limit)).unwrap();
    assert_eq!(answer, SmtAnswer::Unknown(UnknownReason::Timeout { limit }));
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
}

#[test]
fn a_cancelled_process_is_killed() {
    let budget = Budget::of_wall(Duration::from_secs(600));
    budget.cancellation.cancel();
    let mut sleeper = ChildProcess::new("sleeper", "0", "sleep", &["600"]);
    let answer = sleeper.check_script("(assert true)", &budget).unwrap();
    assert_eq!(answer, SmtAnswer::Unknown(UnknownReason::Cancelled));
}

#[test]
fn what_is_not_an_answer_is_an_error() {
    let ask = |program: &str, arguments: &[&str]| {
        ChildProcess::new("fake", "0", program, arguments).check_script("(assert true)", &Budget::default())
    };
    assert!(matches!(ask("echo", &["satisfied"]), Err(SolverError::Protocol { .. })));
    assert!(matches!(ask("true", &[]), Err(SolverError::Protocol { .. })));
    assert!(matches!(ask("echo", &["sat"]), Err(SolverError::Protocol { .. })), "sat without a model");
    assert!(matches!(ask("no-such-solver-program", &[]), Err(SolverError::Process { .. })));
    assert_eq!(ask("echo", &["unsat"]).unwrap(), SmtAnswer::Unsat);
}

#[test]
fn the_memory_limit_holds_in_the_child() {
    let budget = Budget { memory_mb: 32, ..Budget::default() };
    let outcome = cvc5().check_script("(assert true)", &budget);
    assert!(outcome.is_err(), "{outcome:?}");
}
