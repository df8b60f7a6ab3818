//! Tickertape, as several servers: plain, and with what a flag adds.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};

use super::{BODY, Keeps, SOCKET, Server, Servers, TICKERTAPE, TLS, TOKEN};
use crate::Outcome;
use crate::dialect::Dialect;

/// The same program with other arguments.
struct Variant {
    name: &'static str,
    /// With a value that may be the default, or nothing.
    flag: Option<[&'static str; 2]>,
    tls: bool,
    authorised: bool,
}

const PLAIN: Variant = Variant {
    name: TICKERTAPE,
    flag: None,
    tls: false,
    authorised: false,
};

const VARIANTS: &[Variant] = &[
    PLAIN,
    Variant {
        name: BODY,
        flag: Some(["--fan-out", "body"]),
        ..PLAIN
    },
    Variant {
        name: SOCKET,
        flag: Some(["--fan-out", "socket"]),
        ..PLAIN
    },
    Variant {
        name: TOKEN,
        authorised: true,
        ..PLAIN
    },
    Variant {
        name: TLS,
        tls: true,
        ..PLAIN
    },
];

/// What a stranger would be refused is no part of a comparison: all come from one address.
const NO_LIMITS: [&str; 6] = [
    "--client-streams",
    "none",
    "--client-publishes",
    "none",
    "--log",
    "warn",
];

/// Adds those variants that the program has.
pub(crate) fn add(program: &Path, keys: &Path, servers: &mut Servers) -> Outcome<()> {
    let program = program
        .canonicalize()
        .map_err(|error| format!("{}: {error}; build it, or say which", program.display()))?;
    let keys = Keys::make(&program, keys)?;
    let version = Command::new(&program).arg("--version").output()?;
    let version = String::from_utf8_lossy(&version.stdout).trim().to_owned();
    let help = Command::new(&program).args(["serve", "--help"]).output()?;
    let help = String::from_utf8_lossy(&help.stdout);
    for variant in VARIANTS {
        match variant.flag.and_then(|flag| needless(&help, flag)) {
            Some(why) => servers.left_out.push(format!("{}: {why}", variant.name)),
            None => servers.all.push(server(variant, &version, &program, &keys)),
        }
    }
    Ok(())
}

/// Why the program is not to be run with this flag, by what it says of its flags.
fn needless(help: &str, [flag, value]: [&str; 2]) -> Option<&'static str> {
    let Some((_, of)) = help.split_once(&format!(" {flag} ")) else {
        return Some("this program does not know the flag");
    };
    let of = of.split("\n      --").next().unwrap_or(of);
    of.contains(&format!("[default: {value}]"))
        .then_some("it is the default")
}

fn server(variant: &'static Variant, version: &str, program: &Path, keys: &Keys) -> Server {
    let fields = match variant.authorised {
        true => format!("Authorization: Bearer {}\r\n", keys.token),
        false => String::new(),
    };
    let (program, dir) = (program.to_owned(), keys.dir.clone());
    Server {
        name: variant.name,
        version: version.to_owned(),
        dialect: Dialect {
            live: |topic| format!("/events?topic=t{topic}"),
            replay: Some(|topic| format!("/events?topic=t{topic}&since=all")),
            publish: |topic| format!("/events?topic=t{topic}"),
            create: None,
            fields,
        },
        tls: variant.tls.then(|| keys.client.clone()),
        command: Box::new(move |place| {
            let mut command = Command::new(&program);
            command.args(["serve", "--addr", &format!("127.0.0.1:{}", place.port)]);
            command.args(NO_LIMITS).args(variant.flag.iter().flatten());
            match place.keeps {
                Keeps::InMemory => command.arg("--ephemeral"),
                Keeps::OnDisk => command.arg("--data-dir").arg(place.dir.join("log")),
            };
            match variant.authorised {
                true => command.arg("--jwt-key").arg(dir.join("secret")),
                false => command.args(["--public-read", "**", "--public-write", "**"]),
            };
            if variant.tls {
                command.arg("--tls-cert").arg(dir.join("cert.pem"));
                command.arg("--tls-key").arg(dir.join("key.pem"));
            }
            Ok(command)
        }),
    }
}

/// What the variants with a token and with TLS need, made anew for each run of the benchmark.
struct Keys {
    dir: PathBuf,
    token: String,
    client: Arc<ClientConfig>,
}

impl Keys {
    fn make(program: &Path, dir: &Path) -> Outcome<Self> {
        fs::create_dir_all(dir)?;
        let dir = dir.canonicalize()?;
        let private = |name: &str, text: &str| -> Outcome<PathBuf> {
            let path = dir.join(name);
            fs::write(&path, text)?;
            fs::set_permissions(&path, Permissions::from_mode(0o600))?;
            Ok(path)
        };
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
        fs::write(dir.join("cert.pem"), made.cert.pem())?;
        private("key.pem", &made.signing_key.serialize_pem())?;
        let mut roots = RootCertStore::empty();
        roots.add(made.cert.der().clone())?;
        let client = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();

        let secret = private("secret", "a secret of a benchmark, and of nothing else")?;
        let token = Command::new(program)
            .arg("token")
            .arg("--jwt-key")
            .arg(secret)
            .args(["--publish", "**", "--subscribe", "**", "--for", "8h"])
            .output()?;
        if !token.status.success() {
            return Err(String::from_utf8_lossy(&token.stderr).into());
        }
        let token = String::from_utf8(token.stdout)?.trim().to_owned();
        let client = Arc::new(client);
        Ok(Self { dir, token, client })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_is_left_out_where_it_is_unknown_or_says_the_default() {
        let help = "      --other <N>\n          [default: body]\n\n      --fan-out <PATH>\n          \
                    How\n\n          [default: socket]\n\n      --log <FILTER>\n          [default: body]";
        assert_eq!(needless(help, ["--fan-out", "body"]), None);
        assert_eq!(
            needless(help, ["--fan-out", "socket"]),
            Some("it is the default")
        );
        assert!(needless(help, ["--fan", "socket"]).is_some());
    }
}
