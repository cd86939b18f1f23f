//! Agent bots: the platform's and the account's own.

use anyhow::ensure;
use chatwoot_client::application::agent_bots::{AgentBotPatch, NewAgentBot};
use chatwoot_client::platform::{NewPlatformAgentBot, PlatformAgentBotPatch};
use chatwoot_client::types::AgentBot;

use super::session::{Cut, Session};
use super::stage::Stage;

const URL: &str = "https://shop.example.com/bot";

pub(super) async fn platform(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let bots = session.platform.agent_bots();
    let new = NewPlatformAgentBot::new(session.name("Bot"), URL, stage.account.id());
    let bot = session.done(bots.create(&new)).await?.id;
    let change = PlatformAgentBotPatch {
        name: session.name("Robot").into(),
        ..PlatformAgentBotPatch::default()
    };
    session.done(bots.update(bot, &change)).await?;
    session
        .step(bots.get(bot), |is| {
            ensure!(is.id == bot);
            ensure!(is.name == Some(session.name("Robot")));
            Ok(())
        })
        .await?;
    session
        .step(bots.list(), |list| {
            must!(list.iter().any(|one| one.id == bot), "the bot is not in the list")
        })
        .await?;
    session.done(bots.delete(bot)).await
}

pub(super) async fn account(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let bots = stage.account.agent_bots();
    let made = session.done(bots.create(&NewAgentBot::new(session.name("Helper"), URL))).await?;
    let bot = made.id;
    let change = AgentBotPatch { description: "Helps".into(), ..AgentBotPatch::default() };
    session.done(bots.update(bot, &change)).await?;
    session
        .step(bots.get(bot), |is| {
            ensure!(is.name == Some(session.name("Helper")), "what was not named has changed");
            ensure!(is.description.as_deref() == Some("Helps"));
            Ok(())
        })
        .await?;
    session
        .step(bots.list(), |list| {
            must!(list.iter().any(|one| one.id == bot), "the bot is not in the list")
        })
        .await?;
    let token =
        |bot: &AgentBot| bot.access_token.as_ref().map(|token| token.secret().expose().to_owned());
    let old = token(&made);
    session
        .step(bots.reset_access_token(bot), |is| {
            let new = token(is);
            must!(new.is_some() && new != old, "the token is the old one")
        })
        .await?;
    let old = made.secret.map(|secret| secret.expose().to_owned());
    // Not `?`: a server before 4.13 has no secrets.
    let reset = session.step(bots.reset_secret(bot), |is| {
        let new = is.secret.as_ref().map(|secret| secret.expose().to_owned());
        must!(new.is_some() && new != old, "the secret is the old one")
    });
    drop(reset.await);
    session.done(bots.delete(bot)).await
}
