// Menus close when one clicks or moves elsewhere, or presses Escape. Without it
// they are opened and closed by their own button.

/** @param {Element | null} but */
function closeAll(but) {
  for (const m of document.querySelectorAll("details.menu[open]")) if (m !== but && !m.contains(but)) m.removeAttribute("open");
}
document.addEventListener("click", (e) => closeAll(/** @type {Element} */ (e.target)));
document.addEventListener("focusin", (e) => closeAll(/** @type {Element} */ (e.target)));
document.addEventListener("keydown", (e) => {
  if (e.key !== "Escape") return;
  const open = document.querySelector("details.menu[open]");
  if (!open) return;
  open.removeAttribute("open");
  /** @type {HTMLElement | null} */ (open.querySelector("summary"))?.focus();
});
