// Makes console/custom-elements.json and the tables of console/README.md from the console's sources: what a host page can
// use of each element, and nothing else. With UPDATE=1 it writes them, else it compares.

import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

const load = async (file) => import(pathToFileURL(path.join(process.env.NODE_TOOLS, "@custom-elements-manifest/analyzer", file)));
const { create, ts } = await load("index.js");
const { litPlugin } = await load("src/features/framework-plugins/lit/lit.js");

/** The base class of the elements: its members are those of every element. */
const BASE = "SeatwiseElement";
const MANIFEST = "console/custom-elements.json";
/** Elements that are of use only in the pages of this folder. */
const OF_PAGES = new Set(["seatwise-console", "seatwise-join", "seatwise-local-sign-in", "seatwise-payment", "seatwise-sign-in"]);
const README = "console/README.md";
/** The lines of the README between which the tables are. */
const [BEGIN, END] = ["<!-- elements: begin (tests/console/run with UPDATE=1 writes this) -->", "<!-- elements: end -->"];

/** Finds the name of an element in `define("seatwise-…", Class)`. */
const names = {
  name: "names",
  analyzePhase({ node, moduleDoc }) {
    if (!ts.isCallExpression(node) || node.expression.getText() !== "define") return;
    const [name, element] = node.arguments;
    const declaration = moduleDoc.declarations.find(({ name }) => name === element.getText());
    if (declaration && ts.isStringLiteral(name)) Object.assign(declaration, { tagName: name.text, customElement: true });
  },
};

/** The properties that each class declares to Lit, except those that are only its state; by the class's name. */
const declared = new Map();
const properties = {
  name: "properties",
  collectPhase({ node }) {
    if (!ts.isClassDeclaration(node)) return;
    const list = node.members.find((member) => ts.isPropertyDeclaration(member) && member.name.getText() === "properties");
    const isState = (option) => /state:\s*true/.test(option.initializer.getText());
    declared.set(node.name.text, (list?.initializer?.properties || []).filter((option) => !isState(option)).map(({ name }) => name.getText()));
  },
};

/** The modules, in an order that does not depend on the file system. */
const sources = readdirSync("console", { recursive: true })
  .filter((name) => name.endsWith(".js") && !/^(vendor|hosts)\b/.test(name))
  .map((name) => `console/${name}`)
  .sort()
  .map((file) => ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.ESNext, true));

const analyzed = create({ modules: sources, plugins: [...litPlugin(), names, properties], context: { dev: false } });
const classes = analyzed.modules.flatMap((module) => module.declarations.map((declaration) => ({ file: module.path, declaration })));
const base = classes.find(({ declaration }) => declaration.name === BASE).declaration;
const faults = [];

