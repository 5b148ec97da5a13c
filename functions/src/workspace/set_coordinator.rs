//! `set-coordinator`: whom the members of a workspace ask (R16).

use http::Method;
use seatwise_domain::rules::coordinator;
use seatwise_domain::{
    Changes, Coordinator, EmailAddress, Moment, Notes, PersonName, Phone, RecordKey, Stored,
};
use seatwise_store::Load;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::body;
use crate::invitation::invite::EmailName;
use crate::operation::{Context, Operation, Request, State};
use crate::problem::Problem;
use crate::request::{InWorkspace, Nothing};
use crate::view::CoordinatorView;

/// Names the coordinator.
pub struct SetCoordinator;

/// The coordinator; what is absent is nothing, and nothing at all takes the entry away.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetCoordinatorBody {
    /// What they are called.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100, pattern = "\\S")]
    name: Option<PersonName>,
    /// Their address.
    #[schema(value_type = Option<EmailName>)]
    email: Option<EmailAddress>,
    /// Their telephone number.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 40, pattern = "\\S")]
    phone: Option<Phone>,
    /// When to ask them, and for what.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 2000, pattern = "\\S")]
    notes: Option<Notes>,
}
body!(SetCoordinatorBody);

impl Operation for SetCoordinator {
    const NAME: &'static str = "set-coordinator";
    const METHOD: Method = Method::PUT;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/coordinator";
    const SUMMARY: &'static str = "Name the coordinator";
    const DESCRIPTION: &'static str = "Whom members ask for help. In place of the one before.";
    const EXAMPLE: &'static str = include_str!("../../examples/set-coordinator.request.json");
    const ANSWER: &'static str = include_str!("../../examples/set-coordinator.answer.json");

    type Path = InWorkspace;
    type Query = Nothing;
    type Body = SetCoordinatorBody;
    type Output = CoordinatorView;

    fn load(request: &Request<Self>, _: &Context<'_>) -> Result<Load, Problem> {
        Ok(Load::new().record(RecordKey::Coordinator(request.path.workspace)))
    }

    fn decide(
        request: &Request<Self>,
        state: &State<'_>,
        _: &mut Moment,
    ) -> Result<(CoordinatorView, Changes), Problem> {
        let workspace = request.path.workspace;
        let before: Option<Stored<Coordinator>> = state.get(&RecordKey::Coordinator(workspace));
        let SetCoordinatorBody { name, email, phone, notes } = &request.body;
        let after = Coordinator {
            workspace,
            name: name.clone(),
            email: email.clone(),
            phone: phone.clone(),
            notes: notes.clone(),
        };
        Ok(((&after).into(), coordinator::set(before.as_ref(), &after)))
    }
}
