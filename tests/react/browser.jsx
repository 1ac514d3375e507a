// What a page of these loads; a test says when React begins.

import { createRoot, hydrateRoot } from "react-dom/client";

import { App, Contact, Links, School } from "./pages.jsx";

const root = document.getElementById("root");

window.begin = {
  contact: (props) => hydrateRoot(root, <Contact {...props} />),
  links: () => hydrateRoot(root, <Links />),
  school: (props) => hydrateRoot(document, <School {...props} lessons={Promise.resolve("Mondays")} />),
  app: () => createRoot(root).render(<App />),
};
