//! Where an expectation is about something that the system under test did not do.

use crate::{judge::Outcome, run::Recording, scenario::Expectation};

/// Why the rule of `expectation` is not applicable; none where all its conditions hold.
pub(super) fn unmet(expectation: &Expectation, recording: &Recording) -> Option<Outcome> {
    if let Some(name) = &expectation.if_sent {
        let field = name.to_ascii_lowercase();
        let sent = recording
            .attempts()
            .any(|exchange| exchange.header(&field).is_some());
        if !sent {
            return Some(Outcome::not_applicable(
                format!("where `{name}` is sent"),
                format!("no attempt has the header `{name}`"),
            ));
        }
    }
    if !expectation.if_logged.is_empty() {
        let texts = &expectation.if_logged;
        let logged = recording
            .log
            .iter()
            .any(|line| texts.iter().all(|text| line.text.contains(text.as_str())));
        if !logged {
            let texts = texts.join("`, `");
            return Some(Outcome::not_applicable(
                format!("where a line of the log has `{texts}`"),
                "no line has: what is not read cannot be told",
            ));
        }
    }
    let lost = || {
        super::ledger_entries(recording)
            .iter()
            .any(|entry| entry.lost() > 0.0)
    };
    (expectation.if_lost && !lost()).then(|| {
        Outcome::not_applicable("where something is lost", "everything offered was accepted")
    })
}
