//! What was measured: raw lines as it comes, and a table at the end.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use crate::Outcome;
use crate::results::Spread;
use crate::table::digits;

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
    pub(super) fn print(&self) {
        println!("| figure | unit | median | least | greatest |\n|---|---|---|---|---|");
        for Row {
            what,
            unit,
            samples,
        } in &self.rows
        {
            if let Some(Spread {
                median,
                least,
                greatest,
            }) = Spread::of(samples.clone())
            {
                let [median, least, greatest] = [median, least, greatest].map(digits);
                println!("| {what} | {unit} | {median} | {least} | {greatest} |");
            }
        }
    }
}
