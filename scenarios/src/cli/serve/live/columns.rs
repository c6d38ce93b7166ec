//! How the rows of the timeline fit the width of the terminal.

use super::row::Row;

/// What of a row is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Columns {
    /// The time, the export and the answer.
    Few,
    /// The protocol in short, items and bytes beside them.
    Most,
    /// Everything.
    All,
}

impl Columns {
    /// What fits.
    pub(super) const fn fitting(width: u16) -> Self {
        match width {
            0..70 => Self::Few,
            70..100 => Self::Most,
            _ => Self::All,
        }
    }

    /// The names of the columns, above the rows.
    pub(super) fn header(self) -> String {
        let answer = "answer";
        match self {
            Self::Few => format!("{:>11} {:7} {:7} {answer}", "time", "signal", "export"),
            Self::Most => format!(
                "{:>11} {:7} {:7} {:8} {:>5} {:>7} {answer} [fault]",
                "time", "signal", "export", "protocol", "items", "bytes"
            ),
            Self::All => format!(
                "{:>11}  {:8} {:10} {:13} {:>7} {:>9} {:>9}  {answer} [fault]",
                "time", "signal", "export", "protocol", "items", "bytes", "took"
            ),
        }
    }

    /// A row up to its answer, its answer, and the fault that said so.
    pub(super) fn cells(self, row: &Row) -> (String, String, Option<String>) {
        let at = format!("{:.3}s", row.at().as_secs_f64());
        let (what, which) = (row.what(), row.which());
        let left = match self {
            Self::Few => format!("{at:>9} {what:7} {which:7} "),
            Self::Most => format!(
                "{at:>9} {what:7} {which:7} {:8} {:>5} {:>7} ",
                short(row.protocol()),
                row.items(),
                row.bytes()
            ),
            Self::All => format!(
                "{at:>9}  {what:8} {which:10} {:13} {:>7} {:>9} {:>9}  ",
                row.protocol(),
                row.items(),
                row.bytes(),
                row.took()
            ),
        };
        let fault = row.fault().map(|fault| format!(" [{fault}]"));
        (left, row.answer(), fault)
    }
}

fn short(protocol: &str) -> &str {
    protocol.strip_prefix("http/").unwrap_or(protocol)
}
