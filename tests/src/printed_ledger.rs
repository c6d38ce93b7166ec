//! The ledger that `otelbox serve` prints when it ends.

use std::collections::BTreeMap;

use otelbox_mock_collector::Signal;

/// A table: a row for each signal, a column for each count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrintedLedger {
    rows: BTreeMap<Signal, BTreeMap<String, u64>>,
}

impl PrintedLedger {
    /// Finds the table among the lines that the process wrote. Without one the ledger is empty.
    pub(crate) fn parse(lines: &[String]) -> Self {
        let mut lines = lines.iter().map(|line| line.split_whitespace());
        let columns: Vec<&str> = lines
            .find_map(|mut words| (words.next()? == "ledger").then(|| words.collect()))
            .unwrap_or_default();
        let rows = lines
            .map_while(|mut words| {
                let signal = words.next()?.parse().ok()?;
                let counts = words.map_while(|word| word.parse().ok());
                let row = columns.iter().map(ToString::to_string).zip(counts);
                Some((signal, row.collect()))
            })
            .collect();
        Self { rows }
    }

    /// The count in a column of a signal: `exports`, `attempts`, `offered`, `accepted`, `rejected` or `repeated`.
    ///
    /// # Panics
    ///
    /// If there is no such row or column.
    #[track_caller]
    pub fn count(&self, signal: Signal, column: &str) -> u64 {
        let count = self.rows.get(&signal).and_then(|row| row.get(column));
        *count.unwrap_or_else(|| panic!("{column} of {signal} is not in {self:?}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_found_among_other_lines() {
        let text = "grpc  http://127.0.0.1:1\n\nledger  exports attempts offered\nmetrics 1 2 50\nlogs 3 4 5\n";
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let ledger = PrintedLedger::parse(&lines);
        assert_eq!(ledger.count(Signal::Metrics, "offered"), 50);
        assert_eq!(ledger.count(Signal::Logs, "exports"), 3);
    }
}
