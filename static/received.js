/** Owns what counts as news: which view is newer than the one on the page, and when it was heard.
 * Pure: each function returns a new value. `now` is {wallMs, monotonicMs}. */

const REMEMBERED_EPOCHS = 20;

/** Before the first message. `skewMs`: by how much this machine's clock seems ahead of the dashboard's. */
export const NOTHING_RECEIVED = Object.freeze({
  view: null,
  heardAt: null,
  skewMs: null,
  pastEpochs: Object.freeze([]),
  eventsHeardAtMs: Object.freeze(new Map()),
});

/** What the page knows after `view` arrived. One that is not newer by (epoch, revision) changes nothing on the page;
 * the same one again says only that the stream is alive. */
export function receive(received, view, now) {
  const order = compare(received, view);
  if (order === "older") return received;
  if (order === "same") return { ...received, heardAt: now };
  const isFollowed = received.view !== null && received.view.epoch === view.epoch;
  const ahead = now.wallMs - view.as_of_at * 1000;
  return {
    view: { ...view, cluster: withKept(received.view?.cluster ?? null, view.cluster) },
    heardAt: now,
    skewMs: isFollowed && received.skewMs !== null ? Math.min(received.skewMs, ahead) : ahead,
    pastEpochs: isFollowed || received.view === null ? received.pastEpochs
      : [...received.pastEpochs, received.view.epoch].slice(-REMEMBERED_EPOCHS),
    eventsHeardAtMs: isFollowed ? heardSince(received, view, now) : new Map(),
  };
}

/** How old the page's data is: milliseconds since a message arrived, or null before the first.
 * The larger of both clocks, since the monotonic one may stand still while the machine sleeps. */
export function ageMs(received, now) {
  if (received.heardAt === null) return null;
  return Math.max(0, now.wallMs - received.heardAt.wallMs, now.monotonicMs - received.heardAt.monotonicMs);
}

/** The dashboard's wall clock, as far as the page can tell, in Unix seconds: what `…_at` fields are compared with.
 * A view that was made a while before it arrived looks like a clock that is ahead, so small leads are not believed. */
export function dashboardTimeS(received, now) {
  const skewMs = received.skewMs ?? 0;
  return (now.wallMs - (skewMs < 0 || skewMs > 10000 ? skewMs : 0)) / 1000;
}

/** Whether this machine's clock and the dashboard's are the same to within what a message takes. */
export function clocksAgree(received) {
  return received.skewMs !== null && received.skewMs >= 0 && received.skewMs < 100;
}

function compare(received, view) {
  if (received.view === null) return "newer";
  if (view.epoch !== received.view.epoch) return received.pastEpochs.includes(view.epoch) ? "older" : "newer";
  if (view.revision === received.view.revision) return "same";
  return view.revision > received.view.revision ? "newer" : "older";
}

/** The cluster with the former one's member wherever a member says the same as before, so that what is made of one need
 * not be made again. */
function withKept(former, cluster) {
  if (former === null || cluster === null) return cluster;
  const known = new Map(former.members.map((member) => [member.znode, member]));
  const members = cluster.members.map((member) => (isSame(known.get(member.znode), member) ? known.get(member.znode) : member));
  return { ...cluster, members };
}

/** Whether two values of JSON say the same. */
function isSame(one, other) {
  if (one === other) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => isSame(one[name], other[name]));
}

function heardSince(received, view, now) {
  const known = new Set(received.view.events.map((event) => event.id));
  const heard = new Map();
  for (const event of view.events) {
    if (!known.has(event.id)) heard.set(event.id, now.wallMs);
    else if (received.eventsHeardAtMs.has(event.id)) heard.set(event.id, received.eventsHeardAtMs.get(event.id));
  }
  return heard;
}
