//! What a batch cannot be told as.

use std::fmt;

use crate::export::counted;

/// Something of a batch that Prometheus will not see as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The metric, as it was recorded.
    pub(crate) metric: String,
    /// What is wrong.
    pub(crate) kind: ProblemKind,
    /// How many data points are left out.
    pub(crate) lost_points: u64,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum ProblemKind {
    /// Prometheus knows totals only.
    Delta,
    /// Another metric has the name, or the name of one of its samples, with another type.
    TypeConflict {
        /// The other metric's family.
        family: String,
    },
    /// Another metric of the same name has another description, which stays.
    HelpConflict,
    /// Another metric of the same name has another unit, which stays.
    UnitConflict,
    /// Another series has the same name and labels.
    Duplicate,
    /// There is no name, or nothing of it is left.
    NoName,
    /// The scale of an exponential histogram is below -4.
    Scale,
    /// A sum, histogram or summary that contradicts itself.
    Malformed,
    /// Something negative was measured, so that the sum may fall.
    NegativeSum,
    /// An attribute has the name of a label that means something else; it is called `exported_...` there.
    ReservedLabel {
        /// The label.
        label: String,
    },
    /// A batch of several resources where there can be one only.
    SecondResource,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "metric {:?}: ", self.metric)?;
        match &self.kind {
            ProblemKind::Delta => f.write_str(
                "its temporality is delta, and Prometheus takes cumulative only: set the temporality to cumulative",
            )?,
            ProblemKind::TypeConflict { family } => write!(
                f,
                "the family {family:?} of another metric has the same name and another type: rename one of them"
            )?,
            ProblemKind::HelpConflict => f.write_str(
                "another metric of the same name in Prometheus has another description, which is used for both",
            )?,
            ProblemKind::UnitConflict => f.write_str(
                "another metric of the same name in Prometheus has another unit, which is used for both",
            )?,
            ProblemKind::Duplicate => f.write_str(
                "another series has the same name and the same labels in Prometheus, and is used in its place",
            )?,
            ProblemKind::NoName => f.write_str("it has no name")?,
            ProblemKind::Scale => f.write_str("its scale is below -4, which Prometheus does not take")?,
            ProblemKind::Malformed => f.write_str("its data contradict themselves")?,
            ProblemKind::NegativeSum => f.write_str(
                "negative values were recorded, so its sum may fall and is left out; its counts are there",
            )?,
            ProblemKind::ReservedLabel { label } => write!(
                f,
                "an attribute would have the name of the label {label:?}, which means something else: it is called \
                 exported_{label}"
            )?,
            ProblemKind::SecondResource => {
                f.write_str("it is of a second resource, and there can be one only")?;
            }
        }
        if self.lost_points > 0 {
            write!(f, "; {} left out", counted(self.lost_points, "data point"))?;
        }
        Ok(())
    }
}
