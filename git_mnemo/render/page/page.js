"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const holder = $("data");
  const memory = JSON.parse(holder.textContent);
  holder.remove();
  const chains = memory.chains;
  const DAY = 36, ROW = 76, AHEAD = 6, STEP = 60, BOOKS = new Set(["commit", "stash", "resume"]);
  const BAD = new Set(["drifted", "missing"]), RANK = ["missing", "drifted", "unknown", "moved", "fresh"];
  const where = new Map(), users = new Map(), byId = new Map();

  // Everything that was recorded gets into the page here, as text and never as markup.
  function make(tag, set = {}, ...inside) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(set)) {
      if (value === undefined || value === null || value === false) continue;
      if (name === "on") for (const [event, act] of Object.entries(value)) element.addEventListener(event, act);
      else if (name === "hue") element.style.setProperty("--hue", value);
      else if (name === "class") element.className = value;
      else element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...inside.filter((part) => part !== null && part !== undefined && part !== ""));
    return element;
  }
  const many = (count, what) => `${count.toLocaleString("en")} ${what}${count === 1 ? "" : "s"}`;
  const short = (address) => address.slice(0, 10);
  const day = (iso) => iso.slice(0, 10);
  const minute = (iso) => `${iso.slice(0, 10)} ${iso.slice(11, 16)}`;

  // -- what the data says ---------------------------------------------------------------------

  const domains = [...new Set(chains.map((chain) => chain.domain))].sort();
  const hueOf = (domain) => {
    const turn = (domains.indexOf(domain) * 137 + 220) % 360;
    return `hsl(${turn} 58% ${dark() ? 66 : 46}%)`;
  };
  const agents = new Set(), files = new Map();
  let claims = 0, stale = 0;
  for (const chain of chains) {
    byId.set(chain.id, chain);
    chain.day = day(chain.extended);
    for (const node of chain.nodes) {
      if (!where.has(node.a)) where.set(node.a, { chain, node });
      node.claim = node.type !== null && !BOOKS.has(node.type);
      claims += node.claim ? 1 : 0;
      node.verdicts = new Set();
      for (const anchor of node.anchors || []) {
        node.verdicts.add(anchor.verdict);
        files.set(anchor.path, (files.get(anchor.path) || 0) + 1);
      }
      if (!node.hidden && [...node.verdicts].some((one) => BAD.has(one))) stale += 1;
      node.agent = node.told ? node.told[1] || node.told[2] : "";
      if (node.agent) agents.add(node.agent);
      for (const input of node.inputs || []) {
        if (!users.has(input)) users.set(input, []);
        users.get(input).push(node.a);
      }
      node.hay = [chain.title, chain.id, node.text || "", node.a, node.commit || "", node.agent, node.told ? node.told[3] || "" : "",
        ...(node.anchors || []).map((anchor) => anchor.path)].join("\n").toLowerCase();
    }
    chain.hay = `${chain.title}\n${chain.id}`.toLowerCase();
    const worst = RANK.find((verdict) => chain.nodes.some((node) => !node.hidden && node.verdicts.has(verdict)));
    chain.verdict = worst;
    chain.warned = chain.untrusted || chain.suspect || chain.nodes.some((node) => node.untrusted || node.suspect);
    chain.claims = chain.nodes.reduce((sum, node) => sum + (node.claim ? 1 : 0), 0);
    chain.agents = [...new Set(chain.nodes.map((node) => node.agent).filter(Boolean))];
  }
  chains.sort((a, b) => (a.extended < b.extended ? 1 : a.extended > b.extended ? -1 : a.id < b.id ? -1 : 1));

  // -- filters and search -----------------------------------------------------------------------

  const fields = ["domain", "agent", "verdict", "status", "file", "from", "to"];
  function options(id, values) {
    $(id).append(make("option", { value: "" }, "any"), ...values.map((value) => make("option", { value }, value)));
  }
  options("domain", domains);
  options("agent", [...agents].sort());
  options("verdict", ["fresh", "moved", "drifted", "missing", "unknown"]);
  options("status", [...new Set(chains.map((chain) => chain.status))].sort());
  $("files").append(...[...files].sort((a, b) => b[1] - a[1]).slice(0, 500).map(([value]) => make("option", { value })));

  let shown = [], rows = [], height = 0, terms = [], wanted = {};
  function nodeFits(node) {
    if (wanted.agent && node.agent !== wanted.agent) return false;
    if (wanted.verdict && !node.verdicts.has(wanted.verdict)) return false;
    if (wanted.file && !(node.anchors || []).some((anchor) => anchor.path.includes(wanted.file))) return false;
    const at = node.told ? day(node.told[0]) : null;
    if (wanted.from && (!at || at < wanted.from)) return false;
    if (wanted.to && (!at || at > wanted.to)) return false;
    return terms.every((term) => node.hay.includes(term));
  }
  function search() {
    terms = $("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const name of fields) wanted[name] = $(name).value.trim();
    const set = fields.filter((name) => wanted[name]).length;
    if (set) $("filter").dataset.on = set; else delete $("filter").dataset.on;
    const open = !terms.length && !["agent", "verdict", "file", "from", "to"].some((name) => wanted[name]);
    let hits = 0;
    shown = [];
    for (const chain of chains) {
      if (wanted.domain && chain.domain !== wanted.domain) continue;
      if (wanted.status && chain.status !== wanted.status) continue;
      chain.hit = null;
      chain.hits = 0;
      if (!open) {
        for (const node of chain.nodes) {
          if (nodeFits(node)) { chain.hits += 1; if (!chain.hit || (chain.hit.hidden && !node.hidden)) chain.hit = node; }
        }
        const titled = terms.length && set === 0 && terms.every((term) => chain.hay.includes(term));
        if (!chain.hits && !titled) continue;
        hits += chain.hits;
      }
      shown.push(chain);
    }
    $("count").textContent = open ? `${many(shown.length, "chain")}` : `${many(hits, "hit")} in ${many(shown.length, "chain")}`;
    lay();
    if (!$("graph").hidden) draw();
  }

  // -- the timeline: only what can be seen is in the page -----------------------------------------

  function lay() {
    rows = [];
    height = 0;
    let last = null;
    shown.forEach((chain, number) => {
      if (chain.day !== last) {
        rows.push({ top: height, day: chain.day });
        height += DAY;
        last = chain.day;
      }
      rows.push({ top: height, chain, number });
      chain.top = height;
      height += ROW;
    });
    $("rows").style.height = `${Math.max(height, 80)}px`;
    drawn = "";
    paint();
  }
  function firstAt(top) {
    let low = 0, high = rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (rows[middle].top + ROW <= top) low = middle + 1; else high = middle;
    }
    return low;
  }
  let drawn = "";
  function paint() {
    const box = $("timeline"), from = Math.max(0, firstAt(box.scrollTop) - AHEAD);
    let to = from;
    while (to < rows.length && rows[to].top < box.scrollTop + box.clientHeight + AHEAD * ROW) to += 1;
    const key = `${from} ${to} ${current ? current.id : ""}`;
    if (key === drawn) return;
    drawn = key;
    $("rows").replaceChildren(...(rows.length ? rows.slice(from, to).map(row) : [make("p", { class: "empty" }, "Nothing fits. Esc empties the search; Clear takes the filters off.")]));
    const active = current && $(`row-${current.id}`) ? `row-${current.id}` : null;
    if (active) $("rows").setAttribute("aria-activedescendant", active); else $("rows").removeAttribute("aria-activedescendant");
  }
  function row(one) {
    const chain = one.chain;
    const element = chain
      ? make("div", {
        class: "row", role: "option", id: `row-${chain.id}`, "aria-selected": String(chain === current), "aria-setsize": shown.length,
        "aria-posinset": one.number + 1, hue: hueOf(chain.domain), on: { click: () => go(chain.id) },
      },
      make("div", { class: chain.status === "superseded" ? "title struck" : "title", dir: "auto" }, ...lit(chain.title)),
      make("div", { class: "line" }, chain.hit ? make("span", {}, ...lit(around(chain.hit.text || chain.hit.a))) : preview(chain)),
      make("div", { class: "line" }, ...facts(chain)))
      : make("div", { class: "day", role: "presentation" }, weekday(one.day));
    element.style.top = `${one.top}px`;
    return element;
  }
  function preview(chain) {
    const last = chain.nodes.filter((node) => node.claim && !node.hidden && node.text !== chain.title).pop();
    return last ? last.text.split("\n")[0].slice(0, 200) : "";
  }
  function weekday(iso) {
    const date = new Date(`${iso}T00:00:00Z`);
    return isNaN(date) ? iso : `${iso} · ${date.toLocaleDateString("en", { weekday: "long", timeZone: "UTC" })}`;
  }
  function facts(chain) {
    const parts = [chain.domain, many(chain.claims, "claim")];
    if (chain.hits) parts.push(many(chain.hits, "hit"));
    if (chain.agents.length) parts.push(chain.agents.slice(0, 2).join(", ") + (chain.agents.length > 2 ? ", …" : ""));
    const marks = [];
    if (chain.status !== "active") marks.push(mark(chain.status));
    if (BAD.has(chain.verdict)) marks.push(mark(chain.verdict, "bad"));
    if (chain.warned) marks.push(mark(chain.untrusted ? "untrusted" : "look twice", "bad"));
    return [parts.join(" · "), ...marks.flatMap((one) => [" ", one])];
  }
  const mark = (text, kind = "") => make("b", { class: `mark ${kind}` }, text);

  function lit(text) {
    if (!terms.length) return [text];
    const low = text.toLowerCase();
    if (low.length !== text.length) return [text];
    const parts = [];
    let at = 0;
    while (at < text.length) {
      let next = -1, size = 0;
      for (const term of terms) {
        const found = low.indexOf(term, at);
        if (found >= 0 && (next < 0 || found < next || (found === next && term.length > size))) { next = found; size = term.length; }
      }
      if (next < 0 || parts.length > 200) break;
      if (next > at) parts.push(text.slice(at, next));
      parts.push(make("mark", {}, text.slice(next, next + size)));
      at = next + size;
    }
    parts.push(text.slice(at));
    return parts;
  }
  function around(text) {
    const low = text.toLowerCase(), at = Math.max(0, ...terms.map((term) => low.indexOf(term)));
    const from = at > 50 ? at - 30 : 0;
    return (from ? "…" : "") + text.slice(from, from + 200).replace(/\s+/g, " ");
  }

  // -- one chain --------------------------------------------------------------------------------

  let current = null, unfold = null;
  function show(chain, address, { quiet = false } = {}) {
    current = chain;
    const box = $("detail");
    box.setAttribute("aria-label", `Chain: ${chain.title}`);
    const list = make("ol", { class: "nodes" });
    const rest = make("button", { type: "button" }, "");
    let count = 0;
    unfold = (until) => {
      const more = chain.nodes.slice(count, until);
      list.append(...more.map((node) => item(chain, node, node.a === address)));
      count += more.length;
      rest.hidden = count >= chain.nodes.length;
      rest.textContent = `Show more (${(chain.nodes.length - count).toLocaleString("en")} left)`;
    };
    rest.addEventListener("click", () => unfold(count + STEP));
    const at = address ? chain.nodes.findIndex((node) => node.a === address) : 0;
    unfold(Math.max(STEP, at + STEP / 2));
    box.replaceChildren(
      make("button", { class: "back", type: "button", on: { click: leave } }, "← All chains"),
      make("h2", { dir: "auto" }, chain.title),
      make("p", { class: "facts" }, mark(chain.status, chain.status === "active" ? "good" : ""), mark(chain.domain),
        chain.partial ? mark("partial") : null, chain.untrusted ? mark("untrusted", "bad") : null,
        chain.suspect ? mark(`reads like instructions: ${chain.suspect.join(", ")}`, "bad") : null,
        make("span", {}, day(chain.began) === day(chain.extended) ? day(chain.began) : `${day(chain.began)} – ${day(chain.extended)}`),
        make("span", {}, many(chain.claims, "claim"))),
      make("p", { class: "facts" }, make("a", { class: "id", href: `#${chain.id}` }, chain.id)),
      list, rest);
    box.scrollTop = 0;
    document.body.classList.add("reading");
    drawn = "";
    paint();
    const here = address && $(`n-${address}`);
    if (here) here.scrollIntoView({ block: "center" });
    if (!quiet) (here || box).focus({ preventScroll: true });
    if (!$("graph").hidden) draw();
  }
  function item(chain, node, here) {
    const hidden = Boolean(node.hidden), warned = node.untrusted || node.suspect;
    const names = ["node", hidden && "struck", here && "here", warned && "warned", !node.claim && "book"].filter(Boolean).join(" ");
    const head = make("div", { class: "head" },
      node.told ? make("span", { class: "who" }, node.agent) : null,
      node.told ? make("time", { datetime: node.told[0] }, minute(node.told[0])) : null,
      node.type && node.type !== "leaf" ? mark(node.type) : null,
      hidden ? mark(`hidden by ${node.hidden[0][1]}`, "warn") : null,
      node.untrusted ? mark("untrusted", "bad") : null,
      node.suspect ? mark(`reads like instructions: ${node.suspect.join(", ")}`, "bad") : null,
      make("a", { class: "id", href: `#${node.a}`, title: node.a, "aria-label": `Permalink ${short(node.a)}` }, short(node.a)));
    const text = node.type === null
      ? make("p", { class: "text" }, "(needs a newer git mnemo)")
      : make("p", { class: "text", dir: "auto" }, ...lit(node.text));
    const body = [];
    if (node.commit) body.push(make("p", { class: "places" }, make("span", {}, "commit ", make("code", {}, node.commit.slice(0, 12)))));
    if (node.anchors) body.push(make("p", { class: "places" }, ...node.anchors.map((anchor) => make("span", { title: anchor.reason },
      make("code", {}, anchor.path + (anchor.first ? `:${anchor.first}-${anchor.last}` : "")), " ",
      mark(anchor.verdict, BAD.has(anchor.verdict) ? "bad" : anchor.verdict === "fresh" ? "good" : "warn")))));
    const links = [...(node.inputs || []).map((one) => link("rests on", one, chain)),
      ...(node.hidden || []).map(([one, type]) => link(`hidden by ${type}`, one, chain)),
      ...(users.get(node.a) || []).filter((one) => !(node.hidden || []).some(([hider]) => hider === one)).slice(0, 20).map((one) => link("used by", one, chain))];
    if (links.length) body.push(make("ul", { class: "links" }, ...links));
    body.push(make("details", {}, make("summary", {}, "Provenance"), make("ul", { class: "more" },
      make("li", {}, "address ", make("span", { class: "id" }, node.a)),
      node.told ? make("li", {}, `claimed ${node.told[0]} by ${node.told[1] || node.told[2]}, as recorded by ${node.told[2]}`) : make("li", {}, "no commit here tells who claimed it"),
      node.told && node.told[3] ? make("li", {}, `session ${node.told[3]}`) : null,
      make("li", {}, chain.status === "preliminary" ? "not promoted, or only in part" : "in the project"),
      node.remote ? make("li", {}, `also on ${node.remote}`) : null,
      make("li", {}, node.untrusted ? "added by no trusted commit" : "trusted as mnemo.trust says"),
      node.commit ? make("li", {}, "commit ", make("span", { class: "id" }, node.commit)) : null,
      make("li", {}, "position ", String(node.p), ", filed in ", make("span", { class: "id" }, chain.path)))));
    const element = make("li", { class: names, id: `n-${node.a}`, tabindex: "-1", hue: hueOf(node.domain || chain.domain) }, head);
    if (!hidden || here) element.append(text, ...body);
    else {
      const fold = make("details", { class: "folded" }, make("summary", {}, make("s", {}, (node.text || "").split("\n")[0].slice(0, 140))));
      fold.addEventListener("toggle", () => { if (fold.open && fold.children.length === 1) fold.append(make("div", { class: "struck" }, text, ...body)); });
      element.append(fold);
    }
    return element;
  }
  function link(how, address, chain) {
    const found = where.get(address);
    if (!found) return make("li", {}, `${how} `, make("span", { class: "id" }, short(address)), byTitle(address));
    const there = found.chain === chain ? "" : ` in ${found.chain.title}`;
    return make("li", {}, `${how} `, make("a", { href: `#${address}`, class: found.node.hidden ? "struck" : null, title: address },
      (found.node.text || short(address)).split("\n")[0].slice(0, 100)), make("span", { dir: "auto" }, there));
  }
  const byTitle = (address) => (chains.some((chain) => chain.id.slice(12) === address.slice(0, 16)) ? " (the title of a chain)" : " (not in this page)");
  function leave() {
    document.body.classList.remove("reading");
    $("rows").focus({ preventScroll: true });
  }
  function welcome() {
    const first = chains.length ? chains[chains.length - 1].day : "";
    $("detail").replaceChildren(make("div", { class: "welcome" },
      make("h2", {}, chains.length ? `What ${memory.name} knows` : "Nothing was promoted yet"),
      make("div", { class: "figures" }, ...[[chains.length, "chains"], [claims, "claims"], [agents.size, "agents"], [files.size, "files"], [stale, "out of date"]]
        .map(([count, what]) => make("div", {}, make("b", {}, count.toLocaleString("en")), what))),
      make("p", {}, chains.length ? `Since ${first}. Choose a chain, or press / to search.` : "git mnemo promote brings reasoning into the project.")));
  }

  // -- the graph of inputs ------------------------------------------------------------------------

  let dots = [];
  function draw() {
    const canvas = $("canvas"), box = canvas.getBoundingClientRect(), scale = window.devicePixelRatio || 1;
    if (!box.width) return;
    canvas.width = box.width * scale;
    canvas.height = box.height * scale;
    const style = getComputedStyle(document.documentElement), color = (name) => style.getPropertyValue(name);
    const pen = canvas.getContext("2d");
    pen.scale(scale, scale);
    pen.font = "12px system-ui, sans-serif";
    const kept = [...new Set(shown.map((chain) => chain.domain))].sort();
    const lane = Math.max(14, (box.height - 44) / Math.max(1, kept.length)), left = 104, right = box.width - 20;
    const order = [...shown].reverse(), times = order.map((chain) => Date.parse(chain.began));
    const spots = new Map();
    order.forEach((chain, at) => {
      // Half by time and half by order, so that busy days do not become one dot.
      const span = times[times.length - 1] - times[0];
      const part = order.length < 2 ? 0.5 : at / (order.length - 1) / 2 + (span > 0 ? (times[at] - times[0]) / span : at / (order.length - 1)) / 2;
      const wobble = (parseInt(chain.id.slice(-4), 16) / 65535 - 0.5) * lane * 0.4;
      spots.set(chain, { chain, x: left + Math.min(1, Math.max(0, part)) * (right - left), y: 20 + (kept.indexOf(chain.domain) + 0.5) * lane + wobble, r: Math.min(11, 3 + Math.sqrt(chain.claims)) });
    });
    dots = [...spots.values()];
    pen.strokeStyle = color("--line");
    pen.fillStyle = color("--dim");
    kept.forEach((domain, at) => {
      const y = 20 + (at + 0.5) * lane;
      pen.beginPath(); pen.moveTo(left, y); pen.lineTo(right, y); pen.stroke();
      pen.fillText(domain.slice(0, 15), 20, y + 4);
    });
    if (order.length) {
      pen.fillText(day(order[0].began), left, box.height - 6);
      pen.textAlign = "right"; pen.fillText(order[order.length - 1].day, right, box.height - 6); pen.textAlign = "left";
    }
    for (const { chain, x, y } of dots) {
      for (const node of chain.nodes) for (const input of node.inputs || []) {
        const other = where.get(input), spot = other && other.chain !== chain && spots.get(other.chain);
        if (!spot) continue;
        const near = current && (current === chain || current === other.chain);
        pen.globalAlpha = near ? 1 : current ? 0.18 : 0.45;
        pen.lineWidth = near ? 2 : 1;
        pen.strokeStyle = color(near ? "--accent" : "--dim");
        pen.beginPath(); pen.moveTo(spot.x, spot.y);
        pen.quadraticCurveTo((x + spot.x) / 2, Math.min(y, spot.y) - Math.min(60, Math.abs(x - spot.x) / 4), x, y);
        pen.stroke();
      }
    }
    pen.globalAlpha = 1;
    for (const { chain, x, y, r } of dots) {
      pen.beginPath(); pen.arc(x, y, r, 0, 7);
      pen.fillStyle = chain.status === "superseded" ? color("--line") : hueOf(chain.domain);
      pen.fill();
      pen.lineWidth = chain === current ? 3 : 1.5;
      pen.strokeStyle = color(chain === current ? "--text" : "--bg");
      pen.stroke();
    }
  }
  function dotAt(event) {
    const box = $("canvas").getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top;
    let best = null, least = 14;
    for (const dot of dots) {
      const far = Math.hypot(dot.x - x, dot.y - y);
      if (far < least) { least = far; best = dot; }
    }
    return best;
  }
  $("canvas").addEventListener("mousemove", (event) => {
    const dot = dotAt(event), tip = $("tip"), base = $("graph").getBoundingClientRect();
    tip.style.opacity = dot ? "1" : "0";
    if (!dot) return;
    tip.textContent = dot.chain.title;
    tip.style.left = `${Math.max(8, Math.min(event.clientX - base.left, base.width - 290))}px`;
    tip.style.top = `${event.clientY - base.top + 16}px`;
  });
  $("canvas").addEventListener("mouseleave", () => { $("tip").style.opacity = "0"; });
  $("canvas").addEventListener("click", (event) => { const dot = dotAt(event); if (dot) go(dot.chain.id); });

  // -- moving about -----------------------------------------------------------------------------

  function go(id) {
    if (location.hash === `#${id}`) follow(); else location.hash = id;
  }
  function follow() {
    const id = location.hash.slice(1);
    if (!/^(ch_\d{8}_)?[0-9a-f]{4,64}$/.test(id)) { if (!current) welcome(); return; }
    const chain = byId.get(id);
    if (chain) return show(chain, null);
    let found = where.get(id);
    if (!found) for (const [address, one] of where) if (address.startsWith(id)) { found = one; break; }
    if (!found) for (const one of chains) if (one.id.startsWith(id) || one.id.slice(12).startsWith(id)) return show(one, null);
    if (found) { show(found.chain, found.node.a); into(found.chain); } else welcome();
  }
  function into(chain) {
    const box = $("timeline");
    if (chain.top === undefined || !shown.includes(chain)) return;
    if (chain.top < box.scrollTop + DAY) box.scrollTop = chain.top - DAY;
    else if (chain.top + ROW > box.scrollTop + box.clientHeight) box.scrollTop = chain.top + ROW - box.clientHeight;
    paint();
  }
  function step(by) {
    if (!shown.length) return;
    const at = shown.indexOf(current), next = shown[Math.min(shown.length - 1, Math.max(0, at < 0 ? 0 : at + by))];
    const narrow = !document.body.classList.contains("reading");
    history.replaceState(null, "", `#${next.id}`);
    show(next, null, { quiet: true });
    if (narrow) document.body.classList.remove("reading");
    into(next);
    $("rows").focus({ preventScroll: true });
  }
  function tab(name) {
    for (const one of ["timeline", "graph"]) {
      $(one).hidden = one !== name;
      $(`tab-${one}`).setAttribute("aria-selected", String(one === name));
      $(`tab-${one}`).tabIndex = one === name ? 0 : -1;
    }
    if (name === "graph") draw(); else paint();
  }
  for (const one of ["timeline", "graph"]) {
    $(`tab-${one}`).addEventListener("click", () => tab(one));
    $(`tab-${one}`).addEventListener("keydown", (event) => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      const other = one === "graph" ? "timeline" : "graph";
      tab(other);
      $(`tab-${other}`).focus();
    });
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || $("keys").open) return;
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName), inRows = event.target === $("rows");
    if (event.key === "Escape") {
      if (event.target === $("search")) { $("search").value = ""; search(); $("rows").focus(); } else if (typing) event.target.blur(); else leave();
    } else if (typing) {
      if (event.key === "Enter" && event.target === $("search") && shown.length) { event.preventDefault(); const hit = shown[0].hit; go(hit ? hit.a : shown[0].id); }
      return;
    } else if (event.key === "/") $("search").focus();
    else if (event.key === "j" || (inRows && event.key === "ArrowDown")) step(1);
    else if (event.key === "k" || (inRows && event.key === "ArrowUp")) step(-1);
    else if (event.key === "g") tab($("graph").hidden ? "graph" : "timeline");
    else if (event.key === "?") $("keys").showModal();
    else if (event.key === "Enter" && inRows && (current || shown[0])) { show(current || shown[0], null); }
    else return;
    event.preventDefault();
  });

  // -- dark and light -----------------------------------------------------------------------------

  const system = matchMedia("(prefers-color-scheme: dark)");
  function dark() { return document.documentElement.dataset.theme === "dark"; }
  function theme(name) {
    document.documentElement.dataset.theme = name;
    drawn = "";
  }
  let chosen = null;
  try { chosen = localStorage.getItem("git-mnemo-theme"); } catch { /* a page from a file may have no storage */ }
  theme(chosen === "dark" || chosen === "light" ? chosen : system.matches ? "dark" : "light");
  const again = () => { paint(); if (!$("graph").hidden) draw(); if (current) { const top = $("detail").scrollTop; show(current, null, { quiet: true }); $("detail").scrollTop = top; } };
  system.addEventListener("change", () => { if (!chosen) { theme(system.matches ? "dark" : "light"); again(); } });
  $("theme").addEventListener("click", () => {
    chosen = dark() ? "light" : "dark";
    try { localStorage.setItem("git-mnemo-theme", chosen); } catch { /* as above */ }
    theme(chosen);
    const reading = document.body.classList.contains("reading");
    again();
    document.body.classList.toggle("reading", reading);
  });

  $("filter").addEventListener("click", () => {
    const open = $("filters").classList.toggle("open");
    $("filter").setAttribute("aria-expanded", String(open));
    paint();
  });
  $("filters").addEventListener("input", search);
  $("filters").addEventListener("submit", (event) => event.preventDefault());
  $("filters").addEventListener("reset", () => setTimeout(search));
  $("help").addEventListener("click", () => $("keys").showModal());
  $("search").addEventListener("input", search);
  $("timeline").addEventListener("scroll", paint, { passive: true });
  window.addEventListener("resize", () => { paint(); if (!$("graph").hidden) draw(); });
  window.addEventListener("hashchange", follow);
  $("made").textContent = `Written ${memory.at} by git mnemo export.`;
  $("search").value = "";
  search();
  follow();
  if (current) into(current);
  document.documentElement.dataset.ready = "yes";
})();
