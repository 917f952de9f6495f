// Puts the page together: the three panes, the stage above them, tabs where it is narrow.

import { get, listen, onChange } from "./control.js";
import { DiscordPane } from "./discord.js";
import { fill, h, icon } from "./dom.js";
import { SlackPane } from "./slack.js";
import { Story } from "./story.js";
import { Deliveries } from "./strip.js";
import { WebPane } from "./webpane.js";

const NAMES = { web: "Web", slack: "Slack", discord: "Discord" };

/** The caption bar and the light on the pane one is to look at. */
class Stage {
  constructor(panes, select) {
    this.node = document.getElementById("stage");
    this.words = document.getElementById("caption");
    this.steps = document.getElementById("steps");
    this.panes = panes;
    this.select = select;
  }

  show(caption, pane, step, steps) {
    document.body.classList.add("playing");
    this.node.hidden = false;
    this.node.dataset.pane = pane;
    fill(this.words, caption);
    this.words.classList.remove("fresh");
    void this.words.offsetWidth;
    this.words.classList.add("fresh");
    fill(
      this.steps,
      Array.from({ length: steps }, (_, at) => h("i", { class: at < step ? "done" : "" })),
    );
    this.#light(pane);
    if (pane) this.select(pane);
  }

  end(words) {
    document.body.classList.remove("playing");
    this.#light("");
    delete this.node.dataset.pane;
    fill(this.steps);
    fill(this.words, words);
    this.node.hidden = !words;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (!document.body.classList.contains("playing")) this.node.hidden = true;
    }, 9000);
  }

  #light(pane) {
    for (const [name, one] of Object.entries(this.panes)) one.node.classList.toggle("lit", name === pane);
  }
}

function tabs(panes) {
  const bar = document.getElementById("tabs");
  const buttons = {};
  const select = (name) => {
    for (const [key, pane] of Object.entries(panes)) {
      pane.node.classList.toggle("front", key === name);
      buttons[key].setAttribute("aria-pressed", String(key === name));
    }
  };
  for (const name of Object.keys(panes)) {
    buttons[name] = h("button", { type: "button", class: name, onclick: () => select(name) }, NAMES[name]);
    bar.append(buttons[name]);
  }
  select("slack");
  return select;
}

/** Read where the program is and whether the platforms have power. */
async function standing(panes, deliveries) {
  const world = await get("/_control/world");
  const web = world.program?.web ?? "";
  if (
    web &&
    location.hostname !== new URL(web).hostname &&
    !document.querySelector(`meta[name="program"][content="${CSS.escape(new URL(web).origin)}"]`)
  ) {
    // The policy that came with this page does not name that host yet.
    location.reload();
    return;
  }
  deliveries.point(web);
  for (const name of ["slack", "discord"]) panes[name].showPower(world.power?.[name] ?? true);
}

async function start() {
  const world = await get("/_control/world");
  const pins = world.pinterest.pins;
  const deliveries = new Deliveries();
  const panes = {
    web: new WebPane(deliveries, pins),
    slack: new SlackPane(world, deliveries),
    discord: new DiscordPane(world, deliveries),
  };
  fill(
    document.getElementById("panes"),
    Object.values(panes).map((pane) => pane.node),
  );
  const stage = new Stage(panes, tabs(panes));
  const story = new Story({ slack: panes.slack, discord: panes.discord, deliveries, pins, stage });
  const play = document.getElementById("play");
  const drawPlay = () =>
    fill(play, icon(story.playing ? "stop" : "play"), story.playing ? "Stop" : "Play the story");
  play.addEventListener("click", async () => {
    if (story.playing) return story.stop();
    const playing = story.play();
    drawPlay();
    await playing;
    return drawPlay();
  });
  drawPlay();
  const look = () => standing(panes, deliveries).catch(() => undefined);
  onChange((change) => {
    if (change.kind === "power" || change.kind === "program" || change.kind === "again") look();
    if (change.kind === "again")
      return Promise.all([panes.slack.refresh(), panes.discord.refresh()]).catch(() => undefined);
    return Promise.resolve(panes[change.platform]?.heard?.(change)).catch(() => undefined);
  });
  listen();
  await look();
  // The program tells the sandbox where it listens; nobody tells the page.
  setInterval(() => deliveries.up || look(), 2000);
  await Promise.all([panes.slack.refresh(), panes.discord.refresh()]);
  document.body.classList.add("ready");
}

start().catch((error) => {
  fill(
    document.getElementById("panes"),
    h("p", { class: "broken", role: "alert" }, `The sandbox did not answer: ${error.message}`),
  );
});
