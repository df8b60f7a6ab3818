//! One event in full: what is known of it, then its data in one of three forms.

mod hex;
mod json;
mod raw;
