//! The table of `what-can` in columns.

use crate::ask::{EffectiveRow, RowEffect};
use serde_json::{Map, Value};

/// The rows under a heading. The condition that resources are of the principal's own account is said once.
pub fn render_table(rows: &[EffectiveRow], account: Option<&str>) -> String {
    let head = ["statement", "service", "access", "actions", "resources", "if", "by", "confirmed"];
    let mut cells: Vec<Vec<String>> = vec![head.map(str::to_owned).to_vec()];
    cells.extend(rows.iter().map(|row| columns(row, account)));
    let last = head.len() - 1;
    let widths: Vec<usize> = (0..head.len())
        .map(|c| cells.iter().filter_map(|r| r.get(c)).map(|t| t.chars().count()).max().unwrap_or(0))
        .collect();
    let mut out = String::new();
    if let Some(account) = account {
        out.push_str(&format!("  resources of account {account}, unless others are named\n"));
    }
    for row in &cells {
        let mut text = String::from(" ");
        for (c, (cell, width)) in row.iter().zip(&widths).enumerate() {
            text.push(' ');
            text.push_str(cell);
            if c < last {
                text.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.chars().count()) + 1));
            }
        }
        out.push_str(text.trim_end());
        out.push('\n');
    }
    out
}

fn columns(row: &EffectiveRow, account: Option<&str>) -> Vec<String> {
    let service = match row.services.as_slice() {
        [] => "-".to_owned(),
        [single] => single.clone(),
        several => format!("{} services", several.len()),
    };
    let resources = few(&row.resources, 1, 56);
    let confirmed = match row.effect {
        RowEffect::Deny => "denied".to_owned(),
        RowEffect::Allow | RowEffect::Beyond => {
            format!("{}/{} {}", row.confirmed, row.count, row.agreement.name())
        }
    };
    let actions = if row.services.len() > 1 {
        let unit = if row.count == 1 { "action" } else { "actions" };
        format!("{} {unit}", row.count)
    } else {
        let names: Vec<String> = row
            .actions
            .iter()
            .map(|name| name.split_once(':').map_or(name.as_str(), |(_, action)| action).to_owned())
            .collect();
        few(&names, 2, 36)
    };
    vec![
        row.sid.clone(),
        service,
        row.access.unwrap_or("-").to_owned(),
        actions,
        if row.not_resources { format!("all but {resources}") } else { resources },
        conditions(&row.conditions, account),
        few(&row.how.iter().map(|h| brief(h)).collect::<Vec<_>>(), 2, 44),
        confirmed,
    ]
}

/// The first texts, and how many more there are.
fn few(texts: &[String], most: usize, width: usize) -> String {
    let mut shown = texts.iter().take(most).map(|t| clipped(t, width)).collect::<Vec<_>>().join(", ");
    if texts.len() > most {
        shown.push_str(&format!(", … +{}", texts.len() - most));
    }
    if shown.is_empty() { "-".to_owned() } else { shown }
}

fn clipped(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

/// A statement by the last part of its policy's name: the document tells the rest.
fn brief(how: &str) -> String {
    let Some((layer, policy)) = how.split_once(": ") else { return how.to_owned() };
    if layer == "resource policy" || layer == "trust policy" {
        return layer.to_owned();
    }
    let name = policy.split(" (").next().unwrap_or(policy);
    format!("{layer}: {}", name.rsplit('/').next().unwrap_or(name))
}

fn conditions(conditions: &Map<String, Value>, account: Option<&str>) -> String {
    let mut parts = Vec::new();
    for (operator, keys) in conditions {
        for (key, value) in keys.as_object().into_iter().flatten() {
            let own = key == "aws:ResourceAccount" && value.as_str() == account;
            if own {
                continue;
            }
            let value = match value {
                Value::Array(values) => {
                    let texts: Vec<String> =
                        values.iter().map(|v| v.as_str().unwrap_or_default().to_owned()).collect();
                    few(&texts, 2, 40)
                }
                single => clipped(single.as_str().unwrap_or_default(), 40),
            };
            parts.push(format!("{key} {operator} {value}"));
        }
    }
    few(&parts, 2, 72)
}
