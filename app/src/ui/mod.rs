//! Parts that pages share.

pub(crate) mod badge;
pub(crate) mod code;
// Until the lists are made with it.
#[allow(dead_code)]
pub(crate) mod dom;
pub(crate) mod gap;
pub(crate) mod layout;
