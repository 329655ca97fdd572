/** The first thing that runs: asks the server at once, while the much larger rest of the page is still being read. */
import "@mantine/core/styles.css";
import "./ui/base.css";
import { getSlide, getUser } from "./api/rest";

const user = getUser();
const slideId = /^\/slides\/(\d+)/.exec(location.pathname)?.[1];
const slide = slideId === undefined ? undefined : getSlide(Number(slideId));
// Whoever waits for them says what went wrong; until somebody waits it is not an unhandled failure.
user.catch(() => undefined);
slide?.catch(() => undefined);

void import("./app").then(({ showPages }) => showPages(user, slide));
