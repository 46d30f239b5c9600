/** Owns the page as a whole: wires stream, orders and clock to the view model, and the view model to what shows it.
 * State flows down from `render`; clicks come up through the actions. It asks for nothing but stream, orders and, while
 * it is open, the tree of znodes. */

import { renderBanner, renderHeader } from "./banner.js";
import { renderBeliefs } from "./beliefs.js";
import { copiesOnClick } from "./clipboard.js";
import { Question } from "./confirm.js";
import { Detail } from "./detail.js";
import { setAttribute, setHidden, setText } from "./dom.js";
import { renderEnsemble } from "./ensemble.js";
import { renderChoice, renderEvents, renderNoEvents } from "./events.js";
import { eventsText } from "./happened_model.js";
import { keysOn } from "./keys.js";
import { Opened } from "./opened.js";
import { Orders } from "./orders.js";
import { Picture, seatButton } from "./picture.js";
import { Player } from "./player.js";
import { NOTHING_RECEIVED, receive } from "./received.js";
import { renderFailover } from "./stopwatch.js";
import { Stream } from "./stream.js";
import { renderProblems, renderTable } from "./table.js";
import { themeOn } from "./theme.js";
import { explainOn } from "./tooltip.js";
import { Tree } from "./tree.js";
import { Tried } from "./tried.js";
import { seenIn, stepsOf } from "./tried_model.js";
import { restOfModel, viewModel } from "./view_model.js";
import { readView } from "./view_json.js";

const TICK_MS = 200; // ages and countdowns are shown in tenths of a second
const FLEETING_MS = 100; // what is over sooner, nobody could read: no flash where a leader is followed at once

const page = document.documentElement;
const elements = Object.fromEntries(
  ["header", "banner", "tried", "try-toggle", "line", "seats", "cluster", "rows", "problems", "beliefs", "ensemble",
    "znodes", "tree-toggle", "failover", "events", "no-events", "about", "copy-events", "detail", "confirm", "help",
    "help-open", "present", "theme", "tooltip"].map((id) => [id, document.getElementById(id)]),
);
const wantsStillness = matchMedia("(prefers-reduced-motion: reduce)");
let received = NOTHING_RECEIVED;
let model = null; // what is on the screen
let rest = null; // and what is shown after its paint
let isRestDue = false;
let connection = { phase: "connecting", attempt: 0, nextTryAtMs: null, refusal: null };

const orders = new Orders((order) => (order.phase === "accepted" ? renderSoon() : render()));
const opened = new Opened(() => render());
const kill = (row) => orders.kill(row.znode);
const actions = { kill, open: (znode) => openNode(znode) };
const detail = new Detail(elements.detail, { kill, close: closeNode });
const tried = new Tried({ root: elements.tried, toggle: elements["try-toggle"], kill, onChoice: () => render() });
const question = new Question(elements.confirm, kill);
const tree = new Tree(elements.znodes);
const picture = new Picture({ root: elements.line, open: (znode) => openNode(znode) });
const player = new Player({
  show: (frame, isPlaying) => picture.show(frame, isPlaying),
  isStill: () => wantsStillness.matches,
});
const stream = new Stream({
  path: "/api/stream",
  onMessage(text) {
    const view = readView(text);
    if (view !== null) { // else nothing was heard, and the age goes on
      received = receive(received, view, now());
      tried.notice(seenIn(received.view.events));
    }
    if (page.dataset.state === "live" && received.view?.state !== "live") renderSoon();
    else render();
  },
  onConnection(change) {
    connection = change;
    render();
  },
});

function renderSoon() {
  setTimeout(render, FLEETING_MS);
}

function now() {
  return { wallMs: Date.now(), monotonicMs: performance.now() };
}

/** Who leads, at once; all that hangs on it, right after that paint: laying out a table takes longer than a name. */
function render() {
  model = viewModel({
    received, connection, orders: orders.byZnode, startHint: page.dataset.startHint ?? "", now: now(),
  });
  if (document.title !== model.title) document.title = model.title;
  setAttribute(page, "data-state", model.state);
  setAttribute(page, "data-presenting", opened.state.isPresenting ? "" : null);
  renderHeader(elements.header, model.header);
  renderBanner(elements.banner, model.banner);
  renderRestSoon();
}

