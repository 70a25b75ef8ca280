/* Puts the study on the map and ties lists, search, cards and legend to it. All text reaches the page as text. */

/** Pixels between the middles of two numbers that stand beside each other. */
const APART = 30;

/** An element with a class, a text and children; never markup. */
function make(tag, className, text, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  element.append(...children);
  return element;
}

/** A name from data: kept apart from the direction of the text around it. */
function named(text) {
  return make("bdi", "", text);
}

function control(className, text, action) {
  const button = make("button", className, text);
  button.type = "button";
  button.addEventListener("click", action);
  return button;
}

async function drawStudy(map, bounds) {
  const whole = () => map.fitBounds(bounds, { padding: [14, 14], animate: false });
  whole();
  map.getContainer().setAttribute("role", "application");
  map.getContainer().setAttribute("aria-label", "Map of the wards. Arrow keys move it, plus and minus change its scale.");
  const waiting = document.getElementById("waiting");
  try {
    const study = await readStudy(bounds);
    startStudy(map, study);
    map.invalidateSize({ animate: false }); // the legend has taken its room by now
    whole();
    waiting.remove();
    document.documentElement.dataset.state = "ready";
  } catch (fault) {
    waiting.textContent =
      typeof DecompressionStream === "undefined"
        ? "This browser is too old to draw the map (it cannot unpack it). The lists and the table hold the same areas."
        : "The map could not be drawn. The lists and the table hold the same areas.";
    document.documentElement.dataset.state = "failed";
    console.error(fault);
  }
}

/** Words, outlines and points of the study. */
async function readStudy(bounds) {
  const [text, bytes] = await Promise.all([unpack("words"), unpack("outlines")]);
  const words = JSON.parse(new TextDecoder().decode(text));
  const step = 10 ** -words.places;
  const plane = planeAround(L.latLngBounds(bounds).getCenter(), 10);
  const run = integerReader(bytes);
  const points = (pairs) => pairs.map((pair) => pair && plane.place(pair[0] * step, pair[1] * step));
  return {
    words,
    plane,
    wards: readShapes(run, step, plane),
    districts: readShapes(run, step, plane),
    areas: readShapes(run, step, plane),
    wardPoints: points(words.wards.point),
    districtPoints: points(words.districts.point),
    areaPoints: points(words.areaPoints),
    notAssessed: words.notAssessed,
    view: words.views[0] ?? plainView(words),
    shown: { areas: true, centres: true, names: true },
    chosen: null,
    labelBoxes: () => [],
    leaders: [],
  };
}

/** A study without an index or a test still shows its wards. */
function plainView(words) {
  const values = words.wards.code.map(() => 0);
  return { name: "", title: "Wards", note: "", classes: [{ name: "Ward", fill: "#f1f4ea", pattern: "plain", ranges: [] }], countries: [], values };
}

function startStudy(map, study) {
  const canvas = new StudyCanvas(study).addTo(map);
  const labels = addLabels(map, study, (place) => choose("area", place));
  const redraw = () => canvas.draw();

  /** Choose a ward or an area: outline it, show its card, and take the map there if asked. */
  function choose(kind, place, move = false) {
    const shape = (kind === "ward" ? study.wards : study.areas)[place];
    study.chosen = shape;
    labels.mark(kind === "area" ? place : study.words.wards.area[place]);
    for (const button of document.querySelectorAll("[data-area]")) {
      button.setAttribute("aria-pressed", String(kind === "area" && Number(button.dataset.area) === place));
    }
    const card = kind === "ward" ? wardCard(study, place, choose, close) : areaCard(study, place, choose, close);
    const home = document.getElementById("card");
    home.replaceChildren(...card);
    home.hidden = false;
    if (move && shape.rings.length) show(map, study, shape, kind);
    redraw();
    home.focus({ preventScroll: true });
    const panel = document.getElementById("panel");
    if (panel.scrollHeight > panel.clientHeight + 1) panel.scrollTop = home.offsetTop - panel.offsetTop - 16;
    else if (move) map.getContainer().scrollIntoView({ block: "start" });
  }

  function close() {
    study.chosen = null;
    labels.mark(-1);
    for (const button of document.querySelectorAll("[data-area]")) button.setAttribute("aria-pressed", "false");
    document.getElementById("card").hidden = true;
    document.getElementById("find").focus({ preventScroll: true });
    redraw();
  }

  addLegend(study, redraw, () => labels.toggle(study.shown.areas));
  addSearch(study, (place) => choose("ward", place, true));
  addPointer(map, study, (place) => choose("ward", place));
  for (const button of document.querySelectorAll("[data-area]")) {
    button.addEventListener("click", () => choose("area", Number(button.dataset.area), true));
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !document.getElementById("card").hidden) close();
  });
  document.addEventListener("click", (event) => {
    const sheet = document.querySelector(".proxy[open]");
    if (sheet && !sheet.contains(event.target)) sheet.open = false;
  });
  redraw();
  new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(map.getContainer());
}

