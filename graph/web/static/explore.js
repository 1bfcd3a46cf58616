// What `/explore` does with JavaScript; without it, the form does all of the same.
//
// * Conditions appear one at a time.
// * Code can be copied with a button.

function button(text, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "action";
  made.textContent = text;
  made.addEventListener("click", () => act(made));
  return made;
}

function addConditionsOneByOne(more) {
  const hidden = [...more.querySelectorAll(".condition")];
  for (const each of hidden) each.hidden = true;
  const add = button("Add a condition", () => {
    const next = hidden.shift();
    next.hidden = false;
    next.querySelector("select").focus();
    if (!hidden.length) add.remove();
  });
  more.replaceWith(...hidden, add);
}

function offerCopying(box) {
  const copy = button("Copy", async (pressed) => {
    try {
      await navigator.clipboard.writeText(box.querySelector("pre").textContent);
      pressed.textContent = "Copied";
    } catch {
      pressed.textContent = "Select and copy it yourself";
    }
    setTimeout(() => { pressed.textContent = "Copy"; }, 2000);
  });
  copy.setAttribute("aria-live", "polite");
  box.append(copy);
}

// Fields that say nothing are not part of the address.
function leaveOutEmptyFields(event) {
  const form = event.target;
  for (const each of form.querySelectorAll("input, select")) {
    const condition = each.closest(".condition");
    const isUnused = condition && !condition.querySelector('[name^="field"]').value && !condition.querySelector("input").value;
    each.disabled = isUnused || each.value === "";
  }
}

const form = document.getElementById("question");
const more = form?.querySelector(".more-conditions");
if (more) addConditionsOneByOne(more);
form?.addEventListener("submit", leaveOutEmptyFields);
addEventListener("pageshow", () => {
  for (const each of form?.elements ?? []) each.disabled = false;
});
for (const box of document.querySelectorAll(".copied")) offerCopying(box);
