// The search in lists that are loaded as a whole.

/** Without case and accents. @param {string} text */
const folded = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

/** A test of whether a text has all words of a search. @param {string} search @returns {(text: string) => boolean} */
export function matcher(search) {
  const words = folded(search).split(/\s+/);
  return (text) => {
    const plain = folded(text);
    return words.every((word) => plain.includes(word));
  };
}
