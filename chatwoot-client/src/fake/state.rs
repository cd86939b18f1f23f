//! The state of the fake, behind one lock.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::oneshot;

use crate::fake::application::account::Account;
use crate::fake::application::agents::Membership;
use crate::fake::application::attribute_definitions::Definition;
use crate::fake::application::contacts::store::ContactStore;
use crate::fake::application::conversations::store::ConversationStore;
use crate::fake::application::dashboard_apps::DashboardApp;
use crate::fake::application::inboxes::channel::Inbox;
use crate::fake::application::labels::Label;
use crate::fake::application::teams::Team;
use crate::fake::application::webhooks::Webhook;
use crate::fake::background::Jobs;
use crate::fake::clock::Clock;
use crate::fake::http::faults::Faults;
use crate::fake::http::limits::Windows;
use crate::fake::http::process::Begun;
use crate::fake::journal::Journal;
#[cfg(feature = "live")]
use crate::fake::live::Feed;
use crate::fake::platform::users::User;
use crate::fake::table::Table;
use crate::fake::webhook::events::Outbox;

/// A role in an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::fake) enum Role {
    Administrator,
    Agent,
}

impl Role {
    pub(in crate::fake) const fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Agent => "agent",
        }
    }

    pub(in crate::fake) fn read(word: &str) -> Option<Self> {
        match word {
            "administrator" => Some(Self::Administrator),
            "agent" => Some(Self::Agent),
            _ => None,
        }
    }
}

/// The server's data. Tables of accounts are keyed by account and id.
#[derive(Debug, Default)]
pub(in crate::fake) struct State {
    pub(in crate::fake) clock: Clock,
    /// The base URL of the links in responses.
    pub(in crate::fake) base_url: String,
    /// Whether the server sends `inbox_created` and `inbox_updated`.
    pub(in crate::fake) inbox_events: bool,

    pub(in crate::fake) platform_token: String,
    pub(in crate::fake) platform_accounts: BTreeSet<i64>,
    pub(in crate::fake) platform_users: BTreeSet<i64>,

    pub(in crate::fake) accounts: BTreeMap<i64, Account>,
    pub(in crate::fake) last_account: i64,
    pub(in crate::fake) users: BTreeMap<i64, User>,
    pub(in crate::fake) last_user: i64,
    pub(in crate::fake) user_by_email: HashMap<String, i64>,
    pub(in crate::fake) user_by_token: HashMap<String, i64>,
    /// By account and user.
    pub(in crate::fake) memberships: BTreeMap<(i64, i64), Membership>,
    /// The reverse index: user and account.
    pub(in crate::fake) memberships_by_user: BTreeSet<(i64, i64)>,
    pub(in crate::fake) last_membership: i64,

    pub(in crate::fake) inboxes: Table<Inbox>,
    /// By `inbox_identifier` (API) and `website_token` (widget): account and inbox.
    pub(in crate::fake) inbox_by_identifier: HashMap<String, (i64, i64)>,
    pub(in crate::fake) last_channel: BTreeMap<&'static str, i64>,
    pub(in crate::fake) labels: Table<Label>,
    pub(in crate::fake) teams: Table<Team>,
    pub(in crate::fake) definitions: Table<Definition>,
    pub(in crate::fake) webhooks: Table<Webhook>,
    pub(in crate::fake) dashboard_apps: Table<DashboardApp>,

    /// Contacts, contact inboxes, notes, with their indexes.
    pub(in crate::fake) contacts: ContactStore,
    /// Conversations and messages.
    pub(in crate::fake) conversations: ConversationStore,

    /// The user whose request is handled.
    pub(in crate::fake) performer: Option<i64>,
    pub(in crate::fake) outbox: Outbox,
    #[cfg(feature = "live")]
    pub(in crate::fake) feed: Feed,
    pub(in crate::fake) jobs: Jobs,
    /// What the response to the request in hand waits for, and how long.
    pub(in crate::fake) writing: Option<(Duration, oneshot::Receiver<Begun>)>,
    pub(in crate::fake) faults: Faults,
    pub(in crate::fake) windows: Windows,
    pub(in crate::fake) journal: Journal,
}

impl State {
    pub(in crate::fake) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Whether there is an event to tell webhooks of, rendered or not.
    pub(in crate::fake) fn has_events(&self) -> bool {
        !self.outbox.waiting.is_empty() || !self.outbox.events.is_empty() || self.jobs.has_events()
    }

    /// Whether a contact has a widget open.
    pub(in crate::fake) fn is_online(&self, account: i64, contact: i64) -> bool {
        #[cfg(feature = "live")]
        if self.feed.presence.has_contact(account, contact, self.now()) {
            return true;
        }
        self.contacts.online.contains(&(account, contact))
    }

    /// Whether a user listens to the live feed, or did so shortly before.
    #[cfg(feature = "live")]
    pub(in crate::fake) fn is_present(&self, account: i64, user: i64) -> bool {
        self.feed.presence.has_user(account, user, self.now())
    }

    /// Without the live feed nobody is present.
    #[cfg(not(feature = "live"))]
    #[expect(clippy::unused_self, reason = "the same signature as with the live feed")]
    pub(in crate::fake) fn is_present(&self, _: i64, _: i64) -> bool {
        false
    }

    /// Returns the role of `user` in an account, if they are a member.
    pub(in crate::fake) fn role(&self, account: i64, user: i64) -> Option<Role> {
        self.memberships.get(&(account, user)).map(|membership| membership.role)
    }
}

/// Returns a token or secret in the form of Rails: 24 letters and digits.
pub(in crate::fake) fn secret() -> String {
    std::iter::repeat_with(fastrand::alphanumeric).take(24).collect()
}

/// Returns a UUID, drawn like everything else from `fastrand`, so that a seed repeats it.
pub(in crate::fake) fn uuid() -> String {
    uuid::Builder::from_random_bytes(fastrand::u128(..).to_be_bytes()).into_uuid().to_string()
}
