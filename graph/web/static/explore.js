// What `/explore` does with JavaScript; without it, the form does all of the same.
//
// * Conditions appear one at a time.
// * Code can be copied with a button.
// * Another window keeps what was chosen since the last answer.

const WINDOW = ["last", "window", "from", "to", "timezone"]; // parameters

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
function leaveOutEmptyFields(form) {
  for (const each of form.querySelectorAll("input, select")) {
    const condition = each.closest(".condition");
    const isUnused = condition && !condition.querySelector('[name^="field"]').value && !condition.querySelector("input").value;
    each.disabled = isUnused || each.value === "";
  }
}

function takeBackEmptyFields(form) {
  for (const each of form.elements) each.disabled = false;
}

function question(form) {
  leaveOutEmptyFields(form);
  const fields = [...new FormData(form)].filter(([name]) => !WINDOW.includes(name));
  takeBackEmptyFields(form);
  return fields;
}

// Changes the link before the browser follows it.
function keepInLink(link, form) {
  const own = [...new URL(link.href).searchParams].filter(([name]) => WINDOW.includes(name));
  link.search = new URLSearchParams([...question(form), ...own]);
}

// Changes the hidden fields before the browser sends them.
function keepInForm(bar, form) {
  for (const each of bar.querySelectorAll("input[type=hidden]")) if (!WINDOW.includes(each.name)) each.remove();
  for (const [name, value] of question(form)) bar.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
}

const form = document.getElementById("question");
const bar = document.querySelector(".window");
const more = form?.querySelector(".more-conditions");
if (more) addConditionsOneByOne(more);
if (form) {
  form.addEventListener("submit", () => leaveOutEmptyFields(form));
  addEventListener("pageshow", () => takeBackEmptyFields(form));
  bar.addEventListener("click", ({ target }) => target.matches("a[href]") && keepInLink(target, form));
  bar.addEventListener("submit", ({ target }) => keepInForm(target, form));
}
for (const box of document.querySelectorAll(".copied")) offerCopying(box);
