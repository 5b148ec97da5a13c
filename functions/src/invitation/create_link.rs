//! `create-link`: one for each role, for as many as come; made anew, the one before is no good (R9).

use http::Method;
use seatwise_domain::rules::role_link;
use seatwise_domain::{Changes, Moment, RecordKey, Refusal, RoleLink, Stored};
use seatwise_store::Load;

use crate::member::asked_role;
use crate::operation::{Context, Operation, Request, State, Subject, Thing};
use crate::problem::{Code, Problem};
use crate::request::{Nothing, OfRole};
use crate::view::LinkView;

/// Makes a link.
pub struct CreateLink;

impl Operation for CreateLink {
    const NAME: &'static str = "create-link";
    const METHOD: Method = Method::PUT;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/links/{role}";
    const LINKS: bool = true;
    const SUMMARY: &'static str = "Make a link for a role";
    const DESCRIPTION: &'static str = "Whoever has it joins with that role, as often as somebody comes, and takes a seat \
        like anybody. There is one for each role: made again, the one before is no good from that moment on.";
    const CODES: &'static [Code] = &[Code::RoleAboveOwn, Code::RoleUnknown, Code::ChannelNotOffered];
    const ANSWER: &'static str = include_str!("../../examples/create-link.answer.json");

    type Path = OfRole;
    type Query = Nothing;
    type Body = Nothing;
    type Output = LinkView;

    fn subject(request: &Request<Self>, context: &Context<'_>) -> Result<Subject, Refusal> {
        let target_role = Some(asked_role(context.pack, &request.path.role));
        Ok(Subject { thing: Thing::Workspace, target_role })
    }

    fn load(request: &Request<Self>, _: &Context<'_>) -> Result<Load, Problem> {
        let OfRole { workspace, role } = &request.path;
        Ok(Load::new().record(RecordKey::RoleLink(*workspace, RoleLink::serial_of(role))))
    }

    fn decide(
        request: &Request<Self>,
        state: &State<'_>,
        moment: &mut Moment,
    ) -> Result<(LinkView, Changes), Problem> {
        let OfRole { workspace, role } = &request.path;
        let before: Option<Stored<RoleLink>> =
            state.get(&RecordKey::RoleLink(*workspace, RoleLink::serial_of(role)));
        let maker = state.caller()?.user;
        let (link, changes) =
            role_link::make(state.pack, *workspace, role, before.as_ref(), maker, moment.now)?;
        Ok((LinkView::of(&link, state.may_share(role)), changes))
    }
}
