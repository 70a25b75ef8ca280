"use strict";
/* Unpacks the words and the outlines that the page carries. */

/** The bytes of a packed block of the page. Throws where the browser cannot unpack. */
async function unpack(id) {
  const packed = Uint8Array.from(atob(document.getElementById(id).textContent), (char) => char.charCodeAt(0));
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

/** A map plane in Leaflet's own projection at one zoom, around a centre: small numbers keep their precision. */
function planeAround(centre, zoom) {
  const middle = L.CRS.EPSG3857.latLngToPoint(centre, zoom);
  return {
    zoom,
    middle,
    place(longitude, latitude) {
      const point = L.CRS.EPSG3857.latLngToPoint(L.latLng(latitude, longitude), zoom);
      return [point.x - middle.x, point.y - middle.y];
    },
    degrees(x, y) {
      return L.CRS.EPSG3857.pointToLatLng(L.point(x + middle.x, y + middle.y), zoom);
    },
  };
}

/** The next set of outlines: for each shape its rings, its bounding box and one path to draw. */
function readShapes(run, step, plane) {
  const ringCounts = run();
  const sizes = run();
  const steps = run();
  let ring = 0;
  let at = 0;
  let longitude = 0;
  let latitude = 0;
  return Array.from(ringCounts, (rings) => {
    const shape = { rings: [], path: new Path2D(), west: Infinity, north: Infinity, east: -Infinity, south: -Infinity };
    for (let r = 0; r < rings; r++) {
      const points = new Float32Array(2 * sizes[ring]);
      for (let i = 0; i < points.length; i += 2) {
        longitude += steps[at++];
        latitude += steps[at++];
        const [x, y] = plane.place(longitude * step, latitude * step);
        points[i] = x;
        points[i + 1] = y;
        shape.west = Math.min(shape.west, x);
        shape.east = Math.max(shape.east, x);
        shape.north = Math.min(shape.north, y);
        shape.south = Math.max(shape.south, y);
        if (i === 0) shape.path.moveTo(x, y);
        else shape.path.lineTo(x, y);
      }
      shape.path.closePath();
      shape.rings.push(points);
      ring++;
    }
    return shape;
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
