//! The recorded permissions, as statements of IAM policies.

use std::collections::BTreeMap;

use super::text::pascal;
use crate::infra::access::Access;

/// Publishes policies. It is not a function, but its permissions are recorded like theirs.
pub const PUBLISHER: &str = "publish-policies";

/// The recorded permissions.
pub(crate) const RECORDED: &str = include_str!("../../../../infra/permissions.txt");

/// The reason why there is no template.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// A line of the permissions cannot be read.
    #[error("infra/permissions.txt: this line needs a function and an action: {0}")]
    Line(String),
    /// Nothing is recorded for a function.
    #[error("infra/permissions.txt says nothing of {0}: run UPDATE=1 cargo test -p seatwise-tests infra")]
    Unrecorded(String),
    /// Something is recorded for a function that does not exist.
    #[error("infra/permissions.txt: there is no function {0}")]
    UnknownFunction(String),
}

/// The permissions of each function.
#[derive(Clone, Debug)]
pub struct Permissions(BTreeMap<String, Vec<Permission>>);

/// One action, and the keys (or secrets) that it was recorded with.
#[derive(Clone, Debug)]
pub(super) struct Permission {
    action: String,
    keys: Vec<String>,
}

/// The references in a template to the resources that its statements name.
pub(super) struct Names {
    /// The name of the table in use.
    pub table: &'static str,
    /// The text before and after the logical id of a secret.
    pub secret: (&'static str, &'static str),
}

impl Permissions {
    /// Reads `infra/permissions.txt`.
    pub fn read(text: &str) -> Result<Self, TemplateError> {
        let mut permissions = BTreeMap::<String, Vec<Permission>>::new();
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let mut words = line.split_whitespace().map(str::to_owned);
            let (Some(name), Some(action)) = (words.next(), words.next()) else {
                return Err(TemplateError::Line(line.to_owned()));
            };
            permissions.entry(name).or_default().push(Permission { action, keys: words.collect() });
        }
        Ok(Self(permissions))
    }

    /// Whether the role of a function allows this.
    pub(crate) fn allow(&self, function: &str, Access { action, key }: &Access) -> bool {
        let permissions = self.0.get(function).into_iter().flatten();
        let mut keys = permissions.filter(|it| it.action == *action).map(|it| &it.keys);
        keys.any(|keys| key.as_ref().is_none_or(|key| keys.contains(key)))
    }

    /// Refuses names other than these.
    pub(super) fn require_known(&self, is_known: impl Fn(&str) -> bool) -> Result<(), TemplateError> {
        match self.0.keys().find(|name| !is_known(name)) {
            Some(name) => Err(TemplateError::UnknownFunction(name.clone())),
            None => Ok(()),
        }
    }

    /// The statements of a function's policy.
    pub(super) fn statements(&self, function: &str, names: &Names) -> Result<String, TemplateError> {
        let recorded = self.0.get(function).ok_or_else(|| TemplateError::Unrecorded(function.to_owned()))?;
        Ok(recorded.iter().map(|permission| permission.statement(names)).collect())
    }
}

impl Permission {
    /// One action, on the keys that it was recorded with. `dynamodb:Query/by-name` is an action on an index,
    /// which is a resource of its own: a permission to query the table does not cover its index, nor the other
    /// way round.
    ///
    /// `BatchGetItem` names keys of several kinds at once, and one statement must allow all of them: hence a
    /// statement for each action, not for each key. IAM checks an action of a transaction like the same action
    /// on a single item.
    fn statement(&self, names: &Names) -> String {
        if self.action.starts_with("dynamodb:") {
            self.on_items(names.table)
        } else if self.action.starts_with("secretsmanager:") {
            self.on_secrets(names.secret)
        } else {
            self.as_sender()
        }
    }

    fn on_items(&self, table: &str) -> String {
        let (action, index) = match self.action.split_once('/') {
            Some((action, index)) => (action, format!("/index/{index}")),
            None => (self.action.as_str(), String::new()),
        };
        let table = format!(
            "arn:${{AWS::Partition}}:dynamodb:${{AWS::Region}}:${{AWS::AccountId}}:table/${{{table}}}{index}"
        );
        let keys: Vec<String> = self.keys.iter().map(|key| format!("'{}'", pattern(key))).collect();
        let condition = format!("ForAllValues:StringLike: {{ dynamodb:LeadingKeys: [{}] }}", keys.join(", "));
        allow(action, &format!("!Sub '{table}'"), &condition)
    }

    fn on_secrets(&self, (before, after): (&str, &str)) -> String {
        let secrets: Vec<String> =
            self.keys.iter().map(|secret| format!("{before}{}{after}", pascal(secret))).collect();
        format!(
            "              - Effect: Allow
                Action: {}
                Resource: [{}]
",
            self.action,
            secrets.join(", ")
        )
    }

    /// As this sender and no other. Not by identity: while an account is in the SES sandbox, SES checks the
    /// recipient's identity as well.
    fn as_sender(&self) -> String {
        allow(&self.action, "'*'", "StringEqualsIfExists: { ses:FromAddress: !Ref MailFrom }")
    }
}

fn allow(action: &str, resource: &str, condition: &str) -> String {
    format!(
        "              - Effect: Allow
                Action: {action}
                Resource: {resource}
                Condition:
                  {condition}
"
    )
}

/// `W#` → `W#*`: every key that begins so. `CHECK` is a whole key.
fn pattern(key: &str) -> String {
    if key.ends_with('#') { format!("{key}*") } else { key.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_names_its_index_and_its_keys() {
        let names = Names { table: "Table", secret: ("!Ref ", "") };
        let permissions = "join dynamodb:Query W# CHECK\nleave dynamodb:Query/by-name W#\n\
                           join secretsmanager:GetSecretValue link-keys policy-keys";
        let permissions = Permissions::read(permissions).unwrap();
        let join = permissions.statements("join", &names).unwrap();
        assert!(join.contains("table/${Table}'\n"), "{join}");
        assert!(join.contains("LeadingKeys: ['W#*', 'CHECK']"), "{join}");
        assert!(join.contains("Resource: [!Ref LinkKeys, !Ref PolicyKeys]"), "{join}");
        let leave = permissions.statements("leave", &names).unwrap();
        assert!(leave.contains("Action: dynamodb:Query\n"), "{leave}");
        assert!(leave.contains("table/${Table}/index/by-name'\n"), "{leave}");
    }
}
