//! One seed for each cell.

use crate::plan::CellId;

/// The seed of a cell: that of the run and the cell's name, so that cells differ and a cell alone gives the same.
pub(super) fn of_cell(run: u64, cell: &CellId) -> u64 {
    // FNV-1a: stable over versions and machines, which the standard library's hashes do not promise.
    cell.to_string()
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64 ^ run, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
}
