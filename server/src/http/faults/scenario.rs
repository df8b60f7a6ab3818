//! What can be wrong with a stream: the scenarios, one line each.

use std::fmt;

/// One thing that is wrong with a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scenario {
    Cut,
    CutInEvent,
    CutInCharacter,
    Unfinished,
    Unavailable,
    NoContent,
    ContentType,
    LineEnds,
    Bom,
    RepeatedIds,
    BackwardIds,
    NulInId,
    NoIds,
    NoResume,
    Retry,
    LongLine,
    Comments,
    Silence,
    Delay,
    Jitter,
    Bunches,
    InvalidUtf8,
    UnknownFields,
    Markup,
}

/// What a scenario is about: of those of one part a stream can have one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// How a stream ends before its end.
    End,
    /// What is answered in place of a stream.
    Answer,
    /// The ids.
    Ids,
    /// Whatever goes with all others.
    Any,
}

/// What there is to know of a scenario.
#[derive(Clone, Copy, Debug)]
pub(crate) struct About {
    /// Its name in addresses.
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    /// What the server does.
    pub(crate) does: &'static str,
    /// What a client makes of it that does what the standard says.
    pub(crate) right: &'static str,
    pub(crate) part: Part,
    /// Its own parameters.
    pub(crate) takes: &'static [&'static str],
}

impl Scenario {
    /// All, in the order of the catalogue.
    pub(crate) const ALL: [Self; 24] = [
        Self::Cut,
        Self::CutInEvent,
        Self::CutInCharacter,
        Self::Unfinished,
        Self::Unavailable,
        Self::NoContent,
        Self::ContentType,
        Self::LineEnds,
        Self::Bom,
        Self::RepeatedIds,
        Self::BackwardIds,
        Self::NulInId,
        Self::NoIds,
        Self::NoResume,
        Self::Retry,
        Self::LongLine,
        Self::Comments,
        Self::Silence,
        Self::Delay,
        Self::Jitter,
        Self::Bunches,
        Self::InvalidUtf8,
        Self::UnknownFields,
        Self::Markup,
    ];

    /// The one of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }

