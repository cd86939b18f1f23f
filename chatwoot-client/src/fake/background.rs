//! The work after a response: delayed writes, activity messages, and the removal of a deleted
//! contact's conversations.

use std::time::Duration;

use tokio::time::Instant;

use crate::fake::FakeChatwoot;
use crate::fake::application::messages::save as message_save;
use crate::fake::state::State;

/// How long a contact's conversations remain after its deletion.
pub(in crate::fake) const CLEARED_AFTER: Duration = Duration::from_secs(1);

/// Does the work that is due before a request is handled.
pub(in crate::fake) fn tick(state: &mut State) {
    let now = Instant::now();
    state.write_due(now);
    if state.talk.is_clearing_due(now) {
        state.talk.clear_orphans();
    }
    message_save::write_activities(state);
}

/// Does the work after a request, and returns the additional delay of its response.
pub(in crate::fake) fn finish(state: &mut State) -> Duration {
    message_save::write_activities(state);
    std::mem::take(&mut state.contacts.delay)
}

impl FakeChatwoot {
    /// Does what the server's background jobs would do within seconds: it removes the conversations
    /// of a deleted contact, which respond with 500 until then.
    ///
    /// It also runs automatically, with the first request a second after the deletion.
    pub fn run_background_jobs(&self) {
        let mut state = self.lock();
        state.talk.clear_orphans();
        tick(&mut state);
    }

    /// Sets how long an update of a contact that merges attributes takes between its read and its
    /// write; the default is zero.
    ///
    /// The server merges by reading the contact, adding to the value read and writing the whole
    /// column: overlapping requests read the same value, and the last write wins. With a window, a
    /// request reads when it arrives, and responds and writes after the window. A caller who waits
    /// for the response before the next request loses nothing; a caller of [`FakeChatwoot::handle`]
    /// has to wait for the reply's delay to get the same result.
    pub fn set_merge_window(&self, window: Duration) {
        self.lock().contacts.merge_window = window;
    }
}
