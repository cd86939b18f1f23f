//! What can happen in a run.

use std::time::Duration;

/// One thing that happens, some time after the one before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// How long after the step before.
    pub after: Duration,
    /// What happens.
    pub act: Act,
}

/// Whether the shop tells the sync of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// The trigger is lost.
    Lost,
    /// It is told once.
    Once,
    /// It is told twice, the second time a few seconds later.
    Twice,
}

/// What of a customer changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The name.
    Name,
    /// The e-mail address becomes another.
    Email,
    /// The customer has no proven e-mail address any more.
    NoEmail,
    /// The telephone number becomes another.
    Phone,
    /// The customer has no telephone number any more.
    NoPhone,
    /// A paid order is placed.
    Order,
    /// Back to the state before the last change.
    Back,
}

/// How a guest or a customer writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// By the public API of the store's API inbox.
    Public,
    /// By the widget.
    Widget,
}

/// What an agent does to a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Resolves it.
    Resolve,
    /// Opens it.
    Open,
    /// Snoozes it.
    Snooze,
    /// Resolves it and opens it again within a second.
    ResolveAndOpen,
    /// Answers.
    Write,
    /// Adds a private note.
    Note,
    /// Puts a label on it.
    Label,
}

/// What goes wrong for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Requests to a server.
    Network(usize, Network),
    /// Webhooks of all servers.
    Mail(Mail),
    /// The lines to a server's live feed.
    Feed(usize, Feed),
    /// Handlers of events.
    Handler(Failure),
    /// The host's ports.
    Shop(Failure),
    /// The database.
    Database(Database),
}

/// What goes wrong with a request to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// 500, before the work.
    ErrorBefore,
    /// 500, after the work.
    ErrorAfter,
    /// No answer, no work.
    TimeoutBefore,
    /// No answer, though the work is done.
    TimeoutAfter,
    /// The connection breaks before the work.
    ResetBefore,
    /// The connection breaks after the work.
    ResetAfter,
    /// No connection.
    Down,
    /// 429.
    RateLimited,
    /// The answer comes this many milliseconds late.
    Slow(u64),
    /// The request arrives this many milliseconds late, whoever still waits.
    Late(u64),
}

/// What goes wrong with a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mail {
    /// It is lost.
    Lost,
    /// It comes twice.
    Doubled,
    /// It comes this many milliseconds late, behind others.
    Late(u64),
    /// The server's queue stands still and is worked off every this many milliseconds: what is in it
    /// comes at once, in any order.
    AtOnce(u64),
}

/// What goes wrong with a line to a live feed, or a frame on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feed {
    /// The frame is lost.
    Lost,
    /// It comes twice.
    Doubled,
    /// It, and what comes after it, comes this many milliseconds late.
    Late(u64),
    /// The line is cut with what is on its way.
    Cut,
    /// No line can be opened.
    Down,
}

/// What goes wrong with a handler or a port of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// An error.
    Error,
    /// It never answers.
    Hang,
    /// It panics.
    Panic,
    /// It takes this many milliseconds.
    Slow(u64),
    /// It does its work, and then fails. For a port: it answers what was true this many
    /// milliseconds ago.
    Stale(u64),
}

/// What goes wrong with the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    /// An error, and nothing was changed.
    Before,
    /// An error, though the change was made.
    After,
    /// It takes this many milliseconds.
    Slow(u64),
}

/// Something that happens. Customers and guests are numbered within their store; what names one that
/// is not there does nothing, so that a list of acts stays one if some are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are what the text names")]
pub enum Act {
    /// A customer registers, with an e-mail address and a telephone number.
    Register { store: usize, customer: u32, trigger: Trigger },
    /// A customer changes.
    Change { store: usize, customer: u32, field: Field, trigger: Trigger },
    /// A customer changes 100 times in a second.
    Burst { store: usize, customer: u32 },
    /// The sync is told of a customer who did not change.
    Touch { store: usize, customer: u32 },
    /// Two customers swap their e-mail addresses.
    Swap { store: usize, one: u32, other: u32 },
    /// A customer is deleted in the shop.
    Remove { store: usize, customer: u32, trigger: Trigger },
    /// A customer is erased: deleted in the shop, and nothing of them may stay.
    Erase { store: usize, customer: u32 },
    /// Somebody registers anew with the e-mail address of a customer who is deleted or erased.
    Again { store: usize, before: u32, customer: u32 },
    /// The shop merges a customer into another.
    Merge { store: usize, from: u32, into: u32 },
    /// All customers are wanted, as bulk.
    WantAll { store: usize },
    /// Many customers register, and are wanted as bulk.
    Import { store: usize, first: u32, count: u32 },
    /// A guest writes.
    GuestWrites { store: usize, guest: u32, channel: Channel },
    /// A guest gives a customer's e-mail address.
    GuestClaims { store: usize, guest: u32, customer: u32, channel: Channel },
    /// A guest signs in as a customer; the host's call is dropped after this many polls.
    GuestSignsIn { store: usize, guest: u32, customer: u32, dropped_after: Option<u32> },
    /// A signed-in customer writes.
    CustomerWrites { store: usize, customer: u32 },
    /// An agent edits a customer's contact.
    AgentEdits { store: usize, customer: u32, field: Field },
    /// An agent merges a customer's contact into another's.
    AgentMerges { store: usize, customer: u32, into: u32 },
    /// An agent merges a guest's contact and a customer's; which one stays.
    AgentMergesGuest { store: usize, guest: u32, customer: u32, guest_stays: bool },
    /// An agent deletes a customer's contact.
    AgentDeletes { store: usize, customer: u32 },
    /// An agent makes a contact with an address that a customer has, or will have next.
    AgentTakes { store: usize, customer: u32 },
    /// An agent turns to one of the store's conversations.
    AgentTurns { store: usize, conversation: u32, turn: Turn },
    /// A store gets a new account.
    NewAccount { store: usize, server: usize },
    /// A store's account is suspended for a while.
    Suspend { store: usize, lasting: Duration },
    /// Something goes wrong for a while, in so many of a thousand cases.
    Trouble { trouble: Trouble, per_mille: u16, lasting: Duration },
    /// The lines to a server's live feed are cut.
    CutLines { server: usize },
    /// A process is killed after so many polls, and started again later.
    Kill { process: usize, polls: u32, down: Duration },
    /// A process is told to stop, and started again later.
    Stop { process: usize, down: Duration },
    /// A process stands still for a while, and goes on.
    Stall { process: usize, lasting: Duration },
    /// A server's clock jumps ahead.
    Skew { server: usize, seconds: i64 },
    /// Webhooks are rendered this many milliseconds after the change.
    Render { server: usize, late: u64 },
    /// What the ledger says of a store's contacts is held against Chatwoot.
    Audit { store: usize },
    /// A customer of a store that nothing ails changes, and must be synced soon.
    Probe { store: usize, customer: u32 },
}
