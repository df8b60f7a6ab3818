//! What clients may take, and which proxies say who they are, as flags and variables.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use clap::Args;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::values::{connections, subscribers};

/// What one client may take, and all of them.
#[derive(Args, Clone, Debug)]
pub struct ClientArgs {
    /// How many streams one client may have at a time; none: no limit
    #[arg(
        long,
        env = "TICKERTAPE_CLIENT_STREAMS",
        value_name = "STREAMS",
        default_value = "100"
    )]
    pub client_streams: Most,
    /// How many events a second one client may publish; none: no limit
    #[arg(
        long,
        env = "TICKERTAPE_CLIENT_PUBLISHES",
        value_name = "EVENTS",
        default_value = "50"
    )]
    pub client_publishes: Most,
    /// How many events it may publish at once, after it has been quiet
    #[arg(
        long,
        env = "TICKERTAPE_CLIENT_BURST",
        value_name = "EVENTS",
        default_value = "200",
        value_parser = number
    )]
    pub client_burst: u32,
    /// How many connections one address may have at a time; none: no limit
    #[arg(
        long,
        env = "TICKERTAPE_CLIENT_CONNECTIONS",
        value_name = "CONNECTIONS",
        default_value = "1024"
    )]
    pub client_connections: Most,
    /// A proxy whose word is taken for who a client is: its address, or a network such as 10.0.0.0/8
    #[arg(
        long = "trusted-proxy",
        env = "TICKERTAPE_TRUSTED_PROXY",
        value_name = "CIDR",
        value_delimiter = ','
    )]
    pub trusted_proxies: Vec<Network>,
    /// How many connections there may be; beyond, who comes is told so
    #[arg(
        long,
        env = "TICKERTAPE_MAX_CONNECTIONS",
        value_name = "CONNECTIONS",
        default_value = "16384",
        value_parser = connections
    )]
    pub max_connections: usize,
    /// How many subscribers there may be, over all connections
    #[arg(
        long,
        env = "TICKERTAPE_MAX_SUBSCRIBERS",
        value_name = "SUBSCRIBERS",
        default_value = "100000",
        value_parser = subscribers
    )]
    pub max_subscribers: usize,
}

/// The most of something; none: no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Most(pub Option<u32>);

/// A million: far beyond what one client can want, so that larger ones are mistakes.
const LARGEST: u32 = 1_000_000;

impl FromStr for Most {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "none" => Ok(Self(None)),
            _ => number(text)
                .map(|most| Self(Some(most)))
                .map_err(|why| format!("{why}, or none for no limit")),
        }
    }
}

/// A number from 1.
pub(super) fn number(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(number @ 1..=LARGEST) => Ok(number),
        _ => Err(format!("is not a number from 1 to {LARGEST}; give one")),
    }
}

/// The addresses of proxies: one, or a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network(IpNet);

impl Network {
    /// This machine, as it speaks with itself.
    pub(crate) const LOOPBACK: [Self; 2] = [
        Self(IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::LOCALHOST, 8))),
        Self(IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128))),
    ];

    /// Whether an address is one of these.
    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let address = text
            .parse()
            .map(|address: IpAddr| IpNet::from(address.to_canonical()));
        let network = address.or_else(|_| text.parse()).map_err(|_| {
            "is no address and no network; give one such as 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32"
        })?;
        if network.prefix_len() == 0 {
            return Err(
                "is everyone, so that anyone could say who they are; give the proxy's own network"
                    .into(),
            );
        }
        Ok(Self(network.trunc()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_an_address_or_a_network_and_never_everyone() {
        let contains = |network: &str, address: &str| {
            network
                .parse::<Network>()
                .unwrap()
                .contains(address.parse().unwrap())
        };
        assert!(contains("10.1.2.3/8", "10.200.0.1") && !contains("10.0.0.0/8", "11.0.0.1"));
        assert!(contains("192.0.2.7", "192.0.2.7") && !contains("192.0.2.7", "192.0.2.8"));
        assert!(contains("2001:db8::/32", "2001:db8::1") && contains("::1", "::1"));
        assert!(contains("10.0.0.0/8", "::ffff:10.0.0.1"));
        for bad in [
            "",
            "all",
            "10.0.0.0/33",
            "10.0.0.0/0",
            "::/0",
            "10.0.0.1:80",
            "a.example",
        ] {
            assert!(bad.parse::<Network>().is_err(), "{bad}");
        }
    }

    #[test]
    fn no_limit_is_said_in_so_many_words() {
        assert_eq!("none".parse(), Ok(Most(None)));
        assert_eq!("7".parse(), Ok(Most(Some(7))));
        for bad in ["0", "-1", "", "no", "1e3", "99999999999"] {
            assert!(bad.parse::<Most>().unwrap_err().contains("none"), "{bad}");
        }
    }
}
