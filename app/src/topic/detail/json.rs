//! JSON as it is written: each number, key and order as the publisher gave it.
//!
//! No value is made of it, as that would round numbers, sort keys and drop those that stand twice.

use std::ops::Range;

use super::raw::{hex, is_hidden};

/// Why a text is no JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    /// How many bytes are right.
    pub(super) at: usize,
    /// What would have been right there.
    pub(super) wanted: &'static str,
}

/// What an object or an array holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member {
    /// Where its key is, quotes included; none in an array.
    pub(super) key: Option<Range<usize>>,
    /// Where its value is.
    pub(super) value: Range<usize>,
}

/// Checks that a text is one JSON value (RFC 8259), however deep.
pub(super) fn check(text: &str) -> Result<(), Wrong> {
    let mut reader = Reader::new(text, 0);
    let mut open = Vec::new();
    loop {
        reader.skip_space();
        if reader.eat(b'{') {
            reader.skip_space();
            open.push(b'}');
            if reader.peek() != Some(b'}') {
                reader.key()?;
                continue;
            }
        } else if reader.eat(b'[') {
            reader.skip_space();
            open.push(b']');
            if reader.peek() != Some(b']') {
                continue;
            }
        } else {
            reader.scalar()?;
        }
        if reader.end_values(&mut open)? {
            return Ok(());
        }
    }
}

/// What the object or the array that begins at a place holds, in order. The text must be checked.
pub(super) fn members(text: &str, at: usize) -> impl Iterator<Item = Member> {
    let mut reader = Reader::new(text, at);
    let has_keys = reader.eat(b'{');
    if !has_keys {
        reader.eat(b'[');
    }
    std::iter::from_fn(move || {
        reader.skip_between();
        let mut member = Member {
            key: None,
            value: reader.skip_value()?,
        };
        if has_keys {
            reader.skip_between();
            let value = reader.skip_value()?;
            member.key = Some(std::mem::replace(&mut member.value, value));
        }
        Some(member)
    })
}

/// A string as it is written, but for escapes of what can be shown, and for what is there and
/// cannot be seen. It says the same; one that was cut off anywhere is shown as far as it goes.
pub(super) fn shown(literal: &str) -> String {
    let mut out = String::with_capacity(literal.len());
    let mut rest = literal;
    while let Some(c) = rest.chars().next() {
        let (written, c) = match c {
            '\\' => escape(rest),
            c => (&rest[..c.len_utf8()], Some(c)),
        };
        rest = &rest[written.len()..];
        match c {
            Some(c) if !is_hidden(c) => out.push(c),
            Some(c) if !written.starts_with('\\') => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    out.push_str("\\u");
                    hex(&mut out, u32::from(*unit), 4);
                }
            }
            _ => out.push_str(written),
        }
    }
    out
}

