//! `seatwise policies move-role`: gives all members with a role another role.

use std::collections::BTreeSet;
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
use crate::ask::ask;
use crate::counted::counted;
use crate::infra::now;
use crate::say;

/// The most attempts for one member. Another follows if somebody else was quicker.
const MAX_ATTEMPTS: u32 = 20;

const AFTER_HELP: &str = "\
Reads every item of the table to find the members, asks, and changes one after the other by the rules of
`change-role`: a member takes or gives up a seat, and the last governing member stays. A repeated call
goes on where an interrupted one stopped. On AWS it needs credentials that may read and write members;
the role that publishes policies may not.

Exit codes:
  0  no member has the role any more
  1  it was refused, the answer was not `yes`, or some members keep the role
  2  something cannot be read or written, or the command line is wrong";

/// The arguments of `policies move-role`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct MoveRoleArgs {
    /// The role that the members have, such as one that the pack dropped
    from: String,
    /// The role that they get
    to: String,
    /// Do not ask
    #[arg(long)]
    yes: bool,
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
        let (from_id, to_id) = (pack.role_id(&from), pack.role_id(&to));
        if let Some(frame) = state.frame().filter(|frame| !frame.roles.contains_key(&from_id)) {
            let names = frame.names.clone().under(pack);
            let known: Vec<String> = frame.roles.keys().map(|id| names.role(id).to_string()).collect();
            return Ok(refuse(&format!(
                "no role {from} was ever published: name one of {}",
                known.join(", ")
            )));
        }
        let members = members_with(&place, &from_id).await?;
        let question = question(&members, &from, &to);
        if !members.is_empty() && !args.yes && ask(&question).as_deref() != Some("yes") {
            return Ok(refuse("nothing was changed; in a script, --yes agrees"));
        }
        move_all(&place, &bundle, members, &from_id, &to_id).await
    })
}

/// All members with a role.
async fn members_with(place: &PolicyPlace, role: &RoleId) -> Result<Vec<(WorkspaceId, UserId)>, String> {
    let mut members = Vec::new();
    let visited = place.store.visit_all(|record| match record {
        Record::Member(member) if member.role == *role => members.push((member.workspace, member.user)),
        _ => {}
    });
    visited.await.map_err(|error| with_causes(&error))?;
    Ok(members)
}

fn question(members: &[(WorkspaceId, UserId)], from: &RoleName, to: &RoleName) -> String {
    let workspaces: BTreeSet<WorkspaceId> = members.iter().map(|(workspace, _)| *workspace).collect();
    format!(
        "{} in {} would get the role {to} instead of {from}. No command undoes this. Move? Only `yes` is taken for it: ",
        counted(members.len(), "member"),
        counted(workspaces.len(), "workspace")
    )
}

/// The last line: the numbers of members who were moved, and who were not.
fn summary(moved: u64, left: u64, from: &RoleName, to: &RoleName) -> String {
    let keep = if left == 1 { "keeps" } else { "keep" };
    format!("{} got the role {to}; {left} {keep} {from}\n", counted(moved, "member"))
}

async fn move_all(
    place: &PolicyPlace,
    bundle: &Bundle,
    members: Vec<(WorkspaceId, UserId)>,
    from: &RoleId,
    to: &RoleId,
) -> Result<ExitCode, String> {
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
    say(&summary(moved, left, &from, &to));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_member_is_singular() {
        let [helper, member] = ["helper", "member"].map(|name| RoleName(name.to_owned()));
        let user = UserId::of_identity("example", "ann");
        let [here, there] = ["here", "there"].map(|name| WorkspaceId(UserId::of_identity("example", name).0));
        let asked = |members: &[(WorkspaceId, UserId)]| question(members, &helper, &member);
        assert!(asked(&[(here, user)]).starts_with("1 member in 1 workspace would get the role member "));
        assert!(asked(&[(here, user), (there, user)]).starts_with("2 members in 2 workspaces would "));
        assert_eq!(summary(1, 1, &helper, &member), "1 member got the role member; 1 keeps helper\n");
        assert_eq!(summary(0, 2, &helper, &member), "0 members got the role member; 2 keep helper\n");
    }
}
