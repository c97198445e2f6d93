// Offer to copy what stands in a box, where the browser lets a page do so.
(() => {
  const button = document.querySelector("[data-copy]");
  const box = button && document.getElementById(button.dataset.copy);
  if (!box || !navigator.clipboard) return;
  button.classList.remove("d-none");
  button.addEventListener("click", async () => {
    box.select();
    await navigator.clipboard.writeText(box.value);
    document.getElementById("news").textContent = "Copied";
    button.textContent = "Copied";
  });
})();
