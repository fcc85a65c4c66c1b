//! SMT-LIB text as solvers take it and give it: splitting into commands, and reading models.

use super::SolverError;

/// Commands that declare, define or assert: what a question is made of.
const PUT: [&str; 13] = [
    "set-logic",
    "declare-const",
    "declare-datatype",
    "declare-datatypes",
    "declare-fun",
    "declare-sort",
    "define-const",
    "define-fun",
    "define-fun-rec",
    "define-funs-rec",
    "define-sort",
    "define-sort-parameter",
    "assert",
];

/// Commands that only ask, print or tune: skipped, because asking is the solver's part.
const SKIPPED: [&str; 11] = [
    "check-sat",
    "get-model",
    "get-value",
    "get-info",
    "get-option",
    "get-assertions",
    "get-unsat-core",
    "set-info",
    "set-option",
    "echo",
    "exit",
];

/// The declarations, definitions and assertions of a script, one to a line, without comments.
///
/// Anything that is neither such a command nor one that merely asks or prints is refused by name, as are
/// unbalanced text and characters outside printable ASCII: solvers read those differently.
pub fn parse_question(script: &str) -> Result<String, SolverError> {
    let commands = split_items(script)?;
    let mut question = String::with_capacity(script.len());
    for (index, command) in commands.iter().enumerate() {
        let head = command_name(command);
        if PUT.contains(&head) {
            question.push_str(command);
            question.push('\n');
        } else if !SKIPPED.contains(&head) {
            let found = clip(command);
            return Err(SolverError::Script {
                command: index + 1,
                found,
                expected: "a declaration or an assertion",
            });
        }
    }
    Ok(question)
}

/// The name of a command: the first symbol after its opening parenthesis.
fn command_name(command: &str) -> &str {
    let inner = command.strip_prefix('(').unwrap_or_default().trim_start();
    inner.split(|c: char| c.is_ascii_whitespace() || c == '(' || c == ')').next().unwrap_or_default()
}

/// The `(name, value)` pairs of the constants that a `get-model` response defines, sorted by name.
///
/// Accepts the response with and without the historical `model` keyword. Functions with arguments are left out.
pub fn parse_model(response: &str) -> Result<Vec<(String, String)>, SolverError> {
    let mut values = Vec::new();
    for (index, definition) in split_items(unwrap_list(response))?.iter().enumerate() {
        if *definition == "model" {
            continue;
        }
        match split_items(unwrap_list(definition))?.as_slice() {
            ["define-fun", name, arguments, _sort, value] => {
                if split_items(unwrap_list(arguments))?.is_empty() {
                    values.push((plain_symbol(name), (*value).to_owned()));
                }
            }
            _ => {
                let found = clip(definition);
                return Err(SolverError::Script {
                    command: index + 1,
                    found,
                    expected: "a define-fun of the model",
                });
            }
        }
    }
    values.sort();
    Ok(values)
}

/// A symbol without the bars that quote it.
pub fn plain_symbol(symbol: &str) -> String {
    symbol.strip_prefix('|').and_then(|s| s.strip_suffix('|')).unwrap_or(symbol).to_owned()
}

fn unwrap_list(item: &str) -> &str {
    let item = item.trim();
    item.strip_prefix('(').and_then(|s| s.strip_suffix(')')).unwrap_or(item)
}

/// Where the scanner stands in the text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Plain,
    Text,
    Quoted,
    Comment,
}

