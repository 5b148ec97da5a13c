//! Compares the committed templates, and the templates of a hundred operations, with the limits of AWS. A test fails
//! when less than a tenth of a limit is free, so that there is time to change the shape of the stack.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use seatwise_cli::infra::template::{
    Function, FunctionTrigger, Permissions, Rate, Route, functions, roles, stack,
};
use serde_json::Value;

use super::costs::put_between;
use super::template::Template;
use super::{check, read};

/// The templates of a deployment.
struct Templates {
    stack: Template,
    roles: Template,
}

/// A limit, and the part that is used.
struct Use {
    of: &'static str,
    used: usize,
    limit: usize,
    source: &'static str,
}

const CLOUDFORMATION: &str =
    "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html";
const HTTP_API: &str = "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html";
const IAM: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html";
const LAMBDA: &str = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html";
const CLOUDWATCH: &str =
    "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html";
const EVENTBRIDGE: &str = "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html";

impl Templates {
    fn committed() -> Self {
        Self { stack: Template::of(&read("template.yaml")), roles: Template::of(&read("roles.yaml")) }
    }

    /// The limits for everything that grows with operations, background functions or permissions. For limits of the
    /// account, the stack is the only one in the account.
    fn uses(&self) -> Vec<Use> {
        let Self { stack, roles } = self;
        let count = |template: &Template, kind| template.all(kind).count();
        let both = |kind| count(stack, kind) + count(roles, kind);
        let larger = |of: &dyn Fn(&Template) -> usize| of(stack).max(of(roles));
        let section = |name: &'static str| move |template: &Template| template.section(name).len();
        let functions = count(stack, "AWS::Lambda::Function");
        let access_log = &stack.resource("ApiStage")["Properties"]["AccessLogSettings"]["Format"];
        let entry = |of, used, limit, source| Use { of, used, limit, source };
        vec![
            entry("resources of a stack", larger(&section("Resources")), 500, CLOUDFORMATION),
            entry("bytes of a template in S3", larger(&|it| it.bytes), 1_000_000, CLOUDFORMATION),
            entry("parameters of a template", larger(&section("Parameters")), 200, CLOUDFORMATION),
            entry("outputs of a template", larger(&section("Outputs")), 200, CLOUDFORMATION),
            entry("routes of the API", count(stack, "AWS::ApiGatewayV2::Route"), 300, HTTP_API),
            entry("integrations of the API", count(stack, "AWS::ApiGatewayV2::Integration"), 300, HTTP_API),
            entry("authorizers of the API", count(stack, "AWS::ApiGatewayV2::Authorizer"), 10, HTTP_API),
            entry("characters of the access log's format", length(access_log), 3_000, HTTP_API),
            entry("characters of a role's inline policies", larger(&inline_policies), 10_240, IAM),
            entry("characters of a managed policy", larger(&managed_policies), 6_144, IAM),
            entry("characters of a trust policy", larger(&trust_policies), 2_048, IAM),
            entry("managed policies of a role", larger(&attached_policies), 10, IAM),
            // A deployment creates changed roles before it deletes the old ones.
            entry("roles of the account", 2 * both("AWS::IAM::Role"), 1_000, IAM),
            entry("managed policies of the account", both("AWS::IAM::ManagedPolicy"), 1_500, IAM),
            entry("bytes of a function's environment", larger(&environments), 4_096, LAMBDA),
            entry("alarms of the account", both("AWS::CloudWatch::Alarm"), 5_000, CLOUDWATCH),
            // One graph of the dashboard shows errors and throttles of each function.
            entry("metrics of a graph", 2 * functions, 500, CLOUDWATCH),
            entry("rules of the event bus", both("AWS::Events::Rule"), 300, EVENTBRIDGE),
        ]
    }

    #[track_caller]
    fn assert_a_tenth_is_free(&self) {
        let uses = self.uses();
        let close = uses.iter().filter(|one| one.used * 10 > one.limit * 9);
        let close: Vec<_> = close
            .map(|Use { of, used, limit, source }| format!("{used} of {limit} {of}, see {source}"))
            .collect();
        assert!(close.is_empty(), "less than a tenth is free:\n{}", close.join("\n"));
        for Use { of, used, .. } in uses {
            assert_ne!(used, 0, "{of}: nothing was measured");
        }
    }
}

/// The assumed maximum length of a value that is known only in a deployment.
fn longest(name: &str) -> usize {
    match name {
        "AWS::Partition" => "aws-us-gov".len(),
        "AWS::Region" => "ap-southeast-1".len(),
        "AWS::AccountId" => 12,
        // infra/deploy accepts no longer names.
        "AWS::StackName" | "Stack" => 40,
        // CloudFormation's names consist of the stack's name, the logical id and a dozen characters; the name of a
        // restored table is free.
        "TableInUse.Value" | "Table" | "RestoredTable" => 100,
        // An ARN, an address or an origin.
        _ => 200,
    }
}

