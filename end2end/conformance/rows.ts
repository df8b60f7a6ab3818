/** How many events a run has. */
export const COUNT = 6;

/** The data of an event, as the server has it. */
export const text = (n: number) => `event ${n} · é ☃ 😀${n % 4 ? '' : '\nits second line'}`;

const numbers = Array.from({ length: COUNT }, (_, n) => n + 1);
const all = numbers.map(text);

/** What a client has made of a run. */
export type Outcome = {
  data: string[];
  /** The last event id at each event. */
  ids: string[];
  /** Whether it has given up, or ended by itself. */
  isOver: boolean;
};

/** What a client needs to be asked for a row: to read a stream, or to look at the answer and come back too. */
export type Needs = 'parser' | 'answer' | 'reconnect';

/** One rule of the standard, and the faults that show whether it is kept. */
export type Row = {
  rule: string;
  /** The clause of the standard. */
  clause: string;
  fault: string;
  needs: Needs;
  /** Whether the server is gone for a while after its first connection. */
  isAway?: true;
  /** For how many milliseconds nothing has to happen; else the row is over as soon as it is right. */
  stays?: number;
  /** What is not as it should be; none where all is. */
  wrong(outcome: Outcome): string | undefined;
};

const ID = (n: number) => `faults-${n}`;

/** Every event, once, in order. */
function whole({ data }: Outcome): string | undefined {
  if (data.join('\0') === all.join('\0')) return undefined;
  if (data.length < COUNT && all.slice(0, data.length).every((text, at) => text === data[at])) return `stops after ${data.length} of ${COUNT}`;
  const missing = all.filter((text) => !data.includes(text)).length;
  const strange = data.filter((text) => !all.includes(text)).length;
  const said = [
    missing && `${missing} missing`,
    strange && `${strange} with other data`,
    data.length > new Set(data).size && `${data.length - new Set(data).size} twice`,
  ];
  return said.filter(Boolean).join(', ') || 'out of order';
}

/** Every event, with these ids. */
const withIds = (ids: number[]) => (outcome: Outcome) =>
  whole(outcome) ?? (outcome.ids.join() === ids.map(ID).join() ? undefined : `last ids ${outcome.ids.map((id) => JSON.stringify(id.replace(/^faults-/, ''))).join(' ')}`);

/** No event, and an end. */
function refused({ data, isOver }: Outcome): string | undefined {
  if (data.length > 0) return `dispatches ${data.length} events`;
  return isOver ? undefined : 'tries again';
}

const row = (clause: string, rule: string, fault: string, needs: Needs, wrong: Row['wrong'], more: Partial<Row> = {}): Row => ({
  rule,
  clause,
  fault,
  needs,
  wrong,
  ...more,
});

/** The rules, in the order of the standard. */
export const ROWS: Row[] = [
  row('9.2.3', 'a status other than 200 fails the connection (503)', 'unavailable?refused=100', 'answer', refused, { stays: 1_500 }),
  row('9.2.3', '204 fails it, so a server can send a client away', 'no-content?', 'answer', refused, { stays: 1_500 }),
  row('9.2.3', 'another type fails it (text/plain)', 'content-type?type=text/plain', 'answer', refused, { stays: 1_500 }),
  row('9.2.3', 'no type at all fails it', 'content-type?type=none', 'answer', refused, { stays: 1_500 }),
  row('9.2.3', 'parameters of the type change nothing (charset=utf-8)', 'content-type?type=text/event-stream%3B%20charset%3Dutf-8', 'answer', whole),
  row('9.2.3', 'nor does another charset (windows-1252)', 'content-type?type=text/event-stream%3B%20charset%3Dwindows-1252', 'answer', whole),
  row('9.2.3', 'a connection that breaks is made again, with the last id', 'cut?', 'reconnect', whole),
  row('9.2.3', 'so is one that ends in good order', 'unfinished?', 'reconnect', whole),
  row('9.2.3', 'and one that is refused, as the server is down for a second', 'cut?times=1', 'reconnect', whole, { isAway: true }),
  row('9.2.4', 'what was cut in the middle of an event is dropped, and its id does not count', 'cut-in-event?', 'reconnect', whole),
  row('9.2.5', 'a character that was cut does not reach into the next connection', 'cut-in-character?', 'reconnect', whole),
  row('9.2.5', 'CR ends a line', 'line-ends?ends=cr', 'parser', whole),
  row('9.2.5', 'CRLF ends one line, not two', 'line-ends?ends=crlf', 'parser', whole),
  row('9.2.5', 'all three may be mixed', 'line-ends?ends=mixed', 'parser', whole),
  row('9.2.5', 'one byte order mark at the beginning is passed over', 'bom?', 'parser', whole),
  row('9.2.5', 'what is not UTF-8 is U+FFFD, and the stream goes on', 'invalid-utf8?', 'parser', ({ data }) => {
    if (data.length !== COUNT) return `${data.length} of ${COUNT} events`;
    const right = data.every((text) => text.includes('\uFFFD \uFFFD('));
    return right ? undefined : `has ${JSON.stringify(data[0]!.slice(-4))} for it`;
  }),
  row('9.2.5', 'comments are passed over, however many', 'comments?comments=5000', 'parser', whole),
  row('9.2.6', 'a block without data is no event (`retry:` alone)', 'retry?retry=100', 'parser', whole),
  row('9.2.6', 'fields with other names are passed over, capitals and spaces too', 'unknown-fields?', 'parser', whole),
  row('9.2.6', 'an event that the end comes before is not dispatched', 'unfinished?with=line-ends&ends=crlf', 'reconnect', whole),
  row('9.2.6', 'an id with NUL is passed over, the event is not', 'nul-in-id?', 'parser', withIds([1, 2, 2, 4, 5, 6])),
  row('9.2.6', 'an id may come again', 'repeated-ids?', 'parser', withIds([1, 2, 2, 4, 5, 6])),
  row('9.2.6', 'an id may be less than the one before', 'backward-ids?', 'parser', withIds([1, 2, 1, 4, 5, 6])),
  row('9.2.6', 'a line may be long (1 MiB)', 'long-line?', 'parser', ({ data }) => {
    const length = data[1]?.length ?? 0;
    if (data.length !== COUNT) return `${data.length} of ${COUNT} events`;
    return length === 1_048_576 ? undefined : `has ${length} characters of it`;
  }),
  row('9.2.6', '`retry:` sets the time until it comes back (100 ms)', 'cut?retry=100', 'reconnect', whole, { stays: 0 }),
  row('9.2.6', 'a large one is waited for (20 digits)', 'cut?retry=99999999999999999999', 'reconnect', ({ data }) =>
    data.length === 3 ? undefined : 'comes back within 7 s', { stays: 7_000 }),
];
