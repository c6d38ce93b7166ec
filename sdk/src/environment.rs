//! Environment variables as a value that is handed in.
//!
//! [`Environment::process`] is the only place of this crate that reads the environment of the process, so that
//! differently configured SDKs run side by side in one process.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use tracing::level_filters::LevelFilter;

/// The target of every event that this crate logs.
pub(crate) const LOG_TARGET: &str = "otelbox_sdk";

/// A set of environment variables.
///
/// An empty value counts as unset (Spec: environment variables, "Parsing empty value", MUST). A value that cannot be
/// used is reported with a warning that names variable, value, what is allowed and what is used instead; the variable
/// then counts as unset.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Environment {
    variables: BTreeMap<String, String>,
    executable: Option<String>,
}

impl Environment {
    /// No variables at all.
    pub fn empty() -> Self {
        Self::default()
    }

    /// The variables of this process whose names start with `OTEL_`, or with `OTELBOX_`, as our own do. One that is not UTF-8 is reported and left out.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one reader of the environment"
    )]
    pub fn process() -> Self {
        let mut variables = BTreeMap::new();
        for (name, value) in std::env::vars_os() {
            let Ok(name) = name.into_string() else {
                continue;
            };
            if !(name.starts_with("OTEL_") || name.starts_with("OTELBOX_")) {
                continue;
            }
            if let Ok(value) = value.into_string() {
                variables.insert(name, value);
            } else {
                tracing::warn!(
                    target: LOG_TARGET,
                    variable = name,
                    "{name} is not valid UTF-8 and counts as unset"
                );
            }
        }
        let executable = std::env::current_exe()
            .ok()
            .and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
        Self {
            variables,
            executable,
        }
    }

    /// The same environment in a program whose executable is called `name`.
    #[must_use]
    pub fn with_executable(mut self, name: impl Into<String>) -> Self {
        self.executable = Some(name.into());
        self
    }

    /// The name of the program's executable, without its directory. Known of the [process](Self::process) and where it
    /// was [given](Self::with_executable).
    pub fn executable(&self) -> Option<&str> {
        self.executable.as_deref()
    }

    /// The names of all variables that are set, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.variables
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, _)| name.as_str())
    }

    /// The same variables with `name` set to `value`.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// The value of `name`; `None` where it is unset or empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// The first of `names` that is set to something that `parse` accepts, in order (signal-specific before general).
    ///
    /// `parse` gets the value without surrounding white space. Each value before it that was not accepted is reported:
    /// `allowed` says what would have been, `default` what is used where none of the variables has a usable value.
    pub fn parsed<T: fmt::Display>(
        &self,
        names: &[&str],
        allowed: &str,
        default: impl fmt::Display,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let mut unusable = Vec::new();
        let mut found = None;
        for name in names {
            let Some(value) = self.get(name) else {
                continue;
            };
            if let Some(parsed) = parse(value.trim()) {
                found = Some(parsed);
                break;
            }
            unusable.push((*name, value));
        }
        let used = found
            .as_ref()
            .map_or_else(|| default.to_string(), ToString::to_string);
        for (name, value) in unusable {
            warn_unusable(name, value, allowed, &used);
        }
        found
    }

    /// A duration in whole milliseconds, from the first of `names` that has one. Zero is allowed.
    ///
    /// Spec: common configuration, "Duration" and "Timeout": integer milliseconds; negative values are reported and
    /// ignored (MUST).
    pub fn milliseconds(&self, names: &[&str], default: Duration) -> Option<Duration> {
        self.parsed(
            names,
            "a whole number of milliseconds, 0 or more",
            Milliseconds(default),
            |text| {
                text.parse()
                    .ok()
                    .map(|ms| Milliseconds(Duration::from_millis(ms)))
            },
        )
        .map(|Milliseconds(duration)| duration)
    }

    /// A boolean, from the first of `names` that is set: `true` in any case is true, all else is false; what is neither
    /// `true` nor `false` is reported.
    ///
    /// Spec: environment variables, "Boolean" (MUST; the warning is SHOULD).
    pub fn boolean(&self, names: &[&str]) -> Option<bool> {
        let (name, value) = names
            .iter()
            .find_map(|name| self.get(name).map(|value| (name, value.trim())))?;
        let truth = value.eq_ignore_ascii_case("true");
        if !truth && !value.eq_ignore_ascii_case("false") {
            warn_unusable(name, value, "true or false", "false");
        }
        Some(truth)
    }

    /// `OTEL_LOG_LEVEL`: the least severe events that this SDK shall log, for the subscriber that the program sets up.
    /// One of `off`, `error`, `warn`, `info`, `debug` and `trace`; default `info`. (The SDK itself logs everything: what
    /// becomes of its events is decided by the subscriber.)
    ///
    /// ```
    /// use otelbox_sdk::Environment;
    ///
    /// let environment = Environment::empty().with("OTEL_LOG_LEVEL", "warn");
    /// assert_eq!(environment.log_level(), tracing::Level::WARN);
    /// ```
    ///
    /// Spec: environment variables, "General SDK Configuration" (the values are not specified).
    pub fn log_level(&self) -> LevelFilter {
        let default = LevelFilter::INFO;
        self.parsed(
            &["OTEL_LOG_LEVEL"],
            "off, error, warn, info, debug or trace",
            default,
            |text| (!text.is_empty()).then(|| text.parse().ok())?,
        )
        .unwrap_or(default)
    }
}

/// Reports a value of the environment that cannot be used.
pub(crate) fn warn_unusable(variable: &str, value: &str, allowed: &str, used: &str) {
    tracing::warn!(
        target: LOG_TARGET,
        variable,
        value,
        "{variable}={value:?} cannot be used: allowed is {allowed}; using {used}"
    );
}

/// Shows a duration in the unit of the environment.
struct Milliseconds(Duration);

impl fmt::Display for Milliseconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ms", self.0.as_millis())
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        Self {
            variables: variables
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
            executable: None,
        }
    }
}

/// Shows names only: values hold secrets.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Environment")
            .field(&self.variables.keys().collect::<Vec<_>>())
            .finish()
    }
}
