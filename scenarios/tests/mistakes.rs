//! What a user sees who makes a mistake in a scenario file.

use otelbox::rules::RuleCatalog;
use otelbox::scenario::{SourceFile, read_scenario};

const GOOD: &str = "\
id: retry/unavailable-then-ok
title: an UNAVAILABLE export is retried and delivered once
signals: [metrics]
protocols: [grpc, http/protobuf]
faults:
  - when: { attempt: 1 }
    then: { grpc: UNAVAILABLE, http: 503 }
steps:
  - emit: { items: 10 }
  - wait_until: 15s
  - force_flush: { timeout: 10s, expect: ok }
expect:
  - rule: OTLP-RTY-005
    attempts: { count: 2, same_payload: true }
";

/// What is said about the good file with `from` replaced by `to`.
#[track_caller]
fn mistake(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "`{from}` is not in the good file");
    said_about(&GOOD.replacen(from, to, 1))
}

fn said_about(text: &str) -> String {
    let rules = RuleCatalog::embedded().expect("rules");
    let file = SourceFile::new("mine.yaml", text);
    match read_scenario(&file, rules) {
        Ok(_) => "nothing\n".to_owned(),
        Err(problems) => problems.render(100, false),
    }
}

#[test]
fn the_good_file_is_good() {
    assert_eq!(said_about(GOOD), "nothing\n");
}

macro_rules! mistakes {
    ($($name:ident: $from:expr => $to:expr;)*) => {
        $(
            #[test]
            fn $name() {
                insta::assert_snapshot!(mistake($from, $to));
            }
        )*
    };
}

mistakes! {
    typo_in_a_key: "steps:" => "stpes:";
    typo_in_a_step: "- emit:" => "- emti:";
    typo_in_a_check: "same_payload" => "same_paylod";
    typo_in_a_fault: "attempt: 1" => "atempt: 1";
    unknown_action_of_a_fault: "grpc: UNAVAILABLE, http: 503" => "grcp: UNAVAILABLE";
    unknown_status_of_a_fault: "UNAVAILABLE," => "UNAVAILBLE,";
    impossible_value_in_a_fault: "attempt: 1" => "attempt: 0";
    unknown_rule: "OTLP-RTY-005" => "OTLP-RTY-055";
    time_in_the_past: "- wait_until: 15s" => "- wait: 20s\n  - wait_until: 15s";
    time_without_a_unit: "wait_until: 15s" => "wait_until: 15";
    times_that_do_not_ascend: "count: 2" => "at: [0s, 3s, 1s]";
    wrong_type: "items: 10" => "items: ten";
    list_in_place_of_a_map: "attempts: { count: 2, same_payload: true }" => "attempts: [2]";
    key_that_is_there_twice: "title:" => "id: again\ntitle:";
    unknown_signal: "[metrics]" => "[metrics, trace]";
    unknown_protocol: "http/protobuf" => "http/protobuff";
    expectation_without_a_rule: "rule: OTLP-RTY-005\n    " => "";
    expectation_without_a_check: "    attempts: { count: 2, same_payload: true }\n" => "";
    check_that_cannot_fail: "count: 2, same_payload: true" => "export: 1";
    fault_without_an_answer: ", http: 503" => "";
    unknown_instrument: "- emit: { items: 10 }" => "- record: { instrument: otelbox.item, value: 1 }";
    wrong_result: "expect: ok" => "expect: okay";
    variants_of_the_same_name: "steps:" => "variants:\n  delta: {}\n  delta: {}\nsteps:";
    variants_that_differ_in_case: "steps:" => "variants:\n  delta: {}\n  Delta: {}\nsteps:";
    broken_yaml: "[metrics]" => "[metrics";
    name_of_no_fault: "steps:" => "may_not_fire: [outage]\nsteps:";
    counts_that_contradict: "count: 2," => "at_least: 3, at_most: 2,";
}

#[test]
fn empty_file() {
    insta::assert_snapshot!(said_about("\n"), @"  × mine.yaml: the file is empty");
}

#[test]
fn a_document_that_says_nothing_lacks_all_from_its_start() {
    for nothing in ["~", "&anchor", "!tag", "&&,"] {
        let said = said_about(nothing);
        assert!(
            said.contains("mine.yaml:1:1: key `id` is missing"),
            "{nothing}: {said}"
        );
    }
}

#[test]
fn a_protocol_that_does_not_carry_the_signal_is_named() {
    let said = mistake(
        "[grpc, http/protobuf]",
        "[grpc, http/protobuf, zipkin/json]",
    );
    assert!(
        said.contains("`zipkin/json` carries no metrics, and the scenario is run with them"),
        "{said}"
    );
}

#[test]
fn several_mistakes_are_all_named() {
    let text = GOOD
        .replace("OTLP-RTY-005", "OTLP-RTY-5")
        .replace(", http: 503", "");
    insta::assert_snapshot!(said_about(&text));
}
