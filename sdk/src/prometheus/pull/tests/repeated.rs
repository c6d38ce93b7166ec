//! A page that was written by filling in numbers is the page that the batch would have been written as.

use proptest::prelude::*;
use tokio::runtime::Builder;
use tokio::time::sleep;

use super::clients::seconds;
use super::pair::Pair;
use super::program::{KINDS, Measurement, OBSERVABLES, Step};
use crate::prometheus::family::{Escaping, TranslationStrategy};
use crate::prometheus::pull::exposition::Shape;
use crate::prometheus::text::{Compressed, Format};

const TEXT: Shape = (Format::Text, Compressed::No);
const OPEN_METRICS: Shape = (Format::OpenMetrics(Escaping::Underscores), Compressed::No);
const UTF8: Shape = (Format::Text1(Escaping::AllowUtf8), Compressed::No);
const SHAPES: [Shape; 11] = [
    TEXT,
    OPEN_METRICS,
    UTF8,
    (Format::Text1(Escaping::Underscores), Compressed::No),
    (Format::Text1(Escaping::Dots), Compressed::No),
    (Format::Text1(Escaping::Values), Compressed::No),
    (Format::OpenMetrics(Escaping::AllowUtf8), Compressed::No),
    (Format::OpenMetrics(Escaping::Dots), Compressed::No),
    (Format::OpenMetrics0, Compressed::No),
    (Format::Text, Compressed::Gzip),
    (Format::OpenMetrics(Escaping::AllowUtf8), Compressed::Gzip),
];

fn strategy() -> impl Strategy<Value = TranslationStrategy> {
    prop_oneof![
        Just(TranslationStrategy::UnderscoreEscapingWithSuffixes),
        Just(TranslationStrategy::UnderscoreEscapingWithoutSuffixes),
        Just(TranslationStrategy::NoUtf8EscapingWithSuffixes),
        Just(TranslationStrategy::NoTranslation),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let measurement = (
        (0..3_usize, 0..KINDS, 0..9_usize),
        (0..4_usize, 0..3_usize, 0..16_usize),
        -20..2000_i32,
    );
    let measurement = measurement.prop_map(
        |((scope, kind, name), (unit, description, series), amount)| Measurement {
            scope,
            kind,
            name,
            unit,
            description,
            series,
            amount,
        },
    );
    let value = prop_oneof![3 => (-9..9_i32).prop_map(Some), 1 => Just(None)];
    let observe = (0..OBSERVABLES, 0..16_usize, value);
    prop_oneof![
        4 => measurement.prop_map(Step::Measure),
        2 => (-3..30_i32).prop_map(Step::MeasureAgain),
        3 => observe.prop_map(|(instrument, series, value)| Step::Observe {
            instrument,
            series,
            value,
        }),
    ]
}

/// What happens before a scrape, and in which shapes it is.
fn round() -> impl Strategy<Value = (Vec<Step>, Vec<Shape>)> {
    let shapes = prop::sample::subsequence(SHAPES.to_vec(), 1..=3);
    (prop::collection::vec(step(), 0..6), shapes)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn both_write_the_same_whatever_changes_between_scrapes(
        strategy in strategy(),
        rounds in prop::collection::vec(round(), 1..12),
    ) {
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.expect("a runtime").block_on(async {
            let mut pair = Pair::new(strategy);
            for (steps, shapes) in rounds {
                for step in &steps {
                    pair.program.step(step);
                }
                sleep(seconds(1)).await;
                pair.scrape(&shapes).await;
                pair.program.step(&Step::MeasureAgain(1));
                sleep(seconds(1)).await;
                pair.scrape(&shapes).await;
            }
        });
    }
}

/// Whether the second of two scrapes repeats the first with other numbers, where `steps` are between them.
async fn repeats(pair: &mut Pair, steps: &[Step]) -> bool {
    pair.scrape(&[TEXT]).await;
    for step in steps {
        pair.program.step(step);
    }
    pair.scrape(&[TEXT]).await
}

fn measure(kind: usize, name: usize, series: usize, amount: i32) -> Step {
    Step::Measure(Measurement {
        kind,
        name,
        series,
        amount,
        ..Measurement::default()
    })
}

fn observe(series: usize, value: Option<i32>) -> Step {
    Step::Observe {
        instrument: 0,
        series,
        value,
    }
}

/// A counter that conflicts with a histogram, two histograms, one of them exponential, and an observable gauge of many series.
fn pair(strategy: TranslationStrategy) -> Pair {
    let mut pair = Pair::new(strategy);
    for step in [
        measure(0, 3, 1, 1),
        measure(0, 4, 1, 1),
        measure(5, 3, 1, 1),
        measure(5, 0, 1, 8),
        measure(5, 1, 1, 8),
    ] {
        pair.program.step(&step);
    }
    for series in 0..16 {
        pair.program.step(&observe(series, Some(1)));
    }
    pair
}

#[tokio::test(start_paused = true)]
async fn other_numbers_of_the_same_series_are_filled_in() {
    let mut pair = pair(TranslationStrategy::default());
    assert!(repeats(&mut pair, &[]).await, "nothing new");
    for amount in 1..9 {
        let steps = [
            measure(0, 3, 1, amount),
            measure(5, 3, 1, amount),
            measure(5, 0, 1, amount * 100),
            measure(5, 1, 1, 8),
            observe(1, Some(amount)),
            // The same attributes as another one has.
            observe(16 + 2, Some(-amount)),
        ];
        assert!(repeats(&mut pair, &steps).await, "{amount}");
    }
}

#[tokio::test(start_paused = true)]
async fn anything_else_that_is_new_is_written_anew() {
    let mut pair = pair(TranslationStrategy::default());
    for (what, step) in [
        ("a series", measure(0, 3, 2, 1)),
        ("an instrument", measure(3, 7, 1, 1)),
        ("an observed series less", observe(5, None)),
        ("a sum that may fall", measure(5, 0, 1, -4)),
        (
            "a bucket of an exponential histogram",
            measure(5, 1, 1, 800),
        ),
    ] {
        assert!(!repeats(&mut pair, &[step]).await, "{what}");
        assert!(repeats(&mut pair, &[]).await, "{what}: it is known then");
    }
}

#[tokio::test(start_paused = true)]
async fn each_format_that_is_asked_for_is_repeated_once_it_was_written() {
    let pair = pair(TranslationStrategy::default());
    assert!(!pair.scrape(&[TEXT]).await, "nothing to repeat");
    assert!(pair.scrape(&[TEXT]).await);
    assert!(
        !pair.scrape(&[OPEN_METRICS]).await,
        "the first in its format"
    );
    for shapes in [&SHAPES[..], &[TEXT], &[OPEN_METRICS], &[TEXT]] {
        assert!(pair.scrape(shapes).await, "{shapes:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_escaping_of_names_is_repeated_once_it_was_written() {
    let mut pair = pair(TranslationStrategy::NoTranslation);
    assert!(!pair.scrape(&[TEXT]).await, "nothing to repeat");
    assert!(!pair.scrape(&[UTF8]).await, "the first in its escaping");
    assert!(!pair.scrape(&SHAPES).await, "two are there already");
    for shapes in [&SHAPES[..], &[TEXT], &[UTF8]] {
        pair.program.step(&measure(0, 3, 1, 5));
        assert!(pair.scrape(shapes).await, "{shapes:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn names_that_all_clients_take_are_written_once_for_all() {
    let pair = pair(TranslationStrategy::default());
    assert!(!pair.scrape(&[TEXT]).await, "nothing to repeat");
    assert!(pair.scrape(&[UTF8]).await, "it is the page that there is");
}
