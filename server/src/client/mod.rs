//! What the commands that ask a server share: how they ask, how they fail, what they print.

pub(crate) mod address;
pub(crate) mod authority;
pub(crate) mod body;
pub(crate) mod certificate;
pub(crate) mod credential;
pub(crate) mod escape;
pub(crate) mod failure;
pub(crate) mod status;
pub(crate) mod trust;

use std::net::IpAddr;
use std::time::Duration;

use ureq::Agent;
use ureq::config::ConfigBuilder;
use ureq::http::{HeaderValue, Uri};
use ureq::typestate::AgentScope;

/// How long a connection may take: longer than a SYN that is sent three times.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// As browsers do (Fetch 4.4, "HTTP-redirect fetch").
pub(crate) const MAX_REDIRECTS: u32 = 20;

/// An agent that gives every status as an answer, and asks for bytes as they are.
///
/// Proxies are taken from the environment, but not for this machine. `more` sets what else is to
/// hold.
pub(crate) fn agent(
    url: &str,
    more: impl FnOnce(ConfigBuilder<AgentScope>) -> ConfigBuilder<AgentScope>,
) -> Agent {
    let mut config = Agent::config_builder()
        .accept_encoding("identity")
        .http_status_as_error(false)
        .max_redirects(MAX_REDIRECTS)
        .timeout_connect(Some(CONNECT_TIMEOUT))
        .user_agent(concat!("tickertape/", env!("CARGO_PKG_VERSION")));
    if is_local(url) {
        config = config.proxy(None);
    }
    more(config).build().new_agent()
}

/// Checks an id given for `Last-Event-ID`: what is no header value cannot be sent.
pub(crate) fn last_event_id(text: &str) -> Result<String, String> {
    HeaderValue::from_bytes(text.as_bytes())
        .map(|_| text.to_owned())
        .map_err(|_| "has control characters, which no browser sends; leave them out".to_owned())
}

/// Whether an address is this machine's: a proxy's own loopback is not.
pub(crate) fn is_local(url: &str) -> bool {
    let uri = url.parse::<Uri>().ok();
    let host = uri.as_ref().and_then(Uri::host).unwrap_or_default();
    host.eq_ignore_ascii_case("localhost")
        || host
            .trim_matches(['[', ']'])
            .parse()
            .is_ok_and(|ip: IpAddr| ip.is_loopback())
}
