//! Which scenarios a selector means: an existing path, else ids by glob, else a rule.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use globset::GlobBuilder;

use crate::catalog::ScenarioCatalog;
use crate::rules::RuleCatalog;
use crate::scenario::{Problem, Problems, RuleId, Scenario, SourceFile, nearest};

/// A selector that cannot be used, or that means nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SelectError {
    /// Files that cannot be read as scenarios.
    #[error(transparent)]
    Files(#[from] Problems),
    /// Not a pattern.
    #[error("`{selector}` is not a pattern: {reason}")]
    Pattern {
        /// What was given.
        selector: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Nothing has this path, id or rule.
    #[error(
        "`{selector}` is neither a path, nor does it match the id of a scenario, nor is it a rule"
    )]
    Nothing {
        /// What was given.
        selector: String,
        /// What was probably meant.
        nearest: Option<String>,
    },
    /// No cell of a recording has this id or rule.
    #[error("no cell of the recording has the id, the topic or the rule `{selector}`")]
    NotRecorded {
        /// What was given.
        selector: String,
    },
    /// A rule that no scenario tests.
    #[error("no scenario tests the rule `{rule}`")]
    Untested {
        /// The rule.
        rule: RuleId,
    },
}

impl From<Problem> for SelectError {
    fn from(problem: Problem) -> Self {
        Self::Files(problem.into())
    }
}

/// The scenarios that `selectors` mean, in the order of the selectors, each once; all of the catalogue where there are
/// none.
///
/// A path is a file, or a directory with `.yaml` files. In ids, `*` and `?` match any character, `/` included; a topic
/// (`retry`) stands for all ids that begin with it.
///
/// # Errors
/// See [`SelectError`]. One selector that means nothing is an error, even where others mean something.
pub fn select(
    selectors: &[String],
    catalog: &ScenarioCatalog,
    rules: &RuleCatalog,
) -> Result<Vec<Arc<Scenario>>, SelectError> {
    if selectors.is_empty() {
        return Ok(catalog.scenarios().cloned().collect());
    }
    let mut files = Vec::new();
    let mut chosen: Vec<Choice> = Vec::new();
    for selector in selectors {
        let path = Path::new(selector);
        if path.exists() {
            let paths = scenario_files(path)?;
            if paths.is_empty() {
                return Err(SelectError::Nothing {
                    selector: selector.clone(),
                    nearest: None,
                });
            }
            for path in paths {
                if !chosen.contains(&Choice::File(path.clone())) {
                    files.push(read(&path)?);
                    chosen.push(Choice::File(path));
                }
            }
        } else {
            chosen.extend(
                from_catalog(selector, catalog, rules)?
                    .into_iter()
                    .map(Choice::Scenario),
            );
        }
    }
    let given = ScenarioCatalog::of(&files, rules)?;
    let mut scenarios: Vec<Arc<Scenario>> = Vec::new();
    for choice in chosen {
        let scenario = match choice {
            Choice::Scenario(scenario) => scenario,
            Choice::File(path) => {
                let entry = given
                    .entries()
                    .iter()
                    .find(|entry| *entry.file.name == *path.to_string_lossy());
                match entry {
                    Some(entry) => Arc::clone(&entry.scenario),
                    None => continue,
                }
            }
        };
        if !scenarios.contains(&scenario) {
            scenarios.push(scenario);
        }
    }
    Ok(scenarios)
}

#[derive(PartialEq)]
enum Choice {
    File(PathBuf),
    Scenario(Arc<Scenario>),
}

fn from_catalog(
    selector: &str,
    catalog: &ScenarioCatalog,
    rules: &RuleCatalog,
) -> Result<Vec<Arc<Scenario>>, SelectError> {
    let pattern = |error: globset::Error| SelectError::Pattern {
        selector: selector.to_owned(),
        reason: error.kind().to_string(),
    };
    let glob = GlobBuilder::new(selector)
        .build()
        .map_err(pattern)?
        .compile_matcher();
    let means = |scenario: &Scenario| {
        glob.is_match(scenario.id.as_str()) || scenario.id.topic() == selector
    };
    let found: Vec<_> = catalog
        .scenarios()
        .filter(|scenario| means(scenario))
        .cloned()
        .collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let rule = RuleId::from(selector);
    if rules.rule(&rule).is_none() {
        let ids = catalog.scenarios().map(|scenario| scenario.id.as_str());
        let topics = catalog.scenarios().map(|scenario| scenario.id.topic());
        let known = ids
            .chain(topics)
            .chain(rules.rules().map(|rule| rule.id.as_str()));
        return Err(SelectError::Nothing {
            selector: selector.to_owned(),
            nearest: nearest(selector, known).map(str::to_owned),
        });
    }
    let tested: Vec<_> = catalog
        .scenarios()
        .filter(|scenario| scenario.rules().contains(&rule))
        .cloned()
        .collect();
    if tested.is_empty() {
        return Err(SelectError::Untested { rule });
    }
    Ok(tested)
}

fn scenario_files(path: &Path) -> Result<Vec<PathBuf>, Problem> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    let entries = std::fs::read_dir(path).map_err(|error| unreadable(path, &error))?;
    for entry in entries {
        let inner = entry.map_err(|error| unreadable(path, &error))?.path();
        if inner.is_dir() {
            found.extend(scenario_files(&inner)?);
        } else if inner
            .extension()
            .is_some_and(|extension| extension == "yaml" || extension == "yml")
        {
            found.push(inner);
        }
    }
    found.sort();
    Ok(found)
}

/// Reads a file that the user names.
///
/// # Errors
/// A [`Problem`] where it cannot be read, or is not UTF-8.
pub fn read(path: &Path) -> Result<SourceFile, Problem> {
    let bytes = std::fs::read(path).map_err(|error| unreadable(path, &error))?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(SourceFile::new(path.to_string_lossy(), text)),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let file = SourceFile::new(path.to_string_lossy(), "");
            Err(Problem::new(
                &file,
                format!("the file is not UTF-8 text (byte {at})"),
            ))
        }
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> Problem {
    let file = SourceFile::new(path.to_string_lossy(), "");
    Problem::new(&file, format!("cannot be read: {error}"))
}
