//! `tickertape health`: whether a server is ready, for what looks after it from inside an image.

use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use crate::client::{self, address, authority::Authority, failure};

/// How long an answer may take: one that does not come is an answer, too.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// Which server.
#[derive(Args, Clone, Debug)]
pub struct HealthArgs {
    /// The server's address, with the path that it is under [default: where --addr says]
    #[arg(value_name = "URL", value_parser = address::address)]
    url: Option<String>,
    /// Where it listens on this machine, as it was told
    #[arg(long, env = "TICKERTAPE_ADDR", default_value = "127.0.0.1:8080")]
    addr: SocketAddr,
    /// The server's certificate, where it has one: then it is asked by https
    #[arg(long, env = "TICKERTAPE_TLS_CERT", value_name = "FILE")]
    tls_cert: Option<PathBuf>,
    #[command(flatten)]
    authority: Authority,
}

impl HealthArgs {
    fn url(&self) -> String {
        match &self.url {
            Some(url) => format!("{}/readyz", url.trim_end_matches('/')),
            None => {
                let scheme = self.tls_cert.as_ref().map_or("http", |_| "https");
                format!("{scheme}://{}/readyz", reachable(self.addr))
            }
        }
    }

    /// Whether its certificate is looked at. Nobody stands between this machine and itself, and the
    /// certificate is for the name that others use; who gives the name and the authority wants it.
    fn is_verified(&self) -> bool {
        let is_named = self.url.is_some() && self.authority.is_named();
        is_named || !client::is_local(&self.url())
    }
}

/// Asks whether a server is ready: exit status 1, and why, where it is not.
#[must_use]
pub fn run(args: &HealthArgs) -> ExitCode {
    match ask(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            // Whoever closed standard error does not want to know.
            let _ = writeln!(io::stderr(), "error: {why}");
            ExitCode::FAILURE
        }
    }
}

fn ask(args: &HealthArgs) -> Result<(), String> {
    let url = args.url();
    let agent = client::agent(&url, |config| {
        let config = config.timeout_global(Some(ANSWER_TIMEOUT)).max_redirects(0);
        let tls = args.authority.tls();
        config.tls_config(tls.disable_verification(!args.is_verified()).build())
    });
    let mut response = agent.get(&url).call().map_err(|error| {
        let url = address::without_secret(&url);
        let (reason, advice) = (failure::reason(&error), failure::advice(&error));
        format!("{url} cannot be asked: {reason}; {advice}")
    })?;
    if response.status() == 200 {
        return Ok(());
    }
    let said = response.body_mut().read_to_string().unwrap_or_default();
    Err(format!("not ready ({}): {said}", response.status()))
}

/// Where to ask a server that listens on all of its addresses.
fn reachable(addr: SocketAddr) -> SocketAddr {
    let ip = match addr.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, addr.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_addresses_are_asked_at_loopback() {
        for (addr, asked) in [
            ("0.0.0.0:80", "127.0.0.1:80"),
            ("[::]:80", "[::1]:80"),
            ("192.0.2.7:80", "192.0.2.7:80"),
        ] {
            assert_eq!(reachable(addr.parse().unwrap()).to_string(), asked);
        }
    }
}
