//! Whether a reader has had each event once and in order.

/// What one reader has had. Numbers count up by one.
#[derive(Default)]
pub(crate) struct Sequence {
    next: u64,
    /// Passed over, and may still come late. Nothing is kept for a reader who misses nothing.
    missing: Vec<u64>,
}

/// What was wrong in a run, over all readers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Faults {
    pub(crate) lost: u64,
    pub(crate) doubled: u64,
    pub(crate) misordered: u64,
}

/// What an arrival was.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    Expected,
    /// It came before others that it should have followed.
    Early,
    Late,
    Again,
}

impl Sequence {
    /// That of a reader whose first event has this number.
    pub(crate) fn from(next: u64) -> Self {
        Self {
            next,
            missing: Vec::new(),
        }
    }

    /// Takes an event's number as it arrives.
    pub(crate) fn take(&mut self, number: u64) -> Arrival {
        if number >= self.next {
            let expected = number == self.next;
            self.missing.extend(self.next..number);
            self.next = number + 1;
            return if expected {
                Arrival::Expected
            } else {
                Arrival::Early
            };
        }
        match self.missing.iter().position(|missing| *missing == number) {
            Some(at) => {
                self.missing.swap_remove(at);
                Arrival::Late
            }
            None => Arrival::Again,
        }
    }

    /// How many have not come, of those up to this number.
    pub(crate) fn lost(&self, until: u64) -> u64 {
        self.missing.len() as u64 + until.saturating_sub(self.next)
    }
}

impl Faults {
    pub(crate) fn count(&mut self, arrival: &Arrival) {
        match arrival {
            Arrival::Expected | Arrival::Early => {}
            Arrival::Late => self.misordered += 1,
            Arrival::Again => self.doubled += 1,
        }
    }

    pub(crate) fn any(self) -> bool {
        self != Self::default()
    }
}

impl std::fmt::Display for Faults {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            lost,
            doubled,
            misordered,
        } = self;
        write!(
            f,
            "{lost} lost, {doubled} doubled, {misordered} out of order"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(arrivals: &[u64], until: u64) -> Faults {
        let (mut sequence, mut faults) = (Sequence::from(5), Faults::default());
        for number in arrivals {
            faults.count(&sequence.take(*number));
        }
        faults.lost = sequence.lost(until);
        faults
    }

    #[test]
    fn each_once_and_in_order_is_no_fault() {
        assert!(!faults(&[5, 6, 7], 8).any());
    }

    #[test]
    fn a_lost_one_is_found_in_the_middle_and_at_the_end() {
        let lost = |lost| Faults {
            lost,
            ..Faults::default()
        };
        assert_eq!(faults(&[5, 7], 8), lost(1));
        assert_eq!(faults(&[5, 6], 8), lost(1));
        assert_eq!(faults(&[], 8), lost(3));
    }

    #[test]
    fn a_doubled_one_is_found() {
        let doubled = Faults {
            doubled: 1,
            ..Faults::default()
        };
        assert_eq!(faults(&[5, 5, 6, 7], 8), doubled);
        assert_eq!(faults(&[5, 6, 7, 5], 8), doubled);
        assert_eq!(faults(&[4, 5, 6, 7], 8), doubled);
    }

    #[test]
    fn one_out_of_order_is_neither_lost_nor_doubled() {
        let misordered = Faults {
            misordered: 1,
            ..Faults::default()
        };
        assert_eq!(faults(&[6, 5, 7], 8), misordered);
    }
}
