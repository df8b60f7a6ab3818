mod access;

use std::path::Path;

use super::file::File;
use super::*;
use crate::fanout::FanOut;
use crate::telemetry::LogFormat;

fn dev(args: &[&str]) -> Result<DevArgs, clap::Error> {
    match Cli::try_parse_from(["tickertape"].iter().chain(args))?.command() {
        Command::Dev(args) => Ok(*args),
        other => panic!("not dev: {other:?}"),
    }
}

#[test]
fn dev_is_the_default_and_takes_the_same_flags() {
    for args in [
        &["--addr", "[::1]:0"] as &[_],
        &["dev", "--addr", "[::1]:0"],
    ] {
        assert_eq!(dev(args).unwrap().addr, "[::1]:0".parse().unwrap());
    }
    assert_eq!(dev(&[]).unwrap().addr, "127.0.0.1:8080".parse().unwrap());
}

#[test]
fn the_defaults_are_those_of_the_documents() {
    assert_eq!(
        Config::dev(dev(&["--ephemeral"]).unwrap())
            .unwrap()
            .retention,
        Config::default().retention
    );
}

#[test]
fn a_wrong_setting_is_named() {
    let wrong = [
        ("--addr", "8080"),
        ("--addr", "0.0.0.0:8080"),
        ("--addr", "127.0.0.1:99999"),
        ("--host", "https://hub.example"),
        ("--host", "hub.example:8080"),
        ("--retention-age", "soon"),
        ("--retention-age", "0s"),
        ("--retention-bytes", "lots"),
        ("--retention-bytes", "0"),
        ("--retention-count", "0"),
        ("--retention-count", "-1"),
        ("--max-event", "0"),
        ("--max-event", "8388609"),
        ("--max-request", "0"),
        ("--max-request", "1GiB"),
        ("--log", "server=loud"),
        ("--client-streams", "0"),
        ("--client-streams", "many"),
        ("--client-publishes", "0"),
        ("--client-publishes", "1.5"),
        ("--client-burst", "0"),
        ("--client-burst", "none"),
        ("--client-connections", "0"),
        ("--trusted-proxy", "proxy.example"),
        ("--trusted-proxy", "0.0.0.0/0"),
        ("--trusted-proxy", "10.0.0.0/33"),
        ("--max-connections", "0"),
        ("--max-connections", "none"),
        ("--max-subscribers", "0"),
        ("--log-format", "xml"),
        ("--metrics-addr", "9090"),
        ("--otlp-endpoint", "127.0.0.1:4318"),
    ];
    for (flag, value) in wrong {
        let said = dev(&[&format!("{flag}={value}")]).unwrap_err().to_string();
        assert!(said.contains(flag), "{flag} {value}: {said}");
    }
}

/// The settings of a command line with a file.
fn with_file(text: &str, args: &[&str]) -> Result<DevArgs, String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("some.toml");
    std::fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap();
    let line = [&["tickertape"], args, &["--config", path]].concat();
    let read = Cli::read_from(line.iter().map(OsString::from).collect());
    match read.map(Cli::command) {
        Ok(Command::Dev(args)) => Ok(*args),
        Ok(other) => panic!("not dev: {other:?}"),
        Err(error) => Err(error.to_string().replace(path, "FILE")),
    }
}

fn shown(mut args: DevArgs) -> String {
    args.server.config = None;
    format!("{args:#?}")
}

