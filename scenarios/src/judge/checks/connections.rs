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
    if check.only_if_any && opened == 0 {
        return vec![Outcome::not_applicable(
            "where there is a connection",
            "no connection was opened",
        )];
    }
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
    if let Some(wanted) = check.swallowed_at_least {
        let swallowed = count(|event| matches!(event, ConnectionEvent::Swallowed));
        outcomes.extend(if recording.is_exact() {
            amount(
                "connection without an answer",
                swallowed,
                None,
                Some(wanted),
                None,
            )
        } else {
            vec![Outcome::not_applicable(
                format!("at least {wanted} connections without an answer"),
                "the kernel drops them, and nobody sees it",
            )]
        });
    }
    if let Some(wanted) = check.protocol_errors {
        let errors = count(|event| matches!(event, ConnectionEvent::ProtocolError(_)));
        outcomes.extend(amount("protocol error", errors, Some(wanted), None, None));
    }
    outcomes.extend(tls(check, recording, count));
    outcomes
}

fn tls(
    check: &ConnectionsCheck,
    recording: &Recording,
    count: impl Fn(fn(&ConnectionEvent) -> bool) -> u64,
) -> Vec<Outcome> {
    let secured = count(|event| matches!(event, ConnectionEvent::Secured { .. }));
    let failed = count(|event| matches!(event, ConnectionEvent::HandshakeFailed(_)));
    let plain = count(|event| matches!(event, ConnectionEvent::PlainText(_)));
    let mut outcomes = amount(
        "TLS connection",
        secured,
        None,
        check.secured_at_least,
        None,
    );
    outcomes.extend(amount(
        "TLS handshake",
        secured + failed,
        None,
        check.handshakes_at_least,
        None,
    ));
    outcomes.extend(amount(
        "failed TLS handshake",
        failed,
        None,
        check.handshakes_failed_at_least,
        check.handshakes_failed_at_most,
    ));
    outcomes.extend(amount(
        "plain text connection",
        plain,
        check.plain_text,
        check.plain_text_at_least,
        None,
    ));
    if let Some(wanted) = &check.clients {
        let mut seen = Vec::new();
        for record in &recording.connections {
            if let ConnectionEvent::Secured {
                client: Some(client),
                ..
            } = &record.event
                && !seen.contains(client)
            {
                seen.push(client.clone());
            }
        }
        let words = |names: &[String]| match names {
            [] => "no client certificate".to_owned(),
            names => format!("the client certificates of {}", names.join(", ")),
        };
        outcomes.push(Outcome::of(&seen == wanted, words(wanted), words(&seen)));
    }
    outcomes
}
