//! The comparison can fail: a mock that answers otherwise is found out, in the field in which it does.

use otelbox_mock_collector::{Fault, MockCollector};
use otelbox_tests::Tool;

use crate::differences::{Listed, Values, between, complaints, listed};
use crate::observed::observe;
use crate::requests;
use crate::wire::NAME_FIELD;

/// A fault, the request that it strikes, and a field that differs then.
const FAULTS: &[(&str, &str, &str)] = &[
    (
        "{ grpc: UNAVAILABLE }",
        "valid/metrics over gRPC",
        "grpc-status",
    ),
    (
        "{ grpc: UNAVAILABLE }",
        "valid/traces over gRPC",
        "accepted",
    ),
    ("{ http: 503 }", "valid/logs over HTTP protobuf", "status"),
    (
        "{ http: { status: 429, retry_after: \"3\" } }",
        "valid/logs over HTTP JSON",
        "retry-after",
    ),
    (
        "{ partial_success: { rejected: 1, message: no } }",
        "valid/traces over HTTP protobuf",
        "body",
    ),
    (
        "{ mislabelled_answer: { content_type: text/plain } }",
        "valid/traces over HTTP JSON",
        "content-type",
    ),
    (
        "{ close: { at: before_answer } }",
        "valid/metrics over HTTP protobuf",
        "ending",
    ),
    (
        "[{ interim: 103 }, accept]",
        "valid/metrics over HTTP JSON",
        "interim answers",
    ),
];

pub(crate) fn unlisted_differences_are_seen(tool: &Tool) {
    let struck = |name: &str| FAULTS.iter().any(|(_, other, _)| *other == name);
    let table: Vec<_> = requests::all()
        .into_iter()
        .filter(|request| struck(&request.name))
        .collect();
    let listed = listed();
    let truth = observe(tool, &table, MockCollector::builder()).expect("both answer");
    for (name, pair) in &truth {
        assert_eq!(complaints(name, pair, &listed), "", "{name}");
    }

    let faults = FAULTS.iter().map(|(then, name, _)| {
        let when = format!("{{ header: {{ {NAME_FIELD}: {name} }} }}");
        let fault = format!("when: {when}\nthen: {then}");
        let read: Result<Fault, _> = serde_saphyr::from_str(&fault);
        read.unwrap_or_else(|error| panic!("{fault}: {error}"))
    });
    let falsified =
        observe(tool, &table, MockCollector::builder().faults(faults)).expect("both answer");
    for (then, name, field) in FAULTS {
        let complaints = complaints(name, &falsified[*name], &listed);
        assert!(
            complaints.contains(&format!("unlisted: {field}:")),
            "{then}, {name}: {complaints}"
        );
    }

    // Nor is anything excused that does not occur.
    let (name, pair) = truth.first_key_value().expect("there are requests");
    let values = Values {
        collector: "3".to_owned(),
        mock: "absent".to_owned(),
    };
    let invented = Listed {
        reason: "none".to_owned(),
        source: "none".to_owned(),
        fields: [("retry-after".to_owned(), values)].into(),
        requests: [name.clone()].into(),
    };
    assert!(
        between(pair)
            .iter()
            .all(|difference| difference.field != "retry-after")
    );
    assert!(complaints(name, pair, &[invented]).contains("listed, but not seen: retry-after"));
}
