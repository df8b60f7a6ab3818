//! Static keys of publishers, for what cannot make tokens.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use hub::Selector;
use sha2::{Digest, Sha256};

use super::file;
use super::key::period;
use super::key_id::KeyId;
use super::rights::Rights;
use crate::hex;
use crate::limits::{GRANTED, PUBLISHERS};

/// The shortest key, in characters: 128 bits in hexadecimal.
const SHORTEST: usize = 32;

/// The publishers, by the hash of their keys: a look-up tells nothing of a key by the time it takes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Publishers(HashMap<[u8; 32], Publisher>);

/// Someone with a key.
#[derive(Clone, Debug)]
pub(crate) struct Publisher {
    /// What the operator calls it.
    pub(crate) name: String,
    pub(crate) rights: Rights,
    /// Of the key with what it is for: one that may publish elsewhere now is another.
    pub(crate) id: KeyId,
}

impl Publishers {
    /// Reads a file with one publisher on each line: a name, a key of 32 characters or more or
    /// `sha256:` and its hash in hexadecimal, and the topics it may publish on; without any, all.
    /// Blank lines and those that begin with `#` say nothing.
    ///
    /// # Errors
    /// With the file and the line, and what is wrong there.
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let text = String::from_utf8(file::read(path)?)
            .map_err(|_| format!("{}: is not UTF-8", path.display()))?;
        file::warn_of_others(path);
        Self::parse(&text).map_err(|why| format!("{}:{why}", path.display()))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let mut publishers = HashMap::new();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (hash, publisher) = one(line).map_err(|why| format!("{number}: {why}"))?;
            if publishers.insert(hash, publisher).is_some() {
                return Err(format!("{number}: the key stands on an earlier line too"));
            }
            if publishers.len() > PUBLISHERS {
                return Err(format!("{number}: more than {PUBLISHERS} publishers"));
            }
        }
        Ok(Self(publishers))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those of all keys.
    pub(super) fn ids(&self) -> impl Iterator<Item = KeyId> {
        self.0.values().map(|publisher| publisher.id)
    }

    /// Whose key this is.
    pub(crate) fn find(&self, key: &str) -> Option<&Publisher> {
        let hash: [u8; 32] = Sha256::digest(key).into();
        self.0.get(&hash)
    }
}

fn one(line: &str) -> Result<([u8; 32], Publisher), String> {
    let mut words = line.split_whitespace();
    let (Some(name), Some(key)) = (words.next(), words.next()) else {
        return Err("has a name and no key; give NAME KEY [SELECTOR…]".to_owned());
    };
    let hash = match key.strip_prefix("sha256:") {
        Some(digits) => {
            hex::decode_hash(digits).ok_or("`sha256:` wants 64 hexadecimal digits after it")?
        }
        None if key.len() < SHORTEST || period(key.as_bytes()).is_some() => {
            return Err(format!(
                "the key of {name:?} can be guessed; give {SHORTEST} random characters or more, as \
                 from `openssl rand -hex 32`"
            ));
        }
        None => Sha256::digest(key).into(),
    };
    let parse = |word: &str| Selector::parse(word).map_err(|why| format!("{word:?} {why}"));
    let mut publish = words.map(parse).collect::<Result<Vec<_>, _>>()?;
    if publish.is_empty() {
        publish = vec![Selector::parse("**").map_err(|why| why.to_string())?];
    }
    if publish.len() > GRANTED {
        return Err(format!("has more than {GRANTED} selectors"));
    }
    let rights = Rights {
        publish: Arc::from(publish),
        ..Rights::default()
    };
    let topics = rights.publish.iter().map(ToString::to_string);
    let topics = topics.collect::<Vec<_>>().join(" ");
    let publisher = Publisher {
        name: name.to_owned(),
        rights,
        id: KeyId::of(&[b"publisher", &hash, topics.as_bytes()]),
    };
    Ok((hash, publisher))
}

#[cfg(test)]
mod tests {
    use hub::Topic;

    use super::*;

    #[test]
    fn a_key_is_found_by_itself_or_by_its_hash_and_is_for_its_topics() {
        let key = "0123456789abcdef0123456789abcdef";
        let hash = "sha256:5d0fd7a8ea4d0d1b0b5cc1ef6c4a0a4b5c3a1f0f2f1a6c2fb8f1b9a7f3a2e1d0";
        let text = format!("# the robots\n\nci {key} builds/* audit\r\nall {hash}\n");
        let publishers = Publishers::parse(&text).unwrap();
        let ci = publishers.find(key).unwrap();
        assert_eq!(ci.name, "ci");
        let may = |topic| ci.rights.may_publish(&Topic::parse(topic).unwrap());
        assert!(may("builds/1") && may("audit") && !may("builds") && !may("other"));
        assert!(!ci.rights.observe && ci.rights.subscribe.is_empty());
        assert!(
            publishers
                .find("0123456789abcdef0123456789abcdeF")
                .is_none()
        );
        let hashed = format!("x sha256:{:x}", Sha256::digest(key));
        let publishers = Publishers::parse(&hashed).unwrap();
        let all = &publishers.find(key).unwrap().rights;
        assert!(all.may_publish(&Topic::parse("anything").unwrap()));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line_and_without_the_key() {
        let key = "0123456789abcdefghijklmnopqrstuv".to_owned();
        for (text, why) in [
            ("name", "1: has a name and no key"),
            ("\nname short", "2: the key of \"name\" can be guessed"),
            (
                &format!("name {}", "k".repeat(64)),
                "1: the key of \"name\" can be guessed",
            ),
            ("name sha256:12", "1: `sha256:` wants 64"),
            (&format!("a {key} a*b"), "1: \"a*b\" has a misplaced"),
            (
                &format!("a {key}\nb {key}"),
                "2: the key stands on an earlier line",
            ),
        ] {
            let said = Publishers::parse(text).unwrap_err();
            assert!(said.starts_with(why), "{said}");
            assert!(!said.contains(&key), "{said}");
        }
    }
}
