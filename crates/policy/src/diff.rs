//! What a new version of a pack changes: its rules, and who may do what they could not, or may not
//! do what they could.

use std::collections::{BTreeMap, BTreeSet};

use seatwise_domain::Pack;
use seatwise_domain::pack::Role;
use serde::Serialize;
use toml::Value;
use tracing::subscriber::NoSubscriber;

use crate::bundle::{Bundle, Decision, PACK_FILE, permits};
use crate::core::Core;
use crate::finding::Fault;
use crate::source::{self, Source};
use crate::stage::{Probe, SeatState, probes_in};
use crate::{Files, stage};

pub use crate::stage::Place;

/// All that changes between two versions. As JSON its names are stable.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Diff {
    /// Files, by name.
    pub files: Vec<FileChange>,
    /// Policies, by file and line.
    pub rules: Vec<RuleChange>,
    /// Roles whose frame changes, on which the guardrails rest.
    pub roles: Vec<RoleChange>,
    /// All else in `product.toml`, by key.
    pub settings: Vec<SettingChange>,
    /// Who may do what they could not.
    pub gains: Vec<Access>,
    /// Who may not do what they could.
    pub losses: Vec<Access>,
    /// What is refused before and after, for another reason.
    pub reasons: Vec<ReasonChange>,
    /// What a reader of the rest must know, such as what could not be compared.
    pub notes: Vec<String>,
}

/// What becomes of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Change {
    /// It is new.
    Added,
    /// It is no more.
    Removed,
    /// It is not what it was.
    Changed,
}

/// A file that changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FileChange {
    /// How.
    pub change: Change,
    /// Path inside the pack.
    pub path: String,
}

/// A policy that changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RuleChange {
    /// How.
    pub change: Change,
    /// Its `@id`.
    pub id: String,
    /// Whether it permits; otherwise it forbids. After the change, if it remains.
    pub permits: bool,
    /// Where it is; where it was, if it is removed.
    pub file: String,
    /// On which line, from 1.
    pub line: u32,
}

/// A role whose frame changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RoleChange {
    /// Which.
    pub role: String,
    /// Its frame; none, if it is new.
    pub before: Option<Frame>,
    /// Its frame; none, if it is no more.
    pub after: Option<Frame>,
}

/// What the guardrails know of a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Frame {
    /// Who stands above whom.
    pub rank: i64,
    /// Whether the floor protects it.
    pub governing: bool,
    /// Whether it may hold sensitive powers.
    pub staff: bool,
    /// Whether a joiner gets it.
    pub joiner: bool,
    /// The role whose permissions it has as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub includes: Option<String>,
}

/// A key of `product.toml` whose value changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SettingChange {
    /// The key with its tables, such as `invitation.lifetime` or `plan.trial.seats`.
    pub key: String,
    /// Its value, as in the file; none, if it was not there.
    pub before: Option<String>,
    /// Its value, as in the file; none, if it is not there.
    pub after: Option<String>,
}

/// Somebody who gains or loses a permission.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Access {
    /// A role; or `visitor`, `user`, `unverified user`.
    pub who: String,
    /// What they may or may not do.
    pub action: String,
    /// Where they ask.
    pub place: Place,
    /// When: any of these; if there is none, in every situation. Of what a proof has found, `example`
    /// says it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub situations: Vec<Situation>,
    /// What found it.
    pub found_by: FoundBy,
    /// A request that shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub example: Option<Example>,
}

/// When something holds: each part is any of what is listed, or plays no role if nothing is.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Situation {
    /// The workspace's plan.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub plan: Vec<String>,
    /// What the caller sits on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub seat: Vec<String>,
    /// To whom it is done: a role, `self`, `creator`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub on: Vec<String>,
    /// The role that is given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<String>,
}

/// What found a gain or loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum FoundBy {
    /// An answer of the matrix changed.
    Matrix,
    /// A proof of all possible requests, where no answer of the matrix changed.
    Proof,
}

/// A request, as far as it matters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Example {
    /// All of it but who does what, as a person would say it.
    pub words: String,
    /// Who asks.
    pub principal: Thing,
    /// What it is done to.
    pub resource: Thing,
    /// The role that is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_role: Option<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub now: Option<String>,
}

