//! Authentication and its error responses.

use crate::fake::http::input::{Caller, Ctx};
use crate::fake::http::response::Refusal;

const SIGN_IN: &str = "You need to sign in or sign up before continuing.";

/// The Platform API: the platform app's token.
pub(in crate::fake) fn platform(ctx: &mut Ctx<'_>) -> Result<(), Refusal> {
    match ctx.input.token.as_deref() {
        Some(token) if token == ctx.state.platform_token => {
            ctx.caller = Caller::Platform;
            Ok(())
        }
        _ => Err(Refusal::unauthorized("Invalid access_token")),
    }
}

/// The Application API outside an account: a user's token.
pub(in crate::fake) fn user(ctx: &mut Ctx<'_>) -> Result<(), Refusal> {
    let Some(token) = ctx.input.token.as_deref() else {
        return Err(Refusal::sign_in(SIGN_IN));
    };
    match ctx.state.user_by_token.get(token) {
        Some(id) => {
            ctx.caller = Caller::User { id: *id, role: None };
            Ok(())
        }
        None => Err(Refusal::unauthorized("Invalid Access Token")),
    }
}

/// The Application API in an account: a user's token, an active account, a membership.
pub(in crate::fake) fn account(ctx: &mut Ctx<'_>, account: i64) -> Result<(), Refusal> {
    user(ctx)?;
    let found = ctx.state.accounts.get(&account).ok_or_else(Refusal::not_found)?;
    if found.is_suspended() {
        return Err(Refusal::unauthorized("Account is suspended"));
    }
    let id = ctx.user();
    let Some(role) = ctx.state.role(account, id) else {
        return Err(Refusal::unauthorized("You are not authorized to access this account"));
    };
    ctx.caller = Caller::User { id, role: Some(role) };
    ctx.account = account;
    Ok(())
}
