//! By what a client is counted.

use std::hash::BuildHasher;
use std::net::{IpAddr, Ipv4Addr};

use crate::auth::{Caller, Who};
use crate::http::peer::Remote;

/// Whom a client is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    /// An address.
    V4(Ipv4Addr),
    /// The first half of an address: whoever has one address of a /64 has all of them.
    V6([u8; 8]),
    /// All whose address is not known.
    Unknown,
    /// The hash of a token's `sub`, which may be long; its key is this process's own, so that nobody can choose
    /// whom to collide with.
    Token(u64),
    /// The hash of a publisher's name.
    Publisher(u64),
}

impl Key {
    /// That of one who asks; none where it is not counted: on this machine, without a name.
    pub(super) fn of(caller: &Caller, remote: Remote, hasher: &impl BuildHasher) -> Option<Self> {
        let name = caller.subject().map(|name| hasher.hash_one(name));
        match (&caller.who, name) {
            (Who::Publisher(_), Some(name)) => return Some(Self::Publisher(name)),
            (_, Some(name)) => return Some(Self::Token(name)),
            (_, None) => {}
        }
        (!remote.is_local).then(|| remote.addr.map_or(Self::Unknown, |addr| addr.ip().into()))
    }
}

impl From<IpAddr> for Key {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address),
            IpAddr::V6(address) => {
                let mut network = [0; 8];
                network.copy_from_slice(&address.octets()[..8]);
                Self::V6(network)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(address: &str) -> Key {
        address.parse::<IpAddr>().unwrap().into()
    }

    #[test]
    fn an_address_of_ipv6_counts_by_its_64_and_one_of_ipv4_by_itself() {
        assert_eq!(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::9"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
        assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
        assert_eq!(key("192.0.2.1"), key("::ffff:192.0.2.1"));
    }
}
