// Tests of infra/console and infra/console.yaml without AWS: the files of a deployment, their addresses, their headers.
// Run by infra/lint: node --test infra/console.test.mjs

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import test, { after } from "node:test";
import { fileURLToPath } from "node:url";
import vm from "node:vm";

const INFRA = dirname(fileURLToPath(import.meta.url));
const TEMPLATE = readFileSync(join(INFRA, "console.yaml"), "utf8");
const FIELDS = ["api=https://api.example.com", "issuer=https://sign-in.example.com/", "clientId=console"];

const temporary = mkdtempSync(join(tmpdir(), "seatwise-console-"));
after(() => rmSync(temporary, { recursive: true }));

/** The function of the distribution, as a function. */
const CODE = TEMPLATE.match(/ {6}FunctionCode: \|\n((?: {8}.*\n|\n)+)/)[1].replaceAll(/^ {8}/gm, "");
const addresses = vm.runInNewContext(`${CODE}; handler`);

/** What CloudFront makes of an address: the file that it asks the bucket for, or an answer. */
function open(address) {
  const url = new URL(address, "https://console.example.com");
  const querystring = {};
  for (const [name, value] of url.searchParams) {
    const encoded = { value: encodeURIComponent(value) };
    querystring[name] ??= { ...encoded, multiValue: [] };
    querystring[name].multiValue.push(encoded);
  }
  for (const one of Object.values(querystring)) if (one.multiValue.length === 1) delete one.multiValue;
  // The address as it was written: URL removes dots.
  const uri = address.split("?")[0];
  const answer = addresses({ version: "1.0", request: { method: "GET", uri, querystring, headers: {}, cookies: {} } });
  return answer.statusCode ? answer : answer.uri;
}

function run(...parameters) {
  return execFileSync(join(INFRA, "console"), parameters, { cwd: temporary, encoding: "utf8", stdio: "pipe" });
}

/** @param {string} folder */
function filesIn(folder) {
  const entries = readdirSync(folder, { recursive: true }).map((path) => join(folder, path));
  return entries.filter((path) => statSync(path).isFile()).map((path) => `/${relative(folder, path)}`).sort();
}

test("an address is a file", () => {
  assert.equal(open("/join"), "/join.html");
  assert.equal(open("/join?state=abc"), "/join.html");
  assert.equal(open("/billing?workspace=w1"), "/billing.html");
  assert.equal(open("/console/"), "/console/index.html");
  assert.equal(open("/console/?code=1&state=2"), "/console/index.html");
  for (const file of ["page.js", "page.css", "config.json", "index.html", "vendor/lit.js", "screens/api-keys.js"]) {
    assert.equal(open(`/console/${file}`), `/console/${file}`);
  }
});

test("the start leads to the console", () => {
  for (const start of ["/", "/console"]) {
    const { statusCode, headers } = open(start);
    assert.deepEqual([statusCode, headers.location.value], [302, "/console/"]);
  }
  assert.equal(open("/console?code=a%2Fb&x=1&x=2").headers.location.value, "/console/?code=a%2Fb&x=1&x=2");
});

test("everything else is not there", () => {
  const others = ["/index.html", "/favicon.ico", "/console/screens/", "/console/screens", "/console/vendor/make",
    "/console/README.md", "/join/", "/billing/x", "//example.com", "/console//", "/consolex", "/hasOwnProperty", "/constructor"];
  for (const other of others) assert.equal(open(other).statusCode, 404, other);
});

