//! Conversation changes: conversations updated since a time, and adding and removing single labels,
//! for which the server only has an operation that replaces all.

use jiff::Timestamp;

use crate::application::contacts::ContactLabels;
use crate::application::conversations::Conversation;
use crate::application::conversations::ConversationLabels;
use crate::application::conversations::Conversations;
use crate::error::Error;

/// The seconds by which this machine's clock and the server's may differ.
const CLOCKS: u64 = 120;

impl Conversations<'_> {
    /// Returns every conversation, in any status, updated at or after a time, the longest unchanged
    /// first, with [`Conversations::updated_within`].
    ///
    /// `GET /api/v1/accounts/{account_id}/conversations`.
    ///
    /// The time is the server's: continue from the `updated_at` of the last conversation, which is
    /// then returned again. The clocks of this machine and the server may differ by two minutes.
    ///
    /// # Errors
    /// None beyond those of every [`Call`](crate::http::Call).
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let cursor = "2026-11-21T00:34:43Z".parse().unwrap_or_default();
    /// for conversation in account.conversations().updated_since(cursor).await? {
    ///     println!("{} changed at {:?}", conversation.id, conversation.updated_at);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub async fn updated_since(self, since: Timestamp) -> Result<Vec<Conversation>, Error> {
        let page = self.updated_within(window(since, Timestamp::now())).await?;
        let mut changed = page.payload;
        changed.retain(|it| {
            it.updated_at.and_then(crate::types::Time::at).is_none_or(|at| at >= since)
        });
        changed.sort_by_key(|it| (it.updated_at, it.id));
        Ok(changed)
    }
}

impl ConversationLabels<'_> {
    /// Adds labels to the conversation, after reading its labels with [`ConversationLabels::list`],
    /// and returns all of them.
    ///
    /// `POST /api/v1/accounts/{account_id}/conversations/{conversation_id}/labels`.
    ///
    /// Not atomic: a change that another writer makes to the conversation between the read and the
    /// write is lost. Writes nothing if nothing changes.
    ///
    /// # Errors
    /// `NotFound` if the account has no such conversation; `Unauthorized` for an agent who is in
    /// neither its inbox nor its team. Calling again is safe.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.conversation(12).labels().add(&["vip"]).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub async fn add<L: AsRef<str>>(self, labels: &[L]) -> Result<Vec<String>, Error> {
        let there = self.list().await?;
        match with(&there, labels) {
            Some(wanted) => self.replace(&wanted).await,
            None => Ok(there),
        }
    }

    /// Removes labels from the conversation, after reading its labels with
    /// [`ConversationLabels::list`], and returns the rest.
    ///
    /// `POST /api/v1/accounts/{account_id}/conversations/{conversation_id}/labels`.
    ///
    /// Not atomic: a change that another writer makes to the conversation between the read and the
    /// write is lost. Writes nothing if nothing changes.
    ///
    /// # Errors
    /// `NotFound` if the account has no such conversation; `Unauthorized` for an agent who is in
    /// neither its inbox nor its team. Calling again is safe.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.conversation(12).labels().remove(&["new"]).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub async fn remove<L: AsRef<str>>(self, labels: &[L]) -> Result<Vec<String>, Error> {
        let there = self.list().await?;
        match without(&there, labels) {
            Some(wanted) => self.replace(&wanted).await,
            None => Ok(there),
        }
    }
}

impl ContactLabels<'_> {
    /// Adds labels to the contact, after reading its labels with [`ContactLabels::list`], and
    /// returns all of them.
    ///
    /// `POST /api/v1/accounts/{account_id}/contacts/{id}/labels`.
    ///
    /// Not atomic: a change that another writer makes to the contact between the read and the write
    /// is lost. Writes nothing if nothing changes.
    ///
    /// # Errors
    /// `NotFound` if the account has no such contact. Calling again is safe.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.contact(7).labels().add(&["vip"]).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub async fn add<L: AsRef<str>>(self, labels: &[L]) -> Result<Vec<String>, Error> {
        let there = self.list().await?;
        match with(&there, labels) {
            Some(wanted) => self.replace(&wanted).await,
            None => Ok(there),
        }
    }

    /// Removes labels from the contact, after reading its labels with [`ContactLabels::list`], and
    /// returns the rest.
    ///
    /// `POST /api/v1/accounts/{account_id}/contacts/{id}/labels`.
    ///
    /// Not atomic: a change that another writer makes to the contact between the read and the write
    /// is lost. Writes nothing if nothing changes.
    ///
    /// # Errors
    /// `NotFound` if the account has no such contact. Calling again is safe.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.contact(7).labels().remove(&["new"]).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub async fn remove<L: AsRef<str>>(self, labels: &[L]) -> Result<Vec<String>, Error> {
        let there = self.list().await?;
        match without(&there, labels) {
            Some(wanted) => self.replace(&wanted).await,
            None => Ok(there),
        }
    }
}

/// Returns how many seconds to request, so that `since` is covered despite different clocks.
fn window(since: Timestamp, now: Timestamp) -> u64 {
    let gone = now.as_second().saturating_sub(since.as_second());
    u64::try_from(gone).unwrap_or_default() + 1 + CLOCKS
}

/// Returns `there` and `labels`; `None` if that equals `there`.
fn with<L: AsRef<str>>(there: &[String], labels: &[L]) -> Option<Vec<String>> {
    let mut wanted = there.to_vec();
    for label in labels.iter().map(AsRef::as_ref) {
        if !wanted.iter().any(|there| there == label) {
            wanted.push(label.to_owned());
        }
    }
    (wanted.len() != there.len()).then_some(wanted)
}

/// Returns `there` without `labels`; `None` if that equals `there`.
fn without<L: AsRef<str>>(there: &[String], labels: &[L]) -> Option<Vec<String>> {
    let gone = |there: &String| labels.iter().any(|label| label.as_ref() == there);
    let wanted: Vec<String> = there.iter().filter(|it| !gone(it)).cloned().collect();
    (wanted.len() != there.len()).then_some(wanted)
}

#[cfg(test)]
#[path = "changes_tests.rs"]
mod tests;
