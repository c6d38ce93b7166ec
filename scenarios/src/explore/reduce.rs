//! Smaller scenarios that nobody drew: one without this step, that fault, or this setting.

use crate::scenario::{Configuration, Environment, Fault, Scenario, Step};

/// A way to make a scenario smaller; none where it has been made so.
pub(super) type Piece = Box<dyn Fn(&Scenario) -> Option<Scenario>>;

/// The ways to make `scenario` smaller by one piece, those first that take away most. Places are counted from the end, so
/// that taking one away leaves the others where they were.
pub(super) fn pieces(scenario: &Scenario) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for place in (0..scenario.steps.len()).rev() {
        pieces.push(Box::new(move |scenario| {
            // A scenario without a step is none.
            if scenario.steps.len() < 2 {
                return None;
            }
            without(&scenario.steps, place).map(|steps| Scenario {
                steps,
                ..scenario.clone()
            })
        }));
    }
    for place in (0..scenario.faults.len()).rev() {
        pieces.push(Box::new(move |scenario| {
            without(&scenario.faults, place).map(|faults| Scenario {
                faults,
                ..scenario.clone()
            })
        }));
        pieces.push(Box::new(move |scenario| {
            let fault = scenario.faults.get(place)?;
            let mut smaller = scenario.clone();
            *smaller.faults.get_mut(place)? = plainer(fault)?;
            Some(smaller)
        }));
    }
    for change in SETTINGS {
        pieces.push(Box::new(move |scenario| {
            let mut smaller = scenario.clone();
            change(&mut smaller.configuration);
            (smaller != *scenario).then_some(smaller)
        }));
    }
    pieces.push(Box::new(|scenario| {
        let mut smaller = scenario.clone();
        (smaller.receiver.tls, smaller.env) = (None, Environment::default());
        (smaller != *scenario).then_some(smaller)
    }));
    pieces.push(Box::new(|scenario| {
        let mut smaller = scenario.clone();
        for step in &mut smaller.steps {
            if let Step::Emit(emit) = step {
                emit.attributes.clear();
            }
        }
        (smaller != *scenario).then_some(smaller)
    }));
    pieces
}

fn without<T: Clone>(all: &[T], place: usize) -> Option<Vec<T>> {
    let mut rest = all.to_vec();
    (place < rest.len()).then(|| {
        rest.remove(place);
        rest
    })
}

/// A fault that fires always.
fn plainer(fault: &Fault) -> Option<Fault> {
    let plain = Fault {
        lasts: None,
        times: None,
        probability: None,
        ..fault.clone()
    };
    (plain != *fault).then_some(plain)
}

/// Each leaves one setting to its default, or all that hang together.
const SETTINGS: [fn(&mut Configuration); 13] = [
    |it| it.exporter_timeout = None,
    |it| it.attempt_timeout = None,
    |it| it.compression = None,
    |it| it.max_request_bytes = None,
    |it| it.max_response_bytes = None,
    |it| (it.timeout, it.allow_slow_cycles) = (None, None),
    |it| (it.interval, it.timeout, it.allow_slow_cycles) = (None, None, None),
    |it| it.drop_policy = None,
    |it| it.temporality = None,
    |it| it.processor = None,
    |it| it.schedule_delay = None,
    |it| it.export_timeout = None,
    |it| (it.max_queue_size, it.max_export_batch_size) = (None, None),
];
