//! One finding for one cause: a policy that breaks many things is reported once.

use std::collections::BTreeMap;

use seatwise_policy::Bundle;

use crate::finding::Finding;

/// The most consequences that a finding lists.
const MAX_LISTED: usize = 3;

/// A finding, and the policy of the pack that causes it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Consequence {
    pub(crate) finding: Finding,
    /// The place of the policy among the sources; nothing, if no policy of the pack causes it.
    pub(crate) cause: Option<usize>,
}

/// The findings, with one for each policy that causes several.
pub(super) fn by_cause(bundle: &Bundle, consequences: Vec<Consequence>) -> Vec<Finding> {
    let mut caused: BTreeMap<usize, Vec<Finding>> = BTreeMap::new();
    let mut findings = Vec::new();
    for Consequence { finding, cause } in consequences {
        match cause {
            Some(place) => caused.entry(place).or_default().push(finding),
            None => findings.push(finding),
        }
    }
    for (place, mut of_policy) in caused {
        match bundle.sources().get(place).filter(|_| of_policy.len() > 1) {
            Some(source) => findings.push(
                Finding::of_policy(source, &listed(&source.name(), &of_policy))
                    .help("mend the policy; if it is right, edit the cases that contradict it"),
            ),
            None => findings.append(&mut of_policy),
        }
    }
    findings
}

fn listed(policy: &str, findings: &[Finding]) -> String {
    let lines: Vec<String> = findings.iter().take(MAX_LISTED).map(short).collect();
    let more = match findings.len().saturating_sub(MAX_LISTED) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    format!("{policy} breaks {} things: {}{more}", findings.len(), lines.join("; "))
}

fn short(finding: &Finding) -> String {
    let line = finding.location.line().map_or_else(String::new, |line| format!(":{line}"));
    format!("{}{line}: {}", finding.location.file, finding.message)
}
