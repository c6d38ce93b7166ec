//! What is observed: the subjects of facts, which are never failures.

use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::scenario::RuleId;

/// What a fact is about. Harms come first, here and in every table.
///
/// It is written as its name, such as `silent_loss`; a rule that is only observed, as its id. Names do not change: others
/// script against them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A call said that all went well, and items that it answered for were never accepted.
    FalseSuccess,
    /// Items were lost, and nobody was told: no line at WARN or above, and no failed result.
    SilentLoss,
    /// Items were accepted more than once.
    Repetition,
    /// Two exports of one pipeline were in flight at once.
    Overlap,
    /// A call did not return.
    UnboundedWait,
    /// How many attempts an export took that was accepted in the end, where one was not enough.
    AttemptsUntilAccepted,
    /// How many attempts an export took that was given up, where there was more than one.
    AttemptsUntilGivenUp,
    /// The median wait before the first retry, where the receiver asked for none.
    FirstDelay,
    /// The median factor from one wait to the next, where the receiver asked for none.
    Growth,
    /// Whether exports wait for the same times.
    Jitter,
    /// Whether the exporter's timeout covers all attempts of an export, or each of them.
    TimeoutScope,
    /// What becomes of an export that is answered with a redirect.
    Redirect,
    /// What becomes of an export that is answered with more than 4 MiB.
    OversizeAnswer,
    /// What a variable does whose value means nothing.
    BadVariable,
    /// How the user was told of exports that were given up.
    Told,
    /// What exports past reader and processor returned.
    ResultOfExport,
    /// What flushes returned.
    ResultOfForceFlush,
    /// What shutdowns returned.
    ResultOfShutdown,
    /// How long shutdowns took.
    TimeToExit,
    /// How many items a program that is started as it is has sent, each export once.
    Offered,
    /// How many of these were told to have been taken.
    Acknowledged,
    /// How many of these had an answer that forbids to send them again.
    RefusedForGood,
    /// How many items of a program the receiver took more than once.
    Repeated,
    /// From the first attempt of an export of a program to the one that was acknowledged, where that took longest.
    LongestDelay,
    /// How a program that is started as it is came to its end.
    EndOfProgram,
    /// What was sent, received, lost and repeated of an instrument, of spans or of log records (in reports as JSON).
    Ledger,
    /// What a rule of the level MAY or INFO is about.
    Rule(RuleId),
}

/// Everything that has a name, with the words for it.
const NAMED: [(Subject, &str, &str); 26] = [
    (Subject::FalseSuccess, "false_success", "false success"),
    (Subject::SilentLoss, "silent_loss", "silent loss"),
    (Subject::Repetition, "repetition", "repetition"),
    (Subject::Overlap, "overlap", "overlapping exports"),
    (Subject::UnboundedWait, "unbounded_wait", "unbounded wait"),
    (
        Subject::AttemptsUntilAccepted,
        "attempts_until_accepted",
        "attempts until accepted",
    ),
    (
        Subject::AttemptsUntilGivenUp,
        "attempts_until_given_up",
        "attempts until given up",
    ),
    (Subject::FirstDelay, "first_delay", "first delay"),
    (Subject::Growth, "growth", "growth of waits"),
    (Subject::Jitter, "jitter", "jitter"),
    (Subject::TimeoutScope, "timeout_scope", "the timeout covers"),
    (Subject::Redirect, "redirect", "after a redirect"),
    (
        Subject::OversizeAnswer,
        "oversize_answer",
        "after an answer that is too large",
    ),
    (Subject::BadVariable, "bad_variable", "with a bad variable"),
    (Subject::Told, "told", "told when giving up"),
    (
        Subject::ResultOfExport,
        "result_of_export",
        "result of export",
    ),
    (
        Subject::ResultOfForceFlush,
        "result_of_force_flush",
        "result of force_flush",
    ),
    (
        Subject::ResultOfShutdown,
        "result_of_shutdown",
        "result of shutdown",
    ),
    (Subject::TimeToExit, "time_to_exit", "time to exit"),
    (Subject::Offered, "offered", "offered"),
    (Subject::Acknowledged, "acknowledged", "acknowledged"),
    (
        Subject::RefusedForGood,
        "refused_for_good",
        "refused for good",
    ),
    (Subject::Repeated, "repeated", "repeated"),
    (Subject::LongestDelay, "longest_delay", "longest delay"),
    (
        Subject::EndOfProgram,
        "end_of_program",
        "end of the program",
    ),
    (Subject::Ledger, "ledger", "ledger"),
];

impl Subject {
    /// The harms, in the order of tables.
    pub const HARMS: [Self; 5] = [
        Self::FalseSuccess,
        Self::SilentLoss,
        Self::Repetition,
        Self::Overlap,
        Self::UnboundedWait,
    ];

    /// Whether it is harm to a user, and not only a way of doing things.
    pub fn is_harm(&self) -> bool {
        Self::HARMS.contains(self)
    }

    /// Whether its values are amounts, of which a range says more than a list.
    pub const fn is_measured(&self) -> bool {
        matches!(
            self,
            Self::FirstDelay | Self::Growth | Self::TimeToExit | Self::LongestDelay
        )
    }

    /// Its name, which does not change; of a rule, the id.
    pub fn name(&self) -> &str {
        match self {
            Self::Rule(rule) => rule.as_str(),
            named => NAMED
                .iter()
                .find(|(subject, ..)| subject == named)
                .map_or("", |(_, name, _)| *name),
        }
    }

    /// What people read; of a rule, the id.
    pub fn words(&self) -> &str {
        match self {
            Self::Rule(rule) => rule.as_str(),
            named => NAMED
                .iter()
                .find(|(subject, ..)| subject == named)
                .map_or("", |(_, _, words)| *words),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for Subject {
    type Err = Infallible;

    /// What is no name is taken for the id of a rule.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        let named = NAMED.iter().find(|(_, name, _)| *name == text);
        Ok(named.map_or_else(
            || Self::Rule(RuleId::from(text)),
            |(subject, ..)| subject.clone(),
        ))
    }
}

impl Serialize for Subject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Subject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.parse() {
            Ok(subject) => Ok(subject),
            Err(never) => match never {},
        }
    }
}

impl JsonSchema for Subject {
    fn schema_name() -> Cow<'static, str> {
        "Subject".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names: Vec<&str> = NAMED.iter().map(|(_, name, _)| *name).collect();
        json_schema!({
            "description": "What a fact is about, harms first; the id of a rule where the rule is only observed.",
            "anyOf": [
                { "type": "string", "enum": names },
                { "type": "string", "pattern": "^[A-Z]{3,4}-[A-Z]{3}-[0-9]{3}$" },
            ],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_subject_is_read_back_from_its_name() {
        for (subject, name, words) in &NAMED {
            assert_eq!(subject.name(), *name);
            assert!(!words.is_empty());
            assert_eq!(name.parse(), Ok(subject.clone()));
        }
        let rule = Subject::Rule("OTLP-THR-003".into());
        assert_eq!("OTLP-THR-003".parse(), Ok(rule.clone()));
        assert_eq!(
            serde_json::to_string(&rule).expect("JSON"),
            "\"OTLP-THR-003\""
        );
    }

    #[test]
    fn harms_come_first() {
        let mut subjects: Vec<Subject> = NAMED
            .iter()
            .map(|(subject, ..)| subject.clone())
            .chain([Subject::Rule("OTLP-BSP-020".into())])
            .collect();
        let written = subjects.clone();
        subjects.sort();
        assert_eq!(subjects, written);
        assert_eq!(subjects[..Subject::HARMS.len()], Subject::HARMS);
    }
}
