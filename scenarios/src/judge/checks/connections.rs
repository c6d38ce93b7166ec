//! Connections to the receiver.

use super::amount;
use crate::{
    judge::Outcome,
    run::{ConnectionEvent, Recording},
    scenario::check::ConnectionsCheck,
};

pub(super) fn judge(check: &ConnectionsCheck, recording: &Recording) -> Vec<Outcome> {
    let count = |is_meant: fn(&ConnectionEvent) -> bool| {
        recording
            .connections
            .iter()
            .filter(|record| is_meant(&record.event))
            .count() as u64
    };
    let opened = count(|event| matches!(event, ConnectionEvent::Opened));
    let mut outcomes = amount(
        "connection",
        opened,
        check.count,
        check.at_least,
        check.at_most,
    );
    if let Some(wanted) = check.refused_at_least {
        let refused = count(|event| matches!(event, ConnectionEvent::Refused));
        outcomes.extend(if recording.is_exact() {
            amount("refused connection", refused, None, Some(wanted), None)
        } else {
            vec![Outcome::nothing(
                format!("at least {wanted} refused connections"),
                "a listener that is down does not see who is refused",
            )]
        });
    }
    if let Some(wanted) = check.protocol_errors {
        let errors = count(|event| matches!(event, ConnectionEvent::ProtocolError(_)));
        outcomes.extend(amount("protocol error", errors, Some(wanted), None, None));
    }
    outcomes
}
