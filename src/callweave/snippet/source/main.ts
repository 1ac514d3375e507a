/** The browser's half of Callweave: announces the visit and shows the number that it was lent. */

// in the order in which the bundle compresses best
import { calm, pools, show, watch } from "./page";
import { keep, recall, remember } from "./memory";
import { brought, carry } from "./links";
import { agreed } from "./consent";
import { attempt } from "./quiet";
import type { Offer } from "./numbers";

interface Answer {
  visitor?: string;
  visit?: string;
  numbers: Offer[];
  renew_every?: number;
  expires_in: number;
}

type Listener = (number: Offer) => void;

const PATIENCE_MS = 3000;
const SETTLING_MS = 300; // for a page that a script moved to, to get its title
const MOST_POOLS = 10; // that one announcement may ask for
const MOST_EVENTS = 10; // that one report holds: 16 KB are the most it may have

let silence: string; // what it means that nobody has said anything
let nameless = false; // whether those who have not agreed are shown the number of their source
let cookie = false; // whether the site's own host keeps one for us
let link: string | undefined; // what a link from another domain brought along
let api: string;
let site: string | undefined;
let listeners: Listener[] = [];
let numbers: Offer[] = [];
let events: string[] = [];
let visit = "";
// What this browser remembered when we last looked.
let record: (string | undefined)[];
let choice: string | undefined; // what it then came to
let known: string | undefined; // the visit that we last knew of, in whichever tab it began
let announced = ""; // the address of this page, once it was announced
let asked: number;
let asking = false;
let due = false;
let leaseMs: number;
let leaseEnd: number;
let ticking: number;
let settling = 0;

const allowed = (): boolean => {
  record = recall();
  choice = record[1] || agreed(silence, stir);
  return choice === "granted";
};


const isOffer = (number: Offer): boolean =>
  number.assignment !== "default" &&
  /^\+\d+,.*\d,.*\d/.test([number.e164, number.national, number.international] as unknown as string);

