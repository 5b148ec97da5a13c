// The limits of sizes, in bytes, where each file is compressed on its own. ARCHITECTURE.md says why there are three.

/**
 * What a browser loads until a signed-in person can use the list of members, in English: the page with all that it imports,
 * the screen of members, and the dearest way to sign in.
 */
export const MOST_BYTES_AT_FIRST = 60 * 1024;
/** What any other screen adds, with its texts and with everything that it loads later. */
export const MOST_BYTES_OF_SCREEN = 33 * 1024;
/** All files: every screen, in every language, with its comments. */
export const MOST_BYTES = 190 * 1024;
