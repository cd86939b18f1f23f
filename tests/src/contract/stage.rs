//! The stage: the resources that every group may use.

use anyhow::ensure;
use chatwoot_client::application::contacts::{Contact, NewContact};
use chatwoot_client::application::conversations::{Conversation, NewConversation};
use chatwoot_client::application::inboxes::{Inbox, NewApiChannel, NewInbox, NewWebWidget};
use chatwoot_client::application::messages::NewMessage;
use chatwoot_client::application::profile::Profile;
use chatwoot_client::platform::{NewPlatformAccount, NewUser};
use chatwoot_client::types::Role;
use chatwoot_client::{Account, UserId};

use super::session::{Cut, Session};

/// An account with two users, two inboxes, a contact and a conversation.
#[derive(Debug)]
pub(super) struct Stage {
    /// The account, with its administrator's token.
    pub(super) account: Account,
    /// The administrator.
    pub(super) admin: UserId,
    /// An agent.
    pub(super) agent: UserId,
    pub(super) profile: Profile,
    /// An inbox of the API channel.
    pub(super) inbox: Inbox,
    /// An inbox of the website channel.
    pub(super) website: Inbox,
    pub(super) contact: Contact,
    pub(super) conversation: Conversation,
}

impl Stage {
    pub(super) async fn set(session: &Session) -> Result<Self, Cut> {
        let platform = &session.platform;
        let account = NewPlatformAccount::new(session.name("Contract"));
        let account = platform.accounts().create(&account);
        let account = session.step(account, |made| {
            ensure!(made.name == session.name("Contract"));
            Ok(())
        });
        let account = account.await?.id;
        session.made_account(account);

        let mut people = Vec::new();
        for (name, role) in [("admin", Role::Administrator), ("agent", Role::Agent)] {
            let user =
                NewUser::new(session.name(name), session.email(name), session.name("Passw0rd!"));
            let user = session.done(platform.users().create(&user)).await?;
            session.made_user(user.id);
            let joined = platform.account_users().create(account, user.id, role);
            session.done(joined).await?;
            people.push(user);
        }
        let [admin, agent] = people.as_slice() else { unreachable!("there are two") };
        let token = match admin.access_token.clone() {
            Some(token) => token,
            None => session.done(platform.users().token(admin.id)).await?.access_token,
        };
        let profile = session.client.profile(token.clone());
        let account = session.client.account(account, token);

        let inbox = NewInbox::new(session.name("Contract api"), NewApiChannel::default());
        let inbox = account.inboxes().create(&inbox);
        let inbox = session.step(inbox, |made| {
            ensure!(made.inbox_identifier.is_some(), "an API inbox has an identifier");
            Ok(())
        });
        let inbox = inbox.await?;
        let website = NewWebWidget::new("https://shop.example.com");
        let website = NewInbox::new(session.name("Contract web"), website);
        let website = session.done(account.inboxes().create(&website)).await?;
        // An agent sees only the conversations of their inboxes.
        session.done(account.inbox_members().add(inbox.id, &[admin.id, agent.id])).await?;

        let contact = NewContact {
            name: Some("Ada Contract".into()),
            email: Some(session.email("ada")),
            identifier: Some(session.name("ada")),
            inbox_id: Some(inbox.id),
            ..NewContact::default()
        };
        let contact = account.contacts().create(&contact);
        let contact = session.step(contact, |made| {
            ensure!(made.contact.email == Some(session.email("ada")));
            ensure!(made.contact.identifier == Some(session.name("ada")));
            Ok(())
        });
        let contact = contact.await?.contact;
        let conversation = NewConversation {
            contact_id: Some(contact.id),
            inbox_id: Some(inbox.id),
            message: Some(NewMessage::text(session.name("hello"))),
            ..NewConversation::default()
        };
        let conversation = account.conversations().create(&conversation);
        let conversation = session.step(conversation, |made| {
            ensure!(made.inbox_id == inbox.id);
            ensure!(made.meta.sender.id == contact.id);
            Ok(())
        });
        let conversation = conversation.await?;
        let (admin, agent) = (admin.id, agent.id);
        Ok(Self { account, admin, agent, profile, inbox, website, contact, conversation })
    }
}
