/* Find your ward: a box that offers wards by name, district or code. */

/** Lower case without accents, so that 'Ynys Mon' finds 'Ynys Môn'. */
function plainText(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

function addSearch(study, choose) {
  const input = document.getElementById("find");
  const list = document.getElementById("found");
  const status = document.getElementById("found-count");
  const { wards } = study.words;
  const texts = wards.name.map((name, place) => [plainText(name), plainText(study.text.district(place)), wards.code[place].toLowerCase()]);
  let found = [];
  let active = -1;

  /** Wards whose name begins so first, then those that hold it, then their district or code. */
  function find(query) {
    const score = ([name, district, code]) => {
      if (name.startsWith(query)) return 0;
      if (name.includes(query)) return 1;
      if (code.startsWith(query)) return 2;
      if (district.startsWith(query)) return 3;
      return `${name} ${district}`.includes(query) ? 4 : 5;
    };
    const scored = texts.map((text, place) => [score(text), place]).filter(([points]) => points < 5);
    scored.sort((one, other) => one[0] - other[0] || texts[one[1]][0].localeCompare(texts[other[1]][0]));
    return scored.map(([, place]) => place);
  }

  function offer() {
    const query = plainText(input.value.trim());
    const all = query ? find(query) : [];
    found = all.slice(0, 12);
    active = -1;
    list.replaceChildren(
      ...found.map((place, order) => {
        const where = [study.text.district(place), wards.code[place]].filter(Boolean).join(" · ");
        const option = make("li", "", "", named(wards.name[place] || wards.code[place]), make("div", "quiet small", where));
        option.id = `found-${order}`;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        option.addEventListener("mousedown", (event) => event.preventDefault());
        option.addEventListener("click", () => take(order));
        return option;
      }),
    );
    expand(found.length > 0);
    status.textContent = query ? (all.length ? `${all.length} ${all.length === 1 ? "ward" : "wards"} found` : "No ward found") : "";
    status.className = query && !all.length ? "quiet small" : "hidden";
  }

  function expand(open) {
    list.hidden = !open;
    input.setAttribute("aria-expanded", String(open));
    if (!open) input.removeAttribute("aria-activedescendant");
  }

  function point(order) {
    active = (order + found.length) % found.length;
    [...list.children].forEach((option, place) => option.setAttribute("aria-selected", String(place === active)));
    input.setAttribute("aria-activedescendant", `found-${active}`);
    list.children[active].scrollIntoView({ block: "nearest" });
  }

  function take(order) {
    const place = found[order];
    input.value = wards.name[place] || wards.code[place];
    expand(false);
    choose(place);
  }

  input.addEventListener("input", offer);
  input.addEventListener("blur", () => expand(false));
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      if (!list.hidden) event.stopPropagation();
      expand(false);
    } else if (found.length && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      expand(true);
      point(event.key === "ArrowDown" ? active + 1 : active < 0 ? -1 : active - 1);
    } else if (event.key === "Enter" && found.length) {
      event.preventDefault();
      take(Math.max(active, 0));
    }
  });
}
