//! Which cells of a recording are meant.

use globset::{GlobBuilder, GlobMatcher};

use crate::plan::Cell;
use crate::scenario::{RuleId, Step};
use crate::select::SelectError;

/// One selector: an id of a scenario (`*` and `?` match anything), a topic, or a rule.
///
/// Paths of files are none: what was run is in the recording.
#[derive(Clone, Debug)]
pub struct CellSelector {
    text: String,
    glob: GlobMatcher,
}

impl CellSelector {
    /// The selector that is written like this.
    ///
    /// # Errors
    ///
    /// [`SelectError::Pattern`] where it is no pattern.
    pub fn new(text: &str) -> Result<Self, SelectError> {
        let glob = GlobBuilder::new(text)
            .build()
            .map_err(|error| SelectError::Pattern {
                selector: text.to_owned(),
                reason: error.kind().to_string(),
            })?;
        Ok(Self {
            text: text.to_owned(),
            glob: glob.compile_matcher(),
        })
    }

    /// Whether this cell is meant.
    pub fn means(&self, cell: &Cell) -> bool {
        let scenario = &cell.id.scenario;
        let rule = RuleId::from(self.text.as_str());
        self.glob.is_match(scenario.as_str())
            || scenario.topic() == self.text
            || cell.expect.iter().any(|expected| expected.rule == rule)
            || cell
                .steps
                .iter()
                .filter_map(Step::judged_rule)
                .any(|judged| judged == rule)
    }
}

/// Selectors, and which of them have meant something.
#[derive(Clone, Debug, Default)]
pub struct CellSelectors {
    selectors: Vec<(CellSelector, bool)>,
}

impl CellSelectors {
    /// These selectors; none means every cell.
    ///
    /// # Errors
    ///
    /// [`SelectError::Pattern`] for one that is no pattern.
    pub fn new(texts: &[String]) -> Result<Self, SelectError> {
        let selectors: Result<_, SelectError> = texts
            .iter()
            .map(|text| Ok((CellSelector::new(text)?, false)))
            .collect();
        Ok(Self {
            selectors: selectors?,
        })
    }

    /// Whether this cell is meant.
    pub fn mean(&mut self, cell: &Cell) -> bool {
        let mut is_meant = self.selectors.is_empty();
        for (selector, has_meant) in &mut self.selectors {
            if selector.means(cell) {
                *has_meant = true;
                is_meant = true;
            }
        }
        is_meant
    }

    /// Whether no selector leaves anything out.
    pub fn is_empty(&self) -> bool {
        self.selectors.is_empty()
    }

    /// Whether each selector has meant something, after all cells were asked about.
    ///
    /// # Errors
    ///
    /// [`SelectError::NotRecorded`], with the first selector that has meant no cell.
    pub fn all_meant_something(&self) -> Result<(), SelectError> {
        match self.selectors.iter().find(|(_, has_meant)| !has_meant) {
            None => Ok(()),
            Some((selector, _)) => Err(SelectError::NotRecorded {
                selector: selector.text.clone(),
            }),
        }
    }
}
