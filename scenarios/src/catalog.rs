//! The scenarios that are embedded in the binary, and those that a user's files add.

use std::path::Path;
use std::sync::Arc;

use include_dir::{Dir, DirEntry, include_dir};

use crate::rules::RuleCatalog;
use crate::scenario::{Problem, Problems, Scenario, ScenarioId, SourceFile, read_scenario};

static DATA: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/catalog");

/// A scenario and the file that it was read from.
#[derive(Clone, Debug, PartialEq)]
pub struct CatalogEntry {
    /// The scenario.
    pub scenario: Arc<Scenario>,
    /// Its file.
    pub file: SourceFile,
}

/// Scenarios in the order of their ids, each id once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScenarioCatalog {
    entries: Vec<CatalogEntry>,
}

impl ScenarioCatalog {
    /// The catalogue that is embedded in the binary.
    ///
    /// # Errors
    /// [`Problems`] where a file was wrong when the binary was built.
    pub fn embedded(rules: &RuleCatalog) -> Result<Self, Problems> {
        let mut files = Vec::new();
        collect(&DATA, &mut files);
        Self::of(&files, rules).and_then(|catalog| {
            let misplaced: Vec<Problem> = catalog.entries.iter().filter_map(misplaced).collect();
            Problems::or(misplaced, catalog)
        })
    }

    /// The scenarios of `files`.
    ///
    /// # Errors
    /// [`Problems`] of all files together, an id that two of them have among them.
    pub fn of(files: &[SourceFile], rules: &RuleCatalog) -> Result<Self, Problems> {
        let mut entries: Vec<CatalogEntry> = Vec::new();
        let mut problems = Vec::new();
        for file in files {
            match read_scenario(file, rules) {
                Err(wrong) => problems.extend(wrong),
                Ok(scenario) => {
                    let twin = entries
                        .iter()
                        .find(|entry| entry.scenario.id == scenario.id);
                    match twin {
                        Some(twin) => problems.push(twice(file, &scenario.id, &twin.file)),
                        None => entries.push(CatalogEntry {
                            scenario: Arc::new(scenario),
                            file: file.clone(),
                        }),
                    }
                }
            }
        }
        entries.sort_by(|left, right| left.scenario.id.cmp(&right.scenario.id));
        Problems::or(problems, Self { entries })
    }

    /// All entries.
    pub fn entries(&self) -> &[CatalogEntry] {
        &self.entries
    }

    /// All scenarios.
    pub fn scenarios(&self) -> impl Iterator<Item = &Arc<Scenario>> {
        self.entries.iter().map(|entry| &entry.scenario)
    }

    /// The entry with this id.
    pub fn entry(&self, id: &str) -> Option<&CatalogEntry> {
        self.entries
            .iter()
            .find(|entry| entry.scenario.id.as_str() == id)
    }
}

fn collect(directory: &'static Dir<'static>, files: &mut Vec<SourceFile>) {
    for entry in directory.entries() {
        match entry {
            DirEntry::Dir(inner) => collect(inner, files),
            DirEntry::File(file) => {
                if let (Some(path), Some(text)) = (yaml(file.path()), file.contents_utf8()) {
                    files.push(SourceFile::new(format!("catalog/{path}"), text));
                }
            }
        }
    }
}

fn yaml(path: &Path) -> Option<&str> {
    path.to_str().filter(|_| {
        path.extension()
            .is_some_and(|extension| extension == "yaml")
    })
}

fn misplaced(entry: &CatalogEntry) -> Option<Problem> {
    let id = &entry.scenario.id;
    let place = format!("catalog/{id}.yaml");
    (place != *entry.file.name).then(|| {
        Problem::new(
            &entry.file,
            format!("the file of `{id}` has to be `{place}`"),
        )
    })
}

fn twice(file: &SourceFile, id: &ScenarioId, first: &SourceFile) -> Problem {
    use crate::scenario::place_of_key;

    Problem::new(file, format!("id `{id}` is there twice"))
        .at(place_of_key(file, "id"))
        .labelled(format!("{} has it too", first.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_scenario_can_be_read_and_lies_where_its_id_says() {
        let rules = RuleCatalog::embedded().expect("rules");
        let catalog = ScenarioCatalog::embedded(rules).map_err(|problems| problems.to_string());
        assert_eq!(catalog.as_ref().err(), None);
        assert!(catalog.is_ok_and(|catalog| !catalog.entries().is_empty()));
    }

    #[test]
    fn an_id_that_two_files_have_is_a_problem_of_the_second() {
        let rules = RuleCatalog::embedded().expect("rules");
        let text = "id: a/b\ntitle: t\nsignals: [metrics]\nprotocols: [grpc]\nsteps: [exit]\n\
                    expect: [{rule: OBX-SHD-006, ledger: {offered: 0}}]\n";
        let files = [
            SourceFile::new("one.yaml", text),
            SourceFile::new("two.yaml", text),
        ];
        let problems = ScenarioCatalog::of(&files, rules).expect_err("twice");
        assert_eq!(
            problems.to_string(),
            "two.yaml:1:5: id `a/b` is there twice"
        );
    }
}
