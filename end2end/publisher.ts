import { type Draft, type Hub, sequence } from './hub.js';

/** How much, and how. */
export type Rate = {
  /** Events a second. */
  rate: number;
  /** Events in one request. */
  batch: number;
};

/** The names of its events, by turns. */
export const NAMES = ['tick', 'tick', 'tick', 'order', 'error'];

/** Publishes to a topic at a steady rate, whether answers come or not, and keeps what they say. */
export class Publisher {
  private told: number[] = [];
  private sent = 0;
  private begun = 0;
  private timer: NodeJS.Timeout | undefined;
  private asked = new Set<Promise<void>>();
  private failure: unknown;

  constructor(
    private readonly hub: Hub,
    private readonly topic: string,
    private readonly rate: Rate = { rate: 1_000, batch: 20 },
  ) {}

  start(): this {
    this.begun = performance.now() - (this.sent / this.rate.rate) * 1_000;
    this.timer = setInterval(() => this.tick(), (this.rate.batch / this.rate.rate) * 1_000);
    return this;
  }

  /** Ends, when all was answered. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.settled();
  }

  /** Waits for the answers to what was sent so far. */
  async settled(): Promise<void> {
    await Promise.all(this.asked);
    if (this.failure) throw this.failure;
  }

  /** What was acknowledged in the log from one sequence number to another, in order. */
  between(first: number, last: number): number[] {
    return this.told.filter((n) => n >= first && n <= last).sort((a, b) => a - b);
  }

  /** How many events were acknowledged. */
  get count(): number {
    return this.told.length;
  }

  /** What is due by now: a timer that was late makes up for it. */
  private tick(): void {
    const due = ((performance.now() - this.begun) / 1_000) * this.rate.rate;
    while (this.sent + this.rate.batch <= due) {
      const asked = this.publish().finally(() => this.asked.delete(asked));
      this.asked.add(asked);
    }
  }

  private async publish(): Promise<void> {
    const events = Array.from({ length: this.rate.batch }, () => quote(this.topic, this.sent++));
    try {
      for (const id of await this.hub.publishAll(events)) this.told.push(sequence(id));
    } catch (failure) {
      this.failure ??= failure;
    }
  }
}

/** An event as a price feed has them: a hundred bytes. */
export function quote(topic: string, n: number): Draft {
  const data = { n, symbol: `T${n % 97}`, price: 100 + (n % 1_000) / 100, venue: 'XETR', at: Date.now() };
  return { topic, event: NAMES[n % NAMES.length]!, data };
}
