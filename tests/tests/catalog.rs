//! The whole catalogue on the reference SDK.
//!
//! In virtual time, one test per scenario: every verdict passes, and the timeline of every cell is what its snapshot
//! says. The cells that need a real clock are run over sockets, by the binary, in one test.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use libtest_mimic::{Arguments, Failed, Trial};
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Metric, metric::Data, number_data_point::Value,
};
use otelbox::catalog::ScenarioCatalog;
use otelbox::judge::{judge, normalized, render};
use otelbox::plan::{Cell, Filter, Plan};
use otelbox::report::{RunTime, RunnerEvent};
use otelbox::rules::RuleCatalog;
use otelbox::run::{Accepted, Recording, RunOptions, Target, record, run};
use otelbox::scenario::{InstrumentKind, Number, Scenario, TimeMode};
use otelbox::sut::OtelboxSdk;
use otelbox::verdict::{CellReport, VerdictKind};
use otelbox_tests::otelbox_binary;

/// The seed of jitter. Any other has to pass as well, but has other times.
const SEED: u64 = 0;

/// Scenarios of this topic are about what stands in the payloads, so that their snapshots show them.
const PAYLOADS: &str = "payload";

/// A payload of more lines is not shown.
const SHOWN_LINES: usize = 400;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let rules = RuleCatalog::embedded().expect("readable rules");
    let catalog = ScenarioCatalog::embedded(rules).expect("readable scenarios");
    let mut trials: Vec<Trial> = catalog
        .scenarios()
        .filter(|scenario| scenario.time != TimeMode::Real)
        .cloned()
        .map(|scenario| {
            Trial::test(scenario.id.to_string(), move || {
                in_virtual_time(&scenario, rules)
            })
        })
        .collect();
    let real: Vec<Scenario> = catalog
        .scenarios()
        .filter(|scenario| scenario.time == TimeMode::Real)
        .map(|scenario| Scenario::clone(scenario))
        .collect();
    trials.push(Trial::test("in real time", move || {
        in_real_time(&real, rules)
    }));
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn in_virtual_time(scenario: &Scenario, rules: &'static RuleCatalog) -> Result<(), Failed> {
    let mut snapshot = format!("{}\n", scenario.title);
    let mut wrong = String::new();
    let mut recordings = Vec::new();
    for cell in Plan::of([scenario], &Filter::default()).cells {
        let cell = Arc::new(cell);
        let recording = record(&cell, &OtelboxSdk::honest(), SEED);
        let report = judge(&recording, rules, Duration::ZERO);
        wrong.push_str(&all_passed(&report));
        let _ = write!(
            snapshot,
            "\n{}\n{}",
            heading(&cell),
            render(&report.timeline)
        );
        if scenario.id.topic() == PAYLOADS {
            snapshot.push_str(&payloads(&recording));
        }
        recordings.push(recording);
    }
    if scenario.id.topic() == "outage" {
        let _ = write!(snapshot, "\n{}", sent_received_lost(&recordings));
    }
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => true }, {
        insta::assert_snapshot!(scenario.id.to_string().replace('/', "__"), snapshot);
    });
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.into())
    }
}

fn in_real_time(scenarios: &[Scenario], rules: &'static RuleCatalog) -> Result<(), Failed> {
    let plan = Plan::of(scenarios, &Filter::default());
    let target = Target::named("otelbox-sdk", otelbox_binary())?;
    let options = RunOptions {
        time: Some(RunTime::Real),
        ..RunOptions::default()
    };
    let mut wrong = String::new();
    let mut cells = 0;
    run(&plan, &target, rules, &options, &mut |event| {
        if let RunnerEvent::CellFinished(report) = event {
            cells += 1;
            let failures = all_passed(&report);
            if !failures.is_empty() {
                let _ = write!(wrong, "{failures}{}", render(&report.timeline));
            }
        }
    })?;
    if cells != plan.cells.len() {
        let _ = writeln!(wrong, "{cells} of {} cells were run", plan.cells.len());
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.into())
    }
}

/// What did not pass, in words; empty where all did. A cell in which nothing was judged has not passed.
fn all_passed(report: &CellReport) -> String {
    let mut wrong = String::new();
    for result in &report.results {
        match result.verdict {
            VerdictKind::Passed | VerdictKind::NotApplicable => {}
            VerdictKind::Failed
            | VerdictKind::ExpectedFailure
            | VerdictKind::Inconclusive
            | VerdictKind::NotRun => {
                let _ = writeln!(
                    wrong,
                    "{}: {} {}\n    requirement: {}\n    expected: {}\n    actual: {}",
                    report.cell,
                    result.rule,
                    result.verdict,
                    result.requirement,
                    result.expected,
                    result.actual
                );
            }
        }
    }
    let passed = |verdict| verdict == VerdictKind::Passed;
    if !report.results.iter().any(|result| passed(result.verdict)) {
        let _ = writeln!(wrong, "{}: nothing was judged", report.cell);
    }
    wrong
}

