//! Who is present: whoever subscribed or renewed the presence a short time ago.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

const USER: SignedDuration = SignedDuration::from_secs(20);
/// Longer: a widget renews its presence once a minute.
const CONTACT: SignedDuration = SignedDuration::from_secs(90);

/// When users and contacts were last present, by account and id.
#[derive(Debug, Default)]
pub(in crate::fake) struct Presence {
    users: BTreeMap<(i64, i64), Timestamp>,
    contacts: BTreeMap<(i64, i64), Timestamp>,
}

impl Presence {
    pub(super) fn renew_user(&mut self, account: i64, user: i64, now: Timestamp) {
        self.users.insert((account, user), now);
    }

    pub(super) fn renew_contact(&mut self, account: i64, contact: i64, now: Timestamp) {
        self.contacts.insert((account, contact), now);
    }

    pub(in crate::fake) fn has_user(&self, account: i64, user: i64, now: Timestamp) -> bool {
        self.users.get(&(account, user)).is_some_and(|seen| now.duration_since(*seen) < USER)
    }

    pub(in crate::fake) fn has_contact(&self, account: i64, contact: i64, now: Timestamp) -> bool {
        let seen = self.contacts.get(&(account, contact));
        seen.is_some_and(|seen| now.duration_since(*seen) < CONTACT)
    }

    /// Returns the contacts of an account who are present; forgets those who were.
    pub(super) fn contacts(&mut self, account: i64, now: Timestamp) -> Vec<i64> {
        let of_account = (account, i64::MIN)..=(account, i64::MAX);
        let gone = |_: &(i64, i64), seen: &mut Timestamp| now.duration_since(*seen) >= CONTACT;
        self.contacts.extract_if(of_account.clone(), gone).for_each(drop);
        self.contacts.range(of_account).map(|((_, contact), _)| *contact).collect()
    }
}
