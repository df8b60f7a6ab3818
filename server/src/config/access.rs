//! Who may do what at `tickertape serve`, as flags and variables.

use std::path::PathBuf;

use clap::Args;
use hub::Selector;

use super::values::selector;
use crate::auth::Algorithm;

/// Who may read and write. Nobody may because of where they are: behind a proxy everyone is local.
#[derive(Args, Clone, Debug, Default)]
pub struct AccessArgs {
    /// A file with a key for tokens: a secret of 32 bytes or more, or a public key in PEM
    #[arg(
        long = "jwt-key",
        env = "TICKERTAPE_JWT_KEY_FILE",
        value_name = "FILE",
        value_delimiter = ','
    )]
    pub jwt_keys: Vec<PathBuf>,
    /// Where the keys for tokens are published: the URL of a JSON Web Key Set
    #[arg(long, env = "TICKERTAPE_JWKS", value_name = "URL")]
    pub jwks: Option<String>,
    /// An algorithm that tokens may be signed with [default: each whose key is given]
    #[arg(
        long = "jwt-algorithm",
        env = "TICKERTAPE_JWT_ALGORITHM",
        value_name = "NAME",
        value_delimiter = ','
    )]
    pub jwt_algorithms: Vec<Algorithm>,
    /// What the claim `aud` of a token has to name
    #[arg(
        long = "jwt-audience",
        env = "TICKERTAPE_JWT_AUDIENCE",
        value_name = "NAME",
        value_delimiter = ','
    )]
    pub jwt_audiences: Vec<String>,
    /// Who has to be the issuer of a token, as in its claim `iss`
    #[arg(
        long = "jwt-issuer",
        env = "TICKERTAPE_JWT_ISSUER",
        value_name = "NAME",
        value_delimiter = ','
    )]
    pub jwt_issuers: Vec<String>,
    /// A file with keys for publishers: on each line a name, a key, and the topics it is for
    #[arg(long, env = "TICKERTAPE_PUBLISH_KEY_FILE", value_name = "FILE")]
    pub publish_key_file: Option<PathBuf>,
    /// Topics that everyone may read; ** for all
    #[arg(
        long,
        env = "TICKERTAPE_PUBLIC_READ",
        value_name = "SELECTOR",
        value_delimiter = ',',
        value_parser = selector
    )]
    pub public_read: Vec<Selector>,
    /// Topics on which everyone may publish; ** for all
    #[arg(
        long,
        env = "TICKERTAPE_PUBLIC_WRITE",
        value_name = "SELECTOR",
        value_delimiter = ',',
        value_parser = selector
    )]
    pub public_write: Vec<Selector>,
    /// The cookie that holds the token of who signs in
    #[arg(
        long,
        env = "TICKERTAPE_COOKIE_NAME",
        value_name = "NAME",
        default_value = "__Host-tickertape"
    )]
    pub cookie_name: String,
    /// The domain that the cookie is for, with all below it [default: this server alone]
    #[arg(long, env = "TICKERTAPE_COOKIE_DOMAIN", value_name = "DOMAIN")]
    pub cookie_domain: Option<String>,
}
