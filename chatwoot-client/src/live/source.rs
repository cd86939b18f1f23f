//! Where the token of a subscription comes from.

use std::fmt;

use crate::application::Account;
use crate::live::stream::Failure;
use crate::live::{LiveError, LiveErrorKind, Subscription};
use crate::public::PublicInbox;
use crate::types::{AccountId, Secret};

/// Who subscribes.
#[derive(Clone)]
pub(super) enum Source {
    /// A user, to one of their accounts.
    Account(Account),
    /// A contact of an API inbox.
    Contact {
        inbox: PublicInbox,
        source_id: Secret,
        /// The token that is known already.
        token: Option<Secret>,
    },
    /// A visitor of a website, whose token cannot be read again.
    Visitor(Option<Secret>),
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(account) => write!(f, "account {}", account.id()),
            Self::Contact { .. } => f.write_str("contact"),
            Self::Visitor(_) => f.write_str("visitor"),
        }
    }
}

impl Source {
    pub(super) fn account(account: Account) -> Self {
        Self::Account(account)
    }

    pub(super) fn inbox(inbox: PublicInbox, source_id: Secret, token: Option<Secret>) -> Self {
        Self::Contact { inbox, source_id, token }
    }

    pub(super) fn visitor(token: Option<Secret>) -> Self {
        Self::Visitor(token)
    }

    /// Returns the account whose events are wanted.
    pub(super) fn account_id(&self) -> Option<AccountId> {
        if let Self::Account(account) = self { Some(account.id()) } else { None }
    }

    /// Returns the subscription with the token that is valid now: a user's is read at each call, a
    /// contact's, which never changes, only if it is unknown or was `refused`.
    pub(super) async fn subscription(
        &self,
        refused: Option<&Secret>,
    ) -> Result<Subscription, Failure> {
        match self {
            Self::Account(account) => of_user(account).await,
            Self::Contact { token: Some(token), .. } if refused.is_none() => {
                Ok(Subscription::contact(token.clone()))
            }
            Self::Contact { inbox, source_id, token } => {
                match inbox.contacts().get(source_id).await {
                    Ok(contact) => contact.pubsub_token.or_else(|| token.clone()),
                    // An inbox that wants a proof of identity tells nothing here.
                    Err(_) if token.is_some() => token.clone(),
                    Err(error) => {
                        let terminal = error.is_not_found();
                        return Err(unread(error, terminal));
                    }
                }
                .map(Subscription::contact)
                .ok_or_else(missing)
            }
            Self::Visitor(token) => token.clone().map(Subscription::contact).ok_or_else(missing),
        }
    }
}

async fn of_user(account: &Account) -> Result<Subscription, Failure> {
    let user = match account.profile().get().await {
        Ok(user) => user,
        Err(error) => {
            let terminal = error.kind() == crate::error::ErrorKind::Unauthorized;
            return Err(unread(error, terminal));
        }
    };
    if !user.accounts.iter().any(|of| of.id == account.id()) {
        let message = format!("the token's user is not in account {}", account.id());
        return Err(Failure {
            error: LiveError::new(LiveErrorKind::NotTaken, message),
            terminal: true,
        });
    }
    let token = user.pubsub_token.ok_or_else(missing)?;
    Ok(Subscription::user(token, account.id(), user.id))
}

fn unread(error: crate::Error, terminal: bool) -> Failure {
    let message = "the token of the live feed could not be read";
    let error = LiveError::new(LiveErrorKind::Token, message).with_source(error);
    Failure { error, terminal }
}

fn missing() -> Failure {
    let message = "the server told no token for the live feed";
    Failure { error: LiveError::new(LiveErrorKind::Token, message), terminal: true }
}
