//! Parts that pages share.

pub(crate) mod area;
pub(crate) mod badge;
pub(crate) mod clipboard;
pub(crate) mod code;
pub(crate) mod dom;
pub(crate) mod figures;
pub(crate) mod gap;
pub(crate) mod layout;
pub(crate) mod spark;
pub(crate) mod standing;
pub(crate) mod theme;
