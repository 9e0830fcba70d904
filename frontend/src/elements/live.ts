/** Keeps an element true while time passes. */

import type { ReactiveController, ReactiveControllerHost } from "lit";

import { feedOf, present, type Feed } from "../feed/feed";
import type { Person } from "../feed/message";
import type { Hass } from "../hass";
import {
  currentness,
  stillKnown,
  type Currentness,
} from "../judge/currentness";

const SECOND = 1_000;
const MINUTE = 60_000;

/** What an element may say at this moment. */
export interface View {
  readonly person: Person | null;
  readonly currentness: Currentness;
  /** The integration's present, epoch milliseconds. */
  readonly now: number;
  /** Why nothing may be shown at all. */
  readonly refusal: string | null;
}

/** Follows a person for as long as its element is on the page. */
export class Live implements ReactiveController {
  private feed: Feed | null = null;
  private leave: (() => void) | null = null;
  private timer: ReturnType<typeof setInterval> | undefined;
  private shown = "";
  private connection: Hass["connection"] | null = null;
  private entityId = "";

  constructor(private readonly host: ReactiveControllerHost & HTMLElement) {
    host.addController(this);
  }

  /** Follow the person of an entity. */
  follow(connection: Hass["connection"], entityId: string): void {
    if (connection !== this.connection || entityId !== this.entityId) {
      this.connection = connection;
      this.entityId = entityId;
      if (this.host.isConnected) {
        this.begin();
      }
    }
  }

  hostConnected(): void {
    this.timer = setInterval(this.tick, SECOND);
    // A tablet that wakes up must not wait for a timer.
    document.addEventListener("visibilitychange", this.tick);
    this.begin();
  }

  hostDisconnected(): void {
    clearInterval(this.timer);
    document.removeEventListener("visibilitychange", this.tick);
    this.leave?.();
    this.leave = null;
  }

  /** Return what may be said now. */
  view(): View {
    const { feed } = this;
    if (!feed) {
      return WAITING;
    }
    const ours = present();
    const now = feed.clock.now(ours);
    const current = currentness(feed.person, now, feed.clock.silence(ours));
    return {
      person: stillKnown(feed.person, current),
      currentness: current,
      now,
      refusal: feed.refusal,
    };
  }

  private begin(): void {
    this.leave?.();
    this.leave = null;
    if (this.connection && this.entityId) {
      this.feed = feedOf(this.connection, this.entityId);
      this.leave = this.feed.listen(this.heard);
      this.heard();
    }
  }

  private readonly heard = (): void => {
    this.shown = shownBy(this.view());
    this.host.requestUpdate();
  };

  /** Draw again if that would look different. */
  private readonly tick = (): void => {
    const shown = shownBy(this.view());
    if (shown !== this.shown) {
      this.shown = shown;
      this.host.requestUpdate();
    }
  };
}

const WAITING: View = {
  person: null,
  currentness: { kind: "waiting" },
  now: -Infinity,
  refusal: null,
};

/** Return what differs whenever passing time makes a view look different. */
function shownBy({ person, currentness: { kind }, now }: View): string {
  const age = now - (person?.newest_at ?? now);
  return [kind, Math.floor(age / MINUTE), Math.floor(now / MINUTE)].join(" ");
}
