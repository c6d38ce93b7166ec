//! What is in a request, read from its bytes alone: nothing of the exporter's is used.

use std::fmt::Write as _;

/// A field of a message as it stands on the wire.
#[derive(Clone, Copy, Debug)]
enum Field<'a> {
    Varint(u64),
    Fixed64(u64),
    Bytes(&'a [u8]),
}

impl<'a> Field<'a> {
    #[track_caller]
    fn bytes(self) -> &'a [u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            other => panic!("{other:?} is not bytes"),
        }
    }

    #[track_caller]
    fn text(self) -> String {
        String::from_utf8(self.bytes().to_vec()).expect("UTF-8")
    }

    #[track_caller]
    fn varint(self) -> u64 {
        match self {
            Self::Varint(number) => number,
            other => panic!("{other:?} is not a varint"),
        }
    }

    #[track_caller]
    fn int64(self) -> i64 {
        self.varint().cast_signed()
    }

    #[track_caller]
    fn sint(self) -> i64 {
        zigzag(self.varint())
    }

    #[track_caller]
    fn double(self) -> f64 {
        match self {
            Self::Fixed64(bits) => f64::from_bits(bits),
            other => panic!("{other:?} is not a double"),
        }
    }
}

fn zigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

/// A value of a series, with its bits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value(pub(crate) f64);

/// A sample or a native histogram.
#[derive(Clone, Debug)]
pub(crate) struct Point {
    pub(crate) time: i64,
    pub(crate) start: i64,
    pub(crate) value: Value,
    /// What a histogram holds beside its sum.
    pub(crate) histogram: Option<String>,
}

/// A measurement that stands for others: its labels, its value and its time.
type Exemplar = (Vec<(String, String)>, f64, i64);

/// One series of a request.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    pub(crate) labels: Vec<(String, String)>,
    pub(crate) points: Vec<Point>,
    exemplars: Vec<Exemplar>,
    /// Type, help and unit.
    metadata: Option<(u64, String, String)>,
}

impl Series {
    /// The name and the labels, as people write them.
    pub(crate) fn name(&self) -> String {
        let name = self.labels.iter().find(|(name, _)| name == "__name__");
        let (_, name) = name.expect("a name");
        let labels: Vec<String> = self
            .labels
            .iter()
            .filter(|(name, _)| name != "__name__")
            .map(|(name, value)| format!("{name}={value:?}"))
            .collect();
        format!("{name}{{{}}}", labels.join(","))
    }

    pub(crate) fn is_stale(&self) -> bool {
        self.points
            .iter()
            .all(|point| point.value.0.to_bits() == 0x7ff0_0000_0000_0002)
    }
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0.to_bits() {
            0x7ff0_0000_0000_0002 => f.write_str("STALE"),
            0x7ff8_0000_0000_0001 => f.write_str("NaN"),
            bits if self.0.is_nan() => write!(f, "NaN({bits:x})"),
            _ => write!(f, "{}", self.0),
        }
    }
}

/// The protobuf message in a body.
pub(crate) fn decompressed(body: &[u8]) -> Vec<u8> {
    snap::raw::Decoder::new()
        .decompress_vec(body)
        .expect("snappy's block format")
}

/// The series of a request of 1.0.
pub(crate) fn v1(body: &[u8]) -> Vec<Series> {
    let message = decompressed(body);
    fields(&message)
        .into_iter()
        .map(|(tag, field)| {
            assert_eq!(tag, 1, "only series");
            let fields = fields(field.bytes());
            let labels = of(&fields, 1)
                .map(|label| {
                    let label = self::fields(label.bytes());
                    (one(&label, 1).text(), one(&label, 2).text())
                })
                .collect();
            let points = of(&fields, 2).map(|sample| sample_of(sample.bytes(), false));
            let series = Series {
                labels,
                points: points.collect(),
                exemplars: Vec::new(),
                metadata: None,
            };
            assert!(fields.iter().all(|(tag, _)| [1, 2].contains(tag)));
            checked(series)
        })
        .collect()
}

