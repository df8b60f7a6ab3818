//! The text that Prometheus reads, taken apart.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::{Response, StatusCode};

/// Names and values of a sample's labels.
type Labels = BTreeMap<String, String>;

/// What was told at one moment.
pub(crate) struct Scrape {
    text: String,
    /// What each name is, by the lines that say so.
    families: BTreeMap<String, String>,
    samples: Vec<(String, Labels, f64)>,
}

impl Scrape {
    /// Reads an answer, which has to be one.
    pub(crate) async fn of(response: Response) -> Self {
        assert_eq!(response.status(), StatusCode::OK);
        Self::parse(response.text().await.unwrap())
    }

    /// Reads a text, each sample of which has to follow the line that says what it is.
    pub(crate) fn parse(text: String) -> Self {
        let (mut families, mut samples) = (BTreeMap::new(), Vec::new());
        for line in text.lines() {
            if let Some(kind) = line.strip_prefix("# TYPE ") {
                let (name, kind) = kind.split_once(' ').expect(line);
                let before = families.insert(name.to_owned(), kind.to_owned());
                assert_eq!(before, None, "{name} is there twice");
            } else if !line.starts_with('#') {
                let (name, labels, value) = sample(line);
                let family = ["", "_bucket", "_sum", "_count"]
                    .iter()
                    .filter_map(|ending| name.strip_suffix(ending))
                    .find(|name| families.contains_key(*name));
                assert!(family.is_some(), "nothing says what {name} is");
                samples.push((name, labels, value));
            }
        }
        Self {
            text,
            families,
            samples,
        }
    }

    /// All of it.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The names of metrics, and what each is.
    pub(crate) fn families(&self) -> &BTreeMap<String, String> {
        &self.families
    }

    /// The samples with a name.
    pub(crate) fn samples<'a>(
        &'a self,
        name: &'a str,
    ) -> impl Iterator<Item = (&'a Labels, f64)> + 'a {
        let samples = self.samples.iter().filter(move |(of, ..)| of == name);
        samples.map(|(_, labels, value)| (labels, *value))
    }

    /// The names of the labels of a sample.
    pub(crate) fn labels(&self, name: &str) -> BTreeSet<&str> {
        let mut samples = self.samples.iter().filter(|(of, ..)| of == name);
        let (_, labels, _) = samples.next().unwrap_or_else(|| panic!("no {name}"));
        labels.keys().map(String::as_str).collect()
    }

    /// The one sample with this name and these labels.
    pub(crate) fn value(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let owned = |(name, value): &(&str, &str)| (String::from(*name), String::from(*value));
        let labels: Labels = labels.iter().map(owned).collect();
        let mut found = self.samples(name).filter(|(of, _)| **of == labels);
        let (_, value) = found
            .next()
            .unwrap_or_else(|| panic!("no {name} {labels:?} in {}", self.text));
        value
    }
}

fn sample(line: &str) -> (String, Labels, f64) {
    let (head, value) = line.rsplit_once(' ').expect(line);
    let (name, labels) = match head.split_once('{') {
        None => (head, ""),
        Some((name, rest)) => (name, rest.strip_suffix('}').expect(line)),
    };
    // No label of ours has a quote or a comma in it.
    let labels = labels.split(',').filter(|label| !label.is_empty());
    let labels = labels.map(|label| {
        let (name, value) = label.split_once("=\"").expect(line);
        let value = value.strip_suffix('"').expect(line);
        (name.to_owned(), value.to_owned())
    });
    (
        name.to_owned(),
        labels.collect(),
        value.parse().expect(line),
    )
}
