//! What there is of a connection beside its socket, wherever its stream is.

use crate::limits::CONNECTION_BUFFER;

/// What a connection holds for as long as it is open, and how much its client has sent that nobody asked for.
pub(crate) struct Keep {
    unasked: usize,
    _held: Box<dyn Send>,
}

impl Keep {
    /// That of a connection which holds this.
    pub(crate) fn new(held: impl Send + 'static) -> Self {
        Self {
            unasked: 0,
            _held: Box::new(held),
        }
    }

    /// Counts what was discarded.
    pub(super) fn discarded(&mut self, bytes: usize) {
        self.unasked = self.unasked.saturating_add(bytes);
    }

    /// How much that was.
    #[cfg(test)]
    pub(super) fn unasked(&self) -> usize {
        self.unasked
    }

    /// Whether its client has sent no more than may be discarded.
    pub(super) fn may_send(&self) -> bool {
        self.unasked <= CONNECTION_BUFFER
    }
}
