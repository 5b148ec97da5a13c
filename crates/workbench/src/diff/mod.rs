//! The changes in a new version of a pack: its policies and settings, and the permissions that somebody gains
//! or loses.

mod changes;
mod content;
mod permissions;
#[cfg(test)]
mod tests;

use seatwise_policy::{Bundle, BundleFault, Core, Files};
use tracing::subscriber::NoSubscriber;

use crate::rename::under_names_of;

pub use self::changes::{
    ANY_TIER, Access, ChangeKind, Condition, Diff, ExampleEntity, ExampleRequest, FileChange, FoundBy,
    ReasonChange, RoleAttributes, RoleChange, RuleChange, SettingChange,
};

/// All changes between two versions of a pack. Without a usable version before, the permissions before
/// are those of the recovery floor, which functions serve in that case.
pub fn diff(before: Option<&Files>, after: &Files) -> Result<Diff, BundleFault> {
    // Both are tried with missing facts as well. Their errors are expected, and not for a log.
    tracing::subscriber::with_default(NoSubscriber::default(), || {
        let (before, renames) = before.map(|before| under_names_of(before, after)).unzip();
        let diff = compare(before.as_ref(), after)?;
        Ok(Diff { renames: renames.unwrap_or_default(), ..diff })
    })
}

fn compare(before: Option<&Files>, after: &Files) -> Result<Diff, BundleFault> {
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
    diff.files = content::files(before.unwrap_or(&none), after);
    diff.rules = content::rules(before.unwrap_or(&none), after);
    if let Some(before) = before {
        diff.roles = content::roles(&old, &new);
        diff.settings = content::settings(before, after);
    }
    permissions::compare(&mut diff, &old, &new);
    // The refusals of a role that is new or removed are no changes of a reason.
    let comes_or_goes = |name: &String| {
        let [was, is] = [&old, &new].map(|it| it.pack().role_called(name).is_some());
        was != is
    };
    let all_do = |names: &[String]| !names.is_empty() && names.iter().all(comes_or_goes);
    let is_of_them = |it: &Condition| all_do(&it.on) || all_do(&it.to);
    diff.reasons.retain(|it| {
        let is_only_of_them = !it.situations.is_empty() && it.situations.iter().all(is_of_them);
        !comes_or_goes(&it.who) && !is_only_of_them
    });
    if before.is_none() {
        diff.reasons.clear();
    }
    Ok(diff)
}
