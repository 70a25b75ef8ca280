/* One hexagon a ward: the same wards, districts and areas as shapes of equal size. */

/** Corners of a hexagon that stands on a corner, from the top clockwise, in half widths and quarters of its height. */
const CORNERS = [[0, -2], [1, -1], [1, 1], [0, 2], [-1, 1], [-1, -1]];

/** Shapes of the hexagons, in the form of the outlines. `groups`: wards of each district and of each area. */
function makeHexagons(columns, rows, grid, plane, groups) {
  const [west, north] = plane.fromMetres(grid.west, grid.north);
  const unit = (grid.width * plane.metre) / 2;
  const tall = unit / Math.sqrt(3);
  const middles = Array.from(columns, (value, place) => [2 * value + (rows[place] & 1), 3 * rows[place]]);
  const onPlane = ([x, y]) => [west + x * unit, north + y * tall];
  const ringOf = (corners) => Float32Array.from(corners.flatMap(onPlane));
  const has = (place) => rows[place] >= 0;

  const wards = middles.map(([x, y], place) =>
    makeShape(has(place) ? [ringOf(CORNERS.map(([right, down]) => [x + right, y + down]))] : []),
  );
  const outline = (members) => makeShape(outerRings(members.filter(has).map((place) => middles[place])).map(ringOf));
  const middle = (members) => centreOf(members.filter(has).map((place) => onPlane(middles[place])));
  const districts = groups.districts.map(outline);
  const borders = new Path2D();
  for (const shape of wards) borders.addPath(shape.path);
  const districtBorders = new Path2D();
  for (const shape of districts) districtBorders.addPath(shape.path);
  return {
    wards,
    districts,
    areas: groups.areas.map(outline),
    wardPoints: middles.map((at, place) => (has(place) ? onPlane(at) : null)),
    districtPoints: groups.districts.map(middle),
    areaPoints: groups.areas.map(middle),
    borders,
    districtBorders,
  };
}

/** The outer edges of a set of hexagons, joined into rings of corners. */
function outerRings(middles) {
  const key = (x, y) => (x + 4) * 65536 + (y + 4);
  const edges = new Map();
  for (const [x, y] of middles) {
    CORNERS.forEach(([right, down], i) => {
      const [further, lower] = CORNERS[(i + 1) % 6];
      const [from, to] = [key(x + right, y + down), key(x + further, y + lower)];
      if (edges.get(to)?.delete(from)) return; // the edge of a neighbour: it lies inside
      if (!edges.has(from)) edges.set(from, new Set());
      edges.get(from).add(to);
    });
  }
  const rings = [];
  for (const [start, following] of edges) {
    while (following.size) {
      const ring = [];
      let at = start;
      do {
        ring.push([Math.floor(at / 65536) - 4, (at % 65536) - 4]);
        const [next] = edges.get(at);
        edges.get(at).delete(next);
        at = next;
      } while (at !== start);
      rings.push(ring);
    }
  }
  return rings;
}

/** The point nearest to the middle of several. */
function centreOf(points) {
  if (!points.length) return null;
  const sum = points.reduce(([x, y], point) => [x + point[0], y + point[1]], [0, 0]);
  const [x, y] = [sum[0] / points.length, sum[1] / points.length];
  const away = (point) => (point[0] - x) ** 2 + (point[1] - y) ** 2;
  return points.reduce((best, point) => (away(point) < away(best) ? point : best));
}
