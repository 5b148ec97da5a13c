//! `delete-workspace`: deletes the workspace at once for all its members. A background function deletes
//! its records (L6).

use http::Method;
use seatwise_domain::rules::workspace_deletion::{self, TOLD_AT_ONCE};
use seatwise_domain::{Changes, FromRecord as _, Member, Moment, Record};
use seatwise_store::{List, Many, PageRequest, Reads};

use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::WorkspacePath;
use crate::problem::Problem;
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::Nothing;
use crate::workspace::target::ThisWorkspace;

/// Deletes a workspace.
pub struct DeleteWorkspace;

impl Operation for DeleteWorkspace {
    const NAME: &'static str = "delete-workspace";
    const METHOD: Method = Method::DELETE;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}";
    const TAG: Tag = Tag::Workspaces;
    const SUMMARY: &'static str = "Delete a workspace";
    const DESCRIPTION: &'static str = "The deletion cannot be undone. All members lose access immediately, \
        and the content is removed within minutes. The accounts of the members stay.";

    type Scope = InWorkspace;
    type Target = ThisWorkspace;
    type Path = WorkspacePath;
    type Query = Nothing;
    type Body = Nothing;
    type Output = ();
    type Plan = Many<Record>;

    fn plan(
        request: &Request<Self>,
        _: &Start<'_, InWorkspace>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let page = PageRequest { limit: TOLD_AT_ONCE, after: None };
        Ok(about((), reads.many(List::some_members(request.path.workspace, page))))
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let members = state.many(*plan).into_iter();
        let members = members.filter_map(|stored| Member::from_record(stored.value));
        let members: Vec<_> = members.map(|member| member.user).collect();
        Ok(((), workspace_deletion::begin(&state.scope.workspace, &members, moment.now)))
    }
}
