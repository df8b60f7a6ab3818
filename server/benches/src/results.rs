//! The figures of all runs: raw lines as they come, and ratios of two within a round.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::Path;

use crate::Outcome;
use crate::workloads::Figure;

/// Which figure of which server under which workload.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Of {
    pub(crate) workload: &'static str,
    pub(crate) server: &'static str,
    pub(crate) figure: &'static str,
}

pub(crate) struct Results {
    raw: File,
    /// By round.
    samples: BTreeMap<Of, BTreeMap<usize, f64>>,
    /// What did not count, and why.
    pub(crate) dropped: Vec<String>,
}

/// The middle one, the least and the greatest of some values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) greatest: f64,
}

impl Results {
    /// Begins a file of raw lines with these about the machine and the servers.
    pub(crate) fn new(raw: &Path, about: &[String]) -> Outcome<Self> {
        let mut raw = File::create(raw)?;
        for line in about {
            writeln!(raw, "# {line}")?;
        }
        writeln!(raw, "round\tworkload\tserver\tfigure\tunit\tvalue")?;
        let (samples, dropped) = (BTreeMap::new(), Vec::new());
        Ok(Self {
            raw,
            samples,
            dropped,
        })
    }

    pub(crate) fn add(
        &mut self,
        round: usize,
        workload: &'static str,
        server: &'static str,
        figure: &Figure,
    ) -> Outcome<()> {
        let Figure { name, unit, value } = figure;
        writeln!(
            self.raw,
            "{round}\t{workload}\t{server}\t{name}\t{unit}\t{value}"
        )?;
        let of = Of {
            workload,
            server,
            figure: name,
        };
        self.samples.entry(of).or_default().insert(round, *value);
        Ok(())
    }

    /// Notes a run that does not count: no ratio is made of it.
    pub(crate) fn drop_run(
        &mut self,
        round: usize,
        workload: &str,
        server: &str,
        why: &str,
    ) -> Outcome<()> {
        writeln!(self.raw, "{round}\t{workload}\t{server}\tdropped\t\t{why}")?;
        self.dropped
            .push(format!("{workload}, {server}, round {round}: {why}"));
        Ok(())
    }

    pub(crate) fn spread(&self, of: Of) -> Option<Spread> {
        Spread::of(self.samples.get(&of)?.values().copied().collect())
    }

    /// One to the other, of the rounds that have both.
    pub(crate) fn ratio(&self, one: Of, other: Of) -> Option<Spread> {
        let (one, other) = (self.samples.get(&one)?, self.samples.get(&other)?);
        let both = one
            .iter()
            .filter_map(|(round, value)| Some(value / other.get(round)?));
        Spread::of(both.collect())
    }
}

impl Spread {
    pub(crate) fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        let (least, greatest) = (*values.first()?, *values.last()?);
        let median = f64::midpoint(values[(values.len() - 1) / 2], values[values.len() / 2]);
        Some(Self {
            median,
            least,
            greatest,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_one_of_a_round_and_a_dropped_run_has_none() {
        let raw = std::env::temp_dir().join(format!("bench-results-{}", std::process::id()));
        let mut results = Results::new(&raw, &["Linux".into()]).unwrap();
        let mut add = |round, server, value| {
            let figure = Figure {
                name: "cpu",
                unit: "µs",
                value,
            };
            results.add(round, "F1", server, &figure).unwrap();
        };
        for (round, one, other) in [(1, 10.0, 5.0), (2, 30.0, 10.0), (3, 8.0, 2.0)] {
            add(round, "a", one);
            add(round, "b", other);
        }
        add(4, "a", 1_000.0);
        results.drop_run(4, "F1", "b", "1 lost").unwrap();
        let of = |server| Of {
            workload: "F1",
            server,
            figure: "cpu",
        };
        let ratio = results.ratio(of("a"), of("b"));
        assert_eq!(
            ratio,
            Some(Spread {
                median: 3.0,
                least: 2.0,
                greatest: 4.0
            })
        );
        assert_eq!(results.spread(of("c")), None);
        let lines = std::fs::read_to_string(&raw).unwrap();
        assert!(lines.starts_with("# Linux\n") && lines.ends_with("4\tF1\tb\tdropped\t\t1 lost\n"));
        std::fs::remove_file(raw).unwrap();
    }

    #[test]
    fn the_median_of_an_even_number_lies_between_the_middle_two() {
        let spread = Spread::of(vec![4.0, 1.0, 3.0, 10.0]).unwrap();
        assert_eq!(
            (spread.median, spread.least, spread.greatest),
            (3.5, 1.0, 10.0)
        );
        assert_eq!(Spread::of(vec![]), None);
    }
}