/** Take the map to a shape, with room around it. */
function show(map, study, shape, kind) {
  const bounds = L.latLngBounds(
    study.plane.degrees(shape.west, shape.south),
    study.plane.degrees(shape.east, shape.north),
  );
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  map.fitBounds(bounds.pad(kind === "ward" ? 2 : 1), { maxZoom: 14, animate: !still });
}

// ---------------------------------------------------------------------------------------- labels of the areas

/**
 * A numbered button on every area. Numbers of the shortlist are moved apart where they would cover each other, with a
 * line to their area; those of the next areas wait until there is room for them.
 */
function addLabels(map, study, choose) {
  const markers = study.words.areas.map((area, place) => {
    const point = study.areaPoints[place];
    if (!point) return null;
    const icon = L.divIcon({
      className: `area-label${area.shortlisted ? "" : " next"}`,
      html: make("span", "", area.number),
      iconSize: [34, 34],
    });
    const home = study.plane.degrees(point[0], point[1]);
    const marker = L.marker(home, { icon, keyboard: true, riseOnHover: true, zIndexOffset: area.shortlisted ? 1000 - place : 0 });
    Object.assign(marker, { home, area });
    marker.on("click", () => choose(place));
    marker.on("add", () => marker.getElement().setAttribute("aria-label", `${area.standing}, number ${area.number}: ${area.name}`));
    return marker.addTo(map);
  });
  const present = () => markers.filter((marker) => marker && map.hasLayer(marker));

  function spread() {
    const all = present().map((marker) => ({ marker, at: map.latLngToLayerPoint(marker.home) }));
    const placed = all.filter(({ marker }) => marker.area.shortlisted);
    for (let round = 0; round < 40; round++) {
      let moved = false;
      for (let i = 0; i < placed.length; i++) {
        for (let j = 0; j < i; j++) moved = pushApart(placed[i], placed[j], i) || moved;
      }
      if (!moved) break;
    }
    for (const label of all) {
      if (label.marker.area.shortlisted) continue;
      const room = placed.every((other) => other.at.distanceTo(label.at) > APART);
      label.marker.getElement().hidden = !room;
      if (room) placed.push(label);
    }
    for (const { marker, at } of placed) marker.setLatLng(map.layerPointToLatLng(at));
    study.leaders = placed.map(({ marker, at }) => [map.latLngToLayerPoint(marker.home), at]).filter(([home, at]) => home.distanceTo(at) > 9);
  }
  map.on("zoomend viewreset", spread);
  spread();
  study.labelBoxes = (current, corner) =>
    present().flatMap((marker) => {
      if (marker.getElement().hidden) return [];
      const at = current.latLngToLayerPoint(marker.getLatLng()).subtract(corner);
      return [[at.x - 15, at.y - 15, at.x + 15, at.y + 15]];
    });
  return {
    mark: (chosen) => markers.forEach((marker, place) => marker?.getElement()?.classList.toggle("chosen", place === chosen)),
    toggle: (visible) => {
      for (const marker of markers) if (marker) visible ? marker.addTo(map) : marker.remove();
      spread();
    },
  };
}

/** Moves two labels away from each other until they no longer overlap; true if they had to move. */
function pushApart(one, other, turn) {
  let away = one.at.subtract(other.at);
  let distance = away.distanceTo([0, 0]);
  if (distance >= APART) return false;
  if (distance < 0.5) {
    away = L.point(Math.cos(turn * 2.4), Math.sin(turn * 2.4));
    distance = 1;
  }
  const push = away.multiplyBy((APART - distance) / 2 / distance + 0.01);
  one.at = one.at.add(push);
  other.at = other.at.subtract(push);
  return true;
}

// ------------------------------------------------------------------------------------------------- the legend

