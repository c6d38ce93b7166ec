//! Scenario files.

use otelbox::plan::{Filter, Plan};
use otelbox::rules::RuleCatalog;
use otelbox::scenario::{Problem, SourceFile, read_scenario};

/// Columns of a terminal.
const COLUMNS: usize = 80;

/// A scenario file, read and expanded into cells.
///
/// # Panics
///
/// Where a mistake has no place in the file, or one that is not in it.
pub fn scenario_files(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let rules = RuleCatalog::embedded().expect("the rules");
    let file = SourceFile::new("scenario.yaml", text);
    match read_scenario(&file, rules) {
        Ok(scenario) => {
            Plan::of([&scenario], &Filter::default());
        }
        Err(problems) => {
            assert!(!problems.as_slice().is_empty(), "an error names a mistake");
            problems.render(COLUMNS, false);
            for problem in problems {
                has_place(&problem, text);
            }
        }
    }
}

fn has_place(problem: &Problem, text: &str) {
    let Some(place) = problem.place() else {
        let is_empty = text.trim().is_empty();
        assert!(is_empty, "only an empty file has no places: {problem}");
        return;
    };
    // To YAML a CR by itself ends a line, too.
    let lines = text.replace("\r\n", "\n").split(['\r', '\n']).count() as u64;
    assert!(
        (1..=lines).contains(&place.line) && place.column > 0,
        "{problem}"
    );
    assert!(
        text.get(place.offset_bytes.min(text.len())..).is_some(),
        "in the middle of a character: {problem}"
    );
}