/// Somebody or something in an [`Example`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Thing {
    /// Its type in the schema.
    pub kind: String,
    /// What it is like, as far as the policies look at it.
    pub attributes: BTreeMap<String, String>,
}

/// A refusal that gets another reason.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReasonChange {
    /// A role; or `visitor`, `user`, `unverified user`.
    pub who: String,
    /// What they may not do.
    pub action: String,
    /// Where they ask.
    pub place: Place,
    /// When: any of these; if there is none, in every situation.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub situations: Vec<Situation>,
    /// The reason; none, where no policy permitted it.
    pub before: Option<String>,
    /// The reason; none, where no policy permits it.
    pub after: Option<String>,
}

impl Diff {
    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What changes between two versions of a pack. Without one before, or if it cannot be used, what
/// people could do is what the recovery floor alone allows: that is what functions then serve.
pub fn diff(before: Option<&Files>, after: &Files) -> Result<Diff, Fault> {
    // Both are tried with what is missing as well: what they say of that is no news for a log.
    tracing::subscriber::with_default(NoSubscriber::default(), || compare(before, after))
}

fn compare(before: Option<&Files>, after: &Files) -> Result<Diff, Fault> {
    let new = Bundle::compile(after)?;
    let mut diff = Diff::default();
    let old = match before.map(Bundle::compile) {
        Some(Ok(old)) => old,
        other => {
            diff.notes.push(match other {
                Some(Err(fault)) => {
                    format!("the version before cannot be used ({fault}): compared with the recovery floor")
                }
                _ => "there is no version before: compared with the recovery floor".to_owned(),
            });
            Bundle::floor_only(&Core::current(), after)?
        }
    };
    let none = Files::new();
    diff.files = files(before.unwrap_or(&none), after);
    diff.rules = rules(before.unwrap_or(&none), after);
    if let Some(before) = before {
        diff.roles = roles(&old, &new);
        diff.settings = settings(before, after);
    }
    permissions(&mut diff, &old, &new);
    // How a role is refused that was not there, or is no more, is no change of a reason.
    let comes_or_goes = |name: &String| {
        let [was, is] = [&old, &new].map(|it| it.pack().roles.iter().any(|role| role.id.as_str() == name));
        was != is
    };
    let all_do = |names: &[String]| !names.is_empty() && names.iter().all(comes_or_goes);
    let is_of_them = |it: &Situation| all_do(&it.on) || all_do(&it.to);
    diff.reasons.retain(|it| {
        let is_only_of_them = !it.situations.is_empty() && it.situations.iter().all(is_of_them);
        !comes_or_goes(&it.who) && !is_only_of_them
    });
    if before.is_none() {
        diff.reasons.clear();
    }
    Ok(diff)
}

/// The pairs that differ, by key.
fn changed<'a, K: Ord, V: PartialEq>(
    before: &'a BTreeMap<K, V>,
    after: &'a BTreeMap<K, V>,
) -> impl Iterator<Item = (&'a K, Option<&'a V>, Option<&'a V>)> {
    let keys: BTreeSet<&K> = before.keys().chain(after.keys()).collect();
    let pairs = keys.into_iter().map(|key| (key, before.get(key), after.get(key)));
    pairs.filter(|(_, before, after)| before != after)
}

fn change<V>(before: Option<V>, after: Option<V>) -> Change {
    match (before, after) {
        (None, _) => Change::Added,
        (Some(_), None) => Change::Removed,
        (Some(_), Some(_)) => Change::Changed,
    }
}

fn files(before: &Files, after: &Files) -> Vec<FileChange> {
    let changed = changed(before, after);
    changed
        .map(|(path, before, after)| FileChange { change: change(before, after), path: path.clone() })
        .collect()
}

