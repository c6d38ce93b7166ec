//! The table of differences: what the two answer differently, and why that is so.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};

use serde::Deserialize;

use crate::receivers::Pair;
use crate::requests;

/// Where a field is missing.
const ABSENT: &str = "absent";

/// What differs for one reason, and every request in which all of that occurs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Listed {
    /// Why it is so.
    pub(crate) reason: String,
    /// What says that it may be so.
    pub(crate) source: String,
    /// What differs.
    pub(crate) fields: BTreeMap<String, Values>,
    pub(crate) requests: BTreeSet<String>,
}

/// What both answer in one field; `...` stands for any text.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Values {
    pub(crate) collector: String,
    pub(crate) mock: String,
}

/// A difference that was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    pub(crate) field: String,
    pub(crate) collector: String,
    pub(crate) mock: String,
}

/// The table, as it is written.
pub(crate) fn listed() -> Vec<Listed> {
    let text = include_str!("differences.yaml");
    serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("differences.yaml: {error}"))
}

/// In what both differ.
pub(crate) fn between(pair: &Pair) -> Vec<Difference> {
    let fields: BTreeSet<&String> = pair
        .collector
        .fields
        .keys()
        .chain(pair.mock.fields.keys())
        .collect();
    let value = |fields: &BTreeMap<String, String>, field: &str| {
        fields
            .get(field)
            .map_or_else(|| ABSENT.to_owned(), Clone::clone)
    };
    fields
        .into_iter()
        .map(|field| Difference {
            field: field.clone(),
            collector: value(&pair.collector.fields, field),
            mock: value(&pair.mock.fields, field),
        })
        .filter(|difference| difference.collector != difference.mock)
        .collect()
}

/// What is wrong with the table as far as one request goes: differences that are not listed, and listed ones that do not
/// occur.
pub(crate) fn complaints(name: &str, pair: &Pair, listed: &[Listed]) -> String {
    let seen = between(pair);
    let mut text = String::new();
    for difference in &seen {
        if !listed.iter().any(|entry| entry.holds(name, difference)) {
            let _ = writeln!(text, "unlisted: {difference}");
        }
    }
    for entry in listed.iter().filter(|entry| entry.requests.contains(name)) {
        for (field, values) in &entry.fields {
            if !seen.iter().any(|difference| values.are(field, difference)) {
                let _ = writeln!(text, "listed, but not seen: {field}: {values}");
            }
        }
    }
    text
}

/// What is wrong with the table, whatever was seen.
pub(crate) fn mistakes(listed: &[Listed], table: &[crate::wire::Request]) -> Vec<String> {
    let mut mistakes = Vec::new();
    let names: BTreeSet<&str> = table.iter().map(|request| request.name.as_str()).collect();
    if names.len() != table.len() {
        mistakes.push("two requests have one name".to_owned());
    }
    if names.contains(requests::LAST) {
        mistakes.push("a request has the name of the last one".to_owned());
    }
    for entry in listed {
        let unknown = entry
            .requests
            .iter()
            .find(|name| !names.contains(name.as_str()));
        if let Some(name) = unknown {
            mistakes.push(format!("no request is called {name:?}"));
        }
        let texts = [&entry.reason, &entry.source];
        let is_empty = entry.requests.is_empty() || entry.fields.is_empty();
        if is_empty || texts.iter().any(|text| text.trim().is_empty()) {
            mistakes.push(format!(
                "no request, no field, no reason or no source: {entry:?}"
            ));
        }
    }
    mistakes
}

impl Listed {
    /// Whether this difference is a part of it, in this request.
    pub(crate) fn holds(&self, name: &str, difference: &Difference) -> bool {
        self.requests.contains(name)
            && self
                .fields
                .get(&difference.field)
                .is_some_and(|values| values.are(&difference.field, difference))
    }
}

impl Values {
    fn are(&self, field: &str, difference: &Difference) -> bool {
        field == difference.field
            && is_said(&self.collector, &difference.collector)
            && is_said(&self.mock, &difference.mock)
    }
}

/// Whether a value is the one that is written: in full, or with `...` in place of any text.
fn is_said(written: &str, value: &str) -> bool {
    let mut parts = written.split("...");
    let Some(rest) = parts.next().and_then(|first| value.strip_prefix(first)) else {
        return false;
    };
    let mut rest = Some(rest);
    let mut last = None;
    for part in parts {
        rest = rest.and_then(|rest| Some(&rest[rest.find(part)? + part.len()..]));
        last = Some(part);
    }
    match last {
        // Nothing is left out.
        None => rest == Some(""),
        Some(last) => rest.is_some() && value.ends_with(last),
    }
}

impl fmt::Display for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Collector: {}, mock: {}", self.collector, self.mock)
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            field,
            collector,
            mock,
        } = self;
        write!(
            f,
            "{field}:\n    Collector: {collector}\n    mock:      {mock}"
        )
    }
}

pub(crate) fn a_value_may_leave_out_its_middle() {
    assert!(is_said("200", "200"));
    assert!(!is_said("20", "200"));
    assert!(!is_said("2000", "200"));
    assert!(is_said(
        r#"logs ..."asInt":"1"..."#,
        r#"logs {"a":[{"asInt":"1"}]}"#
    ));
    assert!(!is_said(
        r#"logs ..."asInt":"2"..."#,
        r#"logs {"a":[{"asInt":"1"}]}"#
    ));
    assert!(is_said("logs ...", "logs {}"));
    assert!(!is_said("logs ...", "nothing"));
}
