// Put the keyboard where the news is: the error summary, or the heading that was swapped in.
(() => {
  const summary = document.querySelector(".error-summary");
  if (summary) summary.focus();
  document.addEventListener("htmx:beforeRequest", (event) => event.target.setAttribute("aria-busy", "true"));
  document.addEventListener("htmx:afterSettle", (event) => {
    event.target.removeAttribute("aria-busy");
    const heading = event.target.querySelector(".error-summary, h1, h2");
    if (heading) {
      heading.tabIndex = -1;
      heading.focus();
    }
  });
  // One press is enough: a form that has been sent is not sent again.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.dataset.sent && Date.now() - Number(form.dataset.sent) < 5000) event.preventDefault();
    form.dataset.sent = String(Date.now());
  });
})();