fn rules(before: &Files, after: &Files) -> Vec<RuleChange> {
    // What cannot be read has no rules; the caller is told of that.
    let [before, after] = [before, after].map(|files| source::of_pack(files).unwrap_or_default());
    let by_id = |sources: &[Source]| -> BTreeMap<String, Source> {
        sources.iter().map(|source| (source.policy.id().to_string(), source.clone())).collect()
    };
    let [before, after] = [by_id(&before), by_id(&after)];
    let texts = |sources: &BTreeMap<String, Source>| -> BTreeMap<String, String> {
        sources.iter().map(|(id, source)| (id.clone(), source.text().to_owned())).collect()
    };
    let (texts_before, texts_after) = (texts(&before), texts(&after));
    let mut rules: Vec<RuleChange> = changed(&texts_before, &texts_after)
        .filter_map(|(id, text_before, text_after)| {
            let source = after.get(id).or_else(|| before.get(id))?;
            Some(RuleChange {
                change: change(text_before, text_after),
                id: id.clone(),
                permits: permits(source),
                file: source.file.clone(),
                line: source.line(),
            })
        })
        .collect();
    rules.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    rules
}

fn roles(before: &Bundle, after: &Bundle) -> Vec<RoleChange> {
    let [before, after] = [before, after].map(|bundle| frames(bundle.pack()));
    let changed = changed(&before, &after);
    changed
        .map(|(role, before, after)| RoleChange {
            role: role.clone(),
            before: before.cloned(),
            after: after.cloned(),
        })
        .collect()
}

fn frames(pack: &Pack) -> BTreeMap<String, Frame> {
    let frame = |role: &Role| Frame {
        rank: role.rank,
        governing: role.governing,
        staff: role.staff,
        joiner: role.id == pack.roles_given.joiner,
        includes: role.includes.as_ref().map(ToString::to_string),
    };
    pack.roles.iter().map(|role| (role.id.to_string(), frame(role))).collect()
}

/// What is in the frame of a role.
const FRAME: [&str; 5] = ["id", "rank", "governing", "staff", "includes"];

fn settings(before: &Files, after: &Files) -> Vec<SettingChange> {
    let [before, after] = [before, after].map(|files| {
        let table =
            files.get(PACK_FILE).and_then(|text| text.parse::<toml::Table>().ok()).unwrap_or_default();
        let mut flat = BTreeMap::new();
        flatten(&mut flat, "", &Value::Table(table));
        flat.retain(|key, _| {
            let in_frame = key.rsplit('.').next().is_some_and(|last| FRAME.contains(&last));
            !(key.starts_with("role.") && in_frame)
        });
        flat
    });
    let changed = changed(&before, &after);
    changed
        .map(|(key, before, after)| SettingChange {
            key: key.clone(),
            before: before.cloned(),
            after: after.cloned(),
        })
        .collect()
}

/// Every value with its key and all tables around it; of tables in a list, the id is their key.
fn flatten(flat: &mut BTreeMap<String, String>, key: &str, value: &Value) {
    let inner = |name: &str| if key.is_empty() { name.to_owned() } else { format!("{key}.{name}") };
    let id = |value: &Value| value.get("id").and_then(|id| Some(id.as_str()?.to_owned()));
    match value {
        Value::Table(table) => table.iter().for_each(|(name, value)| flatten(flat, &inner(name), value)),
        Value::Array(list) if !list.is_empty() && list.iter().all(|value| id(value).is_some()) => {
            for value in list {
                flatten(flat, &inner(&id(value).unwrap_or_default()), value);
            }
        }
        other => {
            flat.insert(key.to_owned(), other.to_string());
        }
    }
}

/// Who asks what, where.
type Question = (String, String, Place);

/// The answers of both to everything that can be asked of either, by situation.
type Answers = BTreeMap<Question, BTreeMap<[String; 4], [Decision; 2]>>;

/// What becomes of an answer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    Gain,
    Loss,
    Reason(Option<String>, Option<String>),
}

impl Outcome {
    fn of([before, after]: &[Decision; 2]) -> Option<Self> {
        match (before, after) {
            (Decision::Allow, Decision::Allow) => None,
            (Decision::Deny { .. }, Decision::Allow) => Some(Self::Gain),
            (Decision::Allow, Decision::Deny { .. }) => Some(Self::Loss),
            (Decision::Deny { reason: before }, Decision::Deny { reason: after }) => {
                (before != after).then(|| Self::Reason(before.clone(), after.clone()))
            }
        }
    }
}

