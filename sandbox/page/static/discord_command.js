// What is typed after a slash in Discord, as a subcommand with its options.

import { get, post, Refused } from "./control.js";

let known = null;

/** The registered commands, asked once a while: they change only when the program is deployed. */
async function commands() {
  if (!known || !known.list.length || Date.now() - known.at > 20000) {
    const told = await get("/_control/discord/commands");
    known = { at: Date.now(), list: told.commands ?? [] };
  }
  return known.list;
}

/** The names of the menus that apps offer on people (kind 2) or messages (kind 3). */
export async function named(kind) {
  return (await commands()).filter((one) => one.type === kind).map((one) => one.name);
}

const SUB = 1;
const GROUP = 2;

/** Every subcommand of a command: its words, description and options. */
function subcommands(command) {
  const all = [];
  for (const option of command.options ?? []) {
    if (option.type === SUB)
      all.push({ words: option.name, about: option.description, options: option.options ?? [] });
    if (option.type === GROUP) {
      for (const inner of option.options ?? []) {
        all.push({
          words: `${option.name} ${inner.name}`,
          about: inner.description,
          options: inner.options ?? [],
        });
      }
    }
  }
  return all.length ? all : [{ words: "", about: command.description, options: command.options ?? [] }];
}

/** Split `<pin> to @a @b -- words` into its three parts; phones turn two dashes into a long one. */
export function sendParts(rest) {
  const [before, ...after] = rest.split(/(?:^|\s)(?:--|\u2014|\u2013)(?:\s|$)/);
  const [, pin, to] = /^(\S*)(?:\s+to(?:\s+([\s\S]*))?)?\s*$/i.exec(before.trim()) ?? [
    null,
    before.trim(),
    "",
  ];
  return { pin, to: (to ?? "").trim(), text: after.join(" -- ").trim() };
}

/** Options out of what was typed: `name:value` pairs, the sentence of `send`, or one value. */
function options(sub, rest) {
  const names = sub.options.map((option) => option.name);
  const pairs = [...rest.matchAll(/(?:^|\s)([a-z_-]+):\s*/g)].filter((m) => names.includes(m[1]));
  if (pairs.length) {
    return Object.fromEntries(
      pairs.map((m, at) => [m[1], rest.slice(m.index + m[0].length, pairs[at + 1]?.index).trim()]),
    );
  }
  if (names.includes("pin") && names.includes("to")) {
    const parts = sendParts(rest);
    return Object.fromEntries(Object.entries(parts).filter(([name, value]) => value && names.includes(name)));
  }
  return inOrder(sub.options, rest);
}

const PEOPLE = new Set(["to", "people", "who", "from"]);
const CODE = /^(?:[0-9a-f]{4,16}|https?:\/\/\S+)$/i;
const CHANNEL = 7;

/** Options by their place: a code, people, one of its choices; what takes text takes the rest. */
function inOrder(known, rest) {
  const given = {};
  let left = rest;
  const id = known.find((one) => one.name === "id");
  for (const option of id ? [id, ...known.filter((one) => one !== id)] : known) {
    const [word] = /^\S+/.exec(left) ?? [""];
    if (!word || (option === id && known.length > 1 && !CODE.test(word))) continue;
    if (option.choices && !option.choices.some((one) => one.value === word.toLowerCase())) continue;
    const [took] = PEOPLE.has(option.name)
      ? (/^(?:<?@\S+[\s,]*)+/.exec(left) ?? [""])
      : option === id || option.choices || option.type === CHANNEL
        ? [word]
        : [left];
    if (!took) continue;
    given[option.name] = option.choices ? took.toLowerCase() : took.trim().replace(/^#(?=\S)/, "");
    left = left.slice(took.length).trim();
  }
  if (left && known.length) given[known[0].name] ??= left;
  return given;
}

/** What a typed line means: `{name, subcommand, options}`; Refused with a sentence otherwise. */
export async function parse(line) {
  const [, name, rest] = /^\/(\S+)\s*([\s\S]*)$/.exec(line) ?? [];
  const command = (await commands()).find((one) => one.name === name && (one.type ?? 1) === 1);
  if (!command) throw new Refused(`There is no command /${name} here yet.`);
  const subs = subcommands(command).sort((a, b) => b.words.length - a.words.length);
  const fits = (words) => words === "" || rest === words || rest.startsWith(`${words} `);
  const sub = subs.find((one) => fits(one.words));
  if (!sub) {
    const listed = subs
      .map((one) => one.words)
      .sort()
      .join(", ");
    throw new Refused(`Say what /${name} is to do: ${listed}.`);
  }
  return { name, subcommand: sub.words, options: options(sub, rest.slice(sub.words.length).trim()) };
}

/** What can follow: subcommands, and where the program completes an option, its choices. */
export async function suggest(line, { user, channel }) {
  const found = /^\/(\S*)(?:\s+([\s\S]*))?$/.exec(line);
  if (!found) return [];
  const [, name, rest] = found;
  const list = await commands().catch(() => []);
  const command = list.find((one) => one.name.startsWith(name) && (one.type ?? 1) === 1);
  if (!command) return [];
  const subs = subcommands(command);
  const sub = rest === undefined ? null : subs.find((one) => one.words && rest.startsWith(`${one.words} `));
  if (!sub) {
    return subs
      .filter((one) => one.words.startsWith(rest ?? ""))
      .map((one) => ({
        name: `/${command.name} ${one.words}`,
        about: one.about,
        text: `/${command.name} ${one.words} `,
      }));
  }
  return complete(line, command, sub, rest.slice(sub.words.length + 1), { user, channel });
}

async function complete(line, command, sub, rest, { user, channel }) {
  const sends = sub.options.some((one) => one.name === "to");
  const typed = sends ? / to\s+(?:\S+\s+)*?(@?\S*)$/i.exec(line)?.[1] : rest;
  const focused = sends ? "to" : sub.options[0]?.name;
  if (typed === undefined || !sub.options.find((one) => one.name === focused)?.autocomplete) return [];
  if (/ (?:--|\u2014|\u2013)/.test(rest)) return [];
  const given = { ...options(sub, rest) };
  given[focused] ??= "";
  const told = await post("/_control/discord/autocomplete", {
    user,
    channel,
    name: command.name,
    subcommand: sub.words,
    options: given,
    focused,
  }).catch(() => ({}));
  const head = line.slice(0, line.length - typed.length);
  return (told.choices ?? []).slice(0, 6).map((choice) => {
    const value = String(choice.value);
    return {
      name: choice.name,
      about: "",
      text: sends ? `${head}${value.split(/\s+/).at(-1)} -- ` : `${head}${value}`,
    };
  });
}
