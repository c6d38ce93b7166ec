//! Those who wait for a page.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use super::exposition::{Exposition, Shape};
use crate::export::Deadline;
use crate::metrics::Demand;

/// A page that somebody waits for.
pub(super) struct Scrape {
    pub(super) shape: Shape,
    /// When it is of no use any more.
    pub(super) deadline: Deadline,
    pub(super) answer: oneshot::Sender<Result<Bytes, String>>,
}

/// Where scrapes are asked for. Clones ask the same reader.
#[derive(Clone)]
pub(super) struct Scraping(UnboundedSender<Scrape>);

/// Why there is no page.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoPage {
    #[error("the reader was shut down")]
    ShutDown,
    #[error("the metrics were not collected in time")]
    TooLate,
    #[error("{0}")]
    Failed(String),
}

impl Scraping {
    /// The two ends.
    pub(super) fn new(exposition: Arc<Exposition>) -> (Self, Scrapes) {
        let (sender, received) = unbounded_channel();
        let scrapes = Scrapes {
            received,
            waiting: Vec::new(),
            exposition,
        };
        (Self(sender), scrapes)
    }

    /// The page of `shape`, if there is one by `deadline`.
    pub(super) async fn page(&self, shape: Shape, deadline: Deadline) -> Result<Bytes, NoPage> {
        let (answer, answered) = oneshot::channel();
        let scrape = Scrape {
            shape,
            deadline,
            answer,
        };
        if self.0.send(scrape).is_err() {
            return Err(NoPage::ShutDown);
        }
        match deadline.bound(answered).await {
            Ok(Ok(result)) => result.map_err(NoPage::Failed),
            Ok(Err(_)) => Err(NoPage::ShutDown),
            Err(_) => Err(NoPage::TooLate),
        }
    }
}

/// The scrapes of one reader. There are as many at most as there are connections.
pub(super) struct Scrapes {
    received: UnboundedReceiver<Scrape>,
    /// Those whom the current collection answers.
    waiting: Vec<Scrape>,
    exposition: Arc<Exposition>,
}

impl Scrapes {
    fn take(&mut self, scrape: Scrape) {
        // One whose client has gone is not worth a collection.
        if !scrape.answer.is_closed() {
            self.waiting.push(scrape);
        }
    }
}

impl Demand for Scrapes {
    fn asked(&mut self) -> BoxFuture<'_, Deadline> {
        Box::pin(async {
            while self.waiting.is_empty() {
                match self.received.recv().await {
                    Some(scrape) => self.take(scrape),
                    // The server has ended; so will the reader.
                    None => std::future::pending().await,
                }
            }
            while let Ok(scrape) = self.received.try_recv() {
                self.take(scrape);
            }
            let shapes = self.waiting.iter().map(|scrape| scrape.shape);
            self.exposition.expect(shapes.collect());
            let deadlines = self.waiting.iter().map(|scrape| scrape.deadline.instant());
            // No deadline is later than any other.
            let last = deadlines.max_by_key(|deadline| (deadline.is_none(), *deadline));
            last.flatten().map_or(Deadline::none(), Deadline::at)
        })
    }

    fn answer(&mut self, result: Result<(), String>) {
        for scrape in self.waiting.drain(..) {
            let page = match &result {
                Ok(()) => Ok(self.exposition.page(scrape.shape)),
                Err(error) => Err(error.clone()),
            };
            // Whoever asked may have gone.
            let _ = scrape.answer.send(page);
        }
    }
}
