// Tabs with panels (WAI-ARIA Authoring Practices): arrows choose, `opened(name)` hears which is seen.

export class Tabs {
  constructor(list, opened) {
    this.tabs = [...list.querySelectorAll("[role=tab]")];
    this.opened = opened;
    this.open = this.tabs[0].id.slice(4);
    for (const tab of this.tabs) tab.addEventListener("click", () => this.choose(tab));
    list.addEventListener("keydown", (event) => {
      const at = this.tabs.indexOf(document.activeElement), last = this.tabs.length - 1;
      const to = { ArrowRight: at < last ? at + 1 : 0, ArrowLeft: at > 0 ? at - 1 : last, Home: 0, End: last }[event.key];
      if (at < 0 || to === undefined) return;
      event.preventDefault();
      this.choose(this.tabs[to]);
      this.tabs[to].focus();
    });
  }

  choose(tab) {
    for (const it of this.tabs) {
      it.setAttribute("aria-selected", String(it === tab));
      it.tabIndex = it === tab ? 0 : -1;
      document.getElementById(it.getAttribute("aria-controls")).hidden = it !== tab;
    }
    this.open = tab.id.slice(4);
    this.opened(this.open);
  }
}
