//! Rules that hold for every payload, judged on every exchange of every cell.
//!
//! A rule that had nothing to look at is left out: it is neither passed nor failed by such a cell.

mod arithmetic;
mod carried;
mod compression;
mod conduct;
mod contents;
mod item;
mod json;
mod point;
mod temporality;
#[cfg(test)]
mod tests;
mod windows;
mod wire;

pub(crate) use carried::forbids_carry_over;
pub(crate) use item::{Item, ItemKey, groups_of, item_keys, items_of, resource_of};
pub(crate) use point::{Point, PointValue, points_of};

use super::Finding;
use crate::run::Recording;

/// What the rules for every payload say about `recording`.
pub(crate) fn invariants(recording: &Recording) -> Vec<Finding> {
    let points: Vec<Point<'_>> = recording.payloads().flat_map(points_of).collect();
    let mut findings = Vec::new();
    findings.extend(wire::judge(recording));
    findings.extend(compression::judge(recording));
    findings.extend(json::judge(recording));
    findings.extend(arithmetic::judge(recording, &points));
    findings.extend(temporality::judge(recording, &points));
    findings.extend(windows::judge(recording, &points));
    findings.extend(contents::judge(recording));
    findings.extend(conduct::judge(recording));
    findings.extend(carried::judge(recording));
    findings
}
