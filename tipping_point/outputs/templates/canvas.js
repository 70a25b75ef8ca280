/* Draws the study on one canvas that follows the map. */

/** More wards in sight than this are drawn class by class. */
const MANY = 1500;

const INK = "#1d2731";
const BLANK = { name: "Not assessed", fill: "#f3f1ec", pattern: "hatch", ink: "#8b929a" };
const NO_VALUE = { code: -2, name: "Without a value here", fill: "#fbfaf7", pattern: "dots", ink: "#8b929a" };

/** A class's fill: plain, or a small tile that tells it apart without colour. `scale` undoes the canvas's zoom. */
function paint(context, kind, density, scale) {
  if (kind.pattern === "plain") return kind.fill;
  const size = 7;
  const tile = document.createElement("canvas");
  tile.width = tile.height = Math.round(size * density);
  const pen = tile.getContext("2d");
  const unit = tile.width / size;
  pen.fillStyle = kind.fill;
  pen.fillRect(0, 0, tile.width, tile.height);
  pen.scale(unit, unit);
  pen.strokeStyle = pen.fillStyle = kind.ink;
  pen.lineWidth = 1.1;
  pen.beginPath();
  if (kind.pattern === "hatch" || kind.pattern === "cross") {
    for (const shift of [-size, 0, size]) {
      pen.moveTo(shift - 1, size + 1);
      pen.lineTo(shift + size + 1, -1);
    }
  }
  if (kind.pattern === "cross") {
    for (const shift of [-size, 0, size]) {
      pen.moveTo(shift - 1, -1);
      pen.lineTo(shift + size + 1, size + 1);
    }
  }
  if (kind.pattern === "lines") {
    pen.moveTo(0, size / 2);
    pen.lineTo(size, size / 2);
  }
  pen.stroke();
  if (kind.pattern === "dots") {
    pen.beginPath();
    pen.arc(size / 2, size / 2, 1.1, 0, 7);
    pen.fill();
  }
  const pattern = context.createPattern(tile, "repeat");
  pattern.setTransform(new DOMMatrix().scale(1 / (scale * unit)));
  return pattern;
}

