//! What is new in the journal of a receiver.

use std::sync::Arc;

use otelbox_mock_collector::journal::{Entry, Exchange, Journal};

/// Finds what is new in a journal: exchanges that have ended and connection events, each once.
#[derive(Debug)]
pub(super) struct Follower {
    journal: Journal,
    /// The place of the next entry to look at, among all that the journal ever had.
    next: u64,
    /// Exchanges that were seen, and had not ended.
    open: Vec<Arc<Exchange>>,
}

/// What is new.
#[derive(Debug, Default)]
pub(super) struct News {
    /// Exchanges that have ended and connection events, in the order of the journal.
    pub(super) entries: Vec<Entry>,
    /// How many entries the journal let go of before anybody looked at them.
    pub(super) missed: u64,
}

impl Follower {
    pub(super) const fn new(journal: Journal) -> Self {
        Self {
            journal,
            next: 0,
            open: Vec::new(),
        }
    }

    /// What is new since the last time.
    pub(super) fn news(&mut self) -> News {
        let (first, new) = self.journal.entries_from(self.next);
        let missed = first - self.next;
        self.next = first + new.len() as u64;
        let seen = std::mem::take(&mut self.open)
            .into_iter()
            .map(Entry::Exchange);
        let mut entries = Vec::with_capacity(new.len());
        for entry in seen.chain(new) {
            match entry {
                Entry::Exchange(exchange) if exchange.completion().is_none() => {
                    self.open.push(exchange);
                }
                entry => entries.push(entry),
            }
        }
        News { entries, missed }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use otelbox_mock_collector::Decision;
    use otelbox_mock_collector::clock::SystemWallClock;
    use otelbox_mock_collector::journal::{
        ConnectionEvent, End, ExchangeHandle, Port, RequestHead,
    };

    use super::*;

    fn journal(budget_bytes: usize) -> Journal {
        Journal::new(budget_bytes, Arc::new(SystemWallClock))
    }

    fn begun(journal: &Journal) -> ExchangeHandle {
        let head = RequestHead {
            method: http::Method::POST,
            target: "/".to_owned(),
            version: http::Version::HTTP_11,
            headers: http::HeaderMap::new(),
            grpc_timeout: None,
        };
        let open = journal.receive(1, None, None, head);
        open.begin(Decision::default())
    }

    /// The ordinals of the exchanges that are news.
    fn told(follower: &mut Follower) -> Vec<u64> {
        let news = follower.news();
        assert_eq!(news.missed, 0);
        let ordinal = |entry: &Entry| match entry {
            Entry::Exchange(exchange) => Some(exchange.ordinal),
            Entry::Connection(_) => None,
        };
        news.entries.iter().filter_map(ordinal).collect()
    }

    #[test]
    fn each_exchange_is_told_once_when_it_has_ended() {
        let journal = journal(1 << 20);
        let mut follower = Follower::new(journal.clone());
        let [first, second, third] = [0; 3].map(|_| begun(&journal));
        assert!(told(&mut follower).is_empty());
        second.complete(None, End::ClientGone);
        assert_eq!(told(&mut follower), [2]);
        third.complete(None, End::ClientGone);
        first.complete(None, End::ClientGone);
        begun(&journal).complete(None, End::ClientGone);
        assert_eq!(told(&mut follower), [1, 3, 4]);
        assert!(told(&mut follower).is_empty());
    }

    #[test]
    fn what_the_journal_let_go_of_unseen_is_counted() {
        let journal = journal(1);
        let mut follower = Follower::new(journal.clone());
        let open = begun(&journal);
        assert!(told(&mut follower).is_empty());
        for connection in 1..=5 {
            journal.connection(connection, Port::Http, ConnectionEvent::Opened);
        }
        // It was seen, so it is not lost.
        open.complete(None, End::ClientGone);
        let news = follower.news();
        assert_eq!((news.entries.len(), news.missed), (2, 4));
    }
}
