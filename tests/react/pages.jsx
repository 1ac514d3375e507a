// The same components on the server and in the browser.

import { Fragment, StrictMode, Suspense, use, useEffect, useState } from "react";

const PHONE = "020 7946 0000";
const DIAL = "tel:+442079460000";

/** What docs/snippet.md tells: on every element that has a part of the number right in it, and on links. */
const mark = (marked) => (marked ? { suppressHydrationWarning: true } : {});

function Counter({ id, children }) {
  const [count, setCount] = useState(0);
  return (
    <>
      <button id={id} onClick={() => setCount(count + 1)}>
        {count}
      </button>
      {children(count)}
    </>
  );
}

/** The page is React's from here on. `tag` is the snippet's address, where the page adds it only now. */
const useTakenOver = (tag) =>
  useEffect(() => {
    window.takenOver = true;
    if (!tag) return;
    const script = Object.assign(document.createElement("script"), { async: true, src: tag });
    script.dataset.site = "st_one";
    document.head.append(script);
  }, []);

export function Contact({ marked, tag }) {
  useTakenOver(tag);
  return (
    <main>
      <Counter id="count">
        {(count) => (
          <>
            <p id="text" {...mark(marked)}>
              Call {PHONE} today, call {count}
            </p>
            <a id="link" href={DIAL} title={`Ring ${PHONE}`} {...mark(marked)}>
              {PHONE}
            </a>
            <p id="split" {...mark(marked)}>
              <b {...mark(marked)}>020</b> 7946 <span {...mark(marked)}>0000</span>
            </p>
            <p id="sentence" {...mark(marked)}>{`Ring ${PHONE}, ${count} did`}</p>
          </>
        )}
      </Counter>
      <input id="name" />
    </main>
  );
}

/** The number stands in attributes alone, and nothing tells React to let them be. */
export function Links() {
  useTakenOver();
  return (
    <a id="link" href={DIAL} title={`Ring ${PHONE}`}>
      Call us
    </a>
  );
}

function Lessons({ marked, lessons }) {
  const days = use(lessons);
  return (
    <Counter id="book">
      {(count) => (
        <p id="late" {...mark(marked)}>
          {days}: book on {PHONE}, {count} did
        </p>
      )}
    </Counter>
  );
}

/** A whole document with a part that comes later, as Next.js streams one. The snippet is React's, too. */
export function School({ marked, head, tag, lessons }) {
  return (
    <html lang="en">
      <head>
        <title>Tideline Surf School</title>
        <link rel="icon" href="data:," />
        {head && <script async src={head} data-site="st_one" />}
      </head>
      <body>
        <Contact marked={marked} tag={tag} />
        <Suspense fallback={<p id="waiting">Loading</p>}>
          <Lessons marked={marked} lessons={lessons} />
        </Suspense>
      </body>
    </html>
  );
}

const BRANCHES = ["Leeds", "Hull", "York"];

function Home({ go }) {
  const [branches, setBranches] = useState(BRANCHES);
  return (
    <>
      <title>Boilers, mended</title>
      <ul>
        {branches.map((branch) => (
          <li key={branch}>
            {branch} <b>020</b> 7946 <a href={DIAL}>0000</a>
          </li>
        ))}
      </ul>
      <p id="branches">
        {branches.map((branch) => (
          // texts without an element of their own: React moves and removes these very nodes
          <Fragment key={branch}>
            {branch} {PHONE}
            <br />
          </Fragment>
        ))}
      </p>
      <button id="turn" onClick={() => setBranches([...branches].reverse())} />
      <button id="fewer" onClick={() => setBranches(branches.slice(1))} />
      <button id="all" onClick={() => setBranches(BRANCHES)} />
      <button id="to-quote" onClick={() => go("/quote")} />
    </>
  );
}

function Quote() {
  const [open, setOpen] = useState(true);
  return (
    <>
      <title>A quote</title>
      <p id="quote">{open ? `Ring ${PHONE} now` : <i>We are closed</i>}</p>
      <p id="or">
        Or {open && PHONE} {open ? `soon on ${PHONE}` : "later"}
      </p>
      {open && <a href={DIAL}>{PHONE}</a>}
      <button id="door" onClick={() => setOpen(!open)} />
    </>
  );
}

/** An application that the browser alone renders. */
export function App() {
  useTakenOver();
  const [path, setPath] = useState(location.pathname);
  useEffect(() => addEventListener("popstate", () => setPath(location.pathname)), []);
  const go = (next) => {
    history.pushState({}, "", next);
    setPath(next);
  };
  return <StrictMode>{path === "/quote" ? <Quote /> : <Home go={go} />}</StrictMode>;
}
