//! Files that an earlier version wrote are read by this one.

use std::{fs, path::Path};

use store::{OpenError, check};

use crate::support::{lost, open, page, publish, words};

#[tokio::test]
async fn a_log_of_format_version_1_is_opened() {
    let dir = tempfile::tempdir().unwrap();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/version-1");
    for entry in fs::read_dir(fixture).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, dir.path().join(path.file_name().unwrap())).unwrap();
    }
    assert!(check(dir.path()).unwrap().damage.is_empty());
    let log = open(dir.path()).unwrap();
    let right = [
        "1 orders/42 paid",
        "2 https://example.com/books/1 ü\n\nzwei",
        "4 lines/build line 0",
        "5 lines/build line 1",
        "6 lines/build line 2",
        "7 lines/build line 3",
    ];
    assert_eq!(words(&log).await, right);
    let order = &page(&log, 0, "orders/42").await.records[0];
    assert_eq!(
        (order.name(), order.retry.unwrap().as_millis()),
        ("order", 700)
    );
    let gap = lost(&page(&log, 0, "secret").await).map(|(reason, _)| reason);
    assert_eq!(gap, Some("deleted"));
    assert_eq!(publish(&log, "t", "next").await, 8);
}

#[tokio::test]
async fn a_log_of_a_later_version_is_refused_by_its_number() {
    let dir = tempfile::tempdir().unwrap();
    open(dir.path()).unwrap().close();
    let path = dir.path().join("manifest");
    let json = fs::read_to_string(&path).unwrap();
    let json = json
        .lines()
        .next()
        .unwrap()
        .replace("\"version\":1", "\"version\":2");
    let crc = crc32c::crc32c(json.as_bytes());
    fs::write(&path, format!("{json}\n{crc:08x}\n")).unwrap();
    let refused = open(dir.path()).err().unwrap();
    assert!(
        matches!(refused, OpenError::Version { found: 2, .. }),
        "{refused}"
    );
}
