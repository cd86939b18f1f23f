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
    /// Every conversation, in any state, that changed at or after a time, the longest unchanged
    /// first: by [`Conversations::updated_within`].
    ///
    /// The time is the server's: go on from the last conversation's `updated_at`, and expect it
    /// again. The clocks of this machine and the server may be two minutes apart.
    ///
    /// # Errors
    /// The call failed.
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
    pub async fn updated_since(self, since: Timestamp) -> Result<Vec<Conversation>, Error> {
        let page = self.updated_within(window(since, Timestamp::now())).await?;
        let mut changed = page.payload;
        changed.retain(|it| it.updated_at.and_then(crate::Time::at).is_none_or(|at| at >= since));
        changed.sort_by_key(|it| (it.updated_at, it.id));
        Ok(changed)
    }

    /// Sets these custom attributes and keeps the others, and answers all: reads by
    /// [`Conversations::get`], writes by [`Conversations::replace_custom_attributes`].
    ///
    /// One writer for each conversation is assumed: what another writes in between is lost. Where
    /// nothing changes, nothing is written.
    ///
    /// # Errors
    /// A call failed; calling again is safe.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let order = [("order_id".to_owned(), "1001".into())].into_iter().collect();
    /// account.conversations().merge_custom_attributes(12.into(), &order).await?;
    /// account.conversations().remove_custom_attributes(12.into(), ["cart_id"]).await?;
    /// # Ok(())
    /// # }
    /// ```
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

    /// Removes these custom attributes and keeps the others, and answers all: reads by
    /// [`Conversations::get`], writes by [`Conversations::replace_custom_attributes`].
    ///
    /// One writer for each conversation is assumed: what another writes in between is lost. Where
    /// nothing changes, nothing is written.
    ///
    /// # Errors
    /// A call failed; calling again is safe.
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
    /// Adds labels to a conversation's, and answers all: by [`ConversationLabels::list`], then
    /// [`ConversationLabels::replace`].
    ///
    /// One writer for each conversation is assumed: what another writes in between is lost. Where
    /// nothing changes, nothing is written.
    ///
    /// # Errors
    /// A call failed; calling again is safe.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.conversation_labels().add(12.into(), &["vip"]).await?;
    /// account.conversation_labels().remove(12.into(), &["new"]).await?;
    /// # Ok(())
    /// # }
    /// ```
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

    /// Removes labels from a conversation's, and answers the rest: by
    /// [`ConversationLabels::list`], then [`ConversationLabels::replace`].
    ///
    /// One writer for each conversation is assumed: what another writes in between is lost. Where
    /// nothing changes, nothing is written.
    ///
    /// # Errors
    /// A call failed; calling again is safe.
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
    /// Adds labels to a contact's, and answers all: by [`ContactLabels::list`], then
    /// [`ContactLabels::replace`].
    ///
    /// One writer for each contact is assumed: what another writes in between is lost. Where
    /// nothing changes, nothing is written.
    ///
    /// # Errors
    /// A call failed; calling again is safe.
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

    /// Removes labels from a contact's, and answers the rest: by [`ContactLabels::list`], then
    /// [`ContactLabels::replace`].
    ///
    /// One writer for each contact is assumed: what another writes in between is lost. Where
    /// nothing changes, nothing is written.
    ///
    /// # Errors
    /// A call failed; calling again is safe.
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
