//! `create-link`: makes the link of a role, through which any number of people can join. A new link
//! replaces the earlier link of the role (R9).

use http::Method;
use seatwise_domain::rules::role_link;
use seatwise_domain::{Changes, Moment, Pack, RoleId, RoleLink};
use seatwise_store::{One, Reads};

use super::link_view::LinkView;
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::RolePath;
use crate::problem::{Code, Problem};
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::target::known_role;
use crate::wire::Nothing;
use crate::workspace::target::ThisWorkspace;

/// Makes a link.
pub struct CreateLink;

impl Operation for CreateLink {
    const NAME: &'static str = "create-link";
    const METHOD: Method = Method::PUT;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/links/{role}";
    const TAG: Tag = Tag::Invitations;
    const LINKS: bool = true;
    const SUMMARY: &'static str = "Create a link for a role";
    const DESCRIPTION: &'static str = "Every user who opens the link can join with this role. The number of \
        users is not limited, and each takes a seat if the role needs one. A role has at most one link: \
        creating a new link invalidates the previous one immediately.";
    const CODES: &'static [Code] = &[Code::RoleAboveOwn, Code::RoleUnknown, Code::ChannelNotOffered];
    const ANSWER: &'static str = include_str!("../../examples/create-link.answer.json");

    type Scope = InWorkspace;
    type Target = ThisWorkspace;
    type Path = RolePath;
    type Query = Nothing;
    type Body = Nothing;
    type Output = LinkView;
    type Plan = One<RoleLink>;

    fn gives(pack: &Pack, role: &RoleId) -> bool {
        pack.links_as(role)
    }

    fn plan(
        request: &Request<Self>,
        start: &Start<'_, InWorkspace>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let RolePath { workspace, role } = &request.path;
        let role = role.id(start.pack);
        let before = reads.one(RoleLink::key(*workspace, RoleLink::serial_of(&role)));
        Ok(about((), before).giving(known_role(start.pack, &role)))
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let RolePath { workspace, role } = &state.request.path;
        let role = role.id(state.pack);
        let (before, maker) = (state.one(*plan), &state.scope.member.value);
        let (link, changes) =
            role_link::make(state.pack, *workspace, &role, before.as_ref(), maker, moment.now)?;
        Ok((LinkView::of(state.pack, &link, state.may_share(&role, None)), changes))
    }
}
