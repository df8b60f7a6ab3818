//! A text that topics are searched for.

/// A text to look for, whatever the case of its ASCII letters. One that is empty is in everything.
pub(crate) struct Needle {
    text: String,
    /// A topic without capitals; kept, so that a search does not allocate for each.
    haystack: String,
}

impl Needle {
    pub(crate) fn new(text: &str) -> Self {
        Self {
            text: text.to_ascii_lowercase(),
            haystack: String::new(),
        }
    }

    /// Whether everything contains it.
    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Whether this topic contains it; takes a time that grows with both lengths, not their product.
    pub(crate) fn is_in(&mut self, topic: &str) -> bool {
        if topic.len() < self.text.len() {
            return false;
        }
        self.haystack.clear();
        self.haystack.push_str(topic);
        self.haystack.make_ascii_lowercase();
        self.haystack.contains(&self.text)
    }

    /// What looking at this topic costs, in bytes: the topic, the text, and the step to it.
    pub(crate) fn cost(&self, topic: &str) -> usize {
        STEP + topic.len() + self.text.len().min(topic.len())
    }
}

/// What it costs to get to the next topic, in bytes that are searched in that time.
const STEP: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_wherever_it_is_and_whatever_its_case() {
        for (text, topic, is_in) in [
            ("", "a", true),
            ("der", "Orders/42", true),
            ("DERS/4", "orders/42", true),
            ("orders/42", "orders/42", true),
            ("orders/421", "orders/42", false),
            ("ä", "Städte", true),
            ("Ä", "Städte", false),
            ("x", "orders", false),
        ] {
            assert_eq!(Needle::new(text).is_in(topic), is_in, "{text} in {topic}");
        }
    }
}
