// What pages do with JavaScript; without it, they show all of the same.
//
// * A part with `data-live="5"` is read again every 5 seconds from this page's own address, while the page is visible.
// * A page that is being loaded says so.
// * On a phone, the name of the page is in view among those of the others.

const LONGEST_WAIT = 60_000; // ms between reads after failures

// Changes values where they stand, so that focus, selection and open explanations stay. Only a part with other values
// than before, such as an error in their place, is replaced as a whole.
function refresh(part, other) {
  const values = [...part.querySelectorAll("[data-value]")];
  const others = [...other.querySelectorAll("[data-value]")];
  if (values.length !== others.length) return part.replaceChildren(...other.childNodes);
  values.forEach((value, index) => value.isEqualNode(others[index]) || value.replaceWith(others[index]));
}

function refreshLiveParts(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const other = fresh.getElementById(part.id);
    if (other) refresh(part, other);
  }
}

function keepLive(seconds) {
  let wait = seconds * 1000;
  const read = async () => {
    try {
      if (!document.hidden) {
        const response = await fetch(location.href, { headers: { Accept: "text/html" } });
        if (response.status >= 400 && response.status !== 503) throw new Error(response.statusText);
        refreshLiveParts(await response.text());
      }
      wait = seconds * 1000;
    } catch {
      wait = Math.min(2 * wait, LONGEST_WAIT);
    }
    setTimeout(read, wait);
  };
  setTimeout(read, wait);
}

const intervals = [...document.querySelectorAll("[data-live]")].map((part) => Number(part.dataset.live));
if (intervals.length) keepLive(Math.min(...intervals));

document.querySelector(".top [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });

const main = document.getElementById("main");
const startLoading = () => main.setAttribute("aria-busy", "true");
addEventListener("submit", startLoading);
addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.defaultPrevented;
  const isPage = link && link.origin === location.origin && !link.hash && !link.target && !link.hasAttribute("download");
  if (isPlain && isPage) startLoading();
});
addEventListener("pageshow", () => main.removeAttribute("aria-busy"));
