//! Order statistics of small samples.

/// The smallest value that at least the share `q` of the sorted `values` does not exceed; NaN if there are none.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "an index below the length"
)]
pub fn quantile(values: &[f64], q: f64) -> f64 {
    let rank = (q * values.len() as f64).ceil() as usize;
    let last = values.len().saturating_sub(1);
    let index = rank.saturating_sub(1).min(last);
    values.get(index).copied().unwrap_or(f64::NAN)
}

/// The middle one of `values`, after sorting them.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    quantile(&values, 0.5)
}
