// What can be said of the console's files without a browser: their size, their languages, and that the Content Security
// Policy lets them run.

import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { MOST_BYTES, MOST_BYTES_AT_FIRST, MOST_BYTES_OF_SCREEN } from "./limits.mjs";

const ROOT = "console";
const faults = [];
const files = readdirSync(ROOT, { recursive: true }).sort();
const textOf = (file) => readFileSync(path.join(ROOT, file), "utf8");

/** What a browser can load: not the examples of hosts, nor what is only for tools. */
const loaded = files.filter((file) => /\.(js|css|html|svg)$|^config\.json$/.test(file) && !file.startsWith("hosts"));

/**
 * A file and all that it imports at once; with `all`, also what it imports later. `ends` says whose imports are left out.
 * @param {string} file @param {boolean} all @param {Set<string>} known @param {(file: string) => boolean} ends
 */
function withImports(file, all = false, known = new Set(), ends = () => false) {
  if (known.has(file)) return known;
  const isFirst = !known.size;
  known.add(file);
  if (!isFirst && ends(file)) return known;
  const source = textOf(file);
  const later = all ? [...source.matchAll(/\bimport\("(\.[^"]+)"\)(?!\.)/g)] : [];
  for (const [, imported] of [...source.matchAll(/^(?:import|export) (?:.* from )?"(\.[^"]+)"/gm), ...later]) {
    withImports(path.join(path.dirname(file), imported), all, known, ends);
  }
  return known;
}

/** The files of texts that elements in these files load. @param {Iterable<string>} screens */
const textsOf = (screens) => [...screens].flatMap((file) => {
  const [, groups = ""] = /get texts\(\) \{ return \[(.*)\]; \}/.exec(textOf(file)) || [];
  const later = [...textOf(file).matchAll(/learnTexts\(("\w+")\)/g)].map(([, group]) => group);
  return [...[groups, ...later].join().matchAll(/"(\w+)"/g)].map(([, group]) => `messages/en/${group}.js`);
});

const compressed = (file) => gzipSync(readFileSync(path.join(ROOT, file)), { level: 9 }).length;
const sizeOf = (some) => [...new Set(some)].reduce((sum, file) => sum + compressed(file), 0);

function checkSize() {
  const page = [...withImports("page.js")];
  const first = [...page, ...withImports("screens/members.js"), ...withImports("oidc.js"), "index.html", "page.css", "config.json"];
  checkMost("first view", sizeOf(first), MOST_BYTES_AT_FIRST);
  // A screen with all that it can show, such as the form of invitations.
  const added = files.filter((file) => file.startsWith("screens/")).map((screen) => {
    const files = [...withImports(screen, true)];
    return { screen, size: sizeOf([...files, ...textsOf(files)].filter((file) => !first.includes(file))) };
  });
  const most = added.reduce((most, one) => (one.size > most.size ? one : most));
  checkMost(`most that a screen adds (${most.screen})`, most.size, MOST_BYTES_OF_SCREEN);
  checkMost("whole console", sizeOf(loaded), MOST_BYTES);
}

/** @param {string} what @param {number} size @param {number} most */
function checkMost(what, size, most) {
  console.log(`${what}: ${size} bytes compressed, of at most ${most}`);
  if (size > most) faults.push(`the ${what} is too large by ${size - most} bytes`);
}

/** The page asks for all of its files at once. */
function checkPreloads() {
  const preloads = [...textOf("index.html").matchAll(/rel="modulepreload" href="([^"]+)"/g)].map(([, file]) => file);
  const imports = [...withImports("page.js")].filter((file) => file !== "page.js").sort();
  if (preloads.join() !== imports.join()) faults.push(`index.html must preload what page.js imports:\n${imports.map((file) => `<link rel="modulepreload" href="${file}">`).join("\n")}`);
}

/** The texts by their paths. @param {any} texts */
function* leaves(texts, at = "") {
  for (const [key, value] of Object.entries(texts)) {
    const name = at ? `${at}.${key}` : key;
    if (typeof value === "string") yield [name, value];
    else yield* leaves(value, name);
  }
}

/** What a text has to fill. @param {string} text */
const holes = (text) => [...text.matchAll(/\{\w+\}|#/g)].map(([all]) => all).sort().join(" ");
/** One or two words can be alike in two languages. @param {string} text */
const isSentence = (text) => text.split(/\s+/).filter((word) => /^\p{L}{2,}/u.test(word)).length > 2;

/** The English sentences of these problems come from the API, so that other languages have more of them. */
const isOfApi = (name) => name.startsWith("problems.");
/** A language has as many forms for a count as its plural rules need. */
const isForm = (name) => /\.(zero|two|few|many)$/.test(name);

async function checkLanguages() {
  const english = await textsIn("en");
  const others = files.filter((file) => /^messages\/\w+\.js$/.test(file)).map((file) => path.basename(file, ".js")).filter((code) => code !== "en");
  for (const code of others) {
    const texts = await textsIn(code);
    for (const [name, text] of english) {
      const translated = texts.get(name);
      if (translated === undefined) faults.push(`${code} has no ${name}`);
      else if (translated === text && isSentence(text)) faults.push(`${code}: ${name} is English`);
      // A form for one may leave out the number.
      else if (holes(translated) !== holes(text) && !name.endsWith(".one")) faults.push(`${code}: ${name} fills "${holes(translated)}" instead of "${holes(text)}"`);
    }
    for (const name of texts.keys()) if (!english.has(name) && !isOfApi(name) && !isForm(name)) faults.push(`${code} has ${name}, which English does not have`);
  }
}

/** All texts of a language; each name begins with the group, which every language has. @param {string} code */
async function textsIn(code) {
  const texts = new Map();
  for (const file of files.filter((file) => file === `messages/${code}.js` || (file.startsWith(`messages/${code}/`) && file.endsWith(".js")))) {
    const group = file === `messages/${code}.js` ? "" : path.basename(file, ".js");
    for (const [name, text] of leaves((await load(file)).default)) texts.set(group ? `${group}/${name}` : name, text);
  }
  return texts;
}

/** Every element loads the groups of texts that it and its parts use: type checks cannot know. */
async function checkGroups() {
  const groupOf = new Map();
  for (const file of files.filter((file) => /^messages\/en\/\w+\.js$/.test(file))) {
    for (const key of Object.keys((await load(file)).default)) groupOf.set(key, path.basename(file, ".js"));
  }
  for (const file of files.filter((file) => /^(screens\/.*|page)\.js$/.test(file) && isElement(file))) {
    const parts = partsOf(file);
    const loads = textsOf(parts).map((texts) => path.basename(texts, ".js"));
    for (const part of parts) {
      const source = textOf(part);
      const used = [...source.matchAll(/\.t\.(\w+)|\bt\.(\w+)[.[;]/g)].map(([, one, other]) => one || other);
      // `const { a, b: { c } } = this.t`, and `const { t: { a } } = this`.
      const patterns = [...source.matchAll(/\{([\w, :{}]+)\} = (?:[\w.]+\.)?t;|\bt: \{([\w, :]+)\}/g)];
      const taken = patterns.flatMap(([, whole, nested]) => (whole || nested).match(/\w+/g));
      for (const key of [...used, ...taken]) {
        if (groupOf.has(key) && !loads.includes(groupOf.get(key))) faults.push(`${file} does not load the texts "${groupOf.get(key)}", which ${part} uses for ${key}`);
      }
    }
  }
}

const isElement = (file) => /^define\("seatwise-/m.test(textOf(file));

/** A file and what it imports, now or later, without other elements: they load their own texts. @param {string} file */
function partsOf(file) {
  return [...withImports(file, true, new Set(), isElement)].filter((part) => part === file || !isElement(part));
}

const load = (file) => import(pathToFileURL(path.resolve(ROOT, file)));

/** What the Content Security Policy would block, or what would need a weaker one. */
const FORBIDDEN = [
  [/\.(js|html)$/, /<[a-z][^>]*\sstyle\s*=/i, "an inline style"],
  [/\.(js|html)$/, /<style[\s>]/i, "an inline style sheet"],
  [/\.html$/, /<script(?![^>]*\ssrc=)/i, "an inline script"],
  [/\.html$/, /\son[a-z]+\s*=\s*["']/i, "an inline handler"],
  [/\.js$/, /\beval\s*\(|new Function\s*\(|javascript:/, "evaluation of text"],
  [/\.js$/, /\bunsafeHTML\b|\.innerHTML\s*=|document\.write/, "text that becomes HTML"],
];

function checkPolicy() {
  for (const file of files.filter((file) => !file.startsWith("vendor"))) {
    for (const [kind, pattern, what] of FORBIDDEN) {
      if (!kind.test(file)) continue;
      const at = pattern.exec(textOf(file));
      if (at) faults.push(`${file} has ${what}: ${at[0].slice(0, 60)}`);
    }
  }
}

checkSize();
checkPreloads();
await checkLanguages();
await checkGroups();
checkPolicy();
for (const fault of faults) console.log(`FAILED: ${fault}`);
process.exitCode = faults.length ? 1 : 0;
