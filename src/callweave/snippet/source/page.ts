/** The numbers on the page: which pools it asks for, swapping, following changes, putting back. */

import { NUMBER_LIKE, SEAM, swapper, type Offer } from "./numbers";
import { attempt } from "./quiet";

// Enumerations are written out wherever they are named: that compresses better than a variable.
const enum Find {
  MARK = "data-callweave",
  MARKED = `[${MARK}]`,
  TEL = '[href^="tel:"i],[href^="callto:"i],[href^=" tel:"i]',
  LEFT_ALONE = `[${MARK}-ignore],script,style,textarea,select,title,[contenteditable]`,
  // An element is looked at closely only where one of these holds: most of a page is not.
  TELLING = `${TEL},${LEFT_ALONE},${MARKED},[title],[alt],[aria-label]`,
}
const ATTRIBUTES = ["href", "aria-label", "title", "alt", Find.MARK];
// What a line of text may be made of; any other element begins a new one.
const INLINE = /^(#.+|a|b|i|u|em|bdi|su[bp]|font|mark|tspan|small|span|strong|wbr)$/i;
// Takes well under a millisecond; what is left waits its turn.
const BLOCKS_AT_ONCE = 99;
const TEXT_NODE = 3;

/** null for an element that asks for a pool of which there is nothing; undefined for an unmarked one. */
type Lent = Offer | null | undefined;

/** Every pool that the page was seen to ask for. */
export let pools = new Set(["main"]);

// What we wrote over: a text or attribute that still shows `ours` stands for `own`.
const written = new WeakMap<Node, [own: string, ours: string]>();
// The same of whole lines, by what we wrote: for copies of nodes that the page makes of its own.
const origins = new Map<string, string>();
let fresh = new Set<Node>();
let offers: Offer[] = [];
// Until the first answer nothing is walked: the browser itself finds which pools the page asks for. Those
// that shadow roots and frames ask for are seen with that answer.
let swap: ReturnType<typeof swapper> | undefined;
let line: Node[] = [];
let blocksLeft: number;
let wrote = false;
let pause = 0;
let enter: (root: Node) => void;
let settleFresh: () => void;

const lentFor = (marked: Element | null): Lent => {
  if (!marked || marked.closest(Find.LEFT_ALONE)) return undefined;
  const name = marked.getAttribute(Find.MARK) || "main";
  pools.add(name);
  return offers.find((offer) => offer.pool === name) || null;
};

/** Texts that are read as one: a number may begin in the first and end in the last. */
const settle = (nodes: Node[], lent: Lent, toDial?: boolean): void => {
  let own = nodes
    .map((node) => {
      const [before, ours] = written.get(node) || [];
      return ours === node.nodeValue ? before : node.nodeValue;
    })
    .join(SEAM);
  // most texts hold no number: leave them quickly
  if (!NUMBER_LIKE.test(own)) return;
  own = origins.get(own) || own;
  const owns = own.split(SEAM);
  const shown = lent === null ? own : swap!(own, toDial, lent);
  shown.split(SEAM).forEach((ours, index) => {
    const node = nodes[index]!;
    if (node.nodeValue !== ours) {
      origins.set(shown, own);
      written.set(node, [owns[index]!, ours]);
      node.nodeValue = ours;
      wrote = true;
    }
  });
};

const endLine = (lent: Lent): void => settle(line.splice(0), lent);

const walk = (node: Node, around?: Lent): void => {
  if (node.nodeType === TEXT_NODE) return line.push(node) as unknown as void;
  const element = node as HTMLIFrameElement;
  let lent = around;
  let ends = !INLINE.test(node.nodeName);
  // neither a document nor a shadow root
  if (element.matches) {
    if (ends && blocksLeft-- < 1) {
      fresh.add(node);
      return endLine(around);
    }
    // a component that comes to life later may open its shadow root then, which nothing else tells
    if (FULL && element.matches(":not(:defined)")) {
      customElements.whenDefined(element.localName).then(
        () => {
          fresh.add(element);
          settleFresh();
        },
        () => {}, // <button is="...">: that is no component's name
      );
    }
    if (element.matches(Find.TELLING)) {
      if (element.matches(Find.LEFT_ALONE)) return endLine(around);
      if (element.matches(Find.MARKED)) {
        ends = true;
        lent = lentFor(element);
      }
      ATTRIBUTES.forEach((name, index) => {
        const attribute = element.getAttributeNode(name);
        if (attribute && (index || element.matches(Find.TEL))) {
          settle([attribute], index || lent !== undefined ? lent : lentFor(element.querySelector(Find.MARKED)), !index);
        }
      });
    }
  }
  if (ends) endLine(around);
  node.childNodes.forEach((child) => walk(child, lent));
  const inner = element.shadowRoot || element.contentDocument;
  if (inner) enter(inner);
  if (ends) endLine(lent);
};

const isSelected = (offer: Offer): boolean =>
  `${getSelection()}`.replace(/\D/g, "").includes(offer.e164.slice(-6));

/** From the beginning of the line that it is in. */
const settleAround = (node: Node): void => {
  let next: Node | null = node;
  while (next && INLINE.test(node.nodeName)) {
    node = next;
    next = node.parentNode || (node as ShadowRoot).host;
  }
  if (!(node as Element).closest(Find.LEFT_ALONE)) walk(node, lentFor((node as Element).closest(Find.MARKED)));
};

/** Shows these numbers (with none, the page's own), and sees anew which pools the page asks for. */
export const show = (next?: Offer[]): void => {
  pools = new Set(["main"]);
  if (next) swap = swapper((offers = next));
  blocksLeft = Infinity;
  attempt(() => enter(document));
};

/** Time has passed: a page that wrote its own number back is trusted a little more. */
export const calm = (): void => {
  pause >>= 1;
};

/**
 * Settles fresh content before it is painted, and calls `then` after every batch. A page that keeps
 * writing its own number back is answered later and later: each swap makes the pause three times as long.
 */
export const watch = (then: () => void, report: (event: object) => void): void => {
  settleFresh = (): void => {
    const batch = fresh;
    fresh = new Set();
    blocksLeft = BLOCKS_AT_ONCE;
    wrote = false;
    if (swap) batch.forEach((node) => (blocksLeft < 1 ? fresh.add(node) : attempt(() => settleAround(node))));
    else enter(document);
    if (wrote) pause += 2 * pause + 1;
    if (fresh.size) setTimeout(settleFresh, pause);
    then();
  };
  const observer = new MutationObserver((records) => {
    records.forEach((record) => {
      if (record.type !== "childList") fresh.add(record.target);
      record.addedNodes.forEach((node) => fresh.add(node));
    });
    if (pause) setTimeout(settleFresh, pause);
    else settleFresh();
  });
  const touched = ({ type, target }: Event): void =>
    attempt(() => {
      const link = (target as Element).closest<HTMLAnchorElement>(Find.TEL);
      if (type === "load") {
        // of a frame: that of the page itself is the window's
        fresh.add(target as Node);
        settleFresh();
      } else if (type === "copy") {
        if (offers.find(isSelected)) report({ type });
      } else if (link) report({ type: "tel_click", number: link.pathname });
      else then(); // it may have answered the page's banner
    });

  enter = (root) => {
    observer.observe(root, {
      subtree: true,
      childList: true,
      characterData: true,
      attributeFilter: ATTRIBUTES,
    });
    ["click", "copy", "load"].forEach((type) => root.addEventListener(type, touched, true));
    if (swap) walk(root);
    else (root as Document).querySelectorAll(Find.MARKED).forEach(lentFor);
  };
  enter(document);
};
