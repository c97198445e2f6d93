// Offer the visitor's own time zone, when it differs from the clinic's.
(() => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const link = document.querySelector("[data-zone-link]");
  const line = link && link.closest("p").querySelector("strong");
  if (!zone || !link) return;
  document.cookie = `zone=${zone}; path=/; max-age=31536000; samesite=lax`;
  const place = zone.split("/").pop().replaceAll("_", " ");
  if (line && line.textContent.startsWith(place)) return;
  link.textContent = `Show my time (${place})`;
  link.classList.remove("d-none");
})();
