//! How long a cell is likely to take in real time.

use std::time::Duration;

use crate::{
    plan::Cell,
    scenario::{Step, TextDuration},
};

/// What a call without a time limit, and a wait for something, are taken to last where the receiver misbehaves.
/// The default timeout of an OTLP exporter.
const UNKNOWN: Duration = Duration::from_secs(10);

/// An estimate, good enough to begin with the longest: waits of the steps, and the time limits of calls where a fault may
/// use them up.
pub(super) fn patience(cell: &Cell) -> Duration {
    let is_faulty = cell.receiver.down_at_start
        || !cell.faults.is_empty()
        || cell
            .steps
            .iter()
            .any(|step| matches!(step, Step::Faults(_) | Step::Collector(_)));
    let of_call = |limit: Option<TextDuration>| match limit {
        _ if !is_faulty => Duration::ZERO,
        Some(limit) => limit.get(),
        None => UNKNOWN,
    };
    cell.steps
        .iter()
        .fold(Duration::ZERO, |total, step| match step {
            Step::Wait(time) => total + time.get(),
            Step::WaitUntil(time) => total.max(time.get()),
            Step::WaitFor(condition) => total + condition.within.get().min(UNKNOWN),
            Step::Terminate(asked) => total + asked.within.get().min(UNKNOWN),
            Step::ForceFlush(asked) | Step::Shutdown(asked) => total + of_call(asked.timeout),
            Step::Emit(_)
            | Step::Export(_)
            | Step::Record(_)
            | Step::Observe(_)
            | Step::Exit
            | Step::Collector(_)
            | Step::Faults(_)
            | Step::RotateCertificates(_) => total,
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Filter, Plan};

    fn estimate(steps: &str, more: &str) -> Duration {
        let text = format!(
            "id: a/b\ntitle: t\nsignals: [traces]\nprotocols: [grpc]\n{more}\nsteps: [{steps}]\n"
        );
        let scenario = serde_saphyr::from_str(&text).expect("a scenario");
        patience(&Plan::of([&scenario], &Filter::default()).cells[0])
    }

    #[test]
    fn waits_count_and_calls_do_only_where_something_is_wrong() {
        let seconds = Duration::from_secs;
        let waits = "{ wait: 3s }, { wait_until: 10s }, { force_flush: { timeout: 5s } }";
        assert_eq!(estimate(waits, ""), seconds(10));
        assert_eq!(
            estimate(waits, "receiver: { down_at_start: true }"),
            seconds(15)
        );
        assert_eq!(estimate("{ wait_for: { attempts: 1 } }", ""), UNKNOWN);
    }
}
