/** One person's line to the integration, shared by all cards that show them. */

import type { Connection } from "../hass";
import { CUT_OFF } from "../judge/currentness";
import { ServerClock, type Moment } from "./clock";
import { merge, type Message, type Person } from "./message";

/** Seconds from a refused attempt to the next, at most. */
const PATIENCE = 30;

/** How often to look whether the line has gone silent. */
const LOOK = 10_000;

type Stop = () => Promise<void> | void;

/** Return what the browser's clocks say. */
export function present(): Moment {
  return { wall: Date.now(), steady: performance.now() };
}

/**
 * Follows a person as long as anybody listens.
 *
 * The connection's own way to subscribe again is not used: Home Assistant
 * answers before the integration is there to be asked, and then it gives up.
 */
export class Feed {
  readonly clock = new ServerClock();
  person: Person | null = null;
  /** Why there is nothing to show: `not_found` or `unauthorized`. */
  refusal: string | null = null;
  private readonly listeners = new Set<() => void>();
  private attempt = 0;
  private refused = 0;
  private stop: Stop | null = null;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private look: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly connection: Connection,
    private readonly entityId: string,
    private readonly ended: () => void,
  ) {}

  /** Call `listener` at every change, until the returned function is called. */
  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    if (this.listeners.size === 1) {
      this.begin();
    }
    return () => {
      if (this.listeners.delete(listener) && this.listeners.size === 0) {
        this.end();
      }
    };
  }

  private begin(): void {
    this.connection.addEventListener("ready", this.reconnected);
    this.connection.addEventListener("disconnected", this.disconnected);
    this.look = setInterval(this.watch, LOOK);
    this.subscribe();
  }

  private end(): void {
    this.connection.removeEventListener("ready", this.reconnected);
    this.connection.removeEventListener("disconnected", this.disconnected);
    clearInterval(this.look);
    this.leave();
    this.ended();
  }

  /** Ask for everything, and whatever changes. */
  private subscribe(): void {
    this.leave();
    const attempt = this.attempt;
    const heard = (message: Message): void => {
      if (attempt === this.attempt) {
        this.hear(message);
      }
    };
    const command = {
      type: "glucose_follow/subscribe",
      entity_id: this.entityId,
    };
    this.connection
      .subscribeMessage(heard, command, { resubscribe: false })
      .then(
        (stop) => {
          this.accepted(attempt, stop);
        },
        (error: unknown) => {
          this.denied(attempt, error);
        },
      );
  }

  /** Forget the present attempt, whatever comes of it. */
  private leave(): void {
    this.attempt += 1;
    clearTimeout(this.retry);
    if (this.stop) {
      hangUp(this.stop);
      this.stop = null;
    }
  }

  private accepted(attempt: number, stop: Stop): void {
    if (attempt === this.attempt) {
      this.stop = stop;
    } else {
      hangUp(stop);
    }
  }

  private denied(attempt: number, error: unknown): void {
    if (attempt !== this.attempt) {
      return;
    }
    const code = codeOf(error);
    this.refusal =
      code === "not_found" || code === "unauthorized" ? code : null;
    const seconds = Math.min(2 ** this.refused, PATIENCE);
    this.refused += 1;
    this.retry = setTimeout(() => {
      this.subscribe();
    }, seconds * 1000);
    this.tell();
  }

  private hear(message: Message): void {
    this.clock.hear(present(), message.now);
    this.refusal = null;
    this.refused = 0;
    this.person = merge(this.person, message);
    this.tell();
  }

  private readonly reconnected = (): void => {
    this.refused = 0;
    this.subscribe();
  };

  private readonly disconnected = (): void => {
    // Nothing can be hung up any more: the line is gone.
    this.stop = null;
    this.leave();
  };

  /** Ask again if the line is silent: it may be broken without a sound. */
  private readonly watch = (): void => {
    if (this.stop && this.clock.silence(present()) >= CUT_OFF) {
      this.subscribe();
    }
  };

  private tell(): void {
    for (const listener of this.listeners) {
      listener();
    }
  }
}

/** End a subscription that may be gone already. */
function hangUp(stop: Stop): void {
  void Promise.resolve()
    .then(stop)
    .catch(() => undefined);
}

/** Return why a command failed. */
function codeOf(error: unknown): unknown {
  return typeof error === "object" && error && "code" in error
    ? error.code
    : undefined;
}

const feeds = new WeakMap<Connection, Map<string, Feed>>();

/** Return the line to a person, the same for everybody who asks. */
export function feedOf(connection: Connection, entityId: string): Feed {
  let known = feeds.get(connection);
  if (!known) {
    known = new Map();
    feeds.set(connection, known);
  }
  const people = known;
  let feed = people.get(entityId);
  if (!feed) {
    feed = new Feed(connection, entityId, () => people.delete(entityId));
    people.set(entityId, feed);
  }
  return feed;
}
