// Types that several files share. Browsers do not load this file.

import type { Check } from "./store.js";

/** What a control does and looks like. */
export interface Control {
  label: string;
  act?: (event: Event) => unknown;
  /** Why the control cannot be used now; a control that can be used has none. */
  why?: string | null;
  kind?: "primary" | "danger" | "quiet" | "plain";
  /** The key of the act that the control starts: it shows that the act runs. */
  busy?: string;
  /** The accessible name, where the label is not enough. */
  name?: string;
  type?: "button" | "submit";
}

/** An entry of a menu; one with a check may be used if the person may. */
export type Entry = Control & { check?: string | Check };

/** A question before an act that cannot be undone. */
export interface Question {
  title: string;
  text: unknown;
  confirm: string;
  danger?: boolean;
  key: string;
  act: () => Promise<unknown>;
  done?: string;
}

/** A way to sign in. */
export interface SignIn {
  /**
   * Continues a sign-in that the page has started, or one of this tab; null if nobody is signed in. `answer`: what
   * `takeAnswer` has taken; `automatic`: may leave for the provider at once.
   */
  begin: (how?: { answer?: URLSearchParams, automatic?: boolean }) => Promise<string | null>;
  getToken: import("./api.js").GetToken;
  /** What a person sees who is not signed in; `label`: the button's, within a page that has a heading of its own. */
  view: (entered: () => void, label?: string) => unknown;
  /** Signs out. */
  end: () => void;
  /** Drops this tab's token, so that another person can sign in. Nobody is signed in again unasked. */
  forget: () => void;
  /**
   * Goes to the sign-in, which returns to this page with the `state`; a sign-in that is a form has none. `another`: asks
   * which account.
   */
  start?: (how?: { state?: string, another?: boolean }) => Promise<void>;
  /** Why the last sign-in did not succeed. */
  failure?: import("./api.js").Problem | null;
}
