//! What was measured: raw lines as it comes, and a table at the end.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use crate::Outcome;

/// All samples, and the file of raw lines.
pub(super) struct Report {
    raw: File,
    round: usize,
    rows: Vec<Row>,
}

struct Row {
    what: String,
    unit: &'static str,
    samples: Vec<f64>,
}

impl Report {
    pub(super) fn new(raw: &Path) -> Outcome<Self> {
        let (raw, rows) = (File::create(raw)?, Vec::new());
        Ok(Self {
            raw,
            round: 0,
            rows,
        })
    }

    /// Samples from here on are of this round.
    pub(super) fn begin(&mut self, round: usize) {
        self.round = round;
    }

    /// One sample.
    pub(super) fn add(&mut self, what: &str, unit: &'static str, value: f64) -> Outcome<()> {
        writeln!(self.raw, "{}\t{what}\t{unit}\t{value}", self.round)?;
        match self.rows.iter_mut().find(|row| row.what == what) {
            Some(row) => row.samples.push(value),
            None => self.rows.push(Row {
                what: what.to_owned(),
                unit,
                samples: vec![value],
            }),
        }
        Ok(())
    }

    /// The table: the median of each figure, with the least and the greatest.
    pub(super) fn print(&mut self) {
        println!("| figure | unit | median | least | greatest |\n|---|---|---|---|---|");
        for row in &mut self.rows {
            let [middle, least, greatest] = row.spread().map(round);
            println!(
                "| {} | {} | {middle} | {least} | {greatest} |",
                row.what, row.unit
            );
        }
    }
}

impl Row {
    fn spread(&mut self) -> [f64; 3] {
        self.samples.sort_by(f64::total_cmp);
        let n = self.samples.len();
        let middle = (self.samples[(n - 1) / 2] + self.samples[n / 2]) / 2.0;
        [middle, self.samples[0], self.samples[n - 1]]
    }
}

/// Three digits that count; more would claim more than is known.
fn round(value: f64) -> String {
    let digits = match value.abs() {
        value if value >= 100.0 => 0,
        value if value >= 10.0 => 1,
        value if value >= 1.0 => 2,
        _ => 3,
    };
    format!("{value:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_lies_between_the_middle_two() {
        let mut row = Row {
            what: String::new(),
            unit: "",
            samples: vec![4.0, 1.0, 3.0, 10.0],
        };
        assert_eq!(row.spread(), [3.5, 1.0, 10.0]);
        row.samples.pop();
        assert_eq!(row.spread(), [3.0, 1.0, 4.0]);
    }

    #[test]
    fn three_digits_count() {
        assert_eq!(
            [123.4, 12.34, 1.234, 0.1234].map(round),
            ["123", "12.3", "1.23", "0.123"]
        );
    }
}
