//! All that the fake knows, behind one lock.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;

use super::account::Account;
use super::agents::Membership;
use super::attributes::Definition;
use super::clock::Clock;
use super::contacts::People;
use super::conversations::Talk;
use super::dashboard_apps::DashboardApp;
use super::events::Outbox;
use super::faults::Faults;
use super::inbox::Inbox;
use super::journal::Journal;
use super::labels::Label;
use super::limits::Windows;
use super::platform_users::User;
use super::table::Table;
use super::teams::Team;
use super::webhooks::Webhook;

/// A role in an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Administrator,
    Agent,
}

impl Role {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Agent => "agent",
        }
    }

    pub(super) fn read(word: &str) -> Option<Self> {
        match word {
            "administrator" => Some(Self::Administrator),
            "agent" => Some(Self::Agent),
            _ => None,
        }
    }
}

/// The server's memory. Tables of accounts are keyed by account and id.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) clock: Clock,
    /// Where the fake is reached: what its answers link to.
    pub(super) base_url: String,
    /// Whether the server sends `inbox_created` and `inbox_updated`.
    pub(super) inbox_events: bool,

    pub(super) platform_token: String,
    pub(super) platform_accounts: BTreeSet<i64>,
    pub(super) platform_users: BTreeSet<i64>,

    pub(super) accounts: BTreeMap<i64, Account>,
    pub(super) last_account: i64,
    pub(super) users: BTreeMap<i64, User>,
    pub(super) last_user: i64,
    pub(super) user_by_email: HashMap<String, i64>,
    pub(super) user_by_token: HashMap<String, i64>,
    /// By account and user.
    pub(super) memberships: BTreeMap<(i64, i64), Membership>,
    /// The same the other way round: user and account.
    pub(super) places: BTreeSet<(i64, i64)>,
    pub(super) last_membership: i64,

    pub(super) inboxes: Table<Inbox>,
    /// By `inbox_identifier` (API) and `website_token` (widget): account and inbox.
    pub(super) inbox_by_identifier: HashMap<String, (i64, i64)>,
    pub(super) last_channel: BTreeMap<&'static str, i64>,
    pub(super) labels: Table<Label>,
    pub(super) teams: Table<Team>,
    pub(super) definitions: Table<Definition>,
    pub(super) webhooks: Table<Webhook>,
    pub(super) dashboard_apps: Table<DashboardApp>,

    /// Contacts, contact inboxes, notes, with their indexes.
    pub(super) people: People,
    /// Conversations and messages.
    pub(super) talk: Talk,

    pub(super) outbox: Outbox,
    pub(super) faults: Faults,
    pub(super) windows: Windows,
    pub(super) journal: Journal,
}

impl State {
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Whether an account may be used and who is in it: the role of `user`, if any.
    pub(super) fn role(&self, account: i64, user: i64) -> Option<Role> {
        self.memberships.get(&(account, user)).map(|membership| membership.role)
    }
}

/// A token or secret as Rails makes them: 24 letters and digits.
pub(super) fn secret() -> String {
    std::iter::repeat_with(fastrand::alphanumeric).take(24).collect()
}
