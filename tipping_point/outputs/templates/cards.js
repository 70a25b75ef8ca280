/* The card of one ward or one area. */

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

/** 'Because', 'It would change if' and what stands next to it, each where there is something to say. */
function reasons(why, wouldChange, rivals) {
  const said = [["Because", why], ["It would change if", wouldChange], ["Next to it", rivals]].filter(([, text]) => text);
  if (!said.length) return [];
  const list = make("dl", "reasons");
  for (const [label, text] of said) list.append(make("dt", "", label), make("dd", "", text));
  return [list];
}

function bulleted(className, texts) {
  return texts.length ? [make("ul", className, "", ...texts.map((text) => make("li", "", text)))] : [];
}

function wardCard(study, place, choose, close) {
  const { wards, areas } = study.words;
  const { text } = study;
  const of = (facts) => facts.map((fact) => [fact.label, fact.text(place)]).filter(([, value]) => value);
  const country = text.country(place);
  const where = [text.district(place), text.force(place), country, wards.code[place]];
  const card = [cardHead(wards.name[place] || wards.code[place], where.filter(Boolean).join(" · "), close)];
  const area = areas[wards.area[place]];
  const standing = make("p", "standing", text.standing(place) || (area ? area.standing : "In no area on the lists"));
  if (area) {
    const link = control("link", "", () => choose("areas", wards.area[place], true));
    link.append(`area ${area.number}, `, named(area.name));
    standing.append(": in ", link);
  }
  card.push(standing);
  card.push(...reasons(text.why(place), text.wouldChange(place), text.rivals(place)));
  if (!text.why(place) && text.tests(place)) card.push(make("p", "why", text.tests(place)));
  if (of(study.facts).length) card.push(pairs(of(study.facts)));
  card.push(...bulleted("caveats", text.caveats(place) ? text.caveats(place).split("\n") : []));
  card.push(...deprivationBars(of(study.bars), country));
  const more = of(study.more);
  if (text.why(place) && text.tests(place)) more.unshift(["Tests for hot spots", text.tests(place)]);
  if (more.length) card.push(make("details", "", "", make("summary", "", "More numbers"), pairs(more)));
  return card;
}

function deprivationBars(bars, country) {
  if (!bars.length) return [];
  const list = make("dl", "bars");
  for (const [label, value] of bars) {
    const fill = make("i");
    fill.style.width = `${Math.max(0, Math.min(100, Number(value) || 0))}%`;
    list.append(make("dt", "", label), make("dd", "", "", make("span", "value", value), make("span", "bar", "", fill)));
  }
  return [make("h4", "", `Deprivation: more deprived than so many of 100 wards in ${country || "the study"}`), list];
}

function areaCard(study, place, choose, close) {
  const area = study.words.areas[place];
  const { wards } = study.words;
  const members = study.groups.areas[place].map((ward) => {
    const link = control("link", "", () => choose("wards", ward));
    link.append(named(wards.name[ward] || wards.code[ward]));
    return make("li", "", "", link);
  });
  const card = [
    cardHead(`${area.number}. ${area.name}`, area.where, close),
    make("p", "standing", `${area.standing}: ${area.place}`),
    ...reasons(area.why, area.wouldChange, area.rivals),
    pairs(area.facts),
    ...bulleted("caveats", area.caveats),
  ];
  if (area.criteria.length) {
    const list = make("dl", "criteria");
    for (const [name, result, sentence] of area.criteria) {
      list.append(make("dt", "", name), make("dd", "", "", make("b", "", result), sentence ? `. ${sentence}` : ""));
    }
    card.push(make("h4", "", "The four criteria"), list);
  }
  if (area.levers.length) {
    card.push(make("h4", "", "Levers: domains in the most deprived tenth, and who holds them"), pairs(area.levers));
  }
  card.push(make("h4", "", "Its wards"), make("ul", "members", "", ...members));
  return card;
}