#[test]
fn the_default_file_uncommented_is_the_defaults() {
    let lines = DEFAULT_FILE.lines().filter(|line| !line.starts_with("##"));
    let text: String = lines
        .map(|line| line.strip_prefix("# ").unwrap_or(line).to_owned() + "\n")
        .collect();
    let defaults = shown(dev(&[]).unwrap());
    assert_eq!(shown(with_file(&text, &[]).unwrap()), defaults);
    assert_eq!(shown(with_file(DEFAULT_FILE, &["dev"]).unwrap()), defaults);
    // It says something of all of them.
    let file = File::parse(&text).unwrap();
    let given: Vec<_> = file.values().iter().map(|(name, _)| *name).collect();
    for name in [
        "addr",
        "client_burst",
        "client_connections",
        "client_publishes",
        "client_streams",
        "fan_out",
        "log",
        "max_connections",
        "log_format",
        "max_event",
        "max_request",
        "max_subscribers",
        "retention_age",
        "retention_bytes",
    ] {
        assert!(given.contains(&name), "{name}");
    }
}

const FULL: &str = r#"
addr = "[::1]:7"
cors-origin = ["https://a.example", "https://b.example"]
host = ["hub.example"]
data-dir = "/d"
max-event = "2MiB"
max-request = "9MiB"
client-streams = "none"
client-publishes = 7
client-burst = 8
client-connections = 11
trusted-proxy = ["10.0.0.0/8", "::1"]
max-connections = 9
max-subscribers = 10
fan-out = "body"
log = "warn"
log-format = "json"
metrics-addr = "0.0.0.0:9"
[retention]
age = "2h"
bytes = "1MiB"
count = 7
[[retention.topics]]
selector = "quiet/*"
count = 3
[[retention.topics]]
selector = "**"
age = "1m"
bytes = "1KiB"
"#;

#[test]
fn the_file_sets_what_no_flag_sets() {
    for command in [&[] as &[_], &["dev"]] {
        let args = with_file(
            FULL,
            &[command, &["--log", "debug", "--host", "x.example"]].concat(),
        );
        let args = args.unwrap();
        let telemetry = &args.server.telemetry;
        assert_eq!(args.server.fan_out, FanOut::Body);
        assert_eq!(telemetry.log_format, LogFormat::Json);
        assert_eq!(telemetry.metrics_addr, "0.0.0.0:9".parse().ok());
        assert_eq!(
            (args.addr.port(), &*args.server.telemetry.log),
            (7, "debug")
        );
        let hosts = args
            .server
            .hosts
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>();
        assert_eq!(
            (hosts, args.server.cors_origins.len()),
            (vec!["x.example".to_owned()], 2)
        );
        assert_eq!(
            (args.server.max_event, args.server.max_request),
            (2 << 20, 9 << 20)
        );
        let config = Config::dev(args).unwrap();
        let limits = &config.limits;
        assert_eq!(
            (limits.client_streams, limits.client_publishes),
            (None, Some(7))
        );
        assert_eq!(
            (limits.client_burst, limits.connections, limits.subscribers),
            (8, 9, 10)
        );
        assert_eq!(limits.client_connections, Some(11));
        assert_eq!(config.trusted_proxies.len(), 2);
        assert_eq!(config.storage, Storage::Directory("/d".into()));
        assert_eq!(
            (config.limits.event, config.limits.request),
            (2 << 20, 9 << 20)
        );
        let of = |age: Option<u64>, bytes, count| Retention {
            age: age.map(Duration::from_secs),
            bytes,
            count,
        };
        assert_eq!(config.retention, of(Some(7200), Some(1 << 20), Some(7)));
        let kept: Vec<_> = config.overrides.iter().map(|o| o.retention).collect();
        assert_eq!(
            kept,
            [of(None, None, Some(3)), of(Some(60), Some(1024), None)]
        );
    }
}

#[test]
fn a_flag_for_the_place_comes_before_the_files() {
    let args = with_file("ephemeral = true", &["--data-dir", "/d"]).unwrap();
    assert!(!args.server.ephemeral);
    let args = with_file("ephemeral = true", &[]).unwrap();
    assert!(args.server.ephemeral);
    let config = Config::dev(with_file("data-dir = '/d'", &["--ephemeral"]).unwrap());
    assert_eq!(config.unwrap().storage, Storage::Memory);
}

