// The Slack pane: channels, threads, what only one person sees, views, and the composer.

import { avatar as avatarOf, fill, h, icon, keyed } from "./dom.js";
import { post, Refused } from "./control.js";
import { blocks } from "./blocks.js";
import { emoji, paragraphs, typedAgain } from "./slack_text.js";
import { Composer } from "./composer.js";
import { chooseEmoji } from "./doing.js";
import { following, joins, row, tool } from "./message.js";
import { Pane } from "./pane.js";
import { pinIn, tray } from "./pins.js";
import { drawHome, homeItem, offerShortcuts } from "./slack_apps.js";
import { showView } from "./slack_views.js";

const INBOX = "C0INBOX";
const HOME = "home";
const VERBS = [
  ["send", "<pin> to @somebody -- words", "Start a thread about a pin"],
  ["inbox", "mine|unassigned|waiting|all", "Your threads"],
  ["open", "<id>", "Go to a thread"],
  ["reply", "<id> <words>", "Answer in a thread, for a brand as the brand"],
  ["note", "<id> <words>", "A note that only the brand sees"],
  ["assign", "<id> me|none|@x", "Say who answers"],
  ["status", "<id> open|snooze|resolved", "Open, snooze or resolve"],
  ["canned", "<name> <id>", "A prepared reply"],
  ["search", "<words>", "Find messages"],
  ["requests", "", "Who wrote for the first time"],
  ["brands", "", "Brands that you can write to"],
  ["follow", "@somebody", "Follow somebody"],
  ["connect", "#channel inbox|project", "Let conversations appear in a channel"],
  ["help", "", "What can be done"],
];

export class SlackPane extends Pane {
  constructor(world, deliveries) {
    super({
      platform: "slack",
      name: "Slack",
      place: world.slack.team?.name ?? "Northwind Home",
      mark: "hash",
      world,
      deliveries,
    });
    this.slack = world.slack;
    this.user = this.slack.people[0].id;
    this.channel = INBOX;
    this.thread = null;
    this.opened = 0; // when the place was
    this.messages = [];
    this.only = { answers: [], views: [] };
    this.dismissed = new Set(); // answers that their reader has put away
    this.fresh = true;
    this.composer = new Composer({
      label: "Message",
      send: (text, files) => this.say(text, { files }),
      suggest: (text) => this.#suggest(text),
      pinOf: (text) => pinIn(text, world.pinterest.pins),
    });
    fill(
      this.foot,
      tray(world.pinterest.pins, (pin) => this.choosePin(pin)),
      this.composer.node,
    );
    this.names = {
      person: (id) => this.#person(id)?.name ?? (id === this.slack.bot?.user ? "Pinthread" : id),
      channel: (id) => this.slack.channels.find((one) => one.id === id)?.name ?? id,
      handle: (id) => this.#person(id)?.handle ?? (id === this.slack.bot?.user ? "pinthread" : id),
      people: () => this.slack.people,
      channels: () => this.slack.channels.filter((one) => one.id.startsWith("C")),
    };
    this.listPeople(this.slack.people);
    this.drawPlaces();
  }