function renderRestSoon() {
  if (!isRestDue) requestAnimationFrame(() => setTimeout(renderRest));
  isRestDue = true;
}

function renderRest() {
  isRestDue = false;
  const { state } = opened;
  const isWhole = renderTable(elements.rows, [...model.line, ...model.departed], model.emptyText, actions);
  if (!isWhole) renderRestSoon();
  renderProblems(elements.problems, model.problems);
  rest = restOfModel({ received, opened: state }, model);
  player.present(rest.picture);
  picture.mark(state.node);
  const nobodyThere = elements.line.querySelector('[data-part="nobody-there"]');
  setText(nobodyThere, model.emptyText);
  setHidden(nobodyThere, rest.picture.seats.length > 0);
  detail.render(rest.detail);
  question.render(model.line, received.view);
  renderFailover(elements.failover, rest.past);
  renderBeliefs(elements.beliefs, rest.beliefs);
  renderEnsemble(elements.ensemble, rest.ensemble.servers, rest.ensemble.sentence);
  renderChoice(elements.about, rest.names, state.about);
  renderEvents(elements.events, rest.events,
    { opened: state.event, open: (key) => opened.change({ event: key }) });
  renderNoEvents(elements["no-events"], rest.events, state.about);
  tried.render(stepsOf({ ...model, startHint: page.dataset.startHint ?? "", seen: tried.seen, view: received.view }));
  setText(elements["tree-toggle"], state.hasTree ? "Hide" : "Show");
  setAttribute(elements["tree-toggle"], "aria-expanded", String(state.hasTree));
  setAttribute(elements.present, "aria-pressed", String(state.isPresenting));
  tree.render(state.hasTree, `${received.view?.epoch} ${received.view?.cluster?.revision}`, performance.now());
}

function openNode(znode) {
  if (opened.state.isPresenting) return; // there is no room for it
  opened.change({ node: opened.state.node === znode ? null : znode });
  renderRest();
  if (opened.state.node !== null) elements.detail.focus({ preventScroll: true });
}

/** Close the detail, and go on from the seat that it told of. */
function closeNode() {
  const znode = opened.state.node;
  opened.change({ node: null });
  renderRest();
  const back = seatButton(elements.seats, znode) ?? elements.rows.querySelector(`[data-key="${znode}"] button`);
  back?.focus({ preventScroll: true });
}

/** The question before a kill by key. */
function askToKill(znode) {
  const row = model.line.find((one) => one.znode === znode);
  if (row?.kill.isEnabled) question.ask(znode);
}

function present() {
  opened.change({ isPresenting: !opened.state.isPresenting });
  if (opened.state.isPresenting) scrollTo(0, 0);
}

function whenSeen() {
  if (document.visibilityState !== "visible") {
    player.skip();
    return;
  }
  render();
  stream.tryNow();
}

themeOn(elements.theme);
explainOn(document.body, elements.tooltip);
keysOn(elements.seats, {
  kill: askToKill, present, help: () => elements.help.showModal(), close: closeNode,
  opened: () => (opened.state.isPresenting ? null : opened.state.node),
  isPresenting: () => opened.state.isPresenting,
});
elements["help-open"].addEventListener("click", () => elements.help.showModal());
elements.present.addEventListener("click", present);
elements["tree-toggle"].addEventListener("click", () => opened.change({ hasTree: !opened.state.hasTree }));
elements.about.addEventListener("change", () => opened.change({ about: elements.about.value || null }));
copiesOnClick(elements["copy-events"], {
  usual: "Copy as text", what: () => ({ text: eventsText(rest.events), element: elements.events }),
});
document.addEventListener("visibilitychange", whenSeen);
window.addEventListener("online", whenSeen);
setInterval(() => {
  if (document.visibilityState === "visible") render();
}, TICK_MS);
stream.open();
