//! Lists of names in the environment.

use crate::environment::{Environment, warn_unusable};

/// The name that stands for nothing at all.
const NONE: &str = "none";

/// What `variable` lists, in its order and each once; `default` where it is unset or has no usable name.
///
/// Names are read without regard to case. `find` says what is known by a name, or why it cannot be used. A name that
/// cannot be used is reported and left out. `none` by itself is an empty list; beside other names it is left out.
///
/// Spec: environment variables, "Enum" (what is not recognized MUST be reported and ignored) and "General SDK
/// Configuration" (MUST be deduplicated).
pub(super) fn listed<T: Copy>(
    environment: &Environment,
    variable: &str,
    default: &[(&'static str, T)],
    allowed: &str,
    find: impl Fn(&str) -> Result<(&'static str, T), Option<&'static str>>,
) -> Vec<(&'static str, T)> {
    let Some(text) = environment.get(variable) else {
        return default.to_vec();
    };
    let names: Vec<&str> = text
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .collect();
    if let [only] = names[..]
        && only.eq_ignore_ascii_case(NONE)
    {
        return Vec::new();
    }
    let mut used: Vec<(&'static str, T)> = Vec::new();
    let mut wrong = Vec::new();
    for name in names {
        match find(&name.to_ascii_lowercase()) {
            Ok(found) if used.iter().any(|(known, _)| *known == found.0) => {}
            Ok(found) => used.push(found),
            Err(_) if name.eq_ignore_ascii_case(NONE) => {
                wrong.push(format!("{NONE} has to stand by itself"));
            }
            Err(Some(reason)) => wrong.push(format!("{name}: {reason}")),
            Err(None) => wrong.push(format!("{name} is unknown")),
        }
    }
    if used.is_empty() {
        if wrong.is_empty() {
            wrong.push("it names nothing".to_owned());
        }
        used.extend_from_slice(default);
    }
    if !wrong.is_empty() {
        let names: Vec<&str> = used.iter().map(|(name, _)| *name).collect();
        let allowed = format!("{allowed} ({})", wrong.join("; "));
        warn_unusable(variable, text, &allowed, &names.join(","));
    }
    used
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<&'static str> {
        const KNOWN: [(&str, ()); 2] = [("otlp", ()), ("console", ())];
        listed(
            &Environment::empty().with("X", text),
            "X",
            &KNOWN[..1],
            "otlp or console",
            |name| KNOWN.into_iter().find(|known| known.0 == name).ok_or(None),
        )
        .into_iter()
        .map(|(name, ())| name)
        .collect()
    }

    #[test]
    fn names_are_kept_in_order_and_once() {
        assert_eq!(read(""), ["otlp"]);
        assert_eq!(read("console"), ["console"]);
        assert_eq!(read(" Console , otlp,console"), ["console", "otlp"]);
    }

    #[test]
    fn none_counts_by_itself_only() {
        assert!(read("none").is_empty());
        assert!(read(" NONE ").is_empty());
        assert_eq!(read("none,console"), ["console"]);
    }

    #[test]
    fn what_cannot_be_used_is_left_out() {
        assert_eq!(read("zipkin,console"), ["console"]);
        assert_eq!(read("zipkin"), ["otlp"]);
        assert_eq!(read(" , "), ["otlp"]);
    }
}
