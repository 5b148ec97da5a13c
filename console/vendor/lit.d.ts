export { LitElement, html, svg, css, nothing } from "lit";
export type { TemplateResult, CSSResult, PropertyValues, PropertyDeclarations, CSSResultGroup } from "lit";
export { repeat } from "lit/directives/repeat.js";
export { live } from "lit/directives/live.js";
export { ifDefined } from "lit/directives/if-defined.js";