/// The escape that a text begins with; and its character, where that can stand in a string.
fn escape(text: &str) -> (&str, Option<char>) {
    let code = |at: usize| {
        let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok()
    };
    let Some(first) = code(0) else {
        let length = text.chars().take(2).map(char::len_utf8).sum();
        return (&text[..length], text.starts_with("\\/").then_some('/'));
    };
    let pair = code(6).and_then(|second| char::decode_utf16([first, second]).next()?.ok());
    match pair {
        Some(c) if c.len_utf16() == 2 => (&text[..12], Some(c)),
        _ => {
            let c = char::from_u32(u32::from(first));
            (&text[..6], c.filter(|c| !matches!(c, '"' | '\\')))
        }
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, at: usize) -> Self {
        let bytes = text.as_bytes();
        Self { bytes, at }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let is_there = self.peek() == Some(byte);
        self.at += usize::from(is_there);
        is_there
    }

    fn skip(&mut self, may_pass: impl Fn(u8) -> bool) {
        while self.peek().is_some_and(&may_pass) {
            self.at += 1;
        }
    }

    fn skip_space(&mut self) {
        self.skip(is_space);
    }

    fn wrong<T>(&self, wanted: &'static str) -> Result<T, Wrong> {
        let at = self.at;
        Err(Wrong { at, wanted })
    }

    /// After a value: closes what ends here and goes to the next value; whether that was all.
    fn end_values(&mut self, open: &mut Vec<u8>) -> Result<bool, Wrong> {
        loop {
            self.skip_space();
            let Some(&close) = open.last() else {
                return match self.peek() {
                    None => Ok(true),
                    Some(_) => self.wrong("the end"),
                };
            };
            if self.eat(close) {
                open.pop();
            } else if !self.eat(b',') {
                return self.wrong(match close {
                    b'}' => "a comma or a closing brace",
                    _ => "a comma or a closing bracket",
                });
            } else {
                if close == b'}' {
                    self.key()?;
                }
                return Ok(false);
            }
        }
    }

    fn key(&mut self) -> Result<(), Wrong> {
        self.skip_space();
        if !self.eat(b'"') {
            return self.wrong("a key in double quotes");
        }
        self.string()?;
        self.skip_space();
        match self.eat(b':') {
            true => Ok(()),
            false => self.wrong("a colon"),
        }
    }

    fn scalar(&mut self) -> Result<(), Wrong> {
        if self.eat(b'"') {
            return self.string();
        }
        for word in ["true", "false", "null"] {
            if self.bytes[self.at..].starts_with(word.as_bytes()) {
                self.at += word.len();
                return Ok(());
            }
        }
        let is_negative = self.eat(b'-');
        match self.peek() {
            Some(b'0'..=b'9') => self.number(),
            _ if is_negative => self.wrong("a digit"),
            _ => self.wrong("a value"),
        }
    }

    fn number(&mut self) -> Result<(), Wrong> {
        if !self.eat(b'0') {
            self.digits()?;
        }
        if self.eat(b'.') {
            self.digits()?;
        }
        if self.eat(b'e') || self.eat(b'E') {
            let _ = self.eat(b'+') || self.eat(b'-');
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Wrong> {
        let from = self.at;
        self.skip(|byte| byte.is_ascii_digit());
        match self.at > from {
            true => Ok(()),
            false => self.wrong("a digit"),
        }
    }

    /// Behind the opening quote.
    fn string(&mut self) -> Result<(), Wrong> {
        loop {
            self.skip(|byte| byte >= b' ' && byte != b'"' && byte != b'\\');
            if self.eat(b'"') {
                return Ok(());
            }
            if !self.eat(b'\\') {
                return self.wrong(match self.peek() {
                    Some(_) => "an escape in place of a control character",
                    None => "a closing quote",
                });
            }
            let digits = usize::from(self.peek() == Some(b'u')) * 4;
            match self.peek() {
                Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' | b'u') => self.at += 1,
                _ => return self.wrong("one of the escapes of JSON"),
            }
            for _ in 0..digits {
                match self.peek() {
                    Some(byte) if byte.is_ascii_hexdigit() => self.at += 1,
                    _ => return self.wrong("four hexadecimal digits"),
                }
            }
        }
    }

    fn skip_between(&mut self) {
        self.skip(|byte| is_space(byte) || matches!(byte, b',' | b':'));
    }

    /// Passes over a value; none where the text, or what it is in, ends.
    fn skip_value(&mut self) -> Option<Range<usize>> {
        let from = self.at;
        let mut depth = 0_usize;
        loop {
            match self.peek()? {
                b'"' => self.skip_string(),
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' => {
                    depth = depth.checked_sub(1)?;
                    self.at += 1;
                }
                byte if depth > 0 && (is_space(byte) || matches!(byte, b',' | b':')) => {
                    self.at += 1;
                }
                _ => self.skip(|byte| !is_space(byte) && !matches!(byte, b',' | b'}' | b']')),
            }
            if depth == 0 {
                return Some(from..self.at.min(self.bytes.len()));
            }
        }
    }

    fn skip_string(&mut self) {
        self.at += 1;
        loop {
            self.skip(|byte| byte != b'"' && byte != b'\\');
            if !self.eat(b'\\') {
                self.at += 1;
                return;
            }
            self.at += 1;
        }
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
