// "Play the story": a short scene acted out at reading speed. Each step waits until the one
// before can be seen where it should be, so that a slow machine tells the same story.

import { get, Refused, until } from "./control.js";
import { SCENES } from "./scenes.js";

const INBOX = "C0INBOX";
const FORUM = "930000000000000001";
const ADA = "U0ADA";
const BO = "U0BO";
const ROSA = "920000000000000001";
const KAI = "920000000000000002";
const KEY = "pinthread-story";

/** Time to read a line: 2 seconds and a quarter for each word beyond the fourth. */
const reading = (text) => 2000 + Math.max(0, text.split(/\s+/).length - 4) * 240;

/** Plays scenes; `stage.show(caption, pane, step, steps)` and `stage.end(words)` tell of them. */
export class Story {
  constructor({ slack, discord, deliveries, pins, stage }) {
    Object.assign(this, { slack, discord, deliveries, pins, stage });
    this.running = null;
  }

  get playing() {
    return this.running !== null;
  }

  stop() {
    this.running?.abort();
  }

  /** Play the next scene to its end, or until it is stopped. */
  async play() {
    if (this.playing) return;
    const number = Number(localStorage.getItem(KEY) ?? 0) || 0;
    const scene = SCENES[number % SCENES.length];
    localStorage.setItem(KEY, String((number + 1) % SCENES.length));
    this.running = new AbortController();
    this.signal = this.running.signal;
    let last = "That was one pin, in two conversations and three places.";
    try {
      if (!this.deliveries.up)
        throw new Refused("The story needs Pinthread itself. Start it, then play again.");
      await this.#act(scene);
    } catch (error) {
      if (error.name === "AbortError") last = "";
      else if (error instanceof Refused) last = error.message;
      else last = "The story broke off: something did not answer.";
    } finally {
      this.running = null;
      for (const pane of [this.slack, this.discord]) pane.composer.write("", { focus: false });
      this.stage.end(last);
    }
  }

  async #act(scene) {
    const pin = this.pins.find((one) => one.id === scene.pin);
    const second = this.pins.find((one) => one.id === scene.second);
    const steps = 8;
    await this.#stageFor();