function addLegend(study, redraw, toggleAreas) {
  const home = document.getElementById("views");
  study.words.views.forEach((view, place) => {
    const input = make("input");
    Object.assign(input, { type: "radio", name: "view", value: String(place), checked: place === 0 });
    input.addEventListener("change", () => {
      study.view = view;
      showClasses(study);
      redraw();
    });
    home.append(make("label", "", "", input, make("span", "", view.name)));
  });
  const toggles = [
    ["areas", "Areas (next: dashed)", areaSwatch, study.words.areas.length],
    ["centres", "Busy centres", centreSwatch, study.words.wards.visitor.length],
    ["names", "Names", null, 1],
  ];
  for (const [name, text, swatch, any] of toggles) {
    if (!any) continue;
    const input = make("input");
    Object.assign(input, { type: "checkbox", name, checked: true });
    input.addEventListener("change", () => {
      study.shown[name] = input.checked;
      if (name === "areas") toggleAreas();
      redraw();
    });
    const label = make("label", "", "", input);
    if (swatch) label.append(swatch());
    label.append(make("span", "", text));
    document.getElementById("toggles").append(label);
  }
  showClasses(study);
}

/** The classes of the view, each with its range in every country. */
function showClasses(study) {
  const { view } = study;
  document.getElementById("legend-title").textContent = view.title;
  document.getElementById("legend-note").textContent = view.note;
  const shown = view.classes.filter((kind, value) => view.values.includes(value) || !view.countries.length);
  if (view.values.includes(-2)) shown.push(NO_VALUE);
  if (view.values.includes(study.notAssessed)) shown.push(BLANK);
  const cells = shown.map((kind) => {
    const cell = make("li", "", "", swatchOf(kind), make("b", "", kind.name));
    (kind.ranges ?? []).forEach((range, place) => {
      const country = view.countries.length > 1 ? `${view.countries[place]} ` : "";
      cell.append(make("span", "range", `${country}${range}`));
    });
    return cell;
  });
  document.getElementById("legend-classes").replaceChildren(...cells);
}

function swatchOf(kind) {
  const [canvas, pen, density] = smallCanvas(400, 14);
  canvas.className = "swatch";
  canvas.style.objectFit = "cover";
  canvas.style.width = canvas.style.height = "";
  pen.setTransform(density, 0, 0, density, 0, 0);
  pen.fillStyle = paint(pen, kind, density, density);
  pen.fillRect(0, 0, 400, 14);
  return canvas;
}

function centreSwatch() {
  const [canvas, pen, density] = smallCanvas(27, 17);
  pen.scale(density, density);
  centreMark(pen, 13.5, 8.5, 5);
  return canvas;
}

function areaSwatch() {
  const [canvas, pen, density] = smallCanvas(27, 17);
  pen.scale(density, density);
  pen.strokeStyle = INK;
  pen.lineWidth = 2.4;
  pen.strokeRect(2, 4, 9, 9);
  pen.setLineDash([3, 2]);
  pen.lineWidth = 1.5;
  pen.strokeRect(16, 4, 9, 9);
  return canvas;
}

function smallCanvas(width, height) {
  const density = window.devicePixelRatio || 1;
  const canvas = document.createElement("canvas");
  canvas.width = width * density;
  canvas.height = height * density;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  canvas.setAttribute("aria-hidden", "true");
  return [canvas, canvas.getContext("2d"), density];
}

// -------------------------------------------------------------------------------------------- pointer on the map

function addPointer(map, study, choose) {
  const tip = document.getElementById("tip");
  const wardAt = (latlng) => {
    const [x, y] = study.plane.place(latlng.lng, latlng.lat);
    return study.wards.findIndex((shape) => holds(shape, x, y));
  };
  map.on("click", (event) => {
    const place = wardAt(event.latlng);
    if (place >= 0) choose(place);
  });
  map.on("mousemove", (event) => {
    const place = wardAt(event.latlng);
    tip.hidden = place < 0;
    map.getContainer().style.cursor = place < 0 ? "" : "pointer";
    if (place < 0) return;
    const value = study.view.values[place];
    const kind = value === study.notAssessed ? BLANK : value < 0 ? NO_VALUE : study.view.classes[value];
    tip.replaceChildren(make("b", "", "", named(study.words.wards.name[place])), make("span", "", kind.name));
    const size = map.getSize();
    const left = Math.min(event.containerPoint.x + 14, size.x - tip.offsetWidth - 8);
    const below = event.containerPoint.y + 16;
    tip.style.left = `${Math.max(4, left)}px`;
    tip.style.top = `${below + tip.offsetHeight > size.y ? event.containerPoint.y - tip.offsetHeight - 10 : below}px`;
  });
  map.on("mouseout movestart zoomstart", () => (tip.hidden = true));
}

