//! The check of a pack before it is published.

mod attributes;
mod badges;
mod behaviour;
mod cause;
mod files;
mod form;
mod needs;
mod role_names;
#[cfg(test)]
mod tests;
mod validation;
mod vocabulary;

use seatwise_policy::{Bundle, Files, Location, Origin};
use tracing::subscriber::NoSubscriber;

use self::attributes::AttributeTypes;
pub(crate) use self::cause::Consequence;
pub use self::files::is_pack_file;
pub use self::validation::is_readable;
use crate::cases;
use crate::finding::Finding;
use crate::probe::probes;

/// The findings of a check, and the numbers of policies, roles and cases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Everything that speaks against publishing the pack; nothing, if it is sound.
    pub findings: Vec<Finding>,
    /// The number of policies of the pack.
    pub policies: usize,
    /// The number of roles.
    pub roles: usize,
    /// The number of cases.
    pub cases: usize,
}

/// Everything that speaks against publishing a pack; nothing, if it is sound.
///
/// These are findings: the pack does not parse or contradicts itself; a policy fails strict validation,
/// names an unknown role or the id of a person or thing; a case fails; a policy errs on an example; a
/// role may do nothing; a governing role lacks what the floor keeps for it or what it needs to run a
/// workspace (K30, K32).
pub fn check(files: &Files) -> Vec<Finding> {
    report(files).findings
}

/// As [`check`], with the numbers of policies, roles and cases.
pub fn report(files: &Files) -> Report {
    // Policies are tried with missing facts as well. Their errors are expected, and not for a log.
    tracing::subscriber::with_default(NoSubscriber::default(), || quiet_report(files))
}

fn quiet_report(files: &Files) -> Report {
    let mut findings = files::strange_files(files);
    let bundle = match Bundle::compile_with_all_faults(files) {
        Ok(bundle) => bundle,
        Err(faults) => {
            findings.extend(faults.iter().map(|fault| Finding::of_fault(fault, files)));
            return Report { findings, ..Report::default() };
        }
    };
    findings.extend(vocabulary::findings(&bundle, files));
    findings.extend(badges::findings(&bundle, files));
    findings.extend(role_names::findings(&bundle, files));
    let types = AttributeTypes::of(files);
    for source in bundle.sources() {
        findings.extend(form::findings(source));
        findings.extend(form::literals(&bundle, source));
        findings.extend(types.findings(&bundle, source));
    }
    for finding in validation::findings(&bundle, &types) {
        // An unknown name was found above, with better advice.
        if !findings.iter().any(|known| is_same_place(known, &finding)) {
            findings.push(finding);
        }
    }
    let policies = bundle.sources().iter().filter(|source| source.origin == Origin::Pack).count();
    let mut report = Report { findings, policies, roles: bundle.pack().roles.len(), cases: 0 };
    // The steps below would only repeat these findings in other words.
    if !report.findings.is_empty() {
        return report;
    }
    let probes = probes(&bundle);
    report.findings = behaviour::erring(&bundle, &probes);
    if report.findings.is_empty() {
        let cases = cases::run(&bundle, files);
        report.cases = cases.count;
        // What a role lacks is worse than a case that fails, so it is listed first.
        let mut consequences = behaviour::findings(&bundle, files, &probes);
        consequences.extend(cases.findings);
        report.findings = cause::by_cause(&bundle, consequences);
    }
    report
}

fn is_same_place(one: &Finding, other: &Finding) -> bool {
    let [one, other] = [&one.location, &other.location];
    let starts = |it: &Location| it.span.as_ref().map(|span| span.start);
    one.file == other.file && starts(one).is_some() && starts(one) == starts(other)
}