    this.#show(
      `On the web, Mia asks Northwind about ${scene.thing}: \u201c${scene.ask}\u201d`,
      "web",
      1,
      steps,
    );
    const said = await this.#web({ to: ["northwind"], pin: pin.url, text: scene.ask });
    const root = await this.#inSlack(scene.ask);
    await this.#pause(reading(scene.ask));

    this.#show(
      "It is in Northwind\u2019s Slack, card and all, in the channel where the team already works.",
      "slack",
      2,
      steps,
    );
    await this.slack.open(INBOX, root);
    await this.#pause(3600);

    this.#show(
      "Ada answers in the Slack thread. For three seconds she could still undo it; then it is with Mia.",
      "slack",
      3,
      steps,
    );
    await this.#inThread(ADA, root, scene.answer);
    await this.#inDiscord(scene.answer);
    this.slack.putAway();
    await this.#pause(reading(scene.answer));

    this.#show(
      "Now Mia plans with Rosa and Kai: the same pin, in a conversation of their own.",
      "web",
      4,
      steps,
    );
    await this.#web({ to: ["rosa", "kai"], pin: pin.url, text: scene.plan });
    const post = await this.#inDiscord(scene.plan);
    await this.#pause(reading(scene.plan));

    this.#show("For her friends it is a post on Discord, where they plan anyway.", "discord", 5, steps);
    await this.discord.open(FORUM);
    await this.#pause(2600);
    await this.discord.open(post, FORUM);
    await this.#pause(1200);
    await this.#inPost(ROSA, post, scene.rosa);
    await this.#pause(reading(scene.rosa));
    await this.#inPost(KAI, post, scene.kai);
    await this.#pause(reading(scene.kai));

    this.#show(
      "What friends say stays among friends. Mia asks Northwind herself, and Bo answers.",
      "slack",
      6,
      steps,
    );
    await this.slack.open(INBOX, root);
    await this.#web({ thread: said.thread, text: scene.again });
    await this.#heard(root, scene.again);
    await this.#pause(reading(scene.again));
    await this.#inThread(BO, root, scene.bo);
    await this.#inDiscord(scene.bo);
    this.slack.putAway();
    await this.#pause(reading(scene.bo));

    this.#show("Mia says thank you, with a second pin.", "web", 7, steps);
    await this.#web({ thread: said.thread, pin: second.url, text: scene.thanks });
    await this.#heard(root, scene.thanks);
    await this.#inDiscord(scene.thanks);
    await this.#pause(reading(scene.thanks) + 1500);

    this.#show(
      "One history, three places, each up to date. The strips under the messages say so.",
      "",
      8,
      steps,
    );
    await this.#pause(5000);
  }

  /** Begin from a clear view: everybody's main place. */
  async #stageFor() {
    for (const pane of [this.slack, this.discord]) if (!pane.power.on) await pane.power.flip(true);
    await Promise.all([this.slack.become(ADA), this.discord.become(ROSA)]);
    await Promise.all([this.slack.open(INBOX), this.discord.open(FORUM)]);
    // The same scene may have been played before: only what is newer than this counts.
    const { messages } = await get(`/_control/slack/channels/${INBOX}`);
    const { threads } = await get(`/_control/discord/channels/${FORUM}`);
    const newest = threads.map((one) => BigInt(one.last ?? one.id)).sort((a, b) => (a > b ? -1 : 1))[0];
    this.since = { ts: messages.at(-1)?.ts ?? "0", id: newest ?? 0n };
  }

  /** Whether a message of either platform has come since the story began and holds the words. */
  #new(message, words) {
    const later = message.ts
      ? Number(message.ts) > Number(this.since.ts)
      : BigInt(message.id) > this.since.id;
    return later && holds(message, words);
  }

  #show(caption, pane, step, steps) {
    this.#check();
    this.stage.show(caption, pane, step, steps);
  }

  #check() {
    if (this.signal.aborted) throw new DOMException("Stopped.", "AbortError");
  }

  #pause(ms) {
    return new Promise((resolve, reject) => {
      this.#check();
      const timer = setTimeout(resolve, ms);
      const stop = () => {
        clearTimeout(timer);
        reject(new DOMException("Stopped.", "AbortError"));
      };
      this.signal.addEventListener("abort", stop, { once: true });
    });
  }

  async #web(body) {
    const answer = await fetch(`${this.deliveries.web}/api/demo/say`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ as: "mia", ...body }),
      signal: this.signal,
    });
    const told = await answer.json().catch(() => ({}));
    if (!answer.ok)
      throw new Refused(told.detail ?? told.title ?? `Pinthread answered with ${answer.status}.`);
    return told;
  }

  /** The root of the Slack thread that shows these words. */
  #inSlack(words) {
    return this.#until(async () => {
      const { messages } = await get(`/_control/slack/channels/${INBOX}`);
      const found = messages.findLast((one) => this.#new(one, words));
      return found && (found.thread_ts ?? found.ts);
    }, "The pin has not reached Slack.");
  }

  /** Wait until these words are in a Slack thread. */
  #heard(root, words) {
    return this.#until(async () => {
      const { messages } = await get(`/_control/slack/channels/${INBOX}`);
      return messages.some((one) => one.thread_ts === root && this.#new(one, words));
    }, "The words have not reached Slack.");
  }

  /** The forum post that shows these words. */
  #inDiscord(words) {
    return this.#until(async () => {
      const { threads } = await get(`/_control/discord/channels/${FORUM}`);
      const newest = threads
        .toSorted((a, b) => (BigInt(b.last ?? b.id) > BigInt(a.last ?? a.id) ? 1 : -1))
        .slice(0, 5);
      for (const thread of newest) {
        const { messages } = await get(`/_control/discord/channels/${thread.id}`);
        if (messages.some((one) => this.#new(one, words))) return thread.id;
      }
      return null;
    }, "The words have not reached Discord.");
  }

  async #until(look, late) {
    try {
      return await until(look, { signal: this.signal });
    } catch (error) {
      throw error instanceof Refused ? new Refused(`${late} Is a platform switched off?`) : error;
    }
  }

  async #inThread(user, root, words) {
    await this.slack.become(user);
    await this.#type(this.slack, words);
    this.slack.composer.write("", { focus: false });
    await this.slack.say(words, { user, channel: INBOX, thread: root });
  }

  async #inPost(user, post, words) {
    await this.discord.become(user);
    await this.#type(this.discord, words);
    this.discord.composer.write("", { focus: false });
    await this.discord.say(words, { user, channel: post });
  }

  /** Let the words appear in the pane's composer as if they were being typed. */
  async #type(pane, words) {
    const letters = [...words];
    for (let at = 2; at < letters.length; at += 2) {
      pane.composer.write(letters.slice(0, at).join(""), { focus: false });
      await this.#pause(46);
    }
    pane.composer.write(words, { focus: false });
    await this.#pause(450);
  }
}

/** Whether a message of either platform shows these words. */
function holds(message, words) {
  return (
    JSON.stringify(message.blocks ?? message.embeds ?? "").includes(JSON.stringify(words).slice(1, -1)) ||
    (message.text ?? message.content ?? "").includes(words)
  );
}
