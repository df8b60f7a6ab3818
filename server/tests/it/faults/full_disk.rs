//! A disk that is full: a real one, of a few megabytes.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::hub::Hub;
use crate::support::field;

/// A file system of its own in memory, in a namespace of its own: it is gone with the process that
/// holds it, whatever becomes of the test.
struct SmallDisk {
    holder: Child,
    root: PathBuf,
}

impl SmallDisk {
    /// One of this size, such as `8m`; none, and a word on standard error, where the system lets
    /// this user mount nothing.
    fn mount(size: &str) -> Option<Self> {
        let script =
            format!("mount -t tmpfs -o size={size} tmpfs /mnt && echo mounted && exec cat");
        let holder = Command::new("unshare")
            .args(["--user", "--map-root-user", "--mount", "sh", "-c", &script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let Ok(mut holder) = holder else {
            eprintln!("passed over: there is no `unshare`, so no small disk");
            return None;
        };
        let mut line = String::new();
        BufReader::new(holder.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        if line != "mounted\n" {
            holder.wait().unwrap();
            eprintln!("passed over: this system lets users mount no file system of their own");
            return None;
        }
        let root = PathBuf::from(format!("/proc/{}/root/mnt", holder.id()));
        Some(Self { holder, root })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // One that has ended already needs neither.
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

const EVENT: usize = 32 * 1024;

/// Publishes until the disk is full; what was acknowledged, as `(id, data)`.
fn fill(hub: &Hub, name: &str) -> Vec<(String, String)> {
    let mut acknowledged = Vec::new();
    for n in 0..1_000 {
        let data = format!("{name} {n} {}", "x".repeat(EVENT));
        match hub.post("a", &data) {
            (200, answer) => acknowledged.push((answer["id"].as_str().unwrap().to_owned(), data)),
            (507, answer) => {
                let detail = answer["detail"].as_str().unwrap();
                assert!(
                    detail.contains("disk") && detail.contains("full"),
                    "{answer}"
                );
                return acknowledged;
            }
            (status, answer) => panic!("{status}: {answer}"),
        }
    }
    panic!("the disk is not full after a thousand events");
}

fn make_ballast(path: &Path) {
    std::fs::write(path, vec![1; 2 << 20]).unwrap();
}

#[test]
fn a_full_disk_refuses_and_leaves_no_trace_and_recovers_when_there_is_room() {
    let Some(disk) = SmallDisk::mount("8m") else {
        return;
    };
    let (data, ballast) = (disk.path("log"), disk.path("ballast"));
    make_ballast(&ballast);
    let hub = Hub::start(&data, &[]);
    let mut stream = hub.stream("topic=a", None);
    let mut acknowledged = fill(&hub, "first");
    assert!(!acknowledged.is_empty());
    for n in 0..5 {
        let (status, answer) = hub.post("a", &format!("refused {n} {}", "x".repeat(EVENT)));
        assert_eq!(status, 507, "{answer}");
    }
    // Reads go on: from memory, from the disk, and from a start on a disk that is full.
    assert_eq!(stream.events(acknowledged.len()), acknowledged);
    assert_eq!(hub.kept("a"), data_of(&acknowledged));
    hub.stop();
    let hub = Hub::start(&data, &[]);
    assert_eq!(hub.kept("a"), data_of(&acknowledged));

    let mut stream = hub.stream("topic=a", Some(&acknowledged[0].0));
    std::fs::remove_file(&ballast).unwrap();
    let more = fill(&hub, "second");
    assert!(more.len() > 10, "it recovers: {}", more.len());
    acknowledged.extend(more);
    assert_eq!(stream.events(acknowledged.len() - 1), acknowledged[1..]);

    drop(hub); // It is killed.
    let hub = Hub::start(&data, &[]);
    assert_eq!(hub.kept("a"), data_of(&acknowledged));
}

#[test]
fn a_topic_can_be_deleted_on_a_full_disk_and_stays_deleted() {
    let Some(disk) = SmallDisk::mount("8m") else {
        return;
    };
    let hub = Hub::start(&disk.path("log"), &[]);
    hub.publish("secret", "a password");
    let cursor = hub.publish("b", "kept");
    let acknowledged = fill(&hub, "filler");
    let (status, answer) = hub.ask("DELETE /events/secret", "");
    assert_eq!(status, 200, "{answer}");
    assert!(hub.kept("secret").is_empty());
    drop(hub);
    let hub = Hub::start(&disk.path("log"), &[]);
    assert!(hub.kept("secret").is_empty());
    assert_eq!(hub.kept("a"), data_of(&acknowledged));
    let before = format!("{}-0", cursor.split_once('-').unwrap().0);
    let gap = hub.stream("topic=secret", Some(&before)).next_of("hub.gap");
    assert!(
        field(&gap, "data").contains(r#""reason":"deleted""#),
        "{gap}"
    );
}

fn data_of(events: &[(String, String)]) -> Vec<String> {
    events.iter().map(|(_, data)| data.clone()).collect()
}
