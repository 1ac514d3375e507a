/**
 * What this browser remembers of us: one short record, `milliseconds|choice|visitor|visit`, in the site's
 * local storage; by the fuller file in a first-party cookie that the site's subdomains share, where it
 * holds.
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

const newest = (one: string, other: string | undefined): string => (other! > one ? other! : one);

const latest = (): string =>
  newest(here, (FULL && attempt(fromCookie)) || attempt(() => localStorage[name] as string));

/** As `[when, choice, visitor, visit]`. */
export const recall = (): (string | undefined)[] => latest().split("|");

/**
 * Without fields nothing is left. What is not to be `stored`, or cannot be, is known until this page ends;
 * what is stored is not kept here as well, since another tab may forget it.
 */
export const keep = (fields?: (string | undefined)[], stored = true): void => {
  const next = fields ? [Date.now(), ...fields].join("|") : "";
  const record = stored ? next : "";
  here = "";
  if (FULL) attempt(() => toCookie(record));
  attempt(() =>
    record
      ? // of what the cookie holds only when: a sister can forget that for us, and other tabs hear of it
        (localStorage[name] = FULL && fromCookie() === record ? record.split("|")[0] : record)
      : delete localStorage[name],
  );
  here = latest() === next ? "" : next;
};
