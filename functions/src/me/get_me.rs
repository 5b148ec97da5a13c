//! `get-me`: the caller's account.

use http::Method;
use seatwise_domain::rules::user;
use seatwise_domain::{Changes, Moment, User};
use seatwise_store::{One, Reads};

use super::view::UserView;
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::Root;
use crate::problem::Problem;
use crate::scope::SignedIn;
use crate::tag::Tag;
use crate::target::Platform;
use crate::wire::Nothing;

/// Reads the caller's account.
pub struct GetMe;

impl Operation for GetMe {
    const NAME: &'static str = "get-me";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/v1/me";
    const TAG: Tag = Tag::Me;
    const SUMMARY: &'static str = "Read the caller's account";
    const ANSWER: &'static str = include_str!("../../examples/get-me.answer.json");

    type Scope = SignedIn;
    type Target = Platform;
    type Path = Root;
    type Query = Nothing;
    type Body = Nothing;
    type Output = UserView;
    type Plan = One<User>;

    fn plan(
        _: &Request<Self>,
        start: &Start<'_, SignedIn>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        Ok(about((), reads.one(User::key(start.scope.user))))
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        // A person who has not entered yet is shown what their account will be.
        let user = match state.one(*plan) {
            Some(stored) => stored.value,
            None => user::account(&state.scope.caller, moment.now),
        };
        Ok(((&user).into(), Changes::new()))
    }
}
