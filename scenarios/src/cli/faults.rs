//! The actions of faults, as `list` and `explain` show them.

use serde::Serialize;

/// One action.
#[derive(Debug, Serialize)]
pub(super) struct FaultAction {
    /// The word in the file.
    pub(super) name: &'static str,
    /// What the receiver does.
    pub(super) about: &'static str,
    /// A fault with this action.
    pub(super) example: &'static str,
}

/// Every action, from the plain to the odd.
pub(super) const FAULT_ACTIONS: [FaultAction; 15] = [
    FaultAction {
        name: "accept",
        about: "Accepts, as without a fault. Shields what it matches from the faults after it.",
        example: "when: { header: { x-tenant: team-checkout } }\nthen: accept\n",
    },
    FaultAction {
        name: "grpc",
        about: "Answers gRPC requests with a status; message, RetryInfo and framing can be set. \
                Stands beside `http` where a scenario is run with both.",
        example: "when: { attempt: \"1..2\" }\nthen: { grpc: { code: UNAVAILABLE, message: not now, retry_info: 2s } }\n",
    },
    FaultAction {
        name: "http",
        about: "Answers HTTP requests with a status; Retry-After and the body can be set. \
                Stands beside `grpc` where a scenario is run with both.",
        example: "when: { attempt: 1 }\nthen: { http: { status: 503, retry_after: \"2\" }, grpc: UNAVAILABLE }\n",
    },
    FaultAction {
        name: "partial_success",
        about: "Accepts, and says that so many items were rejected, with a message. The number may be 0, negative, \
                or more than was sent.",
        example: "then: { partial_success: { rejected: 3, message: too old } }\n",
    },
    FaultAction {
        name: "lose_acknowledgement",
        about: "Accepts the payload, then ends the connection without an answer: the client cannot know.",
        example: "when: { attempt: 1 }\nthen: lose_acknowledgement\n",
    },
    FaultAction {
        name: "hang",
        about: "Reads everything and never answers, until the client goes away.",
        example: "when: { export: 2 }\nthen: hang\n",
    },
    FaultAction {
        name: "delay",
        about: "Waits, then accepts or does what `then` says.",
        example: "then: { delay: { for: 20s, then: { grpc: UNAVAILABLE, http: 503 } } }\n",
    },
    FaultAction {
        name: "overrun_deadline",
        about: "Accepts only after the client's own deadline (`grpc-timeout`) has passed. HTTP has none: there `after` says \
                how long.",
        example: "when: { attempt: 1 }\nthen: { overrun_deadline: { by: 500ms, after: 10s } }\n",
    },
    FaultAction {
        name: "refuse",
        about: "There is no listener while it applies: connections are refused. Matched by time and connection only.",
        example: "when: { window: { from: 10s, to: 55s } }\nthen: refuse\n",
    },
    FaultAction {
        name: "accept_then_close",
        about: "Takes the connection and closes it at once. Matched by time and connection only.",
        example: "when: { connection: 1 }\nthen: accept_then_close\n",
    },
    FaultAction {
        name: "reset",
        about: "Resets the connection before, in the middle of, or after the body of the request.",
        example: "when: { request: 1 }\nthen: { reset: { at: mid_body } }\n",
    },
    FaultAction {
        name: "close",
        about: "Closes the connection in place of the answer, or in the middle of it.",
        example: "when: { attempt: 1 }\nthen: { close: { at: before_answer } }\n",
    },
    FaultAction {
        name: "truncate_answer",
        about: "Accepts, sends half of the answer, and closes the connection.",
        example: "when: { attempt: 1 }\nthen: truncate_answer\n",
    },
    FaultAction {
        name: "undecodable_answer",
        about: "Accepts with 200 or OK and a body that cannot be decoded.",
        example: "then: { undecodable_answer: { body: random_bytes } }\n",
    },
    FaultAction {
        name: "require_header",
        about: "Answers 401 or UNAUTHENTICATED where a header is absent, 403 or PERMISSION_DENIED where it is wrong; \
                accepts else.",
        example: "then: { require_header: { name: authorization, value: Bearer token } }\n",
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::scenario::{Fault, SourceFile, from_yaml};

    #[test]
    fn every_example_is_a_fault_with_the_action_that_it_explains() {
        for action in &FAULT_ACTIONS {
            let file = SourceFile::new(action.name, action.example);
            let fault: Fault = from_yaml(&file).unwrap_or_else(|problem| panic!("{problem}"));
            fault
                .validate()
                .unwrap_or_else(|error| panic!("{}: {error}", action.name));
            let name = fault.then.name();
            let says = ["status", "close"].contains(&name) || name == action.name;
            assert!(
                says && action.example.contains(action.name),
                "{}: {name}",
                action.name
            );
        }
    }

    #[test]
    fn every_action_of_the_schema_is_explained() {
        let schema = serde_json::to_string(&schemars::schema_for!(Fault)).expect("a schema");
        let explained: BTreeSet<_> = FAULT_ACTIONS.iter().map(|action| action.name).collect();
        for name in &explained {
            assert!(
                schema.contains(&format!("\"{name}\"")),
                "{name} is in the schema"
            );
        }
    }
}
