// A calendar to choose a date from, beside a box to type it in: the APG date picker dialog.
// Arrows move by day and week, Home and End within the week, Page Up and Page Down by month,
// with Shift by year; Enter or Space takes the date, Escape leaves it.
(() => {
  const box = document.querySelector("[data-date-dialog]");
  if (!box || typeof HTMLDialogElement === "undefined") return;
  const DAY = 864e5;
  const names = (options) => new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", ...options });
  const inFull = names({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
  const monthName = names({ month: "long", year: "numeric" });
  const read = (text) => new Date(`${text}T00:00:00Z`);
  const first = read(box.dataset.first);
  const last = read(box.dataset.last);
  const words = (date) => inFull.format(date).replace(",", "");
  const clamp = (date) => new Date(Math.min(Math.max(date, first), last));
  const isIn = (date) => date >= first && date <= last;
  const weekday = (date) => (date.getUTCDay() + 6) % 7; // Monday is 0
  const later = (date, days) => new Date(date.getTime() + days * DAY);

  // The same day of another month, or its last when it is shorter.
  const monthsLater = (date, months) => {
    const moved = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1));
    const days = new Date(Date.UTC(moved.getUTCFullYear(), moved.getUTCMonth() + 1, 0)).getUTCDate();
    return later(moved, Math.min(date.getUTCDate(), days) - 1);
  };

  const typed = () => {
    const found = box.value.trim().match(/^(\d{1,2})[/. ](\d{1,2})[/. ](\d{4})$/);
    const date = found && new Date(Date.UTC(found[3], found[2] - 1, found[1]));
    return date && date.getUTCDate() === Number(found[1]) ? date : null;
  };

  const make = (name, attributes = {}, ...children) => {
    const made = document.createElement(name);
    Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
    made.append(...children);
    return made;
  };
  const button = (label, text, act) => {
    const made = make("button", { type: "button", class: "btn btn-secondary btn-small", "aria-label": label }, text);
    made.addEventListener("click", act);
    return made;
  };

  const opener = make("button", { type: "button", class: "btn btn-secondary" });
  const heading = make("h2", { id: "date-dialog-month", "aria-live": "polite" });
  const body = make("tbody");
  const head = make("tr");
  ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"].forEach((name) => {
    head.append(make("th", { scope: "col", abbr: name }, name.slice(0, 3)));
  });
  const grid = make("table", { class: "month", role: "grid", "aria-labelledby": heading.id }, make("thead", {}, head), body);
  const turn = (months) => () => show(monthsLater(shown, months), false);
  const bar = make("div", { class: "month-head" },
    make("div", { class: "cluster" }, button("Last year", "«", turn(-12)), button("Last month", "‹", turn(-1))),
    heading,
    make("div", { class: "cluster" }, button("Next month", "›", turn(1)), button("Next year", "»", turn(12))));
  const cancel = make("button", { type: "button", class: "btn btn-secondary" }, "Cancel");
  const take = make("button", { type: "button", class: "btn btn-primary" }, "Use this date");
  const dialog = make("dialog", { class: "card-s date-dialog", "aria-modal": "true", "aria-label": "Choose a date" },
    bar, grid, make("div", { class: "cluster" }, take, cancel));
  let shown = first; // the day that the keyboard is on

  const sayOpener = () => {
    const date = typed();
    opener.textContent = "Choose from a calendar";
    if (date) opener.setAttribute("aria-label", `Choose from a calendar, ${words(date)}`);
    else opener.removeAttribute("aria-label");
  };
  const choose = (date) => {
    if (!isIn(date)) return;
    box.value = `${date.getUTCDate()}/${date.getUTCMonth() + 1}/${date.getUTCFullYear()}`;
    dialog.close();
  };

  const cell = (date) => {
    const made = make("td", { role: "gridcell", tabindex: date.getTime() === shown.getTime() ? "0" : "-1", "aria-label": words(date) }, make("span", {}, String(date.getUTCDate())));
    const chosen = typed();
    if (chosen && chosen.getTime() === date.getTime()) made.setAttribute("aria-selected", "true");
    if (!isIn(date)) made.setAttribute("aria-disabled", "true");
    made.addEventListener("click", () => choose(date));
    return made;
  };

  const show = (date, takesFocus) => {
    shown = clamp(date);
    const month = shown.getUTCMonth();
    heading.textContent = monthName.format(shown);
    body.replaceChildren();
    let day = later(shown, 1 - shown.getUTCDate());
    day = later(day, -weekday(day));
    do {
      const row = make("tr");
      for (let number = 0; number < 7; number += 1, day = later(day, 1)) {
        row.append(day.getUTCMonth() === month ? cell(day) : make("td"));
      }
      body.append(row);
    } while (day.getUTCMonth() === month);
    if (takesFocus) body.querySelector('[tabindex="0"]').focus();
  };

  const keys = {
    ArrowLeft: () => later(shown, -1),
    ArrowRight: () => later(shown, 1),
    ArrowUp: () => later(shown, -7),
    ArrowDown: () => later(shown, 7),
    Home: () => later(shown, -weekday(shown)),
    End: () => later(shown, 6 - weekday(shown)),
    PageUp: (event) => monthsLater(shown, event.shiftKey ? -12 : -1),
    PageDown: (event) => monthsLater(shown, event.shiftKey ? 12 : 1),
  };
  grid.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") choose(shown);
    else if (keys[event.key]) show(keys[event.key](event), true);
    else return;
    event.preventDefault();
  });
  opener.addEventListener("click", () => {
    dialog.showModal();
    show(typed() || first, true);
  });
  take.addEventListener("click", () => choose(shown));
  cancel.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    sayOpener();
    opener.focus();
  });
  box.addEventListener("change", sayOpener);
  sayOpener();
  box.after(opener);
  document.body.append(dialog);
})();
