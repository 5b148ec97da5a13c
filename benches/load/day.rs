//! A mixed day: the server is filled with more and more workspaces, and answers the same mix of requests at each size.
//! The cost of a request may not grow with the number of workspaces.

use std::time::Instant;

use clap::Args;
use http::Method;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use seatwise_benches::{Call, fresh_address};
use seatwise_policy::packs;
use serde_json::{Value, json};

use crate::client::Client;
use crate::latency::{Latencies, measure};
use crate::server::Server;

/// The arguments of `load day`.
#[derive(Args)]
pub struct DayArgs {
    /// The executable of the server
    #[arg(long, default_value = "target/release/seatwise")]
    server: String,
    /// The numbers of workspaces at which the mix is sent
    #[arg(long, value_delimiter = ',', default_value = "100,1000,10000")]
    sizes: Vec<usize>,
    /// The members of each workspace
    #[arg(long, default_value_t = 100)]
    members: usize,
    /// The requests of the mix at each size
    #[arg(long, default_value_t = 20_000)]
    requests: usize,
    /// The clients that send at once
    #[arg(long, default_value_t = 4)]
    clients: usize,
    /// The seed of the mix
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// The requests of the mix, with their shares in percent.
const MIX: [(Kind, &str, u32); 10] = [
    (Kind::Authorize, "authorize", 30),
    (Kind::GetWorkspace, "get-workspace", 15),
    (Kind::ListMembers, "list-members", 15),
    (Kind::ListPermissions, "list-permissions", 10),
    (Kind::ListWorkspaces, "list-workspaces", 8),
    (Kind::ListEvents, "list-events", 6),
    (Kind::Enter, "enter", 4),
    (Kind::ChangeRole, "change-role", 5),
    (Kind::Invite, "invite", 4),
    (Kind::AddMember, "add-member", 3),
];

/// A request of the mix.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Authorize,
    GetWorkspace,
    ListMembers,
    ListPermissions,
    ListWorkspaces,
    ListEvents,
    Enter,
    ChangeRole,
    Invite,
    AddMember,
}

/// A workspace that was made.
#[derive(Clone, Debug)]
struct Made {
    id: String,
    owner: String,
    /// A member whose role the mix changes.
    member: String,
}

/// Fills the server and sends the mix at each size.
pub async fn run(arguments: &DayArgs) {
    let folder = tempfile::tempdir().expect("a folder");
    let pack = write_pack(folder.path(), arguments.members);
    let server = Server::start(&arguments.server, &pack, None).await;
    println!("seed {}; {} members in each workspace", arguments.seed, arguments.members);
    let mut made: Vec<Made> = Vec::new();
    for &size in &arguments.sizes {
        let start = Instant::now();
        let missing = size.saturating_sub(made.len());
        made.extend(fill(&server.url, missing, arguments).await);
        println!(
            "\n{size} workspaces (filled in {} s): {:.0} MB",
            start.elapsed().as_secs(),
            server.memory()
        );
        send(&server, &made, arguments).await;
    }
}

/// The pack `role-ladder` with room for the members and the invitations of the mix.
fn write_pack(folder: &std::path::Path, members: usize) -> String {
    let place = folder.join("pack");
    for (path, text) in packs::files("role-ladder").expect("a built-in pack") {
        let room = format!("label = \"Members\"\nincluded = {}", members + 100_000);
        let is_changed = text.contains("label = \"Members\"\nincluded = 10\n");
        assert!(is_changed || path != "product.toml", "the pack has another limit of members");
        let text = text.replace("label = \"Members\"\nincluded = 10\n", &format!("{room}\n"));
        let file = place.join(path);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        std::fs::write(file, text).expect("a file");
    }
    format!("{}/", place.display())
}

/// Makes workspaces with their members, by all clients at once.
async fn fill(url: &str, workspaces: usize, arguments: &DayArgs) -> Vec<Made> {
    let (clients, members) = (arguments.clients.max(1), arguments.members);
    let filling: Vec<_> = (0..clients)
        .map(|place| {
            let client = Client::new(url);
            let share = workspaces / clients + usize::from(place < workspaces % clients);
            tokio::spawn(async move {
                let mut made = Vec::new();
                for _ in 0..share {
                    made.push(fill_one(&client, members).await);
                }
                made
            })
        })
        .collect();
    let mut made = Vec::new();
    for client in filling {
        made.extend(client.await.expect("a client ends"));
    }
    made
}

