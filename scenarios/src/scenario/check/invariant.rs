//! What holds in every run, whatever was done to the system under test.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::scenario::RuleId;

/// What holds in every run of the reference SDK. `otelbox explore` judges random runs by all of them.
///
/// Each looks at the whole recording, and some at the SDK's own counters, which only an SDK in this process tells: for
/// any other they are not applicable.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Invariant {
    /// What was emitted is what was delivered, what was counted as lost, and what still waits; nothing is counted twice.
    Accounts,
    /// Calls return by their time limit, and exports and attempts are over by theirs.
    Deadlines,
    /// An export begins after the one before it has ended, waits before retries included.
    OneAtATime,
    /// After an answer that settles an export there is no other attempt of it.
    FinalAnswers,
    /// No attempt comes before the time that the receiver asked for.
    AskedWaits,
    /// Each point says what was recorded in its window, and what lies between two windows was given up and counted.
    Windows,
    /// Queues, batches, messages and what is carried over stay within their limits.
    Bounds,
    /// Nothing panics, and when all is over no task is left.
    NothingLeft,
}

impl Invariant {
    /// Each of them, in the order of reports.
    pub const ALL: [Self; 8] = [
        Self::Accounts,
        Self::Deadlines,
        Self::OneAtATime,
        Self::FinalAnswers,
        Self::AskedWaits,
        Self::Windows,
        Self::Bounds,
        Self::NothingLeft,
    ];

    /// The name that scenario files use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accounts => "accounts",
            Self::Deadlines => "deadlines",
            Self::OneAtATime => "one_at_a_time",
            Self::FinalAnswers => "final_answers",
            Self::AskedWaits => "asked_waits",
            Self::Windows => "windows",
            Self::Bounds => "bounds",
            Self::NothingLeft => "nothing_left",
        }
    }

    /// The rule under which `otelbox explore` files it.
    pub fn rule(self) -> RuleId {
        RuleId::from(match self {
            Self::Accounts => "OBX-INV-001",
            Self::Deadlines => "OBX-INV-002",
            Self::OneAtATime => "OBX-INV-003",
            Self::FinalAnswers => "OBX-INV-004",
            Self::AskedWaits => "OBX-INV-005",
            Self::Windows => "OBX-INV-006",
            Self::Bounds => "OBX-INV-007",
            Self::NothingLeft => "OBX-INV-008",
        })
    }
}

impl fmt::Display for Invariant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}
