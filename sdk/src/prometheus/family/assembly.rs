//! Families while they are put together.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use opentelemetry_proto::tonic::metrics::v1::Metric;

use super::exemplars::exemplars;
use super::labels::{Origins, SharedLabels};
use super::model::{Families, Family, Kind, Series};
use super::name::FamilyName;
use super::points::Point;
use super::problem::{Problem, ProblemKind};

/// Families while they are put together.
#[derive(Default)]
pub(super) struct Assembly<'a> {
    families: Vec<Opened<'a>>,
    /// The index of the family that has a name, or samples of that name.
    names: HashMap<String, usize>,
    problems: Vec<Problem>,
    /// How many points there were.
    points: usize,
}

/// A family to which series are added.
pub(super) struct Opened<'a> {
    family: Family<'a>,
    /// The metrics, each with the number of series before it.
    metrics: Vec<(usize, &'a str)>,
    /// Whether two of its series may have the same labels.
    may_repeat: bool,
}

/// A metric whose points are added to a family.
pub(super) struct Adding<'b, 'a> {
    opened: &'b mut Opened<'a>,
    problems: &'b mut Vec<Problem>,
    metric: &'a str,
    /// The number of its first point in the batch.
    first: usize,
}

impl<'a> Assembly<'a> {
    /// The numbers of the next so many points in the batch.
    pub(super) const fn number(&mut self, points: usize) -> Range<usize> {
        let first = self.points;
        self.points += points;
        first..self.points
    }

    pub(super) fn problem(&mut self, metric: &str, kind: ProblemKind, lost_points: usize) {
        self.problems.push(Problem {
            metric: metric.to_owned(),
            kind,
            lost_points: lost_points as u64,
        });
    }

    /// The family called `name`, as far as `metric` with its `points` can be part of it.
    ///
    /// Spec: Prometheus compatibility, "Metric Metadata" (metrics MUST be dropped where types conflict; of units and
    /// descriptions that do, one stays).
    pub(super) fn open(
        &mut self,
        metric: &'a Metric,
        name: FamilyName,
        kind: Kind,
        points: Range<usize>,
    ) -> Option<Adding<'_, 'a>> {
        let index = match self.names.get(&name.name) {
            Some(&index) => index,
            None => self.families.len(),
        };
        let claimed = claimed_names(&name.name, kind);
        let others = claimed.iter().filter_map(|name| self.names.get(name));
        let conflict = others.copied().find(|other| *other != index);
        let known = self.families.get(index).map(|known| &known.family);
        let differs = known.is_some_and(|known| known.kind != kind || known.name != name.name);
        if let Some(other) = conflict.or(differs.then_some(index)) {
            let family = self.families[other].family.full_name().into_owned();
            self.problem(
                &metric.name,
                ProblemKind::TypeConflict { family },
                points.len(),
            );
            return None;
        }
        if index == self.families.len() {
            self.names
                .extend(claimed.into_iter().map(|name| (name, index)));
            self.families.push(Opened {
                family: Family {
                    name: name.name,
                    kind,
                    help: &metric.description,
                    unit: name.unit,
                    suffix: name.suffix,
                    series: Vec::with_capacity(points.len()),
                },
                metrics: Vec::new(),
                may_repeat: false,
            });
        } else {
            let family = &mut self.families[index].family;
            let mut conflicts = Vec::new();
            if family.help.is_empty() {
                family.help = &metric.description;
            } else if !metric.description.is_empty() && family.help != metric.description {
                conflicts.push(ProblemKind::HelpConflict);
            }
            if family.unit.is_empty() {
                family.unit = name.unit;
            } else if !name.unit.is_empty() && family.unit != name.unit {
                conflicts.push(ProblemKind::UnitConflict);
            }
            for conflict in conflicts {
                self.problem(&metric.name, conflict, 0);
            }
        }
        let opened = &mut self.families[index];
        opened.may_repeat |= !opened.metrics.is_empty();
        opened
            .metrics
            .push((opened.family.series.len(), &metric.name));
        Some(Adding {
            opened,
            problems: &mut self.problems,
            metric: &metric.name,
            first: points.start,
        })
    }

    /// Adds what is known about a resource, each series once.
    pub(super) fn target_info(&mut self, series: Series<'a>) {
        let index = *self.names.entry("target".to_owned()).or_insert_with(|| {
            self.families.push(Opened {
                family: Family {
                    name: "target".to_owned(),
                    kind: Kind::Info,
                    help: "Target metadata",
                    unit: "".into(),
                    suffix: "_info",
                    series: Vec::new(),
                },
                metrics: vec![(0, "target")],
                may_repeat: false,
            });
            self.families.len() - 1
        });
        self.names.insert("target_info".to_owned(), index);
        let family = &mut self.families[index].family;
        if family
            .series
            .iter()
            .all(|known| known.labels != series.labels)
        {
            family.series.push(series);
        }
    }

