// In the page, before all else: what the browser knows of its frames, interactions and memory.
// No TypeScript, as what compiles that would leave names in it that the page does not have.
{
  const memories = [];
  const keep = (was) =>
    async (...args) => {
      const made = await was.apply(WebAssembly, args);
      const { exports } = made.instance ?? made;
      memories.push(...Object.values(exports).filter((value) => value instanceof WebAssembly.Memory));
      return made;
    };
  WebAssembly.instantiate = keep(WebAssembly.instantiate);
  WebAssembly.instantiateStreaming = keep(WebAssembly.instantiateStreaming);

  const interactions = [];
  new PerformanceObserver((list) => {
    for (const { name, duration, interactionId } of list.getEntries()) {
      if (interactionId) interactions.push({ name, duration });
    }
  }).observe({ type: 'event', durationThreshold: 16, buffered: true });

  /** The times between frames, for so many milliseconds. */
  const frameTimes = (ms) =>
    new Promise((resolve) => {
      const deltas = [];
      let first, last;
      const frame = (time) => {
        if (last === undefined) first = time;
        else deltas.push(time - last);
        last = time;
        if (time - first < ms) requestAnimationFrame(frame);
        else resolve(deltas);
      };
      requestAnimationFrame(frame);
    });

  const wasmBytes = () => memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
  Object.assign(window, { frameTimes, interactions, wasmBytes });
}