    pub(crate) fn name(self) -> &'static str {
        self.about().name
    }

    /// Names of all, as a sentence has them.
    pub(crate) fn names() -> String {
        let names: Vec<_> = Self::ALL.iter().map(|known| known.name()).collect();
        names.join(", ")
    }

    pub(crate) fn about(self) -> About {
        let about = |name, title, does, right, part, takes| About {
            name,
            title,
            does,
            right,
            part,
            takes,
        };
        match self {
            Self::Cut => about(
                "cut",
                "Cut after some events",
                "Breaks the connection after every few events, without an end of the response.",
                "It comes back with the last id, and has every event once.",
                Part::End,
                &["after"],
            ),
            Self::CutInEvent => about(
                "cut-in-event",
                "Cut in the middle of an event",
                "Breaks the connection at a byte of an event that the seed draws.",
                "It drops the piece, keeps the id of the event before, and gets the event whole when it is back.",
                Part::End,
                &["after"],
            ),
            Self::CutInCharacter => about(
                "cut-in-character",
                "Cut in the middle of a character",
                "Breaks the connection within the bytes of one UTF-8 character.",
                "The half character is gone with its event: nothing of it is in the next connection.",
                Part::End,
                &["after"],
            ),
            Self::Unfinished => about(
                "unfinished",
                "No final blank line",
                "Ends the response in good order, but leaves out the blank line after the last event.",
                "An event that is not finished is not dispatched, and its id does not count.",
                Part::End,
                &["after"],
            ),
            Self::Unavailable => about(
                "unavailable",
                "503, then 200",
                "Refuses the first connections with a status such as 503, and lets the next in.",
                "The standard has it give up at once, for good. One that is to last tries again all the same.",
                Part::Answer,
                &["refused", "status"],
            ),
            Self::NoContent => about(
                "no-content",
                "204",
                "Answers 204, by which a server tells a client to stay away.",
                "It does not come back.",
                Part::Answer,
                &[],
            ),
            Self::ContentType => about(
                "content-type",
                "Wrong content type",
                "Sends a right stream under another type, or under none.",
                "It gives up for good, and dispatches nothing. A charset beside the right type changes nothing.",
                Part::Any,
                &["type"],
            ),
            Self::LineEnds => about(
                "line-ends",
                "CR, CRLF and LF mixed",
                "Ends each line by another of the three, as the seed draws them.",
                "All three end a line, and CRLF ends one, not two.",
                Part::Any,
                &["ends"],
            ),
            Self::Bom => about(
                "bom",
                "A byte order mark",
                "Begins each response with the bytes EF BB BF.",
                "One mark at the beginning is passed over, on each connection.",
                Part::Any,
                &[],
            ),
            Self::RepeatedIds => about(
                "repeated-ids",
                "Ids that repeat",
                "Gives every third event the id of the one before it.",
                "An id is no name of an event: both are dispatched.",
                Part::Ids,
                &[],
            ),
            Self::BackwardIds => about(
                "backward-ids",
                "Ids that go back",
                "Gives every third event an id of two events before.",
                "It takes ids as they come: the last one counts, not the greatest.",
                Part::Ids,
                &[],
            ),
            Self::NulInId => about(
                "nul-in-id",
                "An id with NUL",
                "Has a NUL in the id of every third event.",
                "That id is passed over, the event is not, and the id before it still counts.",
                Part::Ids,
                &[],
            ),
            Self::NoIds => about(
                "no-ids",
                "No ids",
                "Sends events without ids.",
                "It comes back without an id, and begins anew: nobody can know what was missed.",
                Part::Ids,
                &[],
            ),
            Self::NoResume => about(
                "no-resume",
                "Last-Event-ID ignored",
                "Begins at the first event, whatever id a client comes back with.",
                "It cannot know, and shows events twice. An inspector tells.",
                Part::Any,
                &[],
            ),
            Self::Retry => about(
                "retry",
                "A reconnection time",
                "Begins with the field retry and these digits: 0 unless you say otherwise, or 20 of them.",
                "It comes back after so many milliseconds; a good one has a least and a longest of its own.",
                Part::Any,
                &[],
            ),
            Self::LongLine => about(
                "long-line",
                "A long line",
                "Has 1 MiB of data in the second event, as one line.",
                "It dispatches all of it, or says what it cut.",
                Part::Any,
                &["bytes"],
            ),
            Self::Comments => about(
                "comments",
                "A flood of comments",
                "Sends a thousand comments before each event.",
                "It passes over them, and stays responsive.",
                Part::Any,
                &["comments"],
            ),
            Self::Silence => about(
                "silence",
                "Silence",
                "Sends nothing at all for a minute after some events, and then goes on.",
                "The standard knows no silence. One that is to last takes it for a dead connection, and resumes.",
                Part::Any,
                &["after", "silence"],
            ),
            Self::Delay => about(
                "delay",
                "A late head",
                "Waits before it answers at all.",
                "It is connecting until then, and says so.",
                Part::Any,
                &["delay"],
            ),
            Self::Jitter => about(
                "jitter",
                "Uneven times",
                "Lengthens each pause between events by as much as the seed draws.",
                "Nothing is to be seen but the times.",
                Part::Any,
                &["jitter"],
            ),
            Self::Bunches => about(
                "bunches",
                "Events in bunches",
                "Holds events back and sends ten at a time, as a proxy with a buffer does.",
                "All are dispatched, in their order. An inspector tells that they come in bunches.",
                Part::Any,
                &[],
            ),
            Self::InvalidUtf8 => about(
                "invalid-utf8",
                "Bytes that are not UTF-8",
                "Has the bytes FF and C3 28 in the data of each event.",
                "U+FFFD stands for what is no character, and the stream goes on.",
                Part::Any,
                &[],
            ),
            Self::UnknownFields => about(
                "unknown-fields",
                "Fields that nobody knows",
                "Adds fields with other names, with capitals and with spaces, to each event.",
                "It passes over them.",
                Part::Any,
                &[],
            ),
            Self::Markup => about(
                "markup",
                "HTML as data",
                "Has elements, a script and an image with an error handler in the data.",
                "It is text. A page that runs it has a hole.",
                Part::Any,
                &[],
            ),
        }
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_found_by_a_name_of_its_own() {
        for scenario in Scenario::ALL {
            assert_eq!(Scenario::named(scenario.name()), Some(scenario));
        }
        assert_eq!(Scenario::named("Cut"), None);
    }
}
