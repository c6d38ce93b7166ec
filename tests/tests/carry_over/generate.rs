//! Scenarios of random outages, as text.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What was recorded: a total for each instrument and shard. Of histograms the number of values and their sum.
pub(crate) type Sent = BTreeMap<(String, String), (i64, i64)>;

const INTERVAL_MS: u64 = 15_000;

/// Every kind of instrument.
const INSTRUMENTS: &str = r"instruments:
  - { name: otelbox.items, kind: counter }
  - { name: bytes, kind: counter, number: float }
  - { name: open, kind: up_down_counter }
  - { name: duration, kind: histogram }
  - { name: size, kind: histogram, number: integer }
  - { name: level, kind: gauge }
  - { name: read, kind: observable_counter, observe: [{ value: 1 }] }
  - { name: used, kind: observable_up_down_counter, observe: [{ value: 1 }] }
  - { name: heat, kind: observable_gauge, observe: [{ value: 1 }] }
";

const TEMPORALITY: &str = "{ counter: delta, up_down_counter: delta, histogram: delta, \
     observable_counter: delta, observable_up_down_counter: delta }";

/// `SplitMix64`: the same numbers for a seed wherever this runs.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn within(&mut self, range: std::ops::RangeInclusive<u64>) -> u64 {
        range.start() + self.next() % (range.end() - range.start() + 1)
    }

    fn one_of<const N: usize>(&mut self, choices: [&'static str; N]) -> &'static str {
        let last = u64::try_from(N - 1).expect("a short list");
        choices[usize::try_from(self.within(0..=last)).expect("a short list")]
    }

    fn signed(&mut self, most: u64) -> i64 {
        let value = i64::try_from(self.within(0..=2 * most)).expect("a small number");
        value - i64::try_from(most).expect("a small number")
    }
}

/// The scenario of this seed, and what it records.
pub(crate) fn outage(seed: u64) -> (String, Sent) {
    let mut random = Random(seed);
    let protocol = random.one_of(["grpc", "http/protobuf", "http/json"]);
    let cycles = random.within(4..=9);
    let mut sent = Sent::new();
    sent.insert(("read".to_owned(), String::new()), (1, 0));
    sent.insert(("used".to_owned(), String::new()), (1, 0));
    let mut steps = vec![(1, "emit: { items: 1 }".to_owned())];
    add(&mut sent, "otelbox.items", "", 1, 0);
    for cycle in 0..=cycles {
        let starts = cycle * INTERVAL_MS;
        let at = starts + random.within(100..=14_900);
        let items = random.within(1..=50);
        steps.push((at, format!("emit: {{ items: {items} }}")));
        add(&mut sent, "otelbox.items", "", signed(items), 0);
        for _ in 0..random.within(0..=8) {
            let at = starts + random.within(100..=14_900);
            steps.push((at, measurement(&mut random, &mut sent, at)));
        }
    }
    let faults = outages(&mut random, cycles, &mut steps);
    // Readings count as they stand at the end, so that they have to be told in order.
    steps.sort_by_key(|(at, _)| *at);
    let end = (cycles + 1) * INTERVAL_MS + random.within(1..=14_000);
    let mut text = format!(
        "id: carry-over/seed-{seed}\ntitle: a random outage in which nothing is taken\nsignals: [metrics]\n\
         protocols: [{protocol}]\ntime: virtual\n\
         configuration: {{ interval: 15s, timeout: 10s, drop_policy: carry_over, temporality: {TEMPORALITY} }}\n\
         {INSTRUMENTS}{faults}steps:\n"
    );
    for (at, step) in steps {
        let _ = writeln!(text, "  - wait_until: {at}ms\n  - {step}");
        read(&mut sent, &step);
    }
    let _ = write!(
        text,
        "  - wait_until: {end}ms\n  - shutdown: {{ timeout: 5s }}\nexpect:\n\
         \x20 - rule: OBX-CRY-001\n    ledger: {{ lost: 0, repeated: 0 }}\n\
         \x20 - rule: OBX-CRY-002\n    windows: {{ instrument: read, contiguous: true }}\n\
         \x20 - rule: OBX-CRY-006\n    log: {{ level: error, absent: true }}\n"
    );
    (text, sent)
}

/// A measurement of some instrument and shard, and what it adds to what was recorded.
fn measurement(random: &mut Random, sent: &mut Sent, at: u64) -> String {
    let shard = random.one_of(["", "a", "b"]);
    let attributes = if shard.is_empty() {
        String::new()
    } else {
        format!(", attributes: {{ shard: {shard} }}")
    };
    let times = random.within(1..=5);
    let (name, value) = match random.within(0..=7) {
        0 => ("otelbox.items", signed(random.within(1..=99))),
        1 => ("bytes", signed(random.within(1..=99))),
        2 => ("open", random.signed(40)),
        3 => ("duration", signed(random.within(0..=12_000))),
        4 => ("size", signed(random.within(0..=12_000))),
        5 => ("level", random.signed(40)),
        6 => {
            // Grows with time, whatever the order in which steps are made up.
            return format!("observe: {{ instrument: read, value: {} }}", at / 10);
        }
        _ => {
            return format!(
                "observe: {{ instrument: used, value: {} }}",
                random.signed(500)
            );
        }
    };
    let count = signed(times);
    match name {
        "duration" | "size" => add(sent, name, shard, count, count * value),
        "level" => {}
        _ => add(sent, name, shard, count * value, 0),
    }
    format!("record: {{ instrument: {name}, value: {value}, times: {times}{attributes} }}")
}

fn add(sent: &mut Sent, name: &str, shard: &str, amount: i64, sum: i64) {
    let total = sent.entry((name.to_owned(), shard.to_owned())).or_default();
    total.0 += amount;
    total.1 += sum;
}

/// The last reading of a callback is its total.
fn read(sent: &mut Sent, step: &str) {
    for name in ["read", "used"] {
        let told = step
            .strip_prefix(&format!("observe: {{ instrument: {name}, value: "))
            .and_then(|rest| rest.strip_suffix(" }"));
        if let Some(value) = told {
            let value = value.parse().expect("a whole number");
            sent.insert((name.to_owned(), String::new()), (value, 0));
        }
    }
}

/// One to three outages one after another, which are over before the last cycle.
fn outages(random: &mut Random, cycles: u64, steps: &mut Vec<(u64, String)>) -> String {
    let last = cycles * INTERVAL_MS;
    let (mut faults, mut names) = (String::new(), Vec::new());
    let mut from = random.within(1..=last / 2);
    for _ in 0..random.within(1..=3) {
        let to = from + random.within(5_000..=last / 2);
        if to >= last {
            break;
        }
        let wait = random.within(0..=12);
        let then = match random.within(0..=3) {
            0 => {
                steps.push((from, "collector: down".to_owned()));
                steps.push((to, "collector: up".to_owned()));
                from = to + random.within(1..=20_000);
                continue;
            }
            1 => "{ grpc: UNAVAILABLE, http: 503 }".to_owned(),
            2 => format!(
                "{{ grpc: {{ code: UNAVAILABLE, retry_info: {wait}s }}, http: {{ status: 503, retry_after: \"{wait}\" }} }}"
            ),
            _ => format!(
                "{{ grpc: {{ code: RESOURCE_EXHAUSTED, retry_info: {wait}s }}, http: {{ status: 429, retry_after: \"{wait}\" }} }}"
            ),
        };
        let name = format!("outage {}", names.len() + 1);
        let _ = writeln!(
            faults,
            "  - {{ name: {name}, when: {{ window: {{ from: {from}ms, to: {to}ms }} }}, then: {then} }}"
        );
        names.push(name);
        from = to + random.within(1..=20_000);
    }
    if faults.is_empty() {
        faults
    } else {
        // An outage may be over before anything is exported.
        format!("faults:\n{faults}may_not_fire: [{}]\n", names.join(", "))
    }
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).expect("a small number")
}
