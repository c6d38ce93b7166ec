//! The schemas that are checked in are those of the types, and what we write keeps to them.

use std::path::{Path, PathBuf};

use otelbox::catalog::ScenarioCatalog;
use otelbox::rules::RuleCatalog;
use otelbox::schema::{driver_schema, facts_schema, report_schema, scenario_schema};
use schemars::Schema;

fn checked_in(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("schema")
        .join(format!("{name}.json"))
}

#[track_caller]
fn is_checked_in(name: &str, schema: &Schema) {
    let path = checked_in(name);
    let mut text = serde_json::to_string_pretty(schema).expect("JSON");
    text.push('\n');
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        there == text,
        "{0} is not the schema of the types: make it again with `otelbox schema {name} > {0}`",
        path.display()
    );
}

#[test]
fn the_schema_of_scenarios_is_checked_in() {
    is_checked_in("scenario", &scenario_schema());
}

#[test]
fn the_schema_of_the_report_is_checked_in() {
    is_checked_in("report", &report_schema());
}

#[test]
fn the_schema_of_the_facts_is_checked_in() {
    is_checked_in("facts", &facts_schema());
}

#[test]
fn the_schema_of_the_driver_protocol_is_checked_in() {
    is_checked_in("driver", &driver_schema());
}

#[test]
fn every_scenario_of_the_catalogue_keeps_to_the_schema() {
    let schema = serde_json::to_value(scenario_schema()).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a valid schema");
    let rules = RuleCatalog::embedded().expect("rules");
    for entry in ScenarioCatalog::embedded(rules)
        .expect("scenarios")
        .entries()
    {
        let file: serde_json::Value = serde_saphyr::from_str(&entry.file.text).expect("YAML");
        let errors: Vec<String> = validator
            .iter_errors(&file)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{}: {errors:#?}", entry.file.name);
    }
}

/// The objects in code in the text of the protocol: whole lines of the conversation.
fn examples(text: &str) -> Vec<serde_json::Value> {
    text.split('`')
        .filter(|code| {
            code.trim_start_matches("json")
                .trim_start()
                .starts_with('{')
        })
        .map(|code| {
            let code = code.trim_start_matches("json");
            serde_json::from_str(code).unwrap_or_else(|error| panic!("{error}: {code}"))
        })
        .collect()
}

#[test]
fn every_example_of_the_driver_protocol_keeps_to_its_schema() {
    let schema = serde_json::to_value(driver_schema()).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a valid schema");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("drivers/PROTOCOL.md");
    let text = std::fs::read_to_string(path).expect("the protocol");
    let examples = examples(&text);
    assert!(examples.len() >= 6, "{examples:?}");
    for example in examples {
        let errors: Vec<String> = validator
            .iter_errors(&example)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{example}: {errors:#?}");
    }
}

#[test]
fn the_schema_refuses_an_unknown_key() {
    let schema = serde_json::to_value(scenario_schema()).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a valid schema");
    let file = serde_json::json!({
        "id": "a/b", "title": "t", "signals": ["metrics"], "protocols": ["grpc"], "stpes": ["exit"],
    });
    assert!(!validator.is_valid(&file));
}
