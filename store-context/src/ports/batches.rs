//! Calls a method that changes a limited number of rows until none is left.

use super::PortResult;

/// Calls `call`, which changes up to `limit` rows and returns their number, until it changed fewer.
/// Returns the sum.
pub(super) async fn batches<F: Future<Output = PortResult<u64>>>(
    limit: usize,
    mut call: impl FnMut() -> F,
) -> PortResult<u64> {
    let mut sum = 0;
    loop {
        let changed = call().await?;
        sum += changed;
        if changed < limit as u64 {
            return Ok(sum);
        }
    }
}
