// Shows all tasks of a label, and every change, until all of them have ended.
//
//   node watch_dashboard.js 127.0.0.1:8443 --label shot=12

import { parseArgs } from "node:util";
import { Client, GatewayError, hasEnded, v1 } from "seedance-gateway-client";

const { values, positionals: [endpoint = ""] } = parseArgs({
  allowPositionals: true,
  options: { label: { type: "string", multiple: true, default: [] } },
});
const labels = Object.fromEntries((values.label ?? []).map((label) => label.split("=", 2)));

/** How many tasks are in which state. */
function line(tasks: ReadonlyMap<string, v1.GenerationTask>): string {
  const counts = new Map<string, number>();
  for (const { state } of tasks.values()) {
    const name = v1.GenerationTask_State[state] ?? "?";
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].sort().map(([name, count]) => `${name} ${count}`).join("  ") || "no tasks";
}

async function dashboard(client: Client): Promise<void> {
  const live = client.watchTasks({ labels });
  const over = () => [...live.tasks.values()].every(hasEnded);
  await live.waitSynced();
  console.log(line(live.tasks));
  while (!over() && !(await live.next()).done) console.log(line(live.tasks));
}

const client = new Client({ endpoint, token: process.env["SEEDANCE_TOKEN"] });
try {
  await dashboard(client);
} catch (error) {
  if (!(error instanceof GatewayError)) throw error;
  console.error(String(error));
  process.exitCode = 1;
} finally {
  client.close();
}
