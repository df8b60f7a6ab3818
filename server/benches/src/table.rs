//! What is printed: a table for each workload, the goals, and where Tickertape loses.

use crate::goals::GOALS;
use crate::results::{Of, Results, Spread};
use crate::servers::{LIMIT, Server, TICKERTAPE};
use crate::workloads::{RATE, Workload};

/// The names and units of a workload's figures, as its first run had them.
pub(crate) struct Columns {
    pub(crate) workload: &'static Workload,
    pub(crate) figures: Vec<(&'static str, &'static str)>,
}

/// One table: each figure of each server, and its ratios to the limit's and to Tickertape's.
pub(crate) fn print(columns: &Columns, servers: &[&Server], results: &Results) {
    let workload = columns.workload;
    println!("\n**{}**: {}\n", workload.name, workload.words);
    println!("| figure | server | median | ÷ limit | ÷ tickertape |\n|---|---|---|---|---|");
    for (figure, unit) in &columns.figures {
        for server in servers {
            let of = |server| Of {
                workload: workload.name,
                server,
                figure,
            };
            let Some(spread) = results.spread(of(server.name)) else {
                continue;
            };
            let against = |other| match results.ratio(of(server.name), of(other)) {
                Some(ratio) if server.name != other => ratios(ratio),
                _ => String::new(),
            };
            let (limit, ours) = (against(LIMIT), against(TICKERTAPE));
            let median = digits(spread.median);
            println!(
                "| {figure} | {} | {median} {unit} | {limit} | {ours} |",
                server.name
            );
        }
    }
}

/// How near the goals are.
pub(crate) fn print_goals(results: &Results) {
    let all: Vec<_> = GOALS
        .iter()
        .filter_map(|goal| goal.standing(results))
        .collect();
    if all.is_empty() {
        return;
    }
    println!("\n| goal | median (least to greatest) | |\n|---|---|---|");
    for standing in all {
        let reached = if standing.reached {
            "reached"
        } else {
            "not reached"
        };
        println!(
            "| {} | {} | {reached} |",
            standing.words,
            ratios(standing.spread)
        );
    }
}

/// Where a peer does better than Tickertape as it is by default.
pub(crate) fn print_losses(all: &[Columns], servers: &[&Server], results: &Results) {
    let mut losses = Vec::new();
    for Columns { workload, figures } in all {
        let peers = servers.iter().map(|server| server.name);
        for peer in peers.filter(|name| *name != LIMIT && !name.starts_with(TICKERTAPE)) {
            for (figure, _) in figures {
                let of = |server| Of {
                    workload: workload.name,
                    server,
                    figure,
                };
                // Of a rate more is better, of all else less.
                let (one, other) = match *figure == RATE {
                    true => (of(peer), of(TICKERTAPE)),
                    false => (of(TICKERTAPE), of(peer)),
                };
                if let Some(ratio) = results.ratio(one, other)
                    && ratio.median > 1.0
                {
                    losses.push(format!(
                        "{}, {figure}: {peer} by {}",
                        workload.name,
                        ratios(ratio)
                    ));
                }
            }
        }
    }
    println!("\nWhere Tickertape loses:\n");
    if losses.is_empty() {
        println!("- nowhere among what was measured");
    }
    losses.iter().for_each(|loss| println!("- {loss}"));
}

/// A median with the least and the greatest.
fn ratios(ratio: Spread) -> String {
    let [median, least, greatest] = [ratio.median, ratio.least, ratio.greatest].map(digits);
    format!("{median} ({least} to {greatest})")
}

/// Three digits that count; more would claim more than is known.
pub(crate) fn digits(value: f64) -> String {
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
    fn three_digits_count() {
        let shown = [123.4, 12.34, 1.234, 0.1234].map(digits);
        assert_eq!(shown, ["123", "12.3", "1.23", "0.123"]);
    }
}
