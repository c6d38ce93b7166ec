//! Follows the journal, and tells what is new in it.

use std::sync::Arc;

use otelbox_mock_collector::journal::{Completion, ConnectionRecord, Entry, Exchange, Journal};

use crate::cli::error::CliError;

/// Something new in the journal.
pub(super) enum News<'a> {
    /// A request was read and decided on.
    Begun(&'a Arc<Exchange>),
    /// Its answer, or whatever it got, is over. It has begun before.
    Ended(&'a Exchange, &'a Completion),
    /// Something happened to a connection.
    Connection(&'a Arc<ConnectionRecord>),
    /// So many entries were let go of by the journal's budget before they could be told.
    Missed(u64),
}

/// Wants to know what is new in the journal: the lines on standard output, the journal file, the view.
pub(super) trait Audience {
    /// Takes one piece of news.
    fn hear(&mut self, news: &News<'_>) -> Result<(), CliError>;

    /// That is all for now: what was heard is to be seen by others.
    fn settle(&mut self) -> Result<(), CliError>;
}

impl<A: Audience> Audience for &mut A {
    fn hear(&mut self, news: &News<'_>) -> Result<(), CliError> {
        (**self).hear(news)
    }

    fn settle(&mut self) -> Result<(), CliError> {
        (**self).settle()
    }
}

/// Tells each of an audience what is new in the journal, each thing once and in the order of the journal.
pub(super) struct Follower<'a> {
    journal: Journal,
    audience: Vec<Box<dyn Audience + 'a>>,
    /// Every entry before this place of the journal has been told.
    place: u64,
    /// Begun and not ended, in the order of the journal.
    open: Vec<Arc<Exchange>>,
}

impl<'a> Follower<'a> {
    pub(super) fn new(journal: Journal, audience: Vec<Box<dyn Audience + 'a>>) -> Self {
        Self {
            journal,
            audience,
            place: 0,
            open: Vec::new(),
        }
    }

    /// Tells what is new since the last time.
    pub(super) fn follow(&mut self) -> Result<(), CliError> {
        for exchange in std::mem::take(&mut self.open) {
            self.end(exchange)?;
        }
        let (first, entries) = self.journal.entries_from(self.place);
        if first > self.place {
            self.tell(&News::Missed(first - self.place))?;
        }
        self.place = first;
        for entry in entries {
            self.place += 1;
            match entry {
                Entry::Connection(record) => self.tell(&News::Connection(&record))?,
                Entry::Exchange(exchange) => {
                    self.tell(&News::Begun(&exchange))?;
                    self.end(exchange)?;
                }
            }
        }
        self.audience.iter_mut().try_for_each(|each| each.settle())
    }

    /// Tells the end of an exchange, or keeps it until there is one.
    fn end(&mut self, exchange: Arc<Exchange>) -> Result<(), CliError> {
        let Some(completion) = exchange.completion() else {
            self.open.push(exchange);
            return Ok(());
        };
        self.tell(&News::Ended(&exchange, completion))
    }

    fn tell(&mut self, news: &News<'_>) -> Result<(), CliError> {
        self.audience
            .iter_mut()
            .try_for_each(|each| each.hear(news))
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use otelbox_mock_collector::Signal;
    use otelbox_mock_collector::journal::{ConnectionEvent, End, Port};

    use super::*;
    use crate::cli::serve::live::evidence;

    /// Writes down what it hears.
    struct Scribe(Rc<RefCell<Vec<String>>>);

    impl Audience for Scribe {
        fn hear(&mut self, news: &News<'_>) -> Result<(), CliError> {
            self.0.borrow_mut().push(match news {
                News::Begun(exchange) => format!("begun {}", exchange.ordinal),
                News::Ended(exchange, completion) => {
                    format!("ended {}: {}", exchange.ordinal, completion.end)
                }
                News::Connection(record) => format!("connection {}", record.event),
                News::Missed(entries) => format!("missed {entries}"),
            });
            Ok(())
        }

        fn settle(&mut self) -> Result<(), CliError> {
            Ok(())
        }
    }

    fn followed(journal: &Journal) -> (Follower<'static>, impl FnMut() -> Vec<String>) {
        let heard = Rc::default();
        let scribe = Scribe(Rc::clone(&heard));
        let follower = Follower::new(journal.clone(), vec![Box::new(scribe)]);
        (follower, move || heard.take())
    }

    #[tokio::test(start_paused = true)]
    async fn each_thing_is_told_once_whatever_ends_first() {
        let journal = evidence::journal();
        let (mut follower, mut heard) = followed(&journal);
        journal.connection(1, Port::Grpc, ConnectionEvent::Opened);
        let one = evidence::begin(&journal, Signal::Logs, 1);
        let two = evidence::begin(&journal, Signal::Logs, 2);
        follower.follow().unwrap();
        assert_eq!(heard(), ["connection opened", "begun 1", "begun 2"]);
        two.complete(None, End::ResetByCollector);
        let three = evidence::begin(&journal, Signal::Logs, 3);
        three.complete(None, End::ClientGone);
        follower.follow().unwrap();
        assert_eq!(
            heard(),
            [
                "ended 2: reset by the collector",
                "begun 3",
                "ended 3: client gone"
            ]
        );
        one.complete(None, End::ClientCancelled);
        follower.follow().unwrap();
        follower.follow().unwrap();
        assert_eq!(heard(), ["ended 1: cancelled by the client"]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_journal_let_go_of_is_told_as_missed_and_an_open_exchange_is_not_lost() {
        let journal = evidence::journal_within(6_000);
        let (mut follower, mut heard) = followed(&journal);
        let open = evidence::begin(&journal, Signal::Logs, 1);
        follower.follow().unwrap();
        for _ in 0..20 {
            drop(evidence::begin(&journal, Signal::Logs, 1));
        }
        open.complete(None, End::ResetByCollector);
        follower.follow().unwrap();
        let gone = journal.evicted().entries;
        assert!(gone > 1, "the journal is full: {gone}");
        let heard = heard();
        assert_eq!(
            heard[..3],
            [
                "begun 1".to_owned(),
                "ended 1: reset by the collector".to_owned(),
                format!("missed {}", gone - 1)
            ]
        );
        assert_eq!(
            heard.last().map(String::as_str),
            Some("ended 21: client gone")
        );
    }
}
