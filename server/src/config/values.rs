//! What a setting's text means, and what is wrong with it: for flags, variables and the file alike.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use bytesize::ByteSize;
use hub::Selector;
use tracing_subscriber::EnvFilter;

use crate::limits::{MAX_EVENT, MAX_REQUEST};

/// `tickertape dev` asks nobody who they are, and so is for this machine only.
pub(super) fn loopback(text: &str) -> Result<SocketAddr, String> {
    let addr = address(text)?;
    if addr.ip().is_loopback() {
        Ok(addr)
    } else {
        Err(
            "is reachable by others, but `tickertape dev` is open to all who reach it; give a \
             loopback address such as 127.0.0.1:8080, or run `tickertape serve`"
                .to_owned(),
        )
    }
}

/// An address to listen on.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    match text.strip_prefix("localhost:").map(str::parse::<u16>) {
        Some(Ok(port)) => Ok(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)),
        _ => text.parse().map_err(|_| {
            "is not an address with a port; give one such as 127.0.0.1:8080 or [::1]:8080"
                .to_owned()
        }),
    }
}

/// A topic, or a pattern over topics.
pub(crate) fn selector(text: &str) -> Result<Selector, String> {
    if text.trim() != text {
        return Err("begins or ends with a space; leave it out, after a comma too".to_owned());
    }
    Selector::parse(text).map_err(|error| error.to_string())
}

pub(super) fn log_filter(text: &str) -> Result<String, String> {
    match EnvFilter::try_new(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(format!(
            "{error}; give one such as info or server=debug,warn"
        )),
    }
}

pub(crate) fn age(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(age) if age >= Duration::from_secs(1) => Ok(age),
        Ok(_) => Err("is shorter than a second; give one such as 90s, 30m, 24h".to_owned()),
        Err(error) => Err(format!(
            "{error}; give a duration such as 90s, 30m, 24h or 7d"
        )),
    }
}

pub(super) fn size(text: &str) -> Result<u64, String> {
    match text.parse::<ByteSize>() {
        Ok(size) if size.as_u64() > 0 => Ok(size.as_u64()),
        Ok(_) => Err("keeps nothing; give a size such as 512MiB or 1GiB".to_owned()),
        Err(_) => Err("is not a size; give one such as 512MiB or 1GiB".to_owned()),
    }
}

/// The largest event: bounded by what readers take.
pub(super) fn max_event(text: &str) -> Result<usize, String> {
    within(text, MAX_EVENT)
}

/// The largest request: it stands in memory while it is read.
pub(super) fn max_request(text: &str) -> Result<usize, String> {
    within(text, MAX_REQUEST)
}

fn within(text: &str, most: usize) -> Result<usize, String> {
    let bytes = text.parse::<ByteSize>().map(|size| size.as_u64());
    match bytes.map(usize::try_from) {
        Ok(Ok(bytes)) if (1..=most).contains(&bytes) => Ok(bytes),
        Ok(_) => Err(format!(
            "is not within 1 byte and {}",
            ByteSize(most as u64)
        )),
        Err(_) => Err("is not a size; give one such as 512KiB or 2MiB".to_owned()),
    }
}

/// How many connections: at least one.
pub(super) fn connections(text: &str) -> Result<usize, String> {
    places(text, "connections")
}

/// How many subscribers: at least one.
pub(super) fn subscribers(text: &str) -> Result<usize, String> {
    places(text, "subscribers")
}

fn places(text: &str, of: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(places @ 1..=PLACES) => Ok(places),
        _ => Err(format!(
            "is not a number of {of}; give one from 1 to {PLACES}"
        )),
    }
}

/// Far more than one machine has room for, so that larger ones are mistakes.
const PLACES: usize = 10_000_000;

/// How many events: at least one.
pub(super) fn count(text: &str) -> Result<u64, String> {
    match text.parse() {
        Ok(count @ 1..) => Ok(count),
        _ => Err("is not a number of events; give 1 or more".to_owned()),
    }
}
