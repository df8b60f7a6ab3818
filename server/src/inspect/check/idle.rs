//! How long a quiet connection lives, and what keeps it alive.

use std::time::Duration;

use super::Settings;
use super::advice::{CUT, HEARTBEAT};
use super::delivery::seconds;
use super::point::Point;
use super::watch::{Ending, Watch};

/// What there is to say of the quiet.
pub(super) fn points(watch: &Watch, settings: &Settings<'_>) -> Vec<Point> {
    let mut points = vec![ending(watch, settings.quiet)];
    // Of one that was cut while it was quiet, that is what there is to say.
    if points[0].code != "cut_when_idle" {
        points.push(heartbeat(watch, settings));
    }
    points
}

fn ending(watch: &Watch, shortest: Duration) -> Point {
    let (lasted, quiet) = (seconds(watch.lasted), watch.quiet_at_the_end());
    let how = match &watch.end {
        Ending::LetGo => return still_open(watch),
        Ending::Flood => {
            return Point::warn(
                "flood",
                format!(
                    "{} MiB came in {lasted} s; it is not read any further, and its quiet is not known",
                    watch.bytes >> 20
                ),
            )
            .change("no page keeps up with that: send less, or what is new since the last");
        }
        Ending::Whole => "the response ended".to_owned(),
        Ending::Broken(why) => format!("the connection broke ({why})"),
    };
    if let Some(close) = watch.seen.iter().rfind(|seen| seen.event == "hub.close") {
        let detail = format!(
            "{how} after {lasted} s, as the server had said: {}",
            close.data
        );
        return Point::note("ended", detail);
    }
    if quiet >= shortest {
        let detail = format!(
            "{how} after {} s without a byte, {lasted} s after the request: what is quiet is cut",
            seconds(quiet)
        );
        return Point::bad("cut_when_idle", detail).change(CUT);
    }
    if watch.end == Ending::Whole {
        let detail = format!(
            "{how} after {lasted} s, while it was not quiet; clients come back by themselves"
        );
        return Point::note("ended", detail);
    }
    let detail = format!("{how} after {lasted} s, while it was not quiet");
    Point::bad("cut_off", detail).change(
        "look for a limit of a response's whole time or length on the way, or a server that \
         crashes",
    )
}

fn still_open(watch: &Watch) -> Point {
    let detail = format!(
        "still open after {} s; the longest quiet was {} s",
        seconds(watch.lasted),
        seconds(longest(watch))
    );
    Point::ok("lives", detail)
}

fn heartbeat(watch: &Watch, settings: &Settings<'_>) -> Point {
    let longest = longest(watch);
    let at_the_end = watch.quiet_at_the_end();
    if at_the_end >= settings.silence {
        let detail = format!(
            "nothing came for {} s, and then the check ended: there is no heartbeat, or a rare one",
            seconds(at_the_end)
        );
        return Point::bad("no_heartbeat", detail).change(HEARTBEAT);
    }
    if longest >= settings.silence {
        let detail = format!(
            "nothing came for {} s, and then something; the first proxies cut after 30 s",
            seconds(longest)
        );
        return Point::warn("heartbeat_slow", detail).change(HEARTBEAT);
    }
    match kept_alive_by(watch, settings.quiet) {
        Some((Kind::Event, quiet)) => Point::ok(
            "heartbeat",
            format!(
                "an event after {} s of quiet; pages can see it",
                seconds(quiet)
            ),
        ),
        Some((Kind::Comment, quiet)) => Point::ok(
            "heartbeat",
            format!(
                "a comment after {} s of quiet: it keeps proxies waiting; pages cannot see it",
                seconds(quiet)
            ),
        ),
        None => Point::note(
            "heartbeat_unknown",
            format!(
                "the longest quiet was {} s, so that no heartbeat was due; check a quiet stream, \
                 for longer",
                seconds(longest)
            ),
        ),
    }
}

enum Kind {
    Event,
    Comment,
}

/// What came alone after the longest quiet that something ended, and how long that was.
fn kept_alive_by(watch: &Watch, shortest: Duration) -> Option<(Kind, Duration)> {
    let later = watch.moments.iter().skip(1).zip(watch.quiet());
    later
        .filter(|(moment, quiet)| *quiet >= shortest && moment.events == 0)
        .filter_map(|(moment, quiet)| match (moment.beats, moment.comments) {
            (1.., _) => Some((Kind::Event, quiet)),
            (0, 1..) => Some((Kind::Comment, quiet)),
            _ => None,
        })
        .max_by_key(|(_, quiet)| *quiet)
}

fn longest(watch: &Watch) -> Duration {
    watch
        .quiet()
        .max()
        .unwrap_or_else(|| watch.quiet_at_the_end())
}