    /// All of it, without series that would be there twice, and without families that have none.
    pub(super) fn finish(mut self) -> Families<'a> {
        for opened in self.families.iter_mut().filter(|opened| opened.may_repeat) {
            opened.drop_repetitions(&mut self.problems);
        }
        let mut families: Vec<Family<'a>> = self
            .families
            .into_iter()
            .map(|opened| opened.family)
            .filter(|family| !family.series.is_empty())
            .collect();
        families.sort_by(|one, two| one.name.cmp(&two.name));
        Families {
            families,
            problems: self.problems,
        }
    }
}

/// The names that a family of this name takes for itself and its samples.
///
/// Spec: `OpenMetrics` 1.0, "Suffixes" (names MUST NOT clash with those of samples of another family).
fn claimed_names(name: &str, kind: Kind) -> Vec<String> {
    let suffixes: &[&str] = match kind {
        Kind::Counter => &["", "_total", "_created"],
        Kind::Histogram | Kind::ExponentialHistogram => {
            &["", "_bucket", "_count", "_sum", "_created"]
        }
        Kind::Summary => &["", "_count", "_sum", "_created"],
        Kind::Info => &["", "_info"],
        Kind::Gauge | Kind::StateSet | Kind::Unknown => &[""],
    };
    suffixes
        .iter()
        .map(|suffix| format!("{name}{suffix}"))
        .collect()
}

impl<'a> Adding<'_, 'a> {
    /// Adds a series for each of `points`. Only counters and histograms keep their exemplars.
    pub(super) fn add<P: Point>(self, shared: &SharedLabels<'a>, points: &'a [P]) {
        let has_exemplars = matches!(
            self.opened.family.kind,
            Kind::Counter | Kind::Histogram | Kind::ExponentialHistogram
        );
        let mut origins = Origins::new(shared);
        let mut problems: Vec<(ProblemKind, u64)> = Vec::new();
        let mut count = |kind: ProblemKind, lost: u64| match problems
            .iter_mut()
            .find(|(known, _)| *known == kind)
        {
            Some((_, points)) => *points += lost,
            None => problems.push((kind, lost)),
        };
        for (number, point) in (self.first..).zip(points) {
            let value = match point.value() {
                Ok(value) => value,
                Err(problem) => {
                    count(problem, 1);
                    continue;
                }
            };
            if point.lacks_sum(&value) {
                count(ProblemKind::NegativeSum, 0);
            }
            let labels = shared.series(point.attributes(), P::RESERVED);
            for label in labels.reserved {
                count(ProblemKind::ReservedLabel { label }, 0);
            }
            self.opened.may_repeat |= labels.is_rewritten | origins.clash(point.attributes());
            let (start_unix_nano, time_unix_nano) = point.times();
            let exemplars = match point.exemplars() {
                [] => Vec::new(),
                all if has_exemplars => exemplars(shared.naming(), all),
                _ => Vec::new(),
            };
            self.opened.family.series.push(Series {
                labels: labels.labels,
                point: Some(number),
                start_unix_nano,
                time_unix_nano,
                value,
                exemplars,
            });
        }
        let metric = self.metric;
        self.problems
            .extend(problems.into_iter().map(|(kind, lost_points)| Problem {
                metric: metric.to_owned(),
                kind,
                lost_points,
            }));
    }
}

impl Opened<'_> {
    /// Of series with the same labels the first stays.
    fn drop_repetitions(&mut self, problems: &mut Vec<Problem>) {
        let mut seen = HashSet::with_capacity(self.family.series.len());
        let is_new: Vec<bool> = self
            .family
            .series
            .iter()
            .map(|series| seen.insert(series.labels.as_slice()))
            .collect();
        drop(seen);
        for (index, (first, metric)) in self.metrics.iter().enumerate() {
            let end = self.metrics.get(index + 1);
            let end = end.map_or(is_new.len(), |(first, _)| *first);
            let lost = is_new[*first..end]
                .iter()
                .filter(|is_new| !**is_new)
                .count();
            if lost > 0 {
                problems.push(Problem {
                    metric: (*metric).to_owned(),
                    kind: ProblemKind::Duplicate,
                    lost_points: lost as u64,
                });
            }
        }
        let mut is_new = is_new.into_iter();
        self.family.series.retain(|_| is_new.next().unwrap_or(true));
    }
}
