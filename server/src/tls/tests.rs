use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tempfile::TempDir;

use super::*;

fn make() -> (String, String) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    (cert.pem(), signing_key.serialize_pem())
}

fn write(path: &Path, text: &str, mode: u32) {
    // Whoever replaces a file makes a new one.
    let new = path.with_extension("new");
    std::fs::write(&new, text).unwrap();
    std::fs::set_permissions(&new, std::fs::Permissions::from_mode(mode)).unwrap();
    std::fs::rename(&new, path).unwrap();
}

fn files(cert: &str, key: &str, mode: u32) -> (TempDir, Files) {
    let dir = tempfile::tempdir().unwrap();
    let files = Files {
        cert: dir.path().join("cert.pem"),
        key: dir.path().join("key.pem"),
    };
    write(&files.cert, cert, 0o644);
    write(&files.key, key, mode);
    (dir, files)
}

#[test]
fn what_is_wrong_with_the_files_is_said_with_flag_and_file() {
    let (cert, key) = make();
    let (_, another) = make();
    let cut = |text: &str| text[..text.len() / 2].to_owned();
    let broken = cert.replacen("MI", "!!", 1);
    let encrypted = key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    let junk = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for (cert, key, mode, flag, why) in [
        ("", &*key, 0o600, "--tls-cert", "holds no certificate"),
        (&key, &key, 0o600, "--tls-cert", "holds no certificate"),
        (
            &cut(&cert),
            &key,
            0o600,
            "--tls-cert",
            "`-----END` is missing",
        ),
        (&broken, &key, 0o600, "--tls-cert", "no base64"),
        (junk, &key, 0o600, "--tls-cert", "first certificate"),
        (&cert, "", 0o600, "--tls-key", "holds no private key"),
        (&cert, &cert, 0o600, "--tls-key", "holds no private key"),
        (
            &cert,
            &cut(&key),
            0o600,
            "--tls-key",
            "`-----END` is missing",
        ),
        (&cert, &encrypted, 0o600, "--tls-key", "is encrypted"),
        (&cert, &another, 0o600, "--tls-key", "is not the key of"),
        (&cert, &key, 0o644, "--tls-key", "(mode 644)"),
        (&cert, &key, 0o602, "--tls-key", "every user"),
    ] {
        let (_dir, files) = files(cert, key, mode);
        let said = Tls::open(files.clone()).unwrap_err();
        let named = if flag == "--tls-cert" {
            &files.cert
        } else {
            &files.key
        };
        let begin = format!("{flag} {}: ", named.display());
        assert!(
            said.starts_with(&begin) && said.contains(why),
            "{why}: {said}"
        );
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}

#[test]
fn a_key_that_the_servers_group_may_read_is_right() {
    let (cert, key) = make();
    let (_dir, files) = files(&cert, &key, 0o640);
    Tls::open(files).unwrap();
}

#[test]
fn what_is_no_file_is_said_to_be_none() {
    let (cert, key) = make();
    let (dir, right) = files(&cert, &key, 0o600);
    for (path, why) in [
        (dir.path().join("none"), "No such file"),
        (dir.path().to_path_buf(), "no regular file"),
        ("/dev/zero".into(), "no regular file"),
    ] {
        for wrong in [
            Files {
                cert: path.clone(),
                ..right.clone()
            },
            Files {
                key: path.clone(),
                ..right.clone()
            },
        ] {
            let said = Tls::open(wrong).unwrap_err();
            assert!(
                said.contains(path.to_str().unwrap()) && said.contains(why),
                "{said}"
            );
        }
    }
}

#[test]
fn a_change_is_taken_up_once_it_has_settled_and_a_broken_one_is_told_once() {
    let (cert, key) = make();
    let (_dir, files) = files(&cert, &key, 0o600);
    let certificate_in_use = Certificate::read(files.clone()).unwrap();
    let shown = || Arc::clone(&certificate_in_use.current.read().unwrap());
    let first = shown();
    assert!(
        certificate_in_use.look(None).is_none(),
        "nothing has changed"
    );

    let (new_cert, new_key) = make();
    write(&files.cert, &new_cert, 0o644);
    let seen = certificate_in_use.look(None);
    assert!(
        seen.is_some() && Arc::ptr_eq(&shown(), &first),
        "it may not be whole yet"
    );
    // The key is late: what is there does not fit, and is not asked for again until it changes.
    assert!(certificate_in_use.look(seen).is_none());
    assert!(Arc::ptr_eq(&shown(), &first) && certificate_in_use.look(None).is_none());

    write(&files.key, &new_key, 0o600);
    let seen = certificate_in_use.look(None);
    assert!(certificate_in_use.look(seen).is_none());
    assert!(!Arc::ptr_eq(&shown(), &first), "the new one is in use");
}
