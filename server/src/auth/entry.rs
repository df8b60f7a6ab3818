//! A ticket as it is kept over a restart.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::key_id::KeyId;
use super::rights::{Claim, Rights};
use super::tickets::Hash;
use super::token::Grant;
use crate::hex;

/// One line of the file.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Entry {
    /// In hexadecimal.
    hash: String,
    pub(super) address: String,
    subject: Option<String>,
    claim: Claim,
    /// Seconds since 1970.
    expires: u64,
    /// The id of the key that the token was signed with.
    key: String,
}

impl Entry {
    /// That of a ticket in use.
    pub(super) fn of(hash: &Hash, address: &str, grant: &Grant) -> Self {
        let since = grant.expires.duration_since(SystemTime::UNIX_EPOCH);
        Self {
            hash: hex::encode(hash),
            address: address.to_owned(),
            subject: grant.subject.clone(),
            claim: grant.rights.to_claim(),
            expires: since.unwrap_or_default().as_secs(),
            key: grant.key.to_string(),
        }
    }

    /// Its hash, its address and what it grants; none where it is no ticket.
    pub(super) fn read(self) -> Option<(Hash, String, Grant)> {
        let expires = Duration::from_secs(self.expires);
        let grant = Grant {
            subject: self.subject,
            rights: Rights::of(&self.claim).ok()?,
            expires: SystemTime::UNIX_EPOCH.checked_add(expires)?,
            key: KeyId::parse(&self.key)?,
        };
        Some((hex::decode_hash(&self.hash)?, self.address, grant))
    }

    /// Whether it has not expired.
    pub(super) fn is_good(&self, now: u64) -> bool {
        now < self.expires
    }
}
