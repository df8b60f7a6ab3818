//! The settings of `tickertape serve`.

use super::*;

/// The settings of `tickertape serve` with a file.
fn served(text: &str, args: &[&str]) -> Result<ServeArgs, String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("some.toml");
    std::fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap();
    let line = [&["tickertape", "serve"], args, &["--config", path]].concat();
    match Cli::read_from(line.iter().map(OsString::from).collect()).map(Cli::command) {
        Ok(Command::Serve(args)) => Ok(*args),
        Ok(other) => panic!("not serve: {other:?}"),
        Err(error) => Err(error.to_string()),
    }
}

const OPEN: &str = r#"
addr = "0.0.0.0:80"
demo = true
jwt-algorithm = ["ES256"]
jwt-audience = ["hub"]
jwt-issuer = ["https://id.example"]
jwks = "https://id.example/keys"
public-read = ["news/**", "chat"]
public-write = ["chat"]
cookie-name = "__Secure-t"
cookie-domain = "example.com"
"#;

#[test]
fn one_file_may_be_for_both_servers_and_only_serve_is_closed() {
    let args = served(OPEN, &["--public-write", "a", "--ephemeral"]).unwrap();
    assert_eq!(args.addr.port(), 80);
    assert!(args.demo && args.access.jwt_algorithms == [Algorithm::Es256]);
    let texts = |all: &[hub::Selector]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(texts(&args.access.public_read), ["news/**", "chat"]);
    assert_eq!(texts(&args.access.public_write), ["a"]);
    assert!(matches!(
        Config::serve(args).unwrap().access,
        Access::Closed(_)
    ));
    let dev = with_file(&OPEN.replace("0.0.0.0", "[::1]"), &["--ephemeral"]).unwrap();
    assert!(matches!(Config::dev(dev).unwrap().access, Access::Open));
    let said = with_file(OPEN, &[]).unwrap_err();
    assert!(said.contains("tickertape serve"), "{said}");
    let default = served(DEFAULT_FILE, &[]).unwrap();
    assert_eq!(default.access.cookie_name, "__Host-tickertape");
}

#[test]
fn a_server_that_nobody_may_use_does_not_start_and_wrong_access_is_named() {
    let said = |text: &str, flags: &[&str]| {
        let args = served(text, &[&["--ephemeral"], flags].concat()).unwrap();
        Config::serve(args).unwrap_err()
    };
    assert!(said("", &[]).contains("--public-read"));
    for (text, named) in [
        (
            "jwt-key = ['/nowhere']",
            ":1: `jwt-key`: /nowhere: cannot be read",
        ),
        ("\njwks = 'http://id.example/'", ":2: `jwks`: "),
        (
            "publish-key-file = '/'",
            ":1: `publish-key-file`: /: is no regular file",
        ),
        (
            "public-read = ['a']\ncookie-name = 'a b'",
            ":2: `cookie-name`: ",
        ),
        (
            "public-read = ['a']\n[retention]\nage = '1h'\n",
            "--cookie-domain: ",
        ),
        ("jwt-audience = ['hub']", ":1: `jwt-audience`: "),
        ("jwt-issuer = ['https://id.example']", ":1: `jwt-issuer`: "),
        ("jwt-algorithm = ['EdDSA']", ":1: `jwt-algorithm`: "),
        (
            "public-read = ['a']\ntls-cert = '/nowhere'\ntls-key = '/nowhere'",
            ":2: `tls-cert` /nowhere: ",
        ),
    ] {
        let flags = match named.starts_with("--") {
            true => &["--cookie-domain", "example.com"][..],
            false => &[],
        };
        let said = said(text, flags);
        let (place, rest) = said.split_at(said.find(named).unwrap_or(0));
        assert!(rest.starts_with(named), "{said}");
        assert_eq!(place.ends_with(".toml"), flags.is_empty(), "{said}");
    }
    for (text, named) in [
        ("public-read = ['a*b']", "public-read"),
        ("jwt-algorithm = ['none']", "jwt-algorithm"),
        ("jwt-algorithm = ['hs256']", "jwt-algorithm"),
    ] {
        assert!(served(text, &[]).unwrap_err().contains(named), "{text}");
    }
}
