//! Changes of the counts of a workspace.

use std::collections::BTreeMap;

use crate::model::{Count, WorkspaceId};

/// An addition to one count, with the bounds of the sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delta {
    /// The number to add; may be negative.
    pub by: i64,
    /// The least sum.
    pub min: Option<i64>,
    /// The largest sum.
    pub max: Option<i64>,
}

impl Delta {
    /// An addition without bounds.
    pub fn by(by: i64) -> Self {
        Self { by, ..Self::default() }
    }

    /// The same addition, if the sum is at least `min`.
    #[must_use]
    pub fn keeping(self, min: i64) -> Self {
        Self { min: Some(min), ..self }
    }

    /// The same addition, if the sum is at most `max`.
    #[must_use]
    pub fn up_to(self, max: i64) -> Self {
        Self { max: Some(max), ..self }
    }

    /// The addition of `by` that makes the sum exactly `sum`: only if the count is still as it was read.
    pub fn exactly(by: i64, sum: i64) -> Self {
        Self { by, min: Some(sum), max: Some(sum) }
    }

    /// Both additions at once, within the stricter bounds.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            by: self.by.saturating_add(other.by),
            min: self.min.max(other.min),
            max: [self.max, other.max].into_iter().flatten().min(),
        }
    }
}

/// Additions to the counts of a workspace. They require that the workspace exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountChange {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The addition to each count. Counts that are absent here stay as they are.
    pub counts: BTreeMap<Count, Delta>,
}

impl CountChange {
    /// No addition.
    pub fn none(workspace: WorkspaceId) -> Self {
        Self { workspace, counts: BTreeMap::new() }
    }

    /// An addition to one count.
    pub fn one(workspace: WorkspaceId, count: Count, delta: Delta) -> Self {
        Self::none(workspace).with(count, delta)
    }

    /// This change and an addition to one count, within the stricter bounds.
    #[must_use]
    pub fn with(mut self, count: Count, delta: Delta) -> Self {
        if delta != Delta::default() {
            let sum = self.delta(count).and(delta);
            self.counts.insert(count, sum);
        }
        self
    }

    /// Both changes at once, within the stricter bounds.
    #[must_use]
    pub fn and(self, other: &Self) -> Self {
        other.counts.iter().fold(self, |sum, (count, delta)| sum.with(*count, *delta))
    }

    /// The addition to one count.
    pub fn delta(&self, count: Count) -> Delta {
        self.counts.get(&count).copied().unwrap_or_default()
    }
}
