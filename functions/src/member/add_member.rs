//! `add-member`: the host's backend adds a person, for imports.

use http::Method;
use seatwise_domain::pack::{Pack, SeatModel};
use seatwise_domain::rules::address;
use seatwise_domain::rules::join::{self, JoinContext, JoinMethod};
use seatwise_domain::rules::maker::MakerMembership;
use seatwise_domain::rules::sign_in;
use seatwise_domain::{
    AddressOwner, Changes, ClaimText, EmailAddress, EmailSlot, Identity, Member, Moment, PersonName,
    RoleName, Tally, User, UserId, WorkspaceId,
};
use seatwise_store::{One, Reads};
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::MemberView;
use crate::body;
use crate::departures::{DepartureReads, PastPersonsRead};
use crate::invitation::invite::EmailName;
use crate::operation::{Operation, Planned, ReadSoFar, Request, Start, State, about};
use crate::path::WorkspacePath;
use crate::problem::{Code, Problem};
use crate::scope::ServiceInWorkspace;
use crate::seat::reads::SeatReads;
use crate::service_clients::ServiceClients;
use crate::tag::Tag;
use crate::target::known_role;
use crate::wire::text::{ClaimTextSchema, PersonNameSchema};
use crate::wire::{Created, Nothing};
use crate::workspace::target::ThisWorkspace;

/// Adds a member.
pub struct AddMember;

/// The person to add, and their role.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct AddMemberBody {
    /// The issuer of the person's sign-in; by default, the issuer of the service's own token.
    #[schema(value_type = Option<ClaimTextSchema>)]
    issuer: Option<ClaimText>,
    /// The subject of the person's sign-in. Without it, the person is the one to whom the address belongs.
    #[schema(value_type = Option<ClaimTextSchema>)]
    subject: Option<ClaimText>,
    /// The address of the person. It counts as verified once they have signed in with it.
    #[schema(value_type = EmailName)]
    email: EmailAddress,
    /// The person's first name.
    #[schema(value_type = Option<PersonNameSchema>)]
    first_name: Option<PersonName>,
    /// The person's last name.
    #[schema(value_type = Option<PersonNameSchema>)]
    last_name: Option<PersonName>,
    /// The id of a role of the product.
    #[schema(value_type = String, pattern = "^[a-z][a-z0-9-]*$", max_length = 40)]
    role: RoleName,
}
body!(AddMemberBody);

impl AddMemberBody {
    /// The person's sign-in, where the body names one. `own` is the issuer of the service's token. Services are no
    /// people.
    fn sign_in(&self, own: &str, services: &ServiceClients) -> Result<Option<UserId>, Problem> {
        match (&self.issuer, &self.subject) {
            (Some(_), None) => Err(Problem::field("subject", "is required beside issuer")),
            (_, None) => Ok(None),
            (issuer, Some(subject)) => {
                let issuer = issuer.as_ref().map_or(own, ClaimText::as_str);
                if services.knows(issuer, subject.as_str()) {
                    return Err(Problem::field("subject", "is a service's: only people are members"));
                }
                Ok(Some(UserId::of_identity(issuer, subject.as_str())))
            }
        }
    }

    /// The person, if that is known: by their sign-in, or as the owner of the address.
    fn person(&self, pack: &Pack, sign_in: Option<UserId>, owner: Option<&AddressOwner>) -> Option<Identity> {
        let sign_in = sign_in.or_else(|| owner.map(|owner| owner.user))?;
        let identity = Identity {
            user: sign_in,
            sign_in,
            // The person has verified it with a sign-in of theirs; nobody else can say so.
            email_verified: false,
            email: Some(self.email.clone()),
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
        };
        let linked = owner.filter(|_| pack.sign_in.one_person_per_address);
        let user = address::person(&identity, linked);
        Some(Identity { user, email_verified: owner.is_some_and(|owner| owner.user == user), ..identity })
    }
}

/// The handles of the records to read.
pub struct AddPlan {
    body: AddMemberBody,
    workspace: WorkspaceId,
    sign_in: Option<UserId>,
    owner: One<AddressOwner>,
    tally: One<Tally>,
    slot: One<EmailSlot>,
    seats: SeatReads,
    /// What is read of the person, once it is known who that is.
    person: Option<PersonReads>,
}

struct PersonReads {
    identity: Identity,
    account: One<User>,
    member: One<Member>,
    past: PastPersonsRead,
    departures: DepartureReads,
}

impl PersonReads {
    fn plan(identity: Identity, workspace: WorkspaceId, reads: &mut Reads) -> Self {
        Self {
            account: reads.one(User::key(identity.user)),
            member: reads.one(Member::key(workspace, identity.user)),
            past: PastPersonsRead::plan(&identity, reads),
            departures: DepartureReads::plan(workspace, &sign_in::persons(&identity, None), reads),
            identity,
        }
    }
}

