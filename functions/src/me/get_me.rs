//! `get-me`: the caller's account.

use http::Method;
use seatwise_domain::rules::user;
use seatwise_domain::{Changes, Moment, RecordKey, Stored, User};
use seatwise_store::Load;

use crate::operation::{Context, Operation, Request, State};
use crate::problem::Problem;
use crate::request::{Nothing, Nowhere};
use crate::view::UserView;

/// Reads the caller's account.
pub struct GetMe;

impl Operation for GetMe {
    const NAME: &'static str = "get-me";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/v1/me";
    const SUMMARY: &'static str = "Read one's own account";
    const ANSWER: &'static str = include_str!("../../examples/get-me.answer.json");

    type Path = Nowhere;
    type Query = Nothing;
    type Body = Nothing;
    type Output = UserView;

    fn load(_: &Request<Self>, context: &Context<'_>) -> Result<Load, Problem> {
        Ok(Load::new().record(RecordKey::User(context.caller()?.user)))
    }

    fn decide(
        _: &Request<Self>,
        state: &State<'_>,
        moment: &mut Moment,
    ) -> Result<(UserView, Changes), Problem> {
        let caller = state.caller()?;
        let stored: Option<Stored<User>> = state.get(&RecordKey::User(caller.user));
        // Who has not entered yet is shown what their account will be.
        let user = stored.map_or_else(|| user::account(caller, moment.now), |stored| stored.value);
        Ok(((&user).into(), Changes::new()))
    }
}
