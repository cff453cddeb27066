// The list scrolls on without a click, and says how many rows are picked. Without
// it "Show more" is a link to the next page, and the bar works as it is.
import { fetchPart } from "./swap.js";

const seen = new IntersectionObserver((entries) => {
  for (const e of entries) if (e.isIntersecting) more(/** @type {HTMLAnchorElement} */ (e.target));
}, { rootMargin: "600px" });

/** @param {HTMLAnchorElement} link */
async function more(link) {
  seen.unobserve(link);
  const item = link.closest("li");
  try {
    const got = await fetchPart(link.href, "rows");
    const fresh = document.createDocumentFragment();
    const have = new Set([...document.querySelectorAll("#rows > [data-key]")].map((e) => e.getAttribute("data-key")));
    for (const li of got.querySelectorAll("li")) {
      const key = li.getAttribute("data-key");
      if (key === "next" || !have.has(key)) fresh.append(document.importNode(li, true));
    }
    item?.replaceWith(fresh);
    watch();
  } catch { /* the link stays and can be clicked */ }
}

function watch() { for (const a of document.querySelectorAll("a[data-more]")) seen.observe(a); }
watch();

document.addEventListener("change", (e) => {
  const said = document.querySelector("[data-picked]");
  if (!said || !(e.target instanceof HTMLInputElement) || e.target.type !== "checkbox") return;
  said.textContent = `${document.querySelectorAll("#rows input:checked").length} ${said.getAttribute("data-picked")}`;
});

// Shift picks all rows between two.
/** @type {HTMLInputElement | null} */
let last = null;
document.getElementById("rows")?.addEventListener("click", (e) => {
  if (!(e.target instanceof HTMLInputElement)) return;
  const all = /** @type {HTMLInputElement[]} */ ([...document.querySelectorAll("#rows input[type=checkbox]")]);
  if (e.shiftKey && last?.isConnected) {
    const [a, b] = [all.indexOf(last), all.indexOf(e.target)].sort((x, y) => x - y);
    for (const box of all.slice(a, b + 1)) box.checked = e.target.checked;
    e.target.dispatchEvent(new Event("change", { bubbles: true }));
  }
  last = e.target;
});

document.querySelector(".row[aria-current=true]")?.scrollIntoView({ block: "nearest" });
