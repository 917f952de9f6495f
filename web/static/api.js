// Talking to the program: calls with their problems, and the stream of what happens.

const session = document.querySelector('meta[name="pinthread-session"]')?.content ?? "";
const GONE = "Pinthread cannot be reached just now.";

/** An answer that is not the wanted one; `detail` is a sentence for people. */
export class Problem extends Error {
  constructor(status, code, detail) {
    super(detail);
    this.status = status;
    this.code = code;
  }

  /** Whether sending the same again may help. */
  get passing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

function headers(more = {}) {
  return session ? { Authorization: `Bearer ${session}`, ...more } : more;
}

async function call(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, { ...options, headers: headers(options.headers), signal: AbortSignal.timeout(20_000) });
  } catch {
    throw new Problem(0, "unreachable", GONE);
  }
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Problem(answer.status, body.code ?? "unknown", body.detail ?? GONE);
  return body;
}

export function get(path, query = {}) {
  const found = Object.entries(query).filter(([, value]) => value);
  return call(found.length ? `${path}?${new URLSearchParams(found)}` : path);
}

/** `key` makes it safe to send the same again. */
export function post(path, body, key = newKey()) {
  return change("POST", path, body, key);
}

export function change(method, path, body, key = newKey()) {
  return call(path, {
    method,
    headers: { "Idempotency-Key": key, ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
}

/** Sends a file up; `progress` hears of the part that is there. `abort()` gives up. */
export function sendUp(file, progress) {
  const request = new XMLHttpRequest();
  const done = new Promise((resolve, reject) => {
    request.upload.addEventListener("progress", (event) => event.lengthComputable && progress(event.loaded / event.total));
    request.addEventListener("error", () => reject(new Problem(0, "unreachable", GONE)));
    request.addEventListener("abort", () => reject(new Problem(0, "aborted", "")));
    request.addEventListener("load", () => {
      const body = request.response ?? {};
      if (request.status === 201) resolve(body);
      else reject(new Problem(request.status, body.code ?? "unknown", body.detail ?? GONE));
    });
  });
  request.open("POST", `/api/files?${new URLSearchParams({ name: file.name })}`);
  request.responseType = "json";
  const kind = /^[\w.+-]+\/[\w.+-]+/.exec(file.type)?.[0] ?? "";
  request.setRequestHeader("Content-Type", kind && !kind.startsWith("multipart/") ? kind : "application/octet-stream");
  for (const [name, value] of Object.entries(headers())) request.setRequestHeader(name, value);
  request.send(file);
  return { done, abort: () => request.abort() };
}

export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Follows `/api/live` for as long as the page is open, resuming after the last id. */
export class Live {
  constructor({ heard, standing }) {
    this.heard = heard;
    this.standing = standing;
    this.last = "";
    this.up = false;
  }

  async run() {
    for (let pause = 500; ; pause = Math.min(pause * 2, 8000)) {
      const began = Date.now();
      try {
        await this.#read();
      } catch (problem) {
        if (problem instanceof Problem && problem.status === 401) return;
        if (problem instanceof Problem && problem.code === "bad_cursor") this.last = "";
      }
      this.#set(false);
      if (Date.now() - began > 5000) pause = 500;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  async #read() {
    const answer = await fetch("/api/live", { headers: headers(this.last ? { "Last-Event-ID": this.last } : {}) });
    if (!answer.ok) {
      const body = await answer.json().catch(() => ({}));
      throw new Problem(answer.status, body.code ?? "unknown", "");
    }
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await this.#chunk(reader);
      if (done) return;
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop();
      blocks.forEach((block) => this.#event(block));
    }
  }

  /** The next bytes; a stream without even a heartbeat is dead. */
  async #chunk(reader) {
    let timer;
    const silence = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error("silence")), 45_000);
    });
    try {
      return await Promise.race([reader.read(), silence]);
    } catch (error) {
      reader.cancel().catch(() => {});
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  #event(block) {
    const event = { name: "message", data: "" };
    for (const line of block.split("\n")) {
      if (line.startsWith("event: ")) event.name = line.slice(7);
      else if (line.startsWith("id: ")) this.last = line.slice(4);
      else if (line.startsWith("data: ")) event.data += line.slice(6);
    }
    if (!event.data) return;
    if (event.name === "ready") this.#set(true);
    this.heard(event.name, JSON.parse(event.data));
  }

  #set(up) {
    if (this.up === up) return;
    this.up = up;
    this.standing(up);
  }
}
