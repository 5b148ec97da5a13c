//! `get-me`: the caller's account.

use http::Method;
use seatwise_domain::rules::user;
use seatwise_domain::{Changes, JoinedWorkspace, Moment, User};
use seatwise_store::{List, Many, One, Reads};

use super::joined::values;
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
    type Plan = (One<User>, Many<JoinedWorkspace>);

    fn plan(
        _: &Request<Self>,
        start: &Start<'_, SignedIn>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let caller = start.scope.user;
        Ok(about((), (reads.one(User::key(caller)), reads.many(List::all_joined(caller)))))
    }

    fn decide(
        (account, joined): &Self::Plan,
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        // A person who has not entered yet is shown what their account will be.
        let account = state.one(*account).map(|stored| stored.value);
        let mut user = account.unwrap_or_else(|| user::account(&state.scope.caller, moment.now));
        // The list is whole, so an id that is not in it is of a workspace that the person is no longer in.
        user.current_workspace = user::current_workspace(&user, &values(state.many(*joined)));
        Ok(((&user).into(), Changes::new()))
    }
}
