// The button that verifies the evidence of a tenant's facts in this browser, page by page of the same API.

import { Forged, verified } from "./verify.js";

async function answers(path, query, progress) {
  const pages = [];
  let after = null;
  do {
    const body = JSON.stringify({ ...query, limit: 10000, evidence: true, after });
    const headers = { "Content-Type": "application/json", Accept: "application/json" };
    const response = await fetch(path, { method: "POST", headers, body });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.detail ?? response.statusText);
    pages.push(answer);
    after = answer.page.endCursor;
    progress(`${pages.length} answers read`);
  } while (pages.at(-1).page.hasNextPage);
  return pages;
}

for (const button of document.querySelectorAll("button[data-verify]")) {
  const result = document.getElementById(button.getAttribute("aria-controls"));
  const say = (state, text) => {
    result.className = `verdict verdict-${state}`;
    result.textContent = text;
  };
  button.hidden = false;
  button.addEventListener("click", async () => {
    button.disabled = true;
    say("running", "Reading all facts of these days ...");
    try {
      const pages = await answers(button.dataset.path, JSON.parse(button.dataset.verify), (text) => say("running", text));
      const sentence = await verified(pages, (done) => say("running", `${done} facts computed`));
      say("good", `Verified here: ${sentence}.`);
    } catch (error) {
      if (error instanceof Forged) say("bad", `NOT VERIFIED: ${error.message}.`);
      else say("failed", `Not verified, because it could not be checked: ${error.message}`);
    } finally {
      button.disabled = false;
    }
  });
}
