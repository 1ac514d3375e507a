/** The numbers on the page: which pools it asks for, swapping, following changes, putting back. */

import { NUMBER_LIKE, swapper, type Offer } from "./numbers";

const MARK = "data-callweave";
const MARKED = `[${MARK}]`;
const TEL = '[href^="tel:" i]';
const LEFT_ALONE = `[${MARK}-ignore],script,style,textarea,select,title,[contenteditable]`;
// A longer text is a script's data, not something that a person wrote a number into.
const LONGEST_TEXT = 1e4;
const MOST_POOLS = 10; // that one announcement may ask for
const TEXT_NODE = 3;
const SHOW_TEXT = 4;

// What we wrote over: a text or attribute that still shows `ours` stands for `own`.
const written = new WeakMap<Node, [own: string, ours: string]>();
const fresh = new Set<Node>();
let offers: Offer[] = [];
let swap = swapper(offers);
let writes = 0;
let pause = 0;
let lastSwap = 0;
let timer = 0;

// spaces, brackets, plus and dots travel escaped in some links
const decoded = (href: string): string => href.replace(/%2[\da-f]/gi, decodeURIComponent);

const poolOf = (marked: Element): string => marked.getAttribute(MARK) || "main";

const settle = (node: Node, element: Element | null, toDial?: boolean): void => {
  const now = node.nodeValue!;
  // most texts hold no number: leave them quickly
  if (now.length > LONGEST_TEXT || !NUMBER_LIKE.test(now) || !element || element.closest(LEFT_ALONE)) return;
  const [before, shown] = written.get(node) || [now, now];
  const own = shown === now ? before : now;
  const plain = toDial ? decoded(own) : own;
  const marked = element.closest(MARKED) || (toDial && element.querySelector(MARKED));
  const offer = marked ? offers.find(({ pool }) => pool === poolOf(marked)) : undefined;
  const swapped = marked && !offer ? plain : swap(plain, toDial, offer);
  const ours = swapped === plain ? own : swapped;
  if (ours !== now) {
    written.set(node, [own, ours]);
    node.nodeValue = ours;
    writes++;
  }
};

const settleTree = (root: Node): void => {
  const texts = document.createTreeWalker(root, SHOW_TEXT);
  for (let node: Node | null = root; node; node = texts.nextNode()) {
    if (node.nodeType === TEXT_NODE) settle(node, node.parentElement);
  }
  if (root instanceof Element) {
    [root, ...root.querySelectorAll(TEL)].forEach((link) => {
      if (link.matches(TEL)) settle(link.getAttributeNode("href")!, link, true);
    });
  }
};

export const poolsOnPage = (): string[] =>
  [...new Set(["main", ...[...document.querySelectorAll(MARKED)].map(poolOf)])].slice(0, MOST_POOLS);

/** The number that a tap here would dial, "" for none of our business. */
export const tappedNumber = (target: Element): string => {
  const link = target.closest(TEL);
  return link && !link.closest(LEFT_ALONE) ? link.getAttribute("href")!.slice(4) : "";
};

/** Shows these numbers; with none, the page's own. */
export const show = (next: Offer[]): void => {
  offers = next;
  swap = swapper(offers);
  settleTree(document.documentElement);
};

/**
 * Settles fresh content before it is painted, and calls `then` after every batch. A page that keeps
 * writing its own number back is answered later and later: each swap soon after the one before
 * doubles the pause.
 */
export const watch = (then: () => void): void => {
  const settleFresh = (): void => {
    const before = writes;
    timer = 0;
    if (offers[0]) fresh.forEach(settleTree);
    fresh.clear();
    if (writes > before) {
      const now = Date.now();
      pause = now - lastSwap < 2 * pause + 500 ? 2 * pause + 1 : 0;
      lastSwap = now;
    }
    then();
  };

  new MutationObserver((records) => {
    records.forEach(({ type, target, addedNodes }) =>
      (type === "childList" ? [...addedNodes] : [target]).forEach((node) => fresh.add(node)),
    );
    if (!pause) settleFresh();
    else timer = timer || setTimeout(settleFresh, pause);
  }).observe(document, {
    childList: true,
    subtree: true,
    characterData: true,
    attributeFilter: ["href", MARK],
  });
};
