/** Owns what a message must hold for the page to show it.
 * Pure. Fields that the page does not know are left alone; a field that is missing counts as null. */

/** The DashboardView in `text`, or null where there is none. */
export function readView(text) {
  let value;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
  if (!isObject(value) || typeof value.epoch !== "string" || !Number.isFinite(value.revision)) return null;
  if (typeof value.state !== "string" || !Number.isFinite(value.as_of_at)) return null;
  return {
    ...value,
    cluster: isObject(value.cluster) ? readCluster(value.cluster) : null,
    departed: members(value.departed),
    events: list(value.events).filter((event) => isObject(event) && Number.isFinite(event.id)),
  };
}

function readCluster(cluster) {
  return { ...cluster, members: members(cluster.members), problems: list(cluster.problems).map(String) };
}

function members(value) {
  return list(value).filter((member) => isObject(member) && typeof member.znode === "string");
}

function list(value) {
  return Array.isArray(value) ? value : [];
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
