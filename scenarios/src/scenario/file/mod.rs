//! Reading files, and saying what is wrong with them: file, line, column, nearest valid word.

mod locate;
mod nearest;
mod problem;
mod read;
mod render;
mod validate;
mod yaml;

pub(crate) use locate::place_of_key;
use locate::{Places, Way};
pub use nearest::nearest;
pub use problem::{Place, Problem, Problems, SourceFile};
pub use read::read_scenario;
pub use yaml::from_yaml;
