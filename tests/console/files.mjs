// What can be said of the console's files without a browser: their size, their languages, and that the Content Security
// Policy lets them run.

import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";

const ROOT = "console";
/** The most bytes, compressed, that a browser loads before the list of members is there, in English. */
const MOST_BYTES_AT_FIRST = 76 * 1024;
/** The most bytes that all files have together, each compressed: every screen, in every language, with its comments. */
const MOST_BYTES = 168 * 1024;

const faults = [];
const files = readdirSync(ROOT, { recursive: true }).sort();
const textOf = (file) => readFileSync(path.join(ROOT, file), "utf8");

/** What a browser can load: not the examples of hosts, nor what is only for tools. */
const loaded = files.filter((file) => /\.(js|css|html|svg)$|^config\.json$/.test(file) && !file.startsWith("hosts"));

/** A file and all that it imports at once. @param {string} file @param {Set<string>} known */
function withImports(file, known = new Set()) {
  if (known.has(file)) return known;
  known.add(file);
  for (const [, imported] of textOf(file).matchAll(/^(?:import|export) (?:.* from )?"(\.[^"]+)"/gm)) {
    withImports(path.join(path.dirname(file), imported), known);
  }
  return known;
}

function checkSize() {
  const compressed = (file) => gzipSync(readFileSync(path.join(ROOT, file)), { level: 9 }).length;
  const sum = (some) => some.reduce((sum, file) => sum + compressed(file), 0);
  const first = [...withImports("screens/members.js", withImports("page.js")), "index.html", "page.css", "config.json"];
  for (const [what, some, most] of [["first view", first, MOST_BYTES_AT_FIRST], ["whole console", loaded, MOST_BYTES]]) {
    const size = sum(some);
    console.log(`${what}: ${some.length} files, ${size} bytes compressed, of at most ${most}`);
    if (size > most) faults.push(`the ${what} is too large by ${size - most} bytes`);
  }
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
  const english = new Map(leaves((await load("messages/en.js")).default));
  for (const file of files.filter((file) => /^messages\/(?!en\.js).+\.js$/.test(file))) {
    const other = new Map(leaves((await load(file)).default));
    for (const [name, text] of english) {
      const translated = other.get(name);
      if (translated === undefined) faults.push(`${file} has no ${name}`);
      else if (translated === text && isSentence(text)) faults.push(`${file}: ${name} is English`);
      // A form for one may leave out the number.
      else if (holes(translated) !== holes(text) && !name.endsWith(".one")) faults.push(`${file}: ${name} fills "${holes(translated)}" instead of "${holes(text)}"`);
    }
    for (const name of other.keys()) if (!english.has(name) && !isOfApi(name) && !isForm(name)) faults.push(`${file} has ${name}, which English does not have`);
  }
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
await checkLanguages();
checkPolicy();
for (const fault of faults) console.log(`FAILED: ${fault}`);
process.exitCode = faults.length ? 1 : 0;
