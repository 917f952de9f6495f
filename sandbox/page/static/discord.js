// The Discord pane: channels, the forum's posts, threads, direct messages, and the composer.

import { fill, h, icon, keyed } from "./dom.js";
import { call, post, Refused } from "./control.js";
import { Composer } from "./composer.js";
import { chooseEmoji } from "./doing.js";
import { parse, suggest } from "./discord_command.js";
import { components, embed } from "./embeds.js";
import { drawPost, Forum, timeOf, titleOf } from "./forum.js";
import { showModal } from "./discord_forms.js";
import { menuBeside, offerMenus } from "./discord_menu.js";
import { inline, markdown } from "./markdown.js";
import { following, joins, row, tool } from "./message.js";
import { Pane } from "./pane.js";
import { pinIn, tray } from "./pins.js";

const FORUM = "930000000000000001";
const CHAT = "930000000000000002";

export class DiscordPane extends Pane {
  constructor(world, deliveries) {
    super({
      platform: "discord",
      name: "Discord",
      place: world.discord.guild?.name ?? "Friday Makers",
      mark: "bubble",
      world,
      deliveries,
    });
    this.discord = world.discord;
    this.user = this.discord.people[0].id;
    this.channel = FORUM; // a channel, a thread, or "dm"
    this.parent = null; // the channel a shown thread belongs to
    this.info = { kind: "forum", name: "plans" };
    this.messages = [];
    this.forum = new Forum();
    this.posts = [];
    this.only = { messages: [], modals: [] };
    this.answering = null;
    this.fresh = true;
    this.composer = new Composer({
      label: "Message",
      send: (text, files) => this.say(text, { files }),
      suggest: (text) => suggest(text, { user: this.user, channel: this.commandPlace }),
      pinOf: (text) => pinIn(text, world.pinterest.pins),
    });
    this.quote = h("div", { class: "answering", hidden: true });
    fill(
      this.foot,
      tray(world.pinterest.pins, (pin) => this.choosePin(pin)),
      this.quote,
      this.composer.node,
    );
    const person = (id) =>
      id === this.discord.bot?.id ? "Pinthread" : this.discord.people.find((one) => one.id === id)?.name;
    this.names = {
      person: (id) => person(id) ?? "somebody",
      channel: (id) => this.discord.channels.find((one) => one.id === id)?.name ?? "thread",
      people: () => this.discord.people,
      channels: () => this.discord.channels,
    };
    this.listPeople(this.discord.people);
    this.drawPlaces();
  }

  get inForum() {
    return this.info.kind === "forum";
  }

  /** Commands run in channels, threads and direct messages, but not in a forum itself. */
  get commandPlace() {
    return this.inForum ? CHAT : this.channel;
  }

  /** Where the control API reads the place from. */
  get readable() {
    return this.channel === "dm" ? `dm:${this.user}` : this.channel;
  }

  /** The place the program knows a thread by: the channel it stands in. */
  get bound() {
    return this.info.kind === "thread" ? this.info.parent : this.real;
  }

  /** Show a channel, "dm", or a thread of `parent`. */
  open(channel, parent = null) {
    this.channel = channel;
    this.parent = parent;
    const known = this.discord.channels.find((one) => one.id === channel);
    this.info = known
      ? { kind: known.kind, name: known.name }
      : { kind: channel === "dm" ? "dm" : "thread", name: "" };
    this.unread.delete(parent ?? channel);
    this.unread.delete(channel);
    this.answering = null;
    this.fresh = true;
    this.messages = [];
    delete this.list.dataset.drawn;
    this.list.replaceChildren();
    this.drawPlaces();
    return this.refresh();
  }

  /** A change somewhere on the server. */
  heard({ channel, kind }) {
    this.forum.changed(channel);
    if (kind === "message" && channel && channel !== this.channel && this.channel !== "dm") {
      const known = this.discord.channels.find((one) => one.id === channel);
      const above = known ? channel : this.posts.find((one) => one.id === channel) ? FORUM : null;
      if (above && above !== this.channel && above !== this.parent) {
        this.unread.add(above);
        this.drawPlaces();
      }
    }
    return this.refresh();
  }

