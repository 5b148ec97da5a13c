// Dialogs and menus: where they are shown, and how the keyboard moves in them.

/** Closes a dialog that a click has hit beside its content. @param {MouseEvent} event */
export function isBackdrop(event) {
  const dialog = event.currentTarget;
  if (event.target === dialog) closeDialog(/** @type {HTMLDialogElement} */ (dialog));
}

/** @param {HTMLDialogElement | null} dialog */
export function closeDialog(dialog) {
  if (dialog?.open) dialog.close();
}

/** Shows a menu below its button, or above it where there is more room. @param {HTMLElement} menu */
export function placeMenu(menu) {
  const button = /** @type {HTMLElement} */ (menu.previousElementSibling);
  const { top, bottom, left, right } = button.getBoundingClientRect();
  const above = bottom > innerHeight * 0.6;
  const toLeft = getComputedStyle(menu).direction === "rtl" ? right > innerWidth * 0.4 : left > innerWidth * 0.4;
  menu.style.inset = "auto";
  if (above) menu.style.bottom = `${innerHeight - top + 4}px`;
  else menu.style.top = `${bottom + 4}px`;
  if (toLeft) menu.style.right = `${Math.max(8, innerWidth - right)}px`;
  else menu.style.left = `${Math.max(8, left)}px`;
  queueMicrotask(() => requestAnimationFrame(() => focusFirst(menu)));
  menu.addEventListener("toggle", function closed(event) {
    if (/** @type {ToggleEvent} */ (event).newState === "open") return;
    menu.removeEventListener("toggle", closed);
    // The browser does not give the focus back inside a shadow root.
    const root = /** @type {ShadowRoot} */ (menu.getRootNode());
    if (!root.activeElement || menu.contains(root.activeElement)) button.focus();
  });
}

/** @param {HTMLElement} menu */
const itemsOf = (menu) => /** @type {HTMLElement[]} */ ([...menu.querySelectorAll("[role=menuitem]")]);

/** The first entry of a menu gets the focus, unless another one has it. @param {HTMLElement} menu */
export function focusFirst(menu) {
  if (!menu.matches(":focus-within")) itemsOf(menu)[0]?.focus();
}

/** The keys of a menu (ARIA Authoring Practices, menu pattern). @param {KeyboardEvent} event */
export function walkMenu(event) {
  const menu = /** @type {HTMLElement} */ (event.currentTarget);
  const items = itemsOf(menu);
  const at = items.indexOf(/** @type {HTMLElement} */ (event.target));
  /** @type {Record<string, number>} */
  const targets = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 };
  if (event.key === "Tab") menu.hidePopover();
  if (!(event.key in targets) || !items.length) return;
  event.preventDefault();
  items[(targets[event.key] + items.length) % items.length].focus();
}
