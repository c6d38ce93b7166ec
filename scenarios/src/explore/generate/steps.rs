//! Random steps.

use indexmap::IndexMap;
use proptest::prelude::*;
use proptest::sample::select;

use super::{HISTOGRAM, faults};
use crate::scenario::{
    AttributeValue, Attributes, Call, CollectorState, Emit, ExpectedResult, Number, Record, Step,
    TextDuration,
};

/// After the last call whatever is still under way has this long to show itself.
const SILENCE: TextDuration = TextDuration::from_secs(120);

/// So that what is emitted after a shutdown is not emitted at the very time of it.
const PAUSE: TextDuration = TextDuration::from_millis(5);

/// Steps that end with a shutdown in most cases, and in silence.
pub(super) fn several() -> impl Strategy<Value = Vec<Step>> {
    (
        emit(),
        prop::collection::vec(step(), 1..=11),
        prop::option::weighted(0.95, (limit(), prop::collection::vec(late(), 0..=3))),
    )
        .prop_map(|(first, mut steps, ending)| {
            steps.insert(0, first);
            if let Some((limit, late)) = ending {
                steps.push(Step::Shutdown(call(limit)));
                if !late.is_empty() {
                    steps.push(Step::Wait(PAUSE));
                    steps.extend(late);
                }
            }
            steps.push(Step::Wait(SILENCE));
            steps
        })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        7 => emit(),
        1 => record(),
        6 => wait(),
        4 => limit().prop_map(|limit| Step::ForceFlush(call(limit))),
        1 => select(vec![CollectorState::Up, CollectorState::Down]).prop_map(Step::Collector),
        1 => faults::several(0..=3).prop_map(Step::Faults),
    ]
}

/// What a program may still do after a shutdown.
fn late() -> impl Strategy<Value = Step> {
    prop_oneof![
        emit(),
        limit().prop_map(|limit| Step::ForceFlush(call(limit))),
        limit().prop_map(|limit| Step::Shutdown(call(limit))),
        wait(),
    ]
}

fn emit() -> impl Strategy<Value = Step> {
    (1_u64..=12, attributes()).prop_map(|(items, attributes)| {
        Step::Emit(Emit {
            items,
            attributes,
            unsampled: false,
            span: None,
            in_span: false,
        })
    })
}

fn record() -> impl Strategy<Value = Step> {
    (1_u32..=1_000, 1_u64..=5, attributes()).prop_map(|(value, times, attributes)| {
        Step::Record(Record {
            instrument: HISTOGRAM.to_owned(),
            value: Number::Integer(value.into()),
            times,
            attributes,
            spread: None,
        })
    })
}

fn attributes() -> impl Strategy<Value = Attributes> {
    select(vec!["", "a", "b"]).prop_map(|value| {
        let mut attributes = IndexMap::new();
        if !value.is_empty() {
            attributes.insert("kind".to_owned(), AttributeValue::Text(value.to_owned()));
        }
        attributes
    })
}

/// Moments, and times in which cycles, retries and deadlines pass.
fn wait() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => (1_u64..=50).prop_map(|moments| moments * 23),
        2 => (1_u64..=300).prop_map(|longer| longer * 103),
    ]
    .prop_map(|millis| Step::Wait(TextDuration::from_millis(millis)))
}

fn limit() -> impl Strategy<Value = Option<TextDuration>> {
    prop::option::weighted(
        0.85,
        prop_oneof![
            1 => (1_u64..=20).prop_map(|short| short * 50),
            2 => (1_u64..=40).prop_map(|longer| longer * 500),
        ]
        .prop_map(TextDuration::from_millis),
    )
}

fn call(timeout: Option<TextDuration>) -> Call {
    Call {
        timeout,
        expect: ExpectedResult::Any,
        rule: None,
    }
}
