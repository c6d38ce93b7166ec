//! What an exporter has told of its failures, so that a long outage is told in few words.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use crate::diagnosis::Advice;

/// So many lines about failures of the same kind may come at once.
const BURST: u64 = 10;

/// After a burst, the time between two lines about failures of the same kind.
const PAUSE: Duration = Duration::from_secs(1);

/// The failures of one exporter since its last success, and the advice that it has given.
#[derive(Debug, Default)]
pub(super) struct Failures(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    in_a_row: Row,
    advised: Option<Advice>,
    told: Option<Told>,
}

/// The lines about failures of one kind.
#[derive(Debug)]
struct Told {
    cause: String,
    last: Instant,
    /// How many of a burst have been used up by then. Each [`PAUSE`] since gives one back.
    used: u64,
}

/// Failed exports one after the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) exports: u64,
    /// What was in them.
    pub(super) items: u64,
}

/// How a failure is told.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Telling {
    /// Whether it is told to everybody, and not only to those who look closely.
    pub(super) aloud: bool,
    /// The advice to give with it.
    pub(super) advice: Option<Advice>,
    /// With those before it.
    pub(super) row: Row,
}

impl Failures {
    /// An export of so many items failed because of `cause`, a word or two.
    pub(super) fn failed(&self, items: u64, cause: String, advice: Option<&Advice>) -> Telling {
        let mut state = self.0.lock();
        state.in_a_row.exports += 1;
        state.in_a_row.items += items;
        let news = advice
            .filter(|advice| state.advised.as_ref() != Some(advice))
            .cloned();
        let used = state
            .told
            .as_ref()
            .filter(|told| told.cause == cause)
            .map_or(0, |told| {
                let pauses = told.last.elapsed().as_secs() / PAUSE.as_secs();
                told.used.saturating_sub(pauses)
            });
        let aloud = news.is_some() || used < BURST;
        if aloud {
            state.told = Some(Told {
                cause,
                last: Instant::now(),
                used: used + 1,
            });
        }
        if news.is_some() {
            state.advised.clone_from(&news);
        }
        Telling {
            aloud,
            advice: news,
            row: state.in_a_row,
        }
    }

    /// An export succeeded: the failures before it, if there were any.
    pub(super) fn succeeded(&self) -> Option<Row> {
        let mut state = self.0.lock();
        state.told = None;
        let row = std::mem::take(&mut state.in_a_row);
        (row.exports > 0).then_some(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::Problem;

    fn advice(text: &str) -> Advice {
        Advice::new(Problem::NothingListens, text)
    }

    #[tokio::test(start_paused = true)]
    async fn advice_is_given_once_until_it_changes_and_failures_in_a_row_are_counted() {
        let failures = Failures::default();
        let refused = advice("refused");
        let told = |failures: &Failures, cause: &str, advice: &Advice| {
            let telling = failures.failed(5, cause.to_owned(), Some(advice));
            (telling.aloud, telling.advice.is_some(), telling.row.exports)
        };
        assert_eq!(told(&failures, "refused", &refused), (true, true, 1));
        for number in 2..=BURST {
            assert_eq!(told(&failures, "refused", &refused), (true, false, number));
        }
        assert_eq!(told(&failures, "refused", &refused), (false, false, 11));
        tokio::time::advance(PAUSE).await;
        assert_eq!(told(&failures, "refused", &refused), (true, false, 12));
        assert_eq!(told(&failures, "refused", &refused), (false, false, 13));
        assert_eq!(told(&failures, "404", &advice("path")), (true, true, 14));
        let row = Row {
            exports: 14,
            items: 70,
        };
        assert_eq!(failures.succeeded(), Some(row));
        assert_eq!(failures.succeeded(), None);
        assert_eq!(told(&failures, "404", &advice("path")), (true, false, 1));
    }
}
