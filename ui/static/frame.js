// "Show once" loads a letter's pictures in its own frame. Without it the page is
// loaded again with them.
document.addEventListener("toggle", (e) => {
  const d = /** @type {HTMLElement} */ (e.target);
  if (d instanceof HTMLDetailsElement && d.hasAttribute("data-frame") && d.open) d.scrollIntoView({ block: "start" });
}, true);
document.addEventListener("click", (e) => {
  const a = /** @type {Element} */ (e.target).closest("a[data-images]");
  const frame = a?.closest("[data-frame]")?.querySelector("iframe");
  if (!a || !frame) return;
  e.preventDefault();
  frame.src = a.getAttribute("data-images") ?? "";
  a.remove();
});
