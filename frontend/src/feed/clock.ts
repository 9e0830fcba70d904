/** The integration's clock, as well as it can be known in a browser. */

/** What a browser's two clocks say: one can be set, the other can stand still. */
export interface Moment {
  /** `Date.now()`: goes on while a tablet sleeps; jumps when somebody sets it. */
  readonly wall: number;
  /** `performance.now()`: never set; may stand still while a tablet sleeps. */
  readonly steady: number;
}

const AGREE = 2_000;
const APART = 10_000;

/** How far one clock of ours is behind the integration's. */
class Offset {
  private value = -Infinity;
  private doubted: { readonly offset: number; readonly steady: number } | null =
    null;

  /**
   * Learn from a message.
   *
   * A message may be late but never early, so the greatest difference is the
   * best one. It shrinks only if two messages that did not arrive together say
   * the same: what piled up while a tablet slept must not make old data young.
   */
  learn(offset: number, steady: number): void {
    if (offset >= this.value - AGREE) {
      this.value = Math.max(this.value, offset);
      this.doubted = null;
      return;
    }
    const { doubted } = this;
    if (!doubted || Math.abs(offset - doubted.offset) > AGREE) {
      this.doubted = { offset, steady };
    } else if (steady - doubted.steady >= APART) {
      this.value = offset;
      this.doubted = null;
    }
  }

  /** Return what the integration's clock says when ours says `ours`. */
  theirs(ours: number): number {
    return ours + this.value;
  }
}

/** Tells the integration's time, and how long it has been silent. */
export class ServerClock {
  private readonly wall = new Offset();
  private readonly steady = new Offset();
  private heardAt: Moment | null = null;

  /** Learn from a message, which may say what time it is. */
  hear(ours: Moment, theirs: number | undefined): void {
    this.heardAt = ours;
    if (theirs !== undefined) {
      this.wall.learn(theirs - ours.wall, ours.steady);
      this.steady.learn(theirs - ours.steady, ours.steady);
    }
  }

  /**
   * Return the integration's present, -Infinity while it is unknown.
   *
   * The later of two opinions, because a clock that stood still or was set
   * back would make old data young.
   */
  now(ours: Moment): number {
    return Math.max(
      this.wall.theirs(ours.wall),
      this.steady.theirs(ours.steady),
    );
  }

  /** Return for how many milliseconds nothing was heard, Infinity if never. */
  silence(ours: Moment): number {
    if (!this.heardAt) {
      return Infinity;
    }
    return Math.max(
      ours.wall - this.heardAt.wall,
      ours.steady - this.heardAt.steady,
    );
  }
}
