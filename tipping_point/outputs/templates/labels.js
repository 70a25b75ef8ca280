/* The numbers on the areas. */

/** Sides of a number's button in pixels: as wide as its text, and never too small for a finger. */
const TALL = 34;
const wideOf = (area) => (area.number.length > 2 ? 44 : TALL);

/**
 * A numbered button on every area. Numbers of the shortlist are moved apart where they would cover each other, with a
 * line to their area; those of the next areas wait until there is room for them.
 */
function addLabels(map, study, choose) {
  const markers = study.words.areas.map((area, place) => {
    if (!study.form.areaPoints[place]) return null;
    const icon = L.divIcon({
      className: `area-label${area.shortlisted ? "" : " next"}`,
      html: make("span", "", area.number),
      iconSize: [wideOf(area), TALL],
    });
    const marker = L.marker([0, 0], { icon, keyboard: true, riseOnHover: true, zIndexOffset: area.shortlisted ? 1000 - place : 0 });
    Object.assign(marker, { area, place });
    marker.on("click", () => choose(place));
    marker.on("add", () => {
      const button = marker.getElement();
      button.setAttribute("aria-label", `${area.standing}, number ${area.number}: ${area.name}`);
      button.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return; // Leaflet hears the click of a mouse only
        event.preventDefault();
        event.stopPropagation();
        choose(place);
      });
    });
    return marker;
  });
  const apart = Math.max(TALL, ...study.words.areas.map(wideOf)) + 1;
  const present = () => markers.filter((marker) => marker && map.hasLayer(marker));

  function spread() {
    const all = present().map((marker) => ({ marker, at: map.latLngToLayerPoint(marker.home) }));
    const placed = all.filter(({ marker }) => marker.area.shortlisted);
    for (let round = 0; round < 100; round++) {
      let moved = false;
      for (let i = 0; i < placed.length; i++) {
        for (let j = 0; j < i; j++) moved = pushApart(placed[i], placed[j], i, apart) || moved;
      }
      if (!moved) break;
    }
    for (const label of all) {
      if (label.marker.area.shortlisted) continue;
      const room = placed.every((other) => other.at.distanceTo(label.at) > apart);
      label.marker.getElement().hidden = !room;
      if (room) placed.push(label);
    }
    for (const { marker, at } of placed) marker.setLatLng(map.layerPointToLatLng(at));
    study.leaders = placed.map(({ marker, at }) => [map.latLngToLayerPoint(marker.home), at]).filter(([home, at]) => home.distanceTo(at) > 9);
  }

  /** Put every number where its area is in the form shown now. */
  function home() {
    for (const marker of markers) {
      const point = marker && study.form.areaPoints[marker.place];
      if (point) marker.home = study.plane.degrees(point[0], point[1]);
    }
    spread();
  }
  home();
  for (const marker of markers) marker?.setLatLng(marker.home).addTo(map);
  spread();
  map.on("zoomend viewreset", spread);
  study.labelBoxes = (current, corner) =>
    present().flatMap((marker) => {
      if (marker.getElement().hidden) return [];
      const at = current.latLngToLayerPoint(marker.getLatLng()).subtract(corner);
      return [[at.x - 17, at.y - 15, at.x + 17, at.y + 15]];
    });
  return {
    home,
    mark: (chosen) => markers.forEach((marker, place) => marker?.getElement()?.classList.toggle("chosen", place === chosen)),
    toggle: (visible) => {
      for (const marker of markers) if (marker) visible ? marker.addTo(map) : marker.remove();
      spread();
    },
  };
}

/** Moves two labels away from each other until they no longer overlap; true if they had to move. */
function pushApart(one, other, turn, apart) {
  let away = one.at.subtract(other.at);
  let distance = away.distanceTo([0, 0]);
  if (distance >= apart) return false;
  if (distance < 0.5) {
    away = L.point(Math.cos(turn * 2.4), Math.sin(turn * 2.4));
    distance = 1;
  }
  const push = away.multiplyBy((apart - distance) / 2 / distance + 0.01);
  one.at = one.at.add(push);
  other.at = other.at.subtract(push);
  return true;
}
