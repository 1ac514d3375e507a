// The phone beside the shop: rings the number that stands on the page, and tells what happens.

const phone = document.getElementById("phone");
const shown = document.getElementById("shop-number");
const button = document.getElementById("call");
const log = document.getElementById("call-log");
const names = JSON.parse(phone.dataset.names);

const POLL_MS = 350;
const ASSIGNMENTS = {
  exclusive: "Lent to you alone, for as long as you look around.",
  shared: "All numbers are taken: this one you share with others.",
  default: "The shop's own number: nobody follows you, and the practice carrier cannot ring it.",
};

const who = (endpoint) => names[endpoint] || endpoint;

const mirror = () => {
  document.getElementById("phone-number").textContent = shown.textContent;
};

// one phone a visitor, from the range that Ofcom keeps for fiction; the lower half of it belongs
// to the visitors that are played
const ownNumber = () => {
  const kept = sessionStorage.getItem("farshore_phone");
  const number = kept || `+447700900${String(500 + Math.floor(Math.random() * 500)).padStart(3, "0")}`;
  sessionStorage.setItem("farshore_phone", number);
  return number;
};

const ENDINGS = {
  busy: (name) => `${name} is on another call.`,
  "no-answer": (name) => `${name} does not answer.`,
  failed: (name) => `${name} cannot be reached.`,
  canceled: (name) => `The phone of ${name} stops ringing.`,
  completed: (name) => `${name} hung up before you were joined.`,
};

// What an entry of the carrier's ledger means to the one who calls: a text, words quoted, a style.
const TELL = {
  Ringing: () => ["You hear it ringing."],
  Rung: ({ endpoint }) => [`The phone of ${who(endpoint)} rings.`],
  Whispered: ({ endpoint, text }) => [`${who(endpoint)} picks up and is told: `, text],
  Bridged: ({ endpoint }) => [`You are talking with ${who(endpoint)}.`, "", "joined"],
  LegEnded: ({ endpoint, status, bridged, seconds }) =>
    bridged ? [`The talk is over after ${seconds} seconds.`] : [ENDINGS[status](who(endpoint)), "", "trouble"],
  Said: ({ text }) => ["You hear: ", text],
  Played: () => ["You hear a recording."],
  Beep: () => ["Beep. You may leave a message."],
  MessageLeft: ({ seconds }) => [`You left a message of ${seconds} seconds.`, "", "joined"],
  Rejected: () => ["The call is refused.", "", "trouble"],
  FallbackAsked: ({ code }) => [`Callweave did not answer (${code}); the carrier asks its fallback.`, "", "trouble"],
  CarrierError: () => ["The carrier says that an error has occurred.", "", "trouble"],
};

const write = (text, quoted = "", style = "") => {
  const line = log.appendChild(document.createElement("li"));
  line.className = style;
  line.textContent = text;
  if (quoted) line.appendChild(document.createElement("q")).textContent = quoted;
};

const ask = async (url, options) => {
  const answer = await fetch(url, options);
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.error);
  return body;
};

const pause = () => new Promise((done) => setTimeout(done, POLL_MS));

const list = (id, sentences) => {
  const items = sentences.map((text) => Object.assign(document.createElement("li"), { textContent: text }));
  document.getElementById(id).replaceChildren(...items);
};

const explain = async (sid) => {
  const { reasons, details, page } = await ask(phone.dataset.why.replace("SID", sid));
  const link = document.getElementById("why-page");
  list("why", reasons);
  list("why-details", details);
  document.getElementById("why-more").hidden = details.length === 0;
  link.replaceChildren();
  if (page) link.append(Object.assign(document.createElement("a"), { href: page, textContent: "Open this call in Callweave" }));
  document.getElementById("call-why").hidden = false;
};

const follow = async (sid) => {
  let told = 0;
  let explained = false;
  for (let over = false; !over; await pause()) {
    const call = await ask(`${phone.dataset.carrier}/calls/${sid}`);
    for (const entry of call.entries.slice(told)) {
      if (TELL[entry.what]) write(...TELL[entry.what](entry));
    }
    told = call.entries.length;
    over = call.over;
    // the decision is made with the first ring; its page comes a moment later
    if (!explained && (over || told > 1)) explained = await explain(sid).then(() => true, () => false);
  }
  if (!explained) await explain(sid);
};

const call = async () => {
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true");
  phone.classList.add("ringing");
  log.replaceChildren();
  document.getElementById("call-why").hidden = true;
  write(`You dial ${shown.textContent}.`);
  try {
    const { sid } = await ask(`${phone.dataset.carrier}/calls`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ to: shown.getAttribute("href").replace("tel:", ""), from: ownNumber() }),
    });
    await follow(sid);
  } catch (problem) {
    write(`The call did not work: ${problem.message}.`, "", "trouble");
  }
  phone.classList.remove("ringing");
  button.setAttribute("aria-disabled", "false");
};

// What the snippet remembers of a visitor, in storage and in cookies of this host.
const becomeSomebodyElse = () => {
  const stored = Object.keys(localStorage).filter((key) => key.startsWith("callweave"));
  const cookies = document.cookie.split("; ").filter((cookie) => cookie.startsWith("callweave"));
  stored.forEach((key) => localStorage.removeItem(key));
  for (const cookie of cookies) {
    const name = cookie.split("=")[0];
    for (const domain of ["", `;domain=${location.hostname}`]) document.cookie = `${name}=;path=/;max-age=0${domain}`;
  }
  sessionStorage.removeItem("farshore_phone");
};

button.addEventListener("click", call);
for (const link of document.querySelectorAll("a[data-fresh]")) link.addEventListener("click", becomeSomebodyElse);
new MutationObserver(mirror).observe(shown, { childList: true, characterData: true, subtree: true });
mirror();
window.callweave = window.callweave || [];
window.callweave.push([
  "on",
  "number",
  ({ assignment }) => {
    document.getElementById("phone-note").textContent = ASSIGNMENTS[assignment];
  },
]);
