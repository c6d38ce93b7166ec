//! Values with a meaning of their own.

/// Says that a series has ended.
///
/// Spec: Remote-Write 1.0, "Stale Markers" (MUST).
const STALE_NAN_BITS: u64 = 0x7ff0_0000_0000_0002;

/// What is no number, as Prometheus writes it.
const NAN_BITS: u64 = 0x7ff8_0000_0000_0001;

/// The value that says that a series has ended.
pub(super) const fn stale_marker() -> f64 {
    f64::from_bits(STALE_NAN_BITS)
}

/// What is no number is written in one way, so that nothing measured can be read as the end of a series (MUST NOT).
pub(super) const fn measured(value: f64) -> f64 {
    if value.is_nan() {
        f64::from_bits(NAN_BITS)
    } else {
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_measured_is_a_stale_marker() {
        let measured_stale = measured(stale_marker());
        assert_eq!(measured_stale.to_bits(), NAN_BITS);
        assert_eq!(measured(f64::NAN).to_bits(), NAN_BITS);
        for value in [0.0, -0.0, 1.5, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(measured(value).to_bits(), value.to_bits());
        }
    }
}
