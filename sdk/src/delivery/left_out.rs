//! What a format has no way to say.

use std::collections::BTreeSet;

use parking_lot::Mutex;

/// So many reasons are remembered, each of which is then told once to everybody.
const REASONS: usize = 64;

/// Items of a batch that the exporter leaves out, because its format cannot carry them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LeftOut {
    /// How many.
    pub(crate) items: u64,
    /// Why, in words that follow a colon.
    pub(crate) reason: String,
}

/// The reasons that were told to everybody.
#[derive(Debug, Default)]
pub(super) struct ToldReasons(Mutex<BTreeSet<String>>);

impl ToldReasons {
    /// Whether `reason` is news; after that it is none.
    pub(super) fn is_news(&self, reason: &str) -> bool {
        let mut told = self.0.lock();
        told.len() < REASONS && told.insert(reason.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_is_news_once_and_not_more_than_so_many_are() {
        let told = ToldReasons::default();
        assert!(told.is_news("a") && !told.is_news("a") && told.is_news("b"));
        let news = (0..1_000).filter(|number| told.is_news(&number.to_string()));
        assert_eq!(news.count(), REASONS - 2);
    }
}
