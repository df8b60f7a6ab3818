//! Figures that are read when they are asked for, as samples.

use std::fmt;

use hub::{BOUNDS, Durations};
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeCounterValue, EncodeGaugeValue, NoLabelSet,
};
use prometheus_client::metrics::MetricType;

/// Where a collector writes.
pub(super) struct Samples<'a>(pub(super) DescriptorEncoder<'a>);

impl Samples<'_> {
    /// What only grows. Its name gets the ending `_total`.
    pub(super) fn counter(
        &mut self,
        name: &str,
        help: &str,
        value: impl EncodeCounterValue,
    ) -> fmt::Result {
        let Self(encoder) = self;
        encoder
            .encode_descriptor(name, help, None, MetricType::Counter)?
            .encode_counter::<NoLabelSet, _, u64>(&value, None)
    }

    /// The same for each value of a label.
    pub(super) fn counters<'v>(
        &mut self,
        name: &str,
        help: &str,
        label: &str,
        values: impl IntoIterator<Item = (&'v str, u64)>,
    ) -> fmt::Result {
        let Self(encoder) = self;
        let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
        for (value, count) in values {
            metric
                .encode_family(&[(label, value)])?
                .encode_counter::<NoLabelSet, _, u64>(&count, None)?;
        }
        Ok(())
    }

    /// What goes up and down.
    pub(super) fn gauge(
        &mut self,
        name: &str,
        help: &str,
        value: impl EncodeGaugeValue,
    ) -> fmt::Result {
        let Self(encoder) = self;
        encoder
            .encode_descriptor(name, help, None, MetricType::Gauge)?
            .encode_gauge(&value)
    }

    /// The same for each value of a label.
    pub(super) fn gauges<'v>(
        &mut self,
        name: &str,
        help: &str,
        label: &str,
        values: impl IntoIterator<Item = (&'v str, u64)>,
    ) -> fmt::Result {
        let Self(encoder) = self;
        let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
        for (value, now) in values {
            metric
                .encode_family(&[(label, value)])?
                .encode_gauge(&now)?;
        }
        Ok(())
    }

    /// How long something took.
    pub(super) fn histogram(&mut self, name: &str, help: &str, took: &Durations) -> fmt::Result {
        let Self(encoder) = self;
        let ends = BOUNDS.iter().map(|bound| bound.as_secs_f64());
        let ends = ends.chain([f64::INFINITY]);
        let buckets: Vec<(f64, u64)> = ends.zip(took.buckets).collect();
        encoder
            .encode_descriptor(name, help, None, MetricType::Histogram)?
            .encode_histogram::<NoLabelSet>(took.sum.as_secs_f64(), took.count(), &buckets, None)
    }
}
