//! The work that is not done at once: requests that arrive late, delayed writes, the removal of a
//! deleted contact's records, the rendering of webhooks, activity messages.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::fake::FakeChatwoot;
use crate::fake::application::contacts::PendingWrite;
use crate::fake::application::messages::save as message_save;
use crate::fake::event::Event;
use crate::fake::http::faults::FaultKind;
use crate::fake::http::input::Input;
use crate::fake::http::process::{Begun, respond_to};
use crate::fake::state::State;
use crate::fake::webhook::events::render;

/// Work that is due at a time of tokio's clock.
#[derive(Debug)]
pub(in crate::fake) enum Job {
    /// A request that is on its way; whoever still waits for its response gets it.
    Arrive { input: Box<Input>, struck: Vec<FaultKind>, response: oneshot::Sender<Begun> },
    /// A merge that was read; the response is sent already unless it is refused now.
    Write { write: Box<PendingWrite>, refused: oneshot::Sender<Begun> },
    /// The records of a deleted contact go.
    Remove { account: i64, contact: i64, conversations: Vec<i64> },
    /// A webhook's payload is made.
    Render(Event),
}

/// The work to do later, in the order in which it is due.
#[derive(Debug, Default)]
pub(in crate::fake) struct Jobs {
    /// The second part of the key keeps the order of what is due at the same time.
    waiting: BTreeMap<(Instant, u64), Job>,
    added: u64,
}

impl Jobs {
    pub(in crate::fake) fn add(&mut self, after: Duration, job: Job) {
        self.added += 1;
        self.waiting.insert((Instant::now() + after, self.added), job);
    }

    /// Returns when the next job is due.
    pub(in crate::fake) fn next_due(&self) -> Option<Instant> {
        self.waiting.first_key_value().map(|((due, _), _)| *due)
    }

    pub(in crate::fake) fn has_events(&self) -> bool {
        self.waiting.values().any(|job| matches!(job, Job::Render(_)))
    }

    fn take_due(&mut self) -> Option<Job> {
        let next = self.waiting.first_entry()?;
        (next.key().0 <= Instant::now()).then(|| next.remove())
    }

    /// Takes what the server would do within seconds, due or not.
    fn take_background(&mut self) -> Vec<Job> {
        let background = |job: &Job| matches!(job, Job::Remove { .. } | Job::Render(_));
        self.waiting.extract_if(.., |_, job| background(job)).map(|(_, job)| job).collect()
    }
}

/// Does the work that is due before a request is handled.
pub(in crate::fake) fn tick(state: &mut State) {
    while let Some(job) = state.jobs.take_due() {
        run(state, job);
    }
    message_save::write_activities(state);
}

fn run(state: &mut State, job: Job) {
    match job {
        Job::Arrive { input, struck, response } => {
            // The caller may have left meanwhile.
            let _ = response.send(respond_to(state, &input, &struck));
        }
        Job::Write { write, refused } => {
            if let Err(refusal) = write.apply(state) {
                let _ = refused.send(Begun::responded(refusal.0));
            }
        }
        Job::Remove { account, contact, conversations } => {
            state.conversations.clear_orphans(account, &conversations);
            state.contacts.unlink(account, contact);
            state.contacts.notes.retain_of(account, |note| note.contact != contact);
        }
        Job::Render(event) => render(state, &event),
    }
}

impl FakeChatwoot {
    /// Does what the server's background jobs would do within seconds: it removes the conversations
    /// of deleted contacts, which respond with 500 until then, and renders all webhooks.
    ///
    /// Both also happen automatically, with the first request after their time.
    pub fn run_background_jobs(&self) {
        let mut state = self.lock();
        for job in state.jobs.take_background() {
            run(&mut state, job);
        }
        while let Some(event) = state.outbox.events.pop_front() {
            render(&mut state, &event);
        }
        tick(&mut state);
    }

    /// Does the work that is due by now, as each request does before it is handled.
    ///
    /// A test that reads the fake without a request, after a request was
    /// [late](FaultKind::LateBy) or a write [delayed](FakeChatwoot::set_merge_window), calls it
    /// first.
    pub fn catch_up(&self) {
        tick(&mut self.lock());
    }

    /// Sets how long an update of a contact that merges attributes takes between its read and its
    /// write; the default is zero.
    ///
    /// The server merges by reading the contact, adding to the value read and writing the whole
    /// column: overlapping requests read the same value, and the last write wins. With a window, a
    /// request reads when it arrives, and responds and writes after the window. A caller who waits
    /// for the response before the next request loses nothing; a caller of [`FakeChatwoot::handle`]
    /// has to wait for the reply's delay to get the same result. Removing attributes is such an
    /// update, too, and so is what a visitor says of themselves through the public API or the
    /// widget, as far as attributes go.
    pub fn set_merge_window(&self, window: Duration) {
        self.lock().contacts.merge_window = window;
    }

    /// Sets how long the records of a deleted contact remain, its conversations responding with
    /// 500; the default is a second.
    pub fn set_removal_delay(&self, delay: Duration) {
        self.lock().contacts.removal_delay = Some(delay);
    }
}