/// The series of a request of 2.0.
pub(crate) fn v2(body: &[u8]) -> Vec<Series> {
    let message = decompressed(body);
    let fields = fields(&message);
    assert!(fields.iter().all(|(tag, _)| [4, 5].contains(tag)));
    let symbols: Vec<String> = of(&fields, 4).map(Field::text).collect();
    assert_eq!(
        symbols.first().map(String::as_str),
        Some(""),
        "begins empty"
    );
    let mut distinct = symbols.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), symbols.len(), "each text once");
    let symbol = |place: u64| symbols[usize::try_from(place).expect("a place")].clone();
    let labels = |field: Option<Field<'_>>| {
        let places = field.map_or_else(Vec::new, |field| varints(field.bytes()));
        assert_eq!(places.len() % 2, 0, "names with values");
        let pairs = places
            .chunks(2)
            .map(|pair| (symbol(pair[0]), symbol(pair[1])));
        pairs.collect::<Vec<_>>()
    };
    of(&fields, 5)
        .map(|series| {
            let fields = self::fields(series.bytes());
            assert!(fields.iter().all(|(tag, _)| (1..=5).contains(tag)));
            let samples = of(&fields, 2).map(|sample| sample_of(sample.bytes(), true));
            let histograms = of(&fields, 3).map(|histogram| histogram_of(histogram.bytes()));
            let exemplars = of(&fields, 4).map(|exemplar| {
                let exemplar = self::fields(exemplar.bytes());
                (
                    labels(first(&exemplar, 1)),
                    first(&exemplar, 2).map_or(0.0, Field::double),
                    one(&exemplar, 3).int64(),
                )
            });
            let metadata = first(&fields, 5).map(|metadata| {
                let metadata = self::fields(metadata.bytes());
                let number = |tag| first(&metadata, tag).map_or(0, Field::varint);
                (number(1), symbol(number(3)), symbol(number(4)))
            });
            let is_mixed = of(&fields, 2).count() > 0 && of(&fields, 3).count() > 0;
            assert!(!is_mixed, "samples or histograms");
            checked(Series {
                labels: labels(first(&fields, 1)),
                points: samples.chain(histograms).collect(),
                exemplars: exemplars.collect(),
                metadata,
            })
        })
        .collect()
}

/// What holds for each series, whatever the protocol.
#[track_caller]
fn checked(series: Series) -> Series {
    let names: Vec<&String> = series.labels.iter().map(|(name, _)| name).collect();
    assert!(
        names.is_sorted() && names.windows(2).all(|pair| pair[0] != pair[1]),
        "{names:?} are sorted, each once"
    );
    for (name, value) in &series.labels {
        assert!(!name.is_empty() && !value.is_empty(), "{name}={value}");
    }
    assert!(names.iter().any(|name| *name == "__name__"), "{names:?}");
    assert!(!series.points.is_empty(), "{}", series.name());
    series
}

fn sample_of(bytes: &[u8], may_have_start: bool) -> Point {
    let fields = fields(bytes);
    let start = first(&fields, 3).map_or(0, Field::int64);
    assert!(may_have_start || start == 0);
    Point {
        time: one(&fields, 2).int64(),
        start,
        value: Value(first(&fields, 1).map_or(0.0, Field::double)),
        histogram: None,
    }
}

