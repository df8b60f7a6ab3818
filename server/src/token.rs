//! `tickertape token`: a token for trying things out.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::Args;
use hub::Selector;

use crate::auth::{Minted, mint};
use crate::config::{duration, selector};

/// What `tickertape token` is told.
#[derive(Args, Clone, Debug)]
pub struct TokenArgs {
    /// The file with the key: the secret that the server has, or the private key in PEM whose public one
    /// it has [default: the key in the variable TICKERTAPE_JWT_KEY]
    #[arg(long, env = "TICKERTAPE_JWT_KEY_FILE", value_name = "FILE")]
    pub jwt_key: Option<PathBuf>,
    /// A topic or pattern on which it may publish
    #[arg(long, value_name = "SELECTOR", value_parser = selector)]
    pub publish: Vec<Selector>,
    /// A topic or pattern that it may read
    #[arg(long, value_name = "SELECTOR", value_parser = selector)]
    pub subscribe: Vec<Selector>,
    /// Whether it may see what the hub does: the overview, /api, the metrics
    #[arg(long)]
    pub observe: bool,
    /// Whom it is for
    #[arg(long, value_name = "NAME")]
    pub subject: Option<String>,
    /// How long it is good, such as 90s, 30m, 24h, 7d
    #[arg(long = "for", value_name = "DURATION", default_value = "1h", value_parser = duration)]
    pub lifetime: Duration,
    /// What its claim `aud` names
    #[arg(long, value_name = "NAME")]
    pub audience: Option<String>,
    /// What its claim `iss` names
    #[arg(long, value_name = "NAME")]
    pub issuer: Option<String>,
    /// By what name the server knows the key, where it has several
    #[arg(long, value_name = "NAME")]
    pub key_id: Option<String>,
}

/// Prints a token.
#[must_use]
pub fn run(args: &TokenArgs) -> ExitCode {
    match token(args) {
        Ok(token) => {
            // Whoever closed standard output does not want to know.
            let _ = writeln!(io::stdout(), "{token}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            let _ = writeln!(io::stderr(), "error: {why}");
            crate::WRONG_SETTING.into()
        }
    }
}

fn token(args: &TokenArgs) -> Result<String, String> {
    let texts = |all: &[Selector]| all.iter().map(ToString::to_string).collect();
    let expires = SystemTime::now().checked_add(args.lifetime);
    let expires =
        expires.ok_or("--for: is longer than time goes; give a shorter one, such as 365d")?;
    let expires = expires.duration_since(UNIX_EPOCH).unwrap_or_default();
    mint(&Minted {
        key: args.jwt_key.as_deref(),
        publish: texts(&args.publish),
        subscribe: texts(&args.subscribe),
        observe: args.observe,
        subject: args.subject.as_deref(),
        expires: expires.as_secs(),
        audience: args.audience.as_deref(),
        issuer: args.issuer.as_deref(),
        key_id: args.key_id.as_deref(),
    })
}
