//! The numbers of one point.

use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as NumberValue;
use opentelemetry_sdk::metrics::data::{
    ExponentialHistogramDataPoint, GaugeDataPoint, HistogramDataPoint, SumDataPoint,
};

use crate::metrics::{
    Attributes, Number as SdkNumber, exponential_histogram_point, histogram_point,
};
use crate::prometheus::family::{Number, Point, ProblemKind};
use crate::prometheus::text::{Figure, Part, Samples};

/// A point as the SDK collects it.
pub(super) trait CollectedPoint: Attributes {
    /// Writes its numbers in place of those that are there, from the first on. Whether it has as many, for the same parts.
    fn fill(&self, parts: &[Part], figures: &mut [Figure], buffer: &mut Samples) -> bool;

    /// Why it is not on the page as it was recorded, as far as that is for its own numbers.
    fn problem(&self) -> Option<ProblemKind>;
}

macro_rules! numbers {
    ($($point:ident),+) => {
        $(impl<T: SdkNumber> CollectedPoint for $point<T> {
            fn fill(&self, _: &[Part], figures: &mut [Figure], _: &mut Samples) -> bool {
                figures[0] = Figure::Number(match self.value().otlp() {
                    NumberValue::AsInt(number) => Number::Integer(number),
                    NumberValue::AsDouble(number) => Number::Float(number),
                });
                true
            }

            fn problem(&self) -> Option<ProblemKind> {
                None
            }
        })+
    };
}

numbers!(GaugeDataPoint, SumDataPoint);

impl<T: SdkNumber> CollectedPoint for HistogramDataPoint<T> {
    fn fill(&self, parts: &[Part], figures: &mut [Figure], buffer: &mut Samples) -> bool {
        fill(&histogram_point(self), parts, figures, buffer)
    }

    fn problem(&self) -> Option<ProblemKind> {
        problem(&histogram_point(self))
    }
}

impl<T: SdkNumber> CollectedPoint for ExponentialHistogramDataPoint<T> {
    fn fill(&self, parts: &[Part], figures: &mut [Figure], buffer: &mut Samples) -> bool {
        fill(&exponential_histogram_point(self), parts, figures, buffer)
    }

    fn problem(&self) -> Option<ProblemKind> {
        problem(&exponential_histogram_point(self))
    }
}

fn fill(point: &impl Point, parts: &[Part], figures: &mut [Figure], buffer: &mut Samples) -> bool {
    let Ok(value) = point.value() else {
        return false;
    };
    buffer.clear();
    buffer.point(&value);
    // The last part is one that no point has twice, so that parts which begin alike are not longer either.
    if !parts.starts_with(&buffer.parts) {
        return false;
    }
    figures[..buffer.figures.len()].copy_from_slice(&buffer.figures);
    true
}

fn problem(point: &impl Point) -> Option<ProblemKind> {
    match point.value() {
        Ok(value) => point.lacks_sum(&value).then_some(ProblemKind::NegativeSum),
        Err(problem) => Some(problem),
    }
}
