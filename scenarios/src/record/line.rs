//! The lines of the file.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::plan::CellId;
use crate::report::{Program, RunStarted, RunTime, SutDescription};
use crate::run::{Recording, nanos};
use crate::shard::Shard;

/// The version of the format. It grows whenever a recording of before could not be read as it was meant.
pub const RECORDING_VERSION: u32 = 1;

/// One line. Every file has `run` first, and `end` last unless the run was cut short.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Line {
    Run(RunLine),
    Cell(CellLine),
    End(EndLine),
}

/// The first line: what was run, on what, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunLine {
    /// The version of the format.
    pub version: u32,
    /// What made the recording.
    pub tool: Program,
    /// The system under test.
    pub sut: SutDescription,
    /// When the run began.
    #[serde(with = "rfc3339")]
    pub started: SystemTime,
    /// The seed of jitter and probabilities.
    pub seed: u64,
    /// The clock.
    pub time: RunTime,
    /// How many cells there are, each of them run `repeat` times.
    pub cells: usize,
    /// How often each cell is run, at least 1.
    pub repeat: NonZeroU32,
    /// The shard; absent where all that was selected was run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// All cells that were selected, those of other shards included.
    pub plan: PlanLine,
}

/// What was selected: the same for all shards of one whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanLine {
    /// How many cells.
    pub cells: usize,
    /// A digest of their ids.
    pub digest: String,
}

impl RunLine {
    /// The beginning of a report of `cells` cells.
    pub(super) fn started(&self, cells: usize) -> RunStarted {
        RunStarted {
            sut: self.sut.clone(),
            started: self.started,
            cells,
            seed: self.seed,
            time: self.time,
        }
    }

    /// How many cells are run, repeats counted.
    pub(super) fn cells_in_all(&self) -> usize {
        let repeat = usize::try_from(self.repeat.get()).unwrap_or(usize::MAX);
        self.cells.saturating_mul(repeat)
    }
}

/// A cell that was run.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CellLine {
    /// Which of the repeats, from 1.
    pub(super) repeat: u32,
    /// Its place among all cells that were selected, from 0.
    pub(super) index: usize,
    /// See [`crate::report::CellRecorded::stalled`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) stalled: bool,
    /// Wall time that it took.
    #[serde(with = "nanos")]
    pub(super) elapsed: Duration,
    /// What was seen.
    #[serde(with = "shared")]
    pub(super) recording: Arc<Recording>,
}

/// The last line: how the run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndLine {
    /// Wall time of the run, repeats added up.
    #[serde(with = "nanos")]
    pub elapsed: Duration,
    /// The user interrupted it: not all cells were run.
    pub interrupted: bool,
}

/// A digest of the ids of cells.
pub(super) fn digest<'a>(cells: impl IntoIterator<Item = &'a CellId>) -> String {
    // FNV-1a: it tells plans apart, it does not keep anybody from making two that are alike.
    let hash = cells
        .into_iter()
        .flat_map(|cell| format!("{cell}\n").into_bytes())
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    format!("{hash:016x}")
}

mod rfc3339 {
    use super::{Deserialize, Deserializer, Serializer, SystemTime};
    use serde::de::Error as _;

    pub(super) fn serialize<S: Serializer>(
        time: &SystemTime,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&humantime::format_rfc3339_nanos(*time))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<SystemTime, D::Error> {
        let text = String::deserialize(deserializer)?;
        humantime::parse_rfc3339(&text).map_err(D::Error::custom)
    }
}

mod shared {
    use super::{Arc, Deserialize, Deserializer, Recording, Serialize as _, Serializer};

    pub(super) fn serialize<S: Serializer>(
        recording: &Arc<Recording>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        recording.as_ref().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Arc<Recording>, D::Error> {
        Recording::deserialize(deserializer).map(Arc::new)
    }
}
