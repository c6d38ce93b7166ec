//! What a client makes of its environment.

use indexmap::IndexMap;
use otelbox_sdk::Environment;
use serde::Deserialize;

use super::Replacement;

/// One way to misread variables. Names may begin or end with `*`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in super::super) enum Misreading {
    /// These are not looked at.
    Ignore(Vec<String>),
    /// These have other values, whatever they are set to.
    Set(IndexMap<String, String>),
    /// These have other defaults.
    Default(IndexMap<String, String>),
    /// The value of the one counts as that of the other.
    Take(Renaming),
    /// Texts in the values of these are replaced.
    Replace(InValues),
    /// All of `then`, where a variable of this name is set.
    Where(Condition),
}

/// One variable for another.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct Renaming {
    from: String,
    to: String,
}

/// Texts that are replaced in values.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct InValues {
    of: String,
    from: String,
    to: String,
}

/// What holds only where a variable is set.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct Condition {
    is_set: String,
    /// A part of its value. Default: any.
    #[serde(default)]
    contains: String,
    then: Vec<Misreading>,
}

impl Misreading {
    /// What the client takes `env` for. A variable that is empty counts as unset.
    pub(super) fn applied(&self, env: Environment) -> Environment {
        match self {
            Self::Ignore(names) => {
                let ignored: Vec<String> = names
                    .iter()
                    .flat_map(|pattern| named(&env, pattern))
                    .collect();
                ignored
                    .into_iter()
                    .fold(env, |env, name| env.with(name, ""))
            }
            Self::Set(values) => values
                .iter()
                .fold(env, |env, (name, value)| env.with(name, value)),
            Self::Default(values) => {
                values
                    .iter()
                    .fold(env, |env, (name, value)| match env.get(name) {
                        Some(_) => env,
                        None => env.with(name, value),
                    })
            }
            Self::Take(Renaming { from, to }) => match env.get(from).map(str::to_owned) {
                Some(value) => env.with(to, value),
                None => env,
            },
            Self::Replace(InValues { of, from, to }) => {
                let replacement = [Replacement {
                    from: from.clone(),
                    to: to.clone(),
                }];
                named(&env, of).into_iter().fold(env, |env, name| {
                    let value = env.get(&name).unwrap_or_default();
                    let replaced = Replacement::all(&replacement, value);
                    env.with(name, replaced)
                })
            }
            Self::Where(condition) => {
                let holds = named(&env, &condition.is_set).iter().any(|name| {
                    env.get(name)
                        .is_some_and(|value| value.contains(&condition.contains))
                });
                if holds {
                    let mut misread = env;
                    for misreading in &condition.then {
                        misread = misreading.applied(misread);
                    }
                    misread
                } else {
                    env
                }
            }
        }
    }
}

/// The variables that are set and have a name like `pattern`.
pub(super) fn named(env: &Environment, pattern: &str) -> Vec<String> {
    let is_like = |name: &str| match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(end), _) => name.ends_with(end),
        (None, Some(start)) => name.starts_with(start),
        (None, None) => name == pattern,
    };
    env.names()
        .filter(|name| is_like(name))
        .map(str::to_owned)
        .collect()
}
