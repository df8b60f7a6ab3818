use std::time::Duration;

use super::*;
use crate::selector::{Filter, Selector};

fn at(secs: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(secs)
}

/// A loss whose event was accepted as many seconds after the epoch as its place.
fn loss(seq: Seq, topic: &str) -> Loss {
    Loss {
        seq,
        time: at(seq),
        topic: Topic::parse(topic).unwrap(),
        reason: GapReason::Trimmed,
    }
}

fn noted(all: &[(Seq, &str)]) -> Losses {
    let mut losses = Losses::default();
    for (seq, topic) in all {
        losses.note(loss(*seq, topic));
    }
    losses
}

/// Each gap between these kept events: how many are missing, and where it is told.
fn gaps(losses: &Losses, cursor: (Seq, u64), kept: &[Seq], want: &str) -> Vec<(Option<u64>, Seq)> {
    let want = Filter::new(vec![Selector::parse(want).unwrap()]).unwrap();
    let (seq, told) = cursor;
    let cursor = Cursor { seq, told };
    let mut look = Look::new(&want);
    look.at_losses();
    let (gaps, examined) = losses.between(cursor, 1_000_000, kept.iter().copied(), &mut look);
    assert_eq!(examined, 1_000_000);
    gaps.iter().map(|gap| (gap.missed, gap.through)).collect()
}

/// Where nothing is kept, and all is one gap.
fn gap(losses: &Losses, seq: Seq, want: &str) -> Option<Option<u64>> {
    let gaps = gaps(losses, (seq, 0), &[], want);
    assert!(gaps.len() <= 1);
    gaps.first().map(|(missed, _)| *missed)
}

#[test]
fn only_what_matches_after_the_cursor_counts() {
    let losses = noted(&[(1, "a"), (2, "b"), (3, "a"), (4, "b")]);
    assert_eq!(gap(&losses, 0, "a"), Some(Some(2)));
    assert_eq!(gap(&losses, 1, "a"), Some(Some(1)));
    assert_eq!(gap(&losses, 3, "a"), None);
    assert_eq!(gap(&losses, 0, "c"), None);
}

#[test]
fn each_gap_is_told_where_it_is_and_not_again_to_who_comes_back_with_its_place() {
    let losses = noted(&[(2, "a"), (3, "b"), (4, "a"), (6, "a"), (9, "a")]);
    let kept = [1, 5, 8];
    let all = [(Some(2), 4), (Some(1), 7), (Some(1), 1_000_000)];
    assert_eq!(gaps(&losses, (0, 0), &kept, "a"), all);
    for (told, (_, place)) in all.iter().enumerate() {
        assert_eq!(gaps(&losses, (*place, 0), &kept, "a"), all[told + 1..]);
    }
}

#[test]
fn what_was_told_is_not_told_again() {
    let mut losses = noted(&[(1, "a"), (5, "a")]);
    assert_eq!(gaps(&losses, (0, losses.count()), &[], "a"), []);
    losses.note(loss(3, "a"));
    assert_eq!(gaps(&losses, (0, 2), &[4], "a"), [(Some(1), 3)]);
}

#[test]
fn beyond_the_newest_losses_the_number_is_unknown_and_the_gap_is_not() {
    let mut losses = noted(&[(1, "old")]);
    for seq in 2..=(LOSSES as Seq + 2) {
        losses.note(loss(seq, "a"));
    }
    assert_eq!(gap(&losses, 0, "old"), Some(None));
    assert_eq!(gap(&losses, 1, "old"), None);
    assert_eq!(gap(&losses, 0, "never"), None);
    // 1 and 2 are no longer known one by one.
    assert_eq!(gap(&losses, 1, "a"), Some(None));
    assert_eq!(gap(&losses, 2, "a"), Some(Some(LOSSES as u64)));
}

#[test]
fn who_has_passed_the_newest_place_of_what_faded_was_told_of_all_of_it() {
    let written = LostMarks {
        topics: vec![
            (Topic::parse("a").unwrap(), 6, GapReason::Deleted),
            (Topic::parse("b").unwrap(), 3, GapReason::Trimmed),
        ],
        ..LostMarks::default()
    };
    let losses = Losses::restore(written);
    let kept = [1, 5, 7];
    assert_eq!(gaps(&losses, (0, 0), &kept, "a"), [(None, 6)]);
    assert_eq!(gaps(&losses, (0, 0), &kept, "*"), [(None, 4), (None, 6)]);
    assert_eq!(gaps(&losses, (5, 0), &kept, "*"), [(None, 6)]);
    assert_eq!(gaps(&losses, (6, 0), &kept, "*"), []);
    assert_eq!(gaps(&losses, (0, losses.count()), &kept, "*"), []);
}

#[test]
fn topics_beyond_the_marks_raise_the_floor_and_those_in_them_are_told_no_gap_in_vain() {
    let mut losses = Losses::default();
    let total = (LOSSES + LOSS_MARKS + 1) as Seq;
    for seq in 1..=total {
        losses.note(loss(seq, &format!("t{seq}")));
    }
    assert_eq!(losses.held(), (LOSSES, LOSS_MARKS));
    assert_eq!(losses.places.len(), LOSS_MARKS);
    assert_eq!(gap(&losses, 0, "t1"), Some(None));
    assert_eq!(gap(&losses, 0, "never"), Some(None), "it may have been");
    assert_eq!(gap(&losses, 1, "never"), None);
    assert_eq!(gap(&losses, 1, "t2"), Some(None));
}

#[test]
fn a_look_at_many_topics_of_losses_ends_and_goes_on_where_it_ended() {
    let mut losses = Losses::default();
    for seq in 1..=2_000 {
        losses.note(loss(seq, &format!("t/{seq}")));
    }
    let never = |n| Selector::parse(&format!("never/{n}/*")).unwrap();
    let selectors = (0..99).map(never).chain([Selector::parse("t/*").unwrap()]);
    let want = Filter::new(selectors.collect()).unwrap();
    let (mut cursor, mut looks, mut missed) = (Cursor::default(), 0, 0);
    while cursor.seq < 2_000 {
        let (gaps, examined) =
            losses.between(cursor, 2_000, std::iter::empty(), &mut Look::new(&want));
        assert!(examined > cursor.seq);
        assert!(gaps.iter().all(|gap| gap.through == examined), "{gaps:?}");
        missed += gaps.iter().filter_map(|gap| gap.missed).sum::<u64>();
        (cursor.seq, looks) = (examined, looks + 1);
    }
    assert_eq!(missed, 2_000);
    assert!(looks > 10, "{looks}");
}

#[test]
fn a_time_is_found_among_what_is_gone_and_never_before_what_is_kept_and_older() {
    let mut losses = noted(&[(2, "a"), (4, "a"), (6, "a")]);
    let seek = |losses: &Losses, secs, after| losses.seek(at(secs), after, 8);
    assert_eq!(seek(&losses, 1, 0), 1);
    assert_eq!(seek(&losses, 3, 0), 3);
    assert_eq!(seek(&losses, 1, 5), 5, "the event at 5 is kept, and older");
    assert_eq!(seek(&losses, 7, 0), 8);
    losses.faded_time = Some(at(5));
    assert_eq!((seek(&losses, 4, 3), seek(&losses, 6, 3)), (3, 5));
}
