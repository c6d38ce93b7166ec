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
mod remote_write;
mod temporality;
#[cfg(test)]
mod tests;
mod windows;
mod wire;
mod written;
mod zipkin;

pub(crate) use carried::forbids_carry_over;
pub(crate) use item::{Item, ItemKey, groups_of, item_keys, items_of, resource_of};
pub(crate) use point::{Point, PointValue, points_of};
pub(crate) use remote_write::says_ends_alone;
pub(crate) use written::written;

use otelbox_mock_collector::signal::Api;

use super::Finding;
use super::faults::in_order;
use crate::run::Recording;
use crate::scenario::RuleId;

/// The rules that are judged here, on every payload, request or run.
const RULES: [&str; 77] = [
    "OBX-CRY-002",
    "OBX-CRY-003",
    "OBX-PAY-001",
    "OBX-PAY-002",
    "OBX-PAY-003",
    "OBX-PAY-004",
    "OTLP-BSP-011",
    "OTLP-BSP-012",
    "OTLP-BSP-016",
    "OTLP-BSP-021",
    "OTLP-CMP-001",
    "OTLP-CMP-002",
    "OTLP-CMP-003",
    "OTLP-CMP-005",
    "OTLP-CON-001",
    "OTLP-CON-002",
    "OTLP-HDR-001",
    "OTLP-HDR-005",
    "OTLP-HDR-006",
    "OTLP-JSN-001",
    "OTLP-JSN-002",
    "OTLP-JSN-003",
    "OTLP-JSN-004",
    "OTLP-MDT-003",
    "OTLP-MDT-007",
    "OTLP-MDT-019",
    "OTLP-MDT-020",
    "OTLP-PMR-012",
    "OTLP-PSU-001",
    "OTLP-PSU-002",
    "OTLP-RTY-008",
    "OTLP-TLD-001",
    "OTLP-TLD-002",
    "OTLP-TLD-003",
    "OTLP-TLD-004",
    "OTLP-TLD-005",
    "OTLP-TLD-009",
    "OTLP-TLD-012",
    "OTLP-TMP-006",
    "OTLP-TMP-010",
    "OTLP-TMP-011",
    "OTLP-TMP-012",
    "OTLP-TMP-013",
    "OTLP-TMP-017",
    "OTLP-TMP-018",
    "OTLP-TMP-019",
    "OTLP-TMP-024",
    "OTLP-TMP-025",
    "OTLP-TRN-005",
    "OTLP-TRN-006",
    "OTLP-TRN-007",
    "OTLP-TRN-008",
    "OTLP-TRN-011",
    "OTLP-TRN-012",
    "PRW-BDY-001",
    "PRW-CON-001",
    "PRW-HDR-001",
    "PRW-HDR-002",
    "PRW-HDR-003",
    "PRW-HDR-004",
    "PRW-HDR-005",
    "PRW-LBL-001",
    "PRW-LBL-002",
    "PRW-LBL-003",
    "PRW-LBL-004",
    "PRW-LBL-005",
    "PRW-MET-001",
    "PRW-MET-002",
    "PRW-SER-001",
    "PRW-SMP-001",
    "PRW-STL-001",
    "PRW-SYM-001",
    "ZPK-EMP-001",
    "ZPK-IDS-001",
    "ZPK-REQ-001",
    "ZPK-STS-001",
    "ZPK-TIM-001",
];

/// Whether a rule is judged on every payload, request or run, whatever a scenario expects.
pub fn is_judged_on_every_payload(rule: &RuleId) -> bool {
    RULES.contains(&rule.as_str())
}

/// What the rules for every payload say about `recording`.
pub(crate) fn invariants(recording: &Recording) -> Vec<Finding> {
    match recording.cell.id.protocol.api() {
        Api::Otlp => of_otlp(recording),
        Api::RemoteWrite => remote_write::judge(recording),
        Api::Zipkin => zipkin::judge(recording),
    }
}

fn of_otlp(recording: &Recording) -> Vec<Finding> {
    let recording = &*in_order(recording);
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
