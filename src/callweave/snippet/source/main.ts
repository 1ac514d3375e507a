/** The browser's half of Callweave: announces the visit and shows the number that it was lent. */

import { forget, keep, name, recall, remember } from "./memory";
import type { Offer } from "./numbers";
import { poolsOnPage, show, tappedNumber, watch } from "./page";
import { attempt } from "./quiet";

interface Answer {
  visitor?: string;
  visit?: string;
  numbers: Offer[];
  renew_every?: number;
  expires_in?: number;
}

type Listener = (number: Offer) => void;

const PATIENCE_MS = 3000;
const SETTLING_MS = 300; // for a page that a script moved to, to get its title

let api: string;
let site: string;
let consentNeeded: boolean;
let listeners: Listener[] = [];
let numbers: Offer[] = [];
let asked: string[];
let running = false;
let visit = "";
let announced = "";
let turn = Promise.resolve();
let renewMs: number;
let expiresMs: number;
let lastContact: number;
let renewal: number;
let settling: number;

const allowed = (): boolean => {
  const choice = recall()[1];
  const { globalPrivacyControl } = navigator as { globalPrivacyControl?: boolean };
  return choice === "granted" || !(choice || consentNeeded || globalPrivacyControl);
};

const isOffer = ({ e164, national, international, assignment }: Offer): boolean =>
  assignment !== "default" && /^\+\d{5,15}\|.*\d.*\|.*\d/.test([e164, national, international].join("|"));

// An anchor is a place on the page; "#/..." and "#!..." are pages of an application.
const address = (): string => location.href.replace(/#(?![!/]).*/, "");

const post = (url: string, body: string): Promise<Response> => {
  const patience = new AbortController();
  setTimeout(() => patience.abort(), PATIENCE_MS);
  // a string travels as text/plain, which needs no preflight
  return fetch(url, { method: "POST", body, credentials: "omit", keepalive: true, signal: patience.signal });
};

/** Once the visit has its id. */
const report = (event: object, send = (url: string, body: string): unknown => navigator.sendBeacon(url, body)): void => {
  const at = new Date();
  turn.then(() => attempt(() => visit && send(`${api}/${visit}/events`, JSON.stringify({ events: [{ at, ...event }] }))));
};

const tellAll = (listener: Listener): void =>
  // in a turn of its own, so that its trouble stays its own
  numbers.forEach((number) => Promise.resolve(number).then(listener));

const accept = (answer: Answer): void => {
  const before = JSON.stringify(numbers);
  show(answer.numbers.filter(isOffer));
  numbers = answer.numbers;
  if (JSON.stringify(numbers) !== before) listeners.forEach(tellAll);
  if (answer.visit) {
    visit = answer.visit;
    keep(recall()[1], answer.visitor, visit);
    lastContact = Date.now();
    renewMs = (answer.renew_every || 60) * 1000;
    expiresMs = (answer.expires_in || 1800) * 1000;
    clearInterval(renewal);
    renewal = setInterval(renew, renewMs);
  }
};

const ask = async (page: object): Promise<void> => {
  const [, , visitor, known] = recall();
  asked = poolsOnPage();
  try {
    const response = await post(
      api,
      JSON.stringify({
        site,
        visitor: visitor || null,
        visit: known || null,
        consent: "granted",
        page,
        numbers_wanted: asked,
        tz: Intl.DateTimeFormat().resolvedOptions().timeZone,
        language: navigator.language,
      }),
    );
    const answer = response.ok && (await response.json());
    if (running && allowed()) accept(answer);
  } catch {
    // a number that expired may be somebody else's by now
    if (Date.now() - lastContact > expiresMs) show([]);
  }
};

/** One after the other: the second page view already knows the ids that the first one was given. */
const announce = (referrer = announced): void => {
  announced = address();
  const page = { url: announced, referrer, title: document.title };
  turn = turn.then(() => (running ? ask(page) : undefined));
};

const renew = (): void => {
  const idle = Date.now() - lastContact;
  if (!visit || document.visibilityState !== "visible") return;
  if (idle > expiresMs) announce();
  else if (idle > renewMs * 0.9) {
    report({ type: "alive" }, (url, body) =>
      post(url, body).then(
        ({ ok }) => ok && (lastContact = Date.now()),
        () => {},
      ),
    );
  }
};

/** Looks, a moment later, whether this is another page by now, or one that wants another pool. */
const changed = (): void => {
  settling =
    settling ||
    setTimeout(() => {
      settling = 0;
      const wanted = poolsOnPage();
      if (running && (address() !== announced || wanted.some((pool) => !asked.includes(pool)))) announce();
    }, SETTLING_MS);
};

const listen = (): void => {
  watch(changed);
  const { navigation } = window as { navigation?: EventTarget };
  if (navigation) navigation.addEventListener("currententrychange", changed);
  addEventListener("popstate", changed);
  document.addEventListener("visibilitychange", renew);
  addEventListener(
    "click",
    ({ target }) => {
      const number = target instanceof Element && tappedNumber(target);
      if (number) report({ type: "tel_click", number });
    },
    true,
  );
  addEventListener("pagehide", () => report({ type: "leave" }));
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted && running) announce();
  });
  addEventListener("storage", ({ key, newValue }) => {
    // another tab's no is ours as well, whichever of us two wrote last
    if (running && key === name && /denied/.test(newValue!)) {
      forget(true);
      stop();
    }
  });
};

const start = (): void => {
  if (running) return;
  const { prerendering } = document as { prerendering?: boolean };
  if (prerendering) {
    document.addEventListener("prerenderingchange", reconsider);
    return;
  }
  running = true;
  announce(document.referrer);
};

const stop = (): void => {
  running = false;
  visit = "";
  numbers = [];
  clearInterval(renewal);
  show([]);
};

const reconsider = (): void => {
  if (allowed()) start();
  else if (recall()[2]) forget(false);
};

type Call = [name: "on" | "consent" | "identify" | "track", given: unknown, more?: unknown];

const commands = {
  on(what: string, listener: Listener): void {
    if (what !== "number") return;
    listeners.push(listener);
    tellAll(listener);
  },
  consent(choice: string): void {
    if (choice === "granted") {
      const [, , visitor, known] = recall();
      keep(choice, visitor, known);
      start();
    } else if (choice === "denied") {
      forget(allowed());
      stop();
    }
  },
  identify: (traits: object): void => report({ type: "identify", traits }),
  track: (what: string, data?: object): void => report({ type: "custom", name: what, data }),
  /** As on the list that a page may keep until we are here: `["consent", "granted"]`. */
  push: (...calls: Call[]): void =>
    calls.forEach((call) => attempt(() => commands[call[0]](call[1] as never, call[2] as never))),
};

attempt(() => {
  const page = window as { callweave?: unknown[] | typeof commands };
  const early = page.callweave;
  const script = (document.currentScript || document.querySelector("script[data-site]")) as HTMLScriptElement;
  site = script.dataset.site!;
  if (!site || (early && "on" in early)) return;
  api = `${new URL("/v1/visits", script.src)}`;
  consentNeeded = script.dataset.consent === "required";
  remember(site);
  page.callweave = commands;
  listen();
  reconsider();
  // heard before the announcement leaves, which takes a turn
  if (early) commands.push(...(early as Call[]));
});