fn heading(cell: &Cell) -> String {
    match &cell.id.variant {
        Some(variant) => format!("== {}, {}, {variant}", cell.id.signal, cell.id.protocol),
        None => format!("== {}, {}", cell.id.signal, cell.id.protocol),
    }
}

/// The payload of each export as OTLP/JSON, times as offsets from the start.
fn payloads(recording: &Recording) -> String {
    let mut text = String::new();
    for exchange in recording.payloads() {
        let (Some(request), Some(export)) = (exchange.metrics(), exchange.export) else {
            continue;
        };
        let json = format!("{:#}", normalized(request, recording));
        let _ = writeln!(text, "payload of export {export}:");
        if json.lines().count() > SHOWN_LINES {
            let _ = writeln!(text, "({} items)", exchange.items.unwrap_or_default());
        } else {
            let _ = writeln!(text, "{json}");
        }
    }
    text
}

/// One line for each cell and instrument: what was recorded up to the last collection, what the receiver has, what is
/// missing there. Counted here, from the recording alone, and not by the ledger that the judge uses.
fn sent_received_lost(recordings: &[Recording]) -> String {
    let mut table = format!(
        "{:<32} {:<22} {:>8} {:>8} {:>8}\n",
        "cell", "instrument", "sent", "received", "lost"
    );
    for recording in recordings {
        let id = &recording.cell.id;
        let cell = format!(
            "{} {}",
            id.protocol,
            id.variant.as_deref().unwrap_or_default()
        );
        for instrument in &recording.cell.instruments {
            let (sent, received) = (
                sent(recording, &instrument.name, instrument.kind),
                received(recording, &instrument.name),
            );
            let _ = writeln!(
                table,
                "{cell:<32} {:<22} {sent:>8} {received:>8} {:>8}",
                instrument.name,
                sent - received
            );
        }
    }
    table
}

/// A counter's sum, a histogram's count, the last reading of an observable counter.
fn sent(recording: &Recording, name: &str, kind: InstrumentKind) -> f64 {
    let emissions = recording
        .emissions
        .iter()
        .filter(|emission| emission.instrument == name);
    match kind {
        InstrumentKind::Histogram => emissions.map(|emission| emission.times as f64).sum(),
        InstrumentKind::ObservableCounter => emissions
            .filter_map(|emission| emission.value)
            .last()
            .map_or(0.0, Number::as_f64),
        _ => emissions
            .map(|emission| emission.value.map_or(0.0, Number::as_f64) * emission.times as f64)
            .sum(),
    }
}

/// Accepted delta points added up, or the last accepted cumulative ones, for each set of attributes.
fn received(recording: &Recording, name: &str) -> f64 {
    let mut series: BTreeMap<String, f64> = BTreeMap::new();
    for exchange in recording
        .attempts()
        .filter(|exchange| exchange.accepted != Accepted::No)
    {
        let metrics = exchange
            .metrics()
            .into_iter()
            .flat_map(|request| &request.resource_metrics)
            .flat_map(|resource| &resource.scope_metrics)
            .flat_map(|scope| &scope.metrics)
            .filter(|metric| metric.name == name);
        for metric in metrics {
            let (delta, points) = amounts(metric);
            for (attributes, amount) in points {
                let total = series.entry(attributes).or_default();
                *total = if delta { *total + amount } else { amount };
            }
        }
    }
    series.values().sum()
}

/// Whether the metric is delta, and the amount of each of its points by attributes.
fn amounts(metric: &Metric) -> (bool, Vec<(String, f64)>) {
    let is_delta = |temporality| temporality == AggregationTemporality::Delta as i32;
    match &metric.data {
        Some(Data::Sum(sum)) => {
            let points = sum.data_points.iter().map(|point| {
                let amount = match point.value {
                    Some(Value::AsInt(value)) => value as f64,
                    Some(Value::AsDouble(value)) => value,
                    None => 0.0,
                };
                (format!("{:?}", point.attributes), amount)
            });
            (is_delta(sum.aggregation_temporality), points.collect())
        }
        Some(Data::Histogram(histogram)) => {
            let points = histogram
                .data_points
                .iter()
                .map(|point| (format!("{:?}", point.attributes), point.count as f64));
            (
                is_delta(histogram.aggregation_temporality),
                points.collect(),
            )
        }
        _ => (false, Vec::new()),
    }
}
