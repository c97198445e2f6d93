// Keys at the desk: each presses a link that is on the page. Never inside a field, and off when somebody says so.
(() => {
  const dialog = document.getElementById("shortcuts");
  const opener = document.querySelector("[data-shortcuts-open]");
  const box = document.querySelector("[data-shortcuts-on]");
  if (!dialog || !opener || !box) return;
  const isOff = () => localStorage.getItem("shortcuts") === "off";
  const open = () => {
    box.checked = !isOff();
    dialog.showModal();
  };
  opener.classList.remove("d-none");
  opener.addEventListener("click", open);
  box.addEventListener("change", () => localStorage.setItem("shortcuts", box.checked ? "on" : "off"));
  document.addEventListener("keydown", (event) => {
    if (isOff() || dialog.open || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, select, textarea, [contenteditable], summary")) {
      // The key that leads to the search has done so already.
      if (event.key === "/" && event.target.id === "q" && !event.target.value) event.preventDefault();
      return;
    }
    if (event.key === "?") {
      event.preventDefault();
      open();
      return;
    }
    const search = event.key === "/" && document.getElementById("q");
    const link = document.querySelector(`a[data-key="${CSS.escape(event.key)}"]`);
    if (!search && !link) return;
    event.preventDefault();
    if (search) search.focus();
    else link.click();
  });
})();
