// Writes every page as a server sends it, each a list of what goes out at once.

import { writeFileSync } from "node:fs";
import { Writable } from "node:stream";

import { renderToPipeableStream, renderToString } from "react-dom/server";

import { Contact, Links, School } from "./pages.jsx";

const page = (rendered) => [
  `<!doctype html><html lang="en"><head><title>Shop</title><link rel="icon" href="data:,"><!--snippet-->` +
    `</head><body><div id="root">${rendered}</div><script src="/browser.js"></script></body></html>`,
];

/** The part in the Suspense boundary has no data before the shell is out. */
const streamed = (element) =>
  new Promise((resolve, reject) => {
    const parts = [""];
    let arrive;
    const lessons = new Promise((arrived) => (arrive = arrived));
    const out = new Writable({
      write: (bytes, _, next) => {
        parts[parts.length - 1] += bytes;
        next();
      },
      final: () => resolve(parts),
    });
    const { pipe } = renderToPipeableStream(element(lessons), {
      bootstrapScripts: ["/browser.js"],
      onShellReady: () => {
        pipe(out);
        setTimeout(() => {
          parts.push("");
          arrive("Mondays");
        });
      },
      onError: reject,
    });
  });

const school = (marked, head) => streamed((lessons) => <School marked={marked} head={head} lessons={lessons} />);

const pages = {
  "contact, marked": page(renderToString(<Contact marked />)),
  "contact, bare": page(renderToString(<Contact />)),
  "links, bare": page(renderToString(<Links />)),
  "school, marked": await school(true, "SNIPPET"),
  "school, bare": await school(false, "SNIPPET"),
  "school, bare, tag later": await school(false),
  app: page(""),
};
writeFileSync(process.argv[2], JSON.stringify(pages, null, 1));
