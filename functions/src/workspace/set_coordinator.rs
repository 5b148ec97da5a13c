//! `set-coordinator`: whom the members of a workspace ask (R16).

use http::Method;
use seatwise_domain::rules::coordinator;
use seatwise_domain::{Changes, Coordinator, EmailAddress, Moment, Notes, PersonName, Phone};
use seatwise_store::{One, Reads};
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::CoordinatorView;
use crate::body;
use crate::invitation::invite::EmailName;
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::WorkspacePath;
use crate::problem::Problem;
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::Nothing;
use crate::wire::text::{NotesSchema, PersonNameSchema, PhoneSchema};
use crate::workspace::target::ThisWorkspace;

/// Names the coordinator.
pub struct SetCoordinator;

/// The new coordinator. An absent field is cleared. An empty body removes the coordinator.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetCoordinatorBody {
    /// The name of the coordinator.
    #[schema(value_type = Option<PersonNameSchema>)]
    name: Option<PersonName>,
    /// The email address of the coordinator.
    #[schema(value_type = Option<EmailName>)]
    email: Option<EmailAddress>,
    /// The telephone number of the coordinator.
    #[schema(value_type = Option<PhoneSchema>)]
    phone: Option<Phone>,
    /// Notes, such as office hours and topics.
    #[schema(value_type = Option<NotesSchema>)]
    notes: Option<Notes>,
}
body!(SetCoordinatorBody);

impl Operation for SetCoordinator {
    const NAME: &'static str = "set-coordinator";
    const METHOD: Method = Method::PUT;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/coordinator";
    const TAG: Tag = Tag::Workspaces;
    const SUMMARY: &'static str = "Set the coordinator";
    const DESCRIPTION: &'static str = "The coordinator is the contact whom members can ask for help. The \
        new entry replaces the previous one.";
    const EXAMPLE: &'static str = include_str!("../../examples/set-coordinator.request.json");
    const ANSWER: &'static str = include_str!("../../examples/set-coordinator.answer.json");

    type Scope = InWorkspace;
    type Target = ThisWorkspace;
    type Path = WorkspacePath;
    type Query = Nothing;
    type Body = SetCoordinatorBody;
    type Output = CoordinatorView;
    type Plan = One<Coordinator>;

    fn plan(
        request: &Request<Self>,
        _: &Start<'_, InWorkspace>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        Ok(about((), reads.one(Coordinator::key(request.path.workspace))))
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        _: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let SetCoordinatorBody { name, email, phone, notes } = &state.request.body;
        let after = Coordinator {
            workspace: state.request.path.workspace,
            name: name.clone(),
            email: email.clone(),
            phone: phone.clone(),
            notes: notes.clone(),
        };
        let before = state.one(*plan);
        Ok(((&after).into(), coordinator::set(before.as_ref(), &after)))
    }
}
