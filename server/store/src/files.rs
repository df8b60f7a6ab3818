//! The files of segments that are read, of which a bounded number is open.

use std::{
    collections::VecDeque,
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

/// How many are open at once: enough for readers at as many places, and a small part of what a
/// process may open.
pub(crate) const MAX_OPEN: usize = 128;

/// Open files, the one not used for longest first.
#[derive(Default)]
pub(crate) struct Files {
    open: Mutex<VecDeque<(PathBuf, Arc<File>)>>,
}

impl Files {
    /// A file, open for reading.
    ///
    /// # Errors
    /// The system's; no descriptor is one only where none of these could be given up for it.
    pub(crate) fn get(&self, path: &Path) -> io::Result<Arc<File>> {
        if let Some(file) = self.find(path) {
            return Ok(file);
        }
        let file = loop {
            match File::open(path) {
                Err(error) if crate::disk::is_passing(&error) && self.give_up_one() => {}
                opened => break Arc::new(opened?),
            }
        };
        let mut open = self.lock();
        open.push_back((path.to_owned(), Arc::clone(&file)));
        let beyond = if open.len() > MAX_OPEN {
            open.pop_front()
        } else {
            None
        };
        drop(open);
        // Closed here, not under the lock.
        drop(beyond);
        Ok(file)
    }

    /// Lets go of a file that is removed: its space is given back once no reader has it.
    pub(crate) fn forget(&self, path: &Path) {
        let mut open = self.lock();
        let at = open.iter().position(|(name, _)| name == path);
        let gone = at.and_then(|at| open.remove(at));
        drop(open);
        drop(gone);
    }

    fn find(&self, path: &Path) -> Option<Arc<File>> {
        let mut open = self.lock();
        let at = open.iter().position(|(name, _)| name == path)?;
        let found = open.remove(at)?;
        let file = Arc::clone(&found.1);
        open.push_back(found);
        Some(file)
    }

    /// Whether there was one to close.
    fn give_up_one(&self) -> bool {
        let gone = self.lock().pop_front();
        gone.is_some()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<(PathBuf, Arc<File>)>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_are_open_than_the_bound_and_those_in_use_stay() {
        let dir = tempfile::tempdir().unwrap();
        let path = |n: usize| dir.path().join(n.to_string());
        let files = Files::default();
        for n in 0..=MAX_OPEN {
            std::fs::write(path(n), "").unwrap();
            files.get(&path(n)).unwrap();
            files.get(&path(0)).unwrap();
        }
        let open = files.lock();
        assert_eq!(open.len(), MAX_OPEN);
        assert_eq!(open.back().unwrap().0, path(0));
        assert!(!open.iter().any(|(name, _)| *name == path(1)));
    }
}