/** The custom properties of all elements. Those that style.js reads must be those that the base class describes. */
function themes() {
  const read = new Set([...readFileSync("console/style.js", "utf8").matchAll(/var\((--sw-[\w-]+)/g)].map(([, name]) => name));
  const described = (base.cssProperties || []).map(({ name, description }) => ({ name, description }));
  for (const name of read) if (!described.some((property) => property.name === name)) faults.push(`${BASE} has no @cssprop for ${name}`);
  for (const { name } of described) if (!read.has(name)) faults.push(`style.js does not read ${name}`);
  return described;
}

/** A class and those that it extends, the base first. */
function lineage(declaration) {
  const above = classes.find(({ declaration: { name } }) => name === declaration.superclass?.name);
  return [...(above ? lineage(above.declaration) : []), declaration];
}

const unique = (items) => [...new Map(items.map((item) => [item.name, item])).values()];

function elementOf({ file, declaration }) {
  const { name, tagName, description } = declaration;
  const all = lineage(declaration);
  const of = (list) => unique(all.flatMap((declaration) => declaration[list] || []));
  const known = new Set(all.flatMap(({ name }) => declared.get(name)));
  const fields = of("members").filter((member) => member.kind === "field" && !member.static && known.has(member.name));
  const members = fields.map(({ kind, name, type, description }) => ({ kind, name, type, description }));
  if (!description) faults.push(`${tagName} has no description`);
  for (const name of known) if (!members.find((member) => member.name === name)?.description) faults.push(`${tagName}: the property ${name} has no description`);
  const attributes = of("attributes").filter(({ fieldName }) => known.has(fieldName) && fieldName !== "getToken");
  const events = of("events").filter(({ name }) => name);
  for (const event of events) if (!event.description) faults.push(`${tagName}: the event ${event.name} has no description`);
  return {
    file,
    element: {
      kind: "class", name, tagName, customElement: true, description,
      attributes: attributes.map(({ name, fieldName, type }) => ({ name, fieldName, type })),
      members,
      events: events.map(({ name, description }) => ({ name, type: { text: "CustomEvent" }, description })),
    },
  };
}

const elements = classes.filter(({ declaration }) => declaration.tagName).map(elementOf)
  .sort((a, b) => (a.element.tagName < b.element.tagName ? -1 : 1));

/** The base of the elements, which has the custom properties and the parts of all. */
const theme = {
  kind: "class", name: BASE, description: "The base of the elements.", cssProperties: themes(),
  cssParts: (base.cssParts || []).map(({ name, description }) => ({ name, description })),
};
const superclass = { name: BASE, module: "element.js" };
const manifest = {
  schemaVersion: "1.0.0",
  modules: [
    { kind: "javascript-module", path: "element.js", declarations: [theme], exports: [{ kind: "js", name: BASE, declaration: superclass }] },
    ...elements.map(({ file, element }) => {
      const module = file.replace("console/", "");
      const declaration = { name: element.name, module };
      return {
        kind: "javascript-module", path: module, declarations: [{ ...element, superclass }],
        exports: [{ kind: "js", name: element.name, declaration }, { kind: "custom-element-definition", name: element.tagName, declaration }],
      };
    }),
  ],
};

const cell = (text) => String(text || "").replace(/\s+/g, " ").replaceAll("|", "\\|");

/** The tables for people: what every element has, and what each has of its own. */
function tables() {
  const common = new Set(declared.get(BASE));
  const [first] = elements;
  const attributeOf = (element, name) => element.attributes.find(({ fieldName }) => fieldName === name)?.name;
  const row = (element, { name, type, description }) => {
    const attribute = attributeOf(element, name);
    return `| \`${name}\` | ${attribute ? `\`${attribute}\`` : "none"} | \`${cell(type?.text)}\` | ${cell(description)} |`;
  };
  const lines = ["Every element has these properties:", "", "| property | attribute | type | meaning |", "|---|---|---|---|"];
  for (const member of first.element.members.filter(({ name }) => common.has(name))) lines.push(row(first.element, member));
  const shared = (base.events || []).map(({ name }) => name);
  lines.push("", "Every element fires these events:", "", "| event | meaning |", "|---|---|");
  for (const { name, description } of first.element.events.filter(({ name }) => shared.includes(name))) lines.push(`| \`${name}\` | ${cell(description)} |`);
  lines.push("", "| element | content | properties of its own | events of its own |", "|---|---|---|---|");
  for (const { element } of elements) {
    if (OF_PAGES.has(element.tagName)) continue;
    const own = element.members.filter(({ name }) => !common.has(name)).map(({ name, description }) => `\`${name}\`: ${cell(description)}`);
    const events = element.events.filter(({ name }) => !shared.includes(name)).map(({ name, description }) => `\`${name}\`: ${cell(description)}`);
    lines.push(`| \`<${element.tagName}>\` | ${cell(element.description)} | ${own.join("<br>")} | ${events.join("<br>")} |`);
  }
  lines.push("", "| custom property | meaning |", "|---|---|");
  for (const { name, description } of theme.cssProperties) lines.push(`| \`${name}\` | ${cell(description)} |`);
  lines.push("", "| part | meaning |", "|---|---|");
  for (const { name, description } of theme.cssParts) lines.push(`| \`${name}\` | ${cell(description)} |`);
  return lines.join("\n");
}

/** Writes a generated file, or compares it. */
function settle(file, content) {
  const committed = readFileSync(file, { encoding: "utf8", flag: "a+" });
  if (committed === content) return;
  if (process.env.UPDATE) writeFileSync(file, content);
  else faults.push(`${file} is not as generated: run UPDATE=1 tests/console/run, and read the diff`);
}

const readme = readFileSync(README, "utf8");
const [before, after] = [readme.split(BEGIN)[0], readme.split(END)[1]];
if (after === undefined) throw new Error(`${README} has no lines "${BEGIN}" and "${END}"`);
settle(README, `${before}${BEGIN}\n\n${tables()}\n\n${END}${after}`);
settle(MANIFEST, `${JSON.stringify(manifest, null, 1)}\n`);

for (const fault of faults) console.log(`FAILED: ${fault}`);
console.log(`console: the manifest has ${elements.length} elements`);
process.exitCode = faults.length ? 1 : 0;
