/** Links that carry the visitor to another domain of the site: only in the file for such sites. */

import { attempt } from "./quiet";

const PARAMETER = "cw_link";
const FRESH_MS = 90_000; // the service takes it for 120 s

/** Takes the parameter out of the address, before anybody copies or stores it. */
export const brought = (): string | undefined => {
  const url = new URL(location.href);
  const link = url.searchParams.get(PARAMETER);
  if (!link) return undefined;
  // not through searchParams: that would write the rest of the query anew
  url.search = url.search
    .slice(1)
    .split("&")
    .filter((pair) => pair.split("=")[0] !== PARAMETER)
    .join("&");
  history.replaceState(history.state, "", url);
  return link;
};

/** `visit` is the address of the visit, empty while there is none. */
export const carry = (
  listed: string,
  visit: () => string,
  post: (url: string, body: string) => Promise<Response>,
): void => {
  const domains = listed.split(/[\s,]+/).filter((domain) => domain);
  let token = "";
  let asked = 0;
  const leading = (event: Event): HTMLAnchorElement | undefined => {
    const target = event.composedPath()[0] as Element;
    const link = (target.nodeType === 1 ? target : target.parentElement)!.closest<HTMLAnchorElement>("a[href]");
    return link &&
      link.hostname !== location.hostname &&
      /^https?:$/.test(link.protocol) &&
      domains.some((domain) => `.${link.hostname}`.endsWith(`.${domain}`))
      ? link
      : undefined;
  };
  const prepare = async (event: Event): Promise<void> => {
    try {
      if (!leading(event) || !visit() || Date.now() - asked < FRESH_MS) return;
      asked = Date.now();
      token = "";
      token = ((await (await post(`${visit()}/links`, "{}")).json()) as { link: string }).link;
    } catch {
      // the link goes as it is
    }
  };
  const decorate = (event: Event): void =>
    attempt(() => {
      const link = leading(event);
      if (!link || !token || !visit() || Date.now() - asked > FRESH_MS) return;
      const own = link.getAttribute("href")!;
      const url = new URL(link.href);
      url.search += `${url.search ? "&" : "?"}${PARAMETER}=${token}`;
      link.href = url.href;
      token = "";
      asked = 0;
      // when the browser has followed it, nobody copies a link that is no longer good
      setTimeout(() => link.setAttribute("href", own));
    });
  for (const kind of ["pointerover", "pointerdown", "focusin"]) addEventListener(kind, prepare, true);
  for (const kind of ["click", "auxclick"]) addEventListener(kind, decorate, true);
};

