//! A thousand random outages in which nothing was taken, with `drop_policy: carry_over` and delta temporality: what was
//! accepted is what was recorded, exactly.
//!
//! Each outage has a seed; a failure names it and prints the scenario, which `otelbox run FILE` runs again.

mod account;
mod generate;

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use otelbox::judge::{judge, render};
use otelbox::plan::{Filter, Plan};
use otelbox::rules::RuleCatalog;
use otelbox::run::record;
use otelbox::scenario::{SourceFile, read_scenario};
use otelbox::sut::OtelboxSdk;
use otelbox::verdict::VerdictKind;

use generate::Sent;

const OUTAGES: u64 = 1000;

#[test]
fn a_thousand_random_outages_lose_nothing() {
    let rules = RuleCatalog::embedded().expect("readable rules");
    let next = AtomicU64::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (mut wrong, mut cycles_lost, mut refused) = (Vec::new(), 0, 0);
    std::thread::scope(|scope| {
        let work = || {
            let mut results = Vec::new();
            loop {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed >= OUTAGES {
                    return results;
                }
                let (text, sent) = generate::outage(seed);
                results.push((seed, judged(seed, rules, &text, &sent)));
            }
        };
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            for (seed, seen) in worker.join().expect("a worker that ends") {
                cycles_lost += seen.given_up;
                refused += usize::from(seen.given_up > 0);
                if !seen.wrong.is_empty() {
                    wrong.push((seed, seen.wrong));
                }
            }
        }
    });
    wrong.sort();
    let seeds: Vec<u64> = wrong.iter().map(|(seed, _)| *seed).collect();
    if let Some((seed, text)) = wrong.first() {
        panic!(
            "{} of {OUTAGES} outages: {seeds:?}\nseed {seed}:\n{text}",
            wrong.len()
        );
    }
    // Outages that cost no export prove nothing.
    assert!(
        refused > 800 && cycles_lost > 1500,
        "{refused} outages in which exports were given up, {cycles_lost} exports"
    );
}

#[test]
fn without_carry_over_the_same_outages_are_seen_to_lose() {
    let rules = RuleCatalog::embedded().expect("readable rules");
    for seed in 0..20 {
        let (text, sent) = generate::outage(seed);
        let carried = judged(seed, rules, &text, &sent);
        let dropped = text.replace("drop_policy: carry_over", "drop_policy: drop");
        let dropped = judged(seed, rules, &dropped, &sent);
        assert_eq!(
            carried.given_up > 0,
            dropped.wrong.contains("recorded {"),
            "seed {seed}: {} exports given up; {}",
            carried.given_up,
            dropped.wrong
        );
    }
}

struct Seen {
    /// What is not as it should be; empty where all is.
    wrong: String,
    /// How many exports were given up.
    given_up: usize,
}

fn judged(seed: u64, rules: &'static RuleCatalog, text: &str, sent: &Sent) -> Seen {
    let file = SourceFile::new(format!("seed-{seed}.yaml"), text);
    let scenario = match read_scenario(&file, rules) {
        Ok(scenario) => scenario,
        Err(problems) => {
            return Seen {
                wrong: format!("{problems}\n{text}"),
                given_up: 0,
            };
        }
    };
    let mut wrong = String::new();
    let mut given_up = 0;
    for cell in Plan::of([&scenario], &Filter::default()).cells {
        let recording = record(&Arc::new(cell), &OtelboxSdk::honest(), seed);
        wrong.push_str(&account::compare(&recording, sent));
        given_up += recording
            .log
            .iter()
            .filter(|line| line.text.contains("metrics kept for the next export"))
            .count();
        let report = judge(&recording, rules, Duration::ZERO);
        for result in &report.results {
            if !matches!(
                result.verdict,
                VerdictKind::Passed | VerdictKind::NotApplicable
            ) {
                let _ = writeln!(
                    wrong,
                    "{} {}: expected {}; actual {}",
                    result.rule, result.verdict, result.expected, result.actual
                );
            }
        }
        if !wrong.is_empty() {
            let _ = writeln!(wrong, "{}\n{text}", render(&report.timeline));
        }
    }
    Seen { wrong, given_up }
}
