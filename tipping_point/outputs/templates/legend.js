/* The ways to colour the wards, the months, what else is shown, and what the colours mean. */

function addLegend(study, { redraw, toggleAreas, changeForm }) {
  addViews(study, redraw);
  addMonths(study, redraw);
  addForms(study, changeForm);
  addToggles(study, redraw, toggleAreas);
  const missing = document.getElementById("missing-views");
  missing.textContent = study.words.missingViews.join(" ");
  missing.hidden = !study.words.missingViews.length;
  showClasses(study);
}

/** Colour the wards by a view, and say so. */
function showView(study, view, redraw) {
  study.view = view;
  showClasses(study);
  redraw();
  study.onView();
}

/** The views for everyone as buttons, the others as a list for analysts; choosing one lets go of the other. */
function addViews(study, redraw) {
  const home = document.getElementById("views");
  const select = document.getElementById("analyst-view");
  const radio = (name, checked, action, home_) => {
    const input = make("input");
    Object.assign(input, { type: "radio", name, checked });
    input.addEventListener("change", action);
    home_.append(make("label", "", "", input));
    return input;
  };
  study.views.forEach((view, place) => {
    if (view.analyst) {
      const option = make("option", "", view.name);
      option.value = String(place);
      select.append(option);
      return;
    }
    const input = radio("view", place === 0, () => {
      select.value = "";
      showView(study, view, redraw);
    }, home);
    input.after(make("span", "", view.name));
  });
  const noRadio = () => home.querySelectorAll("input").forEach((input) => (input.checked = false));
  study.leaveViews = (text) => {
    noRadio();
    select.value = text;
  };
  select.addEventListener("change", () => {
    if (select.value === "") {
      home.querySelector("input")?.click();
      return;
    }
    noRadio();
    showView(study, study.views[Number(select.value)], redraw);
  });
  document.getElementById("analysts").hidden = !select.querySelector("option + option") && !study.words.slider.note;
}

/** The slider: one view for every period, all on one scale. */
function addMonths(study, redraw) {
  const { slider } = study.words;
  const box = document.getElementById("months");
  const input = document.getElementById("month");
  const said = document.getElementById("month-said");
  document.getElementById("months-note").textContent = slider.periods.length ? "" : slider.note;
  box.hidden = !slider.periods.length;
  if (box.hidden) return;
  const all = classNumbers(slider.values);
  const many = slider.periods.length;
  const wards = study.words.wards.code.length;
  const made = new Map();
  const viewOf = (period) => {
    if (!made.has(period)) {
      const values = Int8Array.from({ length: wards }, (_, ward) => all[ward * many + period]);
      made.set(period, { ...slider, name: slider.periods[period], title: slider.periods[period], values });
    }
    return made.get(period);
  };
  input.max = String(many - 1);
  input.value = String(many - 1);
  const say = () => {
    said.textContent = slider.periods[Number(input.value)];
    input.setAttribute("aria-valuetext", said.textContent);
  };
  say();
  input.addEventListener("input", () => {
    say();
    study.leaveViews("");
    showView(study, viewOf(Number(input.value)), redraw);
  });
}

/** The map as it is, or one hexagon a ward. */
function addForms(study, changeForm) {
  for (const input of document.querySelectorAll("#forms input")) {
    input.addEventListener("change", () => changeForm(input.value));
  }
}

function addToggles(study, redraw, toggleAreas) {
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
}

/** The classes of the view, each with its range in every country. */
function showClasses(study) {
  const { view } = study;
  document.getElementById("legend-title").textContent = view.title;
  document.getElementById("legend-note").textContent = view.note;
  const shown = view.classes.filter((kind, value) => view.values.includes(value) || !view.countries.length);
  if (view.values.includes(NO_VALUE.code)) shown.push(NO_VALUE);
  if (view.values.includes(study.words.notAssessed)) shown.push(BLANK);
  const cells = shown.map((kind) => {
    const cell = make("li", "", "", swatchOf(kind), make("b", "", kind.name));
    if (kind.meaning) cell.append(make("span", "range", kind.meaning));
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
