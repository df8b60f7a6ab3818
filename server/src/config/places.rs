//! Where in the file settings stand, for what is found wrong with them once all are read.

use std::collections::BTreeMap;
use std::fmt;

use toml::de::DeTable;

use super::file::line_of;

/// The place of each setting that comes from the file, by the name of its flag.
#[derive(Clone, Default)]
pub struct Places(BTreeMap<String, String>);

impl Places {
    /// Those of all keys in a file of this name that stand in no table.
    pub(super) fn of(file: &str, text: &str) -> Self {
        let Ok(table) = DeTable::parse(text) else {
            return Self::default();
        };
        let place = |at: usize| format!("{file}:{}", line_of(text, at));
        let keys = table.get_ref().keys();
        let keys = keys.map(|key| (key.get_ref().to_string(), place(key.span().start)));
        Self(keys.collect())
    }

    /// Those of the settings that are the file's: a flag and a variable come before it.
    pub(super) fn of_those(self, is_from_file: impl Fn(&str) -> bool) -> Self {
        let mine = self.0.into_iter().filter(|(flag, _)| is_from_file(flag));
        Self(mine.collect())
    }

    /// What is wrong, which begins with a flag: with the file, the line and the key where the setting stands there.
    pub(super) fn named(&self, why: String) -> String {
        let Some(rest) = why.strip_prefix("--") else {
            return why;
        };
        let end = rest.find([':', ' ']).unwrap_or(rest.len());
        let (flag, rest) = rest.split_at(end);
        match self.0.get(flag) {
            Some(place) => format!("{place}: `{flag}`{rest}"),
            None => why,
        }
    }
}

impl fmt::Debug for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Settings are the same wherever they stand.
        f.debug_struct("Places").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_named_where_it_stands() {
        let text = "# settings\njwks = \"x\"\n\n\"cookie-name\" = 'a'\n[retention]\nage = 1\n";
        let places = Places::of("t.toml", text);
        let named = |places: &Places, why: &str| places.named(why.to_owned());
        assert_eq!(named(&places, "--jwks: no"), "t.toml:2: `jwks`: no");
        assert_eq!(
            named(&places, "--cookie-name /a: no"),
            "t.toml:4: `cookie-name` /a: no"
        );
        assert_eq!(named(&places, "--age: no"), "--age: no");
        assert_eq!(named(&places, "a directory"), "a directory");
        let places = places.of_those(|flag| flag != "jwks");
        assert_eq!(named(&places, "--jwks: no"), "--jwks: no");
    }
}
