//! Why results have no verdict of passed or failed: each reason once.

use indexmap::IndexMap;

use super::RunReport;
use crate::verdict::{RuleResult, VerdictKind};

/// A reason that several results share.
pub(super) struct Reason<'a> {
    /// In words, with `PORT` for the number of a port, which differs from cell to cell.
    pub(super) text: String,
    /// How many results have it.
    pub(super) count: u64,
    /// The first of them.
    pub(super) first: &'a RuleResult,
}

/// The reasons for this verdict, in the order of their first results.
pub(super) fn reasons(run: &RunReport, verdict: VerdictKind) -> Vec<Reason<'_>> {
    let mut reasons: IndexMap<String, Reason<'_>> = IndexMap::new();
    let results = run.cells.iter().flat_map(|cell| &cell.results);
    for result in results.filter(|result| result.verdict == verdict) {
        let text = without_ports(&result.actual);
        reasons
            .entry(text.clone())
            .or_insert(Reason {
                text,
                count: 0,
                first: result,
            })
            .count += 1;
    }
    reasons.into_values().collect()
}

/// How this machine is called where a port follows.
const HOSTS: [&str; 3] = ["127.0.0.1:", "localhost:", "[::1]:"];

/// `text` with `PORT` in place of ports of this machine.
fn without_ports(text: &str) -> String {
    let mut plain = text.to_owned();
    for host in HOSTS {
        let mut parts = plain.split(host);
        let mut next: String = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let rest = part.trim_start_matches(|character: char| character.is_ascii_digit());
            next.push_str(host);
            if rest.len() < part.len() {
                next.push_str("PORT");
            }
            next.push_str(rest);
        }
        plain = next;
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_do_not_make_two_reasons_of_one() {
        assert_eq!(
            without_ports("no `https://127.0.0.1:34005/v1` and localhost:1; 127.0.0.1: none"),
            "no `https://127.0.0.1:PORT/v1` and localhost:PORT; 127.0.0.1: none"
        );
    }
}
