//! What a command shows to a server that wants to know who asks.

use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use ureq::http::{HeaderValue, Request, Response, header};
use ureq::middleware::MiddlewareNext;
use ureq::{Body, Error, SendBody};

/// A token, or the key of a publisher. Not as an argument: those of a process are for all to see.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Credential {
    /// A file with the token or the publisher's key to show; it is read again for each request
    /// [default: what is in the variable TICKERTAPE_TOKEN]
    #[arg(long, env = "TICKERTAPE_TOKEN_FILE", value_name = "FILE", value_parser = readable)]
    token_file: Option<PathBuf>,
}

/// Holds the token itself.
const VARIABLE: &str = "TICKERTAPE_TOKEN";

impl Credential {
    /// Adds the token to each request of an agent that has nothing to show of its own.
    pub(crate) fn show(
        &self,
    ) -> impl Fn(Request<SendBody<'_>>, MiddlewareNext<'_>) -> Result<Response<Body>, Error>
    + Send
    + Sync
    + 'static {
        let file = self.token_file.clone();
        move |mut request, next| {
            if !request.headers().contains_key(header::AUTHORIZATION)
                && let Some(bearer) = bearer(file.as_deref())?
            {
                request.headers_mut().insert(header::AUTHORIZATION, bearer);
            }
            next.handle(request)
        }
    }
}

/// A file that is there at the begin: a later fault is one of the connection, and tried again.
fn readable(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    bearer(Some(&path)).map_err(|error| error.to_string())?;
    Ok(path)
}

fn bearer(file: Option<&Path>) -> Result<Option<HeaderValue>, io::Error> {
    let (token, place) = match file {
        Some(path) => {
            let named = |error: io::Error| {
                io::Error::other(format!("{} cannot be read: {error}", path.display()))
            };
            let token = std::fs::read_to_string(path).map_err(named)?;
            (token, "the file")
        }
        None => match std::env::var(VARIABLE) {
            Ok(token) if !token.is_empty() => (token, VARIABLE),
            _ => return Ok(None),
        },
    };
    let mut value = HeaderValue::try_from(format!("Bearer {}", token.trim())).map_err(|_| {
        io::Error::other(format!("{place} holds no token: it has control characters"))
    })?;
    value.set_sensitive(true);
    Ok(Some(value))
}
