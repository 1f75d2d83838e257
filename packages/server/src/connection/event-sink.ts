/**
 * Event sink: what lies between one subscription and its connection. It sets room aside for each
 * event before there is one, then validates, encodes and sends it.
 */
import type { Failure, SubscriptionSink } from "../call/subscription.js";
import { isTrackedEnvelope } from "../trpc.js";
import type { Dispatch, Running } from "./dispatch.js";
import type { Outbox } from "./outbox.js";

/** Sends the events of one subscription. */
export class EventSink<Payload> implements SubscriptionSink {
  readonly #running: Running<Payload>;
  readonly #dispatch: Pick<Dispatch<Payload>, "pushResult" | "subscriptionEnded">;
  readonly #outbox: Outbox;
  /** An event is taken to be as large as the one before. */
  #eventBytes: number;
  /** Set aside for the event that is being pulled, in this round of the outbox. */
  #reservedBytes = 0;
  #round = 0;

  constructor(
    running: Running<Payload>,
    dispatch: Pick<Dispatch<Payload>, "pushResult" | "subscriptionEnded">,
    outbox: Outbox,
  ) {
    this.#running = running;
    this.#dispatch = dispatch;
    this.#outbox = outbox;
    this.#eventBytes = outbox.unknownBytes;
  }

  get full(): boolean {
    return this.#outbox.full;
  }

  whenRoom(run: () => void) {
    this.#outbox.whenRoom(run);
  }

  afterTurn(run: () => void) {
    this.#outbox.afterTurn(run);
  }

  pulling() {
    this.#reservedBytes = this.#eventBytes;
    this.#round = this.#outbox.reserve(this.#reservedBytes);
  }

  pulled() {
    this.#outbox.unreserve(this.#reservedBytes, this.#round);
    this.#reservedBytes = 0;
  }

  send(event: unknown): void | Promise<void> {
    const parsed = this.#running.lane.parseEvent(event);
    if (parsed instanceof Promise) return parsed.then((valid) => this.#sendParsed(valid));
    this.#sendParsed(parsed);
  }

  #sendParsed(event: unknown) {
    const { lane, watched } = this.#running;
    if (isTrackedEnvelope(event)) {
      const [id, data] = event;
      const payload = lane.encodeTracked(id, data);
      this.#eventBytes = this.#dispatch.pushResult(this.#running, payload, id);
    } else this.#eventBytes = this.#dispatch.pushResult(this.#running, lane.encode(event));
    watched?.sent();
  }

  over() {
    this.#running.call.end();
  }

  ended(failure: Failure | undefined) {
    this.#dispatch.subscriptionEnded(this.#running, failure);
  }
}
