//! Bits that flip on the disk, while the server is stopped and while it runs.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::hub::{Hub, command, refused_start};
use crate::support::field;

const EVENTS: usize = 20;
/// In how many places of the segment a bit is flipped, one after the other.
const PLACES: usize = 8;

/// A log of twenty events, one publish each, and the cursor after the tenth.
fn publish(dir: &Path) -> (Vec<String>, String) {
    let hub = Hub::start(dir, &[]);
    let data: Vec<_> = (0..EVENTS).map(|n| format!("event {n:03}")).collect();
    let ids: Vec<_> = data.iter().map(|data| hub.publish("a", data)).collect();
    hub.stop();
    (data, ids[9].clone())
}

pub(crate) fn segment(dir: &Path) -> PathBuf {
    dir.join("0000000000000001.seg")
}

pub(crate) fn flip(file: &Path, at: u64) {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .open(file)
        .unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, at).unwrap();
    file.write_all_at(&[byte[0] ^ 0x10], at).unwrap();
}

pub(crate) fn position(file: &Path, text: &str) -> u64 {
    let bytes = std::fs::read(file).unwrap();
    let found = bytes.windows(text.len()).position(|w| w == text.as_bytes());
    found.unwrap() as u64
}

#[test]
fn a_bit_flipped_at_rest_is_refused_with_its_place_and_repair_saves_the_rest() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("log");
    let (data, cursor) = publish(&dir);
    let whole = std::fs::read(segment(&dir)).unwrap();
    for at in (0..PLACES).map(|n| (n * whole.len() / PLACES + 3) as u64) {
        let place = home.path().join(format!("flipped-{at}"));
        copy(&dir, &place);
        flip(&segment(&place), at);

        let said = refused_start(&place);
        let (before, after) = said.split_once("is damaged at byte ").expect(&said);
        assert!(before.contains(segment(&place).to_str().unwrap()), "{said}");
        let byte: u64 = after.split(':').next().unwrap().parse().unwrap();
        // It names where the record begins that is not right: at most a record before.
        assert!(
            (at.saturating_sub(100)..=at).contains(&byte),
            "{at}: {said}"
        );
        assert!(said.contains("tickertape repair"), "{said}");

        let repair = command(&place, &["repair"]);
        assert!(repair.status.success(), "{repair:?}");
        let hub = Hub::start(&place, &[]);
        let kept = hub.kept("a");
        assert!(
            kept.is_sorted() && kept.iter().all(|one| data.contains(one)),
            "{kept:?}"
        );
        // The record that holds the bit, and the next where that was its checksum.
        assert!(kept.len() + 2 >= EVENTS, "at {at}: {kept:?}");
        let gap = hub.stream("topic=a", Some(&cursor)).next_of("hub.gap");
        assert!(gap.contains(r#""reason":"epoch-changed""#), "{gap}");
        hub.publish("a", "it goes on");
    }
}

#[test]
fn a_bit_flipped_while_it_runs_is_a_gap_and_never_wrong_data() {
    let dir = tempfile::tempdir().unwrap();
    let (data, cursor) = publish(dir.path());
    // Started anew, it has none of the events in memory.
    let hub = Hub::start(dir.path(), &[]);
    let file = segment(dir.path());
    flip(&file, position(&file, "event 013"));

    let mut stream = hub.stream("topic=a", Some(&cursor));
    let (mut seen, mut gaps) = (Vec::new(), Vec::new());
    while seen.last() != data.last() {
        let block = stream.next().expect("the stream goes on");
        if block.starts_with("event: hub.gap") {
            assert!(!seen.contains(&data[14]), "told after the loss: {block}");
            gaps.push(block);
        } else if block.starts_with("id: ") {
            seen.push(field(&block, "data").to_owned());
        }
    }
    let lost = |one: &&String| *one != "event 013";
    assert_eq!(
        seen.iter().collect::<Vec<_>>(),
        data[10..].iter().filter(lost).collect::<Vec<_>>()
    );
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    for part in [r#""reason":"damaged""#, r#""missed":1"#] {
        assert!(gaps[0].contains(part), "{gaps:?}");
    }
    hub.publish("a", "it goes on");
    assert_eq!(stream.events(1)[0].1, "it goes on");
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}
