// Say it politely when the time is kept for two minutes more, and when it no longer is.
(() => {
  const line = document.querySelector("[data-kept-until]");
  const news = document.getElementById("news");
  if (!line || !news) return;
  const left = Number(line.dataset.keptUntil) * 1000 - Date.now();
  const say = (words, after) => {
    if (after > 0) setTimeout(() => { news.textContent = words; }, after);
  };
  say("We keep this time for 2 more minutes. You can keep it longer beside the form.", left - 120000);
  say("We no longer keep this time. It may still be free: book it now, or choose another.", left);
})();
