//! What the server does when the request is answered: writes that were read for, activity
//! messages, and the clearing away after a contact's deletion.

use std::time::Duration;

use tokio::time::Instant;

use crate::fake::FakeChatwoot;
use crate::fake::application::messages::save as message_save;
use crate::fake::state::State;

/// How long a contact's conversations outlive it.
pub(in crate::fake) const CLEARED_AFTER: Duration = Duration::from_secs(1);

/// Does what is due before a request is looked at.
pub(in crate::fake) fn tick(state: &mut State) {
    let now = Instant::now();
    state.write_due(now);
    if state.talk.is_clearing_due(now) {
        state.talk.clear_orphans();
    }
    message_save::write_activities(state);
}

/// Does what follows a request, and says how much longer its answer takes.
pub(in crate::fake) fn finish(state: &mut State) -> Duration {
    message_save::write_activities(state);
    std::mem::take(&mut state.contacts.delay)
}

impl FakeChatwoot {
    /// Does what the server's background jobs would do within seconds: the conversations of a
    /// deleted contact, which answer 500 until then, are gone afterwards.
    ///
    /// It also happens by itself, with the first request a second after the deletion.
    pub fn run_background_jobs(&self) {
        let mut state = self.lock();
        state.talk.clear_orphans();
        tick(&mut state);
    }

    /// How long a change of a contact that merges attributes takes between reading and writing;
    /// nothing by default.
    ///
    /// The server merges by reading the contact, adding to what it read and writing the column as
    /// a whole: requests that overlap read the same, and the last to write wins. With a window, a
    /// request reads when it arrives, is answered when the window has passed, and is written then.
    /// Who waits for the answer before sending the next loses nothing; who calls
    /// [`FakeChatwoot::handle`] has to wait the reply's delay to the same end.
    pub fn set_merge_window(&self, window: Duration) {
        self.lock().contacts.merge_window = window;
    }
}
