//! The settings of `tickertape.toml`.
//!
//! What is right in it becomes the defaults of the flags, so that flags and variables come first,
//! and one parser says what a value means.

use std::io::{self, ErrorKind};
use std::num::NonZero;
use std::ops::Range;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use hub::Selector;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::clients::{self, Most, Network};
use super::origin::Origin;
use super::overrides::{Override, overrides};
use super::places::Places;
use super::telemetry;
use super::values::{self, age, log_filter, max_event, max_request, size};
use crate::auth::Algorithm;
use crate::fanout::FanOut;
use crate::file;
use crate::http::host::HostName;
use crate::telemetry::LogFormat;

/// Where it is read from, unless a file is named.
const DEFAULT: &str = "tickertape.toml";
/// What a file says; nothing where there is none.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct File {
    #[serde(deserialize_with = "address")]
    addr: Option<Spanned<String>>,
    #[serde(deserialize_with = "origins")]
    cors_origin: Vec<String>,
    #[serde(deserialize_with = "hosts")]
    host: Vec<String>,
    tls_cert: Option<String>,
    tls_key: Option<String>,
    #[serde(deserialize_with = "duration")]
    hsts: Option<String>,
    data_dir: Option<String>,
    ephemeral: bool,
    #[serde(deserialize_with = "event")]
    max_event: Option<String>,
    #[serde(deserialize_with = "request")]
    max_request: Option<String>,
    #[serde(deserialize_with = "most")]
    client_streams: Option<String>,
    #[serde(deserialize_with = "most")]
    client_publishes: Option<String>,
    #[serde(deserialize_with = "burst")]
    client_burst: Option<String>,
    #[serde(deserialize_with = "most")]
    client_connections: Option<String>,
    #[serde(deserialize_with = "proxies")]
    trusted_proxy: Vec<String>,
    #[serde(deserialize_with = "connections")]
    max_connections: Option<String>,
    #[serde(deserialize_with = "subscribers")]
    max_subscribers: Option<String>,
    #[serde(deserialize_with = "fan_out")]
    fan_out: Option<String>,
    #[serde(deserialize_with = "filter")]
    log: Option<String>,
    #[serde(deserialize_with = "log_format")]
    log_format: Option<String>,
    #[serde(deserialize_with = "any_address")]
    metrics_addr: Option<String>,
    #[serde(deserialize_with = "collector")]
    otlp_endpoint: Option<String>,
    retention: RetentionTable,
    demo: bool,
    jwt_key: Vec<String>,
    jwks: Option<String>,
    #[serde(deserialize_with = "algorithms")]
    jwt_algorithm: Vec<String>,
    jwt_audience: Vec<String>,
    jwt_issuer: Vec<String>,
    publish_key_file: Option<String>,
    #[serde(deserialize_with = "selectors")]
    public_read: Vec<String>,
    #[serde(deserialize_with = "selectors")]
    public_write: Vec<String>,
    cookie_name: Option<String>,
    cookie_domain: Option<String>,
    /// Where each of these stands.
    #[serde(skip)]
    pub(super) places: Places,
}

/// The table `[retention]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RetentionTable {
    #[serde(deserialize_with = "duration")]
    age: Option<String>,
    #[serde(deserialize_with = "bytes")]
    bytes: Option<String>,
    count: Option<NonZero<u64>>,
    #[serde(deserialize_with = "overrides")]
    topics: Vec<Override>,
}

impl File {
    /// Reads the file that is named, else the one in the working directory where there is one, for a
    /// server that is open or for one that is closed.
    ///
    /// # Errors
    /// In one line: the file, the line and the key, and what is wrong there.
    pub(super) fn read(named: Option<&Path>, is_open: bool) -> Result<Self, String> {
        let path = named.map_or_else(|| PathBuf::from(DEFAULT), Path::to_path_buf);
        let shown = path.display();
        match read_text(&path) {
            Ok(text) => {
                let file = Self::parse(&text).and_then(|file| file.fitting(&text, is_open));
                let mut file = file.map_err(|why| format!("{shown}{why}"))?;
                file.places = Places::of(&shown.to_string(), &text);
                Ok(file)
            }
            Err(error) if named.is_none() && error.kind() == ErrorKind::NotFound => {
                Ok(Self::default())
            }
            Err(error) => Err(format!(
                "{shown}: cannot be read: {error}; name another with --config"
            )),
        }
    }

