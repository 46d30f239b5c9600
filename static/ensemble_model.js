/** Owns what is said of ZooKeeper's own servers, which are another layer than the nodes whose leader it helps to choose.
 * Pure: a DashboardView's ensemble in, plain values out. */

const STATES = {
  leading: ["good", "ensemble leader"], following: ["good", "follower"], observing: ["good", "observer"],
  alone: ["good", "alone, no ensemble"], down: ["bad", "does not answer"], not_serving: ["warn", "runs, and has no quorum"],
  not_allowed: ["calm", "does not allow srvr"],
};

/** Servers {host, tone, stateText, facts}, in the order in which the dashboard knows them; empty before it has asked. */
export function serversOf(ensemble) {
  return (ensemble?.servers ?? []).map((server) => {
    const [tone, stateText] = STATES[server.state] ?? ["calm", String(server.state)];
    return { host: server.host, tone, stateText, facts: factsOf(server) };
  });
}

/** What a loss of one more server would mean, in a sentence; empty where nothing is known. */
export function ensembleSentence(ensemble) {
  const servers = ensemble?.servers ?? [];
  if (servers.length === 0) return "";
  if (servers.length === 1) return "One server: while it is away, nobody can know who leads.";
  const up = servers.filter((server) => ["leading", "following"].includes(server.state)).length;
  const quorum = Math.floor(servers.length / 2) + 1;
  if (servers.some((server) => server.state === "not_allowed")) return `${servers.length} servers; not all say how they are.`;
  if (up < quorum) return `${up} of ${servers.length} serve, fewer than the ${quorum} that a quorum takes: nobody leads.`;
  const spare = up - quorum;
  return `${up} of ${servers.length} serve; ${spare === 0 ? "none more may be lost" : `${spare} more may be lost`}.`;
}

function factsOf(server) {
  const facts = [];
  if (server.latency_ms) facts.push(`${Number(server.latency_ms.avg.toFixed(1))} ms on average`);
  if (Number.isFinite(server.connections)) facts.push(`${server.connections} connections`);
  if (server.version) facts.push(server.version);
  return facts.join(" · ");
}
