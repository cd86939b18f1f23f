//! What must hold at the end: nothing is lost, doubled, out of order or diverged.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

/// An account's conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) account: u64,
    pub(super) conversation: u64,
}

/// A delivery of a new message that was answered with a 200.
#[derive(Clone, Copy, Debug)]
pub(super) struct Acknowledged {
    pub(super) place: Place,
    pub(super) message: u64,
    /// Whether a visitor wrote it, so that it needs a note.
    pub(super) incoming: bool,
    /// Whether the response said that it was not known before.
    pub(super) new: bool,
}

/// That a handler began with a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Effect {
    pub(super) place: Place,
    pub(super) message: u64,
    /// Whether the reconciler found the message.
    pub(super) reconciled: bool,
}

/// What is seen at the end.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// In the order of the responses.
    pub(super) acknowledged: Vec<Acknowledged>,
    /// In the order in which they were written.
    pub(super) effects: Vec<Effect>,
    /// How many notes each message has.
    pub(super) notes: BTreeMap<(u64, u64), u64>,
}

/// What did not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rule {
    /// An acknowledged delivery was not handled.
    Lost,
    /// A message has two notes.
    Doubled,
    /// Messages of a conversation were handled in another order than they were received.
    Disordered,
    /// A contact is not what its customer computes to.
    Diverged,
    /// The workers did not finish in time.
    Unsettled,
}

/// A place where a rule did not hold.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub(super) rule: Rule,
    pub(super) text: String,
}

/// The result of a run.
#[derive(Clone, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// Deliveries that were sent, of all events.
    pub deliveries: u64,
    /// Deliveries that were answered with a 200.
    pub acknowledged: u64,
    /// Deliveries that were not; nothing is demanded of these.
    pub unacknowledged: u64,
    /// Messages that were handled.
    pub handled: u64,
    /// How often a message was handled again after its worker was killed or failed.
    pub repeated: u64,
    /// Messages that the reconciler found.
    pub reconciled: u64,
    /// Acknowledged deliveries that were not handled.
    pub lost: u64,
    /// Messages with more than one note.
    pub doubled: u64,
    /// Messages that were handled out of order.
    pub disordered: u64,
    /// Customers whose contact is not what they compute to.
    pub diverged: u64,
    /// Whether the workers did not finish in time.
    pub unsettled: bool,
    /// Customers.
    pub customers: u64,
    /// Changes of customers.
    pub changes: u64,
    /// How often a worker was killed.
    pub kills: u64,
    /// How often Postgres crashed.
    pub postgres_crashes: u64,
    /// How often Redis was killed.
    pub redis_kills: u64,
    /// How long the run took.
    pub seconds: u64,
    /// What did not hold, one line each.
    #[serde(skip)]
    pub faults: Vec<String>,
}

impl Report {
    /// Returns whether everything held.
    pub fn passed(&self) -> bool {
        self.faults.is_empty()
    }

    /// Adds faults.
    pub(super) fn add(&mut self, faults: Vec<Fault>) {
        for fault in faults {
            match fault.rule {
                Rule::Lost => self.lost += 1,
                Rule::Doubled => self.doubled += 1,
                Rule::Disordered => self.disordered += 1,
                Rule::Diverged => self.diverged += 1,
                Rule::Unsettled => self.unsettled = true,
            }
            self.faults.push(fault.to_string());
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.rule, self.text)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "account {} conversation {}", self.account, self.conversation)
    }
}