fn permissions(diff: &mut Diff, before: &Bundle, after: &Bundle) {
    for ((who, action, place), cells) in answers(before, after) {
        let outcomes: BTreeSet<Outcome> = cells.values().filter_map(Outcome::of).collect();
        for outcome in outcomes {
            let situations = situations(&cells, &outcome);
            let (who, action) = (who.clone(), action.clone());
            let access = |found_by| Access {
                who: who.clone(),
                action: action.clone(),
                place,
                situations: situations.clone(),
                found_by,
                example: None,
            };
            match outcome {
                Outcome::Gain => diff.gains.push(access(FoundBy::Matrix)),
                Outcome::Loss => diff.losses.push(access(FoundBy::Matrix)),
                Outcome::Reason(before, after) => {
                    diff.reasons.push(ReasonChange { who, action, place, situations, before, after });
                }
            }
        }
    }
}

fn answers(before: &Bundle, after: &Bundle) -> Answers {
    let plans = plans(before.pack(), after.pack());
    let mut seats = SeatState::all(after);
    seats.extend(SeatState::all(before).into_iter().filter(|seat| !SeatState::all(after).contains(seat)));
    let mut answers = Answers::new();
    for (side, bundle) in [before, after].into_iter().enumerate() {
        for Probe { info, place, caller, situation, verdict } in probes_in(bundle, &plans, &seats, |_| true) {
            // What only one of them can be asked, the other denies.
            let nobody = || [Decision::Deny { reason: None }, Decision::Deny { reason: None }];
            let cells = answers.entry((caller, info.name.clone(), place)).or_default();
            cells.entry(situation).or_insert_with(nobody)[side] = verdict.decision();
        }
    }
    answers
}

/// Plans that differ in what a workspace on them may use, before or after: of each such group the
/// first, and what to call them, as [`stage::plans`] does it for one version.
fn plans<'b>(before: &'b Pack, after: &'b Pack) -> Vec<(&'b str, String)> {
    let features = |pack: &'b Pack, id: &str| pack.plan(id).map_or(&[][..], |plan| plan.features.as_slice());
    let all = after.plans.iter().chain(before.plans.iter().filter(|plan| after.plan(&plan.id).is_none()));
    let plans = all.map(|plan| (plan.id.as_str(), [features(before, &plan.id), features(after, &plan.id)]));
    stage::grouped(plans)
}

/// In which situations an answer has that outcome, in as few words as can be.
fn situations(cells: &BTreeMap<[String; 4], [Decision; 2]>, outcome: &Outcome) -> Vec<Situation> {
    let is_so = |answers: &[Decision; 2]| Outcome::of(answers).as_ref() == Some(outcome);
    let mut boxes: Vec<[BTreeSet<&str>; 4]> = cells
        .iter()
        .filter(|(_, answers)| is_so(answers))
        .map(|(situation, _)| situation.each_ref().map(|part| BTreeSet::from([part.as_str()])))
        .collect();
    for part in 0..4 {
        boxes = merged(boxes, part);
        let all: BTreeSet<&str> = cells.keys().map(|situation| situation[part].as_str()).collect();
        for each in boxes.iter_mut().filter(|each| each[part] == all) {
            each[part].clear();
        }
    }
    let situations = boxes.into_iter().map(|parts| {
        let [plan, seat, on, to] = parts.map(|part| part.into_iter().map(ToOwned::to_owned).collect());
        Situation { plan, seat, on, to }
    });
    // One that leaves everything open says nothing.
    situations.filter(|situation| *situation != Situation::default()).collect()
}

