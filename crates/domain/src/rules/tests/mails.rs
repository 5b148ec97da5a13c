//! The limits of mails, and the rest after a declined invitation (K49).

use std::collections::BTreeMap;

use super::fixture::*;
use crate::rules::invitation::{self, InviteContext, ResendContext};
use crate::rules::mail::{self, MailBudget, MailContext, MailLimit, MailRefusal};
use crate::{
    AddressMark, Change, DeclineMark, EmailAddress, InvitationTerms, MailLimits, MailSender, MailUse, Moment,
    Pack, Record, Refusal, Seating, User,
};

const DAY: u32 = 24 * 60 * 60;

fn tea() -> EmailAddress {
    email("tea@acme.example")
}

/// The mails of a sender today: `to_tea` of them to tea.
fn used(sender: MailSender, used: u32, to_tea: u32) -> MailUse {
    let window = mail::day(now());
    let to = BTreeMap::from([(AddressMark::of(&tea().key()), to_tea)]);
    MailUse { sender, day: window.name, used, to, ends: window.ends.unwrap() }
}

fn account(age_in_days: i64) -> User {
    crate::rules::user::account(&identity(1, "olga@acme.example"), now() - days(age_in_days))
}

fn context<'a, 'b>(pack: &'a Pack, account: Option<&'b User>) -> MailContext<'a, 'b> {
    MailContext { rules: &pack.mail, workspace: WORKSPACE, sender: user(1), account }
}

fn posted(mut budget: MailBudget<'_>, moment: &mut Moment) -> Result<Vec<Change>, Refusal> {
    let mut invitation = invitation(Some("tea@acme.example"), None).value;
    budget.post(&mut invitation, &tea(), moment)?;
    assert_eq!(invitation.deliveries.len(), 1);
    Ok(budget.into_changes())
}

#[test]
fn k49_each_limit_holds_and_says_when_it_ends() {
    let pack = pack();
    let (person, workspace) = (MailSender::Person(user(1)), MailSender::Workspace(WORKSPACE));
    let (new, old) = (account(6), account(7));
    for (account, of_sender, of_workspace, limit) in [
        (Some(&old), None, None, None),
        (Some(&old), Some(used(person, 499, 9)), Some(used(workspace, 999, 9)), None),
        (Some(&old), None, Some(used(workspace, 10, 10)), Some(MailLimit::WorkspaceToAddress)),
        (Some(&old), Some(used(person, 10, 10)), None, Some(MailLimit::SenderToAddress)),
        (Some(&old), Some(used(person, 500, 0)), None, Some(MailLimit::Sender)),
        (Some(&old), None, Some(used(workspace, 1_000, 0)), Some(MailLimit::Workspace)),
        (Some(&new), Some(used(person, 99, 0)), None, None),
        (Some(&new), Some(used(person, 100, 0)), None, Some(MailLimit::NewAccount)),
        // Who has not entered yet has no account.
        (None, Some(used(person, 100, 0)), None, Some(MailLimit::NewAccount)),
        (Some(&old), Some(used(person, 100, 0)), None, None),
    ] {
        let budget = MailBudget::new(context(&pack, account), of_sender, of_workspace, now());
        let then = limit.map(|limit| Refusal::TooManyMails(MailRefusal { limit, retry_after: DAY }));
        assert_eq!(posted(budget, &mut moment()).err(), then, "{limit:?}");
    }
}

#[test]
fn k49_the_mails_of_yesterday_do_not_count() {
    let pack = pack();
    let full =
        || (used(MailSender::Person(user(1)), 500, 10), used(MailSender::Workspace(WORKSPACE), 1_000, 10));
    let tomorrow = now() + days(1);
    let (of_sender, of_workspace) = full();
    let budget = MailBudget::new(context(&pack, None), Some(of_sender), Some(of_workspace), tomorrow);
    let changes = posted(budget, &mut Moment::new(tomorrow, [2; 32])).unwrap();
    let days: Vec<String> = changes
        .iter()
        .filter_map(|change| match change {
            Change::UseMails { window, .. } => Some(window.name.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(days, vec![mail::day(tomorrow).name; 2]);
}

#[test]
fn k49_a_mail_comes_with_what_it_uses_of_the_limits() {
    let pack = pack();
    let old = account(30);
    let changes =
        posted(MailBudget::new(context(&pack, Some(&old)), None, None, now()), &mut moment()).unwrap();
    let to = BTreeMap::from([(AddressMark::of(&tea().key()), 1)]);
    let uses = |sender, all| Change::UseMails {
        sender,
        window: mail::day(now()),
        to: to.clone(),
        limits: MailLimits { all, to_address: 10 },
    };
    assert!(matches!(changes[0], Change::Create(Record::Task(_))));
    let expected = [uses(MailSender::Person(user(1)), 500), uses(MailSender::Workspace(WORKSPACE), 1_000)];
    assert_eq!(changes[1..], expected);
    let nothing = MailBudget::new(context(&pack, None), None, None, now());
    assert_eq!(nothing.into_changes(), []);
}

#[test]
fn k49_who_declined_is_left_alone() {
    let (pack, workspace) = (pack_by_role(), workspace());
    let retry_after = 10 * DAY;
    let rests = Refusal::TooManyMails(MailRefusal { limit: MailLimit::Declined, retry_after });
    for (days_ago, not_again, send_email, then) in [
        (20, false, true, Err(rests)),
        // A link that the inviter shares is no mail.
        (20, false, false, Ok(())),
        (30, false, true, Ok(())),
        (20, true, true, Err(Refusal::InvitationDeclined)),
        (20, true, false, Err(Refusal::InvitationDeclined)),
        (3_000, true, true, Err(Refusal::InvitationDeclined)),
    ] {
        let wanted = InvitationTerms { send_email, ..InvitationTerms::default() };
        let (boss, makers) = (member(1, "boss", Seating::None).value, makers(&pack));
        let inviting =
            InviteContext { pack: &pack, workspace: &workspace, inviter: &boss, makers, wanted: &wanted };
        let mut slot = slot(None, None);
        slot.value.declined = Some(DeclineMark { at: now() - days(days_ago), not_again });
        let (address, mut budget) = (email("a@x.example"), mail_budget(&pack, now()));
        let invited =
            invitation::invite(inviting, Some(&address), Some(&slot), &[], &mut budget, &mut moment());
        assert_eq!(invited.as_ref().map(|_| ()).map_err(|refusal| *refusal), then, "{days_ago} {not_again}");
        // Sending again what went without a mail is a mail.
        if let (Ok((made, _)), false) = (invited, send_email) {
            let again = {
                let (seats, slot) = (&[], None);
                let context =
                    ResendContext { pack: &pack, makers, workspace: &workspace, sender: &boss, seats, slot };
                invitation::resend(context, &stored(made), &mut budget, &mut moment())
            };
            assert_eq!(again.err(), Some(rests));
        }
    }
}
