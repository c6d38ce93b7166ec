//! Chance that repeats: numbers that depend on nothing but what they are drawn for.

use std::f64::consts::TAU;

use xxhash_rust::xxh3::Xxh3Default;

use crate::facts::BodyFacts;
use crate::signal::Signal;

/// What is drawn for an attempt of an export: never by the order of arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Draw(u64);

impl Draw {
    /// The draw of this fault for this attempt. `place` tells draws of one fault apart.
    pub(crate) fn of(
        seed: u64,
        fault: u64,
        signal: Option<Signal>,
        body: BodyFacts<'_>,
        place: u64,
    ) -> Self {
        let mut hash = Xxh3Default::new();
        hash.update(&seed.to_le_bytes());
        hash.update(&fault.to_le_bytes());
        hash.update(signal.map_or("", Signal::name).as_bytes());
        hash.update(&body.export.unwrap_or_default().to_le_bytes());
        hash.update(&body.attempt.to_le_bytes());
        if place > 0 {
            hash.update(&place.to_le_bytes());
        }
        Self(hash.digest())
    }

    /// What stands in where nothing is drawn.
    pub(crate) const NONE: Self = Self(0);

    /// A number in [0, 1).
    pub(crate) fn unit(self) -> f64 {
        share(self.0 >> 32)
    }

    /// A number of the standard normal distribution, by the Box-Muller transform. It lies within 7 of 0.
    pub(crate) fn normal(self) -> f64 {
        // Above 0, so that it has a logarithm.
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (TAU * share(self.0 & u64::from(u32::MAX))).cos()
    }
}

/// 32 bits as a number in [0, 1): exact in a double.
fn share(bits: u64) -> f64 {
    f64::from(u32::try_from(bits).unwrap_or_default()) / (f64::from(u32::MAX) + 1.0)
}