    /// The error begins with the line.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let file: Self = toml::from_str(text).map_err(|error| {
            let (line, key) = place(text, error.span().unwrap_or_default());
            let why = error.message().replace('\n', "; ");
            format!(":{line}: `{key}`: {why}")
        })?;
        if file.ephemeral && file.data_dir.is_some() {
            return Err(": `ephemeral` and `data-dir`: both are there; leave one out".to_owned());
        }
        Ok(file)
    }

    /// A server that `is_open` to all who reach it is for this machine only.
    fn fitting(self, text: &str, is_open: bool) -> Result<Self, String> {
        let Some(addr) = self.addr.as_ref().filter(|_| is_open) else {
            return Ok(self);
        };
        match values::loopback(addr.get_ref()) {
            Ok(_) => Ok(self),
            Err(why) => {
                let ((line, key), addr) = (place(text, addr.span()), addr.get_ref());
                Err(format!(":{line}: `{key}`: {addr:?} {why}"))
            }
        }
    }

    /// What it says, by the names of the flags' arguments.
    pub(super) fn values(&self) -> Vec<(&'static str, Vec<String>)> {
        let one = |name, value: &Option<String>| (name, value.iter().cloned().collect());
        let count = self.retention.count.map(|count| count.to_string());
        let yes = |switch: bool| switch.then(|| "true".to_owned());
        let (ephemeral, demo) = (yes(self.ephemeral), yes(self.demo));
        let all = [
            (
                "addr",
                self.addr
                    .iter()
                    .map(|addr| addr.get_ref().clone())
                    .collect(),
            ),
            ("cors_origins", self.cors_origin.clone()),
            ("hosts", self.host.clone()),
            one("tls_cert", &self.tls_cert),
            one("tls_key", &self.tls_key),
            one("hsts", &self.hsts),
            one("data_dir", &self.data_dir),
            one("ephemeral", &ephemeral),
            one("retention_age", &self.retention.age),
            one("retention_bytes", &self.retention.bytes),
            one("retention_count", &count),
            one("max_event", &self.max_event),
            one("max_request", &self.max_request),
            one("client_streams", &self.client_streams),
            one("client_publishes", &self.client_publishes),
            one("client_burst", &self.client_burst),
            one("client_connections", &self.client_connections),
            ("trusted_proxies", self.trusted_proxy.clone()),
            one("max_connections", &self.max_connections),
            one("max_subscribers", &self.max_subscribers),
            one("fan_out", &self.fan_out),
            one("log", &self.log),
            one("log_format", &self.log_format),
            one("metrics_addr", &self.metrics_addr),
            one("otlp_endpoint", &self.otlp_endpoint),
            one("demo", &demo),
            ("jwt_keys", self.jwt_key.clone()),
            one("jwks", &self.jwks),
            ("jwt_algorithms", self.jwt_algorithm.clone()),
            ("jwt_audiences", self.jwt_audience.clone()),
            ("jwt_issuers", self.jwt_issuer.clone()),
            one("publish_key_file", &self.publish_key_file),
            ("public_read", self.public_read.clone()),
            ("public_write", self.public_write.clone()),
            one("cookie_name", &self.cookie_name),
            one("cookie_domain", &self.cookie_domain),
        ];
        let given = all.into_iter().filter(|(_, values)| !values.is_empty());
        given.collect()
    }

    /// The topics that are kept by limits of their own.
    pub(super) fn overrides(self) -> Vec<Override> {
        self.retention.topics
    }
}

fn read_text(path: &Path) -> io::Result<String> {
    let (bytes, _) = file::read(path)?;
    let garbled = |_| io::Error::new(ErrorKind::InvalidData, "stream did not contain valid UTF-8");
    String::from_utf8(bytes).map_err(garbled)
}

/// The line, from 1, of a place in a text.
pub(super) fn line_of(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or(text);
    before.matches('\n').count() + 1
}

/// The line, from 1, and the key on it.
fn place(text: &str, span: Range<usize>) -> (usize, String) {
    let number = line_of(text, span.start);
    let line = text.lines().nth(number - 1).unwrap_or_default();
    let key = line.split_once('=').map_or(line, |(key, _)| key);
    (number, key.trim().escape_debug().to_string())
}

type Text<E> = Result<Option<String>, E>;