/// Splits text into its outermost items: atoms, string literals, quoted symbols and parenthesized lists.
///
/// Not recursive, so nesting of any depth is fine.
pub fn split_items(text: &str) -> Result<Vec<&str>, SolverError> {
    let mut items = Vec::new();
    let (mut inside, mut depth, mut start) = (Inside::Plain, 0_usize, None);
    for (at, byte) in text.bytes().enumerate() {
        if !(byte.is_ascii_graphic() || byte.is_ascii_whitespace()) {
            let found = format!("byte 0x{byte:02x}");
            return Err(SolverError::Script { command: items.len() + 1, found, expected: "printable ASCII" });
        }
        match inside {
            Inside::Comment => {
                if byte == b'\n' {
                    inside = Inside::Plain;
                }
                continue;
            }
            // `""` inside a literal ends it and begins it again, which comes to the same.
            Inside::Text => {
                if byte == b'"' {
                    inside = Inside::Plain;
                }
                continue;
            }
            Inside::Quoted => {
                if byte == b'|' {
                    inside = Inside::Plain;
                }
                continue;
            }
            Inside::Plain => {}
        }
        if depth == 0 && (byte.is_ascii_whitespace() || matches!(byte, b'(' | b')' | b';')) {
            finish_item(text, &mut start, at, &mut items);
        }
        match byte {
            b'"' => inside = Inside::Text,
            b'|' => inside = Inside::Quoted,
            b';' => inside = Inside::Comment,
            b'(' => depth += 1,
            b')' => {
                depth =
                    depth.checked_sub(1).ok_or_else(|| unbalanced(items.len(), "a closing parenthesis"))?;
            }
            _ => {}
        }
        if byte != b';' && !byte.is_ascii_whitespace() {
            start.get_or_insert(at);
        }
        if byte == b')' && depth == 0 {
            finish_item(text, &mut start, at + 1, &mut items);
        }
    }
    if depth > 0 || matches!(inside, Inside::Text | Inside::Quoted) {
        return Err(unbalanced(items.len(), "the end of the text"));
    }
    finish_item(text, &mut start, text.len(), &mut items);
    Ok(items)
}

fn finish_item<'a>(text: &'a str, start: &mut Option<usize>, end: usize, items: &mut Vec<&'a str>) {
    if let Some(item) = start.take().and_then(|from| text.get(from..end)) {
        items.push(item);
    }
}

fn unbalanced(items: usize, found: &str) -> SolverError {
    SolverError::Script {
        command: items + 1,
        found: found.to_owned(),
        expected: "balanced parentheses and quotes",
    }
}

/// The beginning of a text, for messages.
pub(super) fn clip(text: &str) -> String {
    let mut clipped: String = text.trim().chars().take(120).collect();
    if clipped.len() < text.trim().len() {
        clipped.push('…');
    }
    clipped
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_question_keeps_declarations_and_assertions_and_drops_the_asking() {
        let script = "(set-option :timeout 1) ; (assert false)\n(declare-const |a ) b| String)\n\
                      (assert (= |a ) b| \"x\"\"(\"))(check-sat)\n(get-model)(exit)";
        let question = parse_question(script).unwrap();
        assert_eq!(question, "(declare-const |a ) b| String)\n(assert (= |a ) b| \"x\"\"(\"))\n");
    }

    #[test]
    fn what_would_change_the_question_silently_is_refused() {
        for script in [
            "(push 1)(assert false)(pop 1)",
            "(assert true))",
            "(assert (= s \"open)",
            "(assert true",
            "assert",
            "(reset)",
            "(check-sat-assuming (a))",
            "(assert (= s \"é\"))",
            "(assert (= s \"\0\"))",
        ] {
            assert!(matches!(parse_question(script), Err(SolverError::Script { .. })), "{script}");
        }
    }

    #[test]
    fn very_deep_nesting_is_split() {
        let deep = format!("(assert {}true{})", "(not ".repeat(200_000), ")".repeat(200_000));
        assert_eq!(split_items(&deep).unwrap().len(), 1);
    }

    #[test]
    fn models_of_both_styles_are_read() {
        let expected =
            vec![("a b".to_owned(), "\"x\"\"y\"".to_owned()), ("n".to_owned(), "(- 1)".to_owned())];
        let body = "(define-fun n () Int (- 1))\n(define-fun |a b| () String \"x\"\"y\")";
        assert_eq!(parse_model(&format!("(\n{body}\n)")).unwrap(), expected);
        assert_eq!(parse_model(&format!("(model\n{body}\n)")).unwrap(), expected);
        assert!(parse_model("(error \"no model\")").is_err());
    }

    #[test]
    fn functions_of_a_model_are_left_out() {
        let response = "((define-fun f ((x!0 Int)) Int 3) (define-fun b () Bool true))";
        assert_eq!(parse_model(response).unwrap(), vec![("b".to_owned(), "true".to_owned())]);
    }
}
