//! How long a wait is: always the same, drawn, or growing.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::timing::{
    duration_schema, duration_text, optional_duration_schema, optional_duration_text,
};
use super::{InvalidFault, checked};
use crate::draw::Draw;

/// How long a wait is.
///
/// A decision holds none but [`Wait::For`]: what is drawn is drawn when the fault fires, by the seed, the fault, the
/// signal, the ordinal of the export and the attempt, and by nothing else. What is not fixed is rounded down to whole
/// microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Wait {
    /// Always this long.
    For(#[serde(with = "duration_text")] Duration),
    /// Drawn from a range.
    Uniform(Uniform),
    /// Drawn from a lognormal distribution.
    Lognormal(Lognormal),
    /// Longer and longer.
    Ramp(Ramp),
}

/// A wait from a range: each length in it is as likely as any other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Uniform {
    /// The shortest wait.
    #[serde(with = "duration_text")]
    #[schemars(schema_with = "duration_schema")]
    pub from: Duration,
    /// The longest wait.
    #[serde(with = "duration_text")]
    #[schemars(schema_with = "duration_schema")]
    pub to: Duration,
}

/// A wait as networks have it: mostly about the median, seldom much longer.
///
/// Its logarithm is distributed normally. With `sigma` 0.5 one wait of a hundred is longer than 3.2 times the median, with 1
/// longer than 10 times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lognormal {
    /// The wait that half of all waits stay below.
    #[serde(with = "duration_text")]
    #[schemars(schema_with = "duration_schema")]
    pub median: Duration,
    /// How far the waits are spread: the standard deviation of their logarithm, 0 to 5.
    pub sigma: Sigma,
    /// The longest wait: what would be longer is cut to it. Default: a hundred times the median.
    #[serde(
        default,
        with = "optional_duration_text",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(schema_with = "optional_duration_schema")]
    pub cap: Option<Duration>,
}

/// A standard deviation, 0 to 5.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "f64")]
#[schemars(!try_from)]
pub struct Sigma(#[schemars(range(min = 0.0, max = 5.0))] f64);

impl Eq for Sigma {}

impl TryFrom<f64> for Sigma {
    type Error = InvalidFault;

    fn try_from(sigma: f64) -> Result<Self, Self::Error> {
        if (0.0..=5.0).contains(&sigma) {
            return Ok(Self(sigma));
        }
        Err(InvalidFault::new(
            "lognormal.sigma",
            sigma,
            "a number from 0 to 5",
        ))
    }
}

/// A wait that grows, or shrinks, with the time since the fault was added: at the start of the collector, for the faults with
/// which it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ramp {
    /// The wait at first.
    #[serde(with = "duration_text")]
    #[schemars(schema_with = "duration_schema")]
    pub from: Duration,
    /// The wait in the end.
    #[serde(with = "duration_text")]
    #[schemars(schema_with = "duration_schema")]
    pub to: Duration,
    /// The time from the one to the other; after it the wait stays as it is.
    #[serde(with = "duration_text")]
    #[schemars(schema_with = "duration_schema")]
    pub over: Duration,
}

impl Wait {
    /// Whether its length is drawn, so that it depends on the export and its attempt.
    pub(crate) const fn is_drawn(self) -> bool {
        match self {
            Self::Uniform(_) | Self::Lognormal(_) => true,
            Self::For(_) | Self::Ramp(_) => false,
        }
    }

    /// The length of this wait, for a fault that was added so long ago.
    pub(crate) fn length(self, draw: Draw, age: Duration) -> Duration {
        match self {
            Self::For(duration) => duration,
            Self::Uniform(uniform) => uniform.length(draw),
            Self::Lognormal(lognormal) => lognormal.length(draw),
            Self::Ramp(ramp) => ramp.length(age),
        }
    }

    pub(crate) fn validate(self) -> Result<(), InvalidFault> {
        match self {
            Self::For(duration) => checked::wait("delay.for", duration),
            Self::Uniform(Uniform { from, to }) => {
                if to <= from {
                    return Err(InvalidFault::new(
                        "uniform.to",
                        humantime::format_duration(to),
                        "a wait longer than `uniform.from`",
                    ));
                }
                checked::wait("uniform.to", to)
            }
            Self::Lognormal(lognormal) => {
                checked::wait("lognormal.median", lognormal.median)?;
                checked::wait("lognormal.cap", lognormal.cap())?;
                if lognormal.cap() < lognormal.median {
                    return Err(InvalidFault::new(
                        "lognormal.cap",
                        humantime::format_duration(lognormal.cap()),
                        "a wait not shorter than `lognormal.median`",
                    ));
                }
                Ok(())
            }
            Self::Ramp(Ramp { from, to, over }) => {
                checked::wait("ramp.from", from)?;
                checked::wait("ramp.to", to)?;
                if over.is_zero() {
                    return Err(InvalidFault::new(
                        "ramp.over",
                        "0s",
                        "the time that it takes, more than 0s",
                    ));
                }
                Ok(())
            }
        }
    }
}

impl Uniform {
    fn length(self, draw: Draw) -> Duration {
        whole_micros(self.from + self.to.saturating_sub(self.from).mul_f64(draw.unit()))
    }
}

impl Lognormal {
    /// The longest wait.
    fn cap(self) -> Duration {
        self.cap.unwrap_or_else(|| self.median.saturating_mul(100))
    }

    fn length(self, draw: Draw) -> Duration {
        let Sigma(sigma) = self.sigma;
        let seconds = self.median.as_secs_f64() * (sigma * draw.normal()).exp();
        let length = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
        whole_micros(length.min(self.cap()))
    }
}

impl Ramp {
    fn length(self, age: Duration) -> Duration {
        let share = (age.as_secs_f64() / self.over.as_secs_f64()).min(1.0);
        // One of the two is nothing: it grows, or it shrinks.
        let growth = self.to.saturating_sub(self.from).mul_f64(share);
        let decline = self.from.saturating_sub(self.to).mul_f64(share);
        whole_micros((self.from + growth).saturating_sub(decline))
    }
}

impl From<Duration> for Wait {
    fn from(duration: Duration) -> Self {
        Self::For(duration)
    }
}

impl From<Uniform> for Wait {
    fn from(uniform: Uniform) -> Self {
        Self::Uniform(uniform)
    }
}

impl From<Lognormal> for Wait {
    fn from(lognormal: Lognormal) -> Self {
        Self::Lognormal(lognormal)
    }
}

impl From<Ramp> for Wait {
    fn from(ramp: Ramp) -> Self {
        Self::Ramp(ramp)
    }
}

fn whole_micros(duration: Duration) -> Duration {
    Duration::from_micros(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX))
}
