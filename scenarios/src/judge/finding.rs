//! What one check found.

use crate::scenario::RuleId;

/// What one check found about one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: RuleId,
    /// Whether it holds.
    pub grade: Grade,
    /// What was wanted.
    pub expected: String,
    /// What was seen.
    pub actual: String,
}

/// Whether a rule holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// It was looked at and holds.
    Passed,
    /// There was nothing to look at.
    Inconclusive,
    /// The SUT cannot do what the check is about.
    NotApplicable,
    /// It was looked at and does not hold.
    Failed,
}

/// The grade of one check, before it is filed under a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) grade: Grade,
    pub(crate) expected: String,
    pub(crate) actual: String,
}

impl Outcome {
    /// Holds or does not.
    pub(crate) fn of(holds: bool, expected: impl Into<String>, actual: impl Into<String>) -> Self {
        Self {
            grade: if holds { Grade::Passed } else { Grade::Failed },
            expected: expected.into(),
            actual: actual.into(),
        }
    }

    /// There was nothing to look at.
    pub(crate) fn nothing(expected: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            grade: Grade::Inconclusive,
            expected: expected.into(),
            actual: reason.into(),
        }
    }

    /// The SUT cannot do what the check is about.
    pub(crate) fn not_applicable(expected: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            grade: Grade::NotApplicable,
            expected: expected.into(),
            actual: reason.into(),
        }
    }

    /// The outcome under a rule.
    pub(crate) fn under(self, rule: RuleId) -> Finding {
        Finding {
            rule,
            grade: self.grade,
            expected: self.expected,
            actual: self.actual,
        }
    }
}

/// Collects what is wrong with many equal things, such as all points of all payloads.
#[derive(Debug)]
pub(crate) struct Survey {
    rule: &'static str,
    expected: &'static str,
    looked_at: usize,
    noun: &'static str,
    wrong: Vec<String>,
}

/// How many deviations a finding names; the rest is counted.
const NAMED: usize = 3;

impl Survey {
    /// A survey of things that are called `noun` in the plural.
    pub(crate) fn new(rule: &'static str, expected: &'static str, noun: &'static str) -> Self {
        Self {
            rule,
            expected,
            looked_at: 0,
            noun,
            wrong: Vec::new(),
        }
    }

    /// Looks at one thing; `wrong` says what is wrong with it, if anything.
    pub(crate) fn look(&mut self, wrong: Option<String>) {
        self.looked_at += 1;
        self.wrong.extend(wrong);
    }

    /// The finding; none where nothing was looked at.
    pub(crate) fn finding(self) -> Option<Finding> {
        if self.looked_at == 0 {
            return None;
        }
        let actual = if self.wrong.is_empty() {
            format!("{} looked at: {}", self.noun, self.looked_at)
        } else {
            let mut actual = self
                .wrong
                .iter()
                .take(NAMED)
                .cloned()
                .collect::<Vec<_>>()
                .join("; ");
            if self.wrong.len() > NAMED {
                use std::fmt::Write as _;
                let _ = write!(actual, "; and {} more", self.wrong.len() - NAMED);
            }
            actual
        };
        Some(Finding {
            rule: self.rule.into(),
            grade: if self.wrong.is_empty() {
                Grade::Passed
            } else {
                Grade::Failed
            },
            expected: self.expected.to_owned(),
            actual,
        })
    }
}
