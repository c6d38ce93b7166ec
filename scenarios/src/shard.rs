//! A share of a plan, so that several machines can run one.

use std::cmp::Reverse;
use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::plan::{Cell, Plan};
use crate::scenario::{Step, TimeMode};

/// What every cell costs beside its waits, in real time: the start of a process, mostly. Our choice.
const START: Duration = Duration::from_secs(1);

/// How many cells wait beside each other. Our choice: as many as the runner has for each core.
const AT_A_TIME: u32 = 8;

/// No cell counts for more than this: one that waits for an hour is meant for virtual time. Our choice.
const LONGEST: Duration = Duration::from_secs(60);

/// One of several shares: `2/4` is the second of four.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shard {
    index: NonZeroU32,
    count: NonZeroU32,
}

/// A text, or a pair of numbers, that is no shard.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no shard: write I/N, such as 2/4 for the second of four")]
#[non_exhaustive]
pub struct InvalidShard {
    /// What was given.
    pub text: String,
}

impl Shard {
    /// Share `index`, from 1, of `count`.
    ///
    /// # Errors
    ///
    /// [`InvalidShard`] where `index` is not 1 to `count`.
    pub fn new(index: u32, count: u32) -> Result<Self, InvalidShard> {
        let invalid = || InvalidShard {
            text: format!("{index}/{count}"),
        };
        let shard = Self {
            index: NonZeroU32::new(index).ok_or_else(invalid)?,
            count: NonZeroU32::new(count).ok_or_else(invalid)?,
        };
        if shard.index > shard.count {
            return Err(invalid());
        }
        Ok(shard)
    }

    /// Which share, from 1.
    pub const fn index(self) -> u32 {
        self.index.get()
    }

    /// How many shares there are.
    pub const fn count(self) -> u32 {
        self.count.get()
    }

    /// The places in `plan`, from 0, of the cells of this share, in order. Every cell is in exactly one share.
    ///
    /// Shares take about equally long: cells are dealt out, those with the longest waits first, each to the share that has
    /// least to do. That depends on nothing but the plan.
    pub fn places(self, plan: &Plan) -> Vec<usize> {
        let shares = dealt(&plan.cells, self.count() as usize);
        let mine = self.index() as usize - 1;
        let places = shares.into_iter().enumerate();
        places
            .filter(|(_, share)| *share == mine)
            .map(|(place, _)| place)
            .collect()
    }
}

/// The share of each cell, from 0.
fn dealt(cells: &[Cell], shares: usize) -> Vec<usize> {
    let mut longest_first: Vec<(usize, Duration)> =
        cells.iter().map(expected).enumerate().collect();
    longest_first.sort_by_key(|(index, time)| (Reverse(*time), *index));
    let mut loads = vec![(Duration::ZERO, 0_usize); shares];
    let mut dealt = vec![0; cells.len()];
    for (index, time) in longest_first {
        let least = loads.iter().enumerate().min_by_key(|(_, load)| **load);
        let Some((share, _)) = least else { break };
        dealt[index] = share;
        loads[share].0 += time;
        loads[share].1 += 1;
    }
    dealt
}

/// What a cell is expected to cost in real time: its start, and a part of its waits. In virtual time waits cost nothing.
fn expected(cell: &Cell) -> Duration {
    if cell.time == TimeMode::Virtual {
        return START;
    }
    let waits = cell
        .steps
        .iter()
        .fold(Duration::ZERO, |time, step| match step {
            Step::Wait(wait) => time + wait.get(),
            Step::WaitUntil(until) => time.max(until.get()),
            _ => time,
        });
    START + waits.min(LONGEST) / AT_A_TIME
}

impl FromStr for Shard {
    type Err = InvalidShard;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidShard {
            text: text.to_owned(),
        };
        let (index, count) = text.split_once('/').ok_or_else(invalid)?;
        match (index.parse(), count.parse()) {
            (Ok(index), Ok(count)) => Self::new(index, count),
            _ => Err(invalid()),
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.index, self.count)
    }
}

impl Serialize for Shard {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Shard {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}
