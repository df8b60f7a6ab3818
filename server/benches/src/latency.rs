//! How long deliveries took, from the time at which each was due to be sent.

use std::time::Duration;

#[derive(Default)]
pub(crate) struct Latencies {
    micros: Vec<u32>,
}

impl Latencies {
    pub(crate) fn add(&mut self, latency: Duration) {
        self.micros
            .push(u32::try_from(latency.as_micros()).unwrap_or(u32::MAX));
    }

    pub(crate) fn count(&self) -> usize {
        self.micros.len()
    }

    /// In milliseconds, that of which this share of all is no slower.
    pub(crate) fn percentile(&mut self, share: f64) -> f64 {
        self.micros.sort_unstable();
        let at = (self.micros.len() as f64 * share).ceil() as usize;
        let micros = self.micros.get(at.saturating_sub(1));
        micros.map_or(f64::NAN, |micros| f64::from(*micros) / 1e3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_latencies() {
        let mut latencies = Latencies::default();
        for ms in (1..=100).rev() {
            latencies.add(Duration::from_millis(ms));
        }
        assert_eq!(
            [0.5, 0.99, 1.0].map(|share| latencies.percentile(share)),
            [50.0, 99.0, 100.0]
        );
    }
}
