//! What holds for every cell, whatever the fault.

use std::time::Duration;

use tracing::Level;

use crate::cell::{Cell, Seen, Story};

/// Everything about a cell that is not as it should be; empty where all is.
pub(super) fn violations(cell: &Cell, seen: &Seen) -> Vec<String> {
    if let Some(hang) = &seen.hang {
        return vec![format!("a hang: {hang}")];
    }
    if let Some(refusal) = &seen.refusal {
        // Refused at its set-up, with a reason: the user can read it, and nothing was lost.
        return if refusal.is_empty() {
            vec!["refused without a reason".to_owned()]
        } else {
            Vec::new()
        };
    }
    let mut wrong = Vec::new();
    wrong.extend(seen.panics.iter().map(|panic| format!("a panic: {panic}")));
    deadlines(cell, seen, &mut wrong);
    ledger(seen, &mut wrong);
    honesty(seen, &mut wrong);
    leaks(seen, &mut wrong);
    wrong
}

/// Every call is over by its limit, and every export by that of the exporter or of its cycle.
fn deadlines(cell: &Cell, seen: &Seen, wrong: &mut Vec<String>) {
    if !cell.is_exact {
        return;
    }
    for called in &seen.calls {
        let name = called.name;
        if called.elapsed > called.limit {
            wrong.push(format!("{name} is not over by its limit: {called}"));
        }
        let has_one_export = matches!(cell.story, Story::Flush | Story::ShortCycle);
        if has_one_export && called.elapsed > cell.story.export_limit() {
            wrong.push(format!("the export is not over by its deadline: {called}"));
        }
    }
}

/// Every item has one fate: what the SDK counts is what the receiver has, but for what the SDK says nobody can know.
fn ledger(seen: &Seen, wrong: &mut Vec<String>) {
    let counts = &seen.statistics;
    let lost = counts.dropped_items
        + counts.unsent_items
        + counts.rejected_items
        + counts.queue_full_items
        + counts.late_items;
    // What was given up before the calls is told in the log alone, which does not say whether the receiver may have it.
    let ambiguous = lost_in_calls(seen, true) + seen.lost_before;
    let claimed = seen.emitted.saturating_sub(lost);
    if lost > seen.emitted {
        wrong.push(format!(
            "{lost} of {} items are counted as lost",
            seen.emitted
        ));
    }
    let has = seen.truth.items;
    if has < claimed || has > claimed + ambiguous + seen.truth.denied {
        wrong.push(format!(
            "{} items: the SDK says that {claimed} are delivered and {ambiguous} more may be, the receiver has {has}",
            seen.emitted
        ));
    }
    if counts.exports != counts.delivered + counts.failed + counts.abandoned {
        wrong.push(format!("an export without an outcome: {counts:?}"));
    }
    if counts.queued_items > 0 {
        wrong.push(format!("{} items are still queued", counts.queued_items));
    }
    if counts.attempts < seen.truth.requests {
        wrong.push(format!(
            "{} attempts are counted, {} requests arrived",
            counts.attempts, seen.truth.requests
        ));
    }
    if let Some(ordinal) = seen.truth.after_acknowledgement {
        wrong.push(format!(
            "exchange {ordinal} sends again what was acknowledged"
        ));
    }
    if seen.truth.repeated > 0 && counts.retries == 0 {
        wrong.push(format!("{} items came twice", seen.truth.repeated));
    }
}

/// No loss is silent: whoever waits is told, and it is logged. What is delivered is not called lost.
fn honesty(seen: &Seen, wrong: &mut Vec<String>) {
    let counts = &seen.statistics;
    let lost = counts.dropped_items + counts.unsent_items - seen.lost_before;
    let failed = seen.calls.iter().any(|called| called.error.is_some());
    if lost > 0 && !failed {
        wrong.push(format!("false success: {lost} items are lost"));
    }
    if lost == 0
        && let Some(last) = seen.calls.last()
        && last.error.is_some()
    {
        wrong.push(format!("false failure: nothing is lost, and {last}"));
    }
    let told = seen.told.iter().any(|line| line.level == Level::ERROR);
    if counts.dropped_items > 0 && !told {
        wrong.push("a drop that nobody can read of".to_owned());
    }
    if counts.rejected_items > 0 && seen.told.iter().all(|line| line.level > Level::WARN) {
        wrong.push("a rejection that nobody can read of".to_owned());
    }
    let reported = lost_in_calls(seen, false) + lost_in_calls(seen, true);
    // A call whose time is over in the very moment of the loss has failed without knowing of it; the log tells.
    let may_miss = seen.calls.iter().any(|called| {
        called.error.is_some() && called.lost.is_empty() && called.elapsed >= called.limit
    });
    if reported != lost && !(may_miss && reported < lost) {
        wrong.push(format!(
            "{lost} items are counted as lost, the calls report {reported}"
        ));
    }
}

/// After the shutdown there is nothing left of the SDK.
fn leaks(seen: &Seen, wrong: &mut Vec<String>) {
    if seen.open_streams > 0 {
        wrong.push(format!(
            "{} connections of the SDK are left after its shutdown",
            seen.open_streams
        ));
    }
    if !seen.truth.open_connections.is_empty() {
        wrong.push(format!(
            "connections that did not end: {:?}",
            seen.truth.open_connections
        ));
    }
    if seen.living_tasks > 0 {
        wrong.push(format!("{} tasks are left", seen.living_tasks));
    }
}

fn lost_in_calls(seen: &Seen, is_ambiguous: bool) -> u64 {
    let lost = seen.calls.iter().flat_map(|called| &called.lost);
    lost.filter(|lost| lost.is_ambiguous == is_ambiguous)
        .map(|lost| lost.items)
        .sum()
}

/// How long the first call took: in the story of a flush, that is the export.
pub(super) fn took(seen: &Seen) -> Duration {
    seen.calls
        .first()
        .map_or(Duration::ZERO, |called| called.elapsed)
}
