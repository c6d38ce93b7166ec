//! Scenarios expanded into cells.

use otelbox::plan::{Filter, Plan};
use otelbox::rules::RuleCatalog;
use otelbox::scenario::{Protocol, Scenario, SourceFile, read_scenario};

const SCENARIO: &str = "\
id: plan/expanded
title: t
signals: [metrics]
protocols: [grpc, http/protobuf]
env:
  OTEL_METRIC_EXPORT_INTERVAL: 15s
  OTEL_SERVICE_NAME: checkout
configuration: { interval: 15s, headers: { a: '1', b: '2' } }
variants:
  plain: {}
  changed:
    protocols: [grpc]
    env: { OTEL_METRIC_EXPORT_INTERVAL: 60000, OTEL_SERVICE_NAME: null }
    configuration: { timeout: 5s, headers: { b: '3' } }
    faults: [{ then: hang }]
    steps: [exit]
    expect: [{ rule: OTLP-RTY-001, retried: true }]
steps: [{ emit: { items: 1 } }]
expect:
  - { rule: OTLP-RTY-005, attempts: { count: 1 } }
  - { rule: OTLP-GRC-014, protocols: [grpc], retried: true }
";

fn scenario() -> Scenario {
    let rules = RuleCatalog::embedded().expect("rules");
    read_scenario(&SourceFile::new("plan.yaml", SCENARIO), rules)
        .unwrap_or_else(|problems| panic!("{problems}"))
}

fn names(plan: &Plan) -> Vec<String> {
    plan.cells.iter().map(|cell| cell.id.to_string()).collect()
}

#[test]
fn cells_are_signals_by_protocols_by_variants_in_the_order_of_the_file() {
    assert_eq!(
        names(&Plan::of([&scenario()], &Filter::default())),
        [
            "plan/expanded [metrics, grpc, plain]",
            "plan/expanded [metrics, grpc, changed]",
            "plan/expanded [metrics, http/protobuf, plain]",
        ]
    );
}

#[test]
fn a_filter_keeps_only_its_protocols() {
    let filter = Filter {
        protocols: vec![Protocol::HttpProtobuf],
        ..Filter::default()
    };
    assert_eq!(
        names(&Plan::of([&scenario()], &filter)),
        ["plan/expanded [metrics, http/protobuf, plain]"]
    );
    let none = Filter {
        protocols: vec![Protocol::HttpJson],
        ..Filter::default()
    };
    assert!(Plan::of([&scenario()], &none).is_empty());
}

#[test]
fn a_variant_is_laid_over_the_scenario() {
    let plan = Plan::of([&scenario()], &Filter::default());
    let (base, changed) = (&plan.cells[0], &plan.cells[1]);
    assert_eq!(base.env["OTEL_METRIC_EXPORT_INTERVAL"], "15000");
    assert_eq!(base.env["OTEL_SERVICE_NAME"], "checkout");
    assert_eq!(changed.env["OTEL_METRIC_EXPORT_INTERVAL"], "60000");
    assert!(
        !changed.env.contains_key("OTEL_SERVICE_NAME"),
        "{:?}",
        changed.env
    );
    let configuration = serde_json::to_value(&changed.configuration).expect("JSON");
    assert_eq!(
        configuration,
        serde_json::json!({ "interval": "15s", "timeout": "5s", "headers": { "a": "1", "b": "3" } })
    );
    assert_eq!((base.faults.len(), changed.faults.len()), (0, 1));
    assert_eq!((base.expect.len(), changed.expect.len()), (2, 3));
    assert_eq!(
        plan.cells[2].expect.len(),
        1,
        "only what is expected over HTTP"
    );
    assert_eq!(base.instruments.len(), 1, "the counter that `emit` adds to");
}
