//! What is told about data that Prometheus does not get as they are.

use std::collections::BTreeSet;

use crate::environment::LOG_TARGET;
use crate::prometheus::family::{Problem, ProblemKind};

/// How many are remembered. A program that makes new ones all the time is told about the first of them.
const REMEMBERED: usize = 1000;

/// What was told already: each problem of a metric is worth one line, and not one for each scrape.
#[derive(Debug, Default)]
pub(super) struct Told(BTreeSet<(String, ProblemKind)>);

impl Told {
    /// Warns of those of `problems` that are new.
    pub(super) fn tell(&mut self, problems: &[Problem]) {
        for problem in problems {
            let key = (problem.metric.clone(), problem.kind.clone());
            if self.0.len() < REMEMBERED && self.0.insert(key) {
                tracing::warn!(
                    target: LOG_TARGET,
                    metric = problem.metric,
                    "not as it was recorded on the page for Prometheus: {problem}"
                );
            }
        }
    }
}
