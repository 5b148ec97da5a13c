//! `seatwise policies move-role`: gives all members with a role another role.

use std::process::ExitCode;

use clap::Args;
use seatwise_domain::rules::member::{self, MembershipContext};
use seatwise_domain::rules::seating::SeatPool;
use seatwise_domain::{
    Member, MembershipCount, Moment, Record, Refusal, RoleId, RoleName, Tally, UserId, Workspace, WorkspaceId,
};
use seatwise_functions::events;
use seatwise_functions::logging::with_causes;
use seatwise_functions::maker_rights::PolicyRights;
use seatwise_functions::problem::Code;
use seatwise_policy::Bundle;
use seatwise_store::{CommitError, List, Reads, Store};

use super::EXIT_FINDINGS;
use super::place::{PlaceArgs, PolicyPlace};
use super::propose::refuse;
use crate::infra::now;
use crate::say;

/// The most attempts for one member. Another follows if somebody else was quicker.
const MAX_ATTEMPTS: u32 = 20;

const AFTER_HELP: &str = "\
Reads every item of the table to find the members, and changes one after the other by the rules of
`change-role`: a member takes or gives up a seat, and the last governing member stays. A repeated call
goes on where an interrupted one stopped. On AWS it needs credentials that may read and write members;
the role that publishes policies may not.

Exit codes:
  0  no member has the role any more
  1  it was refused, or some members keep the role
  2  something cannot be read or written, or the command line is wrong";

/// The arguments of `policies move-role`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct MoveRoleArgs {
    /// The role that the members have, such as one that the pack dropped
    from: String,
    /// The role that they get
    to: String,
    #[command(flatten)]
    place: PlaceArgs,
}

/// Moves the members.
pub(super) fn run(args: &MoveRoleArgs) -> ExitCode {
    args.place.run(async |place| {
        let (from, to) = (RoleName(args.from.clone()), RoleName(args.to.clone()));
        let state = place.state().await?;
        let files = state.active_files().ok_or("no policies are active that could be read")?;
        let bundle = Bundle::compile(files).map_err(|fault| fault.to_string())?;
        let pack = bundle.pack();
        if from == to || pack.role_called(to.as_str()).is_none() {
            let roles: Vec<&str> = pack.roles.iter().map(|role| role.name.as_str()).collect();
            return Ok(refuse(&format!("name another role of the active pack: {}", roles.join(", "))));
        }
        if let Some(renamed) = pack.roles.iter().find(|role| role.id.0 == from.0 && role.name != from) {
            let now = &renamed.name;
            return Ok(refuse(&format!("role {from} is called {now} now: name its members by {now}")));
        }
        move_all(&place, &bundle, &pack.role_id(&from), &pack.role_id(&to)).await
    })
}

async fn move_all(
    place: &PolicyPlace,
    bundle: &Bundle,
    from: &RoleId,
    to: &RoleId,
) -> Result<ExitCode, String> {
    let mut members: Vec<(WorkspaceId, UserId)> = Vec::new();
    let visited = place.store.visit_all(|record| match record {
        Record::Member(member) if member.role == *from => members.push((member.workspace, member.user)),
        _ => {}
    });
    visited.await.map_err(|error| with_causes(&error))?;
    let (mut moved, mut left) = (0_u64, 0_u64);
    for (workspace, user) in members {
        match move_one(&place.store, bundle, (workspace, user), from, to).await? {
            Ok(()) => moved += 1,
            Err(refusal) => {
                left += 1;
                let code = Code::from(refusal).as_str();
                say(&format_args!("workspace {workspace}, member {user}: not moved, {code}\n"));
            }
        }
    }
    let (from, to) = (bundle.pack().role_name(from), bundle.pack().role_name(to));
    say(&format_args!("{moved} members have the role {to} now; {left} keep {from}\n"));
    Ok(if left == 0 { ExitCode::SUCCESS } else { ExitCode::from(EXIT_FINDINGS) })
}

/// Moves a member who still has the role.
async fn move_one(
    store: &Store,
    bundle: &Bundle,
    (workspace, user): (WorkspaceId, UserId),
    from: &RoleId,
    to: &RoleId,
) -> Result<Result<(), Refusal>, String> {
    for _ in 0..MAX_ATTEMPTS {
        let mut reads = Reads::new();
        let handles = (reads.one(Workspace::key(workspace)), reads.one(Tally::key(workspace)));
        let member = reads.one(Member::key(workspace, user));
        let count = reads.one(MembershipCount::key(user));
        let seats = reads.many(List::seats(workspace));
        let loaded = store.read(&reads).await.map_err(|error| with_causes(&error))?;
        let there = loaded.one(handles.0).zip(loaded.one(handles.1)).zip(loaded.one(member));
        let Some(((workspace_read, tally), member)) = there else { return Ok(Ok(())) };
        if member.value.role != *from {
            return Ok(Ok(()));
        }
        let (bought, count) = (loaded.many(seats), loaded.one(count));
        let now = now();
        let rights = PolicyRights::of_workspace(bundle, &workspace_read.value, now);
        let context = MembershipContext {
            workspace: &workspace_read.value,
            seats: SeatPool {
                pack: bundle.pack(),
                workspace: &workspace_read.value,
                tally: &tally.value,
                bought: &bought,
            },
            membership_count: count.as_ref().map(|stored| &stored.value),
            account: None,
            makers: rights.rules(),
            owners: &[],
            heirs: &[],
        };
        let mut moment = Moment::new(now, rand::random());
        let changes = match member::change_role(context, &member, to, &mut moment) {
            Ok((_, changes)) => changes,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let source = events::of_operator("move-role", bundle.pack().event_terms());
        let written = events::commit(store, changes, &|key| loaded.find(key), &source, &mut moment).await;
        match written {
            Ok(()) => return Ok(Ok(())),
            Err(CommitError::Conflict) => {}
            Err(error) => return Err(with_causes(&error)),
        }
    }
    Err("the table was busy: repeat the command".to_owned())
}
