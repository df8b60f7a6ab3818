//! Exit statuses, of sysexits.h where it has one.

/// What was asked for did not hold: a violation with `inspect --strict`, `inspect --check`, a gap with
/// `tail --fail-on-gap`.
pub(crate) const FOUND: u8 = 1;
/// An argument is wrong.
pub(crate) const USAGE: u8 = 64;
/// The server refuses the request as it stands; the same again would be refused again.
pub(crate) const REFUSED: u8 = 65;
/// What is to be read is not what it should be.
pub(crate) const NO_DATA: u8 = 65;
/// The server cannot be reached, or has no more to give.
pub(crate) const UNAVAILABLE: u8 = 69;
/// Standard input or output failed.
pub(crate) const INPUT_OUTPUT: u8 = 74;
/// The server cannot do it now; the same later may succeed.
pub(crate) const TRY_LATER: u8 = 75;
/// The server gave no answer, or one that makes no sense.
pub(crate) const NO_ANSWER: u8 = 76;
/// The server wants to know who asks, or does not let them.
pub(crate) const NO_PERMISSION: u8 = 77;
