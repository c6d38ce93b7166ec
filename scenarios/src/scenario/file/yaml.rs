//! YAML to typed values, with errors that say where and what was probably meant.

use serde::de::DeserializeOwned;
use serde_saphyr::{Error, UserMessageFormatter};

use super::{Place, Problem, SourceFile, nearest};

/// Reads one YAML document as `T`.
///
/// # Errors
/// A [`Problem`] with line, column and, for an unknown key, the nearest valid one.
pub fn from_yaml<T: DeserializeOwned>(file: &SourceFile) -> Result<T, Problem> {
    if file.text.trim().is_empty() {
        return Err(Problem::new(file, "the file is empty"));
    }
    // `y`, `no` and `on` are words: in headers and variables they are meant as they stand.
    let options = serde_saphyr::options! { strict_booleans: true };
    serde_saphyr::from_str_with_options(&file.text, options)
        .map_err(|error| problem(file, error.without_snippet()))
}

fn problem(file: &SourceFile, error: &Error) -> Problem {
    let place = error
        .location()
        .and_then(|location| Place::in_text(location, &file.text));
    // Of a document that says nothing (`~`, an anchor or a tag by itself) the reader names no place: all of it is meant.
    let place = place.or(Some(Place::START));
    match error {
        Error::SerdeUnknownField {
            field, expected, ..
        } => named(
            file,
            format!("unknown key `{field}`"),
            field,
            expected,
            "key",
        )
        .at(place),
        Error::SerdeUnknownVariant {
            variant, expected, ..
        } => named(
            file,
            format!("unknown word `{variant}`"),
            variant,
            expected,
            "word",
        )
        .at(place),
        Error::SerdeMissingField { field, .. } => {
            Problem::new(file, format!("key `{field}` is missing"))
                .labelled(format!("needs `{field}`"))
                .at(place)
        }
        Error::DuplicateMappingKey { key, .. } => {
            let key = key
                .as_deref()
                .map_or_else(String::new, |key| format!(" `{key}`"));
            Problem::new(file, format!("key{key} is there twice"))
                .labelled("the second one")
                .at(place)
        }
        Error::SerdeInvalidType {
            unexpected,
            expected,
            ..
        }
        | Error::SerdeInvalidValue {
            unexpected,
            expected,
            ..
        } => Problem::new(file, format!("expected {expected}, found {unexpected}")).at(place),
        Error::InvalidScalar { ty, .. } => {
            let wanted = match *ty {
                "bool" => "`true` or `false`",
                "f32" | "f64" => "a number",
                ty if ty.starts_with(['u', 'i']) => "a whole number",
                other => other,
            };
            Problem::new(file, format!("expected {wanted}")).at(place)
        }
        Error::Unexpected { expected, .. } => {
            let wanted = match *expected {
                "mapping start" => "a map",
                "sequence start" => "a list",
                "string scalar" | "scalar" => "text",
                other => other,
            };
            Problem::new(file, format!("expected {wanted} here")).at(place)
        }
        Error::Message { msg, .. } => Problem::new(file, msg.clone()).at(place),
        other => {
            let text = serde_saphyr::MessageFormatter::format_message(&UserMessageFormatter, other);
            Problem::new(file, text.into_owned()).at(place)
        }
    }
}

fn named(
    file: &SourceFile,
    message: String,
    given: &str,
    valid: &[&'static str],
    what: &str,
) -> Problem {
    let all = valid
        .iter()
        .map(|word| format!("`{word}`"))
        .collect::<Vec<_>>()
        .join(", ");
    let problem = Problem::new(file, message);
    match nearest(given, valid.iter().copied()) {
        Some(meant) => problem
            .labelled(format!("did you mean `{meant}`?"))
            .help(format!("valid {what}s here: {all}")),
        None => problem
            .labelled("not known here")
            .help(format!("valid {what}s here: {all}")),
    }
}
