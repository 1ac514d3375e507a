/**
 * What this browser remembers of us: one short record, `milliseconds|choice|visitor|visit`, in the
 * site's local storage and in a first-party cookie that its subdomains share. The newest copy counts,
 * so that a page that lost one of them, another tab and a sister subdomain all agree.
 */

import { attempt } from "./quiet";

const LIFETIME_S = 4e7; // browsers keep no cookie for longer than 400 days

export let name = "";
let here = "";

export const remember = (site: string): void => {
  name = `callweave_${site}`;
};

const fromCookie = (): string | undefined => (document.cookie.match(`${name}=([^;]+)`) || [])[1];

/**
 * The browser refuses a cookie for "co.uk", as for "uk": the first domain that holds is the broadest. A host
 * of one name has no sister to share a cookie with.
 */
const toCookie = (record: string): void => {
  location.hostname.split(".").reduceRight((domain, label) => {
    domain = `${label}.${domain}`;
    if (!record || fromCookie() !== record) {
      document.cookie =
        `${name}=${record};path=/;domain=${domain};` +
        `max-age=${record ? LIFETIME_S : 0}${isSecureContext ? ";secure" : ""}`;
    }
    return domain;
  });
};

/** Without fields nothing is left. What is not to be `stored` is known until this page ends. */
export const keep = (fields?: (string | undefined)[], stored = true): void => {
  here = fields ? [Date.now(), ...fields].join("|") : "";
  const record = stored ? here : "";
  attempt(() => toCookie(record));
  attempt(() => (record ? (localStorage[name] = record) : delete localStorage[name]));
};

/** As `[when, choice, visitor, visit]`. */
export const recall = (): (string | undefined)[] =>
  [here, attempt(() => localStorage[name] as string), attempt(fromCookie)]
    .reduce((newest, other) => (other! > newest! ? other : newest))!
    .split("|");
