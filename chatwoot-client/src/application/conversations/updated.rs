//! Updated conversations: what changed within or since a time.

use jiff::Timestamp;

use crate::application::conversations::{
    Conversation, ConversationCounts, Conversations, ConversationsQuery, StatusFilter,
};
use crate::error::Error;
use crate::http::{Call, Page};
use crate::types::Time;

/// The seconds by which this machine's clock and the server's may differ.
const CLOCKS: u64 = 120;

impl<'a> Conversations<'a> {
    /// Returns every conversation, in any status, that was updated within this many seconds, in one
    /// response without pages.
    ///
    /// `GET /api/v1/accounts/{account_id}/conversations`.
    ///
    /// Use it to find changes whose webhook was missed; request somewhat more than the time since
    /// the last call. Not in Chatwoot's published API.
    ///
    /// # Errors
    /// None beyond those of every [`Call`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// for conversation in account.conversations().updated_within(600).await?.payload {
    ///     println!("{} is {}", conversation.id, conversation.status);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn updated_within(self, seconds: u64) -> Call<'a, Page<Conversation, ConversationCounts>> {
        self.list(&ConversationsQuery {
            status: Some(StatusFilter::All),
            updated_within: Some(seconds),
            ..ConversationsQuery::default()
        })
    }

    /// Returns every conversation, in any status, updated at or after a time, the longest unchanged
    /// first, with [`Conversations::updated_within`].
    ///
    /// `GET /api/v1/accounts/{account_id}/conversations`.
    ///
    /// The time is the server's: continue from the `updated_at` of the last conversation, which is
    /// then returned again. The clocks of this machine and the server may differ by two minutes.
    ///
    /// # Errors
    /// None beyond those of every [`Call`].
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
        changed.retain(|it| it.updated_at.and_then(Time::at).is_none_or(|at| at >= since));
        changed.sort_by_key(|it| (it.updated_at, it.id));
        Ok(changed)
    }
}

/// Returns how many seconds to request, so that `since` is covered despite different clocks.
fn window(since: Timestamp, now: Timestamp) -> u64 {
    let gone = now.as_second().saturating_sub(since.as_second());
    u64::try_from(gone).unwrap_or_default() + 1 + CLOCKS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_to_come_asks_for_the_room_alone() {
        let at = |second| Timestamp::from_second(second).unwrap();
        assert_eq!(window(at(2000), at(1000)), CLOCKS + 1);
        assert_eq!(window(at(1000), at(1010)), CLOCKS + 11);
    }
}
