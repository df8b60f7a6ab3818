//! Parts that pages share.

pub(crate) mod badge;
pub(crate) mod code;
pub(crate) mod figures;
pub(crate) mod gap;
pub(crate) mod layout;
pub(crate) mod spark;
