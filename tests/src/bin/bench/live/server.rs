//! The server of the lines: a fake with many accounts, over HTTP and WebSocket.

use anyhow::{Context, Result};
use chatwoot_client::application::contacts::NewContact;
use chatwoot_client::application::conversations::NewConversation;
use chatwoot_client::application::inboxes::{NewApiChannel, NewInbox};
use chatwoot_client::application::messages::NewMessage;
use chatwoot_client::fake::{FakeChatwoot, FakeServer};
use chatwoot_client::{Account, Client, ConversationId, Limits};
use tokio::runtime::Builder;

use super::{Member, Stage, answer, told};

/// Serves accounts with one conversation each, and writes messages in all of them when it is told
/// to, until it is stopped.
pub(crate) fn serve(accounts: &str) -> Result<()> {
    let accounts = accounts.parse().context("how many accounts?")?;
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(async {
        let fake = FakeChatwoot::new();
        let server = FakeServer::start(fake.clone()).await;
        // Its own calls are made in process.
        let client = Client::builder(server.uri()).transport(fake).limits(Limits::off()).build()?;
        let (mut members, mut conversations) = (Vec::new(), Vec::new());
        for number in 0..accounts {
            let (id, token) = server.fake().add_account(&format!("Shop {number}"));
            let account = client.account(id, token.clone());
            let user = client.profile(token.clone()).get().await?;
            let pubsub_token = user.pubsub_token.context("a user has one")?.expose().to_owned();
            members.push(Member { account: id, token, user: user.id.0, pubsub_token });
            let conversation = open(&account, number).await?;
            conversations.push((account, conversation));
        }
        answer(&Stage { base: server.uri(), members })?;
        loop {
            let messages: usize = tokio::task::spawn_blocking(told).await??;
            for number in 0..messages {
                let text = format!("It is on its way, and this is update {number} of its journey.");
                for (account, conversation) in &conversations {
                    let message = NewMessage::text(&text);
                    account.conversation(*conversation).messages().create(&message).await?;
                }
            }
            answer(&(messages * conversations.len()))?;
        }
    })
}

async fn open(account: &Account, number: usize) -> Result<ConversationId> {
    let inbox = account.inboxes().create(&NewInbox::new("App", NewApiChannel::default())).await?;
    let contact = NewContact {
        name: Some(format!("Customer {number}")),
        email: Some(format!("customer-{number}@example.com")),
        identifier: Some(format!("customer-{number}")),
        inbox_id: Some(inbox.id),
        ..NewContact::default()
    };
    let contact = account.contacts().create(&contact).await?.contact.id;
    let conversation = NewConversation {
        contact_id: Some(contact),
        inbox_id: Some(inbox.id),
        message: Some(NewMessage::text("Where is my parcel?")),
        ..NewConversation::default()
    };
    Ok(account.conversations().create(&conversation).await?.id)
}