fn checked<'de, D: Deserializer<'de>, T>(
    from: D,
    check: impl FnOnce(&str) -> Result<T, String>,
) -> Result<(String, T), D::Error> {
    let text = String::deserialize(from)?;
    let value = check(&text).map_err(|why| D::Error::custom(format!("{text:?} {why}")))?;
    Ok((text, value))
}

fn address<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Spanned<String>>, D::Error> {
    let text = Spanned::<String>::deserialize(from)?;
    values::address(text.get_ref())
        .map_err(|why| D::Error::custom(format!("{:?} {why}", text.get_ref())))?;
    Ok(Some(text))
}

fn event<'de, D: Deserializer<'de>>(from: D) -> Text<D::Error> {
    checked(from, max_event).map(|(text, _)| Some(text))
}

fn request<'de, D: Deserializer<'de>>(from: D) -> Text<D::Error> {
    checked(from, max_request).map(|(text, _)| Some(text))
}

/// A number, or the words of a setting in the place of one.
#[derive(Deserialize)]
#[serde(untagged, expecting = "is neither a number nor a text")]
enum Number {
    Digits(i64),
    Text(String),
}

fn number<'de, D: Deserializer<'de>, T>(
    from: D,
    check: impl FnOnce(&str) -> Result<T, String>,
) -> Text<D::Error> {
    let text = match Number::deserialize(from)? {
        Number::Digits(digits) => digits.to_string(),
        Number::Text(text) => text,
    };
    check(&text).map_err(|why| D::Error::custom(format!("{text:?} {why}")))?;
    Ok(Some(text))
}

fn most<'de, D: Deserializer<'de>>(from: D) -> Text<D::Error> {
    number(from, str::parse::<Most>)
}

fn burst<'de, D: Deserializer<'de>>(from: D) -> Text<D::Error> {
    number(from, clients::number)
}

fn connections<'de, D: Deserializer<'de>>(from: D) -> Text<D::Error> {
    number(from, values::connections)
}

fn subscribers<'de, D: Deserializer<'de>>(from: D) -> Text<D::Error> {
    number(from, values::subscribers)
}

fn proxies<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    list(from, str::parse::<Network>)
}

fn filter<'de, D: Deserializer<'de>>(from: D) -> Text<D::Error> {
    checked(from, log_filter).map(|(text, _)| Some(text))
}

fn fan_out<'de, D: Deserializer<'de>>(from: D) -> Text<D::Error> {
    let parse = |text: &str| {
        FanOut::from_str(text, false)
            .map_err(|_| "is no way to send; give socket or body".to_owned())
    };
    checked(from, parse).map(|(text, _)| Some(text))
}

fn log_format<'de, D: Deserializer<'de>>(from: D) -> Text<D::Error> {
    let parse = |text: &str| {
        LogFormat::from_str(text, false).map_err(|_| "is no format; give text or json".to_owned())
    };
    checked(from, parse).map(|(text, _)| Some(text))
}

fn any_address<'de, D: Deserializer<'de>>(from: D) -> Text<D::Error> {
    checked(from, values::address).map(|(text, _)| Some(text))
}

fn collector<'de, D: Deserializer<'de>>(from: D) -> Text<D::Error> {
    checked(from, telemetry::endpoint).map(|(text, _)| Some(text))
}

pub(super) fn duration<'de, D: Deserializer<'de>>(from: D) -> Text<D::Error> {
    checked(from, age).map(|(text, _)| Some(text))
}

pub(super) fn bytes<'de, D: Deserializer<'de>>(from: D) -> Text<D::Error> {
    checked(from, size).map(|(text, _)| Some(text))
}

pub(super) fn selector<'de, D: Deserializer<'de>>(from: D) -> Result<Selector, D::Error> {
    checked(from, values::selector).map(|(_, selector)| selector)
}

fn list<'de, D: Deserializer<'de>, T>(
    from: D,
    check: impl Fn(&str) -> Result<T, String>,
) -> Result<Vec<String>, D::Error> {
    let texts = Vec::<String>::deserialize(from)?;
    for text in &texts {
        check(text).map_err(|why| D::Error::custom(format!("{text:?} {why}")))?;
    }
    Ok(texts)
}

fn origins<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    list(from, str::parse::<Origin>)
}

fn hosts<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    list(from, |text| {
        text.parse::<HostName>().map_err(|why| why.to_string())
    })
}

fn algorithms<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    list(from, str::parse::<Algorithm>)
}

fn selectors<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    list(from, values::selector)
}
