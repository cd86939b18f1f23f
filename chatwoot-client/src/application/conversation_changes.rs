//! Conversation changes: what changed since a time, and safe verbs on attributes and labels, for a
//! server that only replaces them whole.

use jiff::Timestamp;

use super::contact_labels::ContactLabels;
use super::conversation_labels::ConversationLabels;
use super::conversation_types::Conversation;
use super::conversations::Conversations;
use crate::error::Error;
use crate::ids::{ContactId, ConversationId};
use crate::model::{Attributes, OrEmpty};

/// How far this machine's clock and the server's may be apart.
const CLOCKS: u64 = 120;

impl Conversations<'_> {
    /// `GET /api/v1/accounts/{account_id}/conversations`: every conversation, in any state, that
    /// changed at or after a time, the longest unchanged first, by
    /// [`Conversations::updated_within`].
    ///
    /// The time is the server's: go on from the last conversation's `updated_at`, and expect it
    /// again. The clocks of this machine and the server may be two minutes apart.
    ///
    /// # Errors
    /// None of its own; see [`Call`](crate::Call).
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
        changed.retain(|it| it.updated_at.and_then(crate::Time::at).is_none_or(|at| at >= since));
        changed.sort_by_key(|it| (it.updated_at, it.id));
        Ok(changed)
    }

    /// `POST /api/v1/accounts/{account_id}/conversations/{conversation_id}/custom_attributes`: sets
    /// these custom attributes and keeps the others, which it reads by [`Conversations::get`]
    /// before, and answers all.
    ///
    /// One writer for each conversation is assumed: what another writes in between is lost. Where
    /// nothing changes, nothing is written.
    ///
    /// # Errors
    /// `NotFound` without such a conversation in this account; `Unauthorized` for an agent who is
    /// in neither its inbox nor its team; `Invalid` where a text has more than 1,500 characters or
    /// a whole number is above 9,999,999,999. Calling again is safe.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let order = [("order_id".to_owned(), "1001".into())].into_iter().collect();
    /// let all = account.conversations().merge_custom_attributes(12.into(), &order).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub async fn merge_custom_attributes(
        self,
        id: ConversationId,
        attributes: &Attributes,
    ) -> Result<Attributes, Error> {
        self.change_custom_attributes(id, |all| {
            all.extend(attributes.iter().map(|(key, value)| (key.clone(), value.clone())));
        })
        .await
    }

    /// `POST /api/v1/accounts/{account_id}/conversations/{conversation_id}/custom_attributes`:
    /// removes these custom attributes and keeps the others, which it reads by
    /// [`Conversations::get`] before, and answers all.
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
    /// account.conversations().remove_custom_attributes(12.into(), ["cart_id"]).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub async fn remove_custom_attributes<K: AsRef<str>>(
        self,
        id: ConversationId,
        keys: impl IntoIterator<Item = K>,
    ) -> Result<Attributes, Error> {
        let keys: Vec<String> = keys.into_iter().map(|key| key.as_ref().to_owned()).collect();
        self.change_custom_attributes(id, |all| all.retain(|key, _| !keys.contains(key))).await
    }

    async fn change_custom_attributes(
        self,
        id: ConversationId,
        change: impl FnOnce(&mut Attributes),
    ) -> Result<Attributes, Error> {
        let there = self.get(id).await?.custom_attributes;
        let mut wanted = there.clone();
        change(&mut wanted);
        if wanted == there {
            return Ok(there.into_inner());
        }
        self.replace_custom_attributes(id, &wanted).await.map(OrEmpty::into_inner)
    }
}

impl ConversationLabels<'_> {
    /// `POST /api/v1/accounts/{account_id}/conversations/{conversation_id}/labels`: adds labels to
    /// a conversation's, which it reads by [`ConversationLabels::list`] before, and answers all.
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
    /// account.conversation_labels().add(12.into(), &["vip"]).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub async fn add<L: AsRef<str>>(
        self,
        conversation: ConversationId,
        labels: &[L],
    ) -> Result<Vec<String>, Error> {
        let there = self.list(conversation).await?;
        match with(&there, labels) {
            Some(wanted) => self.replace(conversation, &wanted).await,
            None => Ok(there),
        }
    }

    /// `POST /api/v1/accounts/{account_id}/conversations/{conversation_id}/labels`: removes labels
    /// from a conversation's, which it reads by [`ConversationLabels::list`] before, and answers
    /// the rest.
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
    /// account.conversation_labels().remove(12.into(), &["new"]).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub async fn remove<L: AsRef<str>>(
        self,
        conversation: ConversationId,
        labels: &[L],
    ) -> Result<Vec<String>, Error> {
        let there = self.list(conversation).await?;
        match without(&there, labels) {
            Some(wanted) => self.replace(conversation, &wanted).await,
            None => Ok(there),
        }
    }
}

impl ContactLabels<'_> {
    /// `POST /api/v1/accounts/{account_id}/contacts/{id}/labels`: adds labels to a contact's, which
    /// it reads by [`ContactLabels::list`] before, and answers all.
    ///
    /// One writer for each contact is assumed: what another writes in between is lost. Where
    /// nothing changes, nothing is written.
    ///
    /// # Errors
    /// `NotFound` without such a contact in this account. Calling again is safe.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.contact_labels().add(7.into(), &["vip"]).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub async fn add<L: AsRef<str>>(
        self,
        contact: ContactId,
        labels: &[L],
    ) -> Result<Vec<String>, Error> {
        let there = self.list(contact).await?;
        match with(&there, labels) {
            Some(wanted) => self.replace(contact, &wanted).await,
            None => Ok(there),
        }
    }

    /// `POST /api/v1/accounts/{account_id}/contacts/{id}/labels`: removes labels from a contact's,
    /// which it reads by [`ContactLabels::list`] before, and answers the rest.
    ///
    /// One writer for each contact is assumed: what another writes in between is lost. Where
    /// nothing changes, nothing is written.
    ///
    /// # Errors
    /// `NotFound` without such a contact in this account. Calling again is safe.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.contact_labels().remove(7.into(), &["new"]).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub async fn remove<L: AsRef<str>>(
        self,
        contact: ContactId,
        labels: &[L],
    ) -> Result<Vec<String>, Error> {
        let there = self.list(contact).await?;
        match without(&there, labels) {
            Some(wanted) => self.replace(contact, &wanted).await,
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
#[path = "conversation_changes_tests.rs"]
mod tests;
