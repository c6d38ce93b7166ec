//! Runs many cases side by side, and makes what it finds smaller.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::case::{Case, Violation, run};
use super::counterexample::Counterexample;
use super::shrink::{Shrunk, Trial, shrink};
use super::tally::{Counted, Tally};
use crate::plan::Filter;
use crate::rules::RuleCatalog;
use crate::run::{Ended, cores, in_order};
use crate::scenario::check::Invariant;
use crate::sut::SutFactory;

/// What to explore, and with what.
pub struct Explorer {
    /// How many cases.
    pub cases: u64,
    /// Which cases: the same seed gives the same ones. Default: 0.
    pub seed: u64,
    /// How many run at a time; it changes nothing but the time. Default: one for each core.
    pub jobs: Option<NonZeroUsize>,
    /// Only these signals and protocols.
    pub filter: Filter,
    /// End after the first case in which anything does not hold.
    pub stops_at_the_first: bool,
    /// The SDK.
    pub factory: Arc<dyn SutFactory>,
    /// The rules.
    pub rules: &'static RuleCatalog,
    /// Set from outside to end it early.
    pub stop: Arc<AtomicBool>,
}

/// What an exploration came to.
#[derive(Clone, Debug)]
pub struct Exploration {
    /// The counts.
    pub tally: Tally,
    /// The first case of each rule that did not hold, made smaller.
    pub counterexamples: Vec<Counterexample>,
    /// Whether it was ended early from outside.
    pub interrupted: bool,
}

impl Explorer {
    /// Whether the filter leaves anything to run: any of its signals over any of its protocols.
    pub fn has_cases(&self) -> bool {
        self.case(1).scenario(&self.filter).is_some()
    }

    /// Runs the cases; `progress` is told what there is after each.
    pub fn explore(&self, mut progress: impl FnMut(&Tally)) -> Exploration {
        let mut tally = Tally::default();
        let enough = Arc::new(AtomicBool::new(false));
        let jobs = self.jobs.unwrap_or_else(cores);
        let mut before = 0;
        while before < self.cases && !self.is_over(&enough) {
            let count = PORTION.min(self.cases - before);
            let job = self.job(&enough, before);
            in_order(index(count), jobs, job, |index, ended| {
                let counted = match ended {
                    Ended::With(Some(counted)) => counted,
                    // It was not run any more.
                    Ended::With(None) => return,
                    Ended::Hung => Counted::violating(hung()),
                };
                if enough.load(Ordering::Relaxed) {
                    return;
                }
                if self.stops_at_the_first && counted.is_violating() {
                    enough.store(true, Ordering::Relaxed);
                }
                tally.add(self.case(before + index as u64 + 1), counted);
                progress(&tally);
            });
            before += count;
        }
        let counterexamples = self.counterexamples(&tally);
        Exploration {
            tally,
            counterexamples,
            interrupted: self.stop.load(Ordering::Relaxed),
        }
    }

    fn is_over(&self, enough: &AtomicBool) -> bool {
        self.stop.load(Ordering::Relaxed) || enough.load(Ordering::Relaxed)
    }

    fn case(&self, number: u64) -> Case {
        Case {
            seed: self.seed,
            number,
        }
    }

    /// Runs the case at an index, after so many others; none where it is not wanted any more.
    fn job(
        &self,
        enough: &Arc<AtomicBool>,
        before: u64,
    ) -> impl Fn(usize) -> Option<Counted> + Send + Sync + use<> {
        let (factory, rules) = (Arc::clone(&self.factory), self.rules);
        let (stop, enough) = (Arc::clone(&self.stop), Arc::clone(enough));
        let (filter, seed) = (self.filter.clone(), self.seed);
        move |index| {
            if stop.load(Ordering::Relaxed) || enough.load(Ordering::Relaxed) {
                return None;
            }
            let number = before + index as u64 + 1;
            let ran = Case { seed, number }
                .scenario(&filter)
                .and_then(|scenario| run(&scenario, factory.as_ref(), rules));
            Some(ran.map_or_else(|| Counted::broken("there was no scenario"), Counted::of))
        }
    }

    /// The first case of each rule that did not hold, made smaller: in the order of the cases.
    fn counterexamples(&self, tally: &Tally) -> Vec<Counterexample> {
        let mut found = Vec::new();
        for (rule, broken) in &tally.violations {
            if self.stop.load(Ordering::Relaxed) || broken.seen == HUNG {
                continue;
            }
            let case = self.case(broken.first);
            let trial = Trial {
                factory: self.factory.as_ref(),
                rules: self.rules,
                rule,
                is_over: &|| self.stop.load(Ordering::Relaxed),
            };
            if let Some(Shrunk {
                scenario,
                violation,
                runs,
            }) = shrink(case, &self.filter, &trial)
            {
                found.push(Counterexample {
                    case: case.number,
                    violation,
                    runs,
                    scenario,
                });
            }
        }
        found
    }
}

/// So many cases are begun before anybody looks whether it is enough.
const PORTION: u64 = 5_000;

fn index(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// What is seen of a case that does not end. It is not made smaller: that would take a minute for each step.
const HUNG: &str = "it was busy for a minute of wall time without an end";

fn hung() -> Violation {
    Violation {
        rule: Invariant::NothingLeft.rule(),
        expected: "an end".to_owned(),
        seen: HUNG.to_owned(),
    }
}
