//! What came of the points of the contract.

use serde::Serialize;

use super::points::Broken;
use crate::exit_code::ExitCode;

/// What was asked of a driver, and what came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DriverReport {
    /// Name and version of the SDK; absent where the driver did not say who it is.
    pub sdk: Option<String>,
    /// The points of the contract, in the order in which they were looked at.
    pub points: Vec<DriverPoint>,
}

/// One point of the contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DriverPoint {
    /// Its name, such as `second start`.
    pub name: String,
    /// What the contract demands.
    pub requirement: &'static str,
    /// Whether it is kept, and where it is not: whose fault that is.
    pub verdict: PointVerdict,
    /// What was seen; absent where there is nothing to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<String>,
}

/// What came of a point, and who is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PointVerdict {
    /// It is kept.
    Kept,
    /// The driver does not keep it.
    DriverAtFault,
    /// The driver keeps it, and its SDK does not do what it was asked to.
    SdkAtFault,
    /// Driver or SDK: from outside they cannot be told apart here.
    DriverOrSdk,
    /// It is about something that the driver does not claim.
    NotApplicable,
    /// The receiver did not work.
    NotRun,
}

impl DriverPoint {
    pub(super) fn new(
        name: String,
        requirement: &'static str,
        outcome: Result<Option<String>, Broken>,
    ) -> Self {
        let (verdict, seen) = match outcome {
            Ok(seen) => (PointVerdict::Kept, seen),
            Err(broken) => broken.into_verdict(),
        };
        Self {
            name,
            requirement,
            verdict,
            seen,
        }
    }
}

impl DriverReport {
    /// 1 where the contract is broken, by whomever; 4 where a point could not be looked at.
    pub fn exit_code(&self) -> ExitCode {
        let has = |wanted: &[PointVerdict]| {
            let mut points = self.points.iter();
            points.any(|point| wanted.contains(&point.verdict))
        };
        if has(&[
            PointVerdict::DriverAtFault,
            PointVerdict::SdkAtFault,
            PointVerdict::DriverOrSdk,
        ]) {
            ExitCode::MustFailed
        } else if has(&[PointVerdict::NotRun]) {
            ExitCode::CouldNotRun
        } else {
            ExitCode::Success
        }
    }
}
