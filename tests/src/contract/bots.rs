//! Agent bots: the platform's and the account's own.

use anyhow::ensure;
use chatwoot_client::application::agent_bots::{AgentBotPatch, NewAgentBot};
use chatwoot_client::platform::{NewPlatformAgentBot, PlatformAgentBotPatch};
use chatwoot_client::types::AgentBot;

use super::server::{Cut, Server};
use super::stage::Stage;

const URL: &str = "https://shop.example.com/bot";

pub(super) async fn platform(server: &Server, stage: &Stage) -> Result<(), Cut> {
    let bots = server.platform.agent_bots();
    let new = NewPlatformAgentBot::new(server.name("Bot"), URL, stage.account.id());
    let bot = server.done(bots.create(&new)).await?.id;
    let change = PlatformAgentBotPatch {
        name: server.name("Robot").into(),
        ..PlatformAgentBotPatch::default()
    };
    server.done(bots.update(bot, &change)).await?;
    server
        .step(bots.get(bot), |is| {
            ensure!(is.id == bot);
            ensure!(is.name == Some(server.name("Robot")));
            Ok(())
        })
        .await?;
    server
        .step(bots.list(), |list| {
            must!(list.iter().any(|one| one.id == bot), "the bot is not in the list")
        })
        .await?;
    server.done(bots.delete(bot)).await
}

pub(super) async fn account(server: &Server, stage: &Stage) -> Result<(), Cut> {
    let bots = stage.account.agent_bots();
    let made = server.done(bots.create(&NewAgentBot::new(server.name("Helper"), URL))).await?;
    let bot = made.id;
    let change = AgentBotPatch { description: "Helps".into(), ..AgentBotPatch::default() };
    server.done(bots.update(bot, &change)).await?;
    server
        .step(bots.get(bot), |is| {
            ensure!(is.name == Some(server.name("Helper")), "what was not named has changed");
            ensure!(is.description.as_deref() == Some("Helps"));
            Ok(())
        })
        .await?;
    server
        .step(bots.list(), |list| {
            must!(list.iter().any(|one| one.id == bot), "the bot is not in the list")
        })
        .await?;
    let token =
        |bot: &AgentBot| bot.access_token.as_ref().map(|token| token.secret().expose().to_owned());
    let old = token(&made);
    server
        .step(bots.reset_access_token(bot), |is| {
            let new = token(is);
            must!(new.is_some() && new != old, "the token is the old one")
        })
        .await?;
    let old = made.secret.map(|secret| secret.expose().to_owned());
    // Not `?`: a server before 4.13 has no secrets.
    let reset = server.step(bots.reset_secret(bot), |is| {
        let new = is.secret.as_ref().map(|secret| secret.expose().to_owned());
        must!(new.is_some() && new != old, "the secret is the old one")
    });
    drop(reset.await);
    server.done(bots.delete(bot)).await
}
