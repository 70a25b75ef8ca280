/* Puts the study on the map and ties lists, search, cards and legend to it. All text reaches the page as text. */

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
    startStudy(map, study, whole);
    map.invalidateSize({ animate: false }); // the legend has taken its room by now
    whole();
    waiting.remove();
    performance.mark("ready");
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
  const plane = planeAround(L.latLngBounds(bounds).getCenter(), 10);
  const run = integerReader(bytes);
  const arcs = readArcs(run, 10 ** -words.places, plane);
  const [wards, districts, areas] = [0, 1, 2].map(() => readLayer(run, arcs));
  const points = (layer) => readPoints(run, layer.shapes, words.pointSteps);
  const outlines = {
    wards: wards.shapes,
    districts: districts.shapes,
    areas: areas.shapes,
    wardPoints: points(wards),
    districtPoints: points(districts),
    areaPoints: points(areas),
    borders: wards.borders,
    districtBorders: districts.borders,
  };
  const columns = summed(run());
  const rows = summed(run());
  const views = words.views.map((view) => ({ ...view, values: classNumbers(view.values) }));
  const ofFacts = (facts) => facts.map((fact) => ({ label: fact.label, values: words.wards.code, text: column(fact.values) }));
  const names = ["district", "country", "force", "standing", "why", "wouldChange", "rivals", "tests", "caveats"];
  const study = {
    words,
    plane,
    views: views.length ? views : [plainView(words)],
    text: Object.fromEntries(names.map((name) => [name, column(words.wards[name])])),
    facts: ofFacts(words.wards.facts),
    bars: ofFacts(words.wards.bars),
    more: ofFacts(words.wards.more),
    form: outlines,
    shown: { areas: true, centres: true, names: true },
    chosen: null,
    translucent: false,
    labelBoxes: () => [],
    leaders: [],
    onView: () => {},
  };
  study.view = study.views[0];
  study.kindOf = (value, view = study.view) => (value === words.notAssessed ? BLANK : value < 0 ? NO_VALUE : view.classes[value]);
  study.groups = groupWards(study);
  let hexagons = null;
  study.formOf = (name) => {
    if (name !== "hexagons") return outlines;
    hexagons ??= makeHexagons(columns, rows, words.hexes, plane, study.groups);
    return hexagons;
  };
  return study;
}

/** The wards of each district and of each area. */
function groupWards(study) {
  const { words, text } = study;
  const ofDistrict = new Map(words.districts.map((name) => [name, []]));
  const areas = words.areas.map(() => []);
  words.wards.code.forEach((_, place) => {
    ofDistrict.get(text.district(place))?.push(place);
    areas[words.wards.area[place]]?.push(place);
  });
  return { districts: [...ofDistrict.values()], areas };
}

/** A study without an index or a test still shows its wards. */
function plainView(words) {
  const values = new Int8Array(words.wards.code.length);
  const classes = [{ name: "Ward", fill: "#f1f4ea", pattern: "plain", ranges: [] }];
  return { name: "", title: "Wards", note: "", classes, countries: [], values, analyst: false };
}

function startStudy(map, study, whole) {
  const canvas = new StudyCanvas(study).addTo(map);
  const labels = addLabels(map, study, (place) => choose("areas", place));
  const redraw = () => canvas.draw();
  const base = addBaseMap(map, study);

  /** Choose a ward or an area: outline it, show its card, and take the map there if asked. */
  function choose(kind, place, move = false) {
    study.chosen = { kind, place };
    labels.mark(kind === "areas" ? place : study.words.wards.area[place]);
    for (const button of document.querySelectorAll("[data-area]")) {
      button.setAttribute("aria-pressed", String(kind === "areas" && Number(button.dataset.area) === place));
    }
    const card = kind === "wards" ? wardCard(study, place, choose, close) : areaCard(study, place, choose, close);
    const home = document.getElementById("card");
    home.replaceChildren(...card);
    home.hidden = false;
    const shape = study.form[kind][place];
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

  function changeForm(name) {
    study.form = study.formOf(name);
    base?.setOpacity(name === "hexagons" ? 0 : 1);
    study.translucent = Boolean(base) && name !== "hexagons";
    whole();
    labels.home();
    redraw();
  }

  addLegend(study, { redraw, toggleAreas: () => labels.toggle(study.shown.areas), changeForm });
  addSearch(study, (place) => choose("wards", place, true));
  addPointer(map, study, (place) => choose("wards", place));
  addWardTable(study);
  addPrint(map);
  for (const button of document.querySelectorAll("[data-area]")) {
    button.addEventListener("click", () => choose("areas", Number(button.dataset.area), true));
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

/** Pictures of a base map beneath the wards, where the study asked for one: the only thing that leaves the page. */
function addBaseMap(map, study) {
  const { tiles } = study.words;
  if (!tiles) return null;
  study.translucent = true;
  return L.tileLayer(tiles.url, { maxZoom: 19 }).addTo(map);
}

/** On paper the map has the size of the paper and shows the same place; everything folded is open. */
function addPrint(map) {
  let opened = [];
  let seen = null;
  const resize = () => {
    map.invalidateSize({ animate: false });
    map.fitBounds(seen, { animate: false });
  };
  window.addEventListener("beforeprint", () => {
    seen = map.getBounds();
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const details of opened) details.open = true;
    document.documentElement.classList.add("printing");
    resize();
  });
  window.addEventListener("afterprint", () => {
    document.documentElement.classList.remove("printing");
    for (const details of opened) details.open = false;
    resize();
  });
}

/** Take the map to a shape, with room around it. */
function show(map, study, shape, kind) {
  const bounds = L.latLngBounds(
    study.plane.degrees(shape.west, shape.south),
    study.plane.degrees(shape.east, shape.north),
  );
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  map.fitBounds(bounds.pad(kind === "wards" ? 2 : 1), { maxZoom: 14, animate: !still });
}

/** A ward under the pointer says its name and class; a click chooses it. */
function addPointer(map, study, choose) {
  const tip = document.getElementById("tip");
  const wardAt = (latlng) => {
    const [x, y] = [study.plane.x(latlng.lng), study.plane.y(latlng.lat)];
    return study.form.wards.findIndex((shape) => holds(shape, x, y));
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
    const kind = study.kindOf(study.view.values[place]);
    tip.replaceChildren(make("b", "", "", named(study.words.wards.name[place])), make("span", "", kind.name));
    const size = map.getSize();
    const left = Math.min(event.containerPoint.x + 14, size.x - tip.offsetWidth - 8);
    const below = event.containerPoint.y + 16;
    tip.style.left = `${Math.max(4, left)}px`;
    tip.style.top = `${below + tip.offsetHeight > size.y ? event.containerPoint.y - tip.offsetHeight - 10 : below}px`;
  });
  map.on("mouseout movestart zoomstart", () => (tip.hidden = true));
}