const StudyCanvas = L.Renderer.extend({
  options: { padding: 0.25 },

  initialize(study) {
    L.Renderer.prototype.initialize.call(this);
    this.study = study;
    this.classPaths = {};
  },

  _initContainer() {
    this._container = document.createElement("canvas");
    this._container.className = "study-canvas";
    this._container.setAttribute("aria-hidden", "true");
    this.pen = this._container.getContext("2d");
  },

  _destroyContainer() {
    this._container.remove();
  },

  /** Leaflet's own would place the canvas between two pixels, which blurs it. */
  _reset() {
    this._update();
  },

  _update() {
    if (this._map._animatingZoom && this._bounds) return;
    L.Renderer.prototype._update.call(this);
    const size = this._bounds.getSize();
    const density = window.devicePixelRatio || 1;
    this._container.width = size.x * density;
    this._container.height = size.y * density;
    this._container.style.width = `${size.x}px`;
    this._container.style.height = `${size.y}px`;
    L.DomUtil.setPosition(this._container, this._bounds.min);
    this.draw();
  },

  /** Where the plane's origin falls on the canvas, and how many canvas pixels one step of the plane is. */
  frame() {
    const { plane } = this.study;
    const scale = this._map.getZoomScale(this._map.getZoom(), plane.zoom);
    const origin = plane.middle.multiplyBy(scale).subtract(this._map.getPixelOrigin()).subtract(this._bounds.min);
    const size = this._bounds.getSize();
    const near = (shape) =>
      shape.east * scale + origin.x > 0 &&
      shape.west * scale + origin.x < size.x &&
      shape.south * scale + origin.y > 0 &&
      shape.north * scale + origin.y < size.y;
    return { scale, origin, near };
  },

  draw() {
    if (!this._map) return;
    const { study, pen } = this;
    const density = window.devicePixelRatio || 1;
    const { scale, origin, near } = this.frame();
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, this._container.width, this._container.height);
    pen.setTransform(scale * density, 0, 0, scale * density, origin.x * density, origin.y * density);
    pen.lineJoin = "round";
    const seen = study.form.wards.flatMap((shape, place) => (near(shape) ? [place] : []));
    pen.globalAlpha = study.translucent ? 0.72 : 1;
    this.fill(seen, scale, density);
    pen.globalAlpha = 1;
    this.borders(seen, scale, near);
    this.outlines(scale, near);
    pen.setTransform(density, 0, 0, density, 0, 0);
    this.leaders();
    if (study.shown.centres) this.centres(seen, scale, origin);
    if (study.shown.names) this.names(seen, scale, origin, near);
  },

  /** Wards by class: one path for a class while most are in sight, ward by ward once the map is close. */
  fill(seen, scale, density) {
    const { study, pen } = this;
    const { view, form } = study;
    const styles = new Map();
    const styleOf = (value) => {
      if (!styles.has(value)) styles.set(value, paint(pen, study.kindOf(value), density, scale * density));
      return styles.get(value);
    };
    if (seen.length > MANY) {
      for (const [value, path] of this.pathsOf(view, form)) {
        pen.fillStyle = styleOf(value);
        pen.fill(path, "evenodd");
      }
      return;
    }
    for (const place of seen) {
      pen.fillStyle = styleOf(view.values[place]);
      pen.fill(form.wards[place].path, "evenodd");
    }
  },

  /** One path for each class of a view; kept for the view and the form shown last. */
  pathsOf(view, form) {
    if (this.classPaths.view !== view || this.classPaths.form !== form) {
      const paths = new Map();
      view.values.forEach((value, place) => {
        if (!paths.has(value)) paths.set(value, new Path2D());
        paths.get(value).addPath(form.wards[place].path);
      });
      this.classPaths = { view, form, paths };
    }
    return this.classPaths.paths;
  },

  borders(seen, scale, near) {
    const { pen } = this;
    const { form } = this.study;
    const many = seen.length > MANY;
    pen.strokeStyle = "rgba(86, 100, 110, 0.4)";
    pen.lineWidth = (many ? 0.3 : seen.length > 400 ? 0.6 : 0.9) / scale;
    if (many) pen.stroke(form.borders);
    else for (const place of seen) pen.stroke(form.wards[place].path);
    pen.strokeStyle = "rgba(29, 39, 49, 0.5)";
    pen.lineWidth = (many ? 0.45 : 0.9) / scale;
    if (many) pen.stroke(form.districtBorders);
    else for (const shape of form.districts) if (near(shape)) pen.stroke(shape.path);
  },

  /** Shortlisted areas in a firm line, the next in a dashed one, what was chosen on top; each with a pale edge. */
  outlines(scale, near) {
    const { study } = this;
    const line = (shape, width, dash, edge) => {
      if (near(shape)) this.stroke(shape, scale, width, dash, edge);
    };
    if (study.shown.areas) {
      study.form.areas.forEach((shape, place) => {
        if (!study.words.areas[place].shortlisted) line(shape, 1.6, [5, 3.5], 3.4);
      });
      study.form.areas.forEach((shape, place) => {
        if (study.words.areas[place].shortlisted) line(shape, 2.4, [], 5);
      });
    }
    if (study.chosen) line(study.form[study.chosen.kind][study.chosen.place], 3.6, [], 7);
  },

  stroke(shape, scale, width, dash, edge) {
    const { pen } = this;
    pen.setLineDash([]);
    pen.strokeStyle = "rgba(255, 255, 255, 0.92)";
    pen.lineWidth = edge / scale;
    pen.stroke(shape.path);
    pen.setLineDash(dash.map((length) => length / scale));
    pen.strokeStyle = INK;
    pen.lineWidth = width / scale;
    pen.stroke(shape.path);
    pen.setLineDash([]);
  },

  /** A thin line from an area to its number, where numbers had to be moved apart. */
  leaders() {
    const { study, pen } = this;
    const corner = this._bounds.min;
    pen.strokeStyle = INK;
    pen.lineWidth = 1;
    pen.beginPath();
    for (const [home, at] of study.leaders) {
      pen.moveTo(home.x - corner.x, home.y - corner.y);
      pen.lineTo(at.x - corner.x, at.y - corner.y);
    }
    pen.stroke();
  },

  /** Busy centres: a ring with a dot, smaller while the map is far. */
  centres(seen, scale, origin) {
    const { study, pen } = this;
    const radius = Math.max(1.5, Math.min(5.5, 5.5 - Math.log10(Math.max(1, seen.length / 60)) * 1.8));
    const visible = new Set(seen);
    for (const place of study.words.wards.visitor) {
      const point = visible.has(place) && study.form.wardPoints[place];
      if (point) centreMark(pen, point[0] * scale + origin.x, point[1] * scale + origin.y, radius);
    }
  },

  /** District names where they fit; ward names too once the map is close. Nothing is written over a name. */
  names(seen, scale, origin, near) {
    const { study, pen } = this;
    const visible = new Set(seen);
    const marks = study.shown.centres && seen.length <= 350 ? study.words.wards.visitor.filter((place) => visible.has(place)) : [];
    const taken = study.labelBoxes(this._map, this._bounds.min);
    for (const [x, y] of marks.map((place) => study.form.wardPoints[place]).filter(Boolean)) {
      const [left, top] = [x * scale + origin.x, y * scale + origin.y];
      taken.push([left - 7, top - 7, left + 7, top + 7]);
    }
    const write = (text, point, width, style, colour) => {
      if (!point || !text) return;
      pen.font = style;
      const length = pen.measureText(text).width;
      if (length > width) return;
      const x = point[0] * scale + origin.x;
      const boxAt = (y) => [x - length / 2 - 3, y - 9, x + length / 2 + 3, y + 9];
      const tries = [0, 17, -17].map((shift) => point[1] * scale + origin.y + shift);
      const y = tries.find((height) => !taken.some((other) => overlap(boxAt(height), other)));
      if (y === undefined) return;
      taken.push(boxAt(y));
      pen.lineJoin = "round";
      pen.textAlign = "center";
      pen.textBaseline = "middle";
      pen.lineWidth = 3;
      pen.strokeStyle = "rgba(255, 255, 255, 0.88)";
      pen.strokeText(text, x, y);
      pen.fillStyle = colour;
      pen.fillText(text, x, y);
    };
    const family = getComputedStyle(document.body).fontFamily;
    study.form.districts.forEach((shape, place) => {
      if (!near(shape)) return;
      const width = (shape.east - shape.west) * scale * 0.95;
      write(study.words.districts[place], study.form.districtPoints[place], width, `600 12px ${family}`, "#3d4852");
    });
    if (seen.length > 350) return;
    for (const place of seen) {
      const shape = study.form.wards[place];
      const width = (shape.east - shape.west) * scale * 0.92;
      write(study.words.wards.name[place], study.form.wardPoints[place], width, `11px ${family}`, INK);
    }
  },
});

function overlap(one, other) {
  return one[0] < other[2] && one[2] > other[0] && one[1] < other[3] && one[3] > other[1];
}

function centreMark(pen, x, y, radius) {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 7);
  pen.fillStyle = "#ffffff";
  pen.fill();
  pen.lineWidth = Math.max(1, radius / 3.6);
  pen.strokeStyle = INK;
  pen.stroke();
  if (radius < 2.5) return;
  pen.beginPath();
  pen.arc(x, y, radius / 2.8, 0, 7);
  pen.fillStyle = INK;
  pen.fill();
}
