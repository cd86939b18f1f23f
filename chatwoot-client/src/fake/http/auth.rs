//! Authentication and its error responses.

use crate::fake::http::input::{Caller, Ctx};
use crate::fake::http::response::ErrorResponse;

const SIGN_IN: &str = "You need to sign in or sign up before continuing.";

/// The Platform API: the platform app's token.
pub(in crate::fake) fn platform(ctx: &mut Ctx<'_>) -> Result<(), ErrorResponse> {
    match ctx.input.token.as_deref() {
        Some(token) if token == ctx.state.platform_token => {
            ctx.caller = Caller::Platform;
            Ok(())
        }
        _ => Err(ErrorResponse::unauthorized("Invalid access_token")),
    }
}

/// The Application API outside an account: a user's token.
pub(in crate::fake) fn user(ctx: &mut Ctx<'_>) -> Result<(), ErrorResponse> {
    let Some(token) = ctx.input.token.as_deref() else {
        return Err(ErrorResponse::sign_in(SIGN_IN));
    };
    match ctx.state.user_by_token.get(token) {
        Some(id) => {
            ctx.caller = Caller::User { id: *id, role: None };
            ctx.state.performer = Some(*id);
            Ok(())
        }
        None => Err(ErrorResponse::unauthorized("Invalid Access Token")),
    }
}

/// The Application API in an account: a user's token, an active account, a membership.
pub(in crate::fake) fn account(ctx: &mut Ctx<'_>, account: i64) -> Result<(), ErrorResponse> {
    user(ctx)?;
    let found = ctx.state.accounts.get(&account).ok_or_else(ErrorResponse::not_found)?;
    if found.is_suspended() {
        return Err(ErrorResponse::unauthorized("Account is suspended"));
    }
    let id = ctx.user();
    let Some(role) = ctx.state.role(account, id) else {
        return Err(ErrorResponse::unauthorized("You are not authorized to access this account"));
    };
    ctx.caller = Caller::User { id, role: Some(role) };
    ctx.account = account;
    Ok(())
}