fn histogram_of(bytes: &[u8]) -> Point {
    let fields = fields(bytes);
    let number = |tag| first(&fields, tag).map_or(0, Field::varint);
    let double = |tag| first(&fields, tag).map_or(0.0, Field::double);
    let mut text = String::new();
    write!(
        text,
        "count={} schema={} zero={}<={:e}",
        number(1),
        first(&fields, 4).map_or(0, Field::sint),
        number(6),
        double(5)
    )
    .expect("a string takes all");
    for (name, spans, deltas) in [("negative", 8, 9), ("positive", 11, 12)] {
        let deltas: Vec<i64> = first(&fields, deltas)
            .map_or_else(Vec::new, |field| varints(field.bytes()))
            .into_iter()
            .map(zigzag)
            .collect();
        let (mut index, mut count, mut used) = (0_i64, 0, 0);
        let mut buckets = Vec::new();
        for span in of(&fields, spans) {
            let span = self::fields(span.bytes());
            index += first(&span, 1).map_or(0, Field::sint);
            for _ in 0..one(&span, 2).varint() {
                count += deltas[used];
                used += 1;
                buckets.push(format!("{index}:{count}"));
                index += 1;
            }
        }
        assert_eq!(used, deltas.len());
        write!(text, " {name}=[{}]", buckets.join(" ")).expect("a string takes all");
    }
    Point {
        time: one(&fields, 15).int64(),
        start: first(&fields, 17).map_or(0, Field::int64),
        value: Value(double(3)),
        histogram: Some(text),
    }
}

/// All series as lines, one for each point, and one for each exemplar.
pub(crate) fn lines(all: &[Series]) -> String {
    let mut text = String::new();
    for series in all {
        for point in &series.points {
            let value = match &point.histogram {
                None => point.value.to_string(),
                Some(histogram) => format!("sum={} {histogram}", point.value),
            };
            write!(text, "{} {value} @{}", series.name(), point.time).expect("a string takes all");
            if point.start != 0 {
                write!(text, " since {}", point.start).expect("a string takes all");
            }
            if let Some((kind, help, unit)) = &series.metadata {
                let kinds = [
                    "unknown",
                    "counter",
                    "gauge",
                    "histogram",
                    "?",
                    "summary",
                    "info",
                    "stateset",
                ];
                let kind = kinds[usize::try_from(*kind).expect("a kind")];
                write!(text, " ; {kind} {help:?} {unit:?}").expect("a string takes all");
            }
            text.push('\n');
        }
        for (labels, value, time) in &series.exemplars {
            let labels: Vec<String> = labels
                .iter()
                .map(|(name, value)| format!("{name}={value:?}"))
                .collect();
            writeln!(text, "    # {{{}}} {value} @{time}", labels.join(","))
                .expect("a string takes all");
        }
    }
    text
}

fn fields(mut bytes: &[u8]) -> Vec<(u64, Field<'_>)> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let field = match key & 7 {
            0 => Field::Varint(varint(&mut bytes)),
            1 => {
                let (fixed, rest) = bytes.split_at(8);
                bytes = rest;
                Field::Fixed64(u64::from_le_bytes(fixed.try_into().expect("8 bytes")))
            }
            2 => {
                let length = usize::try_from(varint(&mut bytes)).expect("a length");
                let (inner, rest) = bytes.split_at(length);
                bytes = rest;
                Field::Bytes(inner)
            }
            other => panic!("wire type {other}"),
        };
        fields.push((key >> 3, field));
    }
    fields
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first().expect("a byte");
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return number;
        }
    }
    panic!("a varint without an end")
}

fn varints(mut bytes: &[u8]) -> Vec<u64> {
    let mut numbers = Vec::new();
    while !bytes.is_empty() {
        numbers.push(varint(&mut bytes));
    }
    numbers
}

fn of<'a>(fields: &[(u64, Field<'a>)], tag: u64) -> impl Iterator<Item = Field<'a>> {
    fields
        .iter()
        .filter(move |(known, _)| *known == tag)
        .map(|(_, field)| *field)
}

fn first<'a>(fields: &[(u64, Field<'a>)], tag: u64) -> Option<Field<'a>> {
    of(fields, tag).next()
}

#[track_caller]
fn one<'a>(fields: &[(u64, Field<'a>)], tag: u64) -> Field<'a> {
    first(fields, tag).unwrap_or_else(|| panic!("no field {tag}: {fields:?}"))
}
