// The list of calls: menus of filters that close, "/" to the words, exports with their progress.

for (const menu of document.querySelectorAll("#filters .choice")) {
  const told = menu.querySelector("[data-chosen]");
  menu.addEventListener("change", () => {
    const chosen = menu.querySelectorAll("input:checked").length;
    told.textContent = chosen ? ` ${chosen}` : "";
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  menu.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
  });
}
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("#filters .choice[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.target.closest("input, textarea, select")) return;
  event.preventDefault();
  document.querySelector("#words, #number")?.focus();
});
