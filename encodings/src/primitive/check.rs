//! What a file of the right form may still not say: names that nothing binds, calls that AWS doesn't know, calls that
//! could never be allowed as they are written.

use super::{Authorization, Binding, Effect, Need, Primitive, Reference, Template, TemplatePart, Via};
use gateproof_model::catalogue::{ActionInfo, Catalogue, Support};

/// What is wrong, and the text of the file that shows it.
pub(super) struct Complaint {
    /// A text of the file; the first place where it stands is meant.
    pub(super) at: String,
    /// What was found and what was expected.
    pub(super) reason: String,
}

type Checked = Result<(), Complaint>;

fn complain(at: &str, reason: String) -> Checked {
    Err(Complaint { at: at.to_owned(), reason })
}

/// Checks a primitive that was read from a file of a name.
pub(super) fn check_primitive(name: &str, primitive: &Primitive, catalogue: &Catalogue) -> Checked {
    if name != primitive.id {
        let reason = format!("found id `{}`, expected the file's name `{name}`", primitive.id);
        return complain(&primitive.id, reason);
    }
    if primitive.effects.is_empty() {
        return complain("effects", "found no effect, expected one at least".to_owned());
    }
    if primitive.needs.is_empty() {
        return complain("needs", "found no need, expected one at least".to_owned());
    }
    check_bindings(primitive)?;
    let scope = Scope { primitive, catalogue };
    primitive.needs.iter().try_for_each(|need| scope.check_need(need))?;
    primitive.facts.iter().try_for_each(|fact| scope.check_required(fact.reference()))?;
    primitive.effects.iter().try_for_each(|effect| scope.check_task(effect))?;
    primitive.effects.iter().try_for_each(|effect| scope.check_made(effect))?;
    let gained = primitive.effects.iter().flat_map(Effect::references);
    gained.into_iter().try_for_each(|reference| scope.check_bound(reference))?;
    let calls = primitive.witness.iter().flat_map(|call| call.params.values());
    calls.into_iter().try_for_each(|value| scope.check_parameter(value))
}

fn check_bindings(primitive: &Primitive) -> Checked {
    let mut earlier = vec!["me"];
    for (variable, binding) in &primitive.bind {
        if ["me", "payload"].contains(&variable.as_str()) {
            return complain(&format!("{variable}:"), format!("`{variable}` is bound already"));
        }
        check_kind(variable, binding)?;
        for reference in binding.references() {
            if !earlier.contains(&reference.variable.as_str()) {
                let reason = format!("`${}` is not bound before `{variable}`", reference.variable);
                return complain(&format!("${}", reference.variable), reason);
            }
        }
        earlier.push(variable);
    }
    Ok(())
}

fn check_kind(variable: &str, binding: &Binding) -> Checked {
    let at = format!("{variable}:");
    match (binding.kind.as_str(), &binding.arn) {
        ("fresh", None) => return complain(&at, format!("`{variable}` is fresh: expected its `arn`")),
        ("fresh", Some(_)) => return Ok(()),
        (kind, None) if binding.existing => {
            return complain(&at, format!("`{variable}` is of kind `{kind}`: it exists anyway"));
        }
        ("account", None) => return Ok(()),
        (kind, Some(_)) => {
            return complain(&at, format!("`{variable}` is of kind `{kind}`: only fresh ones have an `arn`"));
        }
        _ => {}
    }
    let is_word = |w: &str| {
        !w.is_empty() && w.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    };
    if binding.kind.split_once('.').is_some_and(|(service, thing)| is_word(service) && is_word(thing)) {
        return Ok(());
    }
    let reason = format!("found kind `{}`, expected `fresh`, `account` or `service.thing`", binding.kind);
    complain(&at, reason)
}

/// A primitive and what is known of AWS.
struct Scope<'a> {
    primitive: &'a Primitive,
    catalogue: &'a Catalogue,
}

