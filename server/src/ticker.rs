//! The demo's ticker: one event a second, the same for everyone.

use std::time::Duration;

use chrono::{DateTime, Local};
use hub::{Draft, Hub, Topic};

/// The topic of the ticker.
pub(crate) const TOPIC: &str = "ticker";

/// Publishes on every second until it is dropped; an error costs its tick only.
pub(crate) async fn run(hub: Hub) {
    let mut failing = false;
    loop {
        tokio::time::sleep(to_the_second(&Local::now())).await;
        let published = match tick(&Local::now()) {
            Ok(draft) => hub
                .publish(vec![draft])
                .await
                .map(drop)
                .map_err(|error| error.to_string()),
            Err(error) => Err(error),
        };
        if let Err(error) = &published
            && !failing
        {
            tracing::warn!(%error, "the ticker cannot publish; it goes on trying");
        }
        failing = published.is_err();
    }
}

/// How long until the next full second.
fn to_the_second(now: &DateTime<Local>) -> Duration {
    // A leap second is told as more than a billion nanoseconds.
    Duration::from_nanos(1_000_000_000 - u64::from(now.timestamp_subsec_nanos() % 1_000_000_000))
}

/// The event of a second. Its key makes restarts and several nodes tick once a second.
fn tick(now: &DateTime<Local>) -> Result<Draft, String> {
    let topic = Topic::parse(TOPIC).map_err(|error| error.to_string())?;
    let data = format!(r#"{{"message": "{}"}}"#, now.format("%H:%M:%S"));
    Draft::new(topic, &data)
        .and_then(|draft| draft.event("ticker"))
        .and_then(|draft| draft.key(&format!("tick-{}", now.timestamp())))
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;

    #[test]
    fn a_tick_comes_on_the_second() {
        let second = Local.timestamp_opt(1_000_000_000, 0).unwrap();
        assert_eq!(to_the_second(&second), Duration::from_secs(1));
        let late = second + Duration::from_millis(999);
        assert_eq!(to_the_second(&late), Duration::from_millis(1));
    }
}
