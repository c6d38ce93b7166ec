//! `--shard`: which share of the plan is run here.

use super::arguments::ShardArgument;
use super::error::CliError;
use crate::plan::Plan;
use crate::shard::Shard;

/// The variable in which a Kubernetes Indexed Job tells each of its pods its index, from 0.
const INDEX: &str = "JOB_COMPLETION_INDEX";

/// The shard that is meant, where it leaves something to do for each of the others too.
pub(super) fn shard(argument: ShardArgument, plan: &Plan) -> Result<Shard, CliError> {
    let shard = match argument {
        ShardArgument::Given(shard) => shard,
        ShardArgument::Indexed { count } => {
            #[expect(
                clippy::disallowed_methods,
                reason = "the command line asks for this variable of the process"
            )]
            let index = std::env::var(INDEX).map_err(|_| CliError::NoIndex { found: None })?;
            index
                .parse::<u32>()
                .ok()
                .and_then(|index| Shard::new(index.checked_add(1)?, count.get()).ok())
                .ok_or(CliError::NoIndex {
                    found: Some((index, count)),
                })?
        }
    };
    if plan.cells.len() < shard.count() as usize {
        return Err(CliError::TooManyShards {
            shards: shard.count(),
            cells: plan.cells.len(),
        });
    }
    Ok(shard)
}