test("the function needs only what its runtime knows", () => {
  const unknown = /\bfor\s*\([^)]*\bof\b|\.\.\.|\?\.|\?\?|\bclass\b|hasOwn\b|replaceAll|\b(?:const|let|var)\s*[[{]/;
  assert.doesNotMatch(CODE, unknown);
  assert.ok(CODE.length < 10_000, "the limit of CloudFront is 10 KB");
});

test("the policy lets the pages call the API and the sign-in, and README.md has the same", () => {
  const policy = TEMPLATE.match(/- >-\n((?: {16}.*\n)+)/)[1].trim().split(/\n\s*/).join(" ");
  assert.equal(policy, "default-src 'none'; script-src 'self'; style-src 'self'; " +
    "connect-src 'self' ${ApiUrl} https://${IssuerHost}${More}; " +
    "img-src 'self' blob: data: https:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'");
  const readme = readFileSync(join(INFRA, "README.md"), "utf8").match(/```csp\n(.*)\n/)[1];
  assert.equal(readme, policy.replace("${ApiUrl}", "https://<API>").replace("${IssuerHost}${More}", "<issuer>"));
});

test("a folder for another host", async (t) => {
  const site = join(temporary, "site");
  run("--out", "site", ...FIELDS, "scope=openid email");
  const files = filesIn(site);

  await t.test("has the settings of the deployment", () => {
    assert.deepEqual(JSON.parse(readFileSync(join(site, "console/config.json"), "utf8")), {
      api: "https://api.example.com",
      signIn: { kind: "oidc", issuer: "https://sign-in.example.com/", clientId: "console", scope: "openid email" },
    });
  });

  await t.test("has what browsers load, and nothing else", () => {
    for (const file of ["/join.html", "/billing.html", "/console/index.html", "/console/vendor/lit.js"]) {
      assert.ok(files.includes(file), file);
    }
    const others = files.filter((file) => !/\.(html|js|css)$/.test(file) && file !== "/console/config.json");
    assert.deepEqual(others, []);
    assert.ok(!files.some((file) => /landing\.html$|\/hosts\/|jsconfig|custom-elements/.test(file)));
  });

  await t.test("has each file where CloudFront looks for it", () => {
    const pages = { "/join.html": "/join", "/billing.html": "/billing" };
    for (const file of files) assert.equal(open(pages[file] || file), file);
  });

  await t.test("has everything that its files load", () => {
    const pages = { "/join.html": "/join", "/billing.html": "/billing", "/console/index.html": "/console/" };
    let found = 0;
    for (const file of files.filter((file) => /\.(html|js)$/.test(file))) {
      const text = readFileSync(join(site, file), "utf8");
      const loaded = file.endsWith(".html")
        ? text.matchAll(/<(?:script|link|img)\b[^>]*?\s(?:src|href)="([^"#?]+)"/g)
        // A comment that names a type loads nothing.
        : text.replace(/\/\*[^]*?\*\//g, "").matchAll(/(?:\bfrom|\bimport|\bimport\()\s*"(\.[^"]+)"/g);
      for (const [, reference] of loaded) {
        if (reference.startsWith("data:")) continue;
        const { pathname } = new URL(reference, `https://console.example.com${pages[file] || file}`);
        assert.ok(files.includes(open(pathname)), `${file} loads ${reference}`);
        found += 1;
      }
    }
    assert.ok(found > 20, `only ${found} references were found`);
  });
});

/** Asserts that the command refuses, with this message. */
function refuses(message, ...parameters) {
  assert.throws(() => run(...parameters), ({ status, stderr }) => {
    assert.notEqual(status, 0);
    assert.match(stderr, message);
    return true;
  });
}

test("every field of config.json can be set", () => {
  const typedef = (file, name) => {
    const text = readFileSync(join(INFRA, "../console", file), "utf8");
    const lines = text.split(/@typedef \{object\} /).find((part) => part.startsWith(`${name}\n`)).split("*/")[0];
    return [...lines.matchAll(/@property \{.*\} \[?(\w+)\]?/g)].map(([, field]) => field);
  };
  const fields = [...typedef("sign-in.js", "Config"), ...typedef("oidc.js", "OidcConfig")];
  const others = fields.filter((name) => !["kind", "signIn", "api", "issuer", "clientId"].includes(name));
  run("--out", "all", ...FIELDS, ...others.map((name) => `${name}=id_token`));
  const { signIn, ...rest } = JSON.parse(readFileSync(join(temporary, "all/console/config.json"), "utf8"));
  assert.deepEqual(Object.keys({ ...rest, signIn, ...signIn }).sort(), fields.sort());
});

test("what cannot work is refused", () => {
  const [api, issuer, client] = FIELDS;
  refuses(/clientId= is missing/, "--out", "new", api, issuer);
  refuses(/issuer= is missing/, "--out", "new", api, client);
  refuses(/api= is missing/, "--out", "new", issuer, client);
  refuses(/api= must be an origin/, "--out", "new", "api=https://api.example.com/", issuer, client);
  refuses(/there is no field clientID/, "--out", "new", ...FIELDS, "clientID=x");
  refuses(/token= must be/, "--out", "new", ...FIELDS, "token=jwt");
  refuses(/infra\/console --stack/, "--out", "new", "DomainName=console.example.com", ...FIELDS);
  refuses(/infra\/console --stack/);
  writeFileSync(join(temporary, "file"), "");
  refuses(/is not empty/, "--out", ".", ...FIELDS);
  assert.ok(existsSync(join(temporary, "file")));
});
