use super::*;

fn test(operator: &str, values: &[&str]) -> Test {
    Test {
        operator: operator.to_owned(),
        key: "aws:x".to_owned(),
        values: values.iter().map(|v| (*v).to_owned()).collect(),
    }
}

fn joined(operator: &str, a: &[&str], b: &[&str]) -> Option<Vec<String>> {
    match join(&[test(operator, a)], &[test(operator, b)]) {
        Joined::Tests(tests) => tests.first().map(|t| t.values.iter().cloned().collect()),
        Joined::Never => Some(Vec::new()),
        Joined::Weaker(_) => None,
    }
}

#[test]
fn two_demands_of_one_operator_become_one() {
    let some = |values: &[&str]| Some(values.iter().map(|v| (*v).to_owned()).collect::<Vec<_>>());
    assert_eq!(joined("StringEquals", &["a", "b"], &["b", "c"]), some(&["b"]));
    assert_eq!(joined("StringEquals", &["a"], &["b"]), some(&[]));
    assert_eq!(joined("StringEqualsIfExists", &["a"], &["b"]), None);
    assert_eq!(joined("StringNotEquals", &["a"], &["b"]), some(&["a", "b"]));
    assert_eq!(joined("StringLike", &["a*"], &["*z"]), some(&["a*z"]));
    assert_eq!(joined("ForAnyValue:StringEquals", &["a"], &["b"]), None);
    assert_eq!(joined("ForAllValues:StringEquals", &["a", "b"], &["b"]), some(&["b"]));
    assert_eq!(joined("IpAddress", &["10.0.0.0/8", "192.0.2.1"], &["10.1.0.0/16"]), some(&["10.1.0.0/16"]));
    assert_eq!(joined("NumericLessThan", &["5", "7"], &["6"]), some(&["6"]));
    assert_eq!(joined("Bool", &["true"], &["false"]), some(&[]));
    assert_eq!(joined("StringEquals", &["${aws:username}"], &["a"]), None);
}

#[test]
fn what_a_test_is_not() {
    let not = |operator: &str, value: &str| -> Option<Vec<String>> {
        let tests = negate(&test(operator, &[value]))?;
        Some(tests.iter().map(|t| format!("{} {}", t.operator, t.values.iter().next().unwrap())).collect())
    };
    let some = |list: &[&str]| Some(list.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>());
    assert_eq!(not("StringEquals", "a"), some(&["StringNotEquals a"]));
    assert_eq!(not("StringNotLike", "a*"), some(&["StringLike a*"]));
    assert_eq!(not("StringLikeIfExists", "a*"), some(&["StringNotLike a*", "Null false"]));
    assert_eq!(not("Bool", "true"), some(&["BoolIfExists false"]));
    assert_eq!(not("BoolIfExists", "true"), some(&["Bool false"]));
    assert_eq!(not("Null", "true"), some(&["Null false"]));
    assert_eq!(not("ForAnyValue:StringLike", "a*"), some(&["ForAllValues:StringNotLike a*"]));
    assert_eq!(not("NumericLessThan", "5"), None);
}

#[test]
fn none_of_two_ways() {
    let (a, b, c) = (test("StringEquals", &["a"]), test("Bool", &["true"]), test("Null", &["true"]));
    assert_eq!(none_of(&[vec![a.clone(), b], vec![c]]).map(|ways| ways.len()), Some(2));
    assert_eq!(none_of(&[vec![a], Vec::new()]), Some(Vec::new()));
}