#[test]
fn what_is_wrong_in_the_file_is_named_with_its_line_and_key() {
    for (text, place) in [
        ("adr = 1", "FILE:1: `adr`: unknown field"),
        ("\naddr = 1", "FILE:2: `addr`: invalid type"),
        (
            "addr = '0.0.0.0:1'",
            "FILE:1: `addr`: \"0.0.0.0:1\" is reachable by others",
        ),
        (
            "cors-origin = ['https://a', '*']",
            "FILE:1: `cors-origin`: \"*\" stands for",
        ),
        ("host = ['a:1']", "FILE:1: `host`: \"a:1\""),
        ("host = 'a'", "FILE:1: `host`: invalid type"),
        ("ephemeral = 'yes'", "FILE:1: `ephemeral`: invalid type"),
        (
            "ephemeral = true\ndata-dir = 'd'",
            "`ephemeral` and `data-dir`",
        ),
        (
            "max-event = '0'",
            "FILE:1: `max-event`: \"0\" is not within",
        ),
        (
            "max-request = '1TiB'",
            "FILE:1: `max-request`: \"1TiB\" is not within",
        ),
        (
            "max-event = '2MiB'\nmax-request = '1MiB'",
            "--max-event (2.0 MiB) is larger than",
        ),
        ("log = 'a=loud'", "FILE:1: `log`"),
        (
            "log-format = 'xml'",
            "FILE:1: `log-format`: \"xml\" is no format",
        ),
        ("metrics-addr = '9090'", "FILE:1: `metrics-addr`: \"9090\""),
        (
            "otlp-endpoint = '127.0.0.1:4318'",
            "FILE:1: `otlp-endpoint`",
        ),
        ("[retention]\n\nage = 'soon'", "FILE:3: `age`: \"soon\""),
        ("retention.bytes = 'x'", "FILE:1: `retention.bytes`"),
        ("[retention]\ncount = 0", "FILE:2: `count`: invalid value"),
        ("[retention]\nsize = 0", "FILE:2: `size`: unknown field"),
        (
            "[[retention.topics]]\nselector = 'a*b'\ncount = 1",
            "FILE:2: `selector`: \"a*b\"",
        ),
        (
            "[[retention.topics]]\ncount = 1",
            "missing field `selector`",
        ),
        ("[[retention.topics]]\nselector = 'a'", "a has no limit"),
        (
            "[[retention.topics]]\nselector = 'a'\nkeep = 1",
            "FILE:3: `keep`: unknown field",
        ),
        ("addr = ", "FILE:1: `addr`"),
        ("[retention", "FILE:1:"),
        ("log = 'info'\nlog = 'warn'", "FILE:2: `log`: duplicate key"),
    ] {
        let said = with_file(text, &[]).unwrap_err();
        assert!(said.contains(place), "{text}: {said}");
        assert_eq!(said.trim_end().lines().count(), 1, "{said}");
    }
}

#[test]
fn a_file_that_has_no_end_or_no_writer_does_not_hold_up_the_start() {
    for (path, why) in [
        ("/dev/zero", "no regular file"),
        ("/tmp", "no regular file"),
    ] {
        let said = File::read(Some(Path::new(path)), true).unwrap_err();
        assert!(said.contains(path) && said.contains(why), "{said}");
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    file.as_file().set_len(2 << 20).unwrap();
    let said = File::read(Some(file.path()), true).unwrap_err();
    assert!(said.contains("longer than 1 MiB"), "{said}");
}

#[test]
fn a_collector_of_traces_is_taken_only_by_a_build_that_has_them() {
    let taken = dev(&["--otlp-endpoint", "http://127.0.0.1:4318"]);
    assert_eq!(taken.is_ok(), cfg!(feature = "otel"));
    if let Err(refused) = taken {
        let said = refused.to_string();
        assert!(said.contains("--otlp-endpoint"), "{said}");
        assert!(said.contains("--features otel"), "{said}");
    }
}
