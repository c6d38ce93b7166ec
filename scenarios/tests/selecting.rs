//! What a selector means.

use std::path::Path;

use otelbox::catalog::ScenarioCatalog;
use otelbox::rules::RuleCatalog;
use otelbox::scenario::SourceFile;
use otelbox::select::{SelectError, select};

fn scenario(id: &str, rule: &str) -> String {
    format!(
        "id: {id}\ntitle: t\nsignals: [metrics]\nprotocols: [grpc]\nsteps: [exit]\n\
         expect: [{{rule: {rule}, ledger: {{offered: 0}}}}]\n"
    )
}

fn rules() -> &'static RuleCatalog {
    RuleCatalog::embedded().expect("rules")
}

fn catalog() -> ScenarioCatalog {
    let files = [
        ("retry/once", "OTLP-RTY-005"),
        ("retry/for-ever", "OBX-DLN-001"),
        ("shutdown/twice", "OBX-SHD-004"),
    ]
    .map(|(id, rule)| SourceFile::new(format!("catalog/{id}.yaml"), scenario(id, rule)));
    ScenarioCatalog::of(&files, rules()).expect("a catalogue")
}

fn selected(selectors: &[&str]) -> Result<Vec<String>, SelectError> {
    let selectors: Vec<String> = selectors.iter().map(ToString::to_string).collect();
    let scenarios = select(&selectors, &catalog(), rules())?;
    Ok(scenarios
        .iter()
        .map(|scenario| scenario.id.to_string())
        .collect())
}

#[test]
fn nothing_means_everything() {
    assert_eq!(
        selected(&[]),
        Ok(["retry/for-ever", "retry/once", "shutdown/twice"]
            .map(str::to_owned)
            .into())
    );
}

#[test]
fn ids_globs_topics_and_rules_mean_scenarios_each_once() {
    for (selectors, expected) in [
        (vec!["retry/once"], vec!["retry/once"]),
        (vec!["retry/*"], vec!["retry/for-ever", "retry/once"]),
        (
            vec!["*t*"],
            vec!["retry/for-ever", "retry/once", "shutdown/twice"],
        ),
        (vec!["retry"], vec!["retry/for-ever", "retry/once"]),
        (vec!["OBX-SHD-004"], vec!["shutdown/twice"]),
        (
            vec!["shutdown", "*/twice", "retry/once"],
            vec!["shutdown/twice", "retry/once"],
        ),
    ] {
        assert_eq!(
            selected(&selectors).as_deref(),
            Ok(expected.map_into().as_slice()),
            "{selectors:?}"
        );
    }
}

trait MapInto {
    fn map_into(self) -> Vec<String>;
}

impl MapInto for Vec<&str> {
    fn map_into(self) -> Vec<String> {
        self.into_iter().map(str::to_owned).collect()
    }
}

#[test]
fn a_selector_that_means_nothing_is_an_error_with_what_was_probably_meant() {
    let nearest = |selector: &str| match selected(&["retry", selector]) {
        Err(SelectError::Nothing { nearest, .. }) => nearest,
        other => panic!("{other:?}"),
    };
    assert_eq!(nearest("retry/onec").as_deref(), Some("retry/once"));
    assert_eq!(nearest("OTLP-RTY-O05").as_deref(), Some("OTLP-RTY-005"));
    assert_eq!(nearest("zzz"), None);
}

#[test]
fn a_rule_without_a_scenario_is_said_to_be_one() {
    let error = selected(&["OTLP-TLD-004"]).expect_err("untested");
    assert_eq!(
        error.to_string(),
        "no scenario tests the rule `OTLP-TLD-004`"
    );
}

#[test]
fn a_broken_pattern_is_an_error() {
    let error = selected(&["retry/[a"]).expect_err("broken");
    assert!(matches!(error, SelectError::Pattern { .. }), "{error:?}");
}

fn write(directory: &Path, name: &str, text: impl AsRef<[u8]>) -> String {
    let path = directory.join(name);
    std::fs::write(&path, text).expect("a file");
    path.to_string_lossy().into_owned()
}

#[test]
fn paths_are_files_or_directories_and_come_on_top_of_the_catalogue() {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::create_dir(directory.path().join("inner")).expect("a directory");
    let mine = write(
        directory.path(),
        "mine.yaml",
        scenario("mine/one", "OTLP-RTY-005"),
    );
    write(
        directory.path(),
        "inner/other.yml",
        scenario("retry/once", "OTLP-RTY-001"),
    );
    write(directory.path(), "notes.txt", "not a scenario");
    let all = directory.path().to_string_lossy().into_owned();
    assert_eq!(selected(&[&mine]), Ok(vec!["mine/one".to_owned()]));
    assert_eq!(
        selected(&[&all, &mine]),
        Ok(["retry/once", "mine/one"].map(str::to_owned).into())
    );
}

#[test]
fn two_files_with_the_same_id_are_a_problem() {
    let directory = tempfile::tempdir().expect("a directory");
    let first = write(
        directory.path(),
        "a.yaml",
        scenario("mine/one", "OTLP-RTY-005"),
    );
    let second = write(
        directory.path(),
        "b.yaml",
        scenario("mine/one", "OTLP-RTY-001"),
    );
    let error = selected(&[&first, &second]).expect_err("twice").to_string();
    assert_eq!(error, format!("{second}:1:5: id `mine/one` is there twice"));
}

#[test]
fn a_file_that_is_no_text_is_a_problem() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = write(directory.path(), "binary.yaml", [b'i', b'd', 0xff]);
    let error = selected(&[&path]).expect_err("binary").to_string();
    assert_eq!(
        error,
        format!("{path}: the file is not UTF-8 text (byte 2)")
    );
}

#[test]
fn an_empty_directory_means_nothing() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().to_string_lossy().into_owned();
    assert!(matches!(
        selected(&[&path]),
        Err(SelectError::Nothing { .. })
    ));
}
