//! The page, the dashboard and the rules name what is served, and all of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use server::config::Config;
use server::storage::Storage;

use server::tls::Tls;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::scrape::Scrape;
use crate::secure::Authority;
use crate::support::{Server, within};

const PAGE: &str = include_str!("../../../../docs/metrics.md");
const DASHBOARD: &str = include_str!("../../../../docs/grafana-dashboard.json");
const RULES: &str = include_str!("../../../../docs/alerts.yml");

/// All that a server serves which speaks TLS, keeps its log on a disk, and has answered a request.
async fn everything() -> Scrape {
    let (authority, dir) = (Authority::new(), tempfile::tempdir().unwrap());
    let server = Server::with_metrics(Config {
        storage: Storage::Directory(dir.path().to_owned()),
        tls: Some(Tls::open(authority.files(1)).unwrap()),
        ..Config::default()
    })
    .await;
    let mut client = authority.connect(server.addr, &[b"http/1.1"]).await;
    client
        .write_all(b"GET /healthz HTTP/1.0\r\n\r\n")
        .await
        .unwrap();
    within(client.read_to_end(&mut Vec::new())).await.unwrap();
    server.metrics().await
}

/// The names in a text that could be metrics.
fn names(text: &str) -> BTreeSet<&str> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = text.split(|c| !is_name(c));
    words
        .filter(|word| word.starts_with("tickertape_"))
        .collect()
}

/// The metric of a name as queries have it: a histogram has three.
fn family<'a>(scrape: &Scrape, name: &'a str) -> Option<&'a str> {
    let endings = ["_bucket", "_sum", "_count"].into_iter();
    let of_histogram = endings.filter_map(|ending| name.strip_suffix(ending));
    let mut candidates = [name].into_iter().chain(of_histogram);
    candidates.find(|name| scrape.families().contains_key(*name))
}

#[tokio::test]
async fn every_metric_that_the_dashboard_and_the_rules_ask_for_is_served() {
    let scrape = everything().await;
    for (document, text) in [
        ("metrics.md", PAGE),
        ("grafana-dashboard.json", DASHBOARD),
        ("alerts.yml", RULES),
    ] {
        let names = names(text);
        assert!(names.len() > 10, "{document}: {names:?}");
        for name in names {
            assert!(family(&scrape, name).is_some(), "{document}: {name}");
        }
    }
}

#[tokio::test]
async fn every_metric_that_is_served_is_in_the_page_with_its_kind_and_labels() {
    let scrape = everything().await;
    // Rows as `| `name{label,label}` | kind | …`.
    let rows = PAGE.lines().filter_map(|line| {
        let (metric, rest) = line.strip_prefix("| `tickertape_")?.split_once("` | ")?;
        let (name, labels) = metric.split_once('{').unwrap_or((metric, "}"));
        let labels = labels.trim_end_matches('}').split(',');
        let labels: BTreeSet<_> = labels.filter(|label| !label.is_empty()).collect();
        let kind = rest.split(&[',', ' ']).next()?;
        Some((format!("tickertape_{name}"), (kind, labels)))
    });
    let documented: BTreeMap<_, _> = rows.collect();
    let served = scrape.families().iter().map(|(name, kind)| {
        let sample = match kind.as_str() {
            "histogram" => format!("{name}_count"),
            _ => name.clone(),
        };
        let labels = scrape.labels(&sample);
        (name.clone(), (kind.as_str(), labels))
    });
    let served: BTreeMap<_, _> = served.collect();
    assert_eq!(documented, served);
}

#[test]
fn every_panel_of_the_dashboard_asks_for_something() {
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    assert!(panels.len() >= 12);
    let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_u64()).collect();
    assert_eq!(ids.len(), panels.len(), "each has an id of its own");
    for panel in panels {
        let targets = panel["targets"].as_array().unwrap();
        assert!(!targets.is_empty(), "{panel}");
        for target in targets {
            let asked = target["expr"].as_str().unwrap();
            assert!(!names(asked).is_empty(), "{asked}");
        }
    }
}

/// What Prometheus itself says to the rules, and to what the dashboard asks for, as rules; none where its
/// tool is not there.
fn check(rules: &str) -> Option<std::process::Output> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), rules).unwrap();
    let mut promtool = std::process::Command::new("promtool");
    let checked = promtool.args(["check", "rules"]).arg(file.path()).output();
    if checked.is_err() {
        eprintln!("passed over: there is no `promtool`, which the package prometheus has");
    }
    checked.ok()
}

#[test]
fn the_rules_and_what_the_dashboard_asks_for_are_right_to_prometheus() {
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    let mut asked = String::from("groups:\n- name: dashboard\n  rules:\n");
    let panels = dashboard["panels"].as_array().unwrap().iter();
    let targets = panels.flat_map(|panel| panel["targets"].as_array().unwrap());
    for (number, target) in targets.enumerate() {
        // As Grafana fills it in.
        let query = target["expr"].as_str().unwrap();
        let query = query.replace("$__rate_interval", "1m");
        let query = query.replace("$job", ".*").replace("$instance", ".*");
        let query = serde_json::to_string(&query).unwrap();
        asked += &format!("  - record: panel:{number}\n    expr: {query}\n");
    }
    for rules in [RULES, &asked] {
        let Some(checked) = check(rules) else { return };
        assert!(checked.status.success(), "{checked:?}");
    }
}
