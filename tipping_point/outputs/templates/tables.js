/* The wards as a table, district by district: the twin of every view of the map. */

function addWardTable(study) {
  const select = document.getElementById("table-district");
  const home = document.getElementById("ward-table");
  const districts = new Map();
  study.words.wards.code.forEach((_, place) => {
    const name = study.text.district(place);
    if (!districts.has(name)) districts.set(name, []);
    districts.get(name).push(place);
  });
  const names = [...districts.keys()].sort((one, other) => one.localeCompare(other));
  names.forEach((name, order) => {
    const option = make("option", "", name || "Wards without a district");
    option.value = String(order);
    select.append(option);
  });
  const show = () => {
    const name = names[Number(select.value)];
    home.replaceChildren(...(select.value === "" ? [] : [wardTable(study, name, districts.get(name))]));
  };
  select.addEventListener("change", show);
  study.onView = show;
}

function wardTable(study, district, members) {
  const { words, text } = study;
  const shown = study.views.filter((view) => !view.analyst);
  if (!shown.includes(study.view)) shown.push(study.view);
  const facts = study.facts.filter((fact) => fact.values.length);
  const heads = ["Ward", "Code", "Standing", "Area", ...shown.map((view) => view.name || "Wards"), ...facts.map((fact) => fact.label)];
  const rows = members.map((place) => {
    const area = words.areas[words.wards.area[place]];
    const name = make("th", "", "", named(words.wards.name[place] || words.wards.code[place]));
    name.scope = "row";
    const cells = [
      words.wards.code[place],
      text.standing(place),
      area ? area.number : "",
      ...shown.map((view) => classOf(study, view, place)),
      ...facts.map((fact) => fact.text(place)),
    ];
    return make("tr", "", "", name, ...cells.map((cell) => make("td", "", cell || "–")));
  });
  const head = make("tr", "", "", ...heads.map((label) => Object.assign(make("th", "", label), { scope: "col" })));
  return make("table", "", "", make("caption", "", `Wards of ${district || "no district"}`), make("thead", "", "", head), make("tbody", "", "", ...rows));
}

/** The class of a ward in words, with the range it stands for. */
function classOf(study, view, place) {
  const kind = study.kindOf(view.values[place], view);
  const country = Math.max(0, view.countries.indexOf(study.text.country(place)));
  const range = kind.ranges?.[country];
  return range ? `${kind.name} (${range})` : kind.name;
}