  /** Say words, open a post, or run a command, as typed. */
  async say(text, { user = this.user, channel = this.channel, files = [] } = {}) {
    const more = files.length ? { files } : {};
    if (/^\/\S/.test(text)) {
      const place = channel === this.channel ? this.commandPlace : channel;
      const meant = await parse(text);
      const answer = await post("/_control/discord/command", { user, channel: place, ...meant });
      if (answer.ok === false && !answer.modal)
        throw new Refused(answer.error ?? "The application did not respond.");
      if (place !== channel) await this.open(place);
    } else if (this.inForum && channel === this.channel) {
      const made = await post("/_control/discord/say", { user, channel, text, title: titleOf(text || files[0].name), ...more });
      await this.open(made.channel, channel);
    } else {
      const to = this.answering ? { reply_to: this.answering.id } : {};
      await post("/_control/discord/say", { user, channel, text, ...to, ...more });
      this.#answer(null);
    }
    await this.refresh();
  }

  /** Put the right words for a pin into the composer. */
  async choosePin(pin) {
    if (this.info.kind === "thread") return this.composer.write(`${pin.url} `);
    if (this.inForum) await this.open(CHAT);
    return this.composer.write(`/pin send ${pin.url} to @northwind -- `);
  }

  drawPlaces() {
    const at = this.parent ?? this.channel;
    fill(
      this.places,
      h("p", { class: "heading" }, "Channels"),
      this.#seen().map((one) =>
        this.placeButton(
          one.id,
          one.name,
          one.hidden ? "lock" : one.kind === "forum" ? "forum" : "hash",
          one.id === at,
        ),
      ),
      h("p", { class: "heading" }, "Messages"),
      this.placeButton("dm", "Pinthread", "pin", at === "dm"),
    );
  }

  /** The channels that the person sees. */
  #seen() {
    return this.discord.channels.filter((one) => !one.unseen_by?.includes(this.user));
  }

  /** Be somebody else, who may not see the channel that is open. */
  become(user) {
    this.user = user;
    const at = this.parent ?? this.channel;
    if (at !== "dm" && !this.#seen().some((one) => one.id === at)) this.open(FORUM);
    return super.become(user);
  }

  async read() {
    const { channel, user, readable } = this;
    const [place, only] = await Promise.all([this.place(readable), this.seen()]);
    if (channel !== this.channel || user !== this.user) return;
    this.info = place.channel;
    this.real = place.channel.id;
    this.messages = place.messages;
    this.threads = new Map((place.threads ?? []).map((one) => [one.id, one]));
    this.only = only;
    if (this.inForum) this.posts = await this.forum.read(place.threads ?? []);
    if (channel !== this.channel || user !== this.user) return;
    if (!this.inForum) this.deliveries.watch("discord", this.bound);
    this.draw();
  }

  draw() {
    this.#drawTitle();
    const first = this.fresh;
    this.fresh = false;
    this.list.classList.toggle("posts", this.inForum);
    const items = this.inForum ? this.posts.map((one) => ({ id: one.id, post: one })) : this.#items();
    const shown = items.length ? items : [{ id: "empty", empty: true }];
    const draw = () =>
      keyed(
        this.list,
        shown,
        (item) => item.id,
        (item) => this.#drawItem(item),
      );
    if (this.inForum) draw();
    else following(this.scroller, draw, first);
    this.composer.label(this.#where());
    showModal(this.over, this.only.modals.at(-1) ?? null, { pane: this, names: this.names });
  }

  #where() {
    if (this.inForum) return "New post, or /pin";
    if (this.channel === "dm") return "Message Pinthread";
    return `Message ${this.info.kind === "thread" ? this.info.name : `#${this.info.name}`}`;
  }

  #drawTitle() {
    if (this.info.kind !== "thread") {
      const mark = this.channel === "dm" ? "pin" : this.inForum ? "forum" : "hash";
      return fill(this.title, icon(mark), h("h3", {}, this.channel === "dm" ? "Pinthread" : this.info.name));
    }
    const up = this.parent ?? this.info.parent ?? FORUM;
    return fill(
      this.title,
      h(
        "button",
        {
          type: "button",
          class: "back",
          "aria-label": `Back to ${this.names.channel(up)}`,
          onclick: () => this.open(up),
        },
        icon("back"),
      ),
      h("h3", {}, this.info.name, h("small", {}, `#${this.names.channel(up)}`)),
    );
  }

  #items() {
    const only = this.only.messages.filter((one) => one.channel === this.real);
    const all = [...this.messages, ...only].sort((a, b) => Number(BigInt(a.id) - BigInt(b.id)));
    const known = new Map(all.map((one) => [one.id, one]));
    const items = all.map((one) => ({
      id: one.id,
      one,
      at: timeOf(one),
      name: one.name,
      who: one.author,
      apart: Boolean(one.embeds?.length || one.reply_to || one.ephemeral),
      quoted: one.reply_to
        ? (known.get(one.reply_to) ?? { name: "somebody", content: "an earlier message" })
        : null,
      thread: this.threads.get(one.thread ?? one.id) ?? null,
      places: this.deliveries.of("discord", this.bound, one.id),
    }));
    items.forEach((item, at) => {
      item.follows = joins(items[at - 1], item);
    });
    return items;
  }

  #drawItem(item) {
    if (item.empty)
      return this.nothing(
        "forum",
        this.inForum ? "Each pin thread becomes a post here." : "Nothing has been said here yet.",
      );
    if (item.post) return drawPost(item.post, () => this.open(item.post.id, this.channel));
    const { one } = item;
    const drawn = this.#drawMessage(item, one);
    const person = this.discord.people.find((each) => each.id === one.author)?.id;
    if (!one.ephemeral)
      offerMenus(drawn, { message: one.id, person, run: (name, target) => this.#menu(name, target) });
    return drawn;
  }

  #drawMessage(item, one) {
    const act = (component, values) => this.#press(one, component, values);
    return row({
      name: item.name,
      face: one.picture,
      badge: one.bot && !one.webhook_id ? "App" : one.webhook_id ? "via Pinthread" : null,
      at: new Date(item.at),
      body: [
        one.loading
          ? h("i", {}, "Pinthread is thinking")
          : h("div", { class: "text" }, markdown(one.content, this.names)),
        (one.forwarded ?? []).map((words) =>
          h("blockquote", {}, h("i", {}, "Forwarded"), h("div", {}, markdown(words, this.names))),
        ),
        one.poll ? poll(one.poll) : null,
        (one.stickers ?? []).map((name) => h("p", {}, h("i", {}, `Sticker: ${name}`))),
        (one.embeds ?? []).map((shown) => embed(shown, this.names)),
        components(one.components, this.names, act),
      ],
      edited: Boolean(one.edited && one.content),
      reactions: (one.reactions ?? []).map((reaction) => ({
        shown: /^\w+:\d+$/.test(reaction.name) ? `:${reaction.name.split(":")[0]}:` : reaction.name,
        count: reaction.users.length,
        mine: reaction.users.includes(this.user),
        who: reaction.users.map((id) => this.names.person(id)).join(", "),
        toggle: () => this.#react(one, reaction.name),
      })),
      files: one.files?.map((file) => ({
        ...file,
        remove: one.author === this.user && !one.webhook_id && (() => this.#do("unfile", { message: one.id, file: file.id })),
      })),
      places: item.places,
      here: {
        platform: "discord",
        place:
          this.channel === "dm"
            ? "messages"
            : `#${this.info.kind === "thread" ? this.names.channel(this.info.parent) : this.info.name}`,
      },
      only: one.ephemeral && "Only visible to you",
      follows: item.follows,
      quote: item.quoted
        ? h(
            "p",
            { class: "quoted" },
            icon("reply"),
            h("b", {}, item.quoted.name),
            h("span", {}, inline(flat(item.quoted.content) || "a card", this.names)),
          )
        : null,
      tools: one.ephemeral
        ? [tool("close", "Dismiss", () => this.#dismiss())]
        : this.#tools(one),
      under: item.thread
        ? h(
            "button",
            { type: "button", class: "replies", onclick: () => this.open(item.thread.id, this.channel) },
            icon("thread"),
            h("b", {}, item.thread.name),
            h("span", {}, "Open the thread"),
          )
        : null,
    });
  }

  #tools(one) {
    const mine = one.author === this.user && !one.webhook_id;
    return [
      tool("smile", "React", (button) => chooseEmoji(button, (_, sign) => this.#react(one, sign))),
      tool("reply", "Reply", () => this.#answer(one)),
      tool("pin", "Apps", (button) => menuBeside(button, one.id, (name, target) => this.#menu(name, target))),
      mine && one.content ? tool("edit", "Edit", () => this.#edit(one)) : null,
      mine || this.user === this.discord.guild?.owner
        ? tool("bin", "Delete", () => this.#do("delete", { message: one.id }))
        : null,
    ].filter(Boolean);
  }

  #react(one, sign) {
    const same = (each) => each.name.replace("\uFE0F", "") === sign.replace("\uFE0F", "");
    const mine = one.reactions?.find((each) => same(each) && each.users.includes(this.user));
    const custom = /^\w+:\d+$/.test(sign);
    return this.#do("react", { message: one.id, emoji: mine && !custom ? mine.name : sign, remove: Boolean(mine) });
  }

  #edit(one) {
    this.#answer(null);
    this.composer.edit(one.content, async (text) => {
      await post("/_control/discord/edit", { user: this.user, message: one.id, text });
      await this.refresh();
    });
  }

  /** Do something to a message; a refusal is said under it. */
  async #do(what, body) {
    try {
      await post(`/_control/discord/${what}`, { user: this.user, ...body });
      await this.refresh();
    } catch (error) {
      this.composer.refuse(error.message);
    }
  }

  #answer(message) {
    this.answering = message;
    this.quote.hidden = !message;
    if (!message) return;
    if (this.composer.editing) this.composer.edit("", null);
    fill(
      this.quote,
      icon("reply"),
      h("span", {}, "Replying to ", h("b", {}, message.name)),
      h(
        "button",
        { type: "button", "aria-label": "Do not reply", onclick: () => this.#answer(null) },
        icon("close"),
      ),
    );
    this.composer.box.focus();
  }

  /** Run an app's menu on a message or a person. */
  async #menu(name, target) {
    try {
      const body = { user: this.user, channel: this.commandPlace, name, target };
      const told = await post("/_control/discord/command", body);
      if (told.ok === false && !told.modal) throw new Refused(told.error ?? "The application did not respond.");
      await this.refresh();
    } catch (error) {
      this.composer.refuse(error.message);
    }
  }

  async #dismiss() {
    await call("DELETE", `/_control/discord/seen?user=${encodeURIComponent(this.user)}`);
    await this.refresh();
  }

  async #press(message, component, values) {
    try {
      const told = await post("/_control/discord/press", {
        user: this.user,
        channel: this.real,
        message: message.id,
        custom_id: component.custom_id,
        ...(values ? { values } : {}),
      });
      if (told.ok === false && !told.modal) throw new Refused(told.error ?? "This interaction failed.");
      await this.refresh();
    } catch (error) {
      this.composer.refuse(error.message);
    }
  }
}

/** The words of a message on one line, without the marks that begin lines. */
function flat(text) {
  return String(text ?? "")
    .replace(/```\w*/g, "")
    .replace(/^\s*(?:>>> |> ?|#{1,3} |-# |[-*] )+/gm, "")
    .replace(/\s+/g, " ")
    .trim();
}

/** What one can vote for; the sandbox counts no votes. */
function poll({ question, answers }) {
  return h("div", {}, h("b", {}, question), h("ul", {}, answers.map((words) => h("li", {}, words))));
}
