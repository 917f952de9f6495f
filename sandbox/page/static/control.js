// The sandbox's control API and its stream of changes.

/** An answer that is no success; its message is a sentence for people. */
export class Refused extends Error {}

/** Call the control API: `call("GET", "/_control/world")`. */
export async function call(method, path, body) {
  const answer = await fetch(path, {
    method,
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(told.error ?? `The sandbox answered with ${answer.status}.`);
  return told;
}

export const get = (path) => call("GET", path);
export const post = (path, body) => call("POST", path, body);

const listeners = new Set();

/** Hear every change: `{platform, channel, kind}`. Kind `again` means: read everything again. */
export function onChange(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Open the stream; the browser opens it again by itself and says where it stopped. */
export function listen() {
  const source = new EventSource("/_control/live");
  let gap = false;
  const tell = (change) => listeners.forEach((listener) => listener(change));
  source.addEventListener("message", (event) => {
    const change = JSON.parse(event.data);
    tell(change.kind === "reset" ? { platform: "", channel: "", kind: "again" } : change);
  });
  source.addEventListener("error", () => {
    gap = true;
    document.body.classList.add("cut-off");
  });
  source.addEventListener("open", () => {
    document.body.classList.remove("cut-off");
    if (gap) tell({ platform: "", channel: "", kind: "again" });
    gap = false;
  });
  return source;
}

/** Run a reading at most once at a time; asked for meanwhile, it runs once more after. */
export function latest(work) {
  let running = null;
  let again = false;
  return function run() {
    if (running) {
      again = true;
      return running;
    }
    running = (async () => {
      do {
        again = false;
        await work();
      } while (again);
    })().finally(() => {
      running = null;
    });
    return running;
  };
}

/** Resolve with the first true answer of `look`, asked at each change; reject when time is up. */
export function until(look, { signal, seconds = 45 } = {}) {
  return new Promise((resolve, reject) => {
    let done = false;
    const end = (settle, value) => {
      if (done) return;
      done = true;
      off();
      clearInterval(beat);
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
      settle(value);
    };
    const ask = latest(async () => {
      try {
        const found = await look();
        if (found) end(resolve, found);
      } catch (error) {
        if (!(error instanceof Refused)) end(reject, error);
      }
    });
    const stop = () => end(reject, new DOMException("Stopped.", "AbortError"));
    const off = onChange(ask);
    const beat = setInterval(ask, 1500);
    const timer = setTimeout(() => end(reject, new Refused("It did not show up in time.")), seconds * 1000);
    signal?.addEventListener("abort", stop);
    if (signal?.aborted) stop();
    else ask();
  });
}
