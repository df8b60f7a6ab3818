//! A word in the log where the certificate is near its end.

use chrono::{DateTime, TimeDelta, Utc};

use crate::limits::{CERTIFICATE_SOON, CERTIFICATE_TOLD};

/// What was told last of the end of a certificate.
#[derive(Debug, Default)]
pub(super) struct Expiry {
    /// Which end, and when it was told.
    told: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

impl Expiry {
    /// What to say of a certificate that ends then: where that is near, at once and once a day.
    pub(super) fn due(&mut self, end: DateTime<Utc>, now: DateTime<Utc>) -> Option<String> {
        let left = end - now;
        if left >= CERTIFICATE_SOON {
            return None;
        }
        // A clock that was put back says nothing of how long ago it was.
        let was_just_told = |(of, at): (DateTime<Utc>, DateTime<Utc>)| {
            of == end && (now - at).abs() < CERTIFICATE_TOLD
        };
        if self.told.is_some_and(was_just_told) {
            return None;
        }
        self.told = Some((end, now));
        Some(words(end, left))
    }
}

fn words(end: DateTime<Utc>, left: TimeDelta) -> String {
    let (date, advice) = (
        end.format("%Y-%m-%d %H:%M UTC"),
        "put a renewed one in place of the files of --tls-cert and --tls-key; it is taken up by itself",
    );
    match (left.num_days(), left > TimeDelta::zero()) {
        (_, false) => {
            format!("the certificate has expired ({date}), and clients refuse it; {advice}")
        }
        (0, _) => format!("the certificate expires within a day ({date}); {advice}"),
        (1, _) => format!("the certificate expires in 1 day ({date}); {advice}"),
        (days, _) => format!("the certificate expires in {days} days ({date}); {advice}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_that_is_near_is_told_at_once_and_then_once_a_day_and_what_to_do() {
        let end = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(1_000);
        let mut expiry = Expiry::default();
        // Looked at each hour, from twenty days before until two days after.
        let told: Vec<_> = (-20 * 24..2 * 24)
            .filter_map(|hour| {
                let said = expiry.due(end, end + TimeDelta::hours(hour))?;
                Some((hour, said))
            })
            .collect();
        let hours: Vec<_> = told.iter().map(|(hour, _)| *hour).collect();
        let daily: Vec<_> = (0..16).map(|day| -14 * 24 + 1 + 24 * day).collect();
        assert_eq!(hours, daily);
        for (hour, said) in &told {
            assert!(
                said.contains("--tls-cert") && said.contains("renewed"),
                "{said}"
            );
            assert_eq!(said.contains("has expired"), *hour >= 0, "{hour}: {said}");
        }
        assert!(
            told[0].1.contains("in 13 days (1972-09-27 00:00 UTC)"),
            "{}",
            told[0].1
        );
    }

    #[test]
    fn a_renewed_one_that_is_near_its_own_end_is_told_of_at_once() {
        let end = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(1_000);
        let now = end - TimeDelta::days(1);
        let mut expiry = Expiry::default();
        assert!(expiry.due(end, now).is_some());
        assert!(expiry.due(end, now).is_none());
        assert!(expiry.due(end + TimeDelta::days(2), now).is_some());
        assert!(expiry.due(end + TimeDelta::days(90), now).is_none());
    }
}