// -------------------------------------------------------------------------------------------------- the search

/** Lower case without accents, so that 'Ynys Mon' finds 'Ynys Môn'. */
function plainText(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

function addSearch(study, choose) {
  const input = document.getElementById("find");
  const list = document.getElementById("found");
  const status = document.getElementById("found-count");
  const { wards } = study.words;
  const districtNames = wards.districts.map(plainText);
  const texts = wards.name.map((name, place) => [plainText(name), districtNames[wards.district[place]] ?? "", wards.code[place].toLowerCase()]);
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
        const where = [wards.districts[wards.district[place]], wards.code[place]].filter(Boolean).join(" · ");
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
    status.textContent = query ? (all.length ? `${all.length} wards found` : "No ward found") : "";
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

// --------------------------------------------------------------------------------------------------- the cards

function cardHead(title, where, close) {
  const button = control("close", "×", close);
  button.setAttribute("aria-label", "Close the card");
  return make("header", "", "", make("div", "", "", make("h3", "", "", named(title)), make("div", "quiet small", where)), button);
}

function pairs(facts) {
  const list = make("dl");
  for (const [label, value] of facts) list.append(make("dt", "", label), make("dd", "", value));
  return list;
}

function caveatList(texts) {
  return texts.length ? [make("ul", "caveats", "", ...texts.map((text) => make("li", "", text)))] : [];
}

function wardCard(study, place, choose, close) {
  const { wards, areas } = study.words;
  const of = (facts) => facts.filter((fact) => fact.values[place]).map((fact) => [fact.label, fact.values[place]]);
  const country = wards.countries[wards.country[place]];
  const where = [wards.districts[wards.district[place]], wards.forces[wards.force[place]], country, wards.code[place]];
  const card = [cardHead(wards.name[place] || wards.code[place], where.filter(Boolean).join(" · "), close)];
  const area = areas[wards.area[place]];
  if (area) {
    const link = control("link", "", () => choose("area", wards.area[place], true));
    link.append(`area ${area.number}, `, named(area.name));
    card.push(make("p", "standing", "", area.shortlisted ? "On the shortlist, in " : "Nearly chosen, in ", link));
  } else if (wards.why[place] && study.view.values[place] !== study.notAssessed) {
    card.push(make("p", "standing", "In no area on the lists"));
  }
  if (wards.why[place]) card.push(make("p", "why", wards.why[place]));
  if (of(wards.facts).length) card.push(pairs(of(wards.facts)));
  card.push(...caveatList(wards.caveats[place] ? wards.caveats[place].split("\n") : []));
  const bars = of(wards.bars);
  if (bars.length) {
    const list = make("dl", "bars");
    for (const [label, value] of bars) {
      const fill = make("i");
      fill.style.width = `${Math.max(0, Math.min(100, Number(value) || 0))}%`;
      const bar = make("dd", "", "", make("div", "bar", "", fill));
      bar.setAttribute("aria-hidden", "true");
      list.append(make("dt", "", label), bar, make("dd", "value", value));
    }
    card.push(make("h4", "", `Deprivation: more deprived than so many of 100 wards in ${country || "the study"}`), list);
  }
  const more = of(wards.more);
  if (more.length) card.push(make("details", "", "", make("summary", "", "More numbers"), pairs(more)));
  return card;
}

function areaCard(study, place, choose, close) {
  const area = study.words.areas[place];
  const { wards } = study.words;
  const members = wards.area.flatMap((home, ward) => (home === place ? [ward] : []));
  const list = make("ul", "members");
  for (const ward of members) {
    const link = control("link", "", () => choose("ward", ward));
    link.append(named(wards.name[ward] || wards.code[ward]));
    list.append(make("li", "", "", link));
  }
  return [
    cardHead(`${area.number}. ${area.name}`, area.where, close),
    make("p", "standing", area.standing),
    pairs(area.facts),
    ...caveatList(area.caveats),
    make("h4", "", "Its wards"),
    list,
  ];
}
