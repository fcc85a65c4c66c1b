//! Places in what AWS prints: JSON pointers with `*` for every item of a list, `NAME=VALUE` for items with that member, `-` for a new item
//! at the end, `<NAME=VALUE` for a new one before the item with that member.

use serde_json::{Map, Value, json};

/// Puts a value in all places that a pointer names, making the objects on the way; how many there were.
pub fn place_values(output: &mut Value, pointer: &str, value: &Value) -> usize {
    let steps: Vec<&str> = pointer.split('/').skip(1).collect();
    put(output, &steps, value)
}

fn put(place: &mut Value, steps: &[&str], value: &Value) -> usize {
    let Some((step, rest)) = steps.split_first() else {
        *place = value.clone();
        return 1;
    };
    if *step == "-" {
        if !place.is_array() {
            *place = json!([]);
        }
        let mut item = Value::Null;
        put(&mut item, rest, value);
        let Some(items) = place.as_array_mut() else { return 0 };
        items.push(item);
        return 1;
    }
    if let Some(chosen) = step.strip_prefix('<').and_then(Chosen::of) {
        let Some(items) = place.as_array_mut() else { return 0 };
        let Some(at) = items.iter().position(|item| chosen.takes(item)) else { return 0 };
        let mut item = Value::Null;
        put(&mut item, rest, value);
        items.insert(at, item);
        return 1;
    }
    if let Some(chosen) = Chosen::of(step) {
        let items = place.as_array_mut().into_iter().flatten();
        return items.filter(|item| chosen.takes(item)).map(|item| put(item, rest, value)).sum();
    }
    if !place.is_object() {
        *place = Value::Object(Map::new());
    }
    match place.as_object_mut() {
        Some(members) => put(members.entry(*step).or_insert(Value::Null), rest, value),
        None => 0,
    }
}

/// Takes away what a pointer names.
pub fn take_away(output: &mut Value, pointer: &str) {
    let steps: Vec<&str> = pointer.split('/').skip(1).collect();
    remove(output, &steps);
}

fn remove(place: &mut Value, steps: &[&str]) {
    let Some((step, rest)) = steps.split_first() else { return };
    if let Some(chosen) = Chosen::of(step) {
        let Some(items) = place.as_array_mut() else { return };
        if rest.is_empty() {
            items.retain(|item| !chosen.takes(item));
        }
        items.iter_mut().filter(|item| chosen.takes(item)).for_each(|item| remove(item, rest));
        return;
    }
    let Some(members) = place.as_object_mut() else { return };
    if rest.is_empty() {
        members.remove(*step);
    } else if let Some(member) = members.get_mut(*step) {
        remove(member, rest);
    }
}

/// Which items of a list.
pub(super) enum Chosen<'s> {
    All,
    With(&'s str, &'s str),
}

impl<'s> Chosen<'s> {
    pub(super) fn of(step: &'s str) -> Option<Self> {
        match step.split_once('=') {
            Some((name, value)) => Some(Self::With(name, value)),
            None => (step == "*").then_some(Self::All),
        }
    }

    fn takes(&self, item: &Value) -> bool {
        match self {
            Self::All => true,
            Self::With(name, value) => item.get(*name).and_then(Value::as_str) == Some(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_placed_and_taken_away() {
        let mut output =
            json!({"stages": [{"actions": [{"name": "A", "role": "r"}, {"name": "B"}]}, {"actions": []}]});
        assert_eq!(place_values(&mut output, "/stages/*/actions/name=A/role", &json!("s")), 1);
        assert_eq!(place_values(&mut output, "/stages/*/actions/name=C/role", &json!("s")), 0);
        assert_eq!(place_values(&mut output, "/more/-/x", &json!(1)), 1);
        assert_eq!(place_values(&mut output, "/more/<x=2", &json!({})), 0);
        assert_eq!(place_values(&mut output, "/stages/*/actions/<name=A/name", &json!("first")), 1);
        take_away(&mut output, "/stages/*/actions/name=B");
        assert_eq!(
            output,
            json!({"stages": [{"actions": [{"name": "first"}, {"name": "A", "role": "s"}]}, {"actions": []}], "more": [{"x": 1}]})
        );
        take_away(&mut output, "/stages");
        assert_eq!(output, json!({"more": [{"x": 1}]}));
    }
}
