//! Whom a property is about.

use super::property::Property;
use crate::ask::{AskError, Estate, Settings};
use crate::question::Selector;

/// The principals of selectors, those that speak of pipelines looked up. One that names nobody is an error, unless the property may be empty.
pub(super) fn principals(
    property: &Property,
    selectors: &[Selector],
    estate: &Estate,
    settings: &Settings,
) -> Result<Vec<Selector>, AskError> {
    let mut all = Vec::new();
    for selector in selectors {
        let named = |error: AskError| match error {
            // The file knows the selector, not what it stands for.
            AskError::NothingSelected { .. } => AskError::NothingSelected { given: selector.to_string() },
            other => other,
        };
        let found = estate.without_pipelines(std::slice::from_ref(selector), settings).map_err(named);
        let there = found.and_then(|found| {
            estate.select(&found, &settings.environments).map_err(named)?;
            Ok(found)
        });
        match there {
            Ok(found) => all.extend(found),
            Err(AskError::NothingSelected { .. }) if property.allow_empty => {}
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}
