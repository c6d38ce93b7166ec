//! All rules, from the data that is embedded in the binary.

use std::sync::LazyLock;

use include_dir::{Dir, include_dir};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::Rule;
use crate::scenario::RuleId;

static DATA: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/rules");

static EMBEDDED: LazyLock<Result<RuleCatalog, RuleCatalogError>> = LazyLock::new(|| {
    RuleCatalog::read(DATA.files().filter_map(|file| {
        let path = file.path();
        path.extension()
            .is_some_and(|extension| extension == "yaml")
            .then_some((path.to_str()?, file.contents_utf8()))
    }))
});

/// The rules of one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleGroup {
    /// Three letters, the middle part of the ids of the specification's rules.
    pub group: String,
    /// What the rules are about.
    pub topic: String,
    /// The rules.
    pub rules: Vec<Rule>,
}

/// All rules by id, in the order of the groups' files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleCatalog {
    rules: IndexMap<RuleId, Rule>,
    groups: Vec<(String, String)>,
}

/// Rule data that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("rules/{file}: {reason}")]
#[non_exhaustive]
pub struct RuleCatalogError {
    /// The file below `rules/`.
    pub file: String,
    /// Why it cannot be used.
    pub reason: String,
}

impl RuleCatalog {
    /// The catalogue that is embedded in the binary.
    ///
    /// # Errors
    /// [`RuleCatalogError`] where the data was wrong when the binary was built.
    pub fn embedded() -> Result<&'static Self, RuleCatalogError> {
        EMBEDDED.as_ref().map_err(Clone::clone)
    }

    fn read<'a>(
        files: impl Iterator<Item = (&'a str, Option<&'a str>)>,
    ) -> Result<Self, RuleCatalogError> {
        let mut files: Vec<_> = files.collect();
        files.sort_unstable();
        let mut catalog = Self::default();
        for (file, text) in files {
            let failure = |reason: String| RuleCatalogError {
                file: file.to_owned(),
                reason,
            };
            let text = text.ok_or_else(|| failure("not UTF-8".to_owned()))?;
            let group: RuleGroup =
                serde_saphyr::from_str(text).map_err(|error| failure(error.to_string()))?;
            catalog.groups.push((group.group, group.topic));
            for rule in group.rules {
                if let Some(twice) = catalog.rules.insert(rule.id.clone(), rule) {
                    return Err(failure(format!("rule `{}` is there twice", twice.id)));
                }
            }
        }
        Ok(catalog)
    }

    /// The rule with this id.
    pub fn rule(&self, id: &RuleId) -> Option<&Rule> {
        self.rules.get(id)
    }

    /// All rules.
    pub fn rules(&self) -> impl ExactSizeIterator<Item = &Rule> + Clone {
        self.rules.values()
    }

    /// What a group of rules is about, by the middle part of their ids.
    pub fn topic(&self, group: &str) -> Option<&str> {
        self.groups
            .iter()
            .find(|(name, _)| name == group)
            .map(|(_, topic)| topic.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::PROGRAM;

    #[test]
    fn the_embedded_rules_are_complete() {
        let catalog = RuleCatalog::embedded().expect("readable rules");
        let ours = catalog
            .rules()
            .filter(|rule| rule.id.as_str().starts_with("OBX-"));
        assert!(ours.clone().all(|rule| match rule.id.as_str() {
            id if id.starts_with("OBX-PRG-") => rule.applies_to == [PROGRAM],
            _ => rule.applies_to == ["otelbox-sdk"],
        }));
        let of_the_specification = catalog.rules().len() - ours.count();
        assert_eq!(of_the_specification, 329);
        let core = catalog
            .rules()
            .filter(|rule| rule.profile == 1 && rule.applies_to.is_empty())
            .count();
        assert_eq!(core, 148);
        assert!(catalog.rules().all(|rule| matches!(rule.profile, 1 | 2)));
        assert!(
            catalog
                .rules()
                .all(|rule| !rule.sentence.is_empty() && !rule.source.is_empty())
        );
    }

    #[test]
    fn a_rule_that_is_there_twice_is_refused() {
        let rule = "{id: A, profile: 1, level: MUST, sentence: s, source: o, section: e, test: t}";
        let text = format!("group: A\ntopic: a\nrules: [{rule}, {rule}]\n");
        let error = RuleCatalog::read([("a.yaml", Some(text.as_str()))].into_iter());
        assert_eq!(
            error.expect_err("twice").to_string(),
            "rules/a.yaml: rule `A` is there twice"
        );
    }
}