impl Seen {
    /// Returns each place where a delivery was lost, doubled or handled out of order.
    pub(super) fn judge(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut first: BTreeMap<(u64, u64), (usize, bool)> = BTreeMap::new();
        for (serial, effect) in self.effects.iter().enumerate() {
            let key = (effect.place.account, effect.message);
            first.entry(key).or_insert((serial, effect.reconciled));
        }
        let mut last: BTreeMap<Place, (usize, u64)> = BTreeMap::new();
        let mut judged = BTreeSet::new();
        for acknowledged in &self.acknowledged {
            let Acknowledged { place, message, incoming, new } = *acknowledged;
            let key = (place.account, message);
            if !judged.insert(key) {
                continue;
            }
            let mut lose = |why: &str| {
                let text = format!("{place} message {message}: {why}");
                faults.push(Fault { rule: Rule::Lost, text });
            };
            let Some((serial, reconciled)) = first.get(&key).copied() else {
                lose("no handler began with it");
                continue;
            };
            if incoming && !self.notes.contains_key(&key) {
                lose("it has no note");
            } else if new && reconciled {
                lose("the ledger forgot it, and the reconciler found it");
            }
            if let Some((before, other)) = last.insert(place, (serial, message))
                && before > serial
            {
                let text = format!("{place}: message {message} before message {other}");
                faults.push(Fault { rule: Rule::Disordered, text });
            }
        }
        for ((account, message), count) in self.notes.iter().filter(|(_, count)| **count > 1) {
            let text = format!("account {account} message {message} has {count} notes");
            faults.push(Fault { rule: Rule::Doubled, text });
        }
        faults
    }

    /// Returns the number of messages that were handled, how often one was again, and how many of
    /// them the reconciler found.
    pub(super) fn handled(&self) -> (u64, u64, u64) {
        let mut messages = BTreeSet::new();
        let mut reconciled = BTreeSet::new();
        for effect in &self.effects {
            let key = (effect.place.account, effect.message);
            messages.insert(key);
            if effect.reconciled {
                reconciled.insert(key);
            }
        }
        let repeated = self.effects.len() - messages.len();
        (messages.len() as u64, repeated as u64, reconciled.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place = Place { account: 1, conversation: 7 };

    fn acknowledged(message: u64) -> Acknowledged {
        Acknowledged { place: PLACE, message, incoming: true, new: true }
    }

    fn effect(message: u64) -> Effect {
        Effect { place: PLACE, message, reconciled: false }
    }

    /// Three messages that were handled as they should be, the second one twice.
    fn fine() -> Seen {
        Seen {
            acknowledged: [10, 11, 13].map(acknowledged).to_vec(),
            effects: [10, 11, 11, 12, 13].map(effect).to_vec(),
            notes: [10, 11, 12, 13].map(|message| ((1, message), 1)).into(),
        }
    }

    fn rules(seen: &Seen) -> Vec<Rule> {
        seen.judge().into_iter().map(|fault| fault.rule).collect()
    }

    #[test]
    fn nothing_is_wrong_with_what_is_handled_again() {
        assert_eq!(rules(&fine()), []);
        assert_eq!(fine().handled(), (4, 1, 0));
    }

    #[test]
    fn what_is_not_handled_is_lost() {
        let mut seen = fine();
        seen.effects.retain(|effect| effect.message != 13);
        assert_eq!(rules(&seen), [Rule::Lost]);
        let mut seen = fine();
        seen.notes.remove(&(1, 10));
        assert_eq!(rules(&seen), [Rule::Lost]);
    }

    #[test]
    fn what_the_reconciler_had_to_find_is_lost_if_it_was_acknowledged_as_new() {
        let mut seen = fine();
        seen.effects.last_mut().unwrap().reconciled = true;
        assert_eq!(rules(&seen), [Rule::Lost]);
        seen.acknowledged.last_mut().unwrap().new = false;
        assert_eq!(rules(&seen), []);
    }

    #[test]
    fn two_notes_are_doubled_whether_or_not_it_was_acknowledged() {
        for message in [11, 12] {
            let mut seen = fine();
            seen.notes.insert((1, message), 2);
            assert_eq!(rules(&seen), [Rule::Doubled]);
        }
    }

    #[test]
    fn the_first_handling_decides_the_order() {
        let mut seen = fine();
        seen.effects.swap(0, 4);
        assert_eq!(rules(&seen), [Rule::Disordered, Rule::Disordered]);
        let mut seen = fine();
        seen.effects.push(effect(10));
        assert_eq!(rules(&seen), []);
    }
}
