"use strict";
/* Unpacks the words and the outlines that the page carries. */

/** The bytes of a packed block of the page. Throws where the browser cannot unpack. */
async function unpack(id) {
  const text = atob(document.getElementById(id).textContent);
  const packed = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) packed[i] = text.charCodeAt(i);
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Reads runs of variable-length zigzag integers, one after another. */
function integerReader(bytes) {
  let at = 0;
  function next() {
    let value = 0;
    let unit = 1;
    let byte;
    do {
      byte = bytes[at++];
      value += (byte & 127) * unit;
      unit *= 128;
    } while (byte > 127);
    return value % 2 ? -(value + 1) / 2 : value / 2;
  }
  return function run() {
    const length = next();
    const values = new Int32Array(length);
    for (let i = 0; i < length; i++) values[i] = next();
    return values;
  };
}

/** Running sums of a run of steps. */
function summed(steps) {
  for (let i = 1; i < steps.length; i++) steps[i] += steps[i - 1];
  return steps;
}

/** A text column of the words: a list, or each text once with the place of every row's text. */
function column(values) {
  return Array.isArray(values) ? (place) => values[place] : (place) => values.texts[values.at[place]];
}

/** Class numbers from letters: 'A' is -2, 'C' is 0. */
function classNumbers(letters) {
  return Int8Array.from(letters, (letter) => letter.charCodeAt(0) - 67);
}

/** A map plane in Leaflet's own projection at one zoom, around a centre: small numbers keep their precision. */
function planeAround(centre, zoom) {
  const middle = L.CRS.EPSG3857.latLngToPoint(centre, zoom);
  const world = 256 * 2 ** zoom;
  const metre = world / (2 * Math.PI * 6378137);
  return {
    zoom,
    middle,
    metre,
    x: (longitude) => (longitude / 360 + 0.5) * world - middle.x,
    y: (latitude) => (0.5 - Math.asinh(Math.tan((latitude * Math.PI) / 180)) / (2 * Math.PI)) * world - middle.y,
    fromMetres: (east, north) => [east * metre + world / 2 - middle.x, world / 2 - north * metre - middle.y],
    degrees: (x, y) => L.CRS.EPSG3857.pointToLatLng(L.point(x + middle.x, y + middle.y), zoom),
  };
}

/** A shape of one or more rings: its points, its bounding box and one path to draw. */
function makeShape(rings) {
  const shape = { rings, path: new Path2D(), west: Infinity, north: Infinity, east: -Infinity, south: -Infinity };
  for (const ring of rings) {
    for (let i = 0; i < ring.length; i += 2) {
      const x = ring[i];
      const y = ring[i + 1];
      if (x < shape.west) shape.west = x;
      if (x > shape.east) shape.east = x;
      if (y < shape.north) shape.north = y;
      if (y > shape.south) shape.south = y;
      if (i === 0) shape.path.moveTo(x, y);
      else shape.path.lineTo(x, y);
    }
    shape.path.closePath();
  }
  return shape;
}

/** The arcs that all outlines are made of: the points of all, and where each begins. */
function readArcs(run, step, plane) {
  const sizes = run();
  const longitudes = summed(run());
  const latitudes = summed(run());
  const x = Float32Array.from(longitudes, (value) => plane.x(value * step));
  const y = Float32Array.from(latitudes, (value) => plane.y(value * step));
  const begins = new Int32Array(sizes.length + 1);
  sizes.forEach((size, arc) => (begins[arc + 1] = begins[arc] + size));
  return { x, y, begins, numbered: 0 };
}

/** The next layer of shapes, each ring joined from its arcs; `borders` draws every arc of the layer once. */
function readLayer(run, arcs) {
  const ringCounts = run();
  const arcCounts = run();
  const references = run();
  const borders = new Path2D();
  const drawn = new Set();
  let ring = 0;
  let used = 0;
  function nextRing() {
    const pieces = [];
    let length = 0;
    for (let i = arcCounts[ring++]; i > 0; i--) {
      const reference = references[used++];
      const arc = reference === 0 ? arcs.numbered++ : arcs.numbered - Math.abs(reference);
      const [begin, end] = [arcs.begins[arc], arcs.begins[arc + 1]];
      pieces.push(reference < 0 ? [end - 1, -1, end - begin - 1] : [begin, 1, end - begin - 1]);
      length += end - begin - 1;
      if (!drawn.has(arc)) {
        drawn.add(arc);
        borders.moveTo(arcs.x[begin], arcs.y[begin]);
        for (let point = begin + 1; point < end; point++) borders.lineTo(arcs.x[point], arcs.y[point]);
      }
    }
    const points = new Float32Array(2 * length);
    let at = 0;
    for (const [start, turn, count] of pieces) {
      for (let i = 0, point = start; i < count; i++, point += turn) {
        points[at++] = arcs.x[point];
        points[at++] = arcs.y[point];
      }
    }
    return points;
  }
  const shapes = Array.from(ringCounts, (count) => makeShape(Array.from({ length: count }, nextRing)));
  return { shapes, borders };
}

/** A point inside each shape, from its place in the shape's box; null where there is no shape. */
function readPoints(run, shapes, steps) {
  const shares = run();
  return shapes.map((shape, place) => {
    if (!shape.rings.length) return null;
    const [right, up] = [shares[2 * place] / steps, shares[2 * place + 1] / steps];
    return [shape.west + right * (shape.east - shape.west), shape.south - up * (shape.south - shape.north)];
  });
}

/** Whether a point of the plane lies inside a shape (holes are outside). */
function holds(shape, x, y) {
  if (x < shape.west || x > shape.east || y < shape.north || y > shape.south) return false;
  let inside = false;
  for (const ring of shape.rings) {
    for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
      const crosses = ring[i + 1] > y !== ring[j + 1] > y;
      if (crosses && x < ((ring[j] - ring[i]) * (y - ring[i + 1])) / (ring[j + 1] - ring[i + 1]) + ring[i]) {
        inside = !inside;
      }
    }
  }
  return inside;
}
