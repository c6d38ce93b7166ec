//! Units of UCUM in the words of Prometheus.
//!
//! Spec: Prometheus compatibility, "OTLP Metric points to Prometheus: Metric Metadata" (SHOULD be converted; what is in
//! brackets MUST NOT be part of it).

use std::borrow::Cow;

use super::name::sanitized;

/// `unit` in words, as the end of a name: `By` is `bytes`, `m/s` is `meters_per_second`, `{packet}/s` is `per_second`. What is
/// not known stays as it is. `1` is `ratio` where `is_ratio`, and else nothing: a count of something has no unit.
pub(super) fn in_words(unit: &str, is_ratio: bool) -> Cow<'static, str> {
    let unit = without_annotations(unit);
    if unit == "1" {
        return Cow::Borrowed(if is_ratio { "ratio" } else { "" });
    }
    if let Some(word) = plural(&unit) {
        return Cow::Borrowed(word);
    }
    let (main, per) = unit.split_once('/').unwrap_or((&unit, ""));
    let main = match main.trim() {
        "1" => Cow::Borrowed(""),
        main => plural(main).map_or_else(|| cleaned(main), Cow::Borrowed),
    };
    let per = singular(per.trim()).map_or_else(|| cleaned(per.trim()), Cow::Borrowed);
    match (main.as_ref(), per.as_ref()) {
        (_, "") => main,
        ("", per) => Cow::Owned(format!("per_{per}")),
        (main, per) => Cow::Owned(format!("{main}_per_{per}")),
    }
}

/// The unit without what is in braces.
fn without_annotations(unit: &str) -> Cow<'_, str> {
    if !unit.contains('{') {
        return Cow::Borrowed(unit.trim());
    }
    let mut kept = String::with_capacity(unit.len());
    let mut depth = 0_usize;
    for letter in unit.chars() {
        match letter {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            letter if depth == 0 => kept.push(letter),
            _ => {}
        }
    }
    Cow::Owned(kept.trim().to_owned())
}

/// A unit that is not in the table, as a part of a name.
fn cleaned(unit: &str) -> Cow<'static, str> {
    Cow::Owned(sanitized(unit).trim_matches(['_', ':']).replace(':', "_"))
}

fn plural(unit: &str) -> Option<&'static str> {
    Some(match unit {
        // Time
        "d" => "days",
        "h" => "hours",
        "min" => "minutes",
        "s" => "seconds",
        "ms" => "milliseconds",
        "us" => "microseconds",
        "ns" => "nanoseconds",
        // Bytes
        "By" => "bytes",
        "KiBy" => "kibibytes",
        "MiBy" => "mebibytes",
        "GiBy" => "gibibytes",
        "TiBy" => "tebibytes",
        "KBy" | "kBy" => "kilobytes",
        "MBy" => "megabytes",
        "GBy" => "gigabytes",
        "TBy" => "terabytes",
        // SI
        "m" => "meters",
        "V" => "volts",
        "A" => "amperes",
        "J" => "joules",
        "W" => "watts",
        "g" => "grams",
        // Others
        "Cel" => "celsius",
        "Hz" => "hertz",
        "%" => "percent",
        _ => return None,
    })
}

fn singular(unit: &str) -> Option<&'static str> {
    Some(match unit {
        "s" => "second",
        "m" | "min" => "minute",
        "h" => "hour",
        "d" => "day",
        "w" | "wk" => "week",
        "mo" => "month",
        "y" | "a" => "year",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_words() {
        let table = [
            ("s", "seconds"),
            ("ms", "milliseconds"),
            ("By", "bytes"),
            ("MiBy", "mebibytes"),
            ("%", "percent"),
            ("m/s", "meters_per_second"),
            ("By/s", "bytes_per_second"),
            ("1/s", "per_second"),
            ("{packet}/s", "per_second"),
            ("{request}", ""),
            ("ms{wall}", "milliseconds"),
            ("m/{lap}", "meters"),
            ("", ""),
            (" s ", "seconds"),
            ("furlong", "furlong"),
            ("furlong/fortnight", "furlong_per_fortnight"),
            ("°C", "C"),
            ("a:b", "a_b"),
            ("1", ""),
            ("{", ""),
            ("}", ""),
            ("/", ""),
        ];
        for (unit, words) in table {
            assert_eq!(in_words(unit, false), words, "{unit}");
        }
    }

    #[test]
    fn one_is_a_ratio_where_the_value_can_be_one() {
        assert_eq!(in_words("1", true), "ratio");
        assert_eq!(in_words("{share}", true), "");
    }
}
