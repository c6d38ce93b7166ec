//! A scenario that breaks a rule, as a file.

use std::fmt::Write as _;

use serde::Serialize;

use super::case::Violation;
use crate::scenario::Scenario;

/// A case that was made smaller as far as it could be.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Counterexample {
    /// The number of its case.
    pub case: u64,
    /// What did not hold.
    pub violation: Violation,
    /// How many scenarios were run to make it smaller.
    pub runs: u32,
    /// The scenario.
    pub scenario: Scenario,
}

impl Counterexample {
    /// The name of its file.
    pub fn file_name(&self) -> String {
        format!(
            "{}-{}.yaml",
            self.scenario.id.as_str().replace('/', "-"),
            self.violation.rule.as_str().to_lowercase()
        )
    }

    /// The file: what was seen as comments, then the scenario, which `otelbox run` takes.
    ///
    /// # Errors
    /// Where the scenario cannot be written as YAML.
    pub fn yaml(&self, seed: u64) -> Result<String, serde_saphyr::ser::Error> {
        let mut text = String::new();
        let Violation {
            rule,
            expected,
            seen,
        } = &self.violation;
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "# Found by `otelbox explore --seed {seed}` in case {}, and made smaller in {} runs.",
            self.case, self.runs
        );
        let _ = writeln!(text, "# {rule}: {}", one_line(expected));
        let _ = writeln!(text, "# Seen: {}", one_line(seen));
        let _ = writeln!(text, "# To see it again: otelbox run THIS-FILE");
        text.push_str(&serde_saphyr::to_string(&self.scenario)?);
        Ok(text)
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