impl Scope<'_> {
    fn check_bound(&self, reference: &Reference) -> Checked {
        let variable = &reference.variable;
        if variable == "me" || self.primitive.bind.contains_key(variable) {
            return Ok(());
        }
        complain(&format!("${variable}"), format!("`${variable}` is not bound"))
    }

    /// Facts are about objects that exist: of a new one there is none yet.
    fn check_required(&self, reference: &Reference) -> Checked {
        self.check_bound(reference)?;
        let variable = &reference.variable;
        let exists = |binding: &Binding| binding.kind != "fresh";
        if self.primitive.bind.get(variable).is_some_and(exists) {
            return Ok(());
        }
        complain(&format!("${variable}"), format!("`${variable}` is no object that exists already"))
    }

    /// A root session is for one task, which a managed policy of AWS describes.
    fn check_task(&self, effect: &Effect) -> Checked {
        let Effect::Control(control) = effect else { return Ok(()) };
        match (control.via, &control.task) {
            (Via::Root, Some(task)) => {
                let policy = format!("arn:aws:iam::aws:policy/root-task/{task}");
                if self.catalogue.managed_policy(&policy).is_some() {
                    return Ok(());
                }
                complain(task, format!("`{task}` is no task of root sessions that AWS lists"))
            }
            (Via::Root, None) => complain("root", "found `via: root`, expected its `task`".to_owned()),
            (_, Some(task)) => complain(task, "expected a `task` beside `via: root` only".to_owned()),
            (_, None) => Ok(()),
        }
    }

    /// Of whoever is made it is said whether a boundary binds it: one fact stands for all that are made under a name.
    fn check_made(&self, effect: &Effect) -> Checked {
        let Effect::NewPrincipal(made) = effect else { return Ok(()) };
        let about = |other: &Effect| match other {
            Effect::DropBoundary(dropped) => dropped.of == made.of,
            Effect::SetBoundary(set) => set.to == made.of,
            _ => false,
        };
        if self.primitive.effects.iter().any(about) {
            return Ok(());
        }
        let reason =
            format!("expected `drop-boundary` or `set-boundary` of `{}` beside `new-principal`", made.of);
        complain("new-principal", reason)
    }

    fn check_template(&self, template: &Template) -> Checked {
        template.references().try_for_each(|reference| self.check_bound(reference))
    }

    fn check_parameter(&self, value: &serde_json::Value) -> Checked {
        match value {
            serde_json::Value::String(text) if text == "$payload" || !text.contains('$') => Ok(()),
            serde_json::Value::String(text) => match Template::try_from(text.clone()) {
                Ok(template) => self.check_template(&template),
                Err(reason) => complain(text, reason),
            },
            serde_json::Value::Array(items) => items.iter().try_for_each(|item| self.check_parameter(item)),
            serde_json::Value::Object(members) => members.values().try_for_each(|m| self.check_parameter(m)),
            _ => Ok(()),
        }
    }

    fn check_need(&self, need: &Need) -> Checked {
        let (word, several) = match need {
            Need::Call(call) => return self.check_call(call),
            Need::Any(any) => ("any", &any.any),
            Need::All(all) => ("all", &all.all),
        };
        if several.is_empty() {
            return complain(&format!("{word}:"), format!("found an empty `{word}`, expected needs in it"));
        }
        several.iter().try_for_each(|need| self.check_need(need))
    }

    fn check_call(&self, call: &Authorization) -> Checked {
        let Some(action) = self.catalogue.find_action(&call.action) else {
            return complain(&call.action, format!("`{}` is not an action that AWS lists", call.action));
        };
        if action.name() != call.action {
            return complain(&call.action, format!("found `{}`, expected `{}`", call.action, action.name()));
        }
        for (key, demand) in &call.context {
            if matches!(action.support(key), Support::Never | Support::UnknownKey) {
                return complain(key, format!("requests of `{}` never carry `{key}`", call.action));
            }
            demand.values.iter().try_for_each(|value| self.check_template(value))?;
        }
        if let Some(caller) = call.caller.as_deref().filter(|c| *c != "$me" && !c.ends_with(".amazonaws.com"))
        {
            return complain(caller, format!("found `as: {caller}`, expected `$me` or a service principal"));
        }
        for with in &call.part_of {
            let mut others = self.primitive.calls();
            if !others.any(|other| other.action == *with && other.part_of.is_empty() && other != call) {
                return complain(with, format!("found `part-of: {with}`, expected another call of the step"));
            }
        }
        call.resource.as_ref().map_or(Ok(()), |resource| self.check_resource(&action, resource))
    }

    /// A resource that AWS doesn't check the action against would make the need one that nobody has.
    ///
    /// Service Authorization Reference, "Resource types".
    fn check_resource(&self, action: &ActionInfo<'_>, resource: &Template) -> Checked {
        self.check_template(resource)?;
        let at = action.name();
        if action.is_checked_against_star() {
            return complain(at, format!("`{at}` is checked against `*` only: expected no `resource`"));
        }
        let example = self.example(resource);
        let fits = || action.resource_types().any(|row| row.resource_type.fits(&example));
        if !example.starts_with("arn:") || fits() {
            return Ok(());
        }
        complain(at, format!("AWS doesn't check `{at}` against resources such as `{example}`"))
    }

    /// A text of the template's form; what a snapshot's object brings is left as it is written.
    fn example(&self, template: &Template) -> String {
        let text = |part: &TemplatePart| match part {
            TemplatePart::Text(text) => text.replace('*', "x"),
            TemplatePart::Field(field) if field.field == "arn" => self.example_arn(&field.variable),
            TemplatePart::Field(_) | TemplatePart::Open(_) => "x".to_owned(),
        };
        template.parts.iter().map(text).collect()
    }

    fn example_arn(&self, variable: &str) -> String {
        let arn = self.primitive.bind.get(variable).and_then(|binding| binding.arn.as_ref());
        arn.map_or_else(|| format!("${variable}"), |arn| self.example(arn))
    }
}
