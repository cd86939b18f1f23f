//! Conversation changes: what changed since a time, and safe verbs on attributes and labels, for a
//! server that only replaces them whole.

use jiff::Timestamp;

use crate::application::contacts::ContactLabels;
use crate::application::conversations::Conversation;
use crate::application::conversations::ConversationLabels;
use crate::application::conversations::Conversations;
use crate::error::Error;

/// How far this machine's clock and the server's may be apart.
const CLOCKS: u64 = 120;

impl Conversations<'_> {
    /// Returns every conversation, in any state, that changed at or after a time, the longest
    /// unchanged first, by [`Conversations::updated_within`].
    ///
    /// `GET /api/v1/accounts/{account_id}/conversations`.
    ///
    /// The time is the server's: go on from the last conversation's `updated_at`, and expect it
    /// again. The clocks of this machine and the server may be two minutes apart.
    ///
    /// # Errors
    /// None of its own; see [`Call`](crate::http::Call).
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
        let page = self.updated_within(window(since, self.account.now())).await?;
        let mut changed = page.payload;
        changed.retain(|it| {
            it.updated_at.and_then(crate::types::Time::at).is_none_or(|at| at >= since)
        });
        changed.sort_by_key(|it| (it.updated_at, it.id));
        Ok(changed)
    }
}

impl ConversationLabels<'_> {
    /// Adds labels to a conversation's, which it reads by [`ConversationLabels::list`] before, and
    /// returns all.
    ///
    /// `POST /api/v1/accounts/{account_id}/conversations/{conversation_id}/labels`.
    ///
    /// One writer for each conversation is assumed: what another writes in between is lost. Where
    /// nothing changes, nothing is written.
    ///
    /// # Errors
    /// `NotFound` without such a conversation in this account; `Unauthorized` for an agent who is
    /// in neither its inbox nor its team. Calling again is safe.
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

    /// Deletes labels from a conversation's, which it reads by [`ConversationLabels::list`] before,
    /// and returns the rest.
    ///
    /// `POST /api/v1/accounts/{account_id}/conversations/{conversation_id}/labels`.
    ///
    /// One writer for each conversation is assumed: what another writes in between is lost. Where
    /// nothing changes, nothing is written.
    ///
    /// # Errors
    /// `NotFound` without such a conversation in this account; `Unauthorized` for an agent who is
    /// in neither its inbox nor its team. Calling again is safe.
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
    /// Adds labels to a contact's, which it reads by [`ContactLabels::list`] before, and returns
    /// all.
    ///
    /// `POST /api/v1/accounts/{account_id}/contacts/{id}/labels`.
    ///
    /// One writer for each contact is assumed: what another writes in between is lost. Where
    /// nothing changes, nothing is written.
    ///
    /// # Errors
    /// `NotFound` without such a contact in this account. Calling again is safe.
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

    /// Deletes labels from a contact's, which it reads by [`ContactLabels::list`] before, and
    /// returns the rest.
    ///
    /// `POST /api/v1/accounts/{account_id}/contacts/{id}/labels`.
    ///
    /// One writer for each contact is assumed: what another writes in between is lost. Where
    /// nothing changes, nothing is written.
    ///
    /// # Errors
    /// `NotFound` without such a contact in this account. Calling again is safe.
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

/// How many seconds back to ask, so that `since` is covered whatever the clocks say.
fn window(since: Timestamp, now: Timestamp) -> u64 {
    let gone = now.as_second().saturating_sub(since.as_second());
    u64::try_from(gone).unwrap_or_default() + 1 + CLOCKS
}

/// `there` and `labels`; `None` where that is the same.
fn with<L: AsRef<str>>(there: &[String], labels: &[L]) -> Option<Vec<String>> {
    let mut wanted = there.to_vec();
    for label in labels.iter().map(AsRef::as_ref) {
        if !wanted.iter().any(|there| there == label) {
            wanted.push(label.to_owned());
        }
    }
    (wanted.len() != there.len()).then_some(wanted)
}

/// `there` but for `labels`; `None` where that is the same.
fn without<L: AsRef<str>>(there: &[String], labels: &[L]) -> Option<Vec<String>> {
    let gone = |there: &String| labels.iter().any(|label| label.as_ref() == there);
    let wanted: Vec<String> = there.iter().filter(|it| !gone(it)).cloned().collect();
    (wanted.len() != there.len()).then_some(wanted)
}

#[cfg(test)]
#[path = "changes_tests.rs"]
mod tests;