  #person(id) {
    return this.slack.people.find((one) => one.id === id);
  }

  /** The direct messages of the one we are, with the bot. */
  get direct() {
    const ims = this.slack.channels.filter((one) => one.id.startsWith("D"));
    return (ims.find((one) => one.members?.includes(this.user)) ?? { id: `D${this.user.slice(1)}` }).id;
  }

  become(user) {
    const direct = this.channel === this.direct;
    this.user = user;
    if (direct) this.channel = this.direct;
    if (this.channel === HOME) this.#tellHome();
    return super.become(user);
  }

  /** Show a channel, or a thread of it. */
  open(channel, thread = null) {
    if (channel === HOME) this.#tellHome();
    this.channel = channel;
    this.thread = thread;
    this.opened = Date.now();
    this.unread.delete(channel);
    this.fresh = true;
    this.messages = [];
    delete this.list.dataset.drawn;
    this.list.replaceChildren();
    this.drawPlaces();
    return this.refresh();
  }

  /** A change somewhere in the workspace. */
  heard({ channel, kind }) {
    if (kind === "again" || kind === "seen" || !channel || channel === this.channel) return this.refresh();
    if (kind === "message") {
      this.unread.add(channel);
      this.drawPlaces();
    }
    return undefined;
  }

  /** Say words or run a command, as typed. */
  async say(text, { user = this.user, channel = this.channel, thread = this.thread, files = [] } = {}) {
    const under = thread ? { thread_ts: thread } : {};
    if (files.length) {
      await post("/_control/slack/file", { user, channel, text, files, ...under });
    } else if (/^\/\S/.test(text)) {
      if (thread) throw new Refused("Slack runs no commands inside a thread. Go back to the channel first.");
      const [, command, rest] = /^(\/\S+)\s*([\s\S]*)$/.exec(text);
      const answer = await post("/_control/slack/command", { user, channel, command, text: rest });
      if (answer.ok === false)
        throw new Refused(answer.error ?? `${command} failed because the app did not respond.`);
    } else {
      await post("/_control/slack/say", { user, channel, text, ...under });
    }
    await this.refresh();
  }

  /** Put the right words for a pin into the composer. */
  choosePin(pin) {
    if (this.thread || this.channel === this.direct) this.composer.write(`${pin.url} `);
    else this.composer.write(`/pin send ${pin.url} to @mia -- `);
  }

  #suggest(text) {
    const verb = /^\/(\w*)(?: (\w*))?$/.exec(text);
    if (!verb || this.thread) return [];
    if (verb[2] === undefined && !"pin".startsWith(verb[1])) return [];
    return VERBS.filter(([name]) => name.startsWith(verb[2] ?? "")).map(([name, rest, about]) => ({
      name: `/pin ${name} ${rest}`,
      about,
      text: `/pin ${name} `,
    }));
  }

  drawPlaces() {
    const shown = this.slack.channels.filter((one) => one.id.startsWith("C"));
    fill(
      this.places,
      h("p", { class: "heading" }, "Channels"),
      shown.map((one) =>
        this.placeButton(one.id, one.name, one.kind === "group" ? "lock" : "hash", one.id === this.channel),
      ),
      h("p", { class: "heading" }, "Apps"),
      this.placeButton(this.direct, "Pinthread", "pin", this.channel === this.direct),
      this.placeButton(HOME, "Home", "forum", this.channel === HOME),
      h("p", { class: "heading" }, "Shortcuts"),
      this.slack.shortcuts.global.map((one) =>
        h(
          "button",
          { type: "button", class: "place-button", onclick: () => this.#shortcut(one.callback_id) },
          icon("play"),
          h("span", {}, one.name),
        ),
      ),
    );
  }

  async read() {
    const { channel, user } = this;
    const [place, only] = await Promise.all([
      channel === HOME ? { messages: [] } : this.place(channel),
      this.seen(),
    ]);
    if (channel !== this.channel || user !== this.user) return;
    this.messages = place.messages;
    this.only = only;
    if (channel !== HOME) this.deliveries.watch("slack", channel);
    this.draw();
  }

  draw() {
    this.#drawTitle();
    const first = this.fresh;
    this.fresh = false;
    const home = this.channel === HOME;
    const items = home ? this.#homeItems() : this.thread ? this.#threadItems() : this.#channelItems();
    this.foot.hidden = home;
    items.forEach((item, at) => {
      item.follows = joins(items[at - 1], item);
    });
    following(
      this.scroller,
      () =>
        keyed(
          this.list,
          items.length ? items : [{ id: "empty", empty: true }],
          (item) => item.id,
          (item) => this.#drawItem(item),
        ),
      first,
    );
    const where = this.thread
      ? "Reply in the thread"
      : this.channel === this.direct
        ? "Message Pinthread"
        : `Message #${this.names.channel(this.channel)}`;
    this.composer.label(where);
    showView(this.over, this.only.views.at(-1) ?? null, { pane: this, names: this.names });
  }

  #drawTitle() {
    if (this.channel === HOME) return fill(this.title, icon("forum"), h("h3", {}, "Pinthread", h("small", {}, "Home")));
    const name = this.channel === this.direct ? "Pinthread" : this.names.channel(this.channel);
    if (!this.thread)
      return fill(this.title, icon(this.channel === this.direct ? "pin" : "hash"), h("h3", {}, name));
    return fill(
      this.title,
      h(
        "button",
        {
          type: "button",
          class: "back",
          "aria-label": `Back to ${name}`,
          onclick: () => this.open(this.channel),
        },
        icon("back"),
      ),
      h("h3", {}, "Thread", h("small", {}, `#${name}`)),
    );
  }

  #homeItems() {
    return this.only.home ? [homeItem(this.only.home)] : [];
  }

  #channelItems() {
    const replies = new Map();
    for (const one of this.messages) {
      if (!one.thread_ts) continue;
      if (!replies.has(one.thread_ts)) replies.set(one.thread_ts, []);
      replies.get(one.thread_ts).push(one);
    }
    const roots = this.messages.filter(
      (one) => !one.thread_ts || one.thread_ts === one.ts || one.subtype === "thread_broadcast",
    );
    const items = roots.map((one) => {
      const under = (replies.get(one.ts) ?? []).filter((reply) => reply.ts !== one.ts);
      return this.#item(
        one,
        under.length ? { count: under.length, faces: faces(under), last: under.at(-1).ts } : null,
      );
    });
    return this.#withAnswers(items, (answer) => !answer.thread_ts);
  }

  #threadItems() {
    const mine = this.messages.filter((one) => one.ts === this.thread || one.thread_ts === this.thread);
    return this.#withAnswers(
      mine.map((one) => this.#item(one, null)),
      (answer) =>
        answer.thread_ts === this.thread || (!answer.thread_ts && Number(answer.ts) * 1000 > this.opened),
    );
  }

  /** In Slack the channel stands beside its open thread; here what is told there is shown below. */
  #withAnswers(items, fits) {
    const bot = { bot: true, name: "Pinthread", picture: this.slack.bot?.picture };
    const answers = this.only.answers
      .filter((one) => one.channel === this.channel && fits(one) && !this.dismissed.has(one.id))
      .map((one) => ({
        ...this.#item({ ...bot, ...one }, null),
        id: `only ${one.id}`,
        answer: one.id,
        beside: Boolean(this.thread && !one.thread_ts),
        apart: true,
      }));
    return [...items, ...answers].sort((a, b) => a.at - b.at || 0);
  }

  #item(one, replies) {
    const at = one.ts ? Number(one.ts) * 1000 : Date.now();
    return {
      id: one.ts,
      one,
      at,
      name: one.username ?? one.name ?? this.names.person(one.user),
      who: one.user ?? one.name,
      apart: Boolean(replies || one.blocks?.length > 1 || one.subtype),
      replies,
      places: this.deliveries.of("slack", this.channel, one.ts),
    };
  }

  #drawItem(item) {
    if (item.home)
      return drawHome(item.home, this.names, (element, value) => this.#press({ view: item.home.id }, element, value));
    if (item.empty && this.channel === HOME)
      return this.nothing("pin", "Pinthread has not drawn its page yet.");
    if (item.empty)
      return this.nothing(
        "pin",
        this.channel === INBOX
          ? "Pins that people ask Northwind about land here."
          : "Nothing has been said here yet.",
      );
    const { one, replies } = item;
    const act = (element, value) => this.#press(item, element, value);
    return row({
      name: item.name,
      face: one.picture,
      badge: one.bot ? "App" : null,
      at: new Date(item.at),
      body: [
        one.blocks?.length
          ? blocks(one.blocks, { names: this.names, act })
          : h(
              "div",
              { class: one.subtype === "me_message" ? "text me" : "text" },
              paragraphs(one.text, this.names),
            ),
        attachments(one.attachments, this.names, act),
      ],
      edited: Boolean(one.edited),
      reactions: (one.reactions ?? []).map((reaction) => ({
        shown: emoji(reaction.name),
        count: reaction.users.length,
        mine: reaction.users.includes(this.user),
        who: reaction.users.map((id) => this.names.person(id)).join(", "),
        toggle: () => this.#react(one, reaction.name, reaction.users.includes(this.user)),
      })),
      files: one.files?.map((file) => ({
        ...file,
        remove: one.user === this.user && !one.bot && (() => this.#do("unfile", { ts: one.ts, file: file.id })),
      })),
      places: item.places,
      here: {
        platform: "slack",
        place: this.channel === this.direct ? "messages" : `#${this.names.channel(this.channel)}`,
      },
      only: item.answer !== undefined && (item.beside ? `Only visible to you, in #${this.names.channel(this.channel)}` : "Only visible to you"),
      follows: item.follows,
      tools: this.#tools(item),
      under: replies
        ? h(
            "button",
            { type: "button", class: "replies", onclick: () => this.open(this.channel, one.ts) },
            replies.faces.map(([name, face]) => avatarOf(name, face)),
            h("b", {}, replies.count === 1 ? "1 reply" : `${replies.count} replies`),
            h("span", {}, "View the thread"),
          )
        : null,
    });
  }

  /** Put away what only the person here sees; it has been read. */
  putAway() {
    for (const answer of this.only.answers) this.dismissed.add(answer.id);
    this.draw();
  }

  #tools({ one, answer }) {
    if (answer !== undefined) {
      return [tool("close", "Dismiss", () => (this.dismissed.add(answer), this.draw()))];
    }
    const mine = one.user === this.user && !one.bot;
    return [
      tool("smile", "React", (button) => chooseEmoji(button, (name) => this.#react(one, name))),
      this.thread
        ? null
        : tool("reply", "Reply in a thread", () => this.open(this.channel, one.thread_ts ?? one.ts)),
      mine && one.subtype !== "me_message" ? tool("edit", "Edit", () => this.#edit(one)) : null,
      tool("down", "Shortcuts", (button) =>
        offerShortcuts(button, this.slack.shortcuts.message, (name) => this.#shortcut(name, one)),
      ),
      mine || this.#person(this.user)?.admin
        ? tool("bin", "Delete", () => this.#do("delete", { ts: one.ts }))
        : null,
    ].filter(Boolean);
  }

  #react(one, name, remove = false) {
    const mine = one.reactions?.find((each) => each.name === name)?.users.includes(this.user);
    return this.#do("react", { ts: one.ts, name, remove: remove || Boolean(mine) });
  }

  #edit(one) {
    this.composer.edit(typedAgain(one.text, this.names), async (text) => {
      await post("/_control/slack/edit", { user: this.user, channel: this.channel, ts: one.ts, text });
      await this.refresh();
    });
  }

  /** Do something to a message; a refusal is said under it. */
  async #do(what, body) {
    try {
      await post(`/_control/slack/${what}`, { user: this.user, channel: this.channel, ...body });
      await this.refresh();
    } catch (error) {
      this.composer.refuse(error.message);
    }
  }

  /** Slack tells the app that its page was opened. */
  #tellHome() {
    return post("/_control/slack/home", { user: this.user }).catch((error) => this.composer.refuse(error.message));
  }

  /** One of the app's shortcuts: on a message, or from anywhere. */
  async #shortcut(callback_id, one) {
    const on = one ? { channel: this.channel, ts: one.ts } : {};
    try {
      const told = await post("/_control/slack/shortcut", { user: this.user, callback_id, ...on });
      if (told.ok === false) throw new Refused(told.error ?? "The app did not respond.");
      await this.refresh();
    } catch (error) {
      this.composer.refuse(error.message);
    }
  }

  async #press(item, element, value) {
    const answer = item.answer === undefined ? { ts: item.one?.ts } : { answer: item.answer };
    const place = item.view ? { view: item.view } : { channel: this.channel, ...answer };
    try {
      await post("/_control/slack/press", {
        user: this.user,
        ...place,
        action_id: element.action_id,
        value,
      });
      await this.refresh();
    } catch (error) {
      this.composer.refuse(error.message);
    }
  }
}

function faces(replies) {
  return [...new Map(replies.map((one) => [one.name, one.picture])).entries()].slice(0, 4);
}

/** Old-style attachments: a line of text, or blocks, beside a bar. */
function attachments(found, names, act) {
  return (found ?? []).map((one) =>
    h(
      "div",
      { class: "embed" },
      h(
        "div",
        { class: "embed-main" },
        one.author_name ? h("div", { class: "embed-author" }, one.author_name) : null,
        one.title ? h("h4", {}, one.title) : null,
        one.blocks?.length
          ? blocks(one.blocks, { names, act })
          : h("div", { class: "text" }, paragraphs(one.text ?? one.fallback ?? "", names)),
      ),
    ),
  );
}
