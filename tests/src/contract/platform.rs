//! The server itself, and what a platform app makes: accounts, users and who is in which.

use anyhow::{Context, ensure};
use chatwoot_client::platform::{NewPlatformAccount, NewUser, PlatformAccountPatch, UserPatch};
use chatwoot_client::types::{Role, User};
use chatwoot_client::{Attributes, Secret};
use serde_json::json;

use super::desk::{Cut, Desk};
use super::stage::Stage;

pub(super) async fn server(desk: &Desk, _: &Stage) -> Result<(), Cut> {
    let server = desk.client.server();
    let known = |version: &str| version.split('.').count() >= 3;
    desk.step(server.version(), |is| must!(known(&is.version), "{}", is.version)).await?;
    desk.done(server.health()).await?;
    Ok(())
}

pub(super) async fn accounts(desk: &Desk, stage: &Stage) -> Result<(), Cut> {
    let accounts = desk.platform.accounts();
    let id = stage.account.id();
    desk.step(accounts.get(id), |is| must!(is.id == id)).await?;
    let attribute = |key: &str| Attributes::from_iter([(key.to_owned(), json!(1))]);
    for key in ["first", "second"] {
        let change = PlatformAccountPatch {
            name: desk.name("Renamed").into(),
            replace_attributes: attribute(key).into(),
            ..PlatformAccountPatch::default()
        };
        desk.done(accounts.update(id, &change)).await?;
    }
    let read = desk.step(accounts.get(id), |is| {
        ensure!(is.name == desk.name("Renamed"));
        ensure!(is.custom_attributes == Some(attribute("second")), "replaced, not merged");
        Ok(())
    });
    read.await?;
    // Before the deletion: afterwards no list can be had (measured on 4.15.1).
    let listed = |list: &Vec<_>| {
        let ours = |one: &chatwoot_client::platform::PlatformAccount| one.id == id;
        must!(list.iter().any(ours), "the account is not in the list")
    };
    // Not `?`: an older deletion must not keep us from the rest.
    drop(desk.step(accounts.list(), listed).await);

    let other = NewPlatformAccount::new(desk.name("Short-lived"));
    let other = desk.done(accounts.create(&other)).await?;
    if desk.done(accounts.delete(other.id)).await.is_err() {
        desk.made_account(other.id);
    }
    Ok(())
}

pub(super) async fn users(desk: &Desk, _: &Stage) -> Result<(), Cut> {
    let users = desk.platform.users();
    let new = NewUser::new("Grace", desk.email("grace"), desk.name("Passw0rd!"));
    let user = desk.done(users.create(&new)).await?.id;
    let again = NewUser { name: "Another".into(), ..new };
    let same = desk.step(users.create(&again), |is| {
        ensure!(is.id == user, "the same e-mail is the same user");
        ensure!(is.name == "Grace", "and the name stays");
        Ok(())
    });
    same.await?;
    let change = UserPatch { display_name: "Amazing".into(), ..UserPatch::default() };
    desk.done(users.update(user, &change)).await?;
    let read = desk.step(users.get(user), |is| {
        ensure!(is.display_name.as_deref() == Some("Amazing"));
        ensure!(is.email == Some(desk.email("grace")));
        Ok(())
    });
    read.await?;
    let link = |link: &str| must!(link.starts_with("http"), "the link is no address");
    desk.step(users.sso_link(user), |is| link(is.url.expose())).await?;
    let token = desk.step(users.token(user), |is| must!(is.user.id == user));
    let token = token.await?.access_token;
    let profile = desk.client.profile(token.clone());
    desk.step(profile.get(), |is| must!(is.id == user, "the token is another's")).await?;
    // Here and not among the profile's own: all else is called with the administrator's token.
    let reset = desk.step(profile.reset_access_token(), |is| {
        let new = is.access_token.as_ref().map(Secret::expose);
        must!(new.is_some_and(|new| new != token.expose()), "the token is not a new one")
    });
    if let Ok(User { access_token: Some(new), .. }) = reset.await {
        let profile = desk.client.profile(new);
        desk.step(profile.get(), |is| must!(is.id == user, "the new token is another's")).await?;
    }
    if desk.done(users.delete(user)).await.is_err() {
        desk.made_user(user);
    }
    Ok(())
}

pub(super) async fn account_users(desk: &Desk, stage: &Stage) -> Result<(), Cut> {
    let new = NewUser::new("Edsger", desk.email("edsger"), desk.name("Passw0rd!"));
    let user = desk.done(desk.platform.users().create(&new)).await?.id;
    desk.made_user(user);
    let (members, account) = (desk.platform.account_users(), stage.account.id());
    // Adding again sets the role.
    for role in [Role::Agent, Role::Administrator] {
        desk.step(members.create(account, user, role.clone()), |is| {
            ensure!((is.user_id, is.account_id) == (user, account));
            ensure!(is.role == Some(role));
            Ok(())
        })
        .await?;
    }
    let read = desk.step(members.list(account), |list| {
        let is = list.iter().find(|one| one.user_id == user).context("not in the list")?;
        must!(is.role == Some(Role::Administrator))
    });
    read.await?;
    desk.done(members.delete(account, user)).await?;
    let gone = desk.step(members.list(account), |list| {
        must!(list.iter().all(|one| one.user_id != user), "still in the list")
    });
    gone.await?;
    Ok(())
}
