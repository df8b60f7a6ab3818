//! What the hub and its log count.

use std::fmt;
use std::path::PathBuf;

use hub::{Bounds, CloseReason, GapReason, Health, Hub, Stats};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use store::disk::{Disk, SystemDisk};

use super::samples::Samples;
use crate::http::FORMATS;

/// The figures of a hub, and of the disk that its log is on.
pub(super) struct Figures {
    hub: Hub,
    dir: Option<PathBuf>,
}

impl fmt::Debug for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Figures").finish_non_exhaustive()
    }
}

impl Figures {
    /// Those of a hub whose log is in this directory, or in memory.
    pub(super) fn new(hub: Hub, dir: Option<PathBuf>) -> Self {
        Self { hub, dir }
    }

    fn readers(stats: &Stats, figures: &hub::Figures, samples: &mut Samples<'_>) -> fmt::Result {
        let of_format = |format| {
            let mut counts = figures.formats.iter();
            let found = counts.find(|(name, _)| *name == format);
            (format, found.map_or(0, |(_, many)| *many as u64))
        };
        samples.gauges(
            "subscribers",
            "Subscribers that are there, by what they are sent",
            "format",
            FORMATS.map(of_format),
        )?;
        samples.counter(
            "delivered_events",
            "Events handed to subscribers since the start, once for each who got one",
            stats.delivered.events,
        )?;
        samples.counter(
            "delivered_bytes",
            "The data of those events",
            stats.delivered.bytes,
        )?;
        samples.histogram(
            "delivery_duration_seconds",
            "From when an event was accepted to when it was handed to a subscriber's connection; one \
             sample for what is handed out at a time, of subscribers who had all before it",
            &figures.delivery,
        )?;
        samples.counters(
            "gaps",
            "Gaps that subscribers were told of since the start (hub.gap): each is a loss",
            "reason",
            GapReason::ALL.map(|reason| (reason.as_str(), stats.gaps.of(reason))),
        )?;
        samples.counters(
            "streams_closed",
            "Streams that the server ended since the start (hub.close)",
            "reason",
            CloseReason::ALL.map(|reason| (reason.as_str(), figures.closed.of(reason))),
        )
    }

    fn publishers(stats: &Stats, figures: &hub::Figures, samples: &mut Samples<'_>) -> fmt::Result {
        samples.counter(
            "published_events",
            "Events stored since the start",
            stats.published.events,
        )?;
        samples.counter(
            "published_bytes",
            "The data of those events",
            stats.published.bytes,
        )?;
        samples.histogram(
            "publish_duration_seconds",
            "From when a publish has been read and checked to when it is durable and can be answered",
            &figures.publishing,
        )
    }

    fn log(&self, log: &Bounds, health: &Health, samples: &mut Samples<'_>) -> fmt::Result {
        samples.gauge(
            "log_bytes",
            "What the events that are kept cost, as retention counts",
            log.bytes,
        )?;
        samples.gauge("log_events", "Events that are kept", log.events)?;
        samples.gauge("log_topics", "Topics with events that are kept", log.topics)?;
        samples.gauge(
            "log_first_seq",
            "The oldest sequence number that is kept; one past the newest where none is",
            log.first,
        )?;
        samples.gauge("log_last_seq", "The newest sequence number", log.head)?;
        samples.gauge(
            "log_unannounced_events",
            "Sequence numbers that are durable and that subscribers have not been woken for yet",
            self.hub.unannounced(),
        )?;
        samples.histogram(
            "log_sync_duration_seconds",
            "How long bringing publishes to stable storage took, once for all that waited for it",
            &health.syncs,
        )?;
        samples.counter(
            "log_reads",
            "Reads of the disk for subscribers since the start",
            health.reads,
        )?;
        samples.counter(
            "log_damaged_events",
            "Events that could not be read back since the start",
            health.damaged,
        )?;
        let flag = |is: bool| u64::from(is);
        samples.gauge(
            "log_read_only",
            "1 where writing failed, and no event is taken until a restart",
            flag(self.hub.is_read_only()),
        )?;
        samples.gauge(
            "log_full",
            "1 where the newest publish was refused as the disk is full",
            flag(health.is_full),
        )?;
        match self.dir.as_ref().map(|dir| SystemDisk.room(dir)) {
            Some(Ok(free)) => samples.gauge(
                "log_free_bytes",
                "Room for more on the disk that the log is on",
                free,
            ),
            Some(Err(_)) | None => Ok(()),
        }
    }
}

impl Collector for Figures {
    fn encode(&self, encoder: DescriptorEncoder) -> fmt::Result {
        let mut samples = Samples(encoder);
        let (stats, figures) = (self.hub.stats(), self.hub.figures());
        samples.gauge(
            "uptime_seconds",
            "How long the server has been running",
            stats.uptime.as_secs_f64(),
        )?;
        Self::readers(&stats, &figures, &mut samples)?;
        Self::publishers(&stats, &figures, &mut samples)?;
        self.log(&stats.log, &figures.health, &mut samples)
    }
}
