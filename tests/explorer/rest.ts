/**
 * Rest: what a world comes to when nothing is lost any more. From every state there has to be a way on
 * which all is heard and nothing is left behind; this is it.
 */
import { isDue } from "./clocks.js";
import { isAlive } from "./wire.js";
import type { Step, World } from "./world.js";

// Far more than any life needs to come to rest.
const mostSteps = 500;

/**
 * Lets everything come to rest, and then looks what has become of it.
 *
 * @param known States from which it has come to rest before; those on this way are added.
 */
export async function rest(world: World, known = new Set<string>()) {
  const { promises, story } = world;
  const way: string[] = [];
  story.push("– then all comes to rest –");
  for (let count = 0; promises.wrong.length === 0; count++) {
    const { key } = world;
    if (known.has(key)) break;
    way.push(key);
    const step = nextStep(world);
    if (step !== undefined && count < mostSteps) await world.do(step);
    else {
      if (step !== undefined) promises.wrong.push("it never comes to rest");
      lookAt(world);
      await loseAtRest(world);
      await close(world);
      break;
    }
  }
  if (promises.wrong.length === 0) for (const key of way) known.add(key);
}

/** Whoever keeps what was heard would now say it again. */
async function loseAtRest(world: World) {
  const { promises, connection, wires, story } = world;
  if (promises.wrong.length > 0) return;
  const { messagesRepeated } = connection.stats;
  const wire = wires.findLast(isAlive)!;
  for (const end of ["client", "server"] as const) wire.lose(end);
  story.push(`– and socket ${wire.number} is lost –`);
  await doAll(world);
  lookAt(world);
  if (connection.stats.messagesRepeated > messagesRepeated) {
    promises.wrong.push("the client says again what was acknowledged");
  }
}

/** Whoever says goodbye leaves nothing behind, on either end. */
async function close(world: World) {
  const { wrong } = world.promises;
  if (wrong.length > 0) return;
  world.story.push("– and the client closes –");
  world.isClosing = true;
  world.promises.mayLoseSession = true;
  void world.connection.close();
  await doAll(world);
  const { sessions, server, clientClock } = world;
  const running = server.streams.filter(({ isOver }) => !isOver).length;
  if (sessions.length > 0) wrong.push(`${sessions.length} sessions are left`);
  if (running > 0) wrong.push(`${running} subscriptions are left`);
  if (clientClock.pending > 0) wrong.push(`the client leaves ${clientClock.pending} timers`);
}

async function doAll(world: World) {
  for (let count = 0; count < mostSteps; count++) {
    const step = nextStep(world);
    if (step === undefined || world.promises.wrong.length > 0) return;
    await world.do(step);
  }
  world.promises.wrong.push("it never comes to rest");
}

function nextStep({ wires, thieves, turns, server, clientClock }: World): Step | undefined {
  for (const thief of thieves.splice(0)) thief.lose("server");
  for (const wire of wires) {
    const { number } = wire;
    const [client, server] = [wire.stateOf("client"), wire.stateOf("server")];
    if (client === "dialling") return `socket ${number} opens`;
    if (wire.pending("client").length > 0) return `socket ${number} to the client`;
    if (wire.pending("server").length > 0) return `socket ${number} to the server`;
    if (client === "closed" && server !== "closed") return `the server loses socket ${number}`;
    if (server === "closed" && client !== "closed") return `the client loses socket ${number}`;
  }
  if (turns.length > 0) return "the server's turn ends";
  if (server.unanswered.length > 0) return "a handler answers";
  if (isDue(clientClock)) return "the client's next timer";
  if (isDue(server.clock)) return "the server's next timer";
  return undefined;
}

function lookAt({ promises, connection, spent, stream, sessions, server }: World) {
  const { wrong, heard } = promises;
  if (wrong.length > 0) return;
  const { name } = connection.state;
  if (name !== "open") wrong.push(`the client rests and is ${name}`);
  for (let n = 1; n <= spent.calls; n++) {
    if (!heard.answers.has(n)) wrong.push(`call ${n} is never answered`);
  }
  if (stream === undefined) wrong.push("nobody serves the subscription");
  const last = heard.events.at(-1);
  const count = last !== undefined && last.stream === stream?.number ? last.n : 0;
  if (stream !== undefined && count !== stream.pushed) {
    wrong.push(`${count} of ${stream.pushed} events are heard`);
  }
  const kept = sessions.map(({ unacknowledged }) => unacknowledged);
  if (kept.length !== 1) wrong.push(`the server keeps ${kept.length} sessions`);
  if (kept.some((messages) => messages > 0)) wrong.push(`the server keeps ${kept} messages`);
  const running = server.streams.filter(({ isOver }) => !isOver).length;
  if (running > 1) wrong.push(`${running} subscriptions run`);
}
