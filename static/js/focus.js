// Put the keyboard where the news is: the error summary, or the heading that was swapped in.
(() => {
  const summary = document.querySelector(".error-summary");
  if (summary) summary.focus();
  // A form that leads back to its row (`next` with a fragment): the page stays where it was, the keyboard in the row.
  const way = "way-back";
  document.addEventListener("submit", (event) => {
    const [, row] = (event.target.elements.next?.value || "").split("#");
    if (row) sessionStorage.setItem(way, JSON.stringify({ row, top: window.scrollY }));
  });
  const back = JSON.parse(sessionStorage.getItem(way) || "null");
  sessionStorage.removeItem(way);
  const row = back && location.hash === `#${back.row}` && document.getElementById(back.row);
  if (row) {
    history.replaceState(null, "", location.pathname + location.search);
    const stay = () => window.scrollTo(0, back.top);
    stay();
    window.addEventListener("load", stay, { once: true });
    (row.querySelector("button[type=submit]") || row.querySelector("a"))?.focus({ preventScroll: true });
    // What is said at the top of the page is out of sight here.
    const said = document.querySelector("main > [role=status]");
    const news = document.getElementById("news");
    if (said && news) news.textContent = said.textContent.trim();
  }
  document.addEventListener("htmx:beforeRequest", (event) => event.target.setAttribute("aria-busy", "true"));
  document.addEventListener("htmx:afterSettle", (event) => {
    event.target.removeAttribute("aria-busy");
    const heading = event.target.querySelector(".error-summary, h1, h2");
    if (heading) {
      heading.tabIndex = -1;
      heading.focus();
    }
  });
  // Escape closes a menu that is open, and the keyboard is back on what opened it.
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && event.target.closest?.("details.menu[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  // One press is enough: a form that has been sent is not sent again.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.dataset.sent && Date.now() - Number(form.dataset.sent) < 5000) event.preventDefault();
    form.dataset.sent = String(Date.now());
  });
})();