/// The length of a value in a deployment, as JSON without white space.
fn length(value: &Value) -> usize {
    match value {
        Value::Object(entries) => match entries.iter().next() {
            Some((function, value)) if function == "Ref" || function.starts_with("Fn::") => {
                computed(function, value) + 2
            }
            _ => 1 + entries.iter().map(|(key, value)| key.len() + 4 + length(value)).sum::<usize>(),
        },
        Value::Array(items) => 1 + items.iter().map(|item| length(item) + 1).sum::<usize>(),
        Value::String(text) => text.len() + 2,
        _ => 4,
    }
}

fn computed(function: &str, value: &Value) -> usize {
    match (function, value) {
        ("Fn::Sub", Value::String(text)) => {
            let mut parts = text.split("${");
            let first = parts.next().map_or(0, str::len);
            let rest = parts.map(|part| {
                let (name, text) = part.split_once('}').expect("the end of a name");
                longest(name) + text.len()
            });
            first + rest.sum::<usize>()
        }
        ("Ref", Value::String(name)) => longest(name),
        ("Fn::GetAtt", Value::Array(path)) => {
            longest(&path.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("."))
        }
        ("Fn::If", Value::Array(parts)) => parts[1..].iter().map(length).max().unwrap_or(0),
        _ => panic!("{function}: {value}"),
    }
}

fn all_of(template: &Template, kind: &str, measure: impl Fn(&Value) -> usize) -> usize {
    template.all(kind).map(|(_, properties)| measure(properties)).max().unwrap_or(0)
}

fn inline_policies(template: &Template) -> usize {
    all_of(template, "AWS::IAM::Role", |role| {
        let policies = role["Policies"].as_array().into_iter().flatten();
        policies.map(|policy| length(&policy["PolicyDocument"])).sum()
    })
}

fn managed_policies(template: &Template) -> usize {
    all_of(template, "AWS::IAM::ManagedPolicy", |policy| length(&policy["PolicyDocument"]))
}

fn trust_policies(template: &Template) -> usize {
    all_of(template, "AWS::IAM::Role", |role| length(&role["AssumeRolePolicyDocument"]))
}

fn attached_policies(template: &Template) -> usize {
    all_of(template, "AWS::IAM::Role", |role| role["ManagedPolicyArns"].as_array().map_or(0, Vec::len))
}

fn environments(template: &Template) -> usize {
    all_of(template, "AWS::Lambda::Function", |function| length(&function["Environment"]["Variables"]))
}

/// The operations, and invented ones with the permissions of the largest role.
fn hundred_operations() -> Templates {
    let mut permissions = read("permissions.txt");
    let mut functions = functions();
    let mut sizes = BTreeMap::<&str, usize>::new();
    let recorded = permissions.clone();
    for line in recorded.lines().filter(|line| !line.starts_with('#')) {
        *sizes.entry(line.split_whitespace().next().unwrap_or_default()).or_default() += line.len();
    }
    let is_operation =
        |name: &str| functions.iter().any(|function| function.name == name && function.route().is_some());
    let operations = sizes.iter().filter(|(name, _)| is_operation(name));
    let (largest, _) = operations.max_by_key(|(_, size)| **size).expect("an operation");
    let model = functions.iter().find(|function| function.name == *largest).expect("the function").clone();
    let existing = functions.iter().filter(|function| function.route().is_some()).count();
    for number in existing..100 {
        let name = format!("invented-operation-{number}");
        let of_largest = recorded.lines().filter(|line| line.split_whitespace().next() == Some(largest));
        for line in of_largest {
            permissions += &line.replacen(largest, &name, 1);
            permissions.push('\n');
        }
        let path = format!("/v1/workspaces/{{workspaceId}}/invented/{{id}}/operations-{number}");
        let route = Route { method: "POST".to_owned(), path, rate: Rate::Usual };
        functions.push(Function { name, trigger: FunctionTrigger::Route(route), ..model.clone() });
    }
    let permissions = Permissions::read(&permissions).expect("permissions");
    Templates {
        stack: Template::of(&stack(&functions, &permissions).expect("a template")),
        roles: Template::of(&roles(&functions, &permissions).expect("a template")),
    }
}

#[test]
fn a_tenth_of_every_limit_is_free() {
    Templates::committed().assert_a_tenth_is_free();
}

/// A function's name has at most 64 characters, and up to 40 of them are the stack's name (`infra/deploy`).
#[test]
fn the_longest_name_fits() {
    for function in functions() {
        assert!(longest("Stack") + 1 + function.name.len() <= 64, "{}", function.name);
    }
}

#[test]
fn a_tenth_of_every_limit_is_free_with_a_hundred_operations() {
    let templates = hundred_operations();
    assert!(templates.stack.all("AWS::ApiGatewayV2::Route").count() >= 100);
    templates.assert_a_tenth_is_free();
}

/// Fails unless infra/README.md has these figures. Called when the templates are written.
#[track_caller]
pub fn check_readme() {
    let readme = read("README.md");
    let mut rows = "| limit | used | with 100 operations | of |\n|---|--:|--:|--:|\n".to_owned();
    let (now, hundred) = (Templates::committed().uses(), hundred_operations().uses());
    for (now, hundred) in now.iter().zip(&hundred) {
        let _ = writeln!(rows, "| {} | {} | {} | {} |", now.of, now.used, hundred.used, now.limit);
    }
    check("README.md", &put_between(&readme, "<!-- limits", &rows));
}