async fn fill_one(client: &Client, members: usize) -> Made {
    let address = fresh_address();
    let owner = client.sign_in(&address).await;
    let backend = client.backend().await;
    let body = Some(json!({ "name": "Measured" }));
    let (workspace, _) = client
        .send(Call { method: Method::POST, path: "/v1/workspaces".to_owned(), token: &owner, body })
        .await;
    let id = text(&workspace["id"]);
    let mut member = String::new();
    for _ in 1..members {
        let (added, _) = client.send(add_member(&id, &backend)).await;
        member = text(&added["userId"]);
    }
    Made { id, owner: address, member }
}

fn add_member<'a>(workspace: &str, backend: &'a str) -> Call<'a> {
    let email = fresh_address();
    let body = Some(json!({ "email": email, "subject": email, "role": "member" }));
    Call { method: Method::POST, path: format!("/v1/workspaces/{workspace}/members"), token: backend, body }
}

/// Sends the mix, and says how long each kind of request took.
async fn send(server: &Server, made: &[Made], arguments: &DayArgs) {
    let clients = arguments.clients.max(1);
    let mut senders = Vec::new();
    for place in 0..clients {
        let mut random = StdRng::seed_from_u64(arguments.seed + place as u64);
        let client = Client::new(&server.url);
        let mut known = Vec::new();
        // Signing in is not measured; so many workspaces are more than any cache of one workspace would hold.
        for _ in 0..200.min(made.len()) {
            let made = made[random.random_range(0..made.len())].clone();
            let token = client.sign_in(&made.owner).await;
            known.push((made, token));
        }
        senders.push((client, known, random));
    }
    let backend = Client::new(&server.url).backend().await;
    let share = arguments.requests / clients;
    let senders = senders
        .into_iter()
        .map(|(client, known, random)| send_mix(client, known, backend.clone(), random, share));
    measure(server, MIX.map(|(_, name, _)| name), senders.collect(), share * clients).await;
}

async fn send_mix(
    client: Client,
    known: Vec<(Made, String)>,
    backend: String,
    mut random: StdRng,
    requests: usize,
) -> [Latencies; MIX.len()] {
    let mut latencies: [Latencies; MIX.len()] = Default::default();
    let shares: u32 = MIX.iter().map(|(_, _, share)| share).sum();
    for _ in 0..requests {
        let mut chosen = random.random_range(0..shares);
        let place = MIX.iter().position(|(_, _, share)| {
            let is_here = chosen < *share;
            chosen = chosen.wrapping_sub(*share);
            is_here
        });
        let place = place.expect("the shares add up");
        let (made, token) = &known[random.random_range(0..known.len())];
        let role = if random.random_bool(0.5) { "admin" } else { "member" };
        let (_, time) = client.send(call(MIX[place].0, made, token, &backend, role)).await;
        latencies[place].add(time);
    }
    latencies
}

fn call<'a>(kind: Kind, made: &Made, token: &'a str, backend: &'a str, role: &str) -> Call<'a> {
    let workspace = format!("/v1/workspaces/{}", made.id);
    let get = |path: String| (Method::GET, path, None);
    let (method, path, body) = match kind {
        Kind::AddMember => return add_member(&made.id, backend),
        Kind::Authorize => {
            let body = json!({ "actions": ["invite", "removeMember", "updateWorkspace"] });
            (Method::POST, format!("{workspace}/authorize"), Some(body))
        }
        Kind::GetWorkspace => get(workspace),
        Kind::ListMembers => get(format!("{workspace}/members?limit=50")),
        Kind::ListPermissions => get(format!("{workspace}/permissions")),
        Kind::ListWorkspaces => get("/v1/workspaces".to_owned()),
        Kind::ListEvents => get(format!("{workspace}/events?limit=50")),
        Kind::Enter => (Method::POST, "/v1/me".to_owned(), Some(json!({}))),
        Kind::ChangeRole => {
            let path = format!("{workspace}/members/{}/role", made.member);
            (Method::PUT, path, Some(json!({ "role": role })))
        }
        Kind::Invite => {
            let body = json!({ "emails": [fresh_address()], "role": "member" });
            (Method::POST, format!("{workspace}/invitations"), Some(body))
        }
    };
    Call { method, path, token, body }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