/// Puts together what differs in that part alone.
fn merged(boxes: Vec<[BTreeSet<&str>; 4]>, part: usize) -> Vec<[BTreeSet<&str>; 4]> {
    let mut groups: Vec<[BTreeSet<&str>; 4]> = Vec::new();
    for each in boxes {
        let alike = |group: &&mut [BTreeSet<&str>; 4]| {
            (0..4).all(|other| other == part || group[other] == each[other])
        };
        match groups.iter_mut().find(alike) {
            Some(group) => group[part].extend(&each[part]),
            None => groups.push(each),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packs;

    fn pack() -> Files {
        packs::files("purchased-seats").unwrap()
    }

    fn edited(edits: &[(&str, &str, &str)]) -> Files {
        let mut files = pack();
        for (file, from, to) in edits {
            let text = files.get_mut(*file).unwrap();
            assert!(text.contains(from), "{file} has no {from}");
            *text = text.replacen(from, to, 1);
        }
        files
    }

    fn with(text: &str) -> Files {
        let mut files = pack();
        files.insert("x.cedar".to_owned(), text.to_owned());
        files
    }

    fn told(list: &[Access]) -> Vec<(&str, &str, Place)> {
        list.iter().map(|access| (access.who.as_str(), access.action.as_str(), access.place)).collect()
    }

    const BUYING: [&str; 3] = ["buySeats", "cancelSeat", "reactivateSeat"];

    #[test]
    fn nothing_changes_where_nothing_does() {
        assert!(diff(Some(&pack()), &pack()).unwrap().is_empty());
    }

    #[test]
    fn a_permit_that_is_widened_gains_and_the_reverse_loses() {
        let from = "     Action::\"seats.assign\",\n";
        let after = edited(&[("roles.cedar", from, &format!("{from}     Action::\"seats.buy\",\n"))]);
        let there = diff(Some(&pack()), &after).unwrap();
        let admin = BUYING.map(|action| ("admin", action, Place::Active));
        assert_eq!(told(&there.gains), admin);
        assert!(
            there.gains.iter().all(|gain| gain.situations.is_empty() && gain.found_by == FoundBy::Matrix)
        );
        assert_eq!(there.losses, []);
        let file = FileChange { change: Change::Changed, path: "roles.cedar".to_owned() };
        assert_eq!(there.files, [file]);
        let rule = RuleChange {
            change: Change::Changed,
            id: "roles.admin".to_owned(),
            permits: true,
            file: "roles.cedar".to_owned(),
            line: 15,
        };
        assert_eq!(there.rules, [rule]);

        let back = diff(Some(&after), &pack()).unwrap();
        assert_eq!((told(&back.losses), back.gains.len()), (admin.to_vec(), 0));
    }

    #[test]
    fn a_condition_is_told() {
        let after = edited(&[(
            "product.toml",
            "features = [\"analytics\", \"public-api\"]",
            "features = [\"analytics\"]",
        )]);
        let diff = diff(Some(&pack()), &after).unwrap();
        assert_eq!(diff.gains, []);
        assert_eq!(
            told(&diff.losses),
            ["admin", "member", "owner"].map(|role| (role, "usePublicApi", Place::Active))
        );
        let pro = Situation { seat: vec!["pro seat".to_owned()], ..Situation::default() };
        assert!(diff.losses.iter().all(|loss| loss.situations == [pro.clone()]));
        let setting = SettingChange {
            key: "seats.tier.pro.features".to_owned(),
            before: Some("[\"analytics\", \"public-api\"]".to_owned()),
            after: Some("[\"analytics\"]".to_owned()),
        };
        assert_eq!(diff.settings, [setting]);
    }

    #[test]
    fn of_a_condition_that_has_parts_each_is_told() {
        let own = "@id(\"x\")\npermit (principal in Role::\"member\", action == Action::\"assignSeat\", resource is Member)\n\
                   when { resource == principal };";
        let mut after = edited(&[("product.toml", "rank = 10\n", "rank = 10\nstaff = true\n")]);
        after.insert("x.cedar".to_owned(), own.to_owned());
        let diff = diff(Some(&pack()), &after).unwrap();
        assert_eq!(told(&diff.gains), [("member", "assignSeat", Place::Active)]);
        let own = Situation { on: vec!["self".to_owned()], ..Situation::default() };
        assert_eq!(diff.gains[0].situations, [own]);
        assert_eq!(diff.roles.len(), 1);
    }

    #[test]
    fn a_frame_is_no_setting() {
        let after =
            edited(&[("product.toml", "rank = 50", "rank = 5"), ("product.toml", "\"Pro\"", "\"Plus\"")]);
        let diff = diff(Some(&pack()), &after).unwrap();
        let [admin] = &diff.roles[..] else { panic!("{:?}", diff.roles) };
        assert_eq!(admin.role, "admin");
        assert_eq!(
            (admin.before.as_ref().map(|it| it.rank), admin.after.as_ref().map(|it| it.rank)),
            (Some(50), Some(5))
        );
        assert_eq!(
            diff.settings.iter().map(|it| it.key.as_str()).collect::<Vec<_>>(),
            ["seats.tier.pro.label"]
        );
        let on = |it: &&Access| it.action == "removeMember" && it.who == "admin";
        let removal: Vec<_> = diff.losses.iter().filter(on).collect();
        assert_eq!(
            removal[0].situations,
            [Situation { on: vec!["member".to_owned()], ..Situation::default() }]
        );
    }

    #[test]
    fn another_reason_is_told() {
        let after = edited(&[("roles.cedar", "@reason(\"own_role\")", "@reason(\"never\")")]);
        let diff = diff(Some(&pack()), &after).unwrap();
        assert_eq!((&diff.gains, &diff.losses), (&vec![], &vec![]));
        let reason = &diff.reasons[0];
        assert_eq!((reason.before.as_deref(), reason.after.as_deref()), (Some("own_role"), Some("never")));
        assert_eq!(reason.situations[0].on, ["self"]);
    }

    #[test]
    fn rules_come_and_go() {
        let diff = diff(
            Some(&with("@id(\"old\")\npermit (principal is Visitor, action, resource);")),
            &with("\n@id(\"new\") @reason(\"y\")\nforbid (principal is Visitor, action, resource);"),
        )
        .unwrap();
        let rules: Vec<_> =
            diff.rules.iter().map(|it| (it.id.as_str(), it.change, it.permits, it.line)).collect();
        assert_eq!(rules, [("old", Change::Removed, true, 1), ("new", Change::Added, false, 2)]);
        assert!(told(&diff.losses).contains(&("visitor", "previewInvitation", Place::Active)));
    }

    #[test]
    fn how_a_new_role_is_refused_is_no_news() {
        let mut after = pack();
        let data = after.get_mut("product.toml").unwrap();
        *data = data.replace(
            "[seats]",
            "[[role]]\nid = \"guest\"\nlabel = \"Guest\"\nrank = 5\nbadge = \"grey\"\n\n[seats]",
        );
        after.insert(
            "guest.cedar".to_owned(),
            "@id(\"g\") permit (principal in Role::\"guest\", action == Action::\"getWorkspace\", resource);"
                .to_owned(),
        );
        let diff = diff(Some(&pack()), &after).unwrap();
        assert!(diff.reasons.is_empty(), "{:?}", diff.reasons);
        assert!(diff.gains.iter().any(|it| it.who == "guest" && it.action == "getWorkspace"));
    }

    #[test]
    fn without_a_version_before_there_was_the_floor() {
        let new = diff(None, &pack()).unwrap();
        assert!(new.notes[0].contains("no version before"));
        assert_eq!((new.losses.len(), new.reasons.len(), new.settings.len()), (0, 0, 0));
        assert!(new.gains.iter().any(|it| it.who == "owner" && it.action == "buySeats"));
        assert!(
            !new.gains
                .iter()
                .any(|it| it.who == "owner" && it.action == "getWorkspace" && it.place == Place::Active)
        );

        let broken = diff(Some(&with("nonsense")), &pack()).unwrap();
        assert!(broken.notes[0].contains("cannot be used (x.cedar:1:9: "), "{:?}", broken.notes);
        assert_eq!(broken.gains, new.gains);
        assert!(diff(None, &with("nonsense")).is_err());
    }

    #[test]
    fn its_names_as_json_are_stable() {
        let access = Access {
            who: "admin".to_owned(),
            action: "buySeats".to_owned(),
            place: Place::Active,
            situations: vec![Situation { seat: vec!["pro seat".to_owned()], ..Situation::default() }],
            found_by: FoundBy::Matrix,
            example: None,
        };
        assert_eq!(
            toml::to_string(&access).unwrap(),
            "who = \"admin\"\naction = \"buySeats\"\nplace = \"active\"\nfoundBy = \"matrix\"\n\n[[situations]]\nseat = [\"pro seat\"]\n"
        );
    }
}
