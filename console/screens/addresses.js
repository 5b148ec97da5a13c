// Email addresses as people type and paste them, checked by the rules of the API.

/** The most addresses of one request to `invite`. */
export const MOST_ADDRESSES = 20;
/** RFC 5321, in bytes: the address, and its part before the `@`. */
const LONGEST = 254;
const LONGEST_LOCAL = 64;

const LOCAL = /^[\p{L}\p{M}\p{N}!#$%&'*+\-/=?^_`{|}~]+(\.[\p{L}\p{M}\p{N}!#$%&'*+\-/=?^_`{|}~]+)*$/u;
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** The addresses of a text such as `Ada Lovelace <ada@acme.example>; bo@acme.example`. @param {string} text */
export function addressesIn(text) {
  const words = text.replace(/"[^"]*"\s*(?=<)/g, "").split(/[\s,;<>"]+/).map((word) => word.replace(/^mailto:/i, "")).filter(Boolean);
  return text.includes("<") ? words.filter((word) => word.includes("@")) : words;
}

/**
 * Reads an address. Spellings of one address have one `key`; a text that is not an address has a fault.
 * @param {string} text @returns {{ key: string, fault: "form" | "domain" | "long" | null }}
 */
export function readAddress(text) {
  const folded = text.normalize("NFKC").toLowerCase();
  const at = folded.lastIndexOf("@");
  const local = folded.slice(0, Math.max(at, 0));
  const host = hostOf(folded.slice(at + 1));
  const key = `${local}@${host}`;
  if (!LOCAL.test(local)) return { key: folded, fault: "form" };
  if (!host) return { key: folded, fault: "domain" };
  return { key, fault: bytes(key) > LONGEST || bytes(local) > LONGEST_LOCAL ? "long" : null };
}

/** The name of a host in ASCII; empty if no mail can be sent to it. @param {string} domain */
function hostOf(domain) {
  // Everything else means something to URL.
  if (!/^[\p{L}\p{M}\p{N}.-]+$/u.test(domain) || !URL.canParse(`http://${domain}`)) return "";
  const { hostname } = new URL(`http://${domain}`);
  const labels = hostname.split(".");
  return labels.length > 1 && labels.every((label) => LABEL.test(label)) && /[a-z]/.test(labels[labels.length - 1]) ? hostname : "";
}

/** @param {string} text */
const bytes = (text) => new TextEncoder().encode(text).length;
