//! The browser entrance.
