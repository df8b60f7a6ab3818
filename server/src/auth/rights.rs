//! What a caller may do.

use std::sync::Arc;

use hub::{Filter, Selector, Topic};
use serde::{Deserialize, Serialize};

use crate::limits::GRANTED;

/// What a caller may read and write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rights {
    /// The topics on which it may publish.
    pub(crate) publish: Arc<[Selector]>,
    /// The topics whose events it may have.
    pub(crate) subscribe: Arc<[Selector]>,
    /// Whether it may see what the hub does: the overview, `/api`, the metrics.
    pub(crate) observe: bool,
}

/// The same as the claim `tickertape` of a token has it.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(default)]
pub(crate) struct Claim {
    pub(crate) publish: Vec<String>,
    pub(crate) subscribe: Vec<String>,
    pub(crate) observe: bool,
}

impl Rights {
    /// Those of a claim.
    ///
    /// # Errors
    /// Where one of its texts is no selector, or there are more than 100 of a kind.
    pub(crate) fn of(claim: &Claim) -> Result<Self, String> {
        Ok(Self {
            publish: selectors("publish", &claim.publish)?,
            subscribe: selectors("subscribe", &claim.subscribe)?,
            observe: claim.observe,
        })
    }

    /// As a claim that gives them.
    pub(crate) fn to_claim(&self) -> Claim {
        let texts = |selectors: &[Selector]| selectors.iter().map(ToString::to_string).collect();
        Claim {
            publish: texts(&self.publish),
            subscribe: texts(&self.subscribe),
            observe: self.observe,
        }
    }

    /// These and those.
    pub(crate) fn and(&self, other: &Self) -> Self {
        let both = |one: &Arc<[Selector]>, two: &Arc<[Selector]>| match (one.len(), two.len()) {
            (_, 0) => Arc::clone(one),
            (0, _) => Arc::clone(two),
            _ => one.iter().chain(two.iter()).cloned().collect(),
        };
        Self {
            publish: both(&self.publish, &other.publish),
            subscribe: both(&self.subscribe, &other.subscribe),
            observe: self.observe || other.observe,
        }
    }

    /// Whether it may publish on a topic.
    pub(crate) fn may_publish(&self, topic: &Topic) -> bool {
        self.publish.iter().any(|selector| selector.matches(topic))
    }

    /// As much of a filter as it may have.
    ///
    /// # Errors
    /// With the first selector of which it may have nothing.
    pub(crate) fn narrow(&self, filter: Filter) -> Result<Filter, Selector> {
        filter.within(&self.subscribe)
    }
}

fn selectors(kind: &str, texts: &[String]) -> Result<Arc<[Selector]>, String> {
    if texts.len() > GRANTED {
        return Err(format!("`{kind}` has more than {GRANTED} selectors"));
    }
    let parse = |text: &String| {
        Selector::parse(text).map_err(|why| format!("`{kind}` has {text:?}, which {why}"))
    };
    texts.iter().map(parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rights(publish: &[&str], subscribe: &[&str], observe: bool) -> Rights {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let claim = Claim {
            publish: texts(publish),
            subscribe: texts(subscribe),
            observe,
        };
        let rights = Rights::of(&claim).unwrap();
        assert_eq!(rights.to_claim(), claim);
        rights
    }

    #[test]
    fn both_rights_together_are_those_of_either() {
        let topic = |text| Topic::parse(text).unwrap();
        let none = Rights::default();
        let (one, two) = (rights(&["a"], &[], false), rights(&["b/*"], &["c"], true));
        for both in [one.and(&two), two.and(&one)] {
            assert!(both.may_publish(&topic("a")) && both.may_publish(&topic("b/1")));
            assert!(!both.may_publish(&topic("b")) && !both.may_publish(&topic("c")));
            assert!(both.observe);
            assert!(both.narrow(Filter::topic("c").unwrap()).is_ok());
            assert!(both.narrow(Filter::topic("a").unwrap()).is_err());
        }
        assert_eq!(one.and(&none), one);
        assert!(!none.may_publish(&topic("a")) && !none.observe);
    }

    #[test]
    fn a_claim_with_a_text_that_is_no_selector_gives_nothing_at_all() {
        let claim = Claim {
            publish: vec!["a".into(), "a*b".into()],
            ..Claim::default()
        };
        assert!(Rights::of(&claim).unwrap_err().contains("a*b"));
        let many = Claim {
            subscribe: vec!["a".into(); GRANTED + 1],
            ..Claim::default()
        };
        assert!(Rights::of(&many).is_err());
    }
}
