/** Owns the page as a whole: wires stream, orders and clock to the view model, and the view model to what shows it.
 * State flows down from `render`; clicks come up through the actions. It asks for nothing but the stream and orders. */

import { renderBanner, renderHeader } from "./banner.js";
import { copyText } from "./clipboard.js";
import { setAttribute } from "./dom.js";
import { renderEvents, renderFailover, renderNoEvents } from "./events.js";
import { Orders } from "./orders.js";
import { NOTHING_RECEIVED, receive } from "./received.js";
import { Stream } from "./stream.js";
import { renderProblems, renderTable } from "./table.js";
import { themeOn } from "./theme.js";
import { explainOn } from "./tooltip.js";
import { viewModel } from "./view_model.js";
import { readView } from "./view_json.js";

const TICK_MS = 200; // ages and countdowns are shown in tenths of a second
const FLEETING_MS = 100; // what is over sooner, nobody could read: no flash where a leader is followed at once

const page = document.documentElement;
const elements = Object.fromEntries(
  ["header", "banner", "cluster", "rows", "problems", "failover", "events", "no-events", "theme", "tooltip"]
    .map((id) => [id, document.getElementById(id)]),
);
let received = NOTHING_RECEIVED;
let past = null; // what is still to be shown of it
let connection = { phase: "connecting", attempt: 0, nextTryAtMs: null, refusal: null };

const orders = new Orders((order) => (order.phase === "accepted" ? renderSoon() : render()));
const actions = { kill: (row) => orders.kill(row.znode), copy: copyText };
const stream = new Stream({
  path: "/api/stream",
  onMessage(text) {
    const view = readView(text);
    if (view !== null) received = receive(received, view, now()); // else nothing was heard, and the age goes on
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

function render() {
  const model = viewModel({
    received, connection, orders: orders.byZnode, startHint: page.dataset.startHint ?? "", now: now(),
  });
  // First: moving the row that has the focus lays out what has changed by then.
  renderTable(elements.rows, [...model.line, ...model.departed], model.emptyText, actions);
  if (document.title !== model.title) document.title = model.title;
  setAttribute(page, "data-state", model.state);
  renderHeader(elements.header, model.header);
  renderBanner(elements.banner, model.banner);
  renderProblems(elements.problems, model.problems);
  if (past === null) requestAnimationFrame(() => setTimeout(renderPast));
  past = { ...model, epoch: received.view?.epoch ?? "" };
}

/** What has been, right after the paint of what is. */
function renderPast() {
  const { failover, recipe, events, epoch } = past;
  past = null;
  renderFailover(elements.failover, failover, recipe);
  renderEvents(elements.events, events, epoch);
  renderNoEvents(elements["no-events"], events);
}

function whenSeen() {
  if (document.visibilityState !== "visible") return;
  render();
  stream.tryNow();
}

themeOn(elements.theme);
explainOn(document.body, elements.tooltip);
document.addEventListener("visibilitychange", whenSeen);
window.addEventListener("online", whenSeen);
setInterval(() => {
  if (document.visibilityState === "visible") render();
}, TICK_MS);
stream.open();
