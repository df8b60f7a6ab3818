//! The demo's ticker: one event a second, the same for everyone.

use std::time::Duration;

use chrono::{DateTime, Local};
use hub::{Draft, Hub, LogError, PublishError, Topic};

/// The topic of the ticker.
pub(crate) const TOPIC: &str = "ticker";

/// Publishes on every second until it is dropped; an error costs its tick only.
pub(crate) async fn run(hub: Hub) {
    let mut failing = false;
    loop {
        tokio::time::sleep(to_the_second(&Local::now())).await;
        let published = publish(&hub, &Local::now()).await;
        if let Err(error) = &published
            && !failing
        {
            tracing::warn!(%error, "the ticker cannot publish; it goes on trying");
        }
        failing = published.is_err();
    }
}

/// Publishes the event of a second.
///
/// Without its key where no more can be remembered: two ticks in the second of a restart are better
/// than none because of what others publish.
async fn publish(hub: &Hub, now: &DateTime<Local>) -> Result<(), String> {
    let unkeyed = unkeyed(now)?;
    let keyed = unkeyed.clone().key(&format!("tick-{}", now.timestamp()));
    let keyed = keyed.map_err(|error| error.to_string())?;
    let published = match hub.publish(vec![keyed]).await {
        Err(PublishError::Log(LogError::KeysFull)) => hub.publish(vec![unkeyed]).await,
        published => published,
    };
    published.map(drop).map_err(|error| error.to_string())
}

/// How long until the next full second.
fn to_the_second(now: &DateTime<Local>) -> Duration {
    // A leap second is told as more than a billion nanoseconds.
    Duration::from_nanos(1_000_000_000 - u64::from(now.timestamp_subsec_nanos() % 1_000_000_000))
}

/// The event of a second, without the key that makes restarts and several nodes tick once a second.
fn unkeyed(now: &DateTime<Local>) -> Result<Draft, String> {
    let topic = Topic::parse(TOPIC).map_err(|error| error.to_string())?;
    let data = format!(r#"{{"message": "{}"}}"#, now.format("%H:%M:%S"));
    Draft::new(topic, &data)
        .and_then(|draft| draft.event("ticker"))
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chrono::TimeZone;
    use hub::{MemoryLog, Policy, Retention, Settings, SystemClock};

    use super::*;

    #[tokio::test]
    async fn a_second_ticks_once_and_also_where_others_use_all_keys() {
        let ticks = async |room| {
            let clock = Arc::new(SystemClock::default());
            let log = MemoryLog::new(Policy::new(Retention::default()), clock).with_keys(room);
            let (hub, _driver) = Hub::open(Arc::new(log), Settings::default());
            let second = Local.timestamp_opt(1_000_000_000, 0).unwrap();
            for _ in 0..2 {
                publish(&hub, &second).await.unwrap();
            }
            hub.head().seq
        };
        assert_eq!((ticks(1).await, ticks(0).await), (1, 2));
    }

    #[test]
    fn a_tick_comes_on_the_second() {
        let second = Local.timestamp_opt(1_000_000_000, 0).unwrap();
        assert_eq!(to_the_second(&second), Duration::from_secs(1));
        let late = second + Duration::from_millis(999);
        assert_eq!(to_the_second(&late), Duration::from_millis(1));
    }
}