impl Operation for AddMember {
    const NAME: &'static str = "add-member";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/members";
    const TAG: Tag = Tag::Members;
    const IDEMPOTENT: bool = true;
    const SUMMARY: &'static str = "Add a member";
    const DESCRIPTION: &'static str = "For services only: a product that moves in brings its members along. The person \
        takes a seat as anybody who joins, gets no mail, and is a member at once. Where one address stands for one person \
        and somebody has signed in with it, that person becomes the member. Otherwise the address is not verified until \
        the member signs in with it. \
        A person who has left the workspace comes back only by an invitation.";
    const CODES: &'static [Code] = &[
        Code::AlreadyMember,
        Code::PersonalInvitationRequired,
        Code::NoSeatAvailable,
        Code::RoleUnknown,
        Code::MemberLimitReached,
        Code::PersonUnknown,
    ];
    const EXAMPLE: &'static str = include_str!("../../examples/add-member.request.json");
    const ANSWER: &'static str = include_str!("../../examples/add-member.answer.json");

    type Scope = ServiceInWorkspace;
    type Target = ThisWorkspace;
    type Path = WorkspacePath;
    type Query = Nothing;
    type Body = AddMemberBody;
    type Output = Created<MemberView>;
    type Plan = AddPlan;

    fn plan(
        request: &Request<Self>,
        start: &Start<'_, ServiceInWorkspace>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let (workspace, body, pack) = (request.path.workspace, &request.body, start.pack);
        let sign_in = body.sign_in(start.scope.issuer(), start.services)?;
        let identity = body.person(pack, sign_in, None);
        let plan = AddPlan {
            workspace,
            sign_in,
            owner: reads.one(AddressOwner::key(body.email.key())),
            tally: reads.one(Tally::key(workspace)),
            slot: reads.one(EmailSlot::key(body.email.key(), workspace)),
            seats: SeatReads::plan_if(pack.seats.model == SeatModel::ByTier, workspace, reads),
            person: identity.map(|identity| PersonReads::plan(identity, workspace, reads)),
            body: body.clone(),
        };
        Ok(about((), plan).giving(known_role(pack, &pack.role_id(&body.role))))
    }

    fn follow(plan: &mut AddPlan, so_far: &ReadSoFar<'_>, reads: &mut Reads) {
        let owner = so_far.loaded.one(plan.owner).map(|stored| stored.value);
        let identity = plan.body.person(so_far.active.bundle.pack(), plan.sign_in, owner.as_ref());
        plan.person = identity.map(|identity| {
            let person = PersonReads::plan(identity, plan.workspace, reads);
            let persons = person.past.persons(&person.identity, so_far.loaded);
            let departures = DepartureReads::plan(plan.workspace, &persons, reads);
            PersonReads { departures, ..person }
        });
    }

    fn decide(
        plan: &AddPlan,
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Created<MemberView>, Changes), Problem> {
        let role = state.pack.role_id(&plan.body.role);
        if state.pack.role(&role).is_none() {
            return Err(Code::RoleUnknown.into());
        }
        let PersonReads { identity, account, member, past, departures } =
            plan.person.as_ref().ok_or(Code::PersonUnknown)?;
        let (account, member) = (state.one(*account), state.one(*member));
        let (tally, slot, owner) = (state.required(plan.tally)?, state.one(plan.slot), state.one(plan.owner));
        let (free, departures) = (plan.seats.to_give(state), departures.load(state.loaded));
        let workspace = &state.scope.workspace;
        let rights = state.makers_in(&workspace.value);
        let joining = JoinContext {
            pack: state.pack,
            workspace,
            caller: identity,
            account: account.as_ref().map(|stored| &stored.value),
            member: member.as_ref().map(|stored| &stored.value),
            slot: slot.as_ref(),
            tally: &tally.value,
            seats: &free.seats,
            makers: rights.rules(),
            maker: MakerMembership::Unread,
            departures: &departures,
        };
        let joined = join::join(joining, JoinMethod::Service(&role), moment);
        let (member, mut changes) = joined.map_err(|refused| refusal(free.refusal(refused)))?;
        if state.pack.sign_in.one_person_per_address {
            changes.extend(address::condition(identity, owner.as_ref(), &changes));
        }
        changes.extend(past.remember(identity, state.loaded));
        Ok((Created(MemberView::of(state.pack, &workspace.value, &member, moment.now)), changes))
    }
}

/// The refusal, in words for the service: it speaks of somebody else.
fn refusal(problem: Problem) -> Problem {
    match problem.code {
        Code::PersonalInvitationRequired => {
            let detail = "The person left this workspace or was removed from it. Invite their address: they come \
                back when they accept.";
            Problem { detail: Some(detail.into()), ..problem }
        }
        _ => problem,
    }
}