// An anchor is a place on the page; "#/..." and "#!..." are pages of an application.
const address = (): string => location.href.replace(/#(?![!/]).*/, "");

// a string travels as text/plain, which needs no preflight
const post = (url: string, body: string): Promise<Response> =>
  // browsers of before 2022 have no such signal, and wait
  fetch(url, { method: "POST", body, keepalive: true, signal: attempt(() => AbortSignal.timeout(PATIENCE_MS))! });

/** The address of the visit. */
const here = (): string => visit && `${api}/${visit}`;

/** What to send, and where to. */
const telling = (told: string | string[]): [url: string, body: string] => [
  `${api}/${visit}/events`,
  `{"events":[${told}]}`,
];

const report = (event: object): void => {
  attempt(() => events.push(JSON.stringify(event)));
  stir();
};

/** Tells all that waits, once the visit has its id. What the browser refuses to take waits on. */
const flush = (): void => {
  while (visit && events[0] && navigator.sendBeacon(...telling(events.slice(0, MOST_EVENTS)))) {
    events = events.slice(MOST_EVENTS);
  }
};

const tellAll = (listener: Listener): void =>
  // in a turn of its own, so that its trouble stays its own
  numbers.forEach((number) => setTimeout(listener, 0, number));

const drop = (): void => show((numbers = []));

const accept = (answer: Answer): void => {
  const before = JSON.stringify(numbers);
  show(answer.numbers.filter(isOffer));
  numbers = answer.numbers;
  if (JSON.stringify(numbers) !== before) listeners.forEach(tellAll);
  if (answer.visit) {
    visit = answer.visit;
    keep([record[1], answer.visitor, visit]);
    known = recall()[3];
    leaseMs = answer.expires_in * 1000;
    leaseEnd = Date.now() + leaseMs;
    clearInterval(ticking);
    ticking = setInterval(() => {
      due = true;
      look();
    }, (answer.renew_every || 60) * 1000);
  }
};

const ask = async (): Promise<void> => {
  show(); // for the pools that the page asks for by now
  const referrer = announced || document.referrer;
  const url = (announced = address());
  const consented = choice === "granted";
  known = FULL && !consented ? "" : record[3];
  asking = true;
  due = false;
  asked = pools.size;
  try {
    const response = await post(
      api,
      JSON.stringify({
        site,
        visitor: record[2] || null,
        visit: known || null,
        consent: "granted",
        page: { url, referrer, title: document.title },
        numbers_wanted: [...pools].slice(0, MOST_POOLS),
        ...(FULL &&
          (consented
            ? {
                link,
                cookie,
                // costs the main thread an eighth of all that we do: only in the file that may be heavier
                tz: attempt(() => Intl.DateTimeFormat().resolvedOptions().timeZone) || null,
              }
            : { visitor: null, visit: null, consent: "unknown" })),
      }),
    );
    const answer = response.ok && (await response.json());
    if (FULL && consented) link = undefined;
    if (announced === url && (FULL ? allowed() === consented : allowed())) accept(answer);
  } catch {
    // a number that expired may be somebody else's by now
    if (Date.now() > leaseEnd) drop();
  }
  asking = false;
  look();
};

const isDue = (): boolean =>
  !asking && !document.hidden && (address() !== announced || pools.size > asked);

/** Also what only the service can forget: a cookie that scripts cannot see, where the site proxies us. */
const forget = (): void => {
  keep();
  if (FULL && cookie) navigator.sendBeacon(`${api}/../forget`);
};

/** Does what is due: begins, stops, announces another page, renews. */
const look = (event?: unknown): void => {
  // out of the back/forward cache: that is a page view
  if (event && (event as PageTransitionEvent).persisted) {
    announced = "";
    due = true;
  }
  settling = 0;
  calm();
  // another tab forgot: for this page, too, that is a no
  if (known && (FULL ? recall()[1] === undefined : !recall()[0])) keep(["denied"], false);
  if (!allowed()) {
    if (choice === "denied" && record[2]) forget();
    if (!FULL || !nameless || visit) {
      if (numbers[0]) drop();
      announced = "";
    }
    visit = known = "";
    // what was told meanwhile is told with the yes; nothing else may tell of one
    if (choice === "?") stir();
    else events = [];
    if (FULL && nameless && isDue()) ask();
  } else if (!asking && !document.hidden) {
    if (due && Date.now() > leaseEnd) {
      drop();
      announced = "";
    }
    if (address() !== announced || pools.size > asked || known !== record[3]) ask();
    else if (due) {
      due = false;
      post(...telling('{"type":"alive"}')).then(
        (answer) => answer.ok && (leaseEnd = Date.now() + leaseMs),
        look,
      );
    }
  }
  flush();
};

/** Something moved: looks a moment later, when all of it has. */
const stir = (): void => {
  settling = settling || setTimeout(look, SETTLING_MS);
};

const leave = (): void => {
  report({ type: "leave" });
  // what happened is told of the visit that was known, if no answer came
  visit = visit || known!;
  if (allowed()) flush();
};

type Call = [name: "on" | "consent" | "identify" | "track", given: unknown, more?: unknown];

const commands = {
  on(_: string, listener: Listener): void {
    listeners.push(listener);
    tellAll(listener);
  },
  consent(choice: string): void {
    if (choice === "granted") keep([choice, ...recall().slice(2)]);
    if (choice === "denied") {
      if (FULL) forget();
      // written down only where silence would be taken for a yes
      keep([choice], !!silence);
    }
    look();
  },
  identify(traits: object): void {
    report({ type: "identify", traits });
  },
  track(name: string, data?: object): void {
    report({ type: "custom", name, data });
  },
  /** As on the list that a page may keep until we are here: `["consent", "granted"]`. */
  push: (...calls: Call[]): void =>
    calls.forEach((call) => attempt(() => commands[call[0]](call[1] as never, call[2] as never))),
};

attempt(() => {
  const page = window as { callweave?: unknown[] | typeof commands; navigation?: EventTarget };
  const early = page.callweave;
  const script = (document.currentScript || document.querySelector("[data-site]")) as HTMLScriptElement;
  site = script.dataset.site!;
  if (!site || (early && (early as typeof commands).on)) return;
  // beside the script, also where the site passes a folder of its own on to us
  api = new URL("v1/visits", script.src).href;
  silence = script.dataset.consent ? "" : "granted";
  remember(site);
  if (FULL) {
    cookie = "cookie" in script.dataset;
    nameless = script.dataset.withoutConsent === "source";
    link = attempt(brought);
    carry(script.dataset.linkDomains || "", here, post);
  }
  page.callweave = commands;
  watch(stir, report);
  addEventListener("pagehide", leave);
  addEventListener("storage", look);
  addEventListener("visibilitychange", look);
  addEventListener("pageshow", look);
  // where the browser has none, changes of the document and the next tick tell
  (page.navigation || script).addEventListener("currententrychange", stir);
  // an early no is heard before the first look
  if (early) commands.push(...(early as Call[]));
  look();
});
