//! The server itself, and the resources of a platform app: accounts, users and account users.

use anyhow::{Context, ensure};
use chatwoot_client::platform::{NewPlatformAccount, NewUser, PlatformAccountPatch, UserPatch};
use chatwoot_client::types::{Role, User};
use chatwoot_client::{Attributes, Secret};
use serde_json::json;

use super::session::{Cut, Session};
use super::stage::Stage;

pub(super) async fn server(session: &Session, _: &Stage) -> Result<(), Cut> {
    let server = session.client.server();
    let known = |version: &str| version.split('.').count() >= 3;
    session.step(server.version(), |is| must!(known(&is.version), "{}", is.version)).await?;
    session.done(server.health()).await?;
    Ok(())
}

pub(super) async fn accounts(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let accounts = session.platform.accounts();
    let id = stage.account.id();
    session.step(accounts.get(id), |is| must!(is.id == id)).await?;
    let attribute = |key: &str| Attributes::from_iter([(key.to_owned(), json!(1))]);
    for key in ["first", "second"] {
        let change = PlatformAccountPatch {
            name: session.name("Renamed").into(),
            replace_custom_attributes: attribute(key).into(),
            ..PlatformAccountPatch::default()
        };
        session.done(accounts.update(id, &change)).await?;
    }
    let read = session.step(accounts.get(id), |is| {
        ensure!(is.name == session.name("Renamed"));
        ensure!(is.custom_attributes == Some(attribute("second")), "replaced, not merged");
        Ok(())
    });
    read.await?;
    // Before the deletion: afterwards accounts cannot be listed (measured on 4.15.1).
    let listed = |list: &Vec<_>| {
        let ours = |one: &chatwoot_client::platform::PlatformAccount| one.id == id;
        must!(list.iter().any(ours), "the account is not in the list")
    };
    // Not `?`: an account deleted earlier must not prevent the rest.
    drop(session.step(accounts.list(), listed).await);

    let other = NewPlatformAccount::new(session.name("Short-lived"));
    let other = session.done(accounts.create(&other)).await?;
    if session.done(accounts.delete(other.id)).await.is_err() {
        session.made_account(other.id);
    }
    Ok(())
}

pub(super) async fn users(session: &Session, _: &Stage) -> Result<(), Cut> {
    let users = session.platform.users();
    let new = NewUser::new("Grace", session.email("grace"), session.name("Passw0rd!"));
    let user = session.done(users.create(&new)).await?.id;
    let again = NewUser { name: "Another".into(), ..new };
    let same = session.step(users.create(&again), |is| {
        ensure!(is.id == user, "the same e-mail is the same user");
        ensure!(is.name == "Grace", "and the name stays");
        Ok(())
    });
    same.await?;
    let change = UserPatch { display_name: "Amazing".into(), ..UserPatch::default() };
    session.done(users.update(user, &change)).await?;
    let read = session.step(users.get(user), |is| {
        ensure!(is.display_name.as_deref() == Some("Amazing"));
        ensure!(is.email == Some(session.email("grace")));
        Ok(())
    });
    read.await?;
    let link = |link: &str| must!(link.starts_with("http"), "the link is no address");
    session.step(users.sso_link(user), |is| link(is.url.expose())).await?;
    let token = session.step(users.token(user), |is| must!(is.user.id == user));
    let token = token.await?.access_token;
    let profile = session.client.profile(token.clone());
    session.step(profile.get(), |is| must!(is.id == user, "the token is another's")).await?;
    // Here and not with the profile's other calls: all of those use the administrator's token.
    let reset = session.step(profile.reset_access_token(), |is| {
        let new = is.access_token.as_ref().map(Secret::expose);
        must!(new.is_some_and(|new| new != token.expose()), "the token is not a new one")
    });
    if let Ok(User { access_token: Some(new), .. }) = reset.await {
        let profile = session.client.profile(new);
        session
            .step(profile.get(), |is| must!(is.id == user, "the new token is another's"))
            .await?;
    }
    if session.done(users.delete(user)).await.is_err() {
        session.made_user(user);
    }
    Ok(())
}

pub(super) async fn account_users(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let new = NewUser::new("Edsger", session.email("edsger"), session.name("Passw0rd!"));
    let user = session.done(session.platform.users().create(&new)).await?.id;
    session.made_user(user);
    let (members, account) = (session.platform.account_users(), stage.account.id());
    // Adding a user again sets the role.
    for role in [Role::Agent, Role::Administrator] {
        session
            .step(members.create(account, user, role.clone()), |is| {
                ensure!((is.user_id, is.account_id) == (user, account));
                ensure!(is.role == Some(role));
                Ok(())
            })
            .await?;
    }
    let read = session.step(members.list(account), |list| {
        let is = list.iter().find(|one| one.user_id == user).context("not in the list")?;
        must!(is.role == Some(Role::Administrator))
    });
    read.await?;
    session.done(members.delete(account, user)).await?;
    let gone = session.step(members.list(account), |list| {
        must!(list.iter().all(|one| one.user_id != user), "still in the list")
    });
    gone.await?;
    Ok(())
}
