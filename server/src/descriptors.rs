//! The limit of open files: each connection is one.

use crate::limits::{Limits, OTHER_FILES};

/// What to say where a process may open so many files, and connections need more.
#[must_use]
pub fn shortage(limit: u64, limits: &Limits) -> Option<String> {
    let beside = limits.spares + OTHER_FILES;
    let needed = (limits.connections + beside) as u64;
    if limit >= needed {
        return None;
    }
    let fits = limit.saturating_sub(beside as u64);
    Some(format!(
        "--max-connections is {}, which takes {needed} open files, and this process may open {limit}: raise that \
         (LimitNOFILE= of systemd, --ulimit nofile= of docker, ulimit -n of a shell) or lower --max-connections to {}; \
         else connections wait once the files are used up",
        limits.connections,
        fits.max(1)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_that_is_too_low_is_told_with_what_to_raise_and_one_that_is_not_is_not() {
        let limits = Limits::default();
        let needed = (limits.connections + limits.spares + OTHER_FILES) as u64;
        assert_eq!(shortage(needed, &limits), None);
        let said = shortage(needed - 1, &limits).unwrap();
        for part in [
            "--max-connections is 16384",
            "16832",
            "16831",
            "LimitNOFILE",
            "to 16383;",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
        assert!(shortage(24, &limits).unwrap().contains("to 1;"));
    }
}
