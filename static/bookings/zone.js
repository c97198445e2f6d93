// Offer the visitor's own time zone when it differs from the clinic's. Without script there is one zone.
(() => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const link = document.querySelector("[data-zone-link]");
  if (!zone || !link) return;
  document.cookie = `zone=${zone}; path=/; max-age=31536000; samesite=lax`;
  const place = zone.split("/").pop().replaceAll("_", " ");
  if (document.querySelector("[data-place]").textContent.startsWith(place)) return;
  link.textContent = `Show my time (${place})`;
  link.classList.remove("d-none");
})();
